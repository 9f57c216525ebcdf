"""The cash documents of a fund that are no deposit: facts of the bank, each posting one entry of the ledger.

What each kind debits and credits stands in `ledger.chart`; what it must say, below.
"""

import re
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import mapped_column, relationship

from mptf.claims.models import Claim, InterestTerm, KeptInterest
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, PublicId, growing, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.fund.models import FundWindow
from mptf.imports.models import TableImport
from mptf.ledger import references
from mptf.ledger.chart import CASH, EntryKind
from mptf.ledger.models import Entry, Standing
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.organisations.models import Organisation
from mptf.people.models import Person

# The kinds of this room, as a person chooses among them.
KINDS = (
    EntryKind.TRANSFER, EntryKind.PUNO_REFUND, EntryKind.PUNO_INTEREST, EntryKind.FUND_INTEREST,
    EntryKind.OTHER_INCOME, EntryKind.CONTRIBUTOR_REFUND, EntryKind.FUND_TRANSFER, EntryKind.DIRECT_COST,
    EntryKind.DIRECT_COST_REFUND, EntryKind.BANK_CHARGE,
)  # fmt: skip
OF_PROJECT = (EntryKind.TRANSFER, EntryKind.PUNO_REFUND)
OF_DIRECT_COST = (EntryKind.DIRECT_COST, EntryKind.DIRECT_COST_REFUND)
OF_INTEREST = (EntryKind.FUND_INTEREST, EntryKind.PUNO_INTEREST)
# What may name an agreement that keeps interest: the interest, and what pays it back to the contributor.
OF_KEPT_INTEREST = (*OF_INTEREST, EntryKind.CONTRIBUTOR_REFUND)
OUTGOING = tuple(kind for kind in KINDS if kind.credit is CASH)
# What comes back, and the kind whose amounts it comes back from.
COMES_BACK = {
    EntryKind.PUNO_REFUND: EntryKind.TRANSFER,
    EntryKind.CONTRIBUTOR_REFUND: EntryKind.DEPOSIT,
    EntryKind.DIRECT_COST_REFUND: EntryKind.DIRECT_COST,
}
LONGEST_FUND = 100  # the name of another fund
# The number of a project at the MPTF Office: text, its leading zeros count.
PROJECT_NUMBER = re.compile(r"[0-9]{8}", re.ASCII)


def _of(*kinds: EntryKind) -> str:
    named = ", ".join(f"'{kind.value}'" for kind in kinds)
    return f"kind IN ({named})"


class CashDocument(Base):
    """Cash that moved: a fact, never refused, never changed.

    `reference` is the number of a project, or of the direct cost that was approved; `other_fund` the name of the fund
    money went to. A direct cost names the claim it is paid from, if one was approved. `kept_for` is the agreement that
    keeps interest, or that is paid back what it kept; `of_fund` the word that interest is the fund's as a whole.
    """

    __tablename__ = "cash_document"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    kind: Mapped[EntryKind] = mapped_column(growing(EntryKind))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str] = mapped_column(String(100), default="")
    other_fund: Mapped[str] = mapped_column(String(LONGEST_FUND), default="")
    claim_id: Mapped[int | None]
    window_id: Mapped[int | None]
    import_id: Mapped[int | None]
    entry_id: Mapped[int] = mapped_column(unique=True)
    amount: Mapped[Money] = money("amount")
    value_on: Mapped[date]
    bank_reference: Mapped[str] = mapped_column(String(LONGEST_REFERENCE), default="")
    plain_reference: Mapped[str] = mapped_column(default=references.from_reference)
    basis: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    party: Mapped[Organisation | None] = relationship()
    claim: Mapped[Claim | None] = relationship(primaryjoin="foreign(CashDocument.claim_id) == Claim.id", viewonly=True)
    kept_for: Mapped[InterestTerm | None] = relationship(
        secondary=KeptInterest.__table__,
        primaryjoin="and_(CashDocument.entry_id == foreign(kept_interest.c.entry_id), "
        "CashDocument.fund_id == kept_interest.c.fund_id)",
        secondaryjoin="foreign(kept_interest.c.term_id) == InterestTerm.id",
        viewonly=True,
        uselist=False,
    )
    of_fund: Mapped["InterestOfFund | None"] = relationship(viewonly=True, uselist=False)
    window: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(CashDocument.window_id) == FundWindow.id", viewonly=True
    )
    table: Mapped[TableImport | None] = relationship(
        primaryjoin="foreign(CashDocument.import_id) == TableImport.id", viewonly=True
    )
    entry: Mapped[Entry] = relationship(primaryjoin="foreign(CashDocument.entry_id) == Entry.id", viewonly=True)
    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["claim_id", "fund_id"], ["claim.id", "claim.fund_id"]),
        ForeignKeyConstraint(["window_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        ForeignKeyConstraint(["import_id", "fund_id"], ["table_import.id", "table_import.fund_id"]),
        ForeignKeyConstraint(["entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            f"(organisation_id IS NOT NULL) = ({_of(*(kind for kind in KINDS if kind.of_party))})", name="party"
        ),
        CheckConstraint(
            f"CASE WHEN {_of(*OF_PROJECT)} THEN length(reference) = 8"
            f" ELSE reference = '' OR {_of(*OF_DIRECT_COST)} END",
            name="reference",
        ),
        CheckConstraint(f"(other_fund <> '') = ({_of(EntryKind.FUND_TRANSFER)})", name="other_fund"),
        CheckConstraint(f"claim_id IS NULL OR ({_of(*OF_DIRECT_COST)} AND reference <> '')", name="claim"),
        Index("ix_cash_document_fund", "fund_id", "value_on", "id"),
        Index("ix_cash_document_reference", "fund_id", "plain_reference", "value_on"),
        Index("ix_cash_document_organisation", "organisation_id"),
        Index("ix_cash_document_claim", "claim_id"),
        Index("ix_cash_document_import", "import_id"),
    )

    @property
    def standing(self) -> Standing:
        """Whether the Administrative Agent has confirmed it."""
        return self.entry.standing

    @property
    def outgoing(self) -> bool:
        """Whether cash left the fund."""
        return self.kind in OUTGOING

    @property
    def whose(self) -> str:
        """Whom or what it is about, as a list shows it: the organisation, or the other fund."""
        return self.party.short_name if self.party else self.other_fund


class InterestOfFund(Base):
    """A person's word that interest which names no agreement is the fund's as a whole, and why.

    Without it such interest is flagged where an agreement keeps any. Who said it when it was recorded gave no reason.
    """

    __tablename__ = "interest_of_fund"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    document_id: Mapped[int] = mapped_column(ForeignKey("cash_document.id"), unique=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    said_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]

    by: Mapped[Person] = relationship()


ddl.append_only("cash_document")
ddl.append_only("interest_of_fund")
references.carried_by(CashDocument.__table__, N_("a cash document"))
