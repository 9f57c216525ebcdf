"""Exchange rates: typed or imported, never fetched silently."""
