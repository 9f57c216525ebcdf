"""Organisations, their offices, and the jurisdictions: known to every fund of the installation."""
