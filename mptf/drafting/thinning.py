"""Thin out what pages saved by themselves: of each hour that is long past, the last is kept."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select

from mptf.core import clock
from mptf.core.db import db
from mptf.drafting.models import PartVersion

KEEP_ALL = timedelta(days=7)
AT_ONCE = 500  # removed in one unit of work, so that nobody who types waits long
ACROSS_FUNDS = {"across_funds": True}  # a chore of the installation


class _Row(NamedTuple):
    id: int
    proposal_id: int
    part: str
    saved_at: datetime
    explicit: bool
    aside: bool
    settled_at: datetime | None


def superfluous() -> list[int]:
    """Return the keys of versions nobody asked for that are older than a week.

    Not among them are the last of each hour, the newest of each part, and what waits to be settled; a save somebody
    asked for never is.
    """
    columns = (getattr(PartVersion, name) for name in _Row._fields)
    rows = db.session.execute(
        select(*columns).order_by(PartVersion.proposal_id, PartVersion.part, PartVersion.number),
        execution_options=ACROSS_FUNDS,
    )
    return list(_going((_Row(*row) for row in rows), clock.now() - KEEP_ALL))


def remove(keys: Sequence[int]) -> None:
    """Remove some versions."""
    gone = delete(PartVersion).where(PartVersion.id.in_(keys))
    db.session.execute(gone, execution_options={**ACROSS_FUNDS, "synchronize_session": False})


def _going(rows: Iterable[_Row], before: datetime) -> Iterator[int]:
    """Return the keys of the rows that may go; they come part by part, in the order they were saved."""
    last: dict[tuple[int, str], _Row] = {}
    for row in rows:
        if row.aside:
            if row.settled_at and row.saved_at < before:
                yield row.id
            continue
        earlier = last.get((row.proposal_id, row.part))
        if earlier and not earlier.explicit and row.saved_at < before and _hour(earlier) == _hour(row):
            yield earlier.id
        last[row.proposal_id, row.part] = row


def _hour(row: _Row) -> datetime:
    return row.saved_at.replace(minute=0, second=0, microsecond=0)
