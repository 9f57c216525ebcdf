"""The audit log: a hash chain of every change, and a record of who saw what.

Services call `record`; the events are written as the last statement before the commit, after
locking the head of the chain, so that a change and its audit row stand or fall together. The chain
covers ids and a salted digest of each detail; the detail itself stands beside it and can be erased.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol, cast

from sqlalchemy import ForeignKey, String, event, insert, select, text
from sqlalchemy.orm import Session, joinedload, mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, aside, db

GENESIS = "0" * 64
PAGE = 1000
_PENDING = "audit_events"

SENTENCES: dict[str, str] = {}
WORDS: dict[str, str] = {}
VALUES: dict[str, Callable[[Any], Any]] = {}
SHARED: set[str] = set()


class Actor(Protocol):
    """A person as far as the audit log is concerned."""

    @property
    def id(self) -> int: ...


class Subject(Protocol):
    """An object with a public id and a table."""

    __tablename__: str

    @property
    def public_id(self) -> Any: ...


class AuditEvent(Base):
    """One change: who did what to which object, chained to the change before it."""

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("fund.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(40), index=True)
    detail_digest: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    detail: Mapped["AuditDetail"] = relationship(back_populates="event")


class AuditDetail(Base):
    """What changed, in words and values; erasable without breaking the chain."""

    __tablename__ = "audit_detail"

    event_seq: Mapped[int] = mapped_column(ForeignKey("audit_event.seq"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    body: Mapped[str | None]
    erased_at: Mapped[datetime | None]

    event: Mapped[AuditEvent] = relationship(back_populates="detail")


class AuditHead(Base):
    """The single row that holds the end of the chain; locking it orders the writers."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class AuditAnchor(Base):
    """The end of the chain on one day, as it was printed to the log, which is kept elsewhere (AUD-1)."""

    __tablename__ = "audit_anchor"

    printed_on: Mapped[date] = mapped_column(primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class AccessEvent(Base):
    """One look at something confidential: a page, a file, an export."""

    __tablename__ = "access_event"

    id: Mapped[Key]
    seen_at: Mapped[datetime]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("fund.id"), index=True)
    what: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[str] = mapped_column(String(40), index=True)
    detail: Mapped[str]


ddl.append_only("audit_event", key="seq")
ddl.erasable_only("audit_detail", key="event_seq", body="body", erased="erased_at", kept=("event_seq", "salt"))
ddl.append_only("access_event")
ddl.append_only("audit_anchor", key="printed_on")


@dataclass(frozen=True)
class _Pending:
    """An event waiting for the end of its unit of work; the subject may not have its id yet."""

    at: datetime
    actor: Actor | None
    fund_id: int | None
    action: str
    subject: Subject
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Broken:
    """The first place where the chain does not hold."""

    seq: int
    reason: str


def record(action: str, subject: Subject, *, by: Actor | None, fund_id: int | None = None, **detail: Any) -> None:
    """Collect one event for the chain; `by=None` is the system itself."""
    session = db.session()
    if not session.in_transaction():
        session.begin()  # so that a rollback reaches the event even before the first statement
    pending = _Pending(clock.now(), by, fund_id, action, subject, detail)
    session.info.setdefault(_PENDING, []).append(pending)


def tell(
    sentences: Mapping[str, str],
    *,
    names: Mapping[str, str] | None = None,
    values: Mapping[str, Callable[[Any], Any]] | None = None,
    shared: Iterable[str] = (),
) -> None:
    """Keep what a room calls its actions, the tables and details not called by their names, and stored values.

    An action is a noun and what was done to it (`deposit.recorded`); its sentence goes on from the
    person's name, with values of the detail. `values` says what a detail holds where the columns of its
    object do not (`"ledger_entry.how": ConfirmedBy`): a kind of labelled member, or whatever returns words.
    What happens to objects of a `shared` table, and in no fund, stands in the log of every fund.
    """
    SHARED.update(shared)
    for known, told in ((SENTENCES, sentences), (WORDS, names or {}), (VALUES, values or {})):
        if twice := known.keys() & told.keys():
            raise ValueError(f"told twice: {', '.join(sorted(twice))}")
        cast(dict[str, Any], known).update(told)


def called(name: str) -> str:
    """Return what a table or a detail is called: a `totp_secret` is a second factor, a `role_grant` a role."""
    return WORDS.get(name) or name.replace("_", " ")


def saw(
    what: str,
    subject: Subject,
    /,
    *,
    by: Actor,
    fund_id: int | None = None,
    again_after: timedelta | None = None,
    **detail: Any,
) -> None:
    """Write at once that a person saw or took something confidential.

    With `again_after`, the same look of the same person is not written twice within this time.
    """
    look = {
        "person_id": by.id,
        "fund_id": fund_id,
        "what": what,
        "subject_kind": subject.__tablename__,
        "subject_id": str(subject.public_id),
        "detail": _canonical(detail),
    }
    if again_after and _seen_since(clock.now() - again_after, look):
        return
    with aside() as connection:
        connection.execute(insert(AccessEvent).values(seen_at=clock.now(), **look))


