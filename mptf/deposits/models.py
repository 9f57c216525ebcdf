"""What contributors announce, sign and pay: pledges, agreements and deposits of one fund.

A pledge or an agreement is not cash. A deposit is, and stands in the ledger; the row here keeps what
the ledger does not: the original amount, the agreement, and how sure the figure is.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import mapped_column, relationship

from mptf.claims.models import Interest, InterestTerm
from mptf.core import clock, ddl
from mptf.core.db import Base, Code, Key, Mapped, Name, PublicId, money
from mptf.core.errors import N_
from mptf.core.links import site
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.core.status import Labelled, Status
from mptf.fund.models import FundWindow
from mptf.ledger import references
from mptf.ledger.models import Entry, Standing
from mptf.ledger.references import LONGEST_REFERENCE
from mptf.organisations.models import Organisation
from mptf.people.models import Person

RATE_DIGITS = Decimal("0.000001")


class Certainty(Labelled):
    """How sure it is that a figure belongs to this contributor."""

    CERTAIN = "certain", N_("certain")
    PROBABLE = "probable", N_("probable")


class Precision(Labelled):
    """How exactly a day is known."""

    DAY = "day", N_("The day is known")
    MONTH = "month", N_("Only the month")
    YEAR = "year", N_("Only the year")

    def first_day(self, day: date) -> date:
        """Return the first day of what is known."""
        if self is Precision.YEAR:
            return day.replace(month=1, day=1)
        return day.replace(day=1) if self is Precision.MONTH else day

    def written(self, day: date) -> str:
        """Write a day no more exactly than it is known: `Jan 2024`."""
        forms = {Precision.YEAR: "{on:%Y}", Precision.MONTH: "{on:%b %Y}", Precision.DAY: "{on}"}
        return filled(forms[self], {"on": day})


class AgreementKind(Labelled):
    """Which paper was signed."""

    SAA = "saa", N_("Standard Administrative Arrangement")
    EU_CONTRIBUTION_AGREEMENT = "eu_contribution_agreement", N_("EU contribution agreement")
    OTHER = "other", N_("Other agreement")


class Payment(Status):
    """How much of a commitment has arrived; computed from the deposits, never stored."""

    PENDING = "pending", N_("Pending"), "open", "clock"
    PARTLY_PAID = "partly_paid", N_("Partly paid"), "info", "coins"
    PAID = "paid", N_("Paid"), "good", "circle-check", True
    PAID_OVER = "paid_over", N_("Paid over"), "warn", "alert-triangle", True


class PledgeStanding(Status):
    """What became of a pledge; read from its agreement and its withdrawal, never stored."""

    ANNOUNCED = "announced", N_("Announced"), "open", "speakerphone"
    SIGNED = "signed", N_("Signed"), "good", "file-certificate", True
    WITHDRAWN = "withdrawn", N_("Withdrawn"), "flat", "archive", True


class AgreementStanding(Status):
    """Whether an agreement counts; read from its withdrawal, never stored."""

    STANDS = "stands", N_("Stands"), "good", "file-certificate", True
    WITHDRAWN = "withdrawn", N_("Withdrawn"), "flat", "archive", True


class Pledge(Base):
    """A contribution that was announced and is not signed, as it was published.

    One that became an agreement, or was withdrawn, counts in no sum of pledges any more.
    """

    __tablename__ = "pledge"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    amount: Mapped[Money] = money("amount")
    announced_on: Mapped[date]
    precision: Mapped[Precision] = mapped_column(default=Precision.DAY)
    announced_as: Mapped[Name] = mapped_column(default="")
    usd_as_published: Mapped[Name] = mapped_column(default="")
    certainty: Mapped[Certainty] = mapped_column(default=Certainty.CERTAIN)
    certainty_note: Mapped[Name] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(String(1000), default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    agreement_id: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

    donor: Mapped[Organisation] = relationship()
    agreement: Mapped["Agreement | None"] = relationship(
        primaryjoin="and_(Pledge.agreement_id == Agreement.id, Pledge.fund_id == Agreement.fund_id)", viewonly=True
    )

    @property
    def standing(self) -> PledgeStanding:
        """What became of it."""
        if self.withdrawn_at is not None:
            return PledgeStanding.WITHDRAWN
        return PledgeStanding.ANNOUNCED if self.agreement_id is None else PledgeStanding.SIGNED

    @property
    def announced(self) -> str:
        """When it was announced, no more exactly than it is known: `Jan 2024`."""
        return self.precision.written(self.announced_on)

    @property
    def source_host(self) -> str:
        """Whose page the source is: `mptf.undp.org`."""
        return site(self.source)

    __table_args__ = (
        UniqueConstraint(
            "fund_id", "organisation_id", "announced_on", "precision", "amount_minor", "amount_currency",
            name="uq_pledge_announcement",
        ),
        ForeignKeyConstraint(["agreement_id", "fund_id"], ["agreement.id", "agreement.fund_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        CheckConstraint("withdrawn_at IS NULL OR agreement_id IS NULL", name="one_end"),
        Index("ix_pledge_fund", "fund_id", "announced_on", "id"),
        Index("ix_pledge_organisation", "organisation_id"),
        Index("ix_pledge_agreement", "agreement_id"),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": version}


class Agreement(Base):
    """A commitment: the amount a contributor signed for, as it is in force now; amendments say what was before.

    It may prefer a window of the fund, with all of its amount or, in `preferred`, a part. Never a project or an
    organisation. One that was recorded by mistake is withdrawn, once and with a reason: from that moment on it counts
    nowhere, its reference is free, and the database refuses to change it.
    """

    __tablename__ = "agreement"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[AgreementKind] = mapped_column(default=AgreementKind.SAA)
    reference: Mapped[Code]
    signed_on: Mapped[date]
    amount: Mapped[Money] = money("amount")
    window_id: Mapped[int | None]
    preferred: Mapped[Money | None] = money("preferred", nullable=True)
    interest_term_id: Mapped[int | None]
    note: Mapped[str] = mapped_column(default="")
    is_demo: Mapped[bool] = mapped_column(default=False)
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str] = mapped_column(default="")
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)

    donor: Mapped[Organisation] = relationship()
    withdrawn_by: Mapped[Person | None] = relationship(foreign_keys=withdrawn_by_id)
    window: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(Agreement.window_id) == FundWindow.id", viewonly=True
    )
    interest_term: Mapped[InterestTerm | None] = relationship(
        primaryjoin="foreign(Agreement.interest_term_id) == InterestTerm.id", viewonly=True
    )

    @property
    def interest(self) -> Interest:
        """What becomes of interest on its money, as it is in force now."""
        return self.interest_term.interest if self.interest_term else Interest.AVAILABLE

    @property
    def standing(self) -> AgreementStanding:
        """Whether it counts."""
        return AgreementStanding.STANDS if self.withdrawn_at is None else AgreementStanding.WITHDRAWN

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        Index(
            "uq_agreement_reference", "fund_id", "organisation_id", "reference", unique=True,
            sqlite_where=text("withdrawn_at IS NULL"), postgresql_where=text("withdrawn_at IS NULL"),
        ),
        ForeignKeyConstraint(["window_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        ForeignKeyConstraint(["interest_term_id", "fund_id"], ["interest_term.id", "interest_term.fund_id"]),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("preferred_minor BETWEEN 1 AND amount_minor", name="preferred"),
        CheckConstraint("preferred_currency = amount_currency", name="preferred_currency"),
        CheckConstraint("(preferred_minor IS NULL) = (preferred_currency IS NULL)", name="preferred_whole"),
        CheckConstraint("preferred_minor IS NULL OR window_id IS NOT NULL", name="preferred_window"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason = '')", name="withdrawn"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by_id IS NULL)", name="withdrawn_by"),
        Index("ix_agreement_fund", "fund_id", "signed_on", "id"),
        Index("ix_agreement_organisation", "organisation_id"),
    )  # fmt: skip
    __mapper_args__ = {"version_id_col": version}


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


ddl.append_only("agreement", unless="OLD.withdrawn_at IS NULL", changed="a withdrawn agreement is never changed")
ddl.append_only("deposit")
references.carried_by(Deposit.__table__, N_("a deposit"))


def effective_rate(original: Money, received: Money) -> Decimal:
    """Return original ÷ received, six digits. [ex] SEK 6,000,000 for USD 576,000.00: 10.416667."""
    return (original.decimal / received.decimal).quantize(RATE_DIGITS, ROUND_HALF_UP)


def payment(committed: Money, received: Money) -> Payment:
    """Say how much of a commitment has arrived; both in the currency of the agreement."""
    if received.minor <= 0:
        return Payment.PENDING
    if received < committed:
        return Payment.PARTLY_PAID
    return Payment.PAID if received == committed else Payment.PAID_OVER
