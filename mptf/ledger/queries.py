"""Read a fund's books: balances as at a day and as known at a moment, and the journal.

`as_at` limits by value date (that day included), `known_at` by the moment of recording; without them
everything counts. Every query names its fund.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from mptf.core.db import db
from mptf.core.money import Money, totals
from mptf.core.paging import Page, page_of
from mptf.fund.models import Fund
from mptf.ledger.models import Account, ChartLine, Confirmation, Entry, Line


@dataclass(frozen=True)
class Balance:
    """What an account holds in one currency; debits are positive. `advised` is the part not yet confirmed."""

    account: Account
    amount: Money
    advised: Money

    @property
    def debit(self) -> Money | None:
        """The amount, if it stands on the left."""
        return self.amount if self.amount.minor > 0 else None

    @property
    def credit(self) -> Money | None:
        """The amount without its sign, if it stands on the right."""
        return -self.amount if self.amount.minor < 0 else None

    @property
    def advised_size(self) -> Money:
        """The part not yet confirmed, on the side the balance stands on."""
        return -self.advised if self.amount.minor < 0 else self.advised


@dataclass(frozen=True)
class TrialBalance:
    """The balances of every account that moved, and what both sides come to in each currency."""

    rows: Sequence[Balance]
    debits: dict[str, Money]
    credits: dict[str, Money]


@dataclass(frozen=True)
class Journal:
    """What a person asked of the journal."""

    account: str = ""
    since: date | None = None
    until: date | None = None
    page: int = 1


def accounts(fund: Fund) -> Sequence[Account]:
    """Return the accounts of a fund, by code."""
    return db.session.scalars(select(Account).where(Account.fund_id == fund.id).order_by(Account.code)).all()


def balances(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> list[Balance]:
    """Return the balance of every account that moved, per currency, by code."""
    sums = (
        select(Line.account_id, Line.amount_currency, func.sum(Line.amount_minor))
        .where(*_moved(fund, as_at, known_at))
        .group_by(Line.account_id, Line.amount_currency)
    )
    waiting = {(row[0], row[1]): int(row[2]) for row in db.session.execute(sums.where(_advised(fund, known_at)))}
    by_id = {account.id: account for account in accounts(fund)}
    found = [
        Balance(by_id[account], Money(int(minor), currency), Money(waiting.get((account, currency), 0), currency))
        for account, currency, minor in db.session.execute(sums)
    ]
    return sorted(found, key=lambda balance: (balance.account.code, balance.amount.currency))


def balance(
    fund: Fund, account: ChartLine, *, as_at: date | None = None, known_at: datetime | None = None
) -> dict[str, Money]:
    """Return what one account holds, per currency."""
    sums = (
        select(Line.amount_currency, func.sum(Line.amount_minor))
        .join(Account, and_(Account.id == Line.account_id, Account.fund_id == Line.fund_id))
        .where(*_moved(fund, as_at, known_at), Account.code == account.code)
        .group_by(Line.amount_currency)
    )
    return totals(Money(int(minor), currency) for currency, minor in db.session.execute(sums))


def trial_balance(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> TrialBalance:
    """Return the balances of a fund with the sums of both sides, which are equal."""
    rows = balances(fund, as_at=as_at, known_at=known_at)
    return TrialBalance(rows, _sums(row.debit for row in rows), _sums(row.credit for row in rows))


def entries(fund: Fund, asked: Journal) -> Page[Entry]:
    """Return a page of the journal with lines, accounts and confirmations; the latest value date first."""
    ordered = _whole().where(*_asked(fund, asked)).order_by(Entry.value_on.desc(), Entry.number.desc())
    return page_of(ordered, asked.page)


def entries_of(fund: Fund, source_kind: str, source_id: str) -> Sequence[Entry]:
    """Return what one document posted, in the order of posting."""
    return db.session.scalars(
        _whole()
        .where(Entry.fund_id == fund.id, Entry.source_kind == source_kind, Entry.source_id == source_id)
        .order_by(Entry.number)
    ).all()


def find_entry_by_key(fund: Fund, key: str) -> Entry | None:
    """Return the entry that posted this fact, if there is one."""
    return db.session.scalars(select(Entry).where(Entry.fund_id == fund.id, Entry.key == key)).first()


def find_confirmation(entry: Entry) -> Confirmation | None:
    """Return the confirmation of an entry, if there is one."""
    return db.session.scalars(
        select(Confirmation).where(Confirmation.fund_id == entry.fund_id, Confirmation.entry_id == entry.id)
    ).first()


def _whole() -> Select[Entry]:
    return select(Entry).options(
        joinedload(Entry.by),
        joinedload(Entry.confirmation).joinedload(Confirmation.by),
        selectinload(Entry.lines).joinedload(Line.account),
    )


def _moved(fund: Fund, as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    where = [Line.fund_id == fund.id]
    if as_at is not None:
        where.append(Line.value_on <= as_at)
    if known_at is not None:
        where.append(Line.recorded_at <= known_at)
    return where


def _advised(fund: Fund, known_at: datetime | None) -> ColumnElement[bool]:
    """Return the condition that a line's entry was not confirmed by then: few entries, so they are found first."""
    same = and_(Confirmation.entry_id == Entry.id, Confirmation.fund_id == Entry.fund_id)
    by_then = same if known_at is None else and_(same, Confirmation.confirmed_at <= known_at)
    unconfirmed = select(Entry.id).outerjoin(Confirmation, by_then)
    return Line.entry_id.in_(unconfirmed.where(Entry.fund_id == fund.id, Confirmation.id.is_(None)))


def _asked(fund: Fund, asked: Journal) -> list[ColumnElement[bool]]:
    where = [Entry.fund_id == fund.id]
    if asked.since:
        where.append(Entry.value_on >= asked.since)
    if asked.until:
        where.append(Entry.value_on <= asked.until)
    if asked.account:
        touched = select(Line.entry_id).join(Account, Account.id == Line.account_id)
        where.append(Entry.id.in_(touched.where(Account.fund_id == fund.id, Account.code == asked.account)))
    return where


def _sums(amounts: Iterable[Money | None]) -> dict[str, Money]:
    return totals(amount for amount in amounts if amount is not None)
