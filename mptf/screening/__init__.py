"""Screening: whether what was submitted can be admitted to technical review, why not, and what it resembles."""
