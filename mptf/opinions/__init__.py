"""Opinions of the SALW Commissions of the jurisdictions on what was submitted: recorded, and without a vote."""
