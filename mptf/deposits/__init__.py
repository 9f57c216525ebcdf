"""The cash contributors paid: recorded, compared with what was agreed and is usual, confirmed."""
