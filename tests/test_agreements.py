"""Instalments, amendments and preferences of agreements: what is planned, received, late and kept apart (DOMAIN 2)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mptf.agreements import due, queries, service
from mptf.agreements.due import Wanted
from mptf.agreements.figures import (
    Age,
    Arrival,
    InstalmentState,
    Plan,
    Planned,
    age_of,
    equal_parts,
    give_out,
)
from mptf.agreements.listed import page_of_agreements
from mptf.agreements.models import Amendment, Instalment
from mptf.agreements.plans import plan_of, plans
from mptf.agreements.service import Change, Signature, sign_agreement
from mptf.claims.queries import availability
from mptf.commitments.models import Agreement
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund import service as funds
from mptf.fund.models import Fund, FundWindow
from mptf.ledger import balances
from mptf.ledger import queries as ledger
from mptf.ledger import service as books
from mptf.organisations.models import Organisation
from mptf.pledges.models import PledgeStanding
from mptf.pledges.queries import announced
from mptf.pledges.service import Announcement, announce_pledge, sign_pledge, withdraw_pledge
from mptf.policy import Role, Viewer
from mptf.statements.drawing import draw
from mptf.statements.figures import Period
from tests.factories import Make
from tests.support.at_once import at_once

pytestmark = pytest.mark.usefixtures("mid_july")

JANUARY, MARCH, JUNE, SEPTEMBER = (date(2026, month, 1) for month in (1, 3, 6, 9))
TODAY = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)


def sek(whole: int) -> Money:
    return Money(whole * 100, "SEK")


def usd(whole: int) -> Money:
    return Money(whole * 100, "USD")


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def agreement(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> Agreement:
    return sign(fund, donor, officer)


def sign(fund: Fund, donor: Organisation, by: Viewer, **facts: Any) -> Agreement:
    what = replace(Signature(donor, "SE-1", JANUARY, sek(18_000_000)), **facts)
    agreement = sign_agreement(fund, what, by=by)
    db.session.commit()
    return agreement


def pay(fund: Fund, agreement: Agreement, kronor: int, on: date, by: Viewer, **facts: Any) -> Deposit:
    """Record a deposit of so many kronor, at ten for a dollar."""
    receipt = Receipt(agreement.donor, usd(kronor // 10), on, agreement, sek(kronor), bank_reference=f"{kronor} {on}")
    return record_deposit(fund, replace(receipt, **facts), by=by)


THREE = (Planned(MARCH, sek(6_000_000)), Planned(JUNE, sek(6_000_000)), Planned(SEPTEMBER, sek(6_000_000), "report"))


# What arrived is given to the oldest instalment


def test_money_goes_to_the_oldest_instalment_first() -> None:
    arrivals = [Arrival(date(2026, 3, 20), sek(6_500_000)), Arrival(date(2026, 6, 1), sek(1_000_000))]
    plan = give_out(sek(18_000_000), THREE, arrivals, date(2026, 7, 15))
    assert [line.received for line in plan.lines] == [sek(6_000_000), sek(1_500_000), sek(0)]
    assert [line.outstanding for line in plan.lines] == [sek(0), sek(4_500_000), sek(6_000_000)]
    states = [line.state for line in plan.lines]
    assert states == [InstalmentState.RECEIVED, InstalmentState.OVERDUE, InstalmentState.PLANNED]
    assert [line.days_late for line in plan.lines] == [19, 44, 0], "the first was late when it was complete"
    assert plan.overdue == sek(4_500_000)


def test_an_instalment_of_two_parts_is_complete_with_the_later_one() -> None:
    confirmed, advised = Arrival(date(2026, 3, 20), sek(4_000_000)), Arrival(date(2026, 3, 5), sek(2_000_000))
    (line,) = give_out(sek(6_000_000), THREE[:1], [confirmed], date(2026, 7, 15), [advised]).lines
    assert (line.complete_on, line.days_late, line.state) == (confirmed.on, 19, InstalmentState.ADVISED)


@pytest.mark.parametrize(
    "today, received, state",
    [
        (date(2026, 1, 15), 0, InstalmentState.PLANNED),
        (date(2026, 1, 30), 0, InstalmentState.DUE),
        (MARCH, 0, InstalmentState.DUE),
        (date(2026, 3, 2), 0, InstalmentState.OVERDUE),
        (date(2026, 1, 15), 1, InstalmentState.PARTLY_RECEIVED),
        (date(2026, 3, 2), 1, InstalmentState.OVERDUE),
        (date(2026, 3, 2), 6_000_000, InstalmentState.RECEIVED),
        (date(2026, 1, 15), 7_000_000, InstalmentState.RECEIVED),
    ],
)
def test_state_of_an_instalment_due_on_the_first_of_march(today: date, received: int, state: InstalmentState) -> None:
    arrivals = [Arrival(JANUARY, sek(received))] if received else []
    assert give_out(sek(6_000_000), THREE[:1], arrivals, today).lines[0].state is state


@pytest.mark.parametrize(
    "days, age",
    [
        (-1, Age.NOT_YET_DUE), (0, Age.NOT_YET_DUE), (1, Age.TO_30), (30, Age.TO_30), (31, Age.TO_90),
        (90, Age.TO_90), (91, Age.OVER_90),
    ],
)  # fmt: skip
def test_age_of_what_is_outstanding(days: int, age: Age) -> None:
    assert age_of(MARCH, MARCH + timedelta(days=days)) is age


def test_what_no_instalment_holds_is_outstanding_without_a_day() -> None:
    plan = give_out(sek(10), [Planned(MARCH, sek(6))], [Arrival(MARCH, sek(7))], JUNE)
    assert (plan.unplanned, plan.outstanding, plan.paid_over) == (sek(4), sek(3), sek(0))
    assert plan.ages == {**dict.fromkeys(Age, sek(0)), Age.NO_DAY: sek(3)}


def test_more_than_agreed_is_paid_over() -> None:
    plan = give_out(sek(10), [Planned(MARCH, sek(10))], [Arrival(MARCH, sek(11))], JUNE)
    assert (plan.paid_over, plan.outstanding) == (sek(1), sek(0))
    assert set(plan.ages.values()) == {sek(0)}


days = st.integers(0, 700).map(lambda number: JANUARY + timedelta(days=number))
amounts = st.integers(1, 10**6).map(lambda minor: Money(minor, "SEK"))
PLANS = st.lists(st.builds(Planned, days, amounts), max_size=8)
ARRIVALS = st.lists(st.builds(Arrival, days, amounts), max_size=8)


@given(planned=PLANS, arrivals=ARRIVALS, advised=ARRIVALS, more=st.integers(0, 1000), today=days)
def test_every_plan_adds_up(
    planned: list[Planned], arrivals: list[Arrival], advised: list[Arrival], more: int, today: date
) -> None:
    amount = sum((one.amount for one in planned), Money(more + 1, "SEK"))
    plan = give_out(amount, planned, arrivals, today, advised)
    zero = Money.zero("SEK")
    received = sum((line.received for line in plan.lines), zero)
    waits = sum((line.advised for line in plan.lines), zero)
    assert received == min(plan.arrived, plan.planned)
    assert received + waits == min(plan.arrived + plan.announced, plan.planned)
    assert sum(plan.ages.values(), plan.advised) == plan.outstanding
    assert plan.arrived + plan.outstanding == amount + plan.paid_over
    for untouched in ([line for line in plan.lines if line.outstanding], [line for line in plan.lines if line.awaited]):
        assert all(not line.received for line in untouched[1:]), "only one instalment is partly received"
    assert all((line.complete_on is None) == bool(line.awaited) for line in plan.lines)


def test_equal_instalments_add_up_and_keep_their_day() -> None:
    parts = equal_parts(Money(10_000, "SEK"), 3, date(2026, 1, 31), 1)
    assert [part.amount.minor for part in parts] == [3334, 3333, 3333]
    assert [part.due_on for part in parts] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]


@pytest.mark.parametrize(
    "amount, count, months, field",
    [(100, 0, 1, "count"), (100, 61, 1, "count"), (2, 3, 1, "count"), (9, 3, 0, "months")],
)
def test_equal_instalments_that_cannot_be(amount: int, count: int, months: int, field: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        equal_parts(Money(amount, "SEK"), count, JANUARY, months)
    assert refused.value.field == field


# Planning and amending


def test_planned_instalments_stand_until_they_are_amended(fund: Fund, agreement: Agreement, officer: Viewer) -> None:
    service.plan_instalments(fund, agreement, THREE, by=officer)
    db.session.commit()
    assert [queries.planned(one) for one in queries.instalments_of(fund, agreement)] == list(THREE)
    with pytest.raises(RuleBroken, match="An amendment changes them"):
        service.plan_instalments(fund, agreement, THREE, by=officer)


@pytest.mark.parametrize(
    "planned, told",
    [
        ([], "at least one"),
        ([Planned(MARCH, sek(18_000_001))], "come to"),
        ([Planned(MARCH, Money(1, "USD"))], "the currency of the agreement"),
        ([Planned(MARCH, Money(0, "SEK"))], "above zero"),
    ],
)
def test_instalments_that_cannot_be(
    fund: Fund, agreement: Agreement, officer: Viewer, planned: list[Planned], told: str
) -> None:
    with pytest.raises(RuleBroken, match=told):
        service.plan_instalments(fund, agreement, planned, by=officer)


def change(agreement: Agreement, **facts: Any) -> Change:
    return replace(Change(JUNE, "Cost extension", agreement.amount, instalments=THREE), **facts)


def test_an_amendment_keeps_what_was_before(fund: Fund, agreement: Agreement, officer: Viewer) -> None:
    service.plan_instalments(fund, agreement, THREE, by=officer)
    more = (*THREE, Planned(date(2027, 3, 1), sek(2_000_000)))
    service.amend(fund, agreement, change(agreement, amount=sek(20_000_000), instalments=more), by=officer)
    service.amend(fund, agreement, change(agreement, amount=sek(19_000_000)), by=officer)
    db.session.commit()
    db.session.expire_all()
    assert agreement.amount == sek(19_000_000)
    assert [queries.planned(one) for one in queries.instalments_of(fund, agreement)] == list(THREE)
    second, first = queries.amendments(fund, agreement)
    assert (first.number, first.amount_before, first.amount_after) == (1, sek(18_000_000), sek(20_000_000))
    assert (second.number, second.amount_before, second.amount_after) == (2, sek(20_000_000), sek(19_000_000))
    kept = queries.plans_by_amendment(fund, agreement)
    assert [len(kept[key]) for key in (None, first.id, second.id)] == [3, 4, 3]


def test_a_plan_can_be_read_as_it_was_known(
    fund: Fund, donor: Organisation, agreement: Agreement, officer: Viewer, agent: Viewer
) -> None:
    service.plan_instalments(fund, agreement, THREE, by=officer)
    confirm_deposit(pay(fund, agreement, 6_000_000, MARCH, officer), by=agent)
    db.session.commit()

    def known_then() -> Plan:
        return plans(fund, donor, as_at=date(2026, 7, 15), known_at=TODAY)[0].plan

    before = known_then()
    with clock.at(TODAY + timedelta(days=60)):
        late = pay(fund, agreement, 6_000_000, JUNE, officer)
        service.amend(fund, agreement, change(agreement, amount=sek(7_000_000), instalments=THREE[:1]), by=officer)
        db.session.commit()
        assert known_then() == before
        now = stands(fund, agreement)
        assert (now.amount, now.arrived, now.announced) == (sek(7_000_000), sek(6_000_000), sek(6_000_000))
        assert (now.advised, now.paid_over) == (sek(1_000_000), sek(0))
        confirm_deposit(late, by=agent)
        assert (stands(fund, agreement).arrived, stands(fund, agreement).paid_over) == (sek(12_000_000), sek(5_000_000))
        assert known_then() == before


def test_a_deposit_that_is_only_advised_pays_its_instalment_when_it_is_confirmed(
    fund: Fund, donor: Organisation, agreement: Agreement, officer: Viewer, agent: Viewer
) -> None:
    """Lists, Home, the plan and the statement say the same; taken back, it pays nothing."""
    service.plan_instalments(fund, agreement, THREE, by=officer)
    deposit = pay(fund, agreement, 7_000_000, MARCH, officer)

    def said() -> list[tuple[str, Money]]:
        return [(line.state.value, line.advised) for line in stands(fund, agreement).lines]

    advised = [("advised", sek(6_000_000)), ("overdue", sek(1_000_000)), ("planned", sek(0))]
    assert said() == listed(officer, fund) == stated(fund, donor) == advised
    (row,) = due.ageing(officer, fund)
    assert (row.total, row.advised, row.late) == (sek(18_000_000), sek(7_000_000), sek(5_000_000))
    (late,) = due.waiting_for(officer, fund)
    assert late.facts["awaited"] == sek(5_000_000)
    assert [one.line.planned.due_on for one in due.instalments(officer, fund, Wanted.AWAITED).items] == [
        JUNE,
        SEPTEMBER,
    ]
    (line,) = page_of_agreements(officer, fund).items
    assert (line.received, line.advised, line.outstanding) == (sek(0), sek(7_000_000), sek(18_000_000))

    confirm_deposit(deposit, by=agent)
    confirmed = [("received", sek(0)), ("overdue", sek(0)), ("planned", sek(0))]
    assert said() == listed(officer, fund) == stated(fund, donor) == confirmed
    (line,) = page_of_agreements(officer, fund).items
    assert (line.received, line.advised) == (sek(7_000_000), sek(0))

    books.reverse_document(fund, "deposit", deposit.public_id, reason="twice", by=officer)
    assert said() == listed(officer, fund) == stated(fund, donor) == confirmed, "until the reversal is confirmed"
    taken_back = pay(fund, agreement, 1_000_000, JUNE, officer)
    books.reverse_document(fund, "deposit", taken_back.public_id, reason="twice", by=officer)
    assert said() == listed(officer, fund) == stated(fund, donor) == confirmed


def test_what_somebody_else_paid_under_an_agreement_pays_nothing_of_it(
    make: Make, fund: Fund, donor: Organisation, agreement: Agreement, officer: Viewer, agent: Viewer
) -> None:
    norway = make.organisation("Norway")
    service.plan_instalments(fund, agreement, THREE, by=officer)
    foreign = pay(fund, agreement, 6_000_000, MARCH, officer, donor=norway)
    confirm_deposit(foreign, by=agent)
    assert stands(fund, agreement).arrived == sek(0)
    assert {state for state, _ in listed(officer, fund)} == {"overdue", "planned"}
    assert listed(officer, fund) == stated(fund, donor)
    (line,) = page_of_agreements(officer, fund).items
    assert line.received == sek(0)


def stands(fund: Fund, agreement: Agreement) -> Plan:
    return plan_of(fund, agreement, queries.instalments_of(fund, agreement))


def listed(viewer: Viewer, fund: Fund) -> list[tuple[str, Money]]:
    lines = [one.line for one in due.instalments(viewer, fund, Wanted.EVERY).items]
    return [(line.state.value, line.advised) for line in lines]


def stated(fund: Fund, donor: Organisation) -> list[tuple[str, Money | None]]:
    drawn = draw(fund, donor, Period(None, clock.today(fund)), clock.now())
    return [(line.state.value, line.advised) for row in drawn.agreements for line in row.instalments]


def test_a_plan_can_be_read_as_it_stood_on_a_day(
    fund: Fund, donor: Organisation, agreement: Agreement, officer: Viewer
) -> None:
    service.plan_instalments(fund, agreement, THREE, by=officer)
    service.amend(fund, agreement, change(agreement, amount=sek(19_000_000), instalments=THREE[:1]), by=officer)
    july = change(agreement, agreed_on=date(2026, 7, 1), amount=sek(20_000_000), instalments=THREE[:2])
    service.amend(fund, agreement, july, by=officer)
    stood = [
        (found.plan.amount, len(found.plan.lines))
        for day in (date(2026, 5, 31), JUNE, date(2026, 6, 30), date(2026, 7, 1))
        for found in plans(fund, donor, as_at=day, known_at=clock.now())
    ]
    assert stood == [(sek(18_000_000), 3), (sek(19_000_000), 1), (sek(19_000_000), 1), (sek(20_000_000), 2)]
    with pytest.raises(RuleBroken, match="Amendments follow each other; number 2"):
        service.amend(fund, agreement, change(agreement, amount=sek(21_000_000)), by=officer)


@pytest.mark.both_engines
def test_plans_and_amendments_made_at_once_are_made_once(
    app: Flask, make: Make, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    with app.app_context():
        sign(fund, donor, officer)

    def plan() -> None:
        service.plan_instalments(fund, db.session.query(Agreement).one(), THREE, by=officer)

    def amend() -> None:
        agreement = db.session.query(Agreement).one()
        service.amend(fund, agreement, Change(JUNE, "More", sek(19_000_000), instalments=THREE), by=officer)

    assert at_once(app, 6, plan).count("done") == 1
    assert at_once(app, 6, amend).count("done") == 1
    with app.app_context():
        assert (db.session.query(Instalment).count(), db.session.query(Amendment).count()) == (6, 1)


@pytest.mark.parametrize(
    "facts, told",
    [
        ({}, "Nothing differs"),
        ({"amount": sek(20_000_000), "reason": " "}, "Say what the amendment changes"),
        ({"amount": usd(20_000_000)}, "stays in"),
        ({"amount": sek(17_999_999)}, "come to"),
        ({"amount": sek(20_000_000), "agreed_on": date(2026, 7, 16)}, "and today"),
        ({"amount": sek(20_000_000), "agreed_on": date(2025, 12, 31)}, "when the agreement was signed"),
        ({"preferred": sek(1)}, "Choose the window"),
    ],
)
def test_amendments_that_cannot_be(
    fund: Fund, agreement: Agreement, officer: Viewer, facts: dict[str, Any], told: str
) -> None:
    service.plan_instalments(fund, agreement, THREE, by=officer)
    with pytest.raises(RuleBroken, match=told):
        service.amend(fund, agreement, change(agreement, **facts), by=officer)


def test_only_the_secretariat_plans_and_amends(
    make: Make, fund: Fund, donor: Organisation, agreement: Agreement
) -> None:
    roles = (Role.ADMINISTRATIVE_AGENT, Role.AUDITOR, Role.DONOR_VIEWER)
    for viewer in [make.viewer(role, fund, donor) for role in roles]:
        with pytest.raises(NotAllowed):
            service.plan_instalments(fund, agreement, THREE, by=viewer)
        with pytest.raises(NotAllowed):
            service.amend(fund, agreement, change(agreement), by=viewer)


@pytest.mark.both_engines
def test_the_database_keeps_instalments_and_amendments(fund: Fund, agreement: Agreement, officer: Viewer) -> None:
    service.plan_instalments(fund, agreement, THREE, by=officer)
    service.amend(fund, agreement, change(agreement, amount=sek(20_000_000)), by=officer)
    db.session.commit()
    for row in (Instalment, Amendment):
        for spoiled in (f"UPDATE {row.__tablename__} SET by_id = by_id", f"DELETE FROM {row.__tablename__}"):
            with pytest.raises(DBAPIError, match="never"):
                db.session.execute(text(spoiled))
            db.session.rollback()


# What is due in the fund


WORLDS = st.lists(st.tuples(PLANS, ARRIVALS, ARRIVALS, st.integers(1, 1000)), min_size=1, max_size=3)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(worlds=WORLDS, today=days)
def test_the_database_gives_out_as_the_rule_does(
    fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer, ctx: Flask,
    worlds: list[tuple[list[Planned], list[Arrival], list[Arrival], int]], today: date,
) -> None:  # fmt: skip
    expected: list[tuple[date, int, int, int]] = []
    ages, advised = dict.fromkeys(Age, 0), 0
    with clock.at(datetime(today.year, today.month, today.day, 9, tzinfo=UTC)):
        for number, (planned, *parts, more) in enumerate(worlds):
            amount = sum((one.amount for one in planned), Money(more, "SEK"))
            agreement = sign_agreement(fund, Signature(donor, f"A-{number}", JANUARY, amount), by=officer)
            if planned:
                service.plan_instalments(fund, agreement, planned, by=officer)
            arrived, announced = ([one for one in of if one.on <= today] for of in parts)
            for index, one in enumerate((*arrived, *announced)):
                receipt = Receipt(donor, usd(1), one.on, agreement, one.amount, bank_reference=f"{number} {index}")
                deposit = record_deposit(fund, receipt, by=officer)
                if index < len(arrived):
                    confirm_deposit(deposit, by=agent)
            plan = give_out(amount, planned, arrived, today, announced)
            expected += [
                (line.planned.due_on, line.planned.amount.minor, line.received.minor, line.advised.minor)
                for line in plan.lines
            ]
            advised += plan.advised.minor
            for age, money in plan.ages.items():
                ages[age] += money.minor
        lines = [row.line for row in due.instalments(officer, fund, Wanted.EVERY, size=100).items]
        read = [(one.planned.due_on, one.planned.amount.minor, one.received.minor, one.advised.minor) for one in lines]
        assert sorted(read) == sorted(expected)
        found = due.ageing(officer, fund)
        assert {age: sum(row.ages[age].minor for row in found) for age in Age} == ages
        assert sum(row.advised.minor for row in found) == advised
        db.session.rollback()


def test_what_is_due_is_listed_by_what_is_asked(fund: Fund, agreement: Agreement, officer: Viewer) -> None:
    service.plan_instalments(fund, agreement, (*THREE[:2], Planned(date(2027, 9, 1), sek(6_000_000))), by=officer)
    pay(fund, agreement, 6_000_000, MARCH, officer)

    def days_of(wanted: Wanted) -> list[date]:
        return [row.line.planned.due_on for row in due.instalments(officer, fund, wanted).items]

    assert {wanted: days_of(wanted) for wanted in Wanted} == {
        Wanted.OVERDUE: [JUNE],
        Wanted.SOON: [],
        Wanted.AWAITED: [JUNE, date(2027, 9, 1)],
        Wanted.OUTSTANDING: [MARCH, JUNE, date(2027, 9, 1)],
        Wanted.EVERY: [MARCH, JUNE, date(2027, 9, 1)],
    }
    (late,) = due.waiting_for(officer, fund)
    assert late.due_on == JUNE


def test_home_names_the_oldest_overdue_instalments_and_leads_to_the_others(
    fund: Fund, agreement: Agreement, officer: Viewer
) -> None:
    days = [JANUARY + timedelta(week * 7) for week in range(12)]
    service.plan_instalments(fund, agreement, [Planned(day, sek(1_500_000)) for day in days], by=officer)
    *named, rest = due.waiting_for(officer, fund)
    assert [late.due_on for late in named] == days[:10]
    assert (rest.endpoint, rest.values) == ("agreements.instalments", {"show": "overdue"})


def test_a_donor_reads_its_own_instalments_alone(
    make: Make, fund: Fund, donor: Organisation, agreement: Agreement, officer: Viewer
) -> None:
    other = make.organisation("Norway")
    sweden, norway = (make.viewer(Role.DONOR_VIEWER, fund, one) for one in (donor, other))
    service.plan_instalments(fund, agreement, THREE, by=officer)
    assert len(due.instalments(sweden, fund, Wanted.EVERY).items) == 3
    assert due.instalments(norway, fund, Wanted.EVERY).items == []
    assert due.ageing(norway, fund) == []
    assert plans(fund, other, as_at=clock.today(fund), known_at=clock.now()) == []
    assert [row.donor for row in due.ageing(sweden, fund)] == ["Sweden"]
    assert due.waiting_for(sweden, fund) == []


# Preferences for windows


@pytest.fixture
def window(ctx: Flask, fund: Fund, officer: Viewer) -> FundWindow:
    made = funds.add_window(fund, code="W1", name="Investigations", by=officer)
    db.session.commit()
    return made


def kept(fund: Fund, deposit: Deposit) -> dict[str, set[tuple[str | None, int]]]:
    """Return what each entry of a deposit keeps apart on its debit side."""
    entries = ledger.entries_of(fund, "deposit", deposit.public_id)
    return {
        entry.kind.value: {
            (line.window.name if line.window else None, line.amount.minor)
            for line in entry.lines
            if line.amount.minor > 0
        }
        for entry in entries
    }


def test_a_deposit_is_kept_for_the_window_its_agreement_prefers(
    fund: Fund, donor: Organisation, officer: Viewer, window: FundWindow
) -> None:
    agreement = sign(fund, donor, officer, window=window)
    deposit = pay(fund, agreement, 6_000_000, MARCH, officer, fee=usd(5_700))
    assert kept(fund, deposit) == {
        "deposit": {("Investigations", 60_000_000)},
        "aa_fee": {("Investigations", 570_000)},
    }


def test_of_a_preference_for_a_part_each_deposit_keeps_its_share(
    make: Make, fund: Fund, donor: Organisation, officer: Viewer, window: FundWindow
) -> None:
    agent = make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    agreement = sign(fund, donor, officer, window=window, preferred=sek(6_000_000))
    deposit = pay(fund, agreement, 6_000_000, MARCH, officer, received=Money(57_600_001, "USD"), fee=usd(5_700))
    assert kept(fund, deposit) == {
        "deposit": {("Investigations", 19_200_000), (None, 38_400_001)},
        "aa_fee": {("Investigations", 190_000), (None, 380_000)},
    }
    confirm_deposit(deposit, by=agent)
    parts = availability(fund).parts
    assert parts[window.id].balance.minor == 19_200_000 - 190_000
    assert parts[None].balance.minor == 38_400_001 - 380_000
    books.reverse_document(fund, "deposit", deposit.public_id, reason="twice", by=officer)
    assert balances.of_line(fund, deposit.entry.kind.debit) == {"USD": Money(0, "USD")}


def test_an_agreement_may_not_prefer_what_is_no_part_of_it(
    fund: Fund, donor: Organisation, officer: Viewer, window: FundWindow
) -> None:
    for preferred in (sek(18_000_001), sek(0), usd(1)):
        with pytest.raises(RuleBroken, match="The part lies between"):
            sign(fund, donor, officer, window=window, preferred=preferred)
    with pytest.raises(RuleBroken, match="Choose the window"):
        sign(fund, donor, officer, preferred=sek(1))


def test_a_window_that_ended_is_preferred_by_nothing_new(
    fund: Fund, donor: Organisation, officer: Viewer, window: FundWindow
) -> None:
    agreement = sign(fund, donor, officer, window=window)
    funds.end_window(fund, window, by=officer)
    with pytest.raises(RuleBroken, match="ended on"):
        sign(fund, donor, officer, reference="SE-2", window=window)
    service.amend(fund, agreement, change(agreement, window=window, preferred=sek(6_000_000)), by=officer)
    assert kept(fund, pay(fund, agreement, 3_000_000, MARCH, officer))["deposit"] == {
        ("Investigations", 10_000_000), (None, 20_000_000),
    }  # fmt: skip


def test_a_deposit_is_kept_for_the_window_its_agreement_prefers_by_now(
    fund: Fund, donor: Organisation, officer: Viewer, window: FundWindow
) -> None:
    other = funds.add_window(fund, code="W2", name="Evidence", by=officer)
    agreement = sign(fund, donor, officer, window=window)
    assert agreement.window == window
    # Somebody else amends it after it was read here and before the fund is locked.
    elsewhere = text("UPDATE agreement SET window_id = :window, version = version + 1 WHERE id = :id")
    db.session.execute(elsewhere, {"window": other.id, "id": agreement.id})
    deposit = pay(fund, agreement, 6_000_000, MARCH, officer)
    assert {line.window_id for line in deposit.entry.lines} == {other.id}


def test_windows_have_their_own_codes_and_keep_what_ended(
    make: Make, fund: Fund, officer: Viewer, window: FundWindow
) -> None:
    agent = make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    with pytest.raises(RuleBroken, match="already"):
        funds.add_window(fund, code="W1", name="Twice", by=officer)
    assert funds.rename_window(window, name="Renamed", by=officer)
    assert not funds.rename_window(window, name="Renamed", by=officer)
    funds.end_window(fund, window, by=officer)
    with pytest.raises(RuleBroken, match="It ended on"):
        funds.end_window(fund, window, by=officer)
    with pytest.raises(NotAllowed):
        funds.add_window(fund, code="W2", name="No", by=agent)


# What becomes of a pledge


def test_a_pledge_that_became_an_agreement_is_counted_once(fund: Fund, agreement: Agreement, officer: Viewer) -> None:
    pledge = announce_pledge(fund, Announcement(agreement.donor, sek(18_000_000), JANUARY), by=officer)
    assert pledge.standing.value == PledgeStanding.ANNOUNCED
    assert len(announced(officer, fund)) == 1
    sign_pledge(pledge, agreement, by=officer)
    db.session.commit()
    assert pledge.standing.value == PledgeStanding.SIGNED
    assert announced(officer, fund) == []
    assert list(queries.pledges_of(officer, fund, agreement)) == [pledge]
    with pytest.raises(RuleBroken, match="noted already"):
        sign_pledge(pledge, agreement, by=officer)
    with pytest.raises(RuleBroken, match="not signed"):
        withdraw_pledge(pledge, reason="Changed", by=officer)
    sign_pledge(pledge, None, by=officer)
    assert [sum_.count for sum_ in announced(officer, fund)] == [1]


def test_a_withdrawn_pledge_stays_on_record_and_counts_no_more(
    fund: Fund, agreement: Agreement, officer: Viewer
) -> None:
    pledge = announce_pledge(fund, Announcement(agreement.donor, sek(1), JANUARY), by=officer)
    with pytest.raises(RuleBroken, match="Say why"):
        withdraw_pledge(pledge, reason=" ", by=officer)
    withdraw_pledge(pledge, reason="Budget cut", by=officer)
    db.session.commit()
    assert pledge.standing.value == PledgeStanding.WITHDRAWN
    assert announced(officer, fund) == []
    with pytest.raises(RuleBroken, match="withdrawn on"):
        sign_pledge(pledge, agreement, by=officer)


def test_a_pledge_becomes_no_agreement_of_somebody_else(
    make: Make, fund: Fund, agreement: Agreement, officer: Viewer
) -> None:
    norway = make.organisation("Norway")
    pledge = announce_pledge(fund, Announcement(norway, sek(1), JANUARY), by=officer)
    with pytest.raises(RuleBroken, match="The pledge is from"):
        sign_pledge(pledge, agreement, by=officer)
