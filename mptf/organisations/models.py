"""Organisations, the offices they act through, and the jurisdictions the funds work in."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core.db import Base, Code, Key, Mapped, Name, PublicId
from mptf.core.errors import N_
from mptf.core.status import Labelled


class OrganisationKind(Labelled):
    """What an organisation is in the funds."""

    GOVERNMENT = "government", N_("Government")
    MULTILATERAL = "multilateral", N_("Multilateral organisation")
    PUNO = "puno", N_("Participating UN organisation")
    SECRETARIAT = "secretariat", N_("Secretariat")
    ADMINISTRATIVE_AGENT = "administrative_agent", N_("Administrative Agent")
    OTHER = "other", N_("Other")


# Who may contribute.
CONTRIBUTOR_KINDS = (OrganisationKind.GOVERNMENT, OrganisationKind.MULTILATERAL, OrganisationKind.OTHER)


class Organisation(Base):
    """A contributor, a participating UN organisation, or another party; known to the whole installation."""

    __tablename__ = "organisation"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[OrganisationKind]
    short_name: Mapped[Code] = mapped_column(unique=True)
    official_name: Mapped[Name]
    iati_identifier: Mapped[str | None] = mapped_column(String(60))
    country_code: Mapped[str | None] = mapped_column(String(2))
    version: Mapped[int] = mapped_column(default=1)

    offices: Mapped[list["Office"]] = relationship(back_populates="organisation", order_by="Office.name")
    __mapper_args__ = {"version_id_col": version}


class Jurisdiction(Base):
    """A place the funds work in; one with a region's code is regional (DOMAIN: People and organisations)."""

    __tablename__ = "jurisdiction"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[Name] = mapped_column(unique=True)
    iati_code: Mapped[str] = mapped_column(String(10))
    regional: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("(iati_code = 'XK') = (name = 'Kosovo*')", name="kosovo"),)
    __mapper_args__ = {"version_id_col": version}


class Office(Base):
    """The office through which a participating UN organisation acts somewhere."""

    __tablename__ = "office"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    name: Mapped[Name]
    version: Mapped[int] = mapped_column(default=1)

    organisation: Mapped[Organisation] = relationship(back_populates="offices")
    jurisdiction: Mapped[Jurisdiction] = relationship()

    __table_args__ = (UniqueConstraint("organisation_id", "name"), UniqueConstraint("id", "organisation_id"))
    __mapper_args__ = {"version_id_col": version}
