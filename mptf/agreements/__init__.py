"""What agreements promise over time: instalments, amendments, and what is late."""
