"""Funds, the dated rules each sets for itself, and its working calendar."""
