"""Pledges, agreements and deposits: what is recorded, flagged, refused, and who sees it (DOMAIN: Money)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mptf.agreements.listed import Payment, page_of_agreements
from mptf.agreements.service import Signature, sign_agreement
from mptf.commitments.models import Agreement, AgreementKind, Certainty
from mptf.commitments.queries import visible
from mptf.contributions.contributors import contributors
from mptf.core import clock
from mptf.core.db import db, unit_of_work
from mptf.core.errors import KnownAlready, NotAllowed, NotFound, RuleBroken
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.deposits.flags import flagged
from mptf.deposits.models import Deposit, effective_rate
from mptf.deposits.queries import get_deposit, operational_rate, waiting_for
from mptf.deposits.remarks import Flag
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.ledger import balances
from mptf.ledger import queries as ledger
from mptf.ledger.chart import AA_FEE, CASH, CONTRIBUTIONS
from mptf.ledger.models import Standing
from mptf.organisations.models import Organisation
from mptf.pledges.models import Pledge, Precision
from mptf.pledges.queries import announced
from mptf.pledges.service import Announcement, announce_pledge
from mptf.policy import Permission, Role, Viewer, can
from mptf.rates.models import ExchangeRate
from tests.factories import Make

SEK_6M = Money(600_000_000, "SEK")
USD_576K = Money(57_600_000, "USD")
FEE = Money(570_240, "USD")
MARCH = date(2026, 3, 15)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def donor(make: Make) -> Organisation:
    return make.organisation("Donorland")


def receipt(donor: Organisation, **facts: Any) -> Receipt:
    return replace(Receipt(donor, USD_576K, MARCH, original=SEK_6M, fee=FEE, bank_reference="AA-2026-017"), **facts)


def signature(donor: Organisation, **facts: Any) -> Signature:
    return replace(Signature(donor, "A-1", date(2026, 1, 10), Money(1_800_000_000, "SEK")), **facts)


def announcement(donor: Organisation, **facts: Any) -> Announcement:
    return replace(Announcement(donor, Money(500_000_000, "NOK"), date(2024, 1, 20), Precision.MONTH), **facts)


def record(fund: Fund, what: Receipt, by: Viewer) -> Deposit:
    deposit = record_deposit(fund, what, by=by)
    db.session.commit()
    return deposit


def sign(fund: Fund, what: Signature, by: Viewer) -> Agreement:
    agreement = sign_agreement(fund, what, by=by)
    db.session.commit()
    return agreement


def titles(viewer: Viewer, fund: Fund, deposit: Deposit, tone: str = "warn") -> list[str]:
    found = get_deposit(viewer, fund, deposit.public_id).remarks
    return [remark.title for remark in found if remark.tone == tone]


# Deposits and the ledger


def test_deposit_posts_cash_and_fee(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    deposit = record(fund, receipt(donor), officer)
    assert balances.of_line(fund, CASH) == {"USD": USD_576K - FEE}
    assert balances.of_line(fund, CONTRIBUTIONS) == {"USD": -USD_576K}
    assert balances.of_line(fund, AA_FEE) == {"USD": FEE}
    posted = ledger.entries_of(fund, "deposit", deposit.public_id)
    assert [entry.id for entry in posted] == [deposit.entry_id, deposit.fee_entry_id]
    assert {entry.value_on for entry in posted} == {MARCH}


def test_deposit_whose_fee_is_not_stated_posts_none(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    deposit = record(fund, receipt(donor, fee=None), officer)
    assert deposit.fee is None
    assert deposit.fee_share is None
    assert balances.of_line(fund, CASH) == {"USD": USD_576K}


def test_nil_fee_is_stated_and_posts_nothing(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    deposit = record(fund, receipt(donor, fee=Money(0, "USD")), officer)
    db.session.expire_all()
    assert deposit.fee == Money(0, "USD")
    assert deposit.fee_entry_id is None


def test_pledges_and_agreements_are_not_booked(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    announce_pledge(fund, announcement(donor), by=officer)
    sign(fund, signature(donor), officer)
    assert balances.of_accounts(fund) == []


def test_effective_rate_is_original_for_one_dollar_received() -> None:
    assert effective_rate(SEK_6M, USD_576K) == Decimal("10.416667")


@pytest.mark.parametrize(
    "valid_from, rate", [(date(2026, 3, 1), 10_412_000), (date(2026, 2, 1), None), (date(2026, 3, 16), None)]
)
def test_operational_rate_beside_it_is_the_one_of_that_day(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, valid_from: date, rate: int | None
) -> None:
    db.session.add(ExchangeRate(currency="SEK", valid_from=valid_from, millionths=10_412_000))
    deposit = record(fund, receipt(donor), officer)
    found = operational_rate(deposit)
    assert (found.millionths if found else None) == rate


def test_deposit_in_the_currency_of_the_fund_has_no_operational_rate(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    assert operational_rate(record(fund, receipt(donor, original=USD_576K), officer)) is None


def at_once(app: Flask, times: int, act: Callable[[], object]) -> list[str]:
    """Do the same in as many threads at once, each its own unit of work; return the refusals."""
    start = Barrier(times)

    def one(_number: int) -> str | None:
        with app.app_context():
            start.wait()
            try:
                with unit_of_work():
                    act()
            except RuleBroken as refusal:
                return refusal.template
            return None

    with ThreadPoolExecutor(times) as pool:
        return [refusal for refusal in pool.map(one, range(times)) if refusal]


@pytest.mark.both_engines
def test_same_facts_recorded_at_once_are_recorded_once(
    app: Flask, make: Make, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    assert len(at_once(app, 8, lambda: record_deposit(fund, receipt(donor), by=officer))) == 7
    assert len(at_once(app, 8, lambda: announce_pledge(fund, announcement(donor), by=officer))) == 7
    assert len(at_once(app, 8, lambda: sign_agreement(fund, signature(donor), by=officer))) == 7

    def confirm() -> None:
        confirm_deposit(db.session.scalars(select(Deposit)).one(), by=agent)

    assert len(at_once(app, 8, confirm)) == 7
    with app.app_context():
        assert balances.of_line(fund, CASH) == {"USD": USD_576K - FEE}


def test_actual_fee_is_kept_and_shown_in_percent(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    assert record(fund, receipt(donor), officer).fee_share == Decimal("0.99")


def test_deposit_is_advised_until_the_agent_confirms_it(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    deposit = record(fund, receipt(donor), officer)
    assert deposit.standing.value == Standing.ADVISED
    confirm_deposit(deposit, by=agent, note="Gateway, 16 March")
    db.session.commit()
    assert deposit.standing.value == Standing.CONFIRMED
    assert [balance.advised.minor for balance in balances.of_accounts(fund)] == [0, 0, 0]


def test_only_the_agent_confirms(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    deposit = record(fund, receipt(donor), officer)
    with pytest.raises(NotAllowed):
        confirm_deposit(deposit, by=officer)


def test_who_recorded_a_deposit_does_not_confirm_it_as_another_role(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    deposit = record(fund, receipt(donor), officer)
    same_person = replace(agent, id=officer.id)
    with pytest.raises(RuleBroken, match="You recorded this; somebody else confirms it"):
        confirm_deposit(deposit, by=same_person)


def test_deposit_is_confirmed_once(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer) -> None:
    deposit = record(fund, receipt(donor), officer)
    confirm_deposit(deposit, by=agent)
    with pytest.raises(RuleBroken, match="confirmed already"):
        confirm_deposit(deposit, by=agent)


@pytest.mark.both_engines
def test_database_refuses_to_change_a_deposit(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    record(fund, receipt(donor), officer)
    for statement in ("UPDATE deposit SET received_minor = 1", "DELETE FROM deposit"):
        with pytest.raises(DBAPIError, match="deposit rows are never"), db.engine.begin() as connection:
            connection.execute(text(statement))


# Refused: repeats and what cannot be true


def test_same_deposit_is_refused_in_words(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    record(fund, receipt(donor), officer)
    with pytest.raises(RuleBroken, match="recorded already") as refused:
        record(fund, receipt(donor, bank_reference=" aa-2026-017 ", fee=None), officer)
    assert refused.value.field == "bank_reference"


def test_same_deposit_without_a_reference_is_refused_too(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    record(fund, receipt(donor, bank_reference=""), officer)
    for again in (receipt(donor, bank_reference=""), receipt(donor, bank_reference="", original=None)):
        with pytest.raises(RuleBroken, match="this value date is recorded already, without a bank reference"):
            record(fund, again, officer)
    assert record(fund, receipt(donor, bank_reference="AA-2"), officer).received == USD_576K


def test_the_same_dollars_for_another_amount_are_another_payment(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    euros = Money(500_000_00, "EUR")
    record(fund, receipt(donor, bank_reference=""), officer)
    assert record(fund, receipt(donor, bank_reference="", original=euros), officer).original == euros
    with pytest.raises(KnownAlready, match="recorded already"):
        record(fund, receipt(donor, bank_reference="", original=euros), officer)
    record(fund, receipt(donor), officer)
    with pytest.raises(KnownAlready, match="this value date and bank reference is recorded already"):
        record(fund, receipt(donor, original=euros), officer)
    the_day_before = receipt(donor, value_on=date(2026, 3, 14))
    record(fund, the_day_before, officer)
    with pytest.raises(KnownAlready, match="with the bank reference AA-2026-017. If this is another payment"):
        record(fund, replace(the_day_before, bank_reference=""), officer)


@pytest.mark.parametrize(
    "facts, field",
    [
        ({"received": Money(0, "USD")}, "received"),
        ({"received": Money(-1, "USD")}, "received"),
        ({"received": Money(100, "EUR")}, "received"),
        ({"original": Money(0, "SEK")}, "original"),
        ({"fee": Money(-1, "USD")}, "fee"),
        ({"fee": USD_576K + Money(1, "USD")}, "fee"),
        ({"fee": Money(1, "EUR")}, "fee"),
        ({"value_on": date(2026, 3, 17)}, "value_on"),
    ],
)
def test_deposit_that_cannot_be_true_is_refused_at_its_field(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, facts: dict[str, Any], field: str
) -> None:
    with clock.at(datetime(2026, 3, 16, 12, tzinfo=UTC)), pytest.raises(RuleBroken) as refused:
        record_deposit(fund, receipt(donor, **facts), by=officer)
    assert refused.value.field == field


@pytest.mark.parametrize("role", [role for role in Role if "secretariat" not in role])
def test_only_the_secretariat_records(ctx: Flask, make: Make, fund: Fund, donor: Organisation, role: Role) -> None:
    viewer = make.viewer(role, fund, donor)
    with pytest.raises(NotAllowed):
        record_deposit(fund, receipt(donor), by=viewer)
    with pytest.raises(NotAllowed):
        announce_pledge(fund, announcement(donor), by=viewer)
    with pytest.raises(NotAllowed):
        sign_agreement(fund, signature(donor), by=viewer)


# Stored and flagged: reality is never refused


def test_deposit_without_an_agreement_is_flagged(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    assert titles(officer, fund, record(fund, receipt(donor), officer)) == ["No agreement"]


def test_deposit_under_its_agreement_has_nothing_to_say(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    agreement = sign(fund, signature(donor), officer)
    assert titles(officer, fund, record(fund, receipt(donor, agreement=agreement), officer)) == []


def test_deposit_above_the_agreement_is_flagged_with_both_figures(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    agreement = sign(fund, signature(donor, amount=Money(1_000_000_000, "SEK")), officer)
    first = record(fund, receipt(donor, agreement=agreement), officer)
    second = record(fund, receipt(donor, agreement=agreement, bank_reference="AA-2026-018"), officer)
    assert titles(officer, fund, first) == []
    remark = get_deposit(officer, fund, second.public_id).remarks[0]
    assert filled(remark.template, remark.values) == (
        "With this deposit SEK\xa012,000,000.00 arrived under agreement A-1, which is for SEK\xa010,000,000.00."
    )


def test_deposit_that_does_not_fit_its_agreement_is_flagged(
    ctx: Flask, make: Make, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    other = make.organisation("Elsewhere")
    agreement = sign(fund, signature(other, signed_on=date(2026, 4, 1), amount=Money(100, "EUR")), officer)
    deposit = record(fund, receipt(donor, agreement=agreement), officer)
    assert titles(officer, fund, deposit) == [
        "Another contributor’s agreement",
        "Before the agreement",
        "Another currency",
    ]


def test_bank_reference_with_other_figures_is_flagged_on_both(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    agreement = sign(fund, signature(donor), officer)
    first = record(fund, receipt(donor, agreement=agreement, bank_reference="ÄB 12/é"), officer)
    again = receipt(donor, agreement=agreement, received=Money(1, "USD"), fee=None, bank_reference="äb12/ É")
    second = record(fund, again, officer)
    assert titles(officer, fund, first) == titles(officer, fund, second) == ["Bank reference used twice"]
    assert flagged(officer, fund).counts[Flag.REFERENCE_TWICE] == 2


def test_what_no_source_states_is_said(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    opening = record(
        fund,
        Receipt(
            donor,
            Money(165_034_100, "USD"),
            date(2020, 12, 31),
            certainty=Certainty.PROBABLE,
            certainty_note="not stated by any source read",
            is_opening=True,
        ),
        officer,
    )
    found = get_deposit(officer, fund, opening.public_id).remarks
    assert [filled(remark.template, remark.values) for remark in found] == [
        "That Donorland paid this amount is probable. How that is known: not stated by any source read",
        "This is what had arrived by 31 Dec 2020 in all; the single payments are not recorded.",
        "Not stated: original amount and currency, fee.",
    ]


# Pledges and agreements


def test_pledge_of_a_month_is_kept_as_exactly_as_it_is_known(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    pledge = announce_pledge(fund, announcement(donor), by=officer)
    assert (pledge.announced_on, pledge.announced) == (date(2024, 1, 1), "Jan 2024")
    yearly = announce_pledge(fund, announcement(donor, precision=Precision.YEAR), by=officer)
    assert yearly.announced == "2024"
    daily = announce_pledge(fund, announcement(donor, precision=Precision.DAY), by=officer)
    assert daily.announced == "20 Jan 2024"


def test_same_pledge_is_refused_in_words(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    announce_pledge(fund, announcement(donor), by=officer)
    with pytest.raises(RuleBroken, match="is recorded already"):
        announce_pledge(fund, announcement(donor, announced_on=date(2024, 1, 3)), by=officer)


def test_pledges_are_added_up_per_currency(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer) -> None:
    for minor, currency in ((40_000_000, "EUR"), (500_000_000, "NOK"), (25_000_000, "EUR")):
        announce_pledge(fund, announcement(donor, amount=Money(minor, currency)), by=officer)
    assert [(row.amount, row.count) for row in announced(officer, fund)] == [
        (Money(65_000_000, "EUR"), 2),
        (Money(500_000_000, "NOK"), 1),
    ]


def test_reference_of_an_agreement_is_used_once_by_a_contributor(
    ctx: Flask, make: Make, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    other = make.organisation("Elsewhere")
    sign(fund, signature(donor), officer)
    with pytest.raises(RuleBroken, match="has an agreement a-1 already"):
        sign(fund, signature(donor, reference="a-1"), officer)
    assert sign(fund, signature(other, kind=AgreementKind.OTHER), officer).reference == "A-1"


def test_agreement_shows_what_arrived_in_its_own_currency(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    agreement = sign(fund, signature(donor, amount=SEK_6M), officer)
    (line,) = page_of_agreements(officer, fund).items
    assert (line.payment, line.outstanding) == (Payment.PENDING, SEK_6M)
    first = record(fund, receipt(donor, agreement=agreement, original=Money(200_000_000, "SEK")), officer)
    (line,) = page_of_agreements(officer, fund).items
    assert (line.payment, line.advised, line.outstanding) == (Payment.PENDING, Money(200_000_000, "SEK"), SEK_6M)
    confirm_deposit(first, by=agent)
    (line,) = page_of_agreements(officer, fund).items
    assert (line.payment, line.outstanding) == (Payment.PARTLY_PAID, Money(400_000_000, "SEK"))
    rest = receipt(donor, agreement=agreement, original=Money(400_000_000, "SEK"), bank_reference="2")
    confirm_deposit(record(fund, rest, officer), by=agent)
    (line,) = page_of_agreements(officer, fund).items
    assert (line.payment, line.received) == (Payment.PAID, SEK_6M)


# Sums, and who sees what


def test_contributors_are_added_up_with_how_sure_they_are(
    ctx: Flask, make: Make, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    other = make.organisation("Elsewhere")
    probable = {"certainty": Certainty.PROBABLE, "certainty_note": "not stated by any source read"}
    first = record(fund, receipt(donor, received=Money(300, "USD"), fee=Money(3, "USD")), officer)
    record(fund, receipt(donor, received=Money(100, "USD"), fee=None, **probable), officer)
    record(fund, receipt(other, received=Money(100, "USD"), fee=None), officer)
    confirm_deposit(first, by=agent)
    db.session.commit()

    found = contributors(fund)
    assert [(row.donor.short_name, row.received.minor, row.certainty) for row in found.rows] == [
        ("Donorland", 400, Certainty.PROBABLE),
        ("Elsewhere", 100, Certainty.CERTAIN),
    ]
    assert found.rows[0].notes == ("not stated by any source read",)
    assert (found.received.minor, found.confirmed.minor, found.probable.minor) == (500, 300, 100)
    assert (found.fee.minor, found.fees_not_stated, found.deposits) == (3, 2, 3)
    assert [found.share(row) for row in found.rows] == [Decimal("100.00"), Decimal("0.00")]
    assert [found.lengths(row) for row in found.rows] == [(Decimal("100.00"), Decimal(0)), (Decimal(0), Decimal(0))]
    assert contributors(fund, confirmed=True).received.minor == 300
    assert contributors(fund).confirmed == Money(300, "USD")
    assert contributors(fund).counted.contributors == {donor.id}


def test_fund_without_deposits_has_no_contributors(ctx: Flask, fund: Fund) -> None:
    found = contributors(fund)
    assert (found.rows, found.received) == ([], Money(0, "USD"))


@pytest.mark.parametrize("role", list(Role))
def test_what_a_list_shows_is_what_the_policy_allows(
    ctx: Flask, make: Make, fund: Fund, donor: Organisation, officer: Viewer, role: Role
) -> None:
    elsewhere, other_fund = make.organisation("Elsewhere"), make.fund("DEM00")
    other_officer = make.viewer(Role.SECRETARIAT_OFFICER, other_fund)
    for place, by in ((fund, officer), (other_fund, other_officer)):
        for who in (donor, elsewhere):
            announce_pledge(place, announcement(who), by=by)
            sign_agreement(place, signature(who), by=by)
            record_deposit(place, receipt(who), by=by)
    db.session.commit()
    viewer, kinds = make.viewer(role, fund, donor), list[Any]((Pledge, Agreement, Deposit))

    for place, kind in product((fund, other_fund), kinds):
        every = db.session.scalars(select(kind).where(kind.fund_id == place.id)).all()
        allowed = {row.id for row in every if can(viewer, Permission.CONTRIBUTIONS_VIEW, row)}
        assert {row.id for row in db.session.scalars(visible(viewer, place, kind))} == allowed
        assert len(every) == 2


def test_deposit_of_another_contributor_is_absent_for_a_donor(
    ctx: Flask, make: Make, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    deposit = record(fund, receipt(make.organisation("Elsewhere")), officer)
    with pytest.raises(NotFound):
        get_deposit(make.viewer(Role.DONOR_VIEWER, fund, donor), fund, deposit.public_id)


def test_deposit_of_another_fund_is_absent(ctx: Flask, make: Make, fund: Fund, donor: Organisation) -> None:
    other = make.fund("DEM00")
    deposit = record(other, receipt(donor), make.viewer(Role.SECRETARIAT_OFFICER, other))
    with pytest.raises(NotFound):
        get_deposit(make.viewer(Role.SECRETARIAT_OFFICER, fund), fund, deposit.public_id)


def test_advised_deposits_wait_for_the_agent_alone(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    deposit = record(fund, receipt(donor), officer)
    (waiting,) = waiting_for(agent, fund)
    assert (waiting.title.format(**waiting.facts), waiting.values) == (
        "Confirm USD\xa0576,000.00 from Donorland",
        {"public_id": deposit.public_id},
    )
    assert waiting_for(officer, fund) == []
    confirm_deposit(deposit, by=agent)
    db.session.commit()
    assert waiting_for(agent, fund) == []


def test_home_names_the_oldest_deposits_to_confirm_and_leads_to_the_others(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    every = [
        record(fund, receipt(donor, bank_reference=f"AA-{n}", received=Money(n * 10_000_000, "USD")), officer)
        for n in range(1, 13)
    ]
    *named, rest = waiting_for(agent, fund)
    assert [one.values["public_id"] for one in named] == [deposit.public_id for deposit in every[:10]]
    assert rest.endpoint == "deposits.deposits"


def test_deposit_before_the_fund_was_established_is_a_slip_of_the_year(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer
) -> None:
    fund.established_on = date(2019, 3, 15)
    with pytest.raises(RuleBroken, match="The fund was established on 15 Mar 2019. Check the year.") as refused:
        record(fund, receipt(donor, value_on=date(1925, 12, 31)), officer)
    assert refused.value.field == "value_on"
    assert record(fund, receipt(donor, value_on=date(2019, 3, 15)), officer).value_on == date(2019, 3, 15)
