"""What a fund's books come to: balances as at a day and as known at a moment, what moved, and the page of an account.

`as_at` limits by value date (that day included), `known_at` by the moment of recording; without them everything counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from mptf.core.db import db
from mptf.core.money import Money, totals
from mptf.core.paging import PAGE_SIZE, Page, counted, offset
from mptf.fund.models import Fund
from mptf.ledger import queries
from mptf.ledger.chart import CASH, ChartLine
from mptf.ledger.models import Account, Entry, Line
from mptf.ledger.months import moved, then, unconfirmed, waiting
from mptf.ledger.periods import month_of


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
class Sum:
    """What lines of one kind add up to in one currency, and the part of it that is not confirmed."""

    of: Any
    amount: Money
    advised: Money

    @property
    def confirmed(self) -> Money:
        """What of it the Administrative Agent has confirmed."""
        return self.amount - self.advised


@dataclass(frozen=True)
class TrialBalance:
    """The balances of every account that moved, and what both sides come to in each currency."""

    rows: Sequence[Balance]
    debits: dict[str, Money]
    credits: dict[str, Money]


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved in a month on a line of the chart, over all its accounts, in the fund's currency; debits positive."""

    code: str
    month: date
    amount: Money


@dataclass(frozen=True)
class AccountLine:
    """A line of an account with its entry, and what the account holds after it in the line's currency."""

    line: Line
    entry: Entry
    balance: Money


@dataclass(frozen=True)
class Statement:
    """A page of an account: what it held before, its lines by value date, what it held after, per currency."""

    opening: dict[str, Money]
    page: Page[AccountLine]
    closing: dict[str, Money]


def of_accounts(
    fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None, period: date | None = None
) -> list[Balance]:
    """Return the balance of every account that moved, per currency, by code; of one month, what posted in it."""
    if period is None:
        rows = add_up_accounts(fund, (Account.id,), as_at=as_at, known_at=known_at)
    else:
        posted = Line.entry_id.in_(select(Entry.id).where(Entry.fund_id == fund.id, Entry.period == period))
        rows = add_up(fund, Line.account_id, posted, as_at=as_at, known_at=known_at)
    held: dict[int, list[Sum]] = {}
    for row in rows:
        held.setdefault(row.of, []).append(row)
    return [
        Balance(account, row.amount, row.advised)
        for account in queries.accounts(fund)
        for row in held.get(account.id, ())
    ]


