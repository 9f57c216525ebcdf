"""Pledges, agreements and deposits of the contributors."""
