"""What is set aside of the fund's cash, and what is left to set aside (DOMAIN 2: Available to allocate; MON-2)."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mptf.claims import queries, service
from mptf.claims.available import Claimed, ClaimKind, available
from mptf.claims.models import Claim, ClaimMove
from mptf.claims.service import SetAside
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.fund.models import Fund, FundSettings, FundWindow
from mptf.fund.queries import get_fund
from mptf.ledger import service as ledger
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import ConfirmedBy, Entry
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.at_once import at_once

MARCH, JUNE = date(2026, 3, 15), date(2026, 6, 15)
IMPORTED = ConfirmedBy.GATEWAY_IMPORT
ALLOCATION, DIRECT_COST, RESERVE = ClaimKind


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def by(make: Make, fund: Fund) -> Viewer:
    return make.viewer(Role.SECRETARIAT_OFFICER, fund)


@pytest.fixture
def donor(make: Make) -> Organisation:
    return make.organisation()


def usd(dollars: int) -> Money:
    return Money(dollars * 100, "USD")


def post(
    fund: Fund, by: Viewer, kind: EntryKind, dollars: int, party: Organisation | None = None, *, key: str = "",
    reference: str = "", window: FundWindow | None = None, confirmed: ConfirmedBy | None = IMPORTED,
    value_on: date = MARCH,
) -> Entry:  # fmt: skip
    key = key or f"{kind} {reference} {dollars}"
    what = Document(kind, usd(dollars), value_on, fund, key, party=party, reference=reference, window=window)
    return ledger.post(fund, what, by=by, confirmed=confirmed)


def set_aside(
    fund: Fund, by: Viewer, dollars: int, kind: ClaimKind = ALLOCATION, *, label: str = "A",
    window: FundWindow | None = None, value_on: date = MARCH,
) -> Claim:  # fmt: skip
    return service.set_aside(fund, SetAside(kind, label, usd(dollars), value_on, window=window), by=by)


def left(fund: Fund) -> int:
    """Return what is available in all, in whole dollars."""
    return queries.availability(fund).total.available.minor // 100


# The sum itself


def test_the_example_of_the_rule() -> None:
    claims = [
        Claimed(ALLOCATION, usd(1000), usd(1000)),
        Claimed(ALLOCATION, usd(600), usd(400)),
        Claimed(ALLOCATION, usd(300), usd(310)),
        Claimed(DIRECT_COST, usd(40), usd(10)),
    ]
    found = available({None: usd(900)}, claims, usd(100))
    assert found.total.available == usd(570)
    assert (found.total.allocations, found.total.direct_costs, found.total.reserve) == (usd(200), usd(30), usd(100))


AMOUNTS = st.integers(0, 10_000).map(usd)
WINDOWS = st.sampled_from([None, 1, 2])
CLAIMS = st.lists(st.builds(Claimed, st.sampled_from(ClaimKind), AMOUNTS, AMOUNTS, WINDOWS))


@given(cash=st.dictionaries(WINDOWS, AMOUNTS), claims=CLAIMS, reserve=AMOUNTS)
def test_the_parts_add_up_to_the_whole_and_nobody_paid_too_much_frees_anything(
    cash: dict[int | None, Money], claims: list[Claimed], reserve: Money
) -> None:
    found = available(cash, claims, reserve)
    whole = sum((part.available for part in found.parts.values()), usd(0))
    assert found.total.available == whole
    assert whole == sum(cash.values(), usd(0)) - sum((claim.outstanding for claim in claims), usd(0)) - reserve
    assert whole <= sum(cash.values(), usd(0))


# Through the books


def test_the_example_through_the_books(
    ctx: Flask, fund: Fund, by: Viewer, undp: Organisation, donor: Organisation
) -> None:
    settings = db.session.merge(fund).settings[0]
    settings.reserve_minor = usd(100).minor
    post(fund, by, EntryKind.DEPOSIT, 2_570, donor)
    paid = {"A": (1000, 1000), "B": (600, 400), "C": (300, 310)}
    for label, (allocated, transferred) in paid.items():
        claim = set_aside(fund, by, allocated, label=label)
        service.pay_by(fund, claim, undp, f"0012000{label}", by=by)
        post(fund, by, EntryKind.TRANSFER, transferred, undp, reference=f"0012000{label}")
    post(fund, by, EntryKind.PUNO_REFUND, 50, undp, reference="0012000A")
    cost = set_aside(fund, by, 40, DIRECT_COST, label="Secretariat")
    service.pay_by(fund, cost, undp, "secretariat", by=by)
    post(fund, by, EntryKind.DIRECT_COST, 10, undp, reference="secretariat")
    db.session.commit()
    total = queries.availability(fund).total
    assert (total.balance, total.available) == (usd(900), usd(570))


def test_cash_and_payments_count_once_they_are_confirmed(
    ctx: Flask, fund: Fund, by: Viewer, undp: Organisation, donor: Organisation
) -> None:
    advised = post(fund, by, EntryKind.DEPOSIT, 500, donor, confirmed=None)
    assert left(fund) == 0
    ledger.confirm(advised, by=by, how=IMPORTED)
    claim = set_aside(fund, by, 300)
    service.pay_by(fund, claim, undp, "1", by=by)
    on_its_way = post(fund, by, EntryKind.TRANSFER, 300, undp, reference="1", confirmed=None)
    assert left(fund) == 200
    ledger.confirm(on_its_way, by=by, how=IMPORTED)
    assert left(fund) == 200


def test_a_transfer_that_is_taken_back_is_set_aside_again(
    ctx: Flask, fund: Fund, by: Viewer, undp: Organisation, donor: Organisation
) -> None:
    post(fund, by, EntryKind.DEPOSIT, 500, donor)
    service.pay_by(fund, set_aside(fund, by, 300), undp, "1", by=by)
    transfer = post(fund, by, EntryKind.TRANSFER, 300, undp, reference="1")
    ledger.confirm(ledger.reverse(transfer, reason="Wrong bank", by=by), by=by)
    total = queries.availability(fund).total
    assert (total.balance, total.allocations) == (usd(500), usd(300))


def test_what_is_cut_is_free_again(ctx: Flask, fund: Fund, by: Viewer, donor: Organisation) -> None:
    post(fund, by, EntryKind.DEPOSIT, 500, donor)
    claim = set_aside(fund, by, 300)
    service.cut_by(fund, claim, usd(100), value_on=JUNE, reason="Closed", by=by)
    assert left(fund) == 300
    assert queries.in_force(claim) == usd(200)
    with pytest.raises(RuleBroken, match=r"Only USD.200\.00 of it is in force"):
        service.cut_by(fund, claim, usd(201), value_on=JUNE, reason="All", by=by)
    with pytest.raises(RuleBroken, match="Say why it is changed"):
        service.cut_by(fund, claim, usd(1), value_on=JUNE, reason=" ", by=by)


def test_availability_as_at_a_day_and_as_known_at_a_moment(
    ctx: Flask, fund: Fund, by: Viewer, donor: Organisation
) -> None:
    april, july = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    with clock.at(april):
        post(fund, by, EntryKind.DEPOSIT, 500, donor)
        claim = set_aside(fund, by, 200)
    with clock.at(july):
        service.cut_by(fund, claim, usd(50), value_on=JUNE, reason="Closed", by=by)
        post(fund, by, EntryKind.DEPOSIT, 7, donor, key="late")
    db.session.commit()

    def then(**when: object) -> int:
        return queries.availability(fund, **when).total.available.minor // 100  # type: ignore[arg-type]

    assert then() == 357
    assert then(as_at=date(2026, 6, 14)) == 307
    assert then(as_at=JUNE, known_at=april) == 300
    assert then(as_at=date(2026, 3, 14)) == 0


def test_windows_are_set_aside_apart(ctx: Flask, fund: Fund, by: Viewer, donor: Organisation) -> None:
    settings = db.session.merge(fund).settings[0]
    settings.reserve_minor = usd(40).minor
    first, second = (FundWindow(fund_id=fund.id, code=code, name=f"Window {code}") for code in "12")
    db.session.add_all([first, second])
    db.session.flush()
    post(fund, by, EntryKind.DEPOSIT, 100, donor, window=first)
    post(fund, by, EntryKind.DEPOSIT, 500, donor)
    set_aside(fund, by, 60, window=first)
    set_aside(fund, by, 30, RESERVE, label="Audit")
    found = queries.availability(fund)
    assert (found.of(first.id).available, found.of(None).available) == (usd(40), usd(430))
    assert (found.of(second.id).available, found.total.available) == (usd(0), usd(470))
    for window, dollars in ((first, 41), (second, 1), (None, 431)):
        with pytest.raises(RuleBroken, match="is more than is available"):
            set_aside(fund, by, dollars, window=window)
    set_aside(fund, by, 430, label="B")
    set_aside(fund, by, 40, label="C", window=first)
    assert left(fund) == 0


def test_an_overdrawn_window_leaves_no_more_than_the_fund_has(
    ctx: Flask, fund: Fund, by: Viewer, undp: Organisation, donor: Organisation
) -> None:
    window = FundWindow(fund_id=fund.id, code="1", name="Window")
    db.session.add(window)
    db.session.flush()
    post(fund, by, EntryKind.DEPOSIT, 100, donor)
    post(fund, by, EntryKind.TRANSFER, 30, undp, window=window)
    found = queries.availability(fund)
    assert (found.of(None).available, found.room(None)) == (usd(100), usd(70))


# Refusals


def test_a_claim_that_is_not_covered_is_refused_in_words(
    ctx: Flask, fund: Fund, by: Viewer, donor: Organisation
) -> None:
    post(fund, by, EntryKind.DEPOSIT, 500, donor)
    with pytest.raises(RuleBroken, match=r"USD.500\.01 is more than is available: USD.500\.00"):
        service.set_aside(fund, SetAside(ALLOCATION, "A", Money(500_01, "USD"), MARCH), by=by)
    for amount in (usd(0), usd(-1), Money(100, "EUR")):
        with pytest.raises(RuleBroken, match="above zero in USD"):
            service.set_aside(fund, SetAside(ALLOCATION, "A", amount, MARCH), by=by)
    with pytest.raises(RuleBroken, match="Say what it is for"):
        set_aside(fund, by, 1, label=" ")
    assert set_aside(fund, by, 500).label == "A"


def test_an_account_pays_one_claim(ctx: Flask, fund: Fund, by: Viewer, undp: Organisation, donor: Organisation) -> None:
    post(fund, by, EntryKind.DEPOSIT, 500, donor)
    first, second = set_aside(fund, by, 100, label="First"), set_aside(fund, by, 100, label="Second")
    account = service.pay_by(fund, first, undp, "00123456", by=by)
    assert service.pay_by(fund, first, undp, "00123456", by=by) == account
    assert account.title == "Transfers to participating organisations · UNDP · 00123456"
    assert queries.find_owner(account) == first
    with pytest.raises(RuleBroken, match="00123456 belongs to First"):
        service.pay_by(fund, second, undp, "00123456", by=by)
    with pytest.raises(ValueError, match="is not paid"):
        service.pay_by(fund, set_aside(fund, by, 1, RESERVE, label="R"), undp, "1", by=by)


@pytest.mark.both_engines
@pytest.mark.slow
def test_claims_made_at_once_never_exceed_what_is_there(
    app: Flask, ctx: Flask, fund: Fund, by: Viewer, donor: Organisation
) -> None:
    post(fund, by, EntryKind.DEPOSIT, 300, donor)
    db.session.commit()
    met = at_once(app, 12, lambda: set_aside(get_fund("SLW00"), by, 100))
    refused = "USD\N{NO-BREAK SPACE}100.00 is more than is available: USD\N{NO-BREAK SPACE}0.00."
    assert sorted(met) == [refused] * 9 + ["done"] * 3
    db.session.rollback()
    assert left(fund) == 0


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE claim_move SET amount_minor = 1", "DELETE FROM claim_move", "UPDATE claim SET label = 'x'",
        "DELETE FROM claim", "UPDATE claim_account SET claim_id = 9", "DELETE FROM claim_account",
    ],
)  # fmt: skip
def test_the_database_refuses_to_change_a_claim(
    ctx: Flask, fund: Fund, by: Viewer, undp: Organisation, donor: Organisation, statement: str
) -> None:
    post(fund, by, EntryKind.DEPOSIT, 500, donor)
    service.pay_by(fund, set_aside(fund, by, 100), undp, "1", by=by)
    db.session.commit()
    with pytest.raises(DBAPIError, match="rows are never"), db.engine.begin() as connection:
        connection.execute(text(statement))


def test_claims_of_another_fund_are_absent_and_each_is_in_the_audit_log(
    ctx: Flask, make: Make, fund: Fund, by: Viewer, donor: Organisation
) -> None:
    other = make.fund("DEM00")
    post(fund, by, EntryKind.DEPOSIT, 500, donor)
    set_aside(fund, by, 100)
    db.session.commit()
    assert queries.claims(other) == []
    assert queries.availability(other).total.available == usd(0)
    last = select(audit.AuditEvent.action).order_by(audit.AuditEvent.seq.desc()).limit(1)
    assert db.session.scalars(last).one() == "claim.made"
    moves = select(ClaimMove).where(ClaimMove.fund_id == fund.id)
    assert [(move.amount, move.by_id) for move in db.session.scalars(moves)] == [(usd(100), by.id)]
    assert {row.reserve_minor for row in db.session.scalars(select(FundSettings).filter_by(fund_id=fund.id))} == {0}
