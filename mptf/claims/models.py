"""Claims on a fund's cash, appended to and never changed: what was promised, its moves, and how it is paid."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.claims.available import ClaimKind
from mptf.core import ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, money
from mptf.core.money import Money
from mptf.fund.models import FundWindow
from mptf.people.models import Person


class Claim(Base):
    """A promise of the fund's cash, such as a funded allocation; what of it is in force is the sum of its moves."""

    __tablename__ = "claim"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    kind: Mapped[ClaimKind]
    window_id: Mapped[int | None]
    label: Mapped[Name]

    moves: Mapped[list["ClaimMove"]] = relationship(viewonly=True, order_by="ClaimMove.id")
    window: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(Claim.window_id) == FundWindow.id", viewonly=True
    )

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        ForeignKeyConstraint(["window_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        Index("ix_claim_fund", "fund_id", "kind"),
    )


class ClaimMove(Base):
    """An amount promised, or below zero given up, from its day on."""

    __tablename__ = "claim_move"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    claim_id: Mapped[int]
    fund_id: Mapped[int]
    amount: Mapped[Money] = money("amount")
    value_on: Mapped[date]
    recorded_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["claim_id", "fund_id"], ["claim.id", "claim.fund_id"]),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_claim_move_claim", "fund_id", "claim_id", "value_on"),
    )


class ClaimAccount(Base):
    """An account of the ledger by which a claim is paid, and no other claim is."""

    __tablename__ = "claim_account"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    claim_id: Mapped[int]
    account_id: Mapped[int] = mapped_column(unique=True)
    fund_id: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(["claim_id", "fund_id"], ["claim.id", "claim.fund_id"]),
        ForeignKeyConstraint(["account_id", "fund_id"], ["ledger_account.id", "ledger_account.fund_id"]),
        Index("ix_claim_account_claim", "claim_id"),
    )


for table in (Claim.__tablename__, ClaimMove.__tablename__, ClaimAccount.__tablename__):
    ddl.append_only(table)
