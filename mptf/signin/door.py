"""At the door: what a request does before it is somebody's, with no transaction open while hashing.

Each function reads in a short transaction, hashes outside any, and leaves the rest to the running
unit of work, which the page commits.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, request

from mptf.core import clock
from mptf.core.db import aside, db
from mptf.core.errors import N_, RuleBroken
from mptf.people import service as people
from mptf.people.models import Person
from mptf.signin import factors, limits, passwords, service
from mptf.signin.devices import known_device
from mptf.signin.keys import Keys
from mptf.signin.limits import Origin
from mptf.signin.models import AnyLink, AttemptKind, FactorKind, Invitation, PasswordReset, SigninSession
from mptf.signin.passwords import Passwords
from mptf.signin.queries import Signed, demands_on, find_account, find_link, password_hash_of, reading
from mptf.web import config


@dataclass(frozen=True)
class OpenedSession:
    """A session just opened: the token of its cookie, and whether it still lacks the second factor."""

    token: str
    half: bool


@dataclass(frozen=True)
class NewPassword:
    """A password that was found good and hashed."""

    password_hash: str
    short: bool


def hasher() -> Passwords:
    """Return what hashes the passwords of this process."""
    found: Passwords = current_app.extensions["passwords"]
    return found


def keys() -> Keys:
    """Return what derives secrets from the installation's own."""
    return Keys(config().secret_key)


def account_key(email: str) -> str:
    """Return the digest under which attempts at an account are counted."""
    return keys().name("account", email)


def pass_password(email: str, password: str) -> OpenedSession:
    """Open a session for the right password; a wrong one and an unknown address are told alike (AUTH-4)."""
    attempt = limits.admit(AttemptKind.PASSWORD, _origin(email))
    account = find_account(email)
    if not hasher().verify(account.password_hash if account else None, password) or account is None:
        raise RuleBroken(N_("E-mail and password do not belong together."))
    renewed = hasher().hash(password) if hasher().outdated(account.password_hash) else None
    half = account.short or demands_on(account.person).second_factor
    limits.succeeded(attempt)
    if not service.still_has(account.person.id, account.password_hash):  # changed while it was checked
        raise RuleBroken(N_("E-mail and password do not belong together."))
    if renewed:
        service.rehash(account.person.id, renewed)
    return _open(account.person, half=half)


def pass_code(signed: Signed, typed: str) -> str:
    """Make a half session whole by a one-time or recovery code; return its new token."""
    attempt = limits.admit(AttemptKind.CODE, _origin(signed.session.person.email))
    session = living(signed)
    factor = factors.taken(session.person, keys=keys(), typed=typed)
    if factor is None:
        raise RuleBroken(
            N_("This code does not fit or was used already. Wait until the app shows the next one, and type that."),
            field="code",
        )
    limits.succeeded(attempt)
    return service.pass_second_factor(session, factor, lasts=config().session_lasts)


def confirm_password(signed: Signed, typed: str) -> bool:
    """Check the password of somebody signed in once more; refuse a wrong one."""
    db.session.rollback()  # no lock is held while the password is checked
    person = signed.session.person
    here = Origin(account_key(person.email), _address(), keys().name("session", signed.session.public_id))
    attempt = limits.admit(AttemptKind.PASSWORD, here)
    if not hasher().verify(password_hash_of(person.id), typed):
        raise RuleBroken(N_("This is not your password."), field="current")
    with aside() as connection:
        limits.succeeded(attempt, connection)
    return True


def new_password(person: Person, typed: str) -> NewPassword:
    """Refuse a poor password, hash a good one."""
    demands = demands_on(person)
    passwords.check(typed, shortest=demands.shortest_password, about=demands.about)
    return NewPassword(hasher().hash(typed), passwords.is_short(typed))


def join(invitation: Invitation, typed: str) -> OpenedSession:
    """Accept an invitation with the password typed, and open a session."""
    return _by_link(invitation, typed, service.accept_invitation)


def come_back(reset: PasswordReset, typed: str) -> OpenedSession:
    """Replace a forgotten password with the one typed, and open a session."""
    return _by_link(reset, typed, service.accept_reset)


def _by_link(link: AnyLink, typed: str, accept: Callable[..., Person]) -> OpenedSession:
    chosen = new_password(link.person, typed)
    person = accept(db.session.get_one(type(link), link.id), password_hash=chosen.password_hash, short=chosen.short)
    db.session.flush()
    return _open(person, half=chosen.short or demands_on(person).second_factor)


def enrol(signed: Signed, seed: str, code: str) -> tuple[str, list[str]]:
    """Set up the first second factor and make the session whole; return its token and the recovery codes."""
    session = living(signed)
    people.lock(session.person_id)
    if factors.find_factor(session.person_id):
        raise RuleBroken(N_("You have a second factor already. Sign in again and type its code."))
    codes = factors.set_up(session.person, keys=keys(), seed=seed, code=code, by=session.person)
    return service.pass_second_factor(session, FactorKind.APP, lasts=config().session_lasts), codes


def ask_for_reset(email: str) -> bool:
    """Send the way back, unless it was asked for too often."""
    limits.admit(AttemptKind.RESET, Origin(account_key(email), _address()))
    service.ask_for_reset(email)
    return True


def look_up(kind: type[AnyLink], token: str) -> AnyLink | None:
    """Return what a mailed link stands for, detached; the page changes nothing by being read."""
    with reading() as session:
        return find_link(session, kind, token, keys=keys())


def living(signed: Signed) -> SigninSession:
    """Return the session of this request in the running unit of work; one ended meanwhile is refused."""
    session = db.session.get_one(SigninSession, signed.session.id)
    if session.ended_at is not None or session.expires_at <= clock.now():
        raise RuleBroken(N_("This session has ended. Sign in again."))
    return session


def _open(person: Person, *, half: bool) -> OpenedSession:
    _session, token = service.open_session(
        person,
        lasts=config().session_lasts,
        half=half,
        agent=request.user_agent.string,
        address=_address(),
    )
    return OpenedSession(token, half)


def _origin(email: str) -> Origin:
    account = account_key(email)
    return Origin(account, _address(), known_device(account))


def _address() -> str:
    return (request.remote_addr or "")[:45]
