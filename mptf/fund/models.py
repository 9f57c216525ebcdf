"""Funds, their dated settings and their holidays."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core import clock
from mptf.core.db import Base, Code, Currency, Key, Mapped, Name, PublicId
from mptf.core.errors import N_
from mptf.core.status import Labelled
from mptf.fund.rules import Rules
from mptf.policy import Realm


class DecisionBody(Labelled):
    """Who decides what is funded."""

    COMMITTEE = "committee", N_("Steering Committee")
    BOARD = "board", N_("Board")
    DONOR_AGREEMENT = "donor_agreement", N_("Donor agreement")


class Fund(Base, Realm):
    """One pooled fund, or another programme of the same Secretariat."""

    __tablename__ = "fund"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    short_name: Mapped[Name]
    purpose: Mapped[str] = mapped_column(default="")
    currency: Mapped[Currency] = mapped_column(default="USD")
    zone: Mapped[str] = mapped_column(String(60), default="Europe/Belgrade")
    decision_body: Mapped[DecisionBody] = mapped_column(default=DecisionBody.COMMITTEE)
    established_on: Mapped[date | None]
    published: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)

    settings: Mapped[list["FundSettings"]] = relationship(back_populates="fund")
    __mapper_args__ = {"version_id_col": version}

    @property
    def fund_id(self) -> int:
        """The fund itself, for whoever asks where an object belongs."""
        return self.id


class FundSettings(Base):
    """The rules of a fund from a day on; rates are in basis points (100 = 1 %).

    A row whose day has come is never changed: a later row takes its place. `basis` says what the
    change rests on, such as a decision or an agreement.
    """

    __tablename__ = "fund_settings"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    valid_from: Mapped[date]
    basis: Mapped[str] = mapped_column(String(300), default="")
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    aa_fee_bp: Mapped[int]
    indirect_cost_bp: Mapped[int]
    reserve_minor: Mapped[int]
    statement_layout: Mapped[int]
    second_factor_required: Mapped[bool]
    no_objection_days: Mapped[int]
    next_tranche_bp: Mapped[int]
    category_tolerance_bp: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)

    fund: Mapped[Fund] = relationship(back_populates="settings")

    __table_args__ = (
        UniqueConstraint("fund_id", "valid_from"),
        CheckConstraint("aa_fee_bp BETWEEN 0 AND 10000", name="aa_fee"),
        CheckConstraint("indirect_cost_bp BETWEEN 0 AND 10000", name="indirect_cost"),
        CheckConstraint("reserve_minor >= 0", name="reserve"),
        CheckConstraint("statement_layout IN (1, 2)", name="statement_layout"),
        CheckConstraint("no_objection_days BETWEEN 1 AND 90", name="no_objection_days"),
        CheckConstraint("next_tranche_bp BETWEEN 0 AND 10000", name="next_tranche"),
        CheckConstraint("category_tolerance_bp BETWEEN 0 AND 10000", name="category_tolerance"),
    )
    __mapper_args__ = {"version_id_col": version}

    @property
    def rules(self) -> Rules:
        """The rules as values."""
        return Rules.of(self)


class FundWindow(Base):
    """A part of the fund that contributions may prefer and allocations draw on, such as a theme or an outcome.

    From `ended_on` on nothing new prefers it; the money that is kept for it stays.
    """

    __tablename__ = "fund_window"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    code: Mapped[Code]
    name: Mapped[Name]
    ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (UniqueConstraint("id", "fund_id"), UniqueConstraint("fund_id", "code"))
    __mapper_args__ = {"version_id_col": version}


class Holiday(Base):
    """A day on which the Secretariat of a fund does not work, beside weekends."""

    __tablename__ = "holiday"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    falls_on: Mapped[date]
    name: Mapped[Name]

    __table_args__ = (UniqueConstraint("fund_id", "falls_on"),)
