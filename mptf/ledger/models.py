"""Accounts, entries and their lines: double entry per fund, appended to and never changed.

The database keeps the rules of the books itself (`guards`); what each document debits and credits stands in `chart`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import composite, mapped_column, relationship

from mptf.core.db import Base, Code, Currency, Key, Mapped, Name, PublicId, growing
from mptf.core.errors import N_
from mptf.core.money import Money, totals
from mptf.core.status import Labelled, Status
from mptf.fund.models import FundWindow
from mptf.ledger import guards
from mptf.ledger.chart import AccountKind, EntryKind
from mptf.organisations.models import Organisation
from mptf.people.models import Person


@dataclass(frozen=True)
class DocumentKind:
    """What a higher room posts: the table an entry names as its source, its name for people, the kinds, and its page.

    The page takes `code` and `public_id`, and is open to whoever reads the ledger.
    """

    kind: str
    label: str
    posts: tuple[EntryKind, ...]
    endpoint: str | None = None


class Standing(Status):
    """What the Administrative Agent's books say of a cash fact; read from confirmations and reversals, never stored."""

    ADVISED = "advised", N_("Advised"), "warn", "hourglass"
    CONFIRMED = "confirmed", N_("Confirmed"), "good", "circle-check", True
    REVERSED = "reversed", N_("Reversed"), "flat", "arrow-back-up", True
    # A reversal of what was never confirmed: the Administrative Agent's books hold neither.
    NOTHING_TO_CONFIRM = "nothing_to_confirm", N_("Nothing to confirm"), "flat", "circle-check", True


# What a document can be: it is no reversal.
OF_DOCUMENTS = Standing.ADVISED, Standing.CONFIRMED, Standing.REVERSED


class ConfirmedBy(Labelled):
    """How the Administrative Agent confirmed an entry."""

    ADMINISTRATIVE_AGENT = "administrative_agent", N_("by the Administrative Agent")
    GATEWAY_IMPORT = "gateway_import", N_("by an import from the Gateway")


LONGEST_MEMO = 300  # also of the reason a reversal carries
LONGEST_KEY = 200
LONGEST_NOTE = 300  # of a confirmation


class Account(Base):
    """One account of one fund: a line of its chart, and where that has parties, of one organisation and reference."""

    __tablename__ = "ledger_account"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    code: Mapped[Code]
    name: Mapped[Name]
    kind: Mapped[AccountKind]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    reference: Mapped[str] = mapped_column(String(100), default="")

    party: Mapped[Organisation | None] = relationship(viewonly=True)

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        # Empty columns are never equal: an account without a party needs an index of its own.
        Index(
            "uq_ledger_account_of_party", "fund_id", "code", "organisation_id", "reference", unique=True,
            sqlite_where=text("organisation_id IS NOT NULL"), postgresql_where=text("organisation_id IS NOT NULL"),
        ),
        Index(
            "uq_ledger_account_of_fund", "fund_id", "code", "reference", unique=True,
            sqlite_where=text("organisation_id IS NULL"), postgresql_where=text("organisation_id IS NULL"),
        ),
    )  # fmt: skip

    @property
    def title(self) -> str:
        """What tells it from every other account of the fund, beside its code."""
        return title_of(self.name, self.party.short_name if self.party else None, self.reference)


def title_of(name: str, party: str | None, reference: str) -> str:
    """Return what tells an account from every other of its fund, beside its code."""
    return " · ".join(part for part in (name, party, reference) if part)


_REVERSAL = text("reverses_id IS NOT NULL")
_of_reversals: dict[str, Any] = {"sqlite_where": _REVERSAL, "postgresql_where": _REVERSAL}


