"""Months of the books: which one a fact posts in, and which one can be closed next (DOMAIN 2: The ledger)."""

from datetime import date, timedelta


def month_of(day: date) -> date:
    """Return the first day of the month of a day."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def last_over(today: date) -> date:
    """Return the first day of the last month that is over."""
    return month_of(month_of(today) - timedelta(days=1))


def months_between(first: date, last: date) -> list[date]:
    """Return the months from one to another, both included; none where the last comes before the first."""
    found = []
    while first <= last:
        found.append(first)
        first = next_month(first)
    return found


def posts_in(value_on: date, closed: date | None) -> date:
    """Return the month a fact posts in: its own, or the first open one after the last that was closed."""
    own = month_of(value_on)
    return own if closed is None or own > closed else next_month(closed)
