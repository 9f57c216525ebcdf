"""What a fund's books come to: balances as at a day and as known at a moment, what moved, and the page of an account.

`as_at` limits by value date (that day included), `known_at` by the moment of recording; without them everything counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, literal, select, true, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute

from mptf.core.db import db
from mptf.core.money import Money, totals
from mptf.core.paging import PAGE_SIZE, Page, counted, offset
from mptf.fund.models import Fund
from mptf.ledger import queries
from mptf.ledger.chart import CASH, ChartLine
from mptf.ledger.models import Account, Confirmation, Entry, Line, Unconfirmed


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
class Span:
    """The value dates from one day to another, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Movement:
    """What moved in a span on a line of the chart, over all its accounts, in the fund's currency; debits positive."""

    code: str
    span: Span
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
    where: list[ColumnElement[bool]] = []
    if period is not None:
        where.append(Line.entry_id.in_(select(Entry.id).where(Entry.fund_id == fund.id, Entry.period == period)))
    held: dict[int, list[Sum]] = {}
    for row in add_up(fund, Line.account_id, *where, as_at=as_at, known_at=known_at):
        held.setdefault(row.of, []).append(row)
    return [
        Balance(account, row.amount, row.advised)
        for account in queries.accounts(fund)
        for row in held.get(account.id, ())
    ]