def _seen_since(moment: datetime, look: Mapping[str, Any]) -> bool:
    seen = select(AccessEvent.id).filter_by(**look).where(AccessEvent.seen_at > moment)
    return db.session.scalar(seen.limit(1)) is not None


@event.listens_for(Session, "before_commit")
def _seal(session: Session) -> None:
    """Write the collected events onto the chain, as the last statements of the unit of work."""
    session.flush()
    waiting: list[_Pending] = session.info.pop(_PENDING, [])
    if not waiting:
        return
    head = _locked_head(session)
    for pending in waiting:
        row = _chained(pending, head)
        session.add(row)
        head.seq, head.hash = row.seq, row.hash
    session.flush()


def _locked_head(session: Session) -> AuditHead:
    """Lock the end of the chain; the very first writers make it, and one of them wins."""
    locked = select(AuditHead).with_for_update().execution_options(populate_existing=True)
    head = session.scalars(locked).first()
    if head is None:
        first = text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :hash) ON CONFLICT DO NOTHING")
        session.execute(first, {"hash": GENESIS})
        head = session.scalars(locked).one()
    return head


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    """Drop the events of a unit of work that did not happen."""
    session.info.pop(_PENDING, None)


def verify(session: Session) -> tuple[int, Broken | None]:
    """Walk the whole chain; return how many events hold and the first that does not.

    Finds an edited, deleted, inserted or swapped event and an edited detail, and a chain that was cut or written
    anew since an anchor was printed. One cut together with the anchors is found by those kept outside.
    """
    anchors = {anchor.seq: anchor.hash for anchor in session.scalars(select(AuditAnchor))}
    previous, count = GENESIS, 0
    for row in _events(session):
        problem = _problem(row, previous, count + 1)
        if not problem and anchors.get(row.seq, row.hash) != row.hash:
            problem = "the anchor printed after it names another"
        if problem:
            return count, Broken(count + 1, problem)
        previous, count = row.hash, count + 1
    return count, _wrong_end(session, count, previous, max(anchors, default=0))


def _wrong_end(session: Session, count: int, last_hash: str, anchored: int) -> Broken | None:
    """Return what is wrong with where the chain ends, if anything is."""
    if anchored > count:
        return Broken(count + 1, f"the chain was cut: an anchor was printed after event {anchored}")
    last = session.get(AuditHead, 1)
    if (last.seq, last.hash) != (count, last_hash) if last else count:
        return Broken(count + 1, "the recorded head is not the last event")
    return None


def head(session: Session) -> tuple[int, str]:
    """Return the number and hash of the last event: the anchor to keep outside."""
    row = session.get(AuditHead, 1)
    return (row.seq, row.hash) if row else (0, GENESIS)


def _events(session: Session) -> Iterator[AuditEvent]:
    """Walk the events in order, a page at a time."""
    page = select(AuditEvent).options(joinedload(AuditEvent.detail)).order_by(AuditEvent.seq).limit(PAGE)
    last = 0
    while rows := session.scalars(page.where(AuditEvent.seq > last)).all():
        yield from rows
        last = rows[-1].seq


def _problem(row: AuditEvent, previous: str, expected: int) -> str | None:
    if row.seq != expected:
        return "an event is missing"
    if row.previous_hash != previous or row.hash != _hash(row):
        return "the event was changed"
    detail: AuditDetail | None = row.detail
    if detail is None or (detail.body is None and detail.erased_at is None):
        return "the detail is missing"
    if detail.body is not None and _digest(detail.salt, detail.body) != row.detail_digest:
        return "the detail was changed"
    return None


def _chained(pending: _Pending, head: AuditHead) -> AuditEvent:
    body, salt = _canonical(pending.detail), secrets.token_hex(16)
    row = AuditEvent(
        seq=head.seq + 1,
        recorded_at=pending.at,
        actor_id=pending.actor.id if pending.actor else None,
        fund_id=pending.fund_id,
        action=pending.action,
        subject_kind=pending.subject.__tablename__,
        subject_id=str(pending.subject.public_id),
        detail_digest=_digest(salt, body),
        previous_hash=head.hash,
    )
    row.hash = _hash(row)
    row.detail = AuditDetail(salt=salt, body=body)
    return row


def _hash(row: AuditEvent) -> str:
    fields = (
        row.seq, row.recorded_at.isoformat(), row.actor_id, row.fund_id, row.action,
        row.subject_kind, row.subject_id, row.detail_digest, row.previous_hash,
    )  # fmt: skip
    return hashlib.sha256(json.dumps(fields).encode()).hexdigest()


def _digest(salt: str, body: str) -> str:
    return hashlib.sha256(f"{salt}{body}".encode()).hexdigest()


def _canonical(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, sort_keys=True, ensure_ascii=False, default=str)
