"""The books: what the service posts, and what the database refuses whoever asks (MON-1)."""

from dataclasses import replace
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
from mptf.ledger import balances, journal, queries, service
from mptf.ledger.chart import AA_FEE, CASH, CHART, CONTRIBUTIONS, EntryKind
from mptf.ledger.journal import Journal
from mptf.ledger.models import Account, Confirmation, ConfirmedBy, Entry, Line, Standing
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role
from tests.factories import Make

pytestmark = pytest.mark.both_engines

MARCH = date(2026, 3, 15)
JUNE = date(2026, 6, 30)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


def donorland() -> Organisation:
    """Return the contributor of these tests."""
    known = db.session.scalars(select(Organisation).filter_by(short_name="Donorland")).first()
    if known is None:
        known = Organisation(short_name="Donorland", official_name="Donorland", kind=OrganisationKind.GOVERNMENT)
        db.session.add(known)
        db.session.flush()
    return known


def deposit(
    make: Make,
    fund: Fund,
    cents: int,
    *,
    value_on: date = MARCH,
    key: str = "a",
    at: datetime | None = None,
    party: Organisation | None = None,
) -> Entry:
    """Post and commit a deposit."""
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with clock.at(at or clock.now()):
        what = Document(EntryKind.DEPOSIT, usd(cents), value_on, fund, key, party=party or donorland())
        entry = service.post(fund, what, by=by)
        db.session.commit()
    return entry


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def held(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> dict[str, int]:
    """Return the balances by account code, in cents."""
    found = balances.of_accounts(fund, as_at=as_at, known_at=known_at)
    return {balance.account.code: balance.amount.minor for balance in found}


def test_post_writes_lines_that_add_up_to_zero(ctx: Flask, make: Make, fund: Fund) -> None:
    entry = deposit(make, fund, 57_600_000)
    assert [(line.account.code, line.amount) for line in entry.lines] == [
        ("1000", usd(57_600_000)),
        ("4000", usd(-57_600_000)),
    ]
    assert (entry.number, entry.value_on, entry.standing) == (1, MARCH, Standing.ADVISED)
    assert {(line.value_on, line.recorded_at) for line in entry.lines} == {(MARCH, entry.recorded_at)}


def test_an_account_is_opened_when_it_is_first_used_and_each_party_has_its_own(
    ctx: Flask, make: Make, fund: Fund
) -> None:
    norway = make.organisation("Norway")
    for key, party in (("a", None), ("b", norway), ("c", norway)):
        deposit(make, fund, 100, key=key, party=party)
    assert [(account.code, account.title) for account in queries.accounts(fund)] == [
        ("1000", "Cash with the Administrative Agent"),
        ("4000", "Contributions · Donorland"),
        ("4000", "Contributions · Norway"),
    ]
    assert balances.of_line(fund, CONTRIBUTIONS) == {"USD": usd(-300)}


@pytest.mark.parametrize("kind", EntryKind)
def test_every_document_moves_the_accounts_of_its_kind(ctx: Flask, make: Make, fund: Fund, kind: EntryKind) -> None:
    party, by = make.organisation("UNDP", OrganisationKind.PUNO), make.viewer(Role.SECRETARIAT_OFFICER, fund)
    what = Document(kind, usd(500), MARCH, fund, "x", party=party if kind.of_party else None, reference="00123456")
    entry = service.post(fund, what, by=by)
    db.session.commit()
    assert [(line.account.code, line.amount.minor) for line in entry.lines] == [
        (kind.debit.code, 500), (kind.credit.code, -500),
    ]  # fmt: skip
    assert CASH in (kind.debit, kind.credit), "only cash is booked"
    told = {line.account.title.partition(" · ")[2] for line in entry.lines if line.account.code != "1000"}
    assert told == {"UNDP · 00123456" if kind.of_party else ""}


def test_the_chart_has_one_line_for_each_code_and_every_line_is_used() -> None:
    assert len({line.code for line in CHART}) == len(CHART)
    assert {line for kind in EntryKind for line in (kind.debit, kind.credit)} == set(CHART)


def test_a_document_without_its_party_is_a_mistake_of_the_program(ctx: Flask, make: Make, fund: Fund) -> None:
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with pytest.raises(ValueError, match="about an organisation"):
        service.post(fund, Document(EntryKind.TRANSFER, usd(1), MARCH, fund, "x"), by=by)
    with pytest.raises(ValueError, match="not about an organisation"):
        service.post(fund, Document(EntryKind.BANK_CHARGE, usd(1), MARCH, fund, "x", party=donorland()), by=by)


@pytest.mark.parametrize("cents", [0, -1])
def test_a_document_of_nothing_is_refused(ctx: Flask, make: Make, fund: Fund, cents: int) -> None:
    with pytest.raises(RuleBroken, match="an amount above zero"):
        deposit(make, fund, cents)


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


def test_nobody_confirms_what_they_recorded(ctx: Flask, make: Make, fund: Fund) -> None:
    by, another = (make.viewer(Role.ADMINISTRATIVE_AGENT, fund) for _ in range(2))
    what = Document(EntryKind.DEPOSIT, usd(100), MARCH, fund, "x", party=donorland())
    entry = service.post(fund, what, by=by)
    with pytest.raises(RuleBroken, match="You recorded this; somebody else confirms it"):
        service.confirm(entry, by=by)
    service.confirm(entry, by=another)
    assert service.why_not_confirm(entry, by=by)


def test_entry_of_an_import_is_confirmed_as_it_is_posted(ctx: Flask, make: Make, fund: Fund) -> None:
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    what = Document(EntryKind.DEPOSIT, usd(100), MARCH, fund, "x", party=donorland())
    entry = service.post(fund, what, by=by, confirmed=ConfirmedBy.GATEWAY_IMPORT)
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
    assert balances.of_line(fund, CASH) == {"USD": usd(140)}
    assert balances.of_line(fund, CASH, as_at=MARCH) == {"USD": usd(100)}
    assert balances.of_line(fund, AA_FEE) == {}


def test_advised_part_of_a_balance_was_not_confirmed_by_then(ctx: Flask, make: Make, fund: Fund) -> None:
    entry = deposit(make, fund, 100, key="a", at=datetime(2026, 3, 16, tzinfo=UTC))
    deposit(make, fund, 40, key="b", at=datetime(2026, 3, 17, tzinfo=UTC))
    with clock.at(datetime(2026, 4, 1, tzinfo=UTC)):
        service.confirm(entry, by=make.viewer(Role.ADMINISTRATIVE_AGENT, fund))
        db.session.commit()

    def advised(known_at: datetime | None = None) -> int:
        return balances.of_accounts(fund, known_at=known_at)[0].advised.minor

    assert advised() == 40
    assert advised(datetime(2026, 3, 31, tzinfo=UTC)) == 140


def test_trial_balance_has_equal_sides(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 100)
    fee = Document(EntryKind.AA_FEE, usd(1), MARCH, fund, "fee")
    service.post(fund, fee, by=make.viewer(Role.SECRETARIAT_OFFICER, fund))
    found = balances.trial(fund)
    assert [(row.account.code, row.debit, row.credit) for row in found.rows] == [
        ("1000", usd(99), None),
        ("4000", None, usd(100)),
        ("5000", usd(1), None),
    ]
    assert found.debits == found.credits == {"USD": usd(100)}


def test_journal_of_a_fund_shows_nothing_of_another(ctx: Flask, make: Make, fund: Fund) -> None:
    own = deposit(make, fund, 100)
    other = make.fund("DEM00")
    deposit(make, other, 999)
    assert [entry.public_id for entry in journal.entries(fund, Journal()).items] == [own.public_id]
    assert held(other) == {"1000": 999, "4000": -999}


def test_journal_by_account_and_days_is_ordered_by_value_date_then_number(ctx: Flask, make: Make, fund: Fund) -> None:
    deposit(make, fund, 1, key="a", value_on=JUNE)
    deposit(make, fund, 2, key="b", value_on=MARCH)
    deposit(make, fund, 3, key="c", value_on=MARCH)

    def numbers(asked: Journal) -> list[int]:
        return [entry.number for entry in journal.entries(fund, asked).items]

    assert numbers(Journal()) == [1, 3, 2]
    assert numbers(Journal(until=MARCH)) == [3, 2]
    assert numbers(Journal(since=date(2026, 3, 16))) == [1]
    assert numbers(Journal(account="5000")) == numbers(Journal(account="nope")) == []
    assert numbers(Journal(account="1000", period=MARCH.replace(day=1))) == [3, 2]


@pytest.mark.parametrize("corrections", [None, True, False])
@pytest.mark.parametrize("asked", [Journal(), Journal(account="4000"), Journal(period=date(2026, 3, 1))], ids=str)
def test_sheets_of_the_journal_hold_every_entry_once_forth_and_back(
    ctx: Flask, make: Make, fund: Fund, asked: Journal, corrections: bool | None
) -> None:
    by, asked = make.viewer(Role.SECRETARIAT_OFFICER, fund), replace(asked, corrections=corrections)
    for number in range(9):
        posted = deposit(make, fund, 1, key=str(number), value_on=MARCH if number % 3 else JUNE)
        fee = Document(EntryKind.AA_FEE, usd(1), posted.value_on, fund, f"fee {number}")
        service.post(fund, fee, by=by)
        if number % 2:
            service.reverse(posted, reason="A slip", by=by)
        db.session.commit()
    whole, asked = journal.entries(fund, asked), replace(asked, size=2)
    forth, sheet = [], journal.entries(fund, asked)
    assert sheet.newer is None
    assert (sheet.total == whole.total) is asked.everything
    while True:
        forth.append([entry.number for entry in sheet.items])
        if sheet.older is None:
            break
        sheet = journal.entries(fund, replace(asked, before=journal.Place.spelt(str(sheet.older))))
    assert [number for numbers in forth for number in numbers] == [entry.number for entry in whole.items]
    assert len(forth) > 2
    back = [forth[-1]]
    while sheet.newer is not None:
        sheet = journal.entries(fund, replace(asked, after=sheet.newer))
        back.append([entry.number for entry in sheet.items])
    assert sorted(number for numbers in back for number in numbers) == sorted(entry.number for entry in whole.items)


def test_months_are_those_in_which_anything_was_posted(ctx: Flask, make: Make, fund: Fund) -> None:
    assert journal.months(fund) == []
    db.session.rollback()
    for key, day in (("a", JUNE), ("b", MARCH), ("c", MARCH)):
        deposit(make, fund, 1, key=key, value_on=day)
    assert journal.months(fund) == [JUNE.replace(day=1), MARCH.replace(day=1)]


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


@pytest.mark.parametrize(
    "change",
    ["unconfirmed SET entry_id = 7", "account SET code = '5000' WHERE code = '4000'",
     "account SET kind = 'use' WHERE code = '4000'", "account SET fund_id = 99", "account SET reference = 'x'",
     "account SET organisation_id = NULL WHERE code = '4000'", "account SET organisation_id = 1 WHERE code = '1000'"],
)  # fmt: skip
def test_database_refuses_to_give_what_was_posted_another_meaning(
    ctx: Flask, make: Make, fund: Fund, change: str
) -> None:
    deposit(make, fund, 100)
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE ledger_account SET name = 'In better words'"))
    with pytest.raises(DBAPIError, match="rows are never|keeps whose"), db.engine.begin() as connection:
        connection.execute(text(f"UPDATE ledger_{change}"))


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
                "INSERT INTO ledger_account (id, public_id, fund_id, code, name, kind, reference)"
                " VALUES (:id, 'p', :fund, '1000', 'Cash', 'asset', '')"
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
                    "INSERT INTO ledger_entry (id, public_id, fund_id, number, kind, value_on, period, recorded_at,"
                    " by_id, source_kind, source_id, key, memo)"
                    " VALUES (:id, 'p', :fund, 1, 'deposit', '2026-03-15', '2026-03-01', :at,"
                    " :by, 'fund', 'p', 'k', '')"
                ),
                {**values, "id": entry},
            )


def test_line_slipped_in_from_another_transaction_fails_at_its_commit(ctx: Flask, make: Make, fund: Fund) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    account = deposit(make, fund, 1, key="first").lines[0].account_id
    what = Document(EntryKind.DEPOSIT, usd(100), MARCH, fund, "x", party=donorland())
    first = service.post(fund, what, by=make.viewer(Role.SECRETARIAT_OFFICER, fund))
    with db.engine.connect() as other:
        other.begin()
        other.execute(
            text(
                "INSERT INTO ledger_line (entry_id, account_id, fund_id, value_on, recorded_at, amount_minor,"
                " amount_currency) VALUES (:entry, :account, :fund, '2026-04-15', now(), 5, 'USD')"
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