def add_up(
    fund: Fund,
    by: InstrumentedAttribute[Any] | tuple[InstrumentedAttribute[Any], ...],
    *where: ColumnElement[bool],
    through: ColumnElement[bool] | None = None,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> list[Sum]:
    """Add up lines by a column and by currency: all, and the part that was not confirmed by then; in one statement.

    `by` is a column of the lines, or of another table that is joined to them `through` a condition; or several of it,
    and then each sum is of a tuple.
    """
    columns = by if isinstance(by, tuple) else (by,)

    def sums(of_all: bool, conditions: list[ColumnElement[bool]]) -> Select[Any]:
        sum_of = (Line.amount_currency, func.sum(Line.amount_minor))
        plain = select(literal(of_all), *columns, *sum_of).select_from(Line)
        joined = plain if through is None else plain.join(columns[0].class_, through)
        return joined.where(*where, *conditions).group_by(*columns, Line.amount_currency)

    both = sums(True, _moved(fund, as_at, known_at)).union_all(sums(False, _unconfirmed(fund, as_at, known_at)))
    rows = [
        (of_all, of[0] if len(columns) == 1 else tuple(of), currency, minor)
        for of_all, *of, currency, minor in db.session.execute(both)
    ]
    waiting = {(of, currency): int(minor) for of_all, of, currency, minor in rows if not of_all}
    return [
        Sum(of, Money(int(minor), currency), Money(waiting.get((of, currency), 0), currency))
        for of_all, of, currency, minor in rows
        if of_all
    ]


def of_line(
    fund: Fund, account: ChartLine, *, as_at: date | None = None, known_at: datetime | None = None
) -> dict[str, Money]:
    """Return what a line of the chart holds over all its accounts, per currency."""
    sums = (
        select(Line.amount_currency, func.sum(Line.amount_minor))
        .join(Account, and_(Account.id == Line.account_id, Account.fund_id == Line.fund_id))
        .where(*_moved(fund, as_at, known_at), Account.code == account.code)
        .group_by(Line.amount_currency)
    )
    return totals(Money(int(minor), currency) for currency, minor in db.session.execute(sums))


def movements(
    fund: Fund, spans: Sequence[Span], *, known_at: datetime | None = None, confirmed_only: bool = False
) -> list[Movement]:
    """Return what moved in each span on each line of the chart but cash; without what was advised then, if asked."""
    moved = _moved_in(fund, spans, known_at)
    if confirmed_only:
        for code, span, minor in _advised_in(fund, spans, known_at):
            moved[code, span] -= minor
    return [Movement(code, span, Money(minor, fund.currency)) for (code, span), minor in moved.items() if minor]


def _moved_in(fund: Fund, spans: Sequence[Span], known_at: datetime | None) -> dict[tuple[str, Span], int]:
    """Add lines up by account and span, each a short walk along the index of balances."""
    if not spans:
        return {}
    days = [
        select(literal(number).label("number"), literal(one.first).label("first"), literal(one.last).label("last"))
        for number, one in enumerate(spans)
    ]
    span = union_all(*days).subquery("span")
    within = select(func.sum(Line.amount_minor)).where(
        *_moved(fund, None, known_at),
        Line.account_id == Account.id,
        Line.value_on.between(span.c.first, span.c.last),
        Line.amount_currency == fund.currency,
    )
    sums = select(Account.code, span.c.number, within.correlate(Account, span).scalar_subquery())
    others = (Account.fund_id == fund.id, Account.code != CASH.code)
    found: dict[tuple[str, Span], int] = {}
    for code, number, minor in db.session.execute(sums.select_from(Account).join(span, true()).where(*others)):
        key = code, spans[number]
        found[key] = found.get(key, 0) + int(minor or 0)
    return found


def _advised_in(fund: Fund, spans: Sequence[Span], known_at: datetime | None) -> Iterator[tuple[str, Span, int]]:
    """Yield what of the same was advised and not confirmed: few lines, found by their entries."""
    sums = (
        select(Account.code, Line.value_on, func.sum(Line.amount_minor))
        .join(Account, and_(Account.id == Line.account_id, Account.fund_id == Line.fund_id))
        .where(*_unconfirmed(fund, None, known_at), Account.code != CASH.code)
        .where(Line.amount_currency == fund.currency)
        .group_by(Account.code, Line.value_on)
    )
    for code, day, minor in db.session.execute(sums):
        yield from ((code, one, int(minor)) for one in spans if one.first <= day <= one.last)


def by_party(
    fund: Fund, lines: Iterable[ChartLine], *, as_at: date | None = None, known_at: datetime | None = None
) -> dict[tuple[int, str], Money]:
    """Return what each organisation's accounts hold in the fund's currency, by its key and the line of the chart."""
    sums = (
        select(Account.organisation_id, Account.code, func.sum(Line.amount_minor))
        .join(Account, and_(Account.id == Line.account_id, Account.fund_id == Line.fund_id))
        .where(*_moved(fund, as_at, known_at), Account.code.in_([line.code for line in lines]))
        .where(Account.organisation_id.is_not(None), Line.amount_currency == fund.currency)
        .group_by(Account.organisation_id, Account.code)
    )
    rows = db.session.execute(sums)
    return {(int(party or 0), code): Money(int(minor), fund.currency) for party, code, minor in rows}


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
    moved = and_(*_moved(fund, as_at, known_at), Line.account_id == account.id)
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


def _moved(fund: Fund, as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    """Return the conditions of a line of a fund by then.

    A day or a moment after which there is nothing is not asked of every line: books of today are mostly read today.
    """
    if as_at is not None or known_at is not None:
        last: list[ScalarSelect[Any]] = [
            select(func.max(column)).where(Entry.fund_id == fund.id).scalar_subquery()
            for column in (Entry.value_on, Entry.recorded_at)
        ]
        day, moment = db.session.execute(select(*last)).one()
        as_at = as_at if as_at is not None and day is not None and day > as_at else None
        known_at = known_at if known_at is not None and moment is not None and moment > known_at else None
    return [Line.fund_id == fund.id, *_by_then(as_at, known_at)]


def _unconfirmed(fund: Fund, as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    """Return the conditions of a line whose entry was not confirmed by then.

    These entries are few, so they are found first, and their lines by them: named twice, the fund would let SQLite go
    through all of its lines instead.
    """
    so_far = select(Unconfirmed.entry_id).where(Unconfirmed.fund_id == fund.id)
    if known_at is None:
        return [Line.entry_id.in_(so_far), *_by_then(as_at, known_at)]
    # What was confirmed later is mostly recorded later too, behind the last entry that was known: it is not looked at.
    # The sum keeps SQLite from walking the keys backwards.
    known = select(func.max(Entry.id + 0)).where(Entry.fund_id == fund.id, Entry.recorded_at <= known_at)
    later = select(Confirmation.entry_id).where(
        Confirmation.fund_id == fund.id,
        Confirmation.confirmed_at > known_at,
        Confirmation.entry_id <= known.scalar_subquery(),
    )
    return [Line.entry_id.in_(so_far.union_all(later)), *_by_then(as_at, known_at)]


def _by_then(as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if as_at is not None:
        where.append(Line.value_on <= as_at)
    if known_at is not None:
        where.append(Line.recorded_at <= known_at)
    return where


def _sums(amounts: Iterable[Money | None]) -> dict[str, Money]:
    return totals(amount for amount in amounts if amount is not None)
