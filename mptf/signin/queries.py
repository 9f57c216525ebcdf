"""Who is signed in, and which links and factors are in force."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from mptf.core import clock
from mptf.core.db import access, db
from mptf.people.queries import Rights, rights_of
from mptf.signin.keys import digest
from mptf.signin.models import Credential, SigninSession, TotpSecret


@dataclass(frozen=True)
class Signed:
    """A living session, whose it is, and what its owner may use today."""

    session: SigninSession
    rights: Rights
    enrolled: bool
    short_password: bool

    @property
    def second_factor_asked(self) -> bool:
        """Whether this person passes a second factor: by role, by having one, or by a short password."""
        return self.enrolled or self.short_password or self.rights.second_factor_needed

    @property
    def complete(self) -> bool:
        """Whether every factor asked for was passed."""
        return self.session.second_factor_at is not None or not self.second_factor_asked


@contextmanager
def reading() -> Iterator[Session]:
    """Read in a short transaction of its own, so that a posting request holds no lock while it thinks."""
    with access("read"), Session(db.engine, expire_on_commit=False) as session:
        yield session


def find_signed(token: str, *, idle_after: timedelta) -> Signed | None:
    """Return the living session of a cookie's token, in two queries."""
    now = clock.now()
    with reading() as session:
        row = session.execute(
            select(SigninSession, TotpSecret.id, Credential.short)
            .outerjoin(
                TotpSecret, (TotpSecret.person_id == SigninSession.person_id) & TotpSecret.ended_at.is_(None)
            )
            .outerjoin(Credential, Credential.person_id == SigninSession.person_id)
            .where(
                SigninSession.token_hash == digest(token),
                SigninSession.ended_at.is_(None),
                SigninSession.expires_at > now,
                SigninSession.last_seen_at > now - idle_after,
            )
            .options(joinedload(SigninSession.person))
            .limit(1)
        ).first()
        if row is None:
            return None
        signed_in, totp_id, short = row
        return Signed(signed_in, rights_of(session, signed_in.person_id), totp_id is not None, bool(short))
