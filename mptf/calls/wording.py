"""How the facts of a call are told: amounts, moments and lists as people read them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from mptf.core import sentences
from mptf.core.errors import N_
from mptf.core.money import Money, amount_text
from mptf.core.sentences import day as written

Said = Sequence[tuple[str, str]]  # labels, each with what people read


def moment_text(moment: datetime | None, zone: str) -> str:
    """Write a moment on the clocks of a zone, or nothing."""
    return sentences.moment(moment.astimezone(ZoneInfo(zone)), zone) if moment else ""


def day_text(value: date | None) -> str:
    """Write a day, or nothing."""
    return written(value) if value else ""


def money(value: Money | None) -> str:
    """Write an amount with its currency and cents, or nothing."""
    return f"{value.currency} {amount_text(value, cents=True)}" if value else ""


def number(value: int | None) -> str:
    """Write a number, or nothing."""
    return "" if value is None else str(value)


def yes(value: bool) -> str:
    """Write whether something is so."""
    return N_("yes") if value else N_("no")


def listed(names: Iterable[str]) -> str:
    """Write several names in one line."""
    return "; ".join(names)
