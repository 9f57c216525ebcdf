"""Issued contribution statements, frozen; and the documents contributors find beside them."""

from datetime import date, datetime
from functools import cached_property

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, PublicId, money
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.money import Money
from mptf.core.status import Labelled, Status
from mptf.ledger import stamps
from mptf.organisations.models import Organisation
from mptf.people.models import Person
from mptf.statements.figures import Drawn, Paper, Period
from mptf.statements.freezing import thawed

CODE_LENGTH = 12
CODE_GROUP = 4


class StatementStatus(Status):
    """Whether an issued statement is the latest of its period; read from what supersedes it, never stored."""

    ISSUED = "issued", N_("Issued"), "good", "certificate"
    SUPERSEDED = "superseded", N_("Superseded"), "flat", "history", True


class ContributionStatement(Base):
    """A statement as it was issued: its figures are frozen, and a later one of the same period may supersede it.

    `code` is what anybody types on the public page to check it; `known_at` is when it was issued, and what was known
    then is what it says.
    """

    __tablename__ = "contribution_statement"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(String(60), unique=True)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), unique=True)
    since_on: Mapped[date | None]
    until_on: Mapped[date]
    known_at: Mapped[datetime]
    issued_on: Mapped[date]
    contributed: Mapped[Money] = money("contributed")
    layout: Mapped[int]
    frozen: Mapped[str] = mapped_column(deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    supersedes_id: Mapped[int | None] = mapped_column(unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    is_demo: Mapped[bool] = mapped_column(default=False)

    donor: Mapped[Organisation] = relationship()
    by: Mapped[Person] = relationship()
    supersedes: Mapped["ContributionStatement | None"] = relationship(
        primaryjoin="foreign(ContributionStatement.supersedes_id) == remote(ContributionStatement.id)", viewonly=True
    )
    superseded_by: Mapped["ContributionStatement | None"] = relationship(
        primaryjoin="ContributionStatement.id == remote(foreign(ContributionStatement.supersedes_id))",
        viewonly=True,
        uselist=False,
    )

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("fund_id", "year", "sequence"),
        ForeignKeyConstraint(
            ["supersedes_id", "fund_id"], ["contribution_statement.id", "contribution_statement.fund_id"]
        ),
        CheckConstraint("since_on IS NULL OR since_on <= until_on", name="period"),
        CheckConstraint("supersedes_id <> id", name="supersedes_another"),
        Index("ix_contribution_statement_donor", "fund_id", "organisation_id", "until_on"),
    )

    @property
    def period(self) -> Period:
        """From when until when it is."""
        return Period(self.since_on, self.until_on)

    @property
    def status(self) -> StatementStatus:
        """Whether it is the latest of its period."""
        return StatementStatus.SUPERSEDED if self.superseded_by else StatementStatus.ISSUED

    @property
    def written_code(self) -> str:
        """The code as people read it: K7QF-29MD-T4XW."""
        groups = range(0, CODE_LENGTH, CODE_GROUP)
        return "-".join(self.code[start : start + CODE_GROUP] for start in groups)

    @cached_property
    def drawn(self) -> Drawn:
        """Its figures as they were frozen."""
        return thawed(self.frozen)

    def paper(self, zone: str) -> Paper:
        """Return what its files are made of: immutable, whatever becomes of the books."""
        before = self.supersedes.number if self.supersedes else ""
        return Paper(self.drawn, zone, self.number, self.written_code, self.sha256, before, self.by.name)


ddl.append_only(ContributionStatement.__tablename__)
stamps.drawn_at(ContributionStatement.fund_id, ContributionStatement.known_at)


class DocumentKind(Labelled):
    """What a contributor finds beside its statements."""

    CERTIFIED_STATEMENT = "certified_statement", N_("Certified financial statement")
    ANNUAL_REPORT = "annual_report", N_("Annual report")

    @property
    def of_one(self) -> bool:
        """Whether it is about one contributor, and nobody else's to read."""
        return self is DocumentKind.CERTIFIED_STATEMENT


class ContributorDocument(Base):
    """A document for one contributor, or where none is named for all; withdrawn with a reason, never deleted."""

    __tablename__ = "contributor_document"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[DocumentKind]
    year: Mapped[int]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    because: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    donor: Mapped[Organisation | None] = relationship()
    file: Mapped[StoredFile] = relationship()

    __table_args__ = (
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn"),
        CheckConstraint("(withdrawn_at IS NULL) = (because = '')", name="withdrawn_because"),
        CheckConstraint("(kind = 'certified_statement') = (organisation_id IS NOT NULL)", name="of_one"),
        CheckConstraint("year BETWEEN 1990 AND 2200", name="year"),
        Index("ix_contributor_document_fund", "fund_id", "organisation_id", "year"),
    )
    __mapper_args__ = {"version_id_col": version}
