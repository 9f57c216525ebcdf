"""Accounts, entries and their lines: double entry per fund, appended to and never changed.

An entry is written after its lines, so that the database can check it the moment it appears: the
lines of each currency add up to zero, and a posted entry takes no more lines (MON-1).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import composite, mapped_column, relationship

from mptf.core import ddl
from mptf.core.db import Base, Code, Currency, Key, Mapped, Name, PublicId, growing
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled, Status
from mptf.people.models import Person


class AccountKind(Labelled):
    """Which side of the fund's books an account stands on."""

    ASSET = "asset", N_("Balance")
    SOURCE = "source", N_("Source of funds")
    USE = "use", N_("Use of funds")


@dataclass(frozen=True)
class ChartLine:
    """An account every fund has."""

    code: str
    name: str
    kind: AccountKind


CASH = ChartLine("1000", N_("Cash with the Administrative Agent"), AccountKind.ASSET)
CONTRIBUTIONS = ChartLine("4000", N_("Contributions"), AccountKind.SOURCE)
AA_FEE = ChartLine("5000", N_("Administrative Agent fee"), AccountKind.USE)

# Pledges and agreements are not booked: only cash is (DOMAIN: The ledger).
CHART = (CASH, CONTRIBUTIONS, AA_FEE)


@dataclass(frozen=True)
class DocumentKind:
    """What a higher room posts: the table an entry names as its source, its name for people, and its page.

    The page takes `code` and `public_id`, and is open to whoever reads the ledger.
    """

    kind: str
    label: str
    endpoint: str | None = None


class EntryKind(Labelled):
    """Which document an entry posts."""

    DEPOSIT = "deposit", N_("Deposit")
    AA_FEE = "aa_fee", N_("Administrative Agent fee")


class Standing(Status):
    """Whether the Administrative Agent has confirmed a cash fact; read from the confirmations, never stored."""

    ADVISED = "advised", N_("Advised"), "warn", "hourglass"
    CONFIRMED = "confirmed", N_("Confirmed"), "good", "circle-check", True


class ConfirmedBy(Labelled):
    """How the Administrative Agent confirmed an entry."""

    ADMINISTRATIVE_AGENT = "administrative_agent", N_("by the Administrative Agent")
    GATEWAY_IMPORT = "gateway_import", N_("by an import from the Gateway")


class Account(Base):
    """One account of one fund."""

    __tablename__ = "ledger_account"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    code: Mapped[Code]
    name: Mapped[Name]
    kind: Mapped[AccountKind]

    __table_args__ = (UniqueConstraint("fund_id", "code"), UniqueConstraint("id", "fund_id"))


class Entry(Base):
    """What happened: one document posted on its value date, by a person, once (`key`)."""

    __tablename__ = "ledger_entry"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int] = mapped_column(ForeignKey("fund.id"))
    number: Mapped[int]
    kind: Mapped[EntryKind] = mapped_column(growing(EntryKind))
    value_on: Mapped[date]
    recorded_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    source_kind: Mapped[str] = mapped_column(String(60))
    source_id: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200))
    memo: Mapped[Name]

    by: Mapped[Person] = relationship()
    lines: Mapped[list["Line"]] = relationship(viewonly=True, order_by="Line.id")
    confirmation: Mapped["Confirmation | None"] = relationship(viewonly=True, uselist=False)

    __table_args__ = (
        UniqueConstraint("id", "fund_id"),
        UniqueConstraint("fund_id", "number"),
        UniqueConstraint("fund_id", "key"),
        Index("ix_ledger_entry_journal", "fund_id", "value_on", "number"),
        Index("ix_ledger_entry_source", "fund_id", "source_kind", "source_id"),
    )

    @property
    def standing(self) -> Standing:
        """Whether the Administrative Agent has confirmed it."""
        return Standing.CONFIRMED if self.confirmation else Standing.ADVISED


