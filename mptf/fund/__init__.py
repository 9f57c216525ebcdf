"""Funds and what they rest on: settings, organisations, jurisdictions, exchange rates, the calendar."""
