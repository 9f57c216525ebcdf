"""The audit log as people read it: what was changed, who saw what, and whether the chain holds."""
