"""Frameworks of a fund, the goals and indicators they number, and the official texts of these, version by version.

The texts are not the Secretariat's to write: they come by a table, with their source, and are appended to.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId
from mptf.core.errors import N_
from mptf.core.status import Labelled
from mptf.imports.models import TableImport
from mptf.people.models import Person

FIRST_YEAR, LAST_YEAR = 2000, 2199
MOST_NUMBERED = 99  # goals, or indicators, of a framework


class ItemKind(Labelled):
    """What a framework numbers."""

    GOAL = "goal", N_("Goal")
    KPI = "kpi", N_("KPI")


class Framework(Base):
    """A strategy the fund serves, with the years it is meant for, such as a roadmap."""

    __tablename__ = "framework"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    title: Mapped[Name]
    first_year: Mapped[int]
    last_year: Mapped[int]
    source: Mapped[Name] = mapped_column(default="")
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    __table_args__ = (
        UniqueConstraint("fund_id", "title"),
        UniqueConstraint("id", "fund_id"),
        CheckConstraint(f"first_year BETWEEN {FIRST_YEAR} AND last_year", name="first_year"),
        CheckConstraint(f"last_year <= {LAST_YEAR}", name="last_year"),
    )

    @property
    def years(self) -> str:
        """The years it is meant for: `2018–2024`."""
        return f"{self.first_year}–{self.last_year}"


class FrameworkItem(Base):
    """A goal or a key performance indicator, known by its number whether or not its official text is here."""

    __tablename__ = "framework_item"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    framework_id: Mapped[int]
    kind: Mapped[ItemKind]
    number: Mapped[int]

    framework: Mapped[Framework] = relationship(
        primaryjoin="and_(foreign(FrameworkItem.framework_id) == Framework.id, "
        "FrameworkItem.fund_id == Framework.fund_id)",
        viewonly=True,
    )

    __table_args__ = (
        ForeignKeyConstraint(["framework_id", "fund_id"], ["framework.id", "framework.fund_id"]),
        UniqueConstraint("framework_id", "kind", "number"),
        UniqueConstraint("id", "fund_id"),
        CheckConstraint(f"number BETWEEN 1 AND {MOST_NUMBERED}", name="number"),
    )

    @property
    def name(self) -> str:
        """What people call it: `KPI 3`."""
        return f"{self.kind.label} {self.number}"


class FrameworkText(Base):
    """The official text of a goal or indicator in one of its versions; `goal_number` is the goal an indicator serves.

    `import_id` is the table it came with.
    """

    __tablename__ = "framework_text"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    item_id: Mapped[int]
    version: Mapped[int]
    text: Mapped[str]
    goal_number: Mapped[int | None]
    source: Mapped[Name]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    import_id: Mapped[int | None]

    by: Mapped[Person] = relationship()
    table: Mapped[TableImport | None] = relationship(
        primaryjoin="foreign(FrameworkText.import_id) == TableImport.id", viewonly=True
    )

    __table_args__ = (
        ForeignKeyConstraint(["item_id", "fund_id"], ["framework_item.id", "framework_item.fund_id"]),
        ForeignKeyConstraint(["import_id", "fund_id"], ["table_import.id", "table_import.fund_id"]),
        UniqueConstraint("item_id", "version"),
        CheckConstraint("version >= 1", name="version"),
        CheckConstraint("text <> '' AND source <> ''", name="said"),
        CheckConstraint(f"goal_number BETWEEN 1 AND {MOST_NUMBERED}", name="goal_number"),
        Index("ix_framework_text_fund", "fund_id", "item_id"),
    )


ddl.append_only(FrameworkText.__tablename__)

OFFICIAL_TEXTS = N_("Official texts")
