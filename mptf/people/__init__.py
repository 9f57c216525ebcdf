"""People and the dated roles that are the one source of every right."""
