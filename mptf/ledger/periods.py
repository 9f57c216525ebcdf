"""Months of the books: which one a fact posts in, and which one can be closed next (DOMAIN 2: The ledger)."""

from datetime import date


def month_of(day: date) -> date:
    """Return the first day of the month of a day."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def posts_in(value_on: date, closed: date | None) -> date:
    """Return the month a fact posts in: its own, or the first open one after the last that was closed."""
    own = month_of(value_on)
    return own if closed is None or own > closed else next_month(closed)
