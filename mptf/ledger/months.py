"""What moved on the accounts of a fund, by then: months that the database keeps added up, and lines of what is cut.

A month counts whole where its last day had come, and where the month in which it was recorded was over. Of the others,
the lines are asked for their day and their moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, Subquery, func, literal, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.ledger.models import Account, Confirmation, Entry, Line, MonthSum, Unconfirmed
from mptf.ledger.periods import month_of

Accounts = tuple[ColumnElement[bool], ...]


class first_of_month(FunctionElement[date]):  # noqa: N801 - written as a function of SQL
    """The first day of the month of a column, in SQL: `month_of` of each row."""

    type = Date()
    inherit_cache = True


@compiles(first_of_month, "sqlite")
def _on_sqlite(month: first_of_month, compiler: SQLCompiler, **kw: Any) -> str:
    return f"date({compiler.process(month.clauses, **kw)}, 'start of month')"


@compiles(first_of_month, "postgresql")
def _on_postgres(month: first_of_month, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(date_trunc('month', CAST({compiler.process(month.clauses, **kw)} AS TIMESTAMP)) AS DATE)"


@dataclass(frozen=True)
class Then:
    """The last value date that counts, and the moment up to which the books knew; without one, everything counts.

    `confirmed_at` is the moment too, also where nothing was recorded after it: what waited then may be confirmed since.
    """

    as_at: date | None = None
    known_at: datetime | None = None
    confirmed_at: datetime | None = None

    def limits(self) -> list[ColumnElement[bool]]:
        """Return the conditions of a line by then."""
        where: list[ColumnElement[bool]] = []
        if self.as_at is not None:
            where.append(Line.value_on <= self.as_at)
        if self.known_at is not None:
            where.append(Line.recorded_at <= self.known_at)
        return where


def then(fund: Fund, as_at: date | None, known_at: datetime | None) -> Then:
    """Return the day and the moment; one after which there is nothing is left out: books of today are read today."""
    if as_at is None and known_at is None:
        return Then()
    last: list[Any] = [
        select(func.max(column)).where(Entry.fund_id == fund.id).scalar_subquery()
        for column in (Entry.value_on, Entry.recorded_at)
    ]
    day, moment = db.session.execute(select(*last)).one()
    return Then(
        as_at if as_at is not None and day is not None and day > as_at else None,
        known_at if known_at is not None and moment is not None and moment > known_at else None,
        known_at,
    )


def moved(fund: Fund, by: Then, *of: ColumnElement[bool]) -> Subquery:
    """Select what moved by then on accounts of which conditions hold: account, currency, day and amount.

    The day is that of a line, or the first of the month of many.
    """
    whole = select(
        MonthSum.account_id, MonthSum.amount_currency.label("currency"), MonthSum.value_month.label("value_on"),
        MonthSum.amount_minor.label("minor"),
    ).where(MonthSum.fund_id == fund.id, *_whole(by), *_on(fund, MonthSum.account_id, of))  # fmt: skip
    return union_all(whole, *_cut_short(fund, by, of), *_partly_known(fund, by, of)).subquery("moved")


def unconfirmed(fund: Fund, by: Then, *of: ColumnElement[bool]) -> Subquery:
    """Select the same of the lines whose entry was not confirmed by then."""
    return _lines(waiting(fund, by.confirmed_at), fund, by, of).subquery("unconfirmed")


def waiting(fund: Fund, known_at: datetime | None) -> Any:
    """Select the keys of the entries that were not confirmed by then."""
    so_far = select(Unconfirmed.entry_id).where(Unconfirmed.fund_id == fund.id)
    if known_at is None:
        return so_far
    # What was confirmed later is mostly recorded later too, behind the last entry that was known: it is not looked at.
    # The sum keeps SQLite from walking the keys backwards.
    known = select(func.max(Entry.id + 0)).where(Entry.fund_id == fund.id, Entry.recorded_at <= known_at)
    later = select(Confirmation.entry_id).where(
        Confirmation.fund_id == fund.id,
        Confirmation.confirmed_at > known_at,
        Confirmation.entry_id <= known.scalar_subquery(),
    )
    return so_far.union_all(later)


def _whole(by: Then) -> Iterator[ColumnElement[bool]]:
    if by.as_at is not None:
        yield MonthSum.value_month < _cut_month(by.as_at)
    if by.known_at is not None:
        yield MonthSum.recorded_month < _month_of(by.known_at)


def _cut_short(fund: Fund, by: Then, of: Accounts) -> Iterator[Select[Any]]:
    """Select what moved in the month in which the last day falls, a short walk for each account."""
    if by.as_at is None or (month := _cut_month(by.as_at)) > by.as_at:
        return
    key = (MonthSum.account_id, MonthSum.amount_currency)
    there = select(*key).where(MonthSum.fund_id == fund.id, MonthSum.value_month == month)
    held = there.where(*_on(fund, MonthSum.account_id, of)).distinct().subquery()
    walk = select(func.sum(Line.amount_minor)).where(
        Line.fund_id == fund.id, Line.account_id == held.c.account_id, Line.amount_currency == held.c.amount_currency,
        Line.value_on >= month, *by.limits(),
    )  # fmt: skip
    sums = select(held, walk.correlate(held).scalar_subquery().label("minor")).subquery()
    day = literal(month, Date())
    yield select(sums.c.account_id, sums.c.amount_currency, day, sums.c.minor).where(sums.c.minor.is_not(None))


def _partly_known(fund: Fund, by: Then, of: Accounts) -> Iterator[Select[Any]]:
    """Select what of earlier months was recorded in the month of the moment, and before it."""
    if by.known_at is None:
        return
    since = datetime.combine(_month_of(by.known_at), time(), UTC)
    late = select(Entry.id).where(Entry.fund_id == fund.id, Entry.recorded_at.between(since, by.known_at))
    early = [] if by.as_at is None else [Entry.value_on < _cut_month(by.as_at)]
    yield _lines(late.where(*early), fund, by, of)


def _cut_month(as_at: date) -> date:
    """Return the first day of the first month that had not ended with a day."""
    return month_of(as_at + timedelta(days=1))


def _month_of(moment: datetime) -> date:
    """Return the first day of the month of a moment, as the database counts moments."""
    return month_of(moment.astimezone(UTC).date())


def _lines(entries: Any, fund: Fund, by: Then, of: Accounts) -> Select[Any]:
    """Select lines by their entries: named twice, the fund would let SQLite go through all of its lines instead."""
    lines: Any = select(
        Line.account_id, Line.amount_currency.label("currency"), Line.value_on.label("value_on"),
        Line.amount_minor.label("minor"),
    )  # fmt: skip
    found: Select[Any] = lines.where(Line.entry_id.in_(entries), *by.limits(), *_on(fund, Line.account_id, of))
    return found


def _on(fund: Fund, account_id: Any, of: Accounts) -> Iterator[ColumnElement[bool]]:
    if of:
        yield account_id.in_(select(Account.id).where(Account.fund_id == fund.id, *of))
