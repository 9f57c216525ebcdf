"""Figures a fund has published elsewhere, kept as they were printed, with their source."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import mapped_column

from mptf.core import clock
from mptf.core.db import Base, Key, Mapped, Name, PublicId, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled

SHOWN = text("withdrawn_at IS NULL")


class Topic(Labelled):
    """What a published figure is about."""

    CONTRIBUTIONS = "contributions", N_("Contributions to the fund")
    PORTFOLIO = "portfolio", N_("Projects and calls")
    DONOR_TOTALS = "donor_totals", N_("Contributions of single donors, cumulative")


@dataclass(frozen=True)
class Source:
    """Where a figure was printed: the name people know it by, and its address on the web if it has one."""

    name: str
    address: str = ""


@dataclass(frozen=True)
class Printed:
    """A figure as it was printed; `as_of_on` is the last day it may be about, `amount` its numbers."""

    topic: Topic
    label: str
    printed: str
    as_of: str
    as_of_on: date
    source: Source
    detail: str = ""
    amount: Money | None = None
    exact: bool = False
    headline: bool = False


class PublishedFigure(Base):
    """One figure as it was printed somewhere; a cross-check, never an entry of the ledger.

    `amount` is the printed amount in numbers, for a bar; `exact` says whether it was printed to the
    unit or rounded. A figure is withdrawn, never deleted.
    """

    __tablename__ = "published_figure"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    topic: Mapped[Topic]
    as_of_on: Mapped[date]
    as_of: Mapped[Name]
    label: Mapped[Name]
    printed: Mapped[Name]
    detail: Mapped[Name] = mapped_column(default="")
    amount: Mapped[Money | None] = money("amount", nullable=True)
    exact: Mapped[bool]
    headline: Mapped[bool] = mapped_column(default=False)
    source: Mapped[Name]
    address: Mapped[str] = mapped_column(String(1000), default="")
    published_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_published_figure_fund", "fund_id", "as_of_on"),
        Index(
            "uq_published_figure_shown", "fund_id", "topic", "label", "printed", "as_of", "source", "address",
            unique=True, sqlite_where=SHOWN, postgresql_where=SHOWN,
        ),
    )  # fmt: skip
