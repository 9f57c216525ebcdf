"""Agreements: recorded, amended or withdrawn; what they promise over time, and what is late."""
