"""Cash documents that are no deposit: what is posted, refused, flagged and confirmed (DOMAIN: The ledger)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from mptf.cash import queries, service
from mptf.cash.facts import Movement
from mptf.cash.models import KINDS, CashDocument
from mptf.cash.queries import Asked
from mptf.claims import queries as claims
from mptf.claims import service as promises
from mptf.claims.models import Claim
from mptf.core import audit
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.core.waiting import Waiting
from mptf.deposits.flags import flagged as deposits_flagged
from mptf.deposits.remarks import Flag
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund, FundWindow
from mptf.fund.queries import get_fund
from mptf.ledger import queries as ledger
from mptf.ledger import service as books
from mptf.ledger.chart import CASH, EntryKind
from mptf.ledger.models import OF_DOCUMENTS, ConfirmedBy, Standing
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.at_once import at_once

MARCH = date(2026, 3, 15)
PROJECT = "00123456"
PARTY = {kind for kind in KINDS if kind.of_party}
Kind = EntryKind


@pytest.fixture
def cash(fund: Fund, officer: Viewer, make: Make) -> Money:
    """Let the fund hold 1,000,000 dollars, confirmed."""
    return deposit(fund, officer, make.organisation(), 1_000_000)


def usd(dollars: int) -> Money:
    return Money(dollars * 100, "USD")


def deposit(fund: Fund, by: Viewer, donor: Organisation, dollars: int) -> Money:
    what = Document(Kind.DEPOSIT, usd(dollars), date(2026, 1, 2), fund, f"deposit {dollars}", party=donor)
    books.post(fund, what, by=by, confirmed=ConfirmedBy.GATEWAY_IMPORT)
    db.session.commit()
    return usd(dollars)


def movement(kind: EntryKind, undp: Organisation, **facts: Any) -> Movement:
    """Return a movement of a kind, with what the kind must say."""
    said = Movement(
        kind, usd(1_000), MARCH, party=undp if kind in PARTY else None,
        reference=PROJECT if kind in (Kind.TRANSFER, Kind.PUNO_REFUND) else "",
        other_fund="Peacebuilding Fund" if kind is Kind.FUND_TRANSFER else "", bank_reference=f"B-{kind}",
    )  # fmt: skip
    return replace(said, **facts)


def record(fund: Fund, what: Movement, by: Viewer) -> CashDocument:
    document = service.record(fund, what, by=by)
    db.session.commit()
    return document


def titles(fund: Fund, document: CashDocument) -> list[str]:
    return [remark.title for remark in queries.get_document(fund, document.public_id).remarks if remark.tone == "warn"]


def flagged(fund: Fund) -> set[str]:
    """Return what the list of flagged documents shows, after comparing it with what each says of itself."""
    everything = queries.documents(fund, Asked()).page.items
    listed = {line.document.public_id for line in queries.documents(fund, Asked(flagged=True)).page.items}
    said = {line.document.public_id for line in everything if any(remark.tone == "warn" for remark in line.remarks)}
    assert listed == said
    return listed


# Posting


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_posts_one_entry_on_its_accounts(
    fund: Fund, officer: Viewer, undp: Organisation, cash: Money, kind: EntryKind
) -> None:
    document = record(fund, movement(kind, undp), officer)
    (entry,) = ledger.entries_of(fund, "cash_document", document.public_id)
    assert entry.id == document.entry_id
    assert (entry.kind, entry.value_on, entry.standing) == (kind, MARCH, Standing.ADVISED)
    sides = {line.account.code: line.amount for line in entry.lines}
    assert sides == {kind.debit.code: usd(1_000), kind.credit.code: usd(-1_000)}
    other = next(line.account for line in entry.lines if line.account.code != CASH.code)
    assert (other.party, other.reference) == (document.party, document.reference)
    assert titles(fund, document) == {
        Kind.PUNO_REFUND: ["More refunded than transferred"],
        Kind.CONTRIBUTOR_REFUND: ["More refunded than contributed"],
        Kind.DIRECT_COST_REFUND: ["More refunded than paid"],
        Kind.DIRECT_COST: ["Not approved"],
    }.get(kind, [])
    assert flagged(fund) == ({document.public_id} if titles(fund, document) else set())


def test_a_project_number_keeps_its_leading_zeros_and_its_own_account(
    fund: Fund, officer: Viewer, undp: Organisation, cash: Money
) -> None:
    record(fund, movement(Kind.TRANSFER, undp), officer)
    record(fund, movement(Kind.TRANSFER, undp, reference="00000001", bank_reference="B-2"), officer)
    named = {account.reference for account in ledger.accounts(fund) if account.code == "5100"}
    assert named == {PROJECT, "00000001"}


def test_money_of_a_window_is_taken_from_it(fund: Fund, officer: Viewer, undp: Organisation) -> None:
    window = FundWindow(fund_id=fund.id, code="W1", name="Window one")
    db.session.add(window)
    db.session.flush()
    document = record(fund, movement(Kind.TRANSFER, undp, window=window), officer)
    assert {line.window_id for line in document.entry.lines} == {window.id}


# Refused: what is malformed, and a repeat


@pytest.mark.parametrize(
    "kind,facts,field,said",
    [
        (Kind.TRANSFER, {"reference": "123456"}, "reference", "lost its leading zeros.*“00123456”"),
        (Kind.TRANSFER, {"reference": ""}, "reference", "eight digits"),
        (Kind.PUNO_REFUND, {"reference": "0012345x"}, "reference", "eight digits"),
        (Kind.TRANSFER, {"reference": "١٢٣٤٥٦٧٨"}, "reference", "eight digits"),
        (Kind.BANK_CHARGE, {"reference": PROJECT}, "reference", "belongs to no project"),
        (Kind.PUNO_INTEREST, {"party": None}, "organisation", "Name the organisation"),
        (Kind.FUND_TRANSFER, {"other_fund": " "}, "other_fund", "Name the fund"),
        (Kind.FUND_TRANSFER, {"other_fund": "F" * 101}, "other_fund", "at most 100 characters"),
        (Kind.TRANSFER, {"amount": Money(0, "USD")}, "amount", "above zero"),
        (Kind.TRANSFER, {"amount": Money(-5, "USD")}, "amount", "above zero"),
        (Kind.TRANSFER, {"amount": Money(5, "EUR")}, "amount", "in USD; this amount is in EUR"),
        (Kind.TRANSFER, {"value_on": date(2190, 1, 1)}, "value_on", "still to come"),
        (Kind.DEPOSIT, {}, "kind", "Deposit is not recorded here"),
        (Kind.OTHER_INCOME, {"basis": "From Kosovo"}, "basis", "asterisk"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_at_its_field(
    fund: Fund, officer: Viewer, undp: Organisation, kind: EntryKind, facts: dict[str, Any], field: str, said: str
) -> None:
    what = replace(movement(kind, undp), **facts)
    with pytest.raises(RuleBroken, match=said) as refusal:
        service.record(fund, what, by=officer)
    assert refusal.value.field == field


def test_a_party_where_there_is_none_is_refused(fund: Fund, officer: Viewer, undp: Organisation) -> None:
    with pytest.raises(RuleBroken, match="names no organisation"):
        service.record(fund, movement(Kind.BANK_CHARGE, undp, party=undp), by=officer)


def test_the_year_before_the_fund_is_a_slip(fund: Fund, officer: Viewer, undp: Organisation) -> None:
    fund.established_on = date(2019, 3, 15)
    with pytest.raises(RuleBroken, match="established on 15 Mar 2019"):
        service.record(fund, movement(Kind.TRANSFER, undp, value_on=date(2018, 3, 15)), by=officer)


def test_the_longest_facts_a_form_takes_are_posted_once(fund: Fund, officer: Viewer, undp: Organisation) -> None:
    """Together they are longer than the name an entry posts under."""
    long = movement(Kind.FUND_TRANSFER, undp, other_fund="F" * 100, bank_reference="ß" * 99 + "1")
    record(fund, long, officer)
    record(fund, replace(long, bank_reference="ß" * 99 + "2"), officer)
    with pytest.raises(RuleBroken, match="recorded already"):
        service.record(fund, replace(long, bank_reference="SS" * 99 + "1"), by=officer)


@pytest.mark.parametrize("reference", ["B-1", " b- 1 ", ""])
def test_an_identical_repeat_is_refused(fund: Fund, officer: Viewer, undp: Organisation, reference: str) -> None:
    record(fund, movement(Kind.TRANSFER, undp, bank_reference="B-1"), officer)
    with pytest.raises(RuleBroken, match="recorded already") as refusal:
        service.record(fund, movement(Kind.TRANSFER, undp, bank_reference=reference), by=officer)
    assert refusal.value.field == "bank_reference"


def test_a_movement_the_bank_did_not_name_is_not_recorded_again_with_its_reference(
    fund: Fund, officer: Viewer, undp: Organisation
) -> None:
    """A list with the same two rows would know them as one document (decision 011)."""
    first = record(fund, movement(Kind.TRANSFER, undp, bank_reference=""), officer)
    with pytest.raises(RuleBroken, match="recorded already, without a bank reference") as refusal:
        service.record(fund, movement(Kind.TRANSFER, undp, bank_reference="B-1"), by=officer)
    assert refusal.value.field == "bank_reference"
    books.reverse(first.entry, reason="Record it with its reference", by=officer)
    for reference in ("B-1", "B-2"):
        record(fund, movement(Kind.TRANSFER, undp, bank_reference=reference), officer)


@pytest.mark.both_engines
def test_fifty_at_once_record_one(app: Flask, fund: Fund, officer: Viewer, undp: Organisation) -> None:
    db.session.commit()
    met = at_once(app, 50, lambda: service.record(get_fund("SLW00"), movement(Kind.TRANSFER, undp), by=officer))
    assert met.count("done") == 1
    assert sum("recorded already" in words for words in met) == 49
    assert db.session.scalar(select(func.count()).select_from(CashDocument)) == 1


def test_what_was_taken_back_may_be_recorded_anew(fund: Fund, officer: Viewer, undp: Organisation, cash: Money) -> None:
    first = record(fund, movement(Kind.TRANSFER, undp), officer)
    books.reverse_document(fund, "cash_document", first.public_id, reason="Wrong", by=officer)
    again = record(fund, movement(Kind.TRANSFER, undp), officer)
    assert queries.get_document(fund, first.public_id).document.standing is Standing.REVERSED
    assert [remark.title for remark in queries.get_document(fund, first.public_id).remarks] == ["Reversed"]
    assert titles(fund, again) == []
    assert flagged(fund) == set()


# Flagged, never refused


def test_a_negative_balance_is_stored_and_flagged(fund: Fund, officer: Viewer, undp: Organisation) -> None:
    document = record(fund, movement(Kind.TRANSFER, undp), officer)
    line = queries.get_document(fund, document.public_id)
    assert line.around.held == usd(-1_000)
    assert titles(fund, document) == ["Negative balance"]
    assert flagged(fund) == {document.public_id}


def test_a_balance_is_that_of_its_day(fund: Fund, officer: Viewer, undp: Organisation, make: Make) -> None:
    early = record(fund, movement(Kind.TRANSFER, undp, value_on=date(2026, 1, 1)), officer)
    deposit(fund, officer, make.organisation(), 5_000)
    later = record(fund, movement(Kind.TRANSFER, undp, bank_reference="B-2"), officer)
    assert (titles(fund, early), titles(fund, later)) == (["Negative balance"], [])
    assert flagged(fund) == {early.public_id}


def test_more_refunded_than_transferred_is_flagged_by_project(
    fund: Fund, officer: Viewer, undp: Organisation, cash: Money
) -> None:
    record(fund, movement(Kind.TRANSFER, undp), officer)
    within = record(fund, movement(Kind.PUNO_REFUND, undp, amount=usd(900)), officer)
    over = record(
        fund,
        movement(Kind.PUNO_REFUND, undp, amount=usd(150), bank_reference="B-3", value_on=date(2026, 4, 1)),
        officer,
    )
    other = record(
        fund, movement(Kind.PUNO_REFUND, undp, amount=usd(10), bank_reference="B-4", reference="00000009"), officer
    )
    assert titles(fund, within) == []
    assert titles(fund, over) == titles(fund, other) == ["More refunded than transferred"]
    assert queries.get_document(fund, over.public_id).around.excess == usd(50)
    assert flagged(fund) == {over.public_id, other.public_id}


def test_a_refund_to_a_contributor_is_measured_by_what_it_paid(
    fund: Fund, officer: Viewer, make: Make, undp: Organisation
) -> None:
    donor = make.organisation("Donorland")
    deposit(fund, officer, donor, 500)
    within = record(fund, movement(Kind.CONTRIBUTOR_REFUND, undp, party=donor, amount=usd(400)), officer)
    over = record(
        fund, movement(Kind.CONTRIBUTOR_REFUND, undp, party=donor, amount=usd(99), bank_reference="B-2",
                       value_on=date(2026, 3, 16)), officer,
    )  # fmt: skip
    more = record(
        fund, movement(Kind.CONTRIBUTOR_REFUND, undp, party=donor, amount=usd(2), bank_reference="B-3",
                       value_on=date(2026, 3, 17)), officer,
    )  # fmt: skip
    assert (titles(fund, within), titles(fund, over)) == ([], [])
    assert titles(fund, more) == ["Negative balance", "More refunded than contributed"]


def test_a_bank_reference_with_other_figures_is_flagged_on_both(
    fund: Fund, officer: Viewer, undp: Organisation, cash: Money
) -> None:
    first = record(fund, movement(Kind.TRANSFER, undp, bank_reference="B-1"), officer)
    second = record(fund, movement(Kind.TRANSFER, undp, bank_reference="b - 1", amount=usd(7)), officer)
    assert titles(fund, first) == titles(fund, second) == ["Bank reference used twice"]
    assert flagged(fund) == {first.public_id, second.public_id}


def test_a_bank_reference_that_stands_on_a_deposit_too_is_flagged_on_both(
    fund: Fund, officer: Viewer, make: Make, undp: Organisation, cash: Money
) -> None:
    receipt = Receipt(make.organisation("Elseland"), usd(50), date(2026, 3, 14), bank_reference="B-1")
    came = record_deposit(fund, receipt, by=officer)
    went = record(fund, movement(Kind.TRANSFER, undp, bank_reference="B-1"), officer)
    (remark,) = queries.get_document(fund, went.public_id).remarks
    told = "B-1 also stands on a deposit of 14 Mar 2026 with other figures."
    assert filled(remark.template, remark.values) == told
    assert flagged(fund) == {went.public_id}
    (line,) = deposits_flagged(officer, fund, Flag.REFERENCE_TWICE).page.items
    told = "B-1 also stands on a cash document of 15 Mar 2026 with other figures."
    assert line.deposit.public_id == came.public_id
    assert told in [filled(remark.template, remark.values) for remark in line.remarks]
    books.reverse_document(fund, "cash_document", went.public_id, reason="typed twice", by=officer)
    db.session.commit()
    assert deposits_flagged(officer, fund).counts[Flag.REFERENCE_TWICE] == 0
    with pytest.raises(RuleBroken, match="recorded already"):
        record_deposit(fund, receipt, by=officer)


def test_a_value_date_in_a_closed_month_is_flagged(
    fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, cash: Money
) -> None:
    books.close_months(fund, date(2026, 1, 1), prepared_by=officer, by=agent)
    late = record(fund, movement(Kind.TRANSFER, undp, value_on=date(2026, 1, 20)), officer)
    assert titles(fund, late) == ["Value date in a closed month"]
    assert flagged(fund) == {late.public_id}


# Direct costs and their claims


@pytest.fixture
def evaluation(fund: Fund, officer: Viewer, cash: Money) -> Claim:
    claim = promises.approve_direct_cost(fund, label="Evaluation", amount=usd(1_500), basis="SC 8", by=officer)
    db.session.commit()
    return claim


def test_a_direct_cost_is_paid_from_its_claim(
    fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, evaluation: Claim
) -> None:
    before = claims.availability(fund).total
    document = record(fund, movement(Kind.DIRECT_COST, undp, claim=evaluation), officer)
    assert (document.reference, document.claim_id) == ("DC-1", evaluation.id)
    assert titles(fund, document) == []
    line = claims.get_claim(fund, evaluation.public_id)
    assert (line.paid, line.on_its_way, line.outstanding) == (usd(1_000), usd(1_000), usd(1_500))
    service.confirm(document, by=agent)
    db.session.commit()
    line, after = claims.get_claim(fund, evaluation.public_id), claims.availability(fund).total
    assert (line.left, line.on_its_way, line.outstanding) == (usd(500), usd(0), usd(500))
    assert after.available == before.available  # paid from what was set aside


def test_more_than_was_approved_is_paid_and_flagged(
    fund: Fund, officer: Viewer, undp: Organisation, evaluation: Claim
) -> None:
    first = record(fund, movement(Kind.DIRECT_COST, undp, claim=evaluation), officer)
    over = record(
        fund, movement(Kind.DIRECT_COST, undp, claim=evaluation, bank_reference="B-2", value_on=date(2026, 3, 20)),
        officer,
    )  # fmt: skip
    assert (titles(fund, first), titles(fund, over)) == ([], ["More than approved"])
    assert queries.get_document(fund, over.public_id).around.over_claim == usd(500)
    assert flagged(fund) == {over.public_id}


def test_a_refund_of_a_direct_cost_is_measured_by_its_number(
    fund: Fund, officer: Viewer, undp: Organisation, evaluation: Claim
) -> None:
    record(fund, movement(Kind.DIRECT_COST, undp, claim=evaluation), officer)
    back = record(fund, movement(Kind.DIRECT_COST_REFUND, undp, claim=evaluation, amount=usd(900)), officer)
    none = record(fund, movement(Kind.DIRECT_COST_REFUND, undp, amount=usd(1), bank_reference="B-9"), officer)
    assert (back.reference, titles(fund, back)) == ("DC-1", [])
    assert titles(fund, none) == ["More refunded than paid"]


# Confirming, and who may


def test_home_names_the_oldest_documents_to_confirm_and_leads_to_the_others(
    fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, cash: Money
) -> None:
    def waiting(recorded: int) -> list[Waiting]:
        record(fund, movement(Kind.TRANSFER, undp, amount=usd(recorded), bank_reference=f"B-{recorded}"), officer)
        return queries.waiting_for(agent, fund)

    *_, alone = (waiting(number) for number in range(1, 12))
    assert [item.endpoint for item in alone] == ["cash.document"] * 11, "a line for one more names it"
    *named, rest = waiting(12)
    assert [item.endpoint for item in named] == ["cash.document"] * 10
    assert (rest.endpoint, rest.values) == ("cash.documents", {"standing": "advised"})


def test_it_is_advised_until_somebody_else_confirms_it(
    fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, cash: Money
) -> None:
    document = record(fund, movement(Kind.TRANSFER, undp), officer)
    with pytest.raises(NotAllowed):
        service.confirm(document, by=officer)
    with pytest.raises(RuleBroken, match="You recorded this"):
        service.confirm(document, by=replace(agent, id=officer.id))
    assert [item.values for item in queries.waiting_for(agent, fund)] == [{"public_id": document.public_id}]
    assert queries.waiting_for(officer, fund) == []
    service.confirm(document, by=agent, note="Gateway")
    db.session.commit()
    assert document.standing.value == "confirmed"
    assert queries.waiting_for(agent, fund) == []
    with pytest.raises(RuleBroken, match="confirmed already"):
        service.confirm(document, by=agent)
    told = select(audit.AuditEvent.action).where(audit.AuditEvent.subject_id == document.public_id)
    assert db.session.scalars(told.order_by(audit.AuditEvent.seq)).all() == [
        "cash_document.recorded", "cash_document.confirmed",
    ]  # fmt: skip


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD}))
def test_only_the_secretariat_records(make: Make, fund: Fund, undp: Organisation, role: Role) -> None:
    with pytest.raises(NotAllowed):
        service.record(fund, movement(Kind.TRANSFER, undp), by=make.viewer(role, fund, undp))


@pytest.mark.both_engines
@pytest.mark.parametrize("statement", ["UPDATE cash_document SET amount_minor = 1", "DELETE FROM cash_document"])
def test_the_database_refuses_to_change_a_document(
    fund: Fund, officer: Viewer, undp: Organisation, statement: str
) -> None:
    record(fund, movement(Kind.TRANSFER, undp), officer)
    with pytest.raises(DBAPIError, match="cash_document rows are never"), db.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.both_engines
@pytest.mark.parametrize(
    "changed",
    [
        "organisation_id = NULL", "reference = ''", "reference = '123'", "other_fund = 'x'", "amount_minor = 0",
        "kind = 'bank_charge'",
    ],
)  # fmt: skip
def test_the_database_refuses_a_document_that_lacks_what_its_kind_says(
    fund: Fund, officer: Viewer, undp: Organisation, changed: str
) -> None:
    record(fund, movement(Kind.TRANSFER, undp), officer)
    column, _, value = changed.partition(" = ")
    columns = [column.name for column in CashDocument.__table__.columns]
    names = [name for name in columns if name not in ("id", "public_id", "entry_id")]
    picked = ", ".join(value if name == column else name for name in names)
    insert = f"INSERT INTO cash_document (id, public_id, entry_id, {', '.join(names)}) SELECT 99, 'x', 99, {picked}"
    with pytest.raises(DBAPIError, match="ck_cash_document"), db.engine.begin() as connection:
        connection.execute(text(f"{insert} FROM cash_document"))


# Lists


def test_the_list_is_narrowed_and_added_up(
    fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, make: Make, cash: Money
) -> None:
    unodc = make.organisation("UNODC", OrganisationKind.PUNO)
    transfer = record(fund, movement(Kind.TRANSFER, undp, value_on=date(2025, 12, 31)), officer)
    record(fund, movement(Kind.TRANSFER, unodc, amount=usd(300)), officer)
    record(fund, movement(Kind.FUND_INTEREST, undp, amount=usd(20)), officer)
    wrong = record(fund, movement(Kind.BANK_CHARGE, undp, amount=usd(5)), officer)
    books.reverse_document(fund, "cash_document", wrong.public_id, reason="Not ours", by=officer)
    service.confirm(transfer, by=agent)
    db.session.commit()
    everything = queries.documents(fund, Asked())
    assert (everything.came_in, everything.went_out, everything.page.total) == (usd(20), usd(1_300), 4)
    assert {row.kind: (row.count, row.amount) for row in everything.sums} == {
        Kind.FUND_INTEREST: (1, usd(20)), Kind.TRANSFER: (2, usd(1_300)),
    }  # fmt: skip

    def found(**asked: Any) -> int:
        return queries.documents(fund, Asked(**asked)).page.total

    assert found(kind=Kind.TRANSFER) == 2
    assert found(organisation=undp.public_id) == 1
    assert found(organisation="nobody") == 0
    assert found(year=2025) == 1
    assert [found(standing=standing) for standing in OF_DOCUMENTS] == [2, 1, 1]
    assert queries.years(fund) == [2026, 2025]
    assert [party.short_name for party in queries.parties(fund)] == ["UNDP", "UNODC"]


def test_a_document_of_another_fund_is_absent(make: Make, fund: Fund, officer: Viewer, undp: Organisation) -> None:
    document = record(fund, movement(Kind.TRANSFER, undp), officer)
    other = make.fund("DEM00")
    with pytest.raises(NotFound):
        queries.get_document(other, document.public_id)
    assert queries.documents(other, Asked()).page.total == 0
    assert (queries.years(other), queries.parties(other)) == ([], [])
