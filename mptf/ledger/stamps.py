"""The moment at which a fund's books learn of something: never before what they knew already.

Clocks of several machines differ by moments. A fact stamped by a slower clock would slip under a statement that was
drawn before it, which then could not be drawn again as it was known. So a stamp follows those ahead of its clock.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from mptf.core import clock
from mptf.core.db import db
from mptf.ledger.models import Confirmation, Entry

# Clocks that are kept differ by less; a history that is loaded under its own dates stays as it is.
MOST_APART = timedelta(hours=1)
JUST_AFTER = timedelta(microseconds=1)

_FACTS: list[tuple[Any, Any]] = [
    (Entry.fund_id, Entry.recorded_at),
    (Confirmation.fund_id, Confirmation.confirmed_at),
]
_DRAWN: list[tuple[Any, Any]] = []


def heard_at(fund_id: Any, recorded_at: Any) -> None:
    """Let nothing be stamped before the moments of this column, at which a room beside the books heard of something."""
    _FACTS.append((fund_id, recorded_at))


def drawn_at(fund_id: Any, known_at: Any) -> None:
    """Let everything be stamped after the moments of this column, at which the books were drawn and kept."""
    _DRAWN.append((fund_id, known_at))


def moment(fund_id: int) -> datetime:
    """Return the moment of what is recorded or drawn now; to be asked while the fund is locked, where it is kept."""
    now = clock.now()
    ahead = [
        select(func.max(stamped)).where(of == fund_id, stamped.between(now, now + MOST_APART)).scalar_subquery()
        for of, stamped in (*_FACTS, *_DRAWN)
    ]
    found = db.session.execute(select(*ahead)).one()
    facts, drawn = found[: len(_FACTS)], found[len(_FACTS) :]
    latest: datetime = max([now, *filter(None, facts), *(one + JUST_AFTER for one in drawn if one)])
    return latest
