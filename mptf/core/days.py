"""Days as people write them."""

import re
from datetime import date, datetime

from mptf.core.errors import N_, RuleBroken

WRITTEN = ("%d %b %Y", "%d %B %Y", "%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y", "%d-%B-%Y")
EXAMPLES = N_("Such as 3 Nov 2026, 2026-11-03 or 03.11.2026.")
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)

# More characters than this are no day, and a parser need not look at them.
LONGEST_DAY = 30

_LOOKS_LIKE_ONE = re.compile(r"\d{4}([-/])\d\d?\1\d\d?|\d\d?\.\d\d?\.\d{4}|\d\d?([- ])[A-Za-z]{3,9}\2\d{4}", re.ASCII)
_SHORT_YEAR = re.compile(r"\d\d?([-/. ])(?:[A-Za-z]{3,9}|\d\d?)\1\d\d", re.ASCII)
# Some write the day first, others the month: where the first number can be no month, it is the day.
_NUMBERS = re.compile(r"(\d\d?)([-/])(\d\d?)\2(\d{4})", re.ASCII)


def parse_day(text: str) -> date:
    """Read a day such as 23 Nov 2026, 2026-11-23 or 23.11.2026; refuse anything else, or what can be read twice."""
    typed = text.strip()
    plain = _day_first(typed)
    day = next((day for form in WRITTEN if (day := _read(plain, form))), None)
    if day is None and len(plain) <= LONGEST_DAY and _LOOKS_LIKE_ONE.fullmatch(plain):
        raise RuleBroken(N_("There is no day “{text}” in the calendar."), text=typed)
    if day is None and _SHORT_YEAR.fullmatch(plain):
        raise RuleBroken(N_("Write the year of “{text}” with four digits, as in 3 Nov 2026."), text=typed)
    if day is None:
        raise RuleBroken(N_("Write the day as 23 Nov 2026 or 2026-11-23."))
    if not EARLIEST <= day <= LATEST:
        raise RuleBroken(N_("Look at the year: it must lie between 1900 and 2199."))
    return day


def _day_first(text: str) -> str:
    """Write a day of numbers as 23.11.2026 where that is the one way to read it; refuse it where there are two."""
    if not (numbers := _NUMBERS.fullmatch(text)):
        return text
    first, _, second, year = numbers.groups()
    if int(first) <= 12 and int(second) <= 12 and int(first) != int(second):
        raise RuleBroken(
            N_("“{text}” can be read in two ways. Write the month as a word, as in 3 Nov 2026, or 2026-11-03."),
            text=text,
        )
    return f"{first}.{second}.{year}"


def _read(text: str, form: str) -> date | None:
    if len(text) > LONGEST_DAY or not text.isascii():
        return None
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