class Entry(Base):
    """What happened: one document posted on its value date, by a person, once (`key`).

    `period` is the first day of the month it posts in: that of its value date, or the first open one where that month
    was closed already. A reversal names the entry it takes back, and keeps its value date.
    """

    __tablename__ = "ledger_entry"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    number: Mapped[int]
    kind: Mapped[EntryKind] = mapped_column(growing(EntryKind))
    value_on: Mapped[date]
    period: Mapped[date]
    recorded_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    source_kind: Mapped[str] = mapped_column(String(60))
    source_id: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    memo: Mapped[str] = mapped_column(String(LONGEST_MEMO))
    reverses_id: Mapped[int | None]

    by: Mapped[Person] = relationship()
    lines: Mapped[list["Line"]] = relationship(viewonly=True, order_by="Line.id")
    confirmation: Mapped["Confirmation | None"] = relationship(viewonly=True, uselist=False)
    reverses: Mapped["Entry | None"] = relationship(
        primaryjoin="foreign(Entry.reverses_id) == remote(Entry.id)", viewonly=True
    )
    reversal: Mapped["Entry | None"] = relationship(
        primaryjoin="Entry.id == remote(foreign(Entry.reverses_id))", viewonly=True, uselist=False
    )

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("fund_id", "number"),
        UniqueConstraint("fund_id", "key"),
        ForeignKeyConstraint(["reverses_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        Index("ix_ledger_entry_journal", "fund_id", "value_on", "number"),
        Index("ix_ledger_entry_recorded", "fund_id", "recorded_at", "id"),
        Index("ix_ledger_entry_source", "fund_id", "source_kind", "source_id"),
        Index("ix_ledger_entry_kind", "fund_id", "kind", "value_on", "number"),
        Index("ix_ledger_entry_period", "fund_id", "period", "value_on", "number", "kind"),
        # Only of reversals: an engine that counts what an index holds finds a column that is mostly empty not worth it.
        Index("uq_ledger_entry_reverses_id", "reverses_id", unique=True, **_of_reversals),
        Index("ix_ledger_entry_reversals", "fund_id", "value_on", "number", **_of_reversals),
    )

    @property
    def standing(self) -> Standing:
        """What the Administrative Agent's books say of it."""
        return standing_of(
            confirmed=self.confirmation is not None,
            reversed_=self.reversal is not None,
            of_advised=self.reverses is not None and self.reverses.confirmation is None,
        )

    @property
    def moved(self) -> list[Money]:
        """What it moved: the sum of its debits in each currency."""
        return list(totals(line.amount for line in self.lines if line.amount.minor > 0).values())

    @property
    def late(self) -> bool:
        """Whether its own month was closed when it was posted."""
        return posts_late(self.period, self.value_on)


def standing_of(*, confirmed: bool, reversed_: bool, of_advised: bool = False) -> Standing:
    """Return what the Administrative Agent's books say of an entry; `of_advised`: it reverses one never confirmed."""
    if reversed_:
        return Standing.REVERSED
    if of_advised:
        return Standing.NOTHING_TO_CONFIRM
    return Standing.CONFIRMED if confirmed else Standing.ADVISED


def posts_late(period: date, value_on: date) -> bool:
    """Tell whether an entry posts in a later month than that of its value date."""
    return period > value_on


class Line(Base):
    """One amount on one account; debits are positive. Carries the fund and times of its entry for speed.

    `window_id` is the window of the fund the money is kept apart for, if any.
    """

    __tablename__ = "ledger_line"

    id: Mapped[Key]
    entry_id: Mapped[int]
    account_id: Mapped[int]
    fund_id: Mapped[int]
    window_id: Mapped[int | None]
    value_on: Mapped[date]
    recorded_at: Mapped[datetime]
    amount_minor: Mapped[int]
    amount_currency: Mapped[Currency]

    amount: Mapped[Money] = composite("amount_minor", "amount_currency")
    account: Mapped[Account] = relationship(viewonly=True)
    window: Mapped[FundWindow | None] = relationship(
        primaryjoin="foreign(Line.window_id) == FundWindow.id", viewonly=True
    )

    __table_args__ = (
        ForeignKeyConstraint(
            ["entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(["account_id", "fund_id"], ["ledger_account.id", "ledger_account.fund_id"]),
        ForeignKeyConstraint(["window_id", "fund_id"], ["fund_window.id", "fund_window.fund_id"]),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_ledger_line_entry", "entry_id", "fund_id"),  # with the fund, or SQLite would look for its lines first
        # Holds all a balance needs, so that a sum over a million lines reads the index alone.
        Index(
            "ix_ledger_line_balance",
            *("fund_id", "account_id", "amount_currency", "value_on", "recorded_at", "amount_minor", "window_id"),
        ),
        Index("ix_ledger_line_account", "fund_id", "account_id", "value_on"),
    )


class MonthSum(Base):
    """What lines of an account add up to that have value dates of one month and were recorded in one month (UTC).

    The database keeps these rows itself, a line after the other, so that a balance reads few of them and no line.
    """

    __tablename__ = "ledger_month"

    fund_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount_currency: Mapped[Currency] = mapped_column(primary_key=True)
    value_month: Mapped[date] = mapped_column(primary_key=True)
    recorded_month: Mapped[date] = mapped_column(primary_key=True)
    amount_minor: Mapped[int]
    last_line_id: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(["account_id", "fund_id"], ["ledger_account.id", "ledger_account.fund_id"]),
        {"sqlite_with_rowid": False},  # the rows stand in their key, in which they are read
    )


class Confirmation(Base):
    """The Administrative Agent's word that an advised entry is in its books; one for each entry."""

    __tablename__ = "ledger_confirmation"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    entry_id: Mapped[int] = mapped_column(unique=True)
    fund_id: Mapped[int]
    confirmed_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    how: Mapped[ConfirmedBy] = mapped_column(growing(ConfirmedBy))
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE))

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        Index("ix_ledger_confirmation_fund", "fund_id", "confirmed_at", "entry_id"),
    )


class Unconfirmed(Base):
    """An entry nobody has confirmed so far; the database keeps these rows itself, so that a sum finds them at once."""

    __tablename__ = "ledger_unconfirmed"

    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fund_id: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        Index("ix_ledger_unconfirmed_fund", "fund_id", "entry_id"),
    )


class Closing(Base):
    """One month of one fund that takes no more entries, closed by two people; `month` is its first day."""

    __tablename__ = "ledger_closing"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    month: Mapped[date]
    closed_at: Mapped[datetime]
    prepared_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    approved_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")

    prepared_by: Mapped[Person] = relationship(foreign_keys=[prepared_by_id])
    approved_by: Mapped[Person] = relationship(foreign_keys=[approved_by_id])

    __table_args__ = (
        UniqueConstraint("fund_id", "month"),
        CheckConstraint("prepared_by_id <> approved_by_id", name="two_people"),
    )


guards.stand()
