"""What proves who somebody is: passwords, second factors, sessions, invitations, resets, attempts."""

import enum
from datetime import datetime
from typing import ClassVar, TypeVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, PublicId
from mptf.core.errors import N_
from mptf.core.status import Labelled
from mptf.people.models import Person


class FactorKind(Labelled):
    """What somebody showed beside the password."""

    APP = "app", N_("code of the app")
    RECOVERY_CODE = "recovery_code", N_("recovery code")


class Credential(Base):
    """The password of a person, as an argon2id hash.

    `short` says that it has fewer characters than a password must have alone, so that its owner is
    always asked for a second factor (AUTH-1).
    """

    __tablename__ = "credential"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    short: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)

    person: Mapped[Person] = relationship()


class SigninSession(Base):
    """One signed-in browser; the cookie holds a token of which only the SHA-256 stands here.

    Until `second_factor_at` is set, somebody who is asked for a second factor reaches nothing else.
    """

    __tablename__ = "signin_session"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    last_seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(45), default="")
    chosen_grant_id: Mapped[int | None] = mapped_column(ForeignKey("role_grant.id"))

    person: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="lasts"),
        Index("ix_signin_session_person", "person_id", "ended_at"),
    )


class TotpSecret(Base):
    """A second factor that makes one-time codes.

    The secret itself is nowhere at rest: it is derived from SECRET_KEY and `seed` whenever it is
    needed, so a copy of the database makes no codes. `last_step` is the time step of the last code
    taken; a code works once.
    """

    __tablename__ = "totp_secret"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    seed: Mapped[str] = mapped_column(String(64), unique=True)
    confirmed_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]
    last_step: Mapped[int]

    __table_args__ = (
        Index("ix_totp_secret_person", "person_id", "ended_at"),
        Index(
            "uq_totp_secret_in_force", "person_id", unique=True,
            sqlite_where=text("ended_at IS NULL"), postgresql_where=text("ended_at IS NULL"),
        ),
    )  # fmt: skip


class RecoveryCode(Base):
    """A code that replaces the second factor once; only its keyed digest is kept."""

    __tablename__ = "recovery_code"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]


class AttemptKind(enum.StrEnum):
    """What somebody tried."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    CODE = "code"
    RESET = "reset"
    STATEMENT = "statement"


class SigninAttempt(Base):
    """One attempt that was looked at; the rows are what the limits count (AUTH-3).

    `account` is a keyed digest of the address that was typed, known or not; `device` a digest of the
    cookie of a browser this account signed in from before.
    """

    __tablename__ = "signin_attempt"

    id: Mapped[Key]
    kind: Mapped[AttemptKind]
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45))
    device: Mapped[str | None] = mapped_column(String(64))
    tried_at: Mapped[datetime] = mapped_column(default=clock.now)
    succeeded: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        Index("ix_signin_attempt_account", "account", "tried_at"),
        Index("ix_signin_attempt_address", "address", "tried_at"),
    )


class _Link:
    """What a mailed link stands for; its token is derived from `purpose`, `public_id` and `nonce`, never stored."""

    purpose: ClassVar[str]

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    nonce: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    @property
    def open(self) -> bool:
        """Whether the link still works."""
        return self.used_at is None and self.withdrawn_at is None and self.expires_at > clock.now()


class Invitation(_Link, Base):
    """The way of a new person to a first password."""

    __tablename__ = "invitation"
    purpose = "invitation"

    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys="Invitation.person_id")


class PasswordReset(_Link, Base):
    """The way back of somebody who lost a password."""

    __tablename__ = "password_reset"
    purpose = "reset"

    person: Mapped[Person] = relationship()


class ResetAsked(Base):
    """An address somebody wants the way back for, whether anybody has it or not; gone once it was looked at."""

    __tablename__ = "reset_asked"

    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)


AnyLink = TypeVar("AnyLink", Invitation, PasswordReset)
