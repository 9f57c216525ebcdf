"""Quarters of a project, counted from its start: the first is the month it starts in and the two after it."""

from dataclasses import dataclass
from datetime import date

MONTHS = 3
# Where the duration is not written yet, so many quarters are offered, or more where more are named.
USUAL = 8
# Nothing lasts longer: a number above is a slip of the keyboard.
MOST = 40


@dataclass(frozen=True)
class Quarter:
    """One quarter by its number from 1, with its first and last month where the start is known."""

    number: int
    first: date | None = None
    last: date | None = None

    @property
    def name(self) -> str:
        """What it is called: `Q3`."""
        return f"Q{self.number}"

    @property
    def months(self) -> str:
        """Its months: `Apr–Jun 2023`, `Dec 2023–Feb 2024`, `Apr 2024`; nothing where the start is not known."""
        return _months(self.first, self.last)

    @property
    def begins(self) -> str:
        """Its first month, short: `Apr 23`; nothing where the start is not known."""
        return f"{self.first:%b %y}" if self.first else ""

    @property
    def label(self) -> str:
        """Its name with its months: `Q3, Apr–Jun 2023`."""
        return f"{self.name}, {self.months}" if self.months else self.name


def span(first: Quarter, last: Quarter) -> tuple[str, str]:
    """Say from which quarter to which, and from which month: `Q2–Q4` and `Jul 2023–Mar 2024`."""
    return first.name if first == last else f"{first.name}–{last.name}", _months(first.first, last.last)


def quarters(starts_on: date | None, months: int | None, named: int = 0) -> tuple[Quarter, ...]:
    """Return the quarters of a project; the last may be shorter, and `named` are offered at least."""
    whole = -(-months // MONTHS) if months else max(USUAL, named)
    return tuple(_quarter(number, starts_on, months) for number in range(1, min(max(whole, named), MOST) + 1))


def _quarter(number: int, starts_on: date | None, months: int | None) -> Quarter:
    if starts_on is None:
        return Quarter(number)
    before, after = MONTHS * (number - 1), MONTHS * number - 1
    if months is not None and before < months:
        after = min(after, months - 1)
    return Quarter(number, _later(starts_on, before), _later(starts_on, after))


def _months(first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return ""
    if first == last:
        return f"{first:%b %Y}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first:%b}{year}–{last:%b %Y}"


def _later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    return date(day.year + year, month + 1, 1)
