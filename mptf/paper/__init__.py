"""The only code that knows workbook, CSV and document formats."""
