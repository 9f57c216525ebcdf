"""Programs around the project: its environment, its assets, its demonstration run."""
