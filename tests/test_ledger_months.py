"""The sums the database keeps of months: what they come to by any day and moment, and that nobody writes them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import Row, select, text
from sqlalchemy.exc import DBAPIError

from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger import balances, service
from mptf.ledger.chart import CASH, CONTRIBUTIONS, EntryKind
from mptf.ledger.models import Account, Confirmation, ConfirmedBy, Entry, Line, MonthSum
from mptf.ledger.service import Document
from mptf.policy import Role, Viewer
from tests.factories import Make

pytestmark = pytest.mark.both_engines

# Value date and moment of recording: on the edges of months, of the same month, months late, and before its day.
FACTS = (
    (date(2025, 12, 31), datetime(2026, 1, 1, tzinfo=UTC)),
    (date(2026, 1, 1), datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    (date(2026, 1, 31), datetime(2026, 2, 1, tzinfo=UTC)),
    (date(2026, 3, 1), datetime(2026, 2, 14, 12, tzinfo=UTC)),
    (date(2026, 2, 28), datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
    (date(2026, 1, 15), datetime(2026, 3, 9, 8, tzinfo=UTC)),
    (date(2026, 2, 10), datetime(2026, 3, 31, 22, 30, tzinfo=UTC)),
    (date(2026, 3, 20), datetime(2026, 3, 31, 23, 59, tzinfo=UTC)),
    (date(2026, 4, 1), datetime(2026, 4, 1, tzinfo=UTC)),
)
DAYS = [date(2025, 11, 30), *{day + timedelta(days=one) for day, _ in FACTS for one in (-1, 0, 1)}, date(2026, 3, 31)]
MOMENTS = [moment + timedelta(microseconds=one) for _, moment in FACTS for one in (-1, 0, 1)]
CONFIRMED_AFTER = timedelta(days=20)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> Viewer:
    return make.viewer(Role.SECRETARIAT_OFFICER, fund)


def post(fund: Fund, by: Viewer, cents: int, value_on: date, at: datetime, kind: EntryKind) -> Entry:
    with clock.at(at):
        what = Document(kind, Money(cents, "USD"), value_on, fund, f"{kind} {cents}")
        entry = service.post(fund, what, by=by)
        db.session.commit()
    return entry


def keep_books(fund: Fund, by: Viewer) -> None:
    """Post each fact twice; every second is confirmed later, every third is taken back later still."""
    posted = [
        (moment, post(fund, by, 10**number + len(kind), day, moment, kind))
        for number, (day, moment) in enumerate(sorted(FACTS, key=lambda fact: fact[1]), start=1)
        for kind in (EntryKind.FUND_INTEREST, EntryKind.BANK_CHARGE)
    ]
    for number, (moment, entry) in enumerate(posted):
        with clock.at(moment + CONFIRMED_AFTER):
            if number % 2:
                service.confirm(entry, by=by, how=ConfirmedBy.GATEWAY_IMPORT)
        with clock.at(moment + 2 * CONFIRMED_AFTER):
            if number % 3 == 0:
                service.reverse(entry, reason="Not ours", by=by)
            db.session.commit()


Lines = Sequence[Row[str, date, datetime, datetime | None, int]]


def lines_of(fund: Fund) -> Lines:
    """Return the code, value date, moments of recording and confirmation, and amount of each line."""
    lines = (
        select(Account.code, Line.value_on, Line.recorded_at, Confirmation.confirmed_at, Line.__table__.c.amount_minor)
        .join(Account, Account.id == Line.account_id)
        .outerjoin(Confirmation, Confirmation.entry_id == Line.entry_id)
        .where(Line.fund_id == fund.id)
    )
    return db.session.execute(lines).all()


def added_up(lines: Lines, as_at: date | None, known_at: datetime | None) -> dict[str, tuple[int, int]]:
    """Add up lines one by one: what each account holds by then, and what of it waited."""
    found: dict[str, tuple[int, int]] = {}
    for code, value_on, recorded_at, confirmed_at, minor in lines:
        if (as_at and value_on > as_at) or (known_at and recorded_at > known_at):
            continue
        waits = confirmed_at is None or (known_at is not None and confirmed_at > known_at)
        amount, advised = found.get(code, (0, 0))
        found[code] = amount + minor, advised + (minor if waits else 0)
    return found


def test_balances_are_exact_by_every_day_and_moment(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    keep_books(fund, officer)
    lines = lines_of(fund)
    for as_at, known_at in product((None, *DAYS), (None, *MOMENTS)):
        rows = balances.of_accounts(fund, as_at=as_at, known_at=known_at)
        held = {row.account.code: (row.amount.minor, row.advised.minor) for row in rows}
        assert held == added_up(lines, as_at, known_at), (as_at, known_at)


def test_movements_are_those_of_each_month_by_every_day_and_moment(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    keep_books(fund, officer)
    lines = lines_of(fund)
    for as_at, known_at in product((None, *DAYS[::3]), (None, *MOMENTS[::2])):
        expected: dict[tuple[str, date], int] = {}
        before: dict[str, int] = {}
        for month in (date(2025, 12, 1), *(date(2026, number, 1) for number in range(1, 5))):
            last = date(month.year + month.month // 12, month.month % 12 + 1, 1) - timedelta(days=1)
            then = added_up(lines, min(last, as_at or last), known_at)
            for code, (amount, _) in then.items():
                if code != CASH.code and amount != before.get(code, 0):
                    expected[code, month] = amount - before.get(code, 0)
                before[code] = amount
        moved = balances.movements(fund, as_at=as_at, known_at=known_at)
        assert {(one.code, one.month): one.amount.minor for one in moved} == expected, (as_at, known_at)


def test_other_funds_and_currencies_stay_apart(ctx: Flask, make: Make, fund: Fund, officer: Viewer) -> None:
    other = make.fund("XYZ00")
    donor = make.organisation("Donorland")
    at = datetime(2026, 5, 5, tzinfo=UTC)
    for where, cents, currency in ((fund, 5, "USD"), (fund, 7, "EUR"), (other, 11, "USD")):
        with clock.at(at):
            what = Document(EntryKind.DEPOSIT, Money(cents, currency), date(2026, 5, 4), where, f"{cents}", party=donor)
            service.post(where, what, by=officer)
            db.session.commit()
    for day in (None, date(2026, 5, 4)):
        assert balances.of_line(fund, CONTRIBUTIONS, as_at=day) == {"USD": Money(-5, "USD"), "EUR": Money(-7, "EUR")}
        assert balances.of_line(other, CONTRIBUTIONS, as_at=day) == {"USD": Money(-11, "USD")}


FORGED = (
    "UPDATE ledger_month SET amount_minor = amount_minor + 1",
    "UPDATE ledger_month SET last_line_id = last_line_id + 1",
    "UPDATE ledger_month SET value_month = '2025-01-01'",
    "UPDATE ledger_month SET amount_minor = 2 * amount_minor, last_line_id = last_line_id",
    "DELETE FROM ledger_month",
    *(
        f"INSERT INTO ledger_month SELECT fund_id, account_id, {key}, recorded_month, amount_minor, last_line_id"
        " FROM ledger_month"
        for key in ("'EUR', value_month", "amount_currency, '2025-01-01'")
    ),
)


@pytest.mark.parametrize("statement", FORGED)
def test_nobody_writes_what_is_kept(ctx: Flask, fund: Fund, officer: Viewer, statement: str) -> None:
    post(fund, officer, 100, date(2026, 3, 15), datetime(2026, 3, 16, tzinfo=UTC), EntryKind.FUND_INTEREST)
    if db.engine.dialect.name == "postgresql":
        statement = statement.replace("'2025-01-01'", "DATE '2025-01-01'")
    with pytest.raises(DBAPIError, match="adds up its lines|never deleted"), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_months_are_those_of_the_world_wherever_the_database_is(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    at = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)  # in Belgrade it is April
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET TIME ZONE 'Europe/Belgrade'"))
    post(fund, officer, 100, date(2026, 3, 30), at, EntryKind.FUND_INTEREST)
    kept = db.session.scalars(select(MonthSum.recorded_month).where(MonthSum.fund_id == fund.id)).all()
    assert set(kept) == {date(2026, 3, 1)}
