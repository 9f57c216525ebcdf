"""Opening and ending sessions."""

from datetime import timedelta

from sqlalchemy import update

from mptf.core import audit, clock
from mptf.core.db import aside, db
from mptf.people.models import Person
from mptf.signin.keys import digest, new_token
from mptf.signin.models import SigninSession

SEEN_EVERY = timedelta(minutes=5)
HALF_LASTS = timedelta(minutes=10)


def open_session(
    person: Person, *, lasts: timedelta, second_factor: bool = False, agent: str = "", address: str = ""
) -> tuple[SigninSession, str]:
    """Open a session; return it and the token for the cookie, which is kept nowhere."""
    token, now = new_token(), clock.now()
    session = SigninSession(
        person_id=person.id,
        token_hash=digest(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + lasts,
        second_factor_at=now if second_factor else None,
        agent=agent[:200],
        address=address[:45],
    )
    db.session.add(session)
    db.session.flush()
    audit.record("session.opened", session, by=person, address=session.address, second_factor=second_factor)
    return session, token


def pass_second_factor(session: SigninSession, *, lasts: timedelta) -> str:
    """Make a session that passed only the password a whole one, under a new token."""
    token, now = new_token(), clock.now()
    session.token_hash = digest(token)
    session.second_factor_at = session.last_seen_at = now
    session.expires_at = now + lasts
    return token


def end_session(session: SigninSession, *, by: audit.Actor) -> None:
    """End one session; its cookie is dead at the next request."""
    if session.ended_at is None:
        session.ended_at = clock.now()
        audit.record("session.ended", session, by=by)


def seen(session: SigninSession) -> None:
    """Note that a session is in use, at most every five minutes, beside the request's own transaction."""
    now = clock.now()
    if now - session.last_seen_at < SEEN_EVERY:
        return
    with aside() as connection:
        connection.execute(update(SigninSession).where(SigninSession.id == session.id).values(last_seen_at=now))
