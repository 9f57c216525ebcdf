"""The books: what the service posts, and what the database refuses whoever asks (MON-1)."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import Enum, select, text
from sqlalchemy.exc import DBAPIError

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger import queries, service
from mptf.ledger.models import (
    AA_FEE,
    CASH,
    CONTRIBUTIONS,
    Account,
    Confirmation,
    ConfirmedBy,
    Entry,
    EntryKind,
    Line,
    Standing,
)
from mptf.ledger.queries import Journal
from mptf.ledger.service import Posting
from mptf.policy import Role
from tests.factories import Make

MARCH = date(2026, 3, 15)
JUNE = date(2026, 6, 30)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


def deposit(
    make: Make, fund: Fund, cents: int, *, value_on: date = MARCH, key: str = "a", at: datetime | None = None
) -> Entry:
    """Post and commit a deposit."""
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with clock.at(at or clock.now()):
        entry = service.post(
            fund,
            kind=EntryKind.DEPOSIT,
            value_on=value_on,
            lines=[Posting(CASH, usd(cents)), Posting(CONTRIBUTIONS, usd(-cents))],
            source=fund,
            key=key,
            by=by,
        )
        db.session.commit()
    return entry


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def held(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> dict[str, int]:
    """Return the balances by account code, in cents."""
    found = queries.balances(fund, as_at=as_at, known_at=known_at)
    return {balance.account.code: balance.amount.minor for balance in found}


def test_post_writes_lines_that_add_up_to_zero(ctx: Flask, make: Make, fund: Fund) -> None:
    entry = deposit(make, fund, 57_600_000)
    assert [(line.account.code, line.amount) for line in entry.lines] == [
        ("1000", usd(57_600_000)),
        ("4000", usd(-57_600_000)),
    ]
    assert (entry.number, entry.value_on, entry.standing) == (1, MARCH, Standing.ADVISED)
    assert {(line.value_on, line.recorded_at) for line in entry.lines} == {(MARCH, entry.recorded_at)}


def test_chart_is_opened_once(ctx: Flask, make: Make, fund: Fund) -> None:
    first = service.open_accounts(fund)
    again = service.open_accounts(fund)
    assert [account.id for account in first.values()] == [account.id for account in again.values()]
    assert list(first) == ["1000", "4000", "5000"]


def test_unbalanced_entry_is_refused_in_words(ctx: Flask, make: Make, fund: Fund) -> None:
    with pytest.raises(RuleBroken, match=r"^The lines of an entry add up to zero; these leave USD\s0\.01\.$"):
        post_lines(make, fund, Posting(CASH, usd(100)), Posting(CONTRIBUTIONS, usd(-99)))


def test_currencies_do_not_balance_each_other(ctx: Flask, make: Make, fund: Fund) -> None:
    with pytest.raises(RuleBroken, match="add up to zero"):
        post_lines(make, fund, Posting(CASH, usd(100)), Posting(CONTRIBUTIONS, Money(-100, "EUR")))


@pytest.mark.parametrize("cents", [None, 0])
def test_entry_of_nothing_is_refused(ctx: Flask, make: Make, fund: Fund, cents: int | None) -> None:
    lines = [] if cents is None else [Posting(CASH, usd(cents))]
    with pytest.raises(RuleBroken, match="needs lines"):
        post_lines(make, fund, *lines)


def post_lines(make: Make, fund: Fund, *lines: Posting) -> Entry:
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    return service.post(fund, kind=EntryKind.DEPOSIT, value_on=MARCH, lines=lines, source=fund, key="x", by=by)


def test_same_key_is_posted_once(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 100, key="bank 17")
    with pytest.raises(RuleBroken, match="posted before, as entry 1"):
        deposit(make, fund, 100, key="bank 17")


def test_same_key_in_another_fund_is_another_fact(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 100, key="bank 17")
    other = make.fund("DEM00")
    assert deposit(make, other, 100, key="bank 17").number == 1


def test_numbers_of_a_journal_have_no_gaps(ctx: Flask, make: Make, fund: Fund) -> None:
    numbers = [deposit(make, fund, 100, key=key).number for key in "abc"]
    assert numbers == [1, 2, 3]


def test_confirmation_is_its_own_row_and_given_once(ctx: Flask, make: Make, fund: Fund) -> None:
    entry = deposit(make, fund, 100)
    agent = make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    service.confirm(entry, by=agent, note="Gateway, 16 March")
    db.session.commit()
    assert entry.standing is Standing.CONFIRMED
    with pytest.raises(RuleBroken, match="Entry 1 is confirmed already"):
        service.confirm(entry, by=agent)


def test_entry_of_an_import_is_confirmed_as_it_is_posted(ctx: Flask, make: Make, fund: Fund) -> None:
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    lines = [Posting(CASH, usd(100)), Posting(CONTRIBUTIONS, usd(-100))]
    entry = service.post(
        fund, kind=EntryKind.DEPOSIT, value_on=MARCH, lines=lines, source=fund, key="x", by=by,
        confirmed=ConfirmedBy.GATEWAY_IMPORT,
    )  # fmt: skip
    assert entry.confirmation is not None
    assert entry.confirmation.how is ConfirmedBy.GATEWAY_IMPORT


def test_posting_and_confirming_are_in_the_audit_log(ctx: Flask, make: Make, fund: Fund) -> None:
    entry = deposit(make, fund, 100)
    service.confirm(entry, by=make.viewer(Role.ADMINISTRATIVE_AGENT, fund))
    db.session.commit()
    actions = db.session.scalars(select(audit.AuditEvent.action).order_by(audit.AuditEvent.seq)).all()
    assert actions == ["ledger_entry.posted", "ledger_entry.confirmed"]


def test_balance_as_at_a_day_and_as_known_at_a_moment(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 100, value_on=MARCH, key="a", at=datetime(2026, 3, 16, tzinfo=UTC))
    deposit(make, fund, 40, value_on=JUNE, key="b", at=datetime(2026, 7, 1, tzinfo=UTC))
    deposit(make, fund, 7, value_on=MARCH, key="late", at=datetime(2026, 9, 1, tzinfo=UTC))

    assert held(fund) == {"1000": 147, "4000": -147}
    assert held(fund, as_at=MARCH)["1000"] == 107
    assert held(fund, as_at=date(2026, 3, 14)) == {}
    assert held(fund, as_at=MARCH, known_at=datetime(2026, 8, 1, tzinfo=UTC))["1000"] == 100
    assert held(fund, known_at=datetime(2026, 9, 1, tzinfo=UTC))["1000"] == 147


def test_balance_of_one_account(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 100, key="a")
    deposit(make, fund, 40, key="b", value_on=JUNE)
    assert queries.balance(fund, CASH) == {"USD": usd(140)}
    assert queries.balance(fund, CASH, as_at=MARCH) == {"USD": usd(100)}
    assert queries.balance(fund, AA_FEE) == {}


def test_advised_part_of_a_balance_was_not_confirmed_by_then(ctx: Flask, make: Make, fund: Fund) -> None:
    entry = deposit(make, fund, 100, key="a", at=datetime(2026, 3, 16, tzinfo=UTC))
    deposit(make, fund, 40, key="b", at=datetime(2026, 3, 17, tzinfo=UTC))
    with clock.at(datetime(2026, 4, 1, tzinfo=UTC)):
        service.confirm(entry, by=make.viewer(Role.ADMINISTRATIVE_AGENT, fund))
        db.session.commit()

    def advised(known_at: datetime | None = None) -> int:
        return queries.balances(fund, known_at=known_at)[0].advised.minor

    assert advised() == 40
    assert advised(datetime(2026, 3, 31, tzinfo=UTC)) == 140


def test_trial_balance_has_equal_sides(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 100)
    post_lines(make, fund, Posting(AA_FEE, usd(1)), Posting(CASH, usd(-1)))
    found = queries.trial_balance(fund)
    assert [(row.account.code, row.debit, row.credit) for row in found.rows] == [
        ("1000", usd(99), None),
        ("4000", None, usd(100)),
        ("5000", usd(1), None),
    ]
    assert found.debits == found.credits == {"USD": usd(100)}


def test_journal_of_a_fund_shows_nothing_of_another(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 100)
    other = make.fund("DEM00")
    deposit(make, other, 999)
    assert [entry.fund_id for entry in queries.entries(fund, Journal()).items] == [fund.id]
    assert held(other) == {"1000": 999, "4000": -999}


def test_journal_by_account_and_days_is_ordered_by_value_date_then_number(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 1, key="a", value_on=JUNE)
    deposit(make, fund, 2, key="b", value_on=MARCH)
    deposit(make, fund, 3, key="c", value_on=MARCH)

    def numbers(asked: Journal) -> list[int]:
        return [entry.number for entry in queries.entries(fund, asked).items]

    assert numbers(Journal()) == [1, 3, 2]
    assert numbers(Journal(until=MARCH)) == [3, 2]
    assert numbers(Journal(since=date(2026, 3, 16))) == [1]
    assert numbers(Journal(account="5000")) == []
    assert numbers(Journal(account="1000", page=9)) == [1, 3, 2]


REWRITES = [
    f"{verb} ledger_{table}{values} WHERE 1 = 1"
    for table, values in (
        ("entry", " SET memo = 'x'"),
        ("line", " SET amount_minor = 1"),
        ("confirmation", " SET note = ''"),
    )
    for verb, values in (("UPDATE", values), ("DELETE FROM", ""))
]


@pytest.mark.parametrize("statement", REWRITES)
def test_database_refuses_to_rewrite_the_books(ctx: Flask, make: Make, fund: Fund, statement: str) -> None:
    entry = deposit(make, fund, 100)
    service.confirm(entry, by=make.viewer(Role.ADMINISTRATIVE_AGENT, fund))
    db.session.commit()
    with pytest.raises(DBAPIError, match="rows are never"), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_database_refuses_a_line_added_to_a_posted_entry(ctx: Flask, make: Make, fund: Fund) -> None:
    entry = deposit(make, fund, 100)
    with pytest.raises(DBAPIError, match="a posted entry takes no more lines"):
        raw(fund, lines=[(entry.id, 5)])


def test_database_refuses_an_unbalanced_entry(ctx: Flask, make: Make, fund: Fund) -> None:
    with pytest.raises(DBAPIError, match="the lines of an entry add up to zero"):
        raw(fund, lines=[(1, 100), (1, -99)], entry=1, by=make.person().id)


def test_database_refuses_an_entry_without_lines(ctx: Flask, make: Make, fund: Fund) -> None:
    with pytest.raises(DBAPIError, match="an entry has lines"):
        raw(fund, lines=[], entry=1, by=make.person().id)


def test_database_refuses_lines_with_other_times(ctx: Flask, make: Make, fund: Fund) -> None:
    with pytest.raises(DBAPIError, match="lines carry the times of their entry"):
        raw(fund, lines=[(1, 100), (1, -100)], entry=1, by=make.person().id, line_day="2026-03-16")


def test_database_refuses_lines_without_an_entry(ctx: Flask, make: Make, fund: Fund) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        raw(fund, lines=[(1, 100), (1, -100)])


def test_database_refuses_an_account_of_another_fund(ctx: Flask, make: Make, fund: Fund) -> None:
    other = make.fund("DEM00")
    raw_account(other, account=9)
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        raw(fund, lines=[(1, 100), (1, -100)], entry=1, by=make.person().id, account=9)


def test_database_takes_a_balanced_entry(ctx: Flask, make: Make, fund: Fund) -> None:
    raw(fund, lines=[(1, 100), (1, -100)], entry=1, by=make.person().id)
    assert [line.amount.minor for line in db.session.scalars(select(Line).order_by(Line.id))] == [100, -100]


def raw_account(fund: Fund, account: int) -> None:
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO ledger_account (id, public_id, fund_id, code, name, kind)"
                " VALUES (:id, 'p', :fund, '1000', 'Cash', 'asset')"
            ),
            {"id": account, "fund": fund.id},
        )


def raw(
    fund: Fund,
    *,
    lines: list[tuple[int, int]],
    entry: int | None = None,
    by: int = 0,
    account: int = 7,
    line_day: str = "2026-03-15",
) -> None:
    """Write lines (entry id, cents), then perhaps an entry, in one transaction past every service."""
    known = db.session.scalars(select(Account).where(Account.fund_id == fund.id)).first()
    db.session.rollback()
    if account == 7 and not known:
        raw_account(fund, 7)
    values = {"fund": fund.id, "at": "2026-03-15 10:00:00.000000+00:00", "account": account, "by": by}
    if db.engine.dialect.name == "sqlite":
        values["at"] = "2026-03-15 10:00:00.000000"
    with db.engine.begin() as connection:
        for number, (entry_id, cents) in enumerate(lines, start=900):
            connection.execute(
                text(
                    "INSERT INTO ledger_line (id, entry_id, account_id, fund_id, value_on, recorded_at, amount_minor,"
                    " amount_currency) VALUES (:id, :entry, :account, :fund, :day, :at, :cents, 'USD')"
                ),
                {**values, "id": number, "entry": entry_id, "cents": cents, "day": line_day},
            )
        if entry:
            connection.execute(
                text(
                    "INSERT INTO ledger_entry (id, public_id, fund_id, number, kind, value_on, recorded_at, by_id,"
                    " source_kind, source_id, key, memo)"
                    " VALUES (:id, 'p', :fund, 1, 'deposit', '2026-03-15', :at, :by, 'fund', 'p', 'k', '')"
                ),
                {**values, "id": entry},
            )


def test_line_slipped_in_from_another_transaction_fails_at_its_commit(ctx: Flask, make: Make, fund: Fund) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    account = service.open_accounts(fund)["1000"].id
    db.session.commit()
    first = post_lines(make, fund, Posting(CASH, usd(100)), Posting(CONTRIBUTIONS, usd(-100)))
    with db.engine.connect() as other:
        other.begin()
        other.execute(
            text(
                "INSERT INTO ledger_line (entry_id, account_id, fund_id, value_on, recorded_at, amount_minor,"
                " amount_currency) VALUES (:entry, :account, :fund, '2026-03-15', now(), 5, 'USD')"
            ),
            {"entry": first.id, "account": account, "fund": fund.id},
        )
        db.session.commit()
        with pytest.raises(DBAPIError, match="the lines of an entry add up to zero"):
            other.commit()


def test_a_new_kind_of_document_changes_no_table(ctx: Flask) -> None:
    for column, kind in ((Entry.__table__.c.kind, EntryKind), (Confirmation.__table__.c.how, ConfirmedBy)):
        stored = column.type
        assert isinstance(stored, Enum)
        assert stored.enums == [member.value for member in kind]
        assert not stored.create_constraint
        assert max(map(len, stored.enums)) <= int(stored.length or 0)


def test_a_kind_nobody_knows_is_not_read(ctx: Flask) -> None:
    read = Entry.__table__.c.kind.type.result_processor(db.engine.dialect, None)
    assert read is not None
    with pytest.raises(LookupError):
        read("lamp")
