"""What the world may read."""
