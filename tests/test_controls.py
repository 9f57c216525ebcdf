"""One person asks for a reversal or a closing, another decides; nobody does both, as no role (MON-6)."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from mptf.contributions.contributors import contributors
from mptf.controls import queries, service
from mptf.controls.models import ControlRequest, RequestKind, RequestStatus
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.ledger import balances
from mptf.ledger import queries as ledger
from mptf.ledger.chart import CASH
from mptf.ledger.models import LONGEST_MEMO, Standing
from mptf.ledger.queries import Posted
from mptf.policy import HeldRole, Role, Viewer
from tests.factories import Make
from tests.support.at_once import at_once
from tests.support.statements import statements

pytestmark = pytest.mark.both_engines

JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in range(1, 5))
IN_MAY = datetime(2026, 5, 20, 9, tzinfo=UTC)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def deposit(ctx: Flask, make: Make, fund: Fund, officer: Viewer) -> Deposit:
    """Record a deposit of 1,000.00 with a fee of 10.00, value date 10 January 2026."""
    receipt = Receipt(
        make.organisation(), Money(1_000_00, "USD"), date(2026, 1, 10), fee=Money(10_00, "USD"), bank_reference="B-1"
    )
    recorded = record_deposit(fund, receipt, by=officer)
    db.session.commit()
    return recorded


def cash(fund: Fund) -> int:
    return balances.of_line(fund, CASH).get("USD", Money.zero("USD")).minor


def as_agent(viewer: Viewer, fund: Fund) -> Viewer:
    """Return the same person as the Administrative Agent."""
    held = HeldRole("g", Role.ADMINISTRATIVE_AGENT, fund.id)
    return Viewer(viewer.id, viewer.public_id, viewer.name, (held,), held)


def titles(viewer: Viewer, fund: Fund) -> list[str]:
    return [filled(waiting.title, waiting.facts) for waiting in queries.waiting_for(viewer, fund)]


def contexts(viewer: Viewer, fund: Fund) -> list[str]:
    """Return what Home says below the titles, in plain spaces."""
    said = (filled(waiting.context, waiting.facts) for waiting in queries.waiting_for(viewer, fund))
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in said]


# Reversal


def test_a_reversal_that_is_approved_takes_the_whole_document_back(
    fund: Fund, officer: Viewer, head: Viewer, deposit: Deposit
) -> None:
    request = service.ask_reversal(deposit.entry, reason="Not ours", by=officer)
    db.session.commit()
    assert [entry.number for entry in queries.to_reverse(fund, deposit.entry)] == [1, 2]
    assert cash(fund) == 990_00
    service.approve(request, by=head)
    db.session.commit()
    assert (request.status, request.decided_by) == (RequestStatus.APPROVED, db.session.get(type(deposit.by), head.id))
    assert cash(fund) == 0
    assert deposit.standing is Standing.REVERSED
    assert contributors(fund).rows == []
    reversals = [entry for entry in ledger.entries_of(fund, "deposit", deposit.public_id) if entry.reverses]
    assert {(entry.memo, entry.by_id) for entry in reversals} == {("Not ours", head.id)}


@pytest.mark.parametrize("decide", [service.approve, partial(service.decline, answer="No")])
def test_who_prepared_it_does_not_decide_also_as_another_role(
    fund: Fund, head: Viewer, deposit: Deposit, decide: Callable[..., None]
) -> None:
    request = service.ask_reversal(deposit.entry, reason="Not ours", by=head)
    db.session.commit()
    for somebody in (head, as_agent(head, fund)):
        with pytest.raises(RuleBroken, match="You prepared this; somebody else approves it"):
            decide(request, by=somebody)
        db.session.rollback()
    assert titles(head, fund) == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT}))
def test_only_the_head_and_the_agent_decide(
    make: Make, fund: Fund, officer: Viewer, deposit: Deposit, role: Role
) -> None:
    request = service.ask_reversal(deposit.entry, reason="Not ours", by=officer)
    db.session.commit()
    somebody = make.viewer(role, fund, deposit.donor)
    with pytest.raises(NotAllowed):
        service.approve(request, by=somebody)
    db.session.rollback()
    if role is not Role.SECRETARIAT_OFFICER:
        with pytest.raises(NotAllowed):
            service.ask_reversal(deposit.entry, reason="Not ours", by=somebody)


def test_a_reversal_is_asked_for_once_with_a_reason(
    fund: Fund, officer: Viewer, head: Viewer, deposit: Deposit
) -> None:
    with pytest.raises(RuleBroken, match="Say why it is reversed"):
        service.ask_reversal(deposit.entry, reason=" ", by=officer)
    with pytest.raises(RuleBroken, match="at most 300 characters"):
        service.ask_reversal(deposit.entry, reason="x" * (LONGEST_MEMO + 1), by=officer)
    request = service.ask_reversal(deposit.entry, reason="x" * LONGEST_MEMO, by=officer)
    db.session.commit()
    assert deposit.fee_entry is not None
    with pytest.raises(RuleBroken, match="asked for already"):
        service.ask_reversal(deposit.fee_entry, reason="Not ours", by=head)
    service.approve(request, by=head)
    db.session.commit()
    with pytest.raises(RuleBroken, match="reversed already"):
        service.ask_reversal(deposit.entry, reason="Again", by=officer)


def test_a_request_ends_once(fund: Fund, officer: Viewer, head: Viewer, agent: Viewer, deposit: Deposit) -> None:
    request = service.ask_reversal(deposit.entry, reason="Not ours", by=officer)
    service.decline(request, answer="It is ours", by=head)
    db.session.commit()
    assert (request.status, request.answer, cash(fund)) == (RequestStatus.DECLINED, "It is ours", 990_00)
    with pytest.raises(RuleBroken, match="not possible while this is “Declined”"):
        service.approve(request, by=agent)
    db.session.rollback()
    with pytest.raises(RuleBroken, match="not possible while this is “Declined”"):
        service.withdraw(request, by=officer)
    db.session.rollback()
    again = service.ask_reversal(deposit.entry, reason="It is not", by=officer)
    with pytest.raises(RuleBroken, match="asked for this, and alone withdraws it"):
        service.withdraw(again, by=head)
    service.withdraw(again, by=officer)
    db.session.commit()
    assert (again.status, again.decided_by_id) == (RequestStatus.WITHDRAWN, None)
    assert service.ask_reversal(deposit.entry, reason="After all", by=officer).open


def test_a_decline_gives_a_reason(officer: Viewer, head: Viewer, deposit: Deposit) -> None:
    request = service.ask_reversal(deposit.entry, reason="Not ours", by=officer)
    with pytest.raises(RuleBroken, match="Say why it is declined"):
        service.decline(request, answer="", by=head)


def test_the_agent_confirms_what_the_head_approved(
    fund: Fund, officer: Viewer, head: Viewer, agent: Viewer, deposit: Deposit
) -> None:
    confirm_deposit(deposit, by=agent)
    request = service.ask_reversal(deposit.entry, reason="Returned", by=officer)
    db.session.commit()
    assert titles(agent, fund) == titles(head, fund) == ["Decide on the reversal of entry 1"]
    service.approve(request, by=head)
    db.session.commit()
    assert titles(agent, fund) == ["Confirm that entry 1 was taken back", "Confirm that entry 2 was taken back"]
    assert titles(head, fund) == []
    service.confirm_reversal(deposit.entry, by=agent)
    db.session.commit()
    assert titles(agent, fund) == []
    with pytest.raises(RuleBroken, match="No reversal of this document waits"):
        service.confirm_reversal(deposit.entry, by=agent)
    with pytest.raises(NotAllowed):
        service.confirm_reversal(deposit.entry, by=officer)


def test_what_waits_names_its_document_and_amount_without_asking_for_each(
    app: Flask, make: Make, fund: Fund, officer: Viewer, head: Viewer, agent: Viewer, deposit: Deposit
) -> None:
    other = make.organisation("Otherland")
    second = record_deposit(fund, Receipt(other, Money(7_00, "USD"), date(2026, 1, 11), fee=None), by=officer)
    whose = deposit.donor.short_name
    for one in (deposit, second):
        confirm_deposit(one, by=agent)

    def asked_and_sent(viewer: Viewer) -> tuple[list[str], int]:
        db.session.commit()
        with statements(app) as sent:
            return contexts(viewer, fund), len(sent)

    requests = [service.ask_reversal(deposit.entry, reason="Returned", by=officer)]
    deciding = f"Deposit, {whose}, USD 1,000.00, asked by {officer.name}"
    told, few = asked_and_sent(head)
    assert told == [deciding]
    requests.append(service.ask_reversal(second.entry, reason="Returned", by=officer))
    told, many = asked_and_sent(head)
    assert (told, many) == ([deciding, f"Deposit, Otherland, USD 7.00, asked by {officer.name}"], few)
    service.approve(requests[0], by=head)
    service.decline(requests[1], answer="It is theirs", by=head)
    told, few = asked_and_sent(agent)
    assert told == [
        f"Deposit, {whose}, USD 1,000.00, value date 10 Jan 2026, reversed by entry 4",
        f"Administrative Agent fee, {whose}, USD 10.00, value date 10 Jan 2026, reversed by entry 5",
    ]
    service.approve(service.ask_reversal(second.entry, reason="After all", by=officer), by=head)
    told, many = asked_and_sent(agent)
    assert (len(told), many) == (3, few)


def test_who_asked_for_a_reversal_does_not_confirm_it_as_another_role(
    fund: Fund, officer: Viewer, head: Viewer, agent: Viewer, deposit: Deposit
) -> None:
    confirm_deposit(deposit, by=agent)
    service.approve(service.ask_reversal(deposit.entry, reason="Returned", by=officer), by=head)
    db.session.commit()
    also = as_agent(officer, fund)
    assert titles(also, fund) == []
    with pytest.raises(RuleBroken, match="You asked for this reversal"):
        service.confirm_reversal(deposit.entry, by=also)
    service.confirm_reversal(deposit.entry, by=agent)


def test_the_agents_approval_confirms_what_was_confirmed(
    fund: Fund, officer: Viewer, agent: Viewer, deposit: Deposit
) -> None:
    confirm_deposit(deposit, by=agent)
    service.approve(service.ask_reversal(deposit.entry, reason="Returned", by=officer), by=agent)
    db.session.commit()
    assert titles(agent, fund) == []
    assert {balance.advised.minor for balance in balances.of_accounts(fund)} == {0}


def test_two_who_approve_at_once_reverse_once(
    app: Flask, ctx: Flask, fund: Fund, officer: Viewer, head: Viewer, agent: Viewer, deposit: Deposit
) -> None:
    key = service.ask_reversal(deposit.entry, reason="Not ours", by=officer).public_id
    db.session.commit()
    turns = iter([head, agent])

    def approve() -> None:
        service.approve(queries.get_request(fund, key), by=next(turns))

    met = at_once(app, 2, approve)
    assert sorted(met) == ["done", "“Approve” is not possible while this is “Approved”."]
    db.session.rollback()
    assert cash(fund) == 0


# Closing


def test_a_month_is_closed_by_two(fund: Fund, officer: Viewer, head: Viewer, deposit: Deposit) -> None:
    with clock.at(IN_MAY):
        with pytest.raises(RuleBroken, match="May 2026 is not over yet"):
            service.ask_closing(fund, date(2026, 5, 1), by=officer)
        request = service.ask_closing(fund, JANUARY, note="All notices are in", by=officer)
        db.session.commit()
        with pytest.raises(RuleBroken, match="asked for already"):
            service.ask_closing(fund, JANUARY, by=head)
        db.session.rollback()
        closes = queries.closes(fund, request)
        assert closes is not None
        assert closes.balances is not None
        assert (closes.in_all, closes.balances.debits["USD"].minor) == (Posted(2, 2), 1_000_00)
        assert titles(head, fund) == ["Decide on closing the months up to January 2026"]
        assert contexts(head, fund) == [f"Asked by {officer.name}"]
        service.approve(request, by=head)
        db.session.commit()
    (closing,) = ledger.closings(fund).items
    assert (closing.month, closing.prepared_by_id, closing.approved_by_id) == (JANUARY, officer.id, head.id)
    assert closing.note == "All notices are in"


def test_many_months_are_closed_at_once_and_each_request_tells_its_own(
    fund: Fund, officer: Viewer, head: Viewer, deposit: Deposit
) -> None:
    with clock.at(IN_MAY):
        first = service.ask_closing(fund, FEBRUARY, by=officer)
        before = queries.closes(fund, first)
        service.approve(first, by=head)
        second = service.ask_closing(fund, APRIL, by=officer)
        service.approve(second, by=head)
        db.session.commit()
    after, other = queries.closes(fund, first), queries.closes(fund, second)
    assert before == after
    assert after is not None
    assert other is not None
    assert (after.months, after.posted, after.balances) == ([JANUARY, FEBRUARY], {JANUARY: Posted(2, 2)}, None)
    assert (other.months, other.posted) == ([MARCH, APRIL], {})
    assert [closing.month for closing in ledger.closings(fund).items] == [APRIL, MARCH, FEBRUARY, JANUARY]


def test_a_reversal_after_the_closing_posts_in_the_first_open_month(
    fund: Fund, officer: Viewer, head: Viewer, deposit: Deposit
) -> None:
    with clock.at(IN_MAY):
        service.approve(service.ask_closing(fund, JANUARY, by=officer), by=head)
        service.approve(service.ask_reversal(deposit.entry, reason="Not ours", by=officer), by=head)
        db.session.commit()
    db.session.expire_all()
    assert deposit.entry.reversal is not None
    assert (deposit.entry.reversal.period, deposit.entry.reversal.late) == (FEBRUARY, True)


# The database, the audit log


@pytest.mark.parametrize(
    "values, constraint",
    [
        ({"status": "approved", "decided_by_id": "same"}, "two_people"),
        ({"status": "approved"}, "decided"),
        ({"status": "withdrawn", "ended_at": None}, "ended"),
        ({"kind": "closing"}, "reversal|closing"),
    ],
)
def test_the_database_refuses_what_cannot_be(
    fund: Fund, officer: Viewer, deposit: Deposit, values: dict[str, str | None], constraint: str
) -> None:
    whole = {
        "public_id": "p" * 26, "fund_id": fund.id, "kind": "reversal", "entry_id": deposit.entry_id, "reason": "r",
        "prepared_at": IN_MAY, "prepared_by_id": officer.id, "ended_at": IN_MAY, "answer": "", "version": 1,
    } | values  # fmt: skip
    if whole.get("decided_by_id") == "same":
        whole["decided_by_id"] = officer.id
    db.session.rollback()
    with pytest.raises(DBAPIError, match=constraint), db.engine.begin() as connection:
        connection.execute(insert(ControlRequest).values(**whole))


def test_the_database_keeps_one_open_request_for_an_entry(officer: Viewer, deposit: Deposit) -> None:
    service.ask_reversal(deposit.entry, reason="Not ours", by=officer)
    db.session.commit()
    columns = "fund_id, kind, entry_id, reason, status, prepared_at, prepared_by_id, answer, version"
    copy = f"INSERT INTO control_request (public_id, {columns}) SELECT 'x', {columns} FROM control_request"
    with pytest.raises(DBAPIError, match=r"(?i)unique"), db.engine.begin() as connection:
        connection.execute(text(copy))


def test_requests_and_decisions_are_in_the_audit_log(officer: Viewer, head: Viewer, deposit: Deposit) -> None:
    service.decline(service.ask_reversal(deposit.entry, reason="r", by=officer), answer="a", by=head)
    db.session.commit()
    events = select(audit.AuditEvent.action).order_by(audit.AuditEvent.seq.desc()).limit(2)
    assert db.session.scalars(events).all() == ["control_request.declined", "control_request.requested"]


def test_requests_of_another_fund_are_absent(make: Make, officer: Viewer, deposit: Deposit) -> None:
    other = make.fund("DEM00")
    stranger = make.viewer(Role.SECRETARIAT_HEAD, other)
    service.ask_reversal(deposit.entry, reason="Not ours", by=officer)
    db.session.commit()
    assert queries.requests(other, 1).total == 0
    assert titles(stranger, other) == []
    assert [request.kind for request in queries.requests(db.session.get_one(Fund, deposit.fund_id), 1).items] == [
        RequestKind.REVERSAL
    ]
