"""Speed and size, shown by figures: one JSON line each, never a timed test."""
