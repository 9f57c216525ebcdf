"""Lists of the Administrative Agent, their rows, what each row was found to be in our books, and how that was settled.

Rows, findings and settlements are appended to and never changed: what a list said and what was made of it stays.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import foreign, mapped_column, relationship

from mptf.controls.models import APPROVED, REQUESTED, ControlRequest
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, growing, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled, Status
from mptf.deposits.models import Deposit
from mptf.imports.models import TableImport
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.organisations.models import Organisation
from mptf.people.models import Person
from mptf.reconciliation import matching
from mptf.reconciliation.matching import Difference, Payment


class FindingKind(Status):
    """What a comparison found of one payment."""

    DIFFERS = "differs", N_("Differs"), "warn", "alert-triangle"
    ONLY_LIST = "only_list", N_("Only in the Administrative Agent’s list"), "bad", "file-import"
    ONLY_BOOKS = "only_books", N_("Only in our books"), "bad", "book-2"
    MATCHED = "matched", N_("Matches"), "good", "circle-check", True


DIFFERENCES = (FindingKind.DIFFERS, FindingKind.ONLY_LIST, FindingKind.ONLY_BOOKS)


class SettledHow(Labelled):
    """How a difference came to its end."""

    CONFIRMED = "confirmed", N_("Confirmed as our books have it")
    RECORDED = "recorded", N_("The missing deposit was recorded")
    REVERSAL = "reversal", N_("The reversal of the deposit was asked for")
    EXPLAINED = "explained", N_("Explained")
    SETTLED_BEFORE = "settled_before", N_("Settled before, about an earlier list")
    MATCHED_LATER = "matched_later", N_("A later list matches")
    FOUND_AGAIN = "found_again", N_("Found again in a later list, and listed there")
    GONE = "gone", N_("No longer there when a later list was compared")


class AgentList(Base):
    """What one imported table says of itself: the days for which it holds every deposit."""

    __tablename__ = "agent_list"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    table_id: Mapped[int] = mapped_column(unique=True)
    complete_from: Mapped[date | None]
    complete_until: Mapped[date]
    is_demo: Mapped[bool] = mapped_column(default=False)

    table: Mapped[TableImport] = relationship(viewonly=True)

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        ForeignKeyConstraint(["table_id", "fund_id"], ["table_import.id", "table_import.fund_id"]),
        CheckConstraint("complete_from <= complete_until", name="days"),
        Index("ix_agent_list_fund", "fund_id", "id"),
    )


class AgentListRow(Base):
    """One payment as the Administrative Agent's list has it; `line` is its row in the file."""

    __tablename__ = "agent_list_row"

    id: Mapped[Key]
    fund_id: Mapped[int]
    list_id: Mapped[int]
    line: Mapped[int]
    contributor: Mapped[Name]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    value_on: Mapped[date]
    received: Mapped[Money] = money("received")
    original: Mapped[Money | None] = money("original", nullable=True)
    fee: Mapped[Money | None] = money("fee", nullable=True)
    reference: Mapped[str] = mapped_column(String(LONGEST_REFERENCE))

    donor: Mapped[Organisation | None] = relationship()

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("list_id", "line"),
        ForeignKeyConstraint(["list_id", "fund_id"], ["agent_list.id", "agent_list.fund_id"]),
        CheckConstraint("received_minor > 0", name="received"),
    )

    @property
    def payment(self) -> Payment:
        """The row as one side of a comparison."""
        return Payment(
            self.line, self.organisation_id, self.contributor, self.value_on, self.received, self.reference, self.fee,
            self.original,
        )  # fmt: skip


class Finding(Base):
    """What a comparison found of one payment: in the list, in our books, or in both."""

    __tablename__ = "reconciliation_finding"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int]
    list_id: Mapped[int]
    kind: Mapped[FindingKind]
    row_id: Mapped[int | None]
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposit.id"))

    agent_list: Mapped[AgentList] = relationship(viewonly=True)
    row: Mapped[AgentListRow | None] = relationship(viewonly=True)
    deposit: Mapped[Deposit | None] = relationship()
    settlement: Mapped["Settlement | None"] = relationship(
        primaryjoin=lambda: and_(
            foreign(Settlement.finding_id) == Finding.id, foreign(Settlement.fund_id) == Finding.fund_id, holds()
        ),
        viewonly=True,
        uselist=False,
    )

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("list_id", "row_id"),
        UniqueConstraint("list_id", "deposit_id"),
        ForeignKeyConstraint(["list_id", "fund_id"], ["agent_list.id", "agent_list.fund_id"]),
        ForeignKeyConstraint(["row_id", "fund_id"], ["agent_list_row.id", "agent_list_row.fund_id"]),
        CheckConstraint("(kind = 'only_books') = (row_id IS NULL)", name="row"),
        CheckConstraint("(kind = 'only_list') = (deposit_id IS NULL)", name="deposit"),
        Index("ix_reconciliation_finding_fund", "fund_id", "kind", "id"),
        Index("ix_reconciliation_finding_deposit", "deposit_id"),
    )

    @property
    def differences(self) -> Sequence[Difference]:
        """In what both sides differ; nothing where there is one side alone."""
        if self.row is None or self.deposit is None:
            return ()
        return matching.differences(self.row.payment, booked(self.deposit))

    @property
    def open(self) -> bool:
        """Whether it is a difference nobody has settled."""
        return self.kind is not FindingKind.MATCHED and self.settlement is None


class Settlement(Base):
    """How one difference came to its end, who said so and when; `list_id` names the later list that ended it.

    A reversal that was asked for holds until its request is declined or withdrawn; then the difference is open again.
    """

    __tablename__ = "reconciliation_settlement"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int]
    finding_id: Mapped[int]
    how: Mapped[SettledHow] = mapped_column(growing(SettledHow))
    reason: Mapped[str] = mapped_column(default="")
    list_id: Mapped[int | None]
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposit.id"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("control_request.id"))
    settled_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    by: Mapped[Person] = relationship()
    later: Mapped[AgentList | None] = relationship(viewonly=True)
    deposit: Mapped[Deposit | None] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(
            ["finding_id", "fund_id"], ["reconciliation_finding.id", "reconciliation_finding.fund_id"]
        ),
        ForeignKeyConstraint(["list_id", "fund_id"], ["agent_list.id", "agent_list.fund_id"]),
        CheckConstraint("how <> 'explained' OR reason <> ''", name="reason"),
        CheckConstraint("(how = 'recorded') = (deposit_id IS NOT NULL)", name="recorded"),
        CheckConstraint("request_id IS NULL OR how = 'reversal'", name="reversal"),
        Index("ix_reconciliation_settlement_finding", "finding_id"),
    )


def holds() -> ColumnElement[bool]:
    """Return the condition that a settlement holds; of one finding at most one does."""
    stands = select(ControlRequest.id).where(
        ControlRequest.id == Settlement.request_id,
        ControlRequest.fund_id == Settlement.fund_id,
        ControlRequest.status.in_((REQUESTED, APPROVED)),
    )
    return or_(Settlement.request_id.is_(None), stands.correlate(Settlement).exists())


for table in ("agent_list_row", "reconciliation_finding", "reconciliation_settlement"):
    ddl.append_only(table)


def booked(deposit: Deposit) -> Payment:
    """Return a deposit of our books as one side of a comparison."""
    return Payment(
        deposit.id, deposit.organisation_id, deposit.donor.short_name, deposit.value_on, deposit.received,
        deposit.bank_reference, deposit.fee, deposit.original,
    )  # fmt: skip
