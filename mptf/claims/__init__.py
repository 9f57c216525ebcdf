"""What a fund has set aside of its cash, and what is left to allocate."""
