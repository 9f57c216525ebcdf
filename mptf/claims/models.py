"""Claims on a fund's cash, appended to and never changed: what was set aside, its moves, and how it is paid.

Beside them stands interest that agreements keep for their contributors: cash of the fund that is not its to allocate.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import mapped_column, relationship

from mptf.claims.available import ClaimKind
from mptf.core import ddl
from mptf.core.db import Base, Code, Key, Mapped, Name, PublicId, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled
from mptf.fund.models import FundWindow
from mptf.organisations.models import Organisation
from mptf.people.models import Person


class Claim(Base):
    """A claim on the fund's cash, such as a funded allocation; what of it is in force is the sum of its moves."""

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
    """An amount set aside, or below zero given up, from its day on."""

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


class Interest(Labelled):
    """What becomes of interest on the money of an agreement."""

    AVAILABLE = "available", N_("Raises what is available")
    KEPT = "kept", N_("Kept for the contributor")


class InterestTerm(Base):
    """The word of an agreement that interest on its money is kept for its contributor, in the spans it says.

    It is all that cash knows of the agreement, which names it, and is withdrawn with it. Once kept, interest stays so
    until it is paid back, also where the agreement says otherwise by now.
    """

    __tablename__ = "interest_term"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[Code]
    withdrawn_at: Mapped[datetime | None]

    contributor: Mapped[Organisation] = relationship()
    spans: Mapped[list["InterestSpan"]] = relationship(order_by="InterestSpan.id")

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        Index(
            "uq_interest_term_reference", "fund_id", "organisation_id", "reference", unique=True,
            sqlite_where=text("withdrawn_at IS NULL"), postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )  # fmt: skip

    @property
    def open_span(self) -> "InterestSpan | None":
        """The span that has not ended."""
        return next((span for span in self.spans if span.kept_until is None), None)

    @property
    def interest(self) -> Interest:
        """What becomes of interest now."""
        return Interest.KEPT if self.open_span else Interest.AVAILABLE

    def keeps_on(self, day: date) -> bool:
        """Tell whether interest of a day is kept."""
        return any(span.kept_from <= day < (span.kept_until or date.max) for span in self.spans)

    @property
    def name(self) -> str:
        """The agreement, as a person chooses among those of the fund."""
        return f"{self.contributor.short_name}, {self.reference}"


class InterestSpan(Base):
    """The days on which a term keeps interest: from the first on, up to the one on which it keeps none any more."""

    __tablename__ = "interest_span"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    term_id: Mapped[int]
    fund_id: Mapped[int]
    kept_from: Mapped[date]
    kept_until: Mapped[date | None]

    __table_args__ = (
        ForeignKeyConstraint(["term_id", "fund_id"], ["interest_term.id", "interest_term.fund_id"]),
        CheckConstraint("kept_until >= kept_from", name="days"),
        Index("ix_interest_span_fund", "fund_id", "term_id"),
        Index(
            "uq_interest_span_open", "term_id", unique=True,
            sqlite_where=text("kept_until IS NULL"), postgresql_where=text("kept_until IS NULL"),
        ),
    )  # fmt: skip


class KeptInterest(Base):
    """An entry that brought interest an agreement keeps, or paid it back; its lines of cash say which, and how much."""

    __tablename__ = "kept_interest"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    term_id: Mapped[int]
    entry_id: Mapped[int] = mapped_column(unique=True)
    fund_id: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(["term_id", "fund_id"], ["interest_term.id", "interest_term.fund_id"]),
        ForeignKeyConstraint(["entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        Index("ix_kept_interest_fund", "fund_id", "term_id"),
    )


for table in (Claim.__tablename__, ClaimMove.__tablename__, ClaimAccount.__tablename__, KeptInterest.__tablename__):
    ddl.append_only(table)
