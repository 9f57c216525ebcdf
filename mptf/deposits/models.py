"""What contributors pay: the deposits of one fund.

A deposit is cash and stands in the ledger; the row here keeps what the ledger does not: the original amount, the
agreement, and how sure the figure is.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import mapped_column, relationship

from mptf.commitments.models import Agreement, Certainty
from mptf.core import clock, ddl
from mptf.core.db import Base, Key, Mapped, Name, PublicId, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.ledger import references
from mptf.ledger.models import Entry, Standing
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.organisations.models import Organisation
from mptf.people.models import Person

RATE_DIGITS = Decimal("0.000001")


class Deposit(Base):
    """Cash the Administrative Agent received: a fact, never refused, never changed.

    `received` is in the fund's currency and authoritative. `original` and `fee` are None where no
    source states them. The ledger entries it posted are `entry` and, with a fee, `fee_entry`.
    """

    __tablename__ = "deposit"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    agreement_id: Mapped[int | None]
    entry_id: Mapped[int] = mapped_column(unique=True)
    fee_entry_id: Mapped[int | None] = mapped_column(unique=True)
    received: Mapped[Money] = money("received")
    original: Mapped[Money | None] = money("original", nullable=True)
    fee: Mapped[Money | None] = money("fee", nullable=True)
    value_on: Mapped[date]
    bank_reference: Mapped[str] = mapped_column(String(LONGEST_REFERENCE), default="")
    plain_reference: Mapped[str] = mapped_column(default=references.from_reference)
    certainty: Mapped[Certainty] = mapped_column(default=Certainty.CERTAIN)
    certainty_note: Mapped[Name] = mapped_column(default="")
    basis: Mapped[str] = mapped_column(default="")
    is_opening: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    donor: Mapped[Organisation] = relationship()
    agreement: Mapped[Agreement | None] = relationship(
        primaryjoin="and_(Deposit.agreement_id == Agreement.id, Deposit.fund_id == Agreement.fund_id)", viewonly=True
    )
    entry: Mapped[Entry] = relationship(primaryjoin="foreign(Deposit.entry_id) == Entry.id", viewonly=True)
    fee_entry: Mapped[Entry | None] = relationship(
        primaryjoin="foreign(Deposit.fee_entry_id) == Entry.id", viewonly=True
    )
    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["agreement_id", "fund_id"], ["agreement.id", "agreement.fund_id"]),
        ForeignKeyConstraint(["entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        ForeignKeyConstraint(["fee_entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        CheckConstraint("received_minor > 0", name="received"),
        CheckConstraint("original_minor > 0", name="original"),
        CheckConstraint("fee_minor BETWEEN 0 AND received_minor", name="fee"),
        CheckConstraint("fee_currency = received_currency", name="fee_currency"),
        CheckConstraint("(original_minor IS NULL) = (original_currency IS NULL)", name="original_whole"),
        CheckConstraint("(fee_minor IS NULL) = (fee_currency IS NULL)", name="fee_whole"),
        Index("ix_deposit_fund", "fund_id", "value_on", "id"),
        Index("ix_deposit_organisation", "organisation_id"),
        Index("ix_deposit_agreement", "agreement_id", "value_on"),
        Index("ix_deposit_reference", "fund_id", "plain_reference"),
    )

    @property
    def standing(self) -> Standing:
        """Whether the Administrative Agent has confirmed it."""
        return self.entry.standing

    @property
    def own_agreement(self) -> Agreement | None:
        """The agreement it came under, if its contributor signed it: somebody else's is nothing a contributor reads."""
        found = self.agreement
        return found if found and found.organisation_id == self.organisation_id else None

    @property
    def effective_rate(self) -> Decimal | None:
        """Units of the original currency for one unit received, as the bank changed it."""
        return effective_rate(self.original, self.received) if self.original else None

    @property
    def fee_share(self) -> Decimal | None:
        """The actual fee in percent of what was received."""
        return None if self.fee is None else self.fee.percent_of(self.received)


ddl.append_only("deposit")
references.carried_by(Deposit.__table__, N_("a deposit"))


def effective_rate(original: Money, received: Money) -> Decimal:
    """Return original ÷ received, six digits. [ex] SEK 6,000,000 for USD 576,000.00: 10.416667."""
    return (original.decimal / received.decimal).quantize(RATE_DIGITS, ROUND_HALF_UP)
