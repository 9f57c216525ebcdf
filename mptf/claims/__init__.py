"""What a fund has promised of its cash, and what is left to promise."""
