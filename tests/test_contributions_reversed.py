"""A deposit that was taken back counts in no sum, but in those drawn as known before (MON-5, MON-7)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from mptf.agreements.listed import page_of_agreements
from mptf.agreements.service import Signature, sign_agreement
from mptf.contributions.contributors import contributors
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.queries import page_of_deposits, waiting_for
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.ledger import service as ledger
from mptf.ledger.models import Standing
from mptf.organisations.models import Organisation
from mptf.policy import Viewer
from tests.factories import Make

PAID = date(2026, 3, 15)
RECORDED, TAKEN_BACK = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 5, 1, 9, tzinfo=UTC)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def donor(make: Make) -> Organisation:
    return make.organisation("Donorland")


def usd(cents: int) -> Money:
    return Money(cents, "USD")


@pytest.fixture
def deposit(ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer) -> Deposit:
    """Record a deposit with its fee on 1 April 2026, and take both back on 1 May."""
    with clock.at(RECORDED):
        agreement = sign_agreement(fund, Signature(donor, "SAA-9", date(2026, 1, 10), usd(1_000_00)), by=officer)
        receipt = Receipt(donor, usd(1_000_00), PAID, agreement, fee=usd(10_00), bank_reference="B-9")
        deposit = record_deposit(fund, receipt, by=officer)
        db.session.commit()
    with clock.at(TAKEN_BACK):
        ledger.reverse_document(fund, deposit.__tablename__, deposit.public_id, reason="Not ours", by=officer)
        db.session.commit()
    return deposit


def test_it_counts_in_no_sum_and_says_so(fund: Fund, officer: Viewer, deposit: Deposit) -> None:
    assert contributors(fund).rows == []
    assert page_of_agreements(officer, fund).items[0].received == usd(0)
    (line,) = page_of_deposits(officer, fund).items
    assert line.deposit.standing is Standing.REVERSED
    assert [(remark.title, remark.values) for remark in line.remarks] == [("Reversed", {"day": TAKEN_BACK})]


def test_it_counts_as_known_before(fund: Fund, deposit: Deposit) -> None:
    known = contributors(fund, known_at=TAKEN_BACK - timedelta(days=1))
    assert (known.received, known.fee, known.deposits) == (usd(1_000_00), usd(10_00), 1)
    assert contributors(fund, known_at=RECORDED - timedelta(days=1)).rows == []
    assert contributors(fund, as_at=PAID - timedelta(days=1), known_at=RECORDED).rows == []


def test_a_confirmation_counts_as_known_then(
    ctx: Flask, fund: Fund, donor: Organisation, officer: Viewer, agent: Viewer
) -> None:
    with clock.at(RECORDED):
        made = record_deposit(fund, Receipt(donor, usd(500), PAID), by=officer)
    with clock.at(TAKEN_BACK):
        confirm_deposit(made, by=agent)
    before, after = (contributors(fund, known_at=moment) for moment in (RECORDED, TAKEN_BACK))
    assert (before.confirmed, after.confirmed) == (usd(0), usd(500))


def test_nothing_waits_for_its_confirmation(fund: Fund, agent: Viewer, deposit: Deposit) -> None:
    assert waiting_for(agent, fund) == []
    with pytest.raises(RuleBroken, match="there is nothing to confirm"):
        confirm_deposit(deposit, by=agent)


def test_the_same_payment_can_be_recorded_anew(
    fund: Fund, donor: Organisation, officer: Viewer, deposit: Deposit
) -> None:
    anew = record_deposit(fund, Receipt(donor, usd(1_000_00), PAID, bank_reference="B-9"), by=officer)
    db.session.commit()
    assert contributors(fund).deposits == 1
    assert anew.standing is Standing.ADVISED
