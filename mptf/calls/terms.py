"""The terms of a call: what it serves, where and who may answer, what it limits, which documents it asks for."""

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.core.db import Base, Key, Mapped, Name, PublicId, money
from mptf.core.money import Money
from mptf.fund.models import FundWindow
from mptf.organisations.models import Jurisdiction, Organisation


class CallItem(Base):
    """A goal or KPI a call serves."""

    __tablename__ = "call_item"

    call_id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        ForeignKeyConstraint(["item_id", "fund_id"], ["framework_item.id", "framework_item.fund_id"]),
    )


class CallJurisdiction(Base):
    """A place projects of a call may work in."""

    __tablename__ = "call_jurisdiction"

    call_id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))

    __table_args__ = (ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),)


class CallOffice(Base):
    """An office that may answer a call."""

    __tablename__ = "call_office"

    call_id: Mapped[int] = mapped_column(primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))

    __table_args__ = (ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),)


class Ceiling(Base):
    """How much of the envelope one window, jurisdiction or organisation may get at most."""

    __tablename__ = "call_ceiling"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    window_id: Mapped[int | None]
    jurisdiction_id: Mapped[int | None] = mapped_column(ForeignKey("jurisdiction.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    amount: Mapped[Money] = money("amount")

    window: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(Ceiling.window_id) == FundWindow.id", viewonly=True
    )
    jurisdiction: Mapped[Jurisdiction | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        ForeignKeyConstraint(["window_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "(window_id IS NOT NULL) <> (jurisdiction_id IS NOT NULL) AND organisation_id IS NULL "
            "OR window_id IS NULL AND jurisdiction_id IS NULL AND organisation_id IS NOT NULL",
            name="one",
        ),
        UniqueConstraint("call_id", "window_id"),
        UniqueConstraint("call_id", "jurisdiction_id"),
        UniqueConstraint("call_id", "organisation_id"),
    )

    @property
    def of(self) -> str:
        """What it limits, as people call it."""
        held: FundWindow | Jurisdiction | None = self.window or self.jurisdiction
        return held.name if held else self.organisation.short_name if self.organisation else ""


class RequiredDocument(Base):
    """A document a proposal brings along; `needed` tells whether it is incomplete without it."""

    __tablename__ = "call_document"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    call_id: Mapped[int]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    position: Mapped[int]
    name: Mapped[Name]
    guidance: Mapped[str] = mapped_column(default="")
    needed: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        ForeignKeyConstraint(["call_id", "fund_id"], ["call.id", "call.fund_id"]),
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("call_id", "name"),
    )
