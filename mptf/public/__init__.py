"""What the world may read: the pages of published funds; nothing here asks who is reading."""
