"""Days as people write them."""

import re
from datetime import date, datetime

from mptf.core.errors import N_, RuleBroken

WRITTEN = ("%d %b %Y", "%d %B %Y", "%Y-%m-%d", "%d.%m.%Y")
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)

# More characters than this are no day, and a parser need not look at them.
LONGEST_DAY = 30

_LOOKS_LIKE_ONE = re.compile(r"\d{4}-\d\d?-\d\d?|\d\d?\.\d\d?\.\d{4}|\d\d? (?:[A-Za-z]{3,9}) \d{4}", re.ASCII)


def parse_day(text: str) -> date:
    """Read a day such as 23 Nov 2026, 2026-11-23 or 23.11.2026; refuse anything else with a sentence."""
    plain = text.strip()
    day = next((day for form in WRITTEN if (day := _read(plain, form))), None)
    if day is None and len(plain) <= LONGEST_DAY and _LOOKS_LIKE_ONE.fullmatch(plain):
        raise RuleBroken(N_("There is no day “{text}” in the calendar."), text=plain)
    if day is None:
        raise RuleBroken(N_("Write the day as 23 Nov 2026 or 2026-11-23."))
    if not EARLIEST <= day <= LATEST:
        raise RuleBroken(N_("Look at the year: it must lie between 1900 and 2199."))
    return day


def _read(text: str, form: str) -> date | None:
    if len(text) > LONGEST_DAY or not text.isascii():
        return None
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
