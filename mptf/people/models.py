"""People, the roles they hold from a day until a day, and the notices they get by mail."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, Name, PublicId
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.policy import Role


@dataclass(frozen=True)
class AskedRole:
    """A role somebody asks to be given; an office stands for its organisation as well."""

    role: Role
    from_on: date
    until_on: date | None = None
    fund: Fund | None = None
    organisation: Organisation | None = None
    office: Office | None = None


class Person(Base):
    """Somebody who uses the system; the e-mail address is kept in lower case.

    `joined_at` is when the person first chose a password; until then there is only an invitation.
    """

    __tablename__ = "person"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[Name]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    joined_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    grants: Mapped[list["RoleGrant"]] = relationship(
        back_populates="person", foreign_keys="RoleGrant.person_id", order_by="RoleGrant.id"
    )

    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)
    __mapper_args__ = {"version_id_col": version}


class RoleGrant(Base):
    """One role of one person in one fund, from a day until a day; ended, never deleted.

    `fund_id` is empty for the administrator alone, who is it in the whole installation. A role of one
    office names its organisation as well.
    """

    __tablename__ = "role_grant"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("fund.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    office_id: Mapped[int | None]
    role: Mapped[Role]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    given_at: Mapped[datetime] = mapped_column(default=clock.now)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])
    fund: Mapped[Fund | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()
    office: Mapped[Office | None] = relationship(primaryjoin="foreign(RoleGrant.office_id) == Office.id", viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(["office_id", "organisation_id"], ["office.id", "office.organisation_id"]),
        CheckConstraint("(role = 'administrator') = (fund_id IS NULL)", name="place"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="period"),
        CheckConstraint("office_id IS NULL OR organisation_id IS NOT NULL", name="office"),
        Index("ix_role_grant_person", "person_id", "ended_at"),
    )

    @property
    def held_for(self) -> str | None:
        """Whom the role is held for, as people know it: an office, or an organisation."""
        if self.office:
            return self.office.name
        return self.organisation.short_name if self.organisation else None


class NoticePreference(Base):
    """What somebody chose of one kind of notice: by mail or not. A kind nobody chose anything of is on."""

    __tablename__ = "notice_preference"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(60), primary_key=True)
    by_mail: Mapped[bool]
    chosen_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index("ix_notice_preference_kind", "kind", "by_mail"),)
