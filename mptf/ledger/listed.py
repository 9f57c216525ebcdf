"""The entries of a sheet of the journal as rows: what a list shows of each, in two statements.

A list is asked for more often than anything else of the books; the entries themselves, with all that stands around
them, take three times as long to read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from mptf.core.db import db
from mptf.core.money import Money
from mptf.fund.models import Fund, FundWindow
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import Account, Confirmation, Entry, Line, Standing, posts_late, standing_of, title_of
from mptf.organisations.models import Organisation
from mptf.people.models import Person


@dataclass(frozen=True, slots=True)
class Named:
    """A person or a window, by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """Another entry, by number."""

    number: int


@dataclass(frozen=True, slots=True)
class ListedAccount:
    """An account as a line names it."""

    public_id: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class ListedLine:
    """A line: what it moved where; debits are positive."""

    account: ListedAccount
    amount: Money
    window: Named | None


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry as a list shows it; `reverses` is the one it takes back."""

    public_id: str
    number: int
    kind: EntryKind
    value_on: date
    period: date
    recorded_at: datetime
    source_kind: str
    source_id: str
    memo: str
    by: Named
    standing: Standing
    reverses: Numbered | None
    lines: Sequence[ListedLine]

    @property
    def late(self) -> bool:
        """Whether its own month was closed when it was posted."""
        return posts_late(self.period, self.value_on)


_BACK, _TAKEN, _BEFORE = aliased(Entry), aliased(Entry), aliased(Confirmation)
_OF_FUND: Any = bindparam("fund_id")
_THESE: Any = bindparam("ids", expanding=True)
# Made once: what changes from one sheet to the next is bound.
_ENTRIES = (
    select(
        Entry.id, Entry.public_id, Entry.number, Entry.kind, Entry.value_on, Entry.period, Entry.recorded_at,
        Entry.source_kind, Entry.source_id, Entry.memo, Person.name, Confirmation.id.is_not(None),
        _BACK.id.is_not(None), _TAKEN.number, _BEFORE.id.is_not(None),
    )
    .join(Person, Person.id == Entry.by_id)
    .outerjoin(Confirmation, Confirmation.entry_id == Entry.id)
    .outerjoin(_BACK, _BACK.reverses_id == Entry.id)
    .outerjoin(_TAKEN, _TAKEN.id == Entry.reverses_id)
    .outerjoin(_BEFORE, _BEFORE.entry_id == Entry.reverses_id)
    .where(Entry.fund_id == _OF_FUND, Entry.id.in_(_THESE))
)  # fmt: skip
_LINES = (
    select(
        Line.entry_id, Line.amount_minor, Line.amount_currency, Account.public_id, Account.code, Account.name,
        Account.reference, Organisation.short_name, FundWindow.name,
    )
    .join(Account, Account.id == Line.account_id)
    .outerjoin(Organisation, Organisation.id == Account.organisation_id)
    .outerjoin(FundWindow, FundWindow.id == Line.window_id)
    .where(Line.fund_id == _OF_FUND, Line.entry_id.in_(_THESE))
    .order_by(Line.id)
)  # fmt: skip


_listed: Any = Listed  # its facts come as the columns of a row, in their order


def by_id(fund: Fund, ids: Collection[int]) -> dict[int, Listed]:
    """Return these entries as a list shows them, by key."""
    asked = {"fund_id": fund.id, "ids": list(ids)}
    lines: dict[int, list[ListedLine]] = {}
    for entry_id, minor, currency, public_id, code, name, reference, party, window in db.session.execute(_LINES, asked):
        account = ListedAccount(public_id, code, title_of(name, party, reference))
        line = ListedLine(account, Money(minor, currency), Named(window) if window else None)
        lines.setdefault(entry_id, []).append(line)
    rows: Any = db.session.execute(_ENTRIES, asked)
    return {
        entry_id: _listed(
            *facts,
            Named(by),
            standing_of(confirmed=confirmed, reversed_=back, of_advised=bool(taken) and not before),
            Numbered(taken) if taken else None,
            lines[entry_id],
        )
        for entry_id, *facts, by, confirmed, back, taken, before in rows
    }
