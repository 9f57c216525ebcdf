"""Rows people add, change and end: refused where the database knows one like them, audited where they differ."""

import zlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from mptf.core import audit, clock
from mptf.core.db import Base, db
from mptf.core.errors import RuleBroken, Stale


def add(row: Base, taken: RuleBroken) -> None:
    """Store a new row, or refuse it where the database knows one like it."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise taken from None


def change(
    action: str,
    subject: Any,
    values: Mapping[str, Any],
    *,
    by: audit.Actor,
    fund_id: int | None = None,
    taken: RuleBroken | None = None,
) -> bool:
    """Write values onto an object and audit those that differ; return whether any did."""
    changed = differences({key: getattr(subject, key) for key in values}, values)
    if not changed:
        return False
    for key in changed:
        setattr(subject, key, values[key])
    audit.record(action, subject, by=by, fund_id=fund_id, **changed)
    try:
        db.session.flush()
    except IntegrityError:
        raise taken or Stale() from None
    except StaleDataError:
        raise Stale from None
    return True


def one_at_a_time(table: type[Base]) -> None:
    """Let one transaction at a time write rows of a table that must differ in more than an index can tell."""
    if db.engine.dialect.name == "postgresql":  # SQLite has one writer anyway
        db.session.execute(select(func.pg_advisory_xact_lock(zlib.crc32(table.__tablename__.encode()))))


def first_to_set(row: Base, moment: str) -> bool:
    """Set a moment that happens to a row once, to now; of two who do it at the same time, one is told no."""
    kind: Any = type(row)
    unset = update(kind).where(kind.id == row.id, getattr(kind, moment).is_(None))  # type: ignore[attr-defined]
    return db.session.execute(unset.values({moment: clock.now()}).returning(kind.id)).first() is not None


def first_to_remove(row: Base) -> bool:
    """Delete a row once; of two who do it at the same time, one is told no."""
    kind: Any = type(row)
    gone = delete(kind).where(kind.id == row.id)  # type: ignore[attr-defined]
    return db.session.execute(gone.returning(kind.id)).first() is not None


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what stood and what stands instead, for each value that differs."""
    return {key: [before[key], after[key]] for key in after if before[key] != after[key]}
