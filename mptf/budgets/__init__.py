"""The budget part of a proposal: a grid of office, year and category, its totals, and its workbook."""
