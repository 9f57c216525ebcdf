"""The outbox: mail that waits to be sent, one recipient each, without confidential text.

A row names a kind and the public id of what it is about; `jobs` renders and sends it, after asking
again whether the person may still know. Nothing here opens a connection.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, ForeignKey, Index, String, and_, or_, select, update
from sqlalchemy.orm import mapped_column

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, PublicId, db

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
RETRY_AFTER = [timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720)]


class MailState(enum.StrEnum):
    """Where a message is; one that is held waits for the operator's word."""

    QUEUED = "queued"
    HELD = "held"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


@dataclass(frozen=True)
class Letter:
    """What a message says once it is written out: plain text, with a link instead of anything confidential."""

    subject: str
    text: str


class OutboxMessage(Base):
    """One message to one person."""

    __tablename__ = "outbox_message"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(40))
    to_person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("fund.id"))
    state: Mapped[MailState] = mapped_column(default=MailState.QUEUED)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    next_try_at: Mapped[datetime] = mapped_column(default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_outbox_message_due", "state", "next_try_at"),)

    def sent(self) -> None:
        """Note that the mail server took the message."""
        self.state, self.sent_at, self.last_error = MailState.SENT, clock.now(), None

    def dropped(self, reason: str) -> None:
        """Note that the message is no longer for this person."""
        self.state, self.last_error = MailState.DROPPED, reason

    def put_off(self, wait: timedelta, reason: str) -> None:
        """Let the message wait for something that is no fault of its own."""
        self.next_try_at, self.last_error = clock.now() + wait, reason

    def delayed(self, error: str) -> None:
        """Note a failure; try again later, and give up after the last interval."""
        self.last_error = error
        if self.attempts < len(RETRY_AFTER):
            self.next_try_at = clock.now() + RETRY_AFTER[self.attempts]
        else:
            self.state = MailState.FAILED
        self.attempts += 1


def post(kind: str, *, subject_id: str, to_person_id: int, fund_id: int | None = None) -> OutboxMessage:
    """Put one message into the outbox of the running unit of work."""
    message = OutboxMessage(kind=kind, subject_id=subject_id, to_person_id=to_person_id, fund_id=fund_id)
    db.session.add(message)
    return message


def put_off(connection: Connection) -> None:
    """Let nothing that waits be sent before somebody looks at it; works on the rows of every revision."""
    waiting = update(OutboxMessage).where(OutboxMessage.state == MailState.QUEUED)
    connection.execute(waiting.values(next_try_at=NEVER))


def hold() -> int:
    """Hold back what was put off until somebody releases it; return how many messages."""
    put_by = OutboxMessage.state == MailState.QUEUED, OutboxMessage.next_try_at == NEVER
    held = update(OutboxMessage).where(*put_by).values(state=MailState.HELD)
    return len(db.session.execute(held.returning(OutboxMessage.id)).all())


def release() -> int:
    """Let messages that were held or put off go out; return how many."""
    waiting = or_(OutboxMessage.state == MailState.HELD, OutboxMessage.next_try_at == NEVER)
    released = update(OutboxMessage).where(waiting).values(state=MailState.QUEUED, next_try_at=clock.now())
    return len(db.session.execute(released.returning(OutboxMessage.id)).all())


def retry(public_ids: Collection[str] | None = None) -> int:
    """Let messages that could not be sent be tried anew, those given or all; return how many."""
    failed = OutboxMessage.state == MailState.FAILED
    wanted = failed if public_ids is None else and_(failed, OutboxMessage.public_id.in_(public_ids))
    again = update(OutboxMessage).where(wanted).values(state=MailState.QUEUED, attempts=0, next_try_at=clock.now())
    return len(db.session.execute(again.returning(OutboxMessage.id)).all())


def taken_since(moment: datetime) -> bool:
    """Tell whether the mail server took any message since a moment."""
    taken = select(OutboxMessage.id).where(OutboxMessage.state == MailState.SENT, OutboxMessage.sent_at >= moment)
    return db.session.scalar(taken.limit(1)) is not None


def due(limit: int = 50) -> list[OutboxMessage]:
    """Return the messages to send now, those first that wait longest for it, locked against a second sender."""
    return list(
        db.session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.state == MailState.QUEUED, OutboxMessage.next_try_at <= clock.now())
            .order_by(OutboxMessage.next_try_at, OutboxMessage.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    )