class Line(Base):
    """One amount on one account; debits are positive. Carries the fund and times of its entry for speed."""

    __tablename__ = "ledger_line"

    id: Mapped[Key]
    entry_id: Mapped[int]
    account_id: Mapped[int]
    fund_id: Mapped[int]
    value_on: Mapped[date]
    recorded_at: Mapped[datetime]
    amount_minor: Mapped[int]
    amount_currency: Mapped[Currency]

    amount: Mapped[Money] = composite("amount_minor", "amount_currency")
    account: Mapped[Account] = relationship(viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(
            ["entry_id", "fund_id"],
            ["ledger_entry.id", "ledger_entry.fund_id"],
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(["account_id", "fund_id"], ["ledger_account.id", "ledger_account.fund_id"]),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_ledger_line_entry", "entry_id"),
        # Holds all a balance needs, so that a sum over a million lines reads the index alone.
        Index(
            "ix_ledger_line_balance",
            *("fund_id", "account_id", "value_on", "recorded_at", "amount_minor", "amount_currency"),
        ),
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
    note: Mapped[Name]

    by: Mapped[Person] = relationship()

    __table_args__ = (
        ForeignKeyConstraint(["entry_id", "fund_id"], ["ledger_entry.id", "ledger_entry.fund_id"]),
        Index("ix_ledger_confirmation_fund", "fund_id", "confirmed_at"),
    )


for table in ("ledger_entry", "ledger_line", "ledger_confirmation"):
    ddl.append_only(table)


# The rules of an entry and its lines as the two engines keep them. {entry} is the id in question.
_LINES = "SELECT 1 FROM ledger_line WHERE entry_id = {entry}"
_UNBALANCED = f"{_LINES} GROUP BY amount_currency HAVING sum(amount_minor) <> 0"
_OTHER_TIMES = f"{_LINES} AND (value_on <> NEW.value_on OR recorded_at <> NEW.recorded_at)"
_POSTED = "SELECT 1 FROM ledger_entry WHERE id = NEW.entry_id"

_OF_ENTRY = (
    (f"NOT EXISTS ({_LINES})", "an entry has lines"),
    (f"EXISTS ({_UNBALANCED})", "the lines of an entry add up to zero in each currency"),
    (f"EXISTS ({_OTHER_TIMES})", "lines carry the times of their entry"),
)
_BEFORE_LINE = ((f"EXISTS ({_POSTED})", "a posted entry takes no more lines"),)
_AT_COMMIT = _OF_ENTRY[1:2]


def _sqlite(rules: tuple[tuple[str, str], ...], entry: str) -> str:
    checks = [f"SELECT RAISE(ABORT, '{said}') WHERE {rule.format(entry=entry)};" for rule, said in rules]
    return f"BEGIN {' '.join(checks)} END"


def _postgresql(rules: tuple[tuple[str, str], ...], entry: str) -> str:
    checks = [f"IF {rule.format(entry=entry)} THEN RAISE EXCEPTION '{said}'; END IF;" for rule, said in rules]
    return f"BEGIN {' '.join(checks)} RETURN NEW; END"


ddl.register(
    ddl.Trigger(
        "ledger_entry_balanced",
        "ledger_entry",
        sqlite=f"AFTER INSERT ON ledger_entry {_sqlite(_OF_ENTRY, 'NEW.id')}",
        postgresql=_postgresql(_OF_ENTRY, "NEW.id"),
        fires="AFTER INSERT ON ledger_entry FOR EACH ROW",
    ),
    ddl.Trigger(
        "ledger_line_before_entry",
        "ledger_line",
        sqlite=f"BEFORE INSERT ON ledger_line {_sqlite(_BEFORE_LINE, 'NEW.entry_id')}",
        postgresql=_postgresql(_BEFORE_LINE, "NEW.entry_id"),
        fires="BEFORE INSERT ON ledger_line FOR EACH ROW",
    ),
    # Two transactions do not see each other's rows: PostgreSQL looks again when each one commits.
    ddl.Trigger(
        "ledger_line_balanced_at_commit",
        "ledger_line",
        sqlite=None,
        postgresql=_postgresql(_AT_COMMIT, "NEW.entry_id"),
        fires="AFTER INSERT ON ledger_line DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
        constraint=True,
    ),
)
