"""The mail that waits: whom it goes to, and what it says."""

from sqlalchemy import select

from mptf.core.db import db
from mptf.core.mail import OutboxMessage
from mptf.jobs.table import LETTERS


def mailed(kind: str) -> list[int]:
    """Return the keys of those a kind of mail goes to."""
    rows = select(OutboxMessage.to_person_id).where(OutboxMessage.kind == kind)
    return sorted(db.session.scalars(rows))


def letter(kind: str) -> str | None:
    """Write the latest letter of a kind as the jobs process does."""
    rows = select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id.desc())
    written = LETTERS[kind](db.session.scalars(rows).first())  # type: ignore[arg-type]
    return written.text if written else None
