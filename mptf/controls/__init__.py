"""What two people do to the books: taking back an entry, closing a month."""
