"""What the world may read: the pages of published funds; they never ask who is reading."""
