"""What contributors announced and have not signed."""
