"""What a post wrote, and what the audit log says of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.core.audit import AccessEvent, AuditAnchor, AuditDetail, AuditEvent, AuditHead
from mptf.core.db import Base, db
from mptf.core.once import FormToken
from mptf.core.search import SearchRow
from mptf.signin.models import SigninAttempt

# The log itself; who looked; that a form was posted; how often somebody tried: kept whatever comes of the post.
BESIDE = {
    kind.__tablename__
    for kind in (AuditEvent, AuditDetail, AuditHead, AuditAnchor, AccessEvent, FormToken, SearchRow, SigninAttempt)
}
SEEN = "last_seen_at"  # of a session: moves with every request

Line = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One event of the audit log."""

    actor_id: int | None
    fund_id: int | None
    action: str
    subject: tuple[str, str]


@dataclass(frozen=True)
class State:
    """Every domain table at one moment, by its keys, and how far the audit log is."""

    rows: Mapping[tuple[str, Any], Line]
    last: int


def state(app: Flask) -> State:
    """Read everything there is."""
    with app.app_context():
        rows = dict(_rows())
        last = db.session.scalar(select(AuditHead.seq)) or 0
        db.session.rollback()
    return State(rows, last)


def _rows() -> Iterator[tuple[tuple[str, Any], Line]]:
    for table in Base.metadata.sorted_tables:
        if table.name in BESIDE:
            continue
        keys = [column.name for column in table.primary_key]
        for row in db.session.execute(select(table)).mappings():
            yield (table.name, tuple(row[key] for key in keys)), {k: v for k, v in row.items() if k != SEEN}


def written(before: State, after: State) -> set[tuple[str, str]]:
    """Return what is new, changed or gone: each table, and the public id of the row or nothing."""
    names = before.rows.keys() | after.rows.keys()
    differ = [name for name in names if before.rows.get(name) != after.rows.get(name)]
    return {(name[0], str((after.rows.get(name) or before.rows[name]).get("public_id", ""))) for name in differ}


def told_since(app: Flask, before: State) -> list[Told]:
    """Return what the audit log says since a moment."""
    with app.app_context():
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.seq > before.last).order_by(AuditEvent.seq))
        return [Told(one.actor_id, one.fund_id, one.action, (one.subject_kind, one.subject_id)) for one in events]


def check(app: Flask, before: State, response: TestResponse, *, by: int | None, fund_id: int | None) -> frozenset[str]:
    """Hold a post against the audit log; return the tables it wrote.

    Whatever was changed has an event of this person, in this fund, about an object that was changed; what was refused
    changed nothing and is not told.
    """
    changed, told = written(before, state(app)), told_since(app, before)
    if response.status_code >= 400:
        assert (changed, told) == (set(), []), f"refused, and yet written: {changed}, {told}"
        return frozenset()
    own = [one for one in told if by in (None, one.actor_id)]
    fitting = [one for one in own if one.fund_id == fund_id and one.subject in changed]
    assert fitting or not changed, f"changed {changed}, and the log says {told}"
    return frozenset(table for table, _ in changed)
