"""Home, what waits for me, search, and the navigation of every page."""
