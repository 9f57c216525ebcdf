"""A mistake is taken back by a reversing entry, and a closed month takes nothing more (DOMAIN 2: The ledger)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from mptf.cli import books
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.fund.models import Fund, FundWindow
from mptf.ledger import balances, journal, queries, service
from mptf.ledger.chart import CASH, EntryKind
from mptf.ledger.journal import Journal
from mptf.ledger.models import Closing, ConfirmedBy, Entry, Line, Standing
from mptf.ledger.periods import next_month, posts_in
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation
from mptf.policy import Role, Viewer
from tests.factories import Make

pytestmark = pytest.mark.both_engines

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))
IN_MAY = datetime(2026, 5, 20, 9, tzinfo=UTC)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def undp(make: Make) -> Organisation:
    return make.organisation("UNDP")


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def transfer(
    fund: Fund, undp: Organisation, by: Viewer, value_on: date, *, key: str = "t-1", cents: int = 500
) -> Entry:
    what = Document(EntryKind.TRANSFER, usd(cents), value_on, fund, key, party=undp, reference="00129123")
    return service.post(fund, what, by=by)


def held(fund: Fund, **when: object) -> dict[str, Money]:
    return balances.of_line(fund, CASH, **when)  # type: ignore[arg-type]


# Reversal


def test_a_reversal_takes_back_every_line_and_keeps_the_value_date(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    entry = transfer(fund, undp, officer, date(2026, 3, 15))
    reversal = service.reverse(entry, reason="Paid to another project", by=officer)
    db.session.commit()
    assert [(line.account_id, line.amount.minor) for line in reversal.lines] == [
        (line.account_id, -line.amount.minor) for line in entry.lines
    ]
    assert (reversal.value_on, reversal.number, reversal.memo) == (entry.value_on, 2, "Paid to another project")
    assert (reversal.reverses, entry.reversal) == (entry, reversal)
    assert entry.standing is Standing.REVERSED
    assert held(fund) == {"USD": usd(0)}


def test_what_was_known_before_the_reversal_can_be_drawn_again(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    with clock.at(datetime(2026, 4, 1, 9, tzinfo=UTC)):
        entry = transfer(fund, undp, officer, date(2026, 3, 15))
        db.session.commit()
    with clock.at(IN_MAY):
        service.reverse(entry, reason="Twice", by=officer)
        db.session.commit()
    assert held(fund, known_at=datetime(2026, 5, 1, tzinfo=UTC)) == {"USD": usd(-500)}
    assert held(fund, as_at=date(2026, 3, 31)) == {"USD": usd(0)}


def test_an_entry_is_reversed_once_and_a_reversal_never(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    entry = transfer(fund, undp, officer, MARCH)
    with pytest.raises(RuleBroken, match="Say why it is reversed"):
        service.reverse(entry, reason="  ", by=officer)
    reversal = service.reverse(entry, reason="Twice", by=officer)
    with pytest.raises(RuleBroken, match="Entry 1 is reversed already"):
        service.reverse(entry, reason="Twice", by=officer)
    with pytest.raises(RuleBroken, match="Entry 2 is a reversal itself"):
        service.reverse(reversal, reason="No", by=officer)


def test_what_was_never_confirmed_leaves_nothing_to_confirm(
    ctx: Flask, make: Make, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    agent = make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    entry = transfer(fund, undp, officer, MARCH)
    reversal = service.reverse(entry, reason="Twice", by=officer)
    for one in (entry, reversal):
        with pytest.raises(RuleBroken, match="there is nothing to confirm"):
            service.confirm(one, by=agent)


def test_the_agent_confirms_that_a_confirmed_entry_is_taken_back(
    ctx: Flask, make: Make, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    agent = make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    entry = transfer(fund, undp, officer, MARCH)
    service.confirm(entry, by=agent)
    reversal = service.reverse(entry, reason="Returned by the bank", by=officer)
    db.session.commit()
    assert reversal.standing is Standing.ADVISED
    assert balances.of_accounts(fund)[0].advised == usd(500)
    service.confirm(reversal, by=agent)
    assert balances.of_accounts(fund)[0].advised == usd(0)


def test_a_reversed_fact_may_be_posted_anew_as_often_as_it_takes(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    for number in (1, 3, 5):
        entry = transfer(fund, undp, officer, MARCH)
        assert entry.number == number
        with pytest.raises(RuleBroken, match=f"posted before, as entry {number}"):
            transfer(fund, undp, officer, MARCH)
        service.reverse(entry, reason="Another project", by=officer)
    assert held(fund) == {"USD": usd(0)}


def test_a_document_is_reversed_whole(ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation) -> None:
    first, second = (transfer(fund, undp, officer, MARCH, key=key) for key in "ab")
    db.session.commit()
    reversals = service.reverse_document(fund, "fund", fund.public_id, reason="Twice", by=officer)
    assert [reversal.reverses_id for reversal in reversals] == [first.id, second.id]
    db.session.commit()
    with pytest.raises(RuleBroken, match="reversed already"):
        service.reverse_document(fund, "fund", fund.public_id, reason="Twice", by=officer)


def test_a_reversal_keeps_the_window_of_the_money(ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation) -> None:
    window = FundWindow(fund_id=fund.id, code="W1", name="Window one")
    db.session.add(window)
    db.session.flush()
    what = Document(EntryKind.TRANSFER, usd(5), MARCH, fund, "w", party=undp, window=window)
    reversal = service.reverse(service.post(fund, what, by=officer), reason="Twice", by=officer)
    assert {line.window_id for line in reversal.lines} == {window.id}


def test_corrections_are_in_the_audit_log(ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation) -> None:
    service.reverse(transfer(fund, undp, officer, MARCH), reason="Twice", by=officer)
    db.session.commit()
    actions = db.session.scalars(select(audit.AuditEvent.action).order_by(audit.AuditEvent.seq)).all()
    assert actions == ["ledger_entry.posted", "ledger_entry.reversed"]


def raw_reversal(entry: Entry, *, amounts: tuple[int, int], reverses: int) -> None:
    """Write a reversing entry past every service."""
    row = {column.name: getattr(entry, column.name) for column in Entry.__table__.columns}
    lines = [
        {column.name: getattr(line, column.name) for column in Line.__table__.columns} for line in entry.lines
    ]  # fmt: skip
    db.session.rollback()
    with db.engine.begin() as connection:
        for line, minor in zip(lines, amounts, strict=True):
            connection.execute(insert(Line), {**line, "id": 900 + line["id"], "entry_id": 900, "amount_minor": minor})
        row |= {"id": 900, "public_id": "p" * 26, "number": 900, "key": "raw", "reverses_id": reverses}
        connection.execute(insert(Entry), row)


def test_the_database_refuses_a_reversal_that_leaves_something(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    entry = transfer(fund, undp, officer, MARCH)
    db.session.commit()
    with pytest.raises(DBAPIError, match="takes back its entry account by account"):
        raw_reversal(entry, amounts=(-499, 499), reverses=entry.id)


def test_the_database_refuses_to_reverse_twice_or_a_reversal(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    entry = transfer(fund, undp, officer, MARCH)
    reversal = service.reverse(entry, reason="Twice", by=officer)
    db.session.commit()
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        raw_reversal(entry, amounts=(-500, 500), reverses=entry.id)
    with pytest.raises(DBAPIError, match="a reversal is not reversed"):
        raw_reversal(reversal, amounts=(500, -500), reverses=reversal.id)


# Months


@pytest.mark.parametrize(
    "value_on, closed, month",
    [
        (date(2026, 3, 15), None, MARCH), (date(2026, 3, 15), FEBRUARY, MARCH), (date(2026, 3, 31), MARCH, APRIL),
        (date(2025, 12, 31), MARCH, APRIL), (date(2026, 12, 1), date(2026, 12, 1), date(2027, 1, 1)),
    ],
)  # fmt: skip
def test_a_fact_posts_in_its_month_or_the_first_open_one(value_on: date, closed: date | None, month: date) -> None:
    assert posts_in(value_on, closed) == month


def test_months_follow_each_other_over_the_year() -> None:
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert next_month(date(2026, 1, 1)) == FEBRUARY


def test_a_late_fact_keeps_its_value_date_and_posts_in_the_first_open_month(
    ctx: Flask, fund: Fund, officer: Viewer, head: Viewer, undp: Organisation
) -> None:
    with clock.at(IN_MAY):
        transfer(fund, undp, officer, date(2026, 1, 10), key="a")
        service.close_months(fund, FEBRUARY, prepared_by=officer, by=head)
        late = transfer(fund, undp, officer, date(2026, 1, 31), key="b")
        db.session.commit()
    assert (late.value_on, late.period, late.late) == (date(2026, 1, 31), MARCH, True)
    assert held(fund, as_at=date(2026, 1, 31)) == {"USD": usd(-1000)}
    assert [entry.number for entry in journal.entries(fund, Journal(period=MARCH)).items] == [late.number]


def test_a_reversal_of_a_closed_month_posts_in_the_first_open_one(
    ctx: Flask, fund: Fund, officer: Viewer, head: Viewer, undp: Organisation
) -> None:
    with clock.at(IN_MAY):
        entry = transfer(fund, undp, officer, date(2026, 1, 10))
        service.close_months(fund, JANUARY, prepared_by=officer, by=head)
        assert service.reverse(entry, reason="Twice", by=officer).period == FEBRUARY


def test_months_are_closed_in_order_when_they_are_over_and_by_two_people(
    ctx: Flask, fund: Fund, officer: Viewer, head: Viewer, undp: Organisation
) -> None:
    def refusal(month: date, by: Viewer = head) -> str:
        with pytest.raises(RuleBroken) as broken:
            service.close_months(fund, month, prepared_by=officer, by=by)
        return str(broken.value)

    with clock.at(IN_MAY):
        assert refusal(JANUARY) == "Nothing is posted yet; there is no month to close."
        transfer(fund, undp, officer, date(2026, 3, 15))
        told = "{} takes no entries any more; the next month to close is {}."
        assert refusal(FEBRUARY) == told.format("February 2026", "March 2026")
        assert refusal(MARCH, by=officer) == "You prepared this; somebody else approves it."
        closed = service.close_months(fund, APRIL, prepared_by=officer, by=head)
        assert [closing.month for closing in closed] == [MARCH, APRIL]
        assert refusal(date(2026, 5, 1)) == "May 2026 is not over yet."
        assert refusal(MARCH) == told.format("March 2026", "May 2026")
    assert [closing.month for closing in queries.closings(fund).items] == [APRIL, MARCH]


def test_a_month_is_closed_after_what_a_faster_clock_posted_in_it(
    ctx: Flask, fund: Fund, officer: Viewer, head: Viewer, undp: Organisation
) -> None:
    with clock.at(IN_MAY + timedelta(seconds=30)):
        entry = transfer(fund, undp, officer, date(2026, 1, 10))
    with clock.at(IN_MAY):
        (closed,) = service.close_months(fund, JANUARY, prepared_by=officer, by=head)
    assert closed.closed_at == entry.recorded_at
    assert list(books.faults(db.session())) == []


def test_the_database_refuses_an_entry_in_a_closed_month_and_one_person_closing_it(
    ctx: Flask, make: Make, fund: Fund, officer: Viewer, head: Viewer, undp: Organisation
) -> None:
    with clock.at(IN_MAY):
        entry = transfer(fund, undp, officer, date(2026, 1, 10))
        service.close_months(fund, JANUARY, prepared_by=officer, by=head)
        db.session.commit()
    with pytest.raises(DBAPIError, match="a closed month takes no more entries"):
        raw_reversal(entry, amounts=(-500, 500), reverses=entry.id)
    with pytest.raises(DBAPIError, match="two_people"), db.engine.begin() as connection:
        connection.execute(
            insert(Closing).values(
                fund_id=fund.id, month=FEBRUARY, closed_at=IN_MAY, prepared_by_id=head.id, approved_by_id=head.id
            )
        )
    for statement in ("UPDATE ledger_closing SET month = '2026-02-01'", "DELETE FROM ledger_closing"):
        with pytest.raises(DBAPIError, match="rows are never"), db.engine.begin() as connection:
            connection.execute(text(statement))


def test_a_month_of_one_fund_is_open_in_another(
    ctx: Flask, make: Make, fund: Fund, officer: Viewer, head: Viewer, undp: Organisation
) -> None:
    other = make.fund("DEM00")
    with clock.at(IN_MAY):
        transfer(fund, undp, officer, date(2026, 1, 10))
        service.close_months(fund, JANUARY, prepared_by=officer, by=head)
        assert transfer(other, undp, officer, date(2026, 1, 10)).period == JANUARY
        db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(Entry).where(Entry.fund_id == other.id)) == 1


# Accounts


def test_a_page_of_an_account_begins_with_what_it_held_and_runs_to_what_it_holds(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    for number in range(60):
        transfer(fund, undp, officer, date(2026, 1, 1 + number % 28), key=f"t-{number}", cents=100 + number)
    db.session.commit()
    (account,) = (account for account in queries.accounts(fund) if account.code == "5100")
    whole = sum(100 + number for number in range(60))
    first, second = (balances.statement(fund, account, page=page) for page in (1, 2))
    assert (first.opening, second.opening) == ({}, first.closing)
    assert second.closing == {"USD": usd(whole)}
    rows = [*first.page.items, *second.page.items]
    assert [row.line.value_on for row in rows] == sorted(row.line.value_on for row in rows)
    running = 0
    for row in rows:
        running += row.line.amount.minor
        assert row.balance == usd(running)
    early = balances.statement(fund, account, as_at=date(2026, 1, 10))
    assert early.closing == balances.statement(fund, account, as_at=date(2026, 1, 10), page=99).closing
    assert early.closing["USD"].minor == sum(100 + n for n in range(60) if n % 28 < 10)


def test_an_account_nobody_moved_by_then_holds_nothing(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    transfer(fund, undp, officer, MARCH)
    account = queries.accounts(fund)[0]
    empty = balances.statement(fund, account, as_at=JANUARY)
    assert (empty.opening, empty.closing, empty.page.total) == ({}, {}, 0)


def test_an_entry_of_an_import_that_is_taken_back_waits_for_the_agent(
    ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    what = Document(EntryKind.TRANSFER, usd(5), MARCH, fund, "i", party=undp)
    entry = service.post(fund, what, by=officer, confirmed=ConfirmedBy.GATEWAY_IMPORT)
    assert service.reverse(entry, reason="Not ours", by=officer).standing is Standing.ADVISED