def add_up_accounts(
    fund: Fund,
    by: tuple[InstrumentedAttribute[Any], ...],
    *where: ColumnElement[bool],
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> list[Sum]:
    """Add up what accounts hold by columns of the accounts and by currency: all, and the part not confirmed by then.

    A sum of several columns is of a tuple. It reads what the database keeps of each month, and few lines.
    """
    by_then = then(fund, as_at, known_at)

    def sums(of_all: bool, rows: Subquery) -> Select[Any]:
        held = (
            select(rows.c.account_id, rows.c.currency, func.sum(rows.c.minor).label("minor"))
            .group_by(rows.c.account_id, rows.c.currency)
            .subquery()
        )
        plain = select(literal(of_all), *by, held.c.currency, func.sum(held.c.minor))
        joined = plain.select_from(held).join(Account, Account.id == held.c.account_id)
        return joined.where(Account.fund_id == fund.id).group_by(*by, held.c.currency)

    return _added_up(sums(True, moved(fund, by_then, *where)), sums(False, unconfirmed(fund, by_then, *where)))


def add_up(
    fund: Fund,
    by: InstrumentedAttribute[Any],
    *where: ColumnElement[bool],
    through: ColumnElement[bool] | None = None,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> list[Sum]:
    """Add up lines by a column and by currency: all, and the part that was not confirmed by then; in one statement.

    `by` is a column of the lines, or of another table that is joined to them `through` a condition. It reads all of
    them: for what accounts hold, `add_up_accounts` is quicker.
    """
    by_then = then(fund, as_at, known_at)

    def sums(of_all: bool, which: ColumnElement[bool]) -> Select[Any]:
        plain = select(literal(of_all), by, Line.amount_currency, func.sum(Line.amount_minor)).select_from(Line)
        joined = plain if through is None else plain.join(by.class_, through)
        return joined.where(which, *where, *by_then.limits()).group_by(by, Line.amount_currency)

    few = Line.entry_id.in_(waiting(fund, by_then.confirmed_at))
    return _added_up(sums(True, Line.fund_id == fund.id), sums(False, few))


def _added_up(every: Select[Any], advised: Select[Any]) -> list[Sum]:
    """Return sums, and the part of each that is not confirmed; both select whether they are of all, whose, and what."""
    rows = [
        (of_all, of[0] if len(of) == 1 else tuple(of), currency, minor)
        for of_all, *of, currency, minor in db.session.execute(every.union_all(advised))
    ]
    part = {(of, currency): int(minor) for of_all, of, currency, minor in rows if not of_all}
    return [
        Sum(of, Money(int(minor), currency), Money(part.get((of, currency), 0), currency))
        for of_all, of, currency, minor in rows
        if of_all
    ]


def of_line(
    fund: Fund, account: ChartLine, *, as_at: date | None = None, known_at: datetime | None = None
) -> dict[str, Money]:
    """Return what a line of the chart holds over all its accounts, per currency."""
    rows = moved(fund, then(fund, as_at, known_at), Account.code == account.code)
    sums = select(rows.c.currency, func.sum(rows.c.minor)).group_by(rows.c.currency)
    return totals(Money(int(minor), currency) for currency, minor in db.session.execute(sums))


def movements(
    fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None, confirmed_only: bool = False
) -> list[Movement]:
    """Return what moved by month on each line of the chart but cash; without what was advised then, if asked."""
    by_then, found = then(fund, as_at, known_at), dict[tuple[str, date], int]()
    parts = [(moved, 1), (unconfirmed, -1)] if confirmed_only else [(moved, 1)]
    for part, sign in parts:
        for code, day, minor in db.session.execute(_by_day(fund, part(fund, by_then, Account.code != CASH.code))):
            key = code, month_of(day)
            found[key] = found.get(key, 0) + sign * int(minor)
    return [Movement(code, month, Money(minor, fund.currency)) for (code, month), minor in found.items() if minor]


def _by_day(fund: Fund, rows: Subquery) -> Select[Any]:
    sums = select(Account.code, rows.c.value_on, func.sum(rows.c.minor)).join(rows, rows.c.account_id == Account.id)
    in_currency = sums.where(Account.fund_id == fund.id, rows.c.currency == fund.currency)
    return in_currency.group_by(Account.code, rows.c.value_on)


def by_party(
    fund: Fund, lines: Iterable[ChartLine], *, as_at: date | None = None, known_at: datetime | None = None
) -> dict[tuple[int, str], Money]:
    """Return what each organisation's accounts hold in the fund's currency, by its key and the line of the chart."""
    theirs = (Account.code.in_([line.code for line in lines]), Account.organisation_id.is_not(None))
    sums = add_up_accounts(fund, (Account.organisation_id, Account.code), *theirs, as_at=as_at, known_at=known_at)
    return {row.of: row.amount for row in sums if row.amount.currency == fund.currency}


def trial(
    fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None, period: date | None = None
) -> TrialBalance:
    """Return the balances of a fund with the sums of both sides, which are equal."""
    rows = of_accounts(fund, as_at=as_at, known_at=known_at, period=period)
    return TrialBalance(rows, _sums(row.debit for row in rows), _sums(row.credit for row in rows))


def statement(
    fund: Fund, account: Account, *, as_at: date | None = None, known_at: datetime | None = None, page: int = 1
) -> Statement:
    """Return a page of an account's lines, by value date and posting, with what it held before and after."""
    moved = and_(Line.fund_id == fund.id, *then(fund, as_at, known_at).limits(), Line.account_id == account.id)
    found = select(Line).where(moved)
    number, total = counted(found, page, size=PAGE_SIZE)
    ordered = found.order_by(Line.value_on, Line.id).limit(PAGE_SIZE).offset(offset(number, PAGE_SIZE))
    lines = db.session.scalars(ordered).all()
    by_id = {
        entry.id: entry for entry in db.session.scalars(
            queries.headed().where(Entry.fund_id == fund.id, Entry.id.in_({line.entry_id for line in lines}))
        )
    }  # fmt: skip
    opening = held = _before(moved, lines[0]) if lines else {}
    rows = []
    for line in lines:
        currency = line.amount.currency
        held = {**held, currency: held.get(currency, Money.zero(currency)) + line.amount}
        rows.append(AccountLine(line, by_id[line.entry_id], held[currency]))
    return Statement(opening, Page(rows, number, total, PAGE_SIZE), held)


def _before(moved: ColumnElement[bool], first: Line) -> dict[str, Money]:
    """Add up the lines that come before one, per currency."""
    earlier = tuple_(Line.value_on, Line.id) < tuple_(first.value_on, first.id)
    sums = select(Line.amount_currency, func.sum(Line.amount_minor)).where(moved, earlier)
    return totals(
        Money(int(minor), currency) for currency, minor in db.session.execute(sums.group_by(Line.amount_currency))
    )


def _sums(amounts: Iterable[Money | None]) -> dict[str, Money]:
    return totals(amount for amount in amounts if amount is not None)
