"""Contribution statements: what they add up to, that they never change, and who issues them to whom."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mptf.agreements.figures import Planned
from mptf.agreements.service import Change, Signature, amend, plan_instalments, sign_agreement
from mptf.core import clock, schema
from mptf.core.db import db
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.mail import OutboxMessage
from mptf.core.money import Money
from mptf.deposits.service import confirm_deposit
from mptf.fund.models import Fund
from mptf.ledger.chart import CONTRIBUTIONS, CONTRIBUTOR_REFUNDS, PUNO_REFUNDS, TRANSFERS, ChartLine, EntryKind
from mptf.ledger.delivery import Flag
from mptf.organisations.models import Organisation
from mptf.people.models import RoleGrant
from mptf.policy import Role
from mptf.statements import service, wording
from mptf.statements.drawing import draw
from mptf.statements.figures import (
    ADVISED_APART,
    FIRST_LAYOUT,
    LAYOUT,
    Drawn,
    Period,
    Pool,
    Seen,
    UseKind,
    part_of,
    uses,
)
from mptf.statements.freezing import digest, frozen, thawed
from mptf.statements.models import CODE_LENGTH, ContributionStatement, StatementStatus
from mptf.statements.queries import Contributor, find_by_code, get_statement
from tests.factories import Make
from tests.support.money import Till
from tests.support.statements import statements
from tests.support.visitor import letters

NOON = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
EVER = Period(None, TODAY)
amounts = st.integers(min_value=0, max_value=10**12)
contributions_less_refunds = st.integers(min_value=-(10**12), max_value=10**12)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund(published=True)


@pytest.fixture
def till(ctx: Flask, make: Make, fund: Fund) -> Till:
    return Till.of(make, fund)


def drawn(fund: Fund, donor: Organisation, period: Period = EVER) -> Drawn:
    return draw(fund, donor, period, clock.now())


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def later(days: int = 1) -> datetime:
    return NOON + timedelta(days=days)


# ---- the pro-rata part


def test_a_hundred_among_three_equals_goes_out_to_the_last_cent_by_code() -> None:
    weights = {"Norway": 500, "Austria": 500, "Sweden": 500}
    assert [part_of(usd(100_00), weights, code) for code in sorted(weights)] == [usd(33_34), usd(33_33), usd(33_33)]


@settings(deadline=None)
@given(
    weights=st.dictionaries(st.text(min_size=1, max_size=4), contributions_less_refunds, min_size=1, max_size=12),
    allocated=amounts, transferred=amounts, refunded=amounts, spent=st.integers(-(10**12), 10**12),
)  # fmt: skip
def test_the_parts_of_all_contributors_add_up_to_each_figure_and_down_the_column(
    weights: dict[str, int], allocated: int, transferred: int, refunded: int, spent: int
) -> None:
    pool = Pool(usd(allocated), usd(transferred), usd(refunded), usd(spent))
    lines = {code: {use.kind: use for use in uses(pool, weights, code)} for code in weights}
    total = sum(weights.values())
    if total <= 0:
        assert all(use.part is None for of in lines.values() for use in of.values())
        return
    for kind in UseKind:
        whole = lines[min(weights)][kind].whole
        assert whole is not None
        assert sum((of[kind].part or usd(0) for of in lines.values()), usd(0)) == whole
        for code, of in lines.items():
            exact = Fraction(whole.minor * weights[code], total)
            assert abs((of[kind].part or usd(0)).minor - exact) < (2 if kind is UseKind.NET_FUNDED else 1)
    for of in lines.values():
        transferred_part, refunded_part = of[UseKind.TRANSFERRED].part, of[UseKind.REFUNDED].part
        assert transferred_part is not None
        assert refunded_part is not None
        assert of[UseKind.NET_FUNDED].part == transferred_part - refunded_part


def test_what_is_not_reported_has_no_part_and_no_rate() -> None:
    pool = Pool(usd(0), usd(100), usd(0))
    assert uses(pool, {"A": 1}, "A")[-1].part is None
    assert pool.delivery is None
    assert replace(pool, spent=usd(40)).delivery == Decimal("40.00")
    assert Pool(usd(0), usd(0), usd(0), usd(40)).delivery is None


def test_who_is_below_zero_has_its_part_by_the_formula_and_takes_none_from_the_others() -> None:
    weights = {"A": 300, "B": -100}
    assert [part_of(usd(100), weights, code) for code in "AB"] == [usd(150), usd(-50)]
    assert [part_of(usd(-100), weights, code) for code in "AB"] == [usd(-150), usd(50)]
    for nothing in ({"A": 100, "B": -100}, {"A": 100, "B": -101}, {"A": 0}, {}):
        assert part_of(usd(100), nothing, "A") is None


# ---- what is drawn


@pytest.mark.parametrize("seed", range(2))
def test_the_statements_of_all_contributors_add_up_to_the_fund(
    make: Make, till: Till, undp: Organisation, seed: int
) -> None:
    """Deposits, refunds, reversals confirmed and not, transfers and what came back, over years, at three dates."""
    rng = random.Random(seed)
    fund = till.fund
    donors = [make.organisation(name) for name in ("Austria", "France", "Norway", "Sweden", "Switzerland")]
    for day in sorted(date(2019, 4, 1) + timedelta(days=rng.randrange(2700)) for _ in range(60)):
        with clock.at(datetime(day.year, day.month, day.day, 9, tzinfo=UTC)):
            donor, cents = rng.choice(donors), rng.randrange(1, 10**9)
            deposit = till.deposit(donor, cents, day, fee=cents // 100, confirmed=rng.random() < 0.9)
            if rng.random() < 0.2:
                reversal = till.take_back(deposit)
                if deposit.entry.confirmation and rng.random() < 0.5:
                    till.confirm_taken_back(reversal[0])
            if rng.random() < 0.3:
                till.post(EntryKind.TRANSFER, undp, rng.randrange(1, 10**8), day, confirmed=rng.random() < 0.8)
            if rng.random() < 0.2:
                till.post(EntryKind.PUNO_REFUND, undp, rng.randrange(1, 10**7), day)
            if deposit.standing == "confirmed" and rng.random() < 0.2:
                till.post(EntryKind.CONTRIBUTOR_REFUND, donor, rng.randrange(1, cents + 1), day)
    till.allocate(1, TODAY)
    for until in (date(2020, 6, 30), date(2023, 12, 31), TODAY):
        _adds_up(fund, donors, until)


def _adds_up(fund: Fund, donors: list[Organisation], until: date) -> None:
    told = [drawn(fund, donor, Period(date(2021, 1, 1), until) if until.year > 2020 else Period(None, until))
            for donor in donors]  # fmt: skip
    everybody = -_confirmed(fund, CONTRIBUTIONS, until) - _confirmed(fund, CONTRIBUTOR_REFUNDS, until)
    assert sum((each.contributed for each in told), usd(0)) == everybody
    for each in told:
        assert each.everybody == everybody
        assert each.in_all.received - each.refunds == each.contributed
        assert each.before.received + sum((row.received for row in each.deposits), usd(0)) == each.in_all.received
    for kind, whole in (
        (UseKind.TRANSFERRED, _confirmed(fund, TRANSFERS, until)),
        (UseKind.REFUNDED, -_confirmed(fund, PUNO_REFUNDS, until)),
    ):
        assert {each.use(kind).whole for each in told} == {whole}
        assert sum((each.use(kind).part or usd(0) for each in told), usd(0)) == whole


def _confirmed(fund: Fund, line: ChartLine, until: date) -> Money:
    """Add a line of the chart up by its entries, apart from how statements do it."""
    wanted = text(
        "SELECT coalesce(sum(l.amount_minor), 0) FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id "
        "JOIN ledger_confirmation c ON c.entry_id = l.entry_id "
        "WHERE a.fund_id = :fund AND a.code = :code AND l.value_on <= :until"
    )
    found = db.session.execute(wanted, {"fund": fund.id, "code": line.code, "until": until.isoformat()
                               if db.engine.dialect.name == "sqlite" else until})  # fmt: skip
    return usd(int(found.scalar_one()))


def test_only_what_the_agent_confirmed_counts_and_what_waits_is_said(till: Till, sweden: Organisation) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5), fee=99)
    till.deposit(sweden, 40_00, date(2026, 2, 5), confirmed=False)
    found = drawn(till.fund, sweden)
    assert (found.contributed, found.advised, len(found.deposits)) == (usd(100_00), usd(40_00), 1)
    assert (found.in_all.fee, found.fee_share) == (usd(99), Decimal("0.99"))


def test_a_deposit_counts_until_the_agent_confirms_that_it_was_taken_back(till: Till, sweden: Organisation) -> None:
    deposit = till.deposit(sweden, 100_00, date(2026, 1, 5))
    reversal = till.take_back(deposit)
    assert (drawn(till.fund, sweden).contributed, len(drawn(till.fund, sweden).deposits)) == (usd(100_00), 1)
    till.confirm_taken_back(reversal[0])
    assert (drawn(till.fund, sweden).contributed, len(drawn(till.fund, sweden).deposits)) == (usd(0), 0)


def test_what_was_never_confirmed_and_is_taken_back_waits_no_more(till: Till, sweden: Organisation) -> None:
    till.take_back(till.deposit(sweden, 100_00, date(2026, 1, 5), confirmed=False))
    assert drawn(till.fund, sweden).advised == usd(0)


def test_refunds_lower_what_was_contributed_and_the_share(
    till: Till, sweden: Organisation, norway: Organisation
) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    till.deposit(norway, 50_00, date(2026, 1, 5))
    till.post(EntryKind.CONTRIBUTOR_REFUND, sweden, 50_00, date(2026, 3, 1))
    found = drawn(till.fund, sweden)
    assert (found.in_all.received, found.refunds, found.contributed) == (usd(100_00), usd(50_00), usd(50_00))
    assert (found.everybody, found.share, found.others) == (usd(100_00), Decimal("50.00"), 1)


def test_a_contributor_below_zero_takes_no_ones_part_and_is_not_named(
    till: Till, sweden: Organisation, norway: Organisation, undp: Organisation
) -> None:
    till.deposit(sweden, 200_00, date(2026, 1, 5))
    till.deposit(norway, 50_00, date(2026, 1, 5))
    till.post(EntryKind.TRANSFER, undp, 90_00, date(2026, 2, 1))
    assert (drawn(till.fund, sweden).below_zero, wording.remarks(drawn(till.fund, sweden))) == (False, "")
    till.post(EntryKind.CONTRIBUTOR_REFUND, norway, 100_00, date(2026, 3, 1))
    of_sweden, of_norway = drawn(till.fund, sweden), drawn(till.fund, norway)
    assert [each.share for each in (of_sweden, of_norway)] == [Decimal("133.33"), Decimal("-33.33")]
    assert [each.use(UseKind.TRANSFERRED).part for each in (of_sweden, of_norway)] == [usd(120_00), usd(-30_00)]
    assert wording.remarks(of_sweden).startswith("More was refunded to a contributor than it had contributed; its")
    assert wording.remarks(of_norway).startswith("More was refunded to this contributor than it had contributed; its")
    assert "Norway" not in wording.remarks(of_sweden)


@pytest.mark.parametrize(
    "refunded, told",
    [
        (100_00, "Contributions of all, less refunds, come to nothing: there is no share of them"),
        (100_01, "More was refunded to contributors than they had contributed: there is no share"),
    ],
)
def test_where_nothing_is_left_of_all_contributions_it_is_said_why_there_is_no_share(
    till: Till, sweden: Organisation, undp: Organisation, refunded: int, told: str
) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    till.post(EntryKind.TRANSFER, undp, 90_00, date(2026, 2, 1))
    till.post(EntryKind.CONTRIBUTOR_REFUND, sweden, refunded, date(2026, 3, 1))
    found = drawn(till.fund, sweden)
    assert (found.share, found.use(UseKind.TRANSFERRED).part) == (None, None)
    assert wording.remarks(found).startswith(told)


def test_a_period_lists_its_own_deposits_and_adds_up_what_came_before(till: Till, sweden: Organisation) -> None:
    for day, cents, fee in ((date(2024, 5, 1), 10_00, None), (date(2025, 12, 31), 20_00, 20), (date(2026, 1, 1), 7, 0)):
        till.deposit(sweden, cents, day, fee=fee)
    found = drawn(till.fund, sweden, Period(date(2025, 12, 31), date(2025, 12, 31)))
    assert (found.before.deposits, found.before.received, found.before.fees_not_stated) == (1, usd(10_00), 1)
    assert [row.value_on for row in found.deposits] == [date(2025, 12, 31)]
    assert (found.contributed, found.in_all.fee, found.fee_share) == (usd(30_00), usd(20), None)


def test_agreements_are_stated_in_their_own_currency(till: Till, sweden: Organisation) -> None:
    def signed(reference: str, amount: Money) -> Signature:
        return Signature(sweden, reference, date(2026, 1, 2), amount)

    kronor = sign_agreement(till.fund, signed("A-1", Money(600_00, "SEK")), by=till.officer)
    dollars = sign_agreement(till.fund, signed("A-2", usd(100_00)), by=till.officer)
    till.deposit(sweden, 57_60, date(2026, 2, 1), agreement=kronor, original=Money(600_00, "SEK"))
    till.deposit(sweden, 30_00, date(2026, 2, 2), agreement=dollars)
    till.deposit(sweden, 20_00, date(2026, 2, 3), agreement=dollars, original=usd(20_00))
    till.deposit(sweden, 10_00, date(2026, 2, 4), agreement=dollars, confirmed=False)
    found = drawn(till.fund, sweden)
    assert [(row.reference, row.received, row.outstanding) for row in found.agreements] == [
        ("A-1", Money(600_00, "SEK"), Money(0, "SEK")),
        ("A-2", usd(50_00), usd(50_00)),
    ]
    assert found.deposits[0].rate == Decimal("10.416667")


def test_what_the_fund_did_is_told_with_the_pro_rata_part(
    till: Till, sweden: Organisation, norway: Organisation, undp: Organisation
) -> None:
    till.deposit(sweden, 300_00, date(2026, 1, 5))
    till.deposit(norway, 100_00, date(2026, 1, 5))
    till.allocate(200_00, date(2026, 2, 1))
    till.post(EntryKind.TRANSFER, undp, 100_00, date(2026, 3, 1))
    till.post(EntryKind.PUNO_REFUND, undp, 20_00, date(2026, 4, 1))
    told = {use.kind: (use.whole, use.part) for use in drawn(till.fund, sweden).uses}
    assert told == {
        UseKind.ALLOCATED: (usd(200_00), usd(150_00)),
        UseKind.TRANSFERRED: (usd(100_00), usd(75_00)),
        UseKind.REFUNDED: (usd(20_00), usd(15_00)),
        UseKind.NET_FUNDED: (usd(80_00), usd(60_00)),
        UseKind.SPENT: (None, None),
    }


def test_instalments_are_told_with_what_they_received_and_how_late_they_are(till: Till, sweden: Organisation) -> None:
    signed = Signature(sweden, "A-1", date(2025, 1, 2), usd(100_00))
    agreement = sign_agreement(till.fund, signed, by=till.officer)
    days = (date(2026, 1, 31), date(2026, 9, 30), date(2026, 11, 30))
    parts = [Planned(day, usd(cents)) for day, cents in zip(days, (40_00, 30_00, 20_00), strict=True)]
    plan_instalments(till.fund, agreement, parts, by=till.officer)
    till.deposit(sweden, 50_00, date(2026, 2, 3), agreement=agreement)
    waiting = till.deposit(sweden, 25_00, date(2026, 10, 1), agreement=agreement, confirmed=False)
    (found,) = drawn(till.fund, sweden).agreements
    assert [(line.received, line.advised, line.state.label, line.days_late) for line in found.instalments] == [
        (usd(40_00), usd(0), "Received", 3),
        (usd(10_00), usd(20_00), "Advised, not yet confirmed", 1),
        (usd(0), usd(5_00), "Partly received", 0),
    ]
    assert dict(found.ages) == {
        "Not yet due": usd(15_00), "No day agreed": usd(10_00), "Advised, not yet confirmed": usd(25_00),
    }  # fmt: skip
    assert sum((amount for _, amount in found.ages), usd(0)) == found.outstanding
    (earlier,) = drawn(till.fund, sweden, Period(None, date(2026, 8, 31))).agreements
    assert [line.state.label for line in earlier.instalments] == ["Received", "Partly received", "Planned"]
    till.take_back(waiting)
    (after,) = drawn(till.fund, sweden).agreements
    assert [(line.advised, line.state.label, line.days_late) for line in after.instalments][1:] == [
        (usd(0), "Overdue", 40),
        (usd(0), "Due", 0),
    ]
    assert dict(after.ages)["31–90 days late"] == usd(20_00)


def test_what_was_reported_as_spent_gives_the_delivery_with_its_standing(
    till: Till, sweden: Organisation, norway: Organisation, undp: Organisation
) -> None:
    till.deposit(sweden, 300_00, date(2024, 1, 5))
    till.deposit(norway, 100_00, date(2024, 1, 5))
    till.post(EntryKind.TRANSFER, undp, 100_00, date(2024, 3, 1))
    till.report(undp, 2024, 50_00, basis="certified")
    till.report(undp, 2025, 10_00)
    found = drawn(till.fund, sweden)
    assert (found.use(UseKind.SPENT).whole, found.use(UseKind.SPENT).part) == (usd(60_00), usd(45_00))
    assert (found.delivery, found.certification) == (Decimal("60.00"), "certified, but interim for 2025")
    assert found.unusual == ()
    assert drawn(till.fund, sweden, Period(None, date(2024, 12, 31))).certification == "certified"
    till.report(undp, 2026, 90_00)
    assert drawn(till.fund, sweden).unusual == (Flag.ABOVE_ALL,)


def test_a_certified_correction_counts_beside_the_interim_expenditure_of_a_year(
    app: Flask, till: Till, sweden: Organisation, undp: Organisation
) -> None:
    till.deposit(sweden, 300_00, date(2024, 1, 5))
    till.post(EntryKind.TRANSFER, undp, 100_00, date(2024, 3, 1))
    till.report(undp, 2024, 50_00, basis="certified")
    till.report(undp, 2025, 20_00)
    before = issued(till, sweden)
    with clock.at(later()):
        till.report(undp, 2025, -10_00, basis="certified", corrects=2024)
        found = issued(till, sweden).drawn
        assert (found.use(UseKind.SPENT).whole, found.delivery) == (usd(60_00), Decimal("60.00"))
        assert found.certification == "certified, but interim for 2025"
        assert before.drawn.use(UseKind.SPENT).whole == usd(70_00)
        db.session.commit()
        verified = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert (verified.exit_code, verified.output.partition("lines, ")[2]) == (0, "2 statements drawn again.\n")


def test_a_contributor_without_anything_has_a_statement_of_zeros(till: Till, sweden: Organisation) -> None:
    found = drawn(till.fund, sweden)
    assert (found.contributed, found.share, found.deposits, found.agreements) == (usd(0), None, (), ())


def test_a_statement_asks_as_often_however_much_there_is(ctx: Flask, till: Till, sweden: Organisation) -> None:
    def asked() -> int:
        with statements(ctx) as sent:
            drawn(till.fund, sweden, Period(date(2020, 1, 1), TODAY))
        return len(sent)

    till.deposit(sweden, 1_00, date(2026, 1, 5))
    little = asked()
    for number in range(30):
        till.deposit(sweden, 1_00 + number, date(2026, 1, 6))
    assert asked() == little <= 13


# ---- frozen


def test_what_is_frozen_is_read_back_as_it_was(till: Till, sweden: Organisation) -> None:
    agreement = sign_agreement(
        till.fund, Signature(sweden, "Åre-1", date(2026, 1, 2), Money(600_00, "SEK")), by=till.officer
    )
    till.deposit(sweden, 57_60, date(2026, 2, 1), agreement=agreement, original=Money(600_00, "SEK"), fee=None)
    found = drawn(till.fund, sweden)
    assert thawed(frozen(found)) == found
    assert frozen(thawed(frozen(found))) == frozen(found)


def issued(till: Till, donor: Organisation, period: Period = EVER) -> ContributionStatement:
    return service.issue(Contributor(till.fund, donor), period, by=till.head)


def test_a_statement_drawn_again_is_the_same_to_the_last_byte_whatever_happened_since(
    till: Till, sweden: Organisation, norway: Organisation, undp: Organisation
) -> None:
    first = Signature(sweden, "A-1", date(2026, 1, 2), usd(500_00))
    promised = sign_agreement(till.fund, first, by=till.officer)
    halves = [Planned(date(2026, 1, 31), usd(250_00)), Planned(date(2026, 12, 31), usd(250_00))]
    plan_instalments(till.fund, promised, halves, by=till.officer)
    till.report(undp, 2025, 11_11)
    kept = till.deposit(sweden, 100_00, date(2026, 1, 5), fee=1_00)
    till.deposit(norway, 100_00, date(2026, 1, 5))
    waiting = till.deposit(sweden, 30_00, date(2026, 2, 5), confirmed=False)
    till.allocate(50_01, date(2026, 2, 1))
    till.post(EntryKind.TRANSFER, undp, 33_33, date(2026, 3, 1))
    statement = issued(till, sweden)
    before = statement.frozen
    with clock.at(later()):  # value dates of long before, recorded and confirmed only now
        confirm_deposit(waiting, by=till.agent)
        till.deposit(norway, 77_77, date(2026, 1, 6))
        till.confirm_taken_back(till.take_back(kept)[0])
        till.post(EntryKind.CONTRIBUTOR_REFUND, sweden, 1_00, date(2026, 1, 7))
        till.post(EntryKind.PUNO_REFUND, undp, 3_33, date(2026, 3, 2))
        till.allocate(1, date(2026, 2, 2))
        sign_agreement(till.fund, Signature(sweden, "A-0", date(2026, 1, 1), usd(500_00)), by=till.officer)
        extended = Change(date(2026, 5, 1), "More", usd(900_00), instalments=[Planned(date(2027, 1, 1), usd(900_00))])
        amend(till.fund, promised, extended, by=till.officer)
        till.report(undp, 2025, 22_22)
        for row, name in ((sweden, "A new name"), (norway, "Another")):
            db.session.get_one(Organisation, row.id).short_name = name
        db.session.flush()
        assert frozen(drawn(till.fund, sweden)) != before
    with clock.at(later(365)):
        db.session.expire_all()
        again = db.session.get_one(ContributionStatement, statement.id)
        assert frozen(service.draw_again(again, till.fund)) == again.frozen == before
        assert digest(before) == again.sha256


@pytest.mark.parametrize(
    "changed, said",
    [
        ("UPDATE deposit SET certainty_note = 'x'", "drawn again from the books says something else"),
        ("UPDATE contribution_statement SET frozen = replace(frozen, 'Sweden', 'Norway')",
         "was changed: its figures do not give its digest"),
    ],
)  # fmt: skip
def test_the_operator_hears_of_a_statement_the_books_do_not_give_again(
    app: Flask, till: Till, sweden: Organisation, norway: Organisation, changed: str, said: str
) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    till.deposit(norway, 100_00, date(2026, 1, 5), confirmed=False)
    numbers = [issued(till, sweden).number for _ in range(2)]
    db.session.commit()
    sound = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert (sound.exit_code, sound.output.partition("lines, ")[2]) == (0, "2 statements drawn again.\n")
    with schema.unguarded(db.engine) as connection:
        connection.execute(text(changed))
    broken = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert broken.exit_code == 1
    assert broken.output.splitlines() == [f"Statement {number} {said}." for number in numbers]


def test_a_statement_of_the_first_layout_is_read_and_drawn_again_as_it_was(till: Till, sweden: Organisation) -> None:
    """What a later layout adds, an instalment that is advised and allocations nobody recorded, it does not have."""
    signed = Signature(sweden, "A-1", date(2025, 1, 2), usd(100_00))
    agreement = sign_agreement(till.fund, signed, by=till.officer)
    plan_instalments(till.fund, agreement, [Planned(date(2026, 1, 31), usd(100_00))], by=till.officer)
    till.deposit(sweden, 100_00, date(2026, 2, 1), agreement=agreement, confirmed=False)
    now = drawn(till.fund, sweden)
    first = draw(till.fund, sweden, EVER, NOON, again=replace(now, layout=FIRST_LAYOUT))
    text = frozen(first)
    assert text.count('"advised"') == 1, "of the whole statement, as before"
    assert frozen(draw(till.fund, sweden, EVER, NOON, again=thawed(text))) == frozen(thawed(text)) == text
    states = [each.agreements[0].instalments[0].state.label for each in (first, now)]
    assert states == ["Overdue", "Advised, not yet confirmed"]
    assert [each.use(UseKind.ALLOCATED).whole for each in (first, now)] == [usd(0), None]


def test_a_statement_of_the_second_layout_has_no_parts_where_one_was_below_zero_and_says_so(
    till: Till, sweden: Organisation, norway: Organisation, undp: Organisation
) -> None:
    till.deposit(sweden, 200_00, date(2026, 1, 5))
    till.post(EntryKind.TRANSFER, undp, 90_00, date(2026, 2, 1))
    till.post(EntryKind.CONTRIBUTOR_REFUND, norway, 50_00, date(2026, 3, 1))
    now = drawn(till.fund, sweden)
    text = frozen(draw(till.fund, sweden, EVER, NOON, again=replace(now, layout=ADVISED_APART)))
    second = thawed(text)
    assert "below_zero" not in text
    assert frozen(draw(till.fund, sweden, EVER, NOON, again=second)) == frozen(second) == text
    assert [each.use(UseKind.TRANSFERRED).part for each in (second, now)] == [None, usd(120_00)]
    assert "no pro-rata part was computed in that case" in wording.remarks(second)


def test_a_statement_of_the_second_layout_keeps_the_day_and_the_words_it_was_issued_with(
    till: Till, sweden: Organisation, undp: Organisation
) -> None:
    signed = Signature(sweden, "A-1", date(2025, 1, 2), usd(100_00))
    agreement = sign_agreement(till.fund, signed, by=till.officer)
    plan_instalments(till.fund, agreement, [Planned(date(2026, 1, 31), usd(100_00))], by=till.officer)
    till.deposit(sweden, 40_00, date(2026, 2, 2), agreement=agreement, confirmed=False)
    till.deposit(sweden, 60_00, date(2026, 2, 10), agreement=agreement)
    till.report(undp, 2024, 50_00, basis="certified")
    till.report(undp, 2025, 10_00)
    now = drawn(till.fund, sweden)
    second = draw(till.fund, sweden, EVER, NOON, again=replace(now, layout=ADVISED_APART))
    assert frozen(draw(till.fund, sweden, EVER, NOON, again=thawed(frozen(second)))) == frozen(second)
    said = [(each.agreements[0].instalments[0].days_late, each.certification) for each in (second, now)]
    assert said == [(2, "certified; interim: 2025"), (10, "certified, but interim for 2025")]


@pytest.mark.parametrize("behind", [0, 1, 3000])
def test_what_a_slower_clock_records_afterwards_is_known_afterwards(
    till: Till, sweden: Organisation, norway: Organisation, undp: Organisation, behind: int
) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    advised = till.deposit(norway, 100_00, date(2026, 1, 5), confirmed=False)
    statement = issued(till, sweden)
    with clock.at(NOON - timedelta(seconds=behind)):
        till.deposit(sweden, 77_00, date(2026, 1, 6), confirmed=False)
        confirm_deposit(advised, by=till.agent)
        sign_agreement(till.fund, Signature(sweden, "A-1", date(2026, 1, 2), usd(5)), by=till.officer)
        till.allocate(50_00, date(2026, 2, 1))
        till.report(undp, 2025, 11_11)
        assert frozen(service.draw_again(statement, till.fund)) == statement.frozen
        following = issued(till, sweden)
        assert (following.known_at > statement.known_at, following.drawn.advised) == (True, usd(77_00))


def test_a_statement_is_drawn_again_under_the_names_of_its_day(
    till: Till, sweden: Organisation, norway: Organisation, undp: Organisation
) -> None:
    """Norway signed and paid nothing; when it takes the name Sweden had, Sweden's part stays Sweden's."""
    sign_agreement(till.fund, Signature(norway, "N-1", date(2026, 1, 2), usd(500_00)), by=till.officer)
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    till.post(EntryKind.TRANSFER, undp, 50_00, date(2026, 3, 1))
    statement = issued(till, norway)
    for row, name in ((sweden, "Sweden (old)"), (norway, "Sweden")):
        db.session.get_one(Organisation, row.id).short_name = name
        db.session.flush()
    assert frozen(service.draw_again(statement, till.fund)) == statement.frozen


@pytest.mark.both_engines
def test_the_database_never_changes_an_issued_statement(till: Till, sweden: Organisation) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    statement = issued(till, sweden)
    db.session.commit()
    for change in (
        "UPDATE contribution_statement SET contributed_minor = 1",
        "DELETE FROM contribution_statement",
    ):
        with pytest.raises(DBAPIError, match="contribution_statement rows are never"):
            db.session.execute(text(change))
        db.session.rollback()
    assert db.session.get_one(ContributionStatement, statement.id).contributed == usd(100_00)


# ---- issuing


def test_an_issued_statement_has_a_number_a_code_and_what_it_said(till: Till, sweden: Organisation) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    first, second = issued(till, sweden), issued(till, sweden, Period(None, date(2026, 6, 30)))
    with clock.at(datetime(2027, 1, 2, 9, 0, tzinfo=UTC)):
        third = issued(till, sweden, Period(date(2026, 1, 1), date(2026, 12, 31)))
    numbers = [statement.number for statement in (first, second, third)]
    assert numbers == ["SLW00/CS/2026/001", "SLW00/CS/2026/002", "SLW00/CS/2027/001"]
    assert len({first.code, second.code, third.code}) == 3
    assert set(first.code) <= set(service.ALPHABET)
    assert len(first.code) == CODE_LENGTH
    assert first.written_code == "-".join((first.code[:4], first.code[4:8], first.code[8:]))
    assert (first.drawn.contributed, first.known_at, first.layout) == (usd(100_00), NOON, LAYOUT)
    assert first.sha256 == digest(first.frozen)


def test_a_later_statement_of_the_same_period_supersedes_the_earlier(
    till: Till, sweden: Organisation, norway: Organisation
) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    till.deposit(norway, 100_00, date(2026, 1, 5))
    first, elsewhere = issued(till, sweden), issued(till, norway)
    other = issued(till, sweden, Period(date(2026, 1, 1), TODAY))
    second, third = issued(till, sweden), issued(till, sweden)
    db.session.expire_all()
    standing = {row.number[-3:]: row.status for row in db.session.scalars(
        select(ContributionStatement).where(ContributionStatement.fund_id == till.fund.id))}  # fmt: skip
    assert [first.superseded_by, second.superseded_by] == [second, third]
    assert standing == {
        "001": StatementStatus.SUPERSEDED, "002": StatementStatus.ISSUED, "003": StatementStatus.ISSUED,
        "004": StatementStatus.SUPERSEDED, "005": StatementStatus.ISSUED,
    }  # fmt: skip
    assert elsewhere.superseded_by is None
    assert other.superseded_by is None


def test_only_the_head_of_the_secretariat_issues(till: Till, sweden: Organisation) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    for somebody in (till.officer, till.agent):
        with pytest.raises(NotAllowed):
            service.issue(Contributor(till.fund, sweden), EVER, by=somebody)


def test_a_draft_that_is_no_longer_what_was_looked_at_is_not_issued(till: Till, sweden: Organisation) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    seen = Seen(service.fingerprint(drawn(till.fund, sweden)))
    with clock.at(later()):
        made = service.issue(Contributor(till.fund, sweden), EVER, by=till.head, seen=seen)
        with pytest.raises(RuleBroken, match="was issued for this period since") as refused:
            service.issue(Contributor(till.fund, sweden), EVER, by=till.head, seen=seen)
        assert refused.value.values["number"] == made.number
        till.deposit(sweden, 1, date(2026, 1, 6))
        with pytest.raises(RuleBroken, match="The books changed since"):
            service.issue(Contributor(till.fund, sweden), EVER, by=till.head, seen=replace(seen, latest=made.number))


def test_there_is_nothing_to_issue_to_who_signed_and_paid_nothing(till: Till, sweden: Organisation) -> None:
    with pytest.raises(RuleBroken, match="no agreement and no confirmed deposit of"):
        issued(till, sweden)


@pytest.mark.parametrize(
    "period, told",
    [
        (Period(None, date(2026, 11, 10)), "This day is still to come"),
        (Period(date(2026, 5, 2), date(2026, 5, 1)), "begins after its end"),
    ],
)
def test_a_period_has_begun_before_it_ends_and_is_over(
    till: Till, sweden: Organisation, period: Period, told: str
) -> None:
    with pytest.raises(RuleBroken, match=told):
        issued(till, sweden, period)


def test_who_looks_after_the_contributor_gets_a_link_and_nothing_else(
    app: Flask, make: Make, till: Till, sweden: Organisation, norway: Organisation
) -> None:
    anna, bo, over, other = (make.person(name) for name in ("Demo Anna", "Demo Bo", "Demo Over", "Demo Other"))
    for person, donor, until in ((anna, sweden, None), (bo, sweden, None), (over, sweden, date(2026, 1, 1)),
                                 (other, norway, None)):  # fmt: skip
        make.grant(person, Role.DONOR_VIEWER, till.fund, donor, until_on=until)
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    statement = issued(till, sweden)
    db.session.commit()
    to = db.session.scalars(select(OutboxMessage.to_person_id).order_by(OutboxMessage.id)).all()
    assert to == [anna.id, bo.id]
    letter = letters(app, "statement_issued")[0][1]
    assert letter is not None
    assert f"/f/SLW00/statements/{statement.public_id}" in letter.text
    assert not {"100", "Sweden", statement.code, statement.written_code} & set(letter.text.split())
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == anna.id)).one()
    grant.ended_at = clock.now()
    db.session.commit()
    assert [letter is None for _, letter in letters(app, "statement_issued")] == [True, False]


def test_a_statement_is_found_by_its_code_however_it_is_typed(till: Till, sweden: Organisation) -> None:
    till.deposit(sweden, 100_00, date(2026, 1, 5))
    statement = issued(till, sweden)
    for typed in (statement.code, statement.written_code, f" {statement.written_code.lower()} "):
        found = find_by_code(typed)
        assert found is not None
        assert (found[0].id, found[1].code) == (statement.id, "SLW00")
    for typed in ("", statement.code[:-1], statement.code + "A", "ÅÅÅÅÅÅÅÅÅÅÅÅ", "A" * 10_000):
        assert find_by_code(typed) is None
    assert get_statement(till.officer, till.fund, statement.public_id).drawn == statement.drawn
