"""How often somebody may try: a table of limits, counted over rows that every worker shares (AUTH-3).

An attempt is written down before it is looked at and counts as failed until it succeeds, so that a
thousand at once are no more than a thousand in a row. Attempts from a browser the account signed in
from before are counted apart: guesses from elsewhere do not lock the owner out.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, text, update

from mptf.core import clock
from mptf.core.db import aside, db
from mptf.core.errors import N_, TooOften
from mptf.signin.models import AttemptKind, SigninAttempt

Scope = Literal["account from here", "account", "address"]
KEPT = timedelta(days=30)
_LOCK = 0x5369676E  # of PostgreSQL, held while attempts are counted; SQLite has one writer anyway


@dataclass(frozen=True)
class Origin:
    """Which account was meant, from which address, and from which known browser, if any."""

    account: str
    address: str
    device: str | None = None


@dataclass(frozen=True)
class Limit:
    """At most so many failed attempts of a kind within a time."""

    kind: AttemptKind
    scope: Scope
    most: int
    within: timedelta


LIMITS = (
    Limit(AttemptKind.PASSWORD, "account from here", 5, timedelta(minutes=10)),
    Limit(AttemptKind.PASSWORD, "account", 10, timedelta(minutes=10)),
    Limit(AttemptKind.PASSWORD, "address", 50, timedelta(minutes=10)),
    Limit(AttemptKind.CODE, "account", 5, timedelta(minutes=10)),
    Limit(AttemptKind.CODE, "account", 30, timedelta(hours=24)),
    Limit(AttemptKind.RESET, "account", 3, timedelta(hours=1)),
    Limit(AttemptKind.RESET, "address", 30, timedelta(hours=1)),
    Limit(AttemptKind.STATEMENT, "address", 30, timedelta(minutes=10)),
)


def admit(kind: AttemptKind, origin: Origin) -> int:
    """Write an attempt down and return its number, or raise TooOften, to known and unknown accounts alike.

    It takes a short transaction of its own.
    """
    now = clock.now()
    with aside() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _refuse_more(connection, kind, origin, now)
        row = insert(SigninAttempt).values(
            kind=kind, account=origin.account, address=origin.address, device=origin.device,
            tried_at=now, succeeded=False,
        )  # fmt: skip
        return int(connection.execute(row.returning(SigninAttempt.id)).scalar_one())


def refuse_more(kind: AttemptKind, origin: Origin) -> None:
    """Raise TooOften where one more attempt would be too many, and write nothing: for pages that only read."""
    _refuse_more(db.session.connection(), kind, origin, clock.now())


def succeeded(attempt_id: int, connection: Connection | None = None) -> None:
    """Take an attempt out of the count, in the running unit of work or on the connection given."""
    (connection or db.session).execute(
        update(SigninAttempt).where(SigninAttempt.id == attempt_id).values(succeeded=True)
    )


def forget_old() -> int:
    """Delete attempts that no limit counts any more; return how many."""
    old = delete(SigninAttempt).where(SigninAttempt.tried_at < clock.now() - KEPT)
    return len(db.session.execute(old.returning(SigninAttempt.id)).all())


def _refuse_more(connection: Connection, kind: AttemptKind, origin: Origin, now: datetime) -> None:
    for limit in LIMITS:
        if limit.kind is kind and _count(connection, limit, origin, now) >= limit.most:
            raise TooOften(
                N_("There were too many attempts. Wait {minutes} minutes and try again."),
                minutes=int(limit.within / timedelta(minutes=1)),
            )


def _count(connection: Connection, limit: Limit, origin: Origin, now: datetime) -> int:
    same = and_(
        SigninAttempt.kind == limit.kind,
        SigninAttempt.succeeded.is_(False),
        SigninAttempt.tried_at > now - limit.within,
        _where(limit.scope, origin),
    )
    return connection.execute(select(func.count()).select_from(SigninAttempt).where(same)).scalar_one()


def _where(scope: Scope, origin: Origin) -> ColumnElement[bool]:
    if scope == "address":
        return SigninAttempt.address == origin.address
    device = SigninAttempt.device
    account = and_(
        SigninAttempt.account == origin.account,
        device.is_(None) if origin.device is None else device == origin.device,
    )
    return account if scope == "account" else and_(account, SigninAttempt.address == origin.address)
