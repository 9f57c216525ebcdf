"""Who is signed in, and which links and factors are in force."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from mptf.core import clock, ids
from mptf.core.db import db, only_reads, transactions
from mptf.core.errors import NotFound
from mptf.people.models import Person
from mptf.people.queries import Rights, rights_of
from mptf.signin import passwords
from mptf.signin.keys import Keys, digest
from mptf.signin.models import AnyLink, Credential, Invitation, SigninSession, TotpSecret


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


@dataclass(frozen=True)
class SigninAccount:
    """Who an address belongs to, as far as a sign-in is concerned."""

    person: Person
    password_hash: str
    short: bool


@dataclass(frozen=True)
class Demands:
    """What is asked of a person's sign-in: names the password must not hold, and a second factor or none."""

    about: tuple[str, ...]
    second_factor: bool

    @property
    def shortest_password(self) -> int:
        """How many characters a password has at least."""
        return passwords.least(second_factor=self.second_factor)


@contextmanager
def reading() -> Iterator[Session]:
    """Read in a short transaction of its own, so that a posting request holds no lock while it thinks.

    A request that only reads does so in one transaction from beginning to end.
    """
    if only_reads():
        yield db.session()
        return
    with transactions("read"), Session(db.engine, expire_on_commit=False) as session:
        yield session


# Made once, as every request asks.
_LIVING = (
    select(SigninSession, TotpSecret.id, Credential.short)
    .outerjoin(TotpSecret, (TotpSecret.person_id == SigninSession.person_id) & TotpSecret.ended_at.is_(None))
    .outerjoin(Credential, Credential.person_id == SigninSession.person_id)
    .where(
        SigninSession.token_hash == bindparam("token_hash"),
        SigninSession.ended_at.is_(None),
        SigninSession.expires_at > bindparam("now"),
        SigninSession.last_seen_at > bindparam("seen_after"),
    )
    .options(joinedload(SigninSession.person))
    .limit(1)
)


def find_signed(token: str, *, idle_after: timedelta) -> Signed | None:
    """Return the living session of a cookie's token, in two queries."""
    now = clock.now()
    with reading() as session:
        asked = {"token_hash": digest(token), "now": now, "seen_after": now - idle_after}
        row = session.execute(_LIVING, asked).first()
        if row is None:
            return None
        signed_in, totp_id, short = row
        return Signed(signed_in, rights_of(session, signed_in.person_id), totp_id is not None, bool(short))


def find_account(email: str) -> SigninAccount | None:
    """Return the account of an address, before anything else is known about the visitor."""
    with reading() as session:
        row = session.execute(
            select(Person, Credential.password_hash, Credential.short)
            .join(Credential, Credential.person_id == Person.id)
            .where(Person.email == email)
        ).first()
    return SigninAccount(*row) if row else None


def demands_on(person: Person) -> Demands:
    """Return what is asked of a person's sign-in; whoever has a second factor passes it."""
    with reading() as session:
        rights = rights_of(session, person.id)
        enrolled = session.scalars(
            select(TotpSecret.id).where(TotpSecret.person_id == person.id, TotpSecret.ended_at.is_(None))
        ).first()
    funds = [text for fund in rights.funds for text in (fund.code, fund.short_name, fund.name)]
    return Demands((person.name, person.email, *funds), rights.second_factor_needed or enrolled is not None)


def password_hash_of(person_id: int) -> str | None:
    """Return the hash of a person's password."""
    with reading() as session:
        return session.scalars(select(Credential.password_hash).filter_by(person_id=person_id)).first()


def find_link(session: Session, kind: type[AnyLink], token: str, *, keys: Keys) -> AnyLink | None:
    """Return what a mailed link stands for while it works; a used, old or wrong one is as good as none."""
    public_id = token[: ids.LENGTH]
    found = select(kind).filter_by(public_id=public_id).options(joinedload(kind.person))
    row = session.scalars(found).first()
    if row is None or not keys.proves(token, kind.purpose, row.public_id, row.nonce) or not row.open:
        return None
    return row


def living_sessions(person_id: int, *, idle_after: timedelta) -> Sequence[SigninSession]:
    """Return the sessions of a person whose cookies still work, the last used first."""
    now = clock.now()
    return db.session.scalars(
        select(SigninSession)
        .where(
            SigninSession.person_id == person_id,
            SigninSession.ended_at.is_(None),
            SigninSession.expires_at > now,
            SigninSession.last_seen_at > now - idle_after,
        )
        .order_by(SigninSession.last_seen_at.desc(), SigninSession.id.desc())
    ).all()


def get_session(person_id: int, public_id: str) -> SigninSession:
    """Return one session of a person, or raise NotFound."""
    row = db.session.scalars(select(SigninSession).filter_by(person_id=person_id, public_id=public_id)).first()
    if row is None:
        raise NotFound
    return row


def find_invitation(person_id: int) -> Invitation | None:
    """Return the last invitation of a person."""
    return db.session.scalars(
        select(Invitation).filter_by(person_id=person_id).order_by(Invitation.id.desc()).limit(1)
    ).first()


def password_changed_at(person_id: int) -> datetime | None:
    """Return when a person's password was last changed."""
    return db.session.scalar(select(Credential.changed_at).filter_by(person_id=person_id))
