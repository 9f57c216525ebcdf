"""What a post wrote, and what the audit log says of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.core.audit import AccessEvent, AuditAnchor, AuditDetail, AuditEvent, AuditHead
from mptf.core.db import Base, db
from mptf.core.once import FormToken
from mptf.core.search import SearchRow
from mptf.people.models import Person
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


@cache
def _keys() -> dict[str, list[str]]:
    """Return the primary key of every domain table by its name."""
    tables = [table for table in Base.metadata.tables.values() if table.name not in BESIDE]
    return {table.name: [column.name for column in table.primary_key] for table in tables}


def _rows() -> Iterator[tuple[tuple[str, Any], Line]]:
    connection = db.session.connection()
    for name, keys in _keys().items():
        # As the driver gives them: alike at both moments, and read in a fraction of the time.
        for row in connection.exec_driver_sql(f"SELECT * FROM {name}").mappings():
            yield (name, tuple(row[key] for key in keys)), {k: v for k, v in row.items() if k != SEEN}


@dataclass(frozen=True)
class Written:
    """What differs between two moments: the tables, the objects an event may be about, and the funds that are new."""

    tables: frozenset[str]
    about: frozenset[tuple[str, str]]
    new_funds: frozenset[int]


def written(before: State, after: State) -> Written:
    """Compare two moments; an event about a row names it or what it is a part of: the claim for one of its moves."""
    names = before.rows.keys() | after.rows.keys()
    differ = [name for name in names if before.rows.get(name) != after.rows.get(name)]
    about = set()
    for name in differ:
        row = after.rows.get(name) or before.rows[name]
        of = Base.metadata.tables[name[0]]
        whole = [(key.column.table.name, (row[key.parent.name],)) for key in of.foreign_keys]
        parts = [(name, row), *((one, after.rows[one]) for one in whole if one[0] != "fund" and one in after.rows)]
        about |= {(one[0], str(line["public_id"])) for one, line in parts if "public_id" in line}
    funds = {name[1][0] for name in differ if name[0] == "fund" and name not in before.rows}
    return Written(frozenset(name[0] for name in differ), frozenset(about), frozenset(funds))


def told_since(app: Flask, before: State) -> list[Told]:
    """Return what the audit log says since a moment."""
    with app.app_context():
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.seq > before.last).order_by(AuditEvent.seq))
        return [Told(one.actor_id, one.fund_id, one.action, (one.subject_kind, one.subject_id)) for one in events]


def check(
    app: Flask, before: State, response: TestResponse, *, by: Person | None, fund_id: int | None
) -> frozenset[str]:
    """Hold a post against the audit log; return the tables it wrote.

    Whatever was changed has an event of this person, in this fund, about an object that was changed; what was refused
    changed nothing and is not told.
    """
    wrote, told = written(before, state(app)), told_since(app, before)
    if response.status_code >= 400:
        assert (wrote.tables, told) == (frozenset(), []), f"refused, and yet written: {wrote.tables}, {told}"
    places = wrote.new_funds or {fund_id}
    fitting = [
        one
        for one in told
        if one.fund_id in places and one.subject in wrote.about and (by is None or one.actor_id == by.id)
    ]
    assert fitting or not wrote.tables, f"changed {wrote.tables}, and the log says {told}"
    return wrote.tables
