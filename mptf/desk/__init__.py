"""Home, what waits for a person, search, and the navigation of every page."""
