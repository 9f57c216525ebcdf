"""Questions on a published call, and the answers everybody reads."""
