"""The Administrative Agent's deposit lists beside our books: what matches, what differs, and how that was settled."""
