"""Figures participating organisations reported, appended to and never changed: a correction is a new version."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.imports.models import TableImport
from mptf.ledger import stamps
from mptf.organisations.models import Organisation
from mptf.people.models import Person
from mptf.reported.figures import CATEGORIES, FIRST_YEAR, LAST_YEAR, Basis, Cell, Figure

_VERSION = ("fund_id", "organisation_id", "year", "project_number", "category", "basis", "version")


class ReportedFigure(Base):
    """What an organisation reported as spent in a year under a category, in one of its versions.

    `project_number` is text, because its leading zeros count; empty where the organisation reports all its projects
    together. `import_id` is the table it came with. A correction names the year it corrects, and counts in its own.
    """

    __tablename__ = "reported_figure"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    project_number: Mapped[str] = mapped_column(String(8), default="")
    category: Mapped[int]
    year: Mapped[int]
    basis: Mapped[Basis]
    version: Mapped[int]
    corrects_year: Mapped[int | None]
    amount: Mapped[Money] = money("amount")
    note: Mapped[Name] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    import_id: Mapped[int | None]

    organisation: Mapped[Organisation] = relationship()
    by: Mapped[Person] = relationship()
    table: Mapped[TableImport | None] = relationship(
        primaryjoin="foreign(ReportedFigure.import_id) == TableImport.id", viewonly=True
    )

    __table_args__ = (
        # Empty columns are never equal: what corrects no year needs an index of its own.
        Index(
            "uq_reported_figure_version", *_VERSION, unique=True,
            sqlite_where=text("corrects_year IS NULL"), postgresql_where=text("corrects_year IS NULL"),
        ),
        Index(
            "uq_reported_figure_correction", *_VERSION, "corrects_year", unique=True,
            sqlite_where=text("corrects_year IS NOT NULL"), postgresql_where=text("corrects_year IS NOT NULL"),
        ),
        Index("ix_reported_figure_recorded", "fund_id", "recorded_at"),
        ForeignKeyConstraint(["import_id", "fund_id"], ["table_import.id", "table_import.fund_id"]),
        CheckConstraint(f"category BETWEEN 1 AND {max(CATEGORIES)}", name="category"),
        CheckConstraint(f"year BETWEEN {FIRST_YEAR} AND {LAST_YEAR}", name="year"),
        CheckConstraint(f"corrects_year BETWEEN {FIRST_YEAR} AND year - 1", name="corrects_year"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("length(project_number) IN (0, 8)", name="project_number"),
    )  # fmt: skip

    @property
    def cell(self) -> Cell:
        """What it is a figure of."""
        return Cell(self.organisation_id, self.project_number, self.category, self.year, self.basis, self.corrects_year)

    @property
    def figure(self) -> Figure:
        """The figure without its row."""
        return Figure(self.cell, self.version, self.amount, self.recorded_at, self.is_demo)

    @property
    def category_label(self) -> str:
        """The name of its category."""
        return CATEGORIES[self.category]


ddl.append_only(ReportedFigure.__tablename__)
stamps.heard_at(ReportedFigure.fund_id, ReportedFigure.recorded_at)

REPORTED_FIGURES = N_("Reported figures")
