"""The fund's books: accounts, entries, balances; append-only."""
