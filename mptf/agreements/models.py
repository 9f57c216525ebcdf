"""What an agreement says of time: the instalments it is paid in, and how it was amended. Appended to, never changed.

The agreement itself is a row of `commitments` and holds what is in force now; an amendment keeps what was before.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import mapped_column, relationship

from mptf.claims.models import Interest
from mptf.commitments.models import Agreement
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, growing, money
from mptf.core.money import Money
from mptf.fund.models import FundWindow
from mptf.people.models import Person


class Amendment(Base):
    """A change both sides agreed on: what stood, what stands instead, since when and why.

    Each amendment brings the whole plan of instalments anew, also where that did not change.
    """

    __tablename__ = "amendment"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    agreement_id: Mapped[int]
    fund_id: Mapped[int]
    number: Mapped[int]
    agreed_on: Mapped[date]
    reason: Mapped[str]
    amount_before: Mapped[Money] = money("amount_before")
    amount_after: Mapped[Money] = money("amount_after")
    window_before_id: Mapped[int | None]
    window_after_id: Mapped[int | None]
    preferred_before: Mapped[Money | None] = money("preferred_before", nullable=True)
    preferred_after: Mapped[Money | None] = money("preferred_after", nullable=True)
    interest_before: Mapped[Interest] = mapped_column(growing(Interest))
    interest_after: Mapped[Interest] = mapped_column(growing(Interest))
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()
    window_before: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(Amendment.window_before_id) == FundWindow.id", viewonly=True
    )
    window_after: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(Amendment.window_after_id) == FundWindow.id", viewonly=True
    )

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("agreement_id", "number"),
        ForeignKeyConstraint(["agreement_id", "fund_id"], ["agreement.id", "agreement.fund_id"]),
        ForeignKeyConstraint(["window_before_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        ForeignKeyConstraint(["window_after_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        CheckConstraint("amount_before_minor > 0 AND amount_after_minor > 0", name="amount"),
        CheckConstraint("amount_before_currency = amount_after_currency", name="currency"),
        CheckConstraint("reason <> ''", name="reason"),
    )


class Instalment(Base):
    """A part of an agreement's amount with the day it is due, as signed or as an amendment brought it.

    In force are those of the last amendment, or those without one where nothing was amended.
    """

    __tablename__ = "instalment"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    agreement_id: Mapped[int]
    fund_id: Mapped[int]
    amendment_id: Mapped[int | None]
    due_on: Mapped[date]
    amount: Mapped[Money] = money("amount")
    condition: Mapped[Name] = mapped_column(default="")
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    agreement: Mapped[Agreement] = relationship(
        primaryjoin="and_(foreign(Instalment.agreement_id) == Agreement.id, Instalment.fund_id == Agreement.fund_id)",
        viewonly=True,
    )

    __table_args__ = (
        ForeignKeyConstraint(["agreement_id", "fund_id"], ["agreement.id", "agreement.fund_id"]),
        ForeignKeyConstraint(["amendment_id", "fund_id"], ["amendment.id", "amendment.fund_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        Index("ix_instalment_agreement", "fund_id", "agreement_id", "due_on"),
    )


for table in (Amendment.__tablename__, Instalment.__tablename__):
    ddl.append_only(table)
