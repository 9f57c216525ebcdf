"""Interest an agreement keeps for its contributor: in the balance, not available, paid back once (DOMAIN 2)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from mptf.agreements import service as agreements
from mptf.agreements.queries import amendments, get_agreement
from mptf.cash import queries, rows, service
from mptf.cash.facts import Movement
from mptf.cash.service import LIST
from mptf.claims.available import available
from mptf.claims.models import Interest, InterestTerm, KeptInterest
from mptf.claims.queries import availability, get_interest_term, interest_kept, interest_terms
from mptf.commitments.models import Agreement
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.core.money import Money
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund, FundWindow
from mptf.ledger import service as ledger
from mptf.organisations.models import Organisation
from mptf.paper.problems import Severity
from mptf.policy import Viewer
from tests.factories import Make
from tests.support.interest import HEAD, JANUARY, JUNE, MARCH, Kind, change, days, flagged, record, sign, sums, usd

pytest_plugins = ["tests.support.kept"]

pytestmark = pytest.mark.usefixtures("mid_july")


# The sum itself

AMOUNTS = st.integers(-10_000, 10_000).map(usd)


@given(balance=AMOUNTS, kept=st.lists(AMOUNTS), reserve=st.integers(0, 100).map(usd))
def test_no_agreement_keeps_less_than_nothing(balance: Money, kept: list[Money], reserve: Money) -> None:
    total = available({None: balance}, [], reserve, kept).total
    assert total.interest == sum((one for one in kept if one.minor > 0), usd(0))
    assert total.available == balance - reserve - total.interest
    assert total.available <= available({None: balance}, [], reserve).total.available


# Through the books


def test_interest_is_available_unless_the_agreement_says_otherwise(
    fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, term: InterestTerm
) -> None:
    record(fund, officer, Kind.FUND_INTEREST, 50, confirm=agent)
    assert sums(fund) == (50, 0, 50)
    kept = record(fund, officer, Kind.FUND_INTEREST, 20, kept_for=term)
    assert sums(fund) == (50, 0, 50)
    service.confirm(kept, by=agent)
    assert sums(fund) == (70, 20, 50)
    record(fund, officer, Kind.PUNO_INTEREST, 5, confirm=agent, party=undp, kept_for=term)
    assert sums(fund) == (75, 25, 50)
    line = queries.get_document(fund, kept.public_id)
    assert line.document.kept_for == term


def test_a_refund_that_names_the_agreement_pays_it_back_and_nothing_is_subtracted_twice(
    fund: Fund, officer: Viewer, agent: Viewer, donor: Organisation, term: InterestTerm
) -> None:
    record(fund, officer, Kind.OTHER_INCOME, 50, confirm=agent)
    record(fund, officer, Kind.FUND_INTEREST, 20, confirm=agent, kept_for=term)
    refund = record(fund, officer, Kind.CONTRIBUTOR_REFUND, 15, party=donor, kept_for=term)
    assert sums(fund) == (70, 20, 50)
    service.confirm(refund, by=agent)
    assert sums(fund) == (55, 5, 50)
    record(fund, officer, Kind.CONTRIBUTOR_REFUND, 8, confirm=agent, party=donor, kept_for=term)
    assert sums(fund) == (47, 0, 47), "more was paid back than was kept: the rest is the fund’s"
    assert interest_kept(fund) == {term.id: usd(-3)}
    record(fund, officer, Kind.CONTRIBUTOR_REFUND, 7, confirm=agent, party=donor)
    assert sums(fund) == (40, 0, 40)


def test_what_one_agreement_was_paid_too_much_takes_nothing_from_another(
    fund: Fund, officer: Viewer, agent: Viewer, make: Make, donor: Organisation, term: InterestTerm
) -> None:
    other = sign(fund, officer, make.organisation("Otherland"), "SAA-1").interest_term
    record(fund, officer, Kind.FUND_INTEREST, 20, confirm=agent, kept_for=other)
    record(fund, officer, Kind.CONTRIBUTOR_REFUND, 12, confirm=agent, party=donor, kept_for=term)
    assert sums(fund) == (8, 20, -12)


def test_what_is_taken_back_is_kept_no_more_or_kept_again(
    fund: Fund, officer: Viewer, agent: Viewer, donor: Organisation, term: InterestTerm
) -> None:
    interest = record(fund, officer, Kind.FUND_INTEREST, 20, confirm=agent, kept_for=term)
    refund = record(fund, officer, Kind.CONTRIBUTOR_REFUND, 15, confirm=agent, party=donor, kept_for=term)
    back = ledger.reverse(refund.entry, reason="Wrong bank", by=officer)
    assert sums(fund) == (5, 5, 0)
    ledger.confirm(back, by=agent)
    assert sums(fund) == (20, 20, 0)
    ledger.confirm(ledger.reverse(interest.entry, reason="Not ours", by=officer), by=agent)
    assert sums(fund) == (0, 0, 0)


def test_interest_kept_as_at_a_day_and_as_known_at_a_moment(
    fund: Fund, officer: Viewer, agent: Viewer, donor: Organisation, term: InterestTerm
) -> None:
    april, july = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
    with clock.at(april):
        record(fund, officer, Kind.FUND_INTEREST, 20, confirm=agent, kept_for=term)
    with clock.at(july):
        record(fund, officer, Kind.CONTRIBUTOR_REFUND, 15, confirm=agent, party=donor, kept_for=term, value_on=JUNE)
    assert sums(fund) == (5, 5, 0)
    assert sums(fund, as_at=date(2026, 6, 14)) == (20, 20, 0)
    assert sums(fund, as_at=JUNE, known_at=april) == (20, 20, 0)
    assert sums(fund, as_at=date(2026, 3, 14)) == (0, 0, 0)


def test_kept_interest_is_kept_apart_for_no_window_and_is_of_one_fund(
    fund: Fund, officer: Viewer, agent: Viewer, make: Make, term: InterestTerm
) -> None:
    other = make.fund("DEM00")
    window = FundWindow(fund_id=fund.id, code="W1", name="Window one")
    db.session.add(window)
    db.session.flush()
    record(fund, officer, Kind.FUND_INTEREST, 20, confirm=agent, kept_for=term, window=window)
    found = availability(fund)
    assert (found.of(None).interest, found.of(window.id).interest) == (usd(20), usd(0))
    assert (found.of(window.id).available, found.room(window.id), found.total.available) == (usd(0), usd(0), usd(0))
    assert (sums(other), interest_terms(other)) == ((0, 0, 0), [])
    with pytest.raises(NotFound):
        get_interest_term(other, term.public_id)


@pytest.mark.both_engines
@pytest.mark.parametrize("statement", ["UPDATE kept_interest SET term_id = 1", "DELETE FROM kept_interest"])
def test_the_database_refuses_to_change_what_was_kept(
    fund: Fund, officer: Viewer, term: InterestTerm, statement: str
) -> None:
    record(fund, officer, Kind.FUND_INTEREST, 20, kept_for=term)
    with pytest.raises(DBAPIError, match="rows are never"), db.engine.begin() as connection:
        connection.execute(text(statement))


# Refused: what cannot be meant


def test_only_interest_and_a_refund_of_its_contributor_name_an_agreement(
    fund: Fund, officer: Viewer, make: Make, undp: Organisation, term: InterestTerm
) -> None:
    somebody = make.organisation("Otherland")
    with pytest.raises(RuleBroken, match="Other income is no interest an agreement keeps") as refused:
        record(fund, officer, Kind.OTHER_INCOME, 1, kept_for=term)
    assert refused.value.field == "kept_for"
    with pytest.raises(RuleBroken, match="Agreement SAA-1 is Sweden’s. Choose one of this contributor, or none"):
        record(fund, officer, Kind.CONTRIBUTOR_REFUND, 1, party=somebody, kept_for=term)
    assert db.session.scalar(select(func.count()).select_from(KeptInterest)) == 0


def test_a_refund_of_more_than_its_agreement_kept_by_then_is_flagged(
    fund: Fund, officer: Viewer, donor: Organisation, term: InterestTerm
) -> None:
    other = sign(fund, officer, donor, "SAA-2").interest_term
    record_deposit(fund, Receipt(donor, usd(500), JANUARY), by=officer)
    interest = record(fund, officer, Kind.FUND_INTEREST, 20, kept_for=term)
    record(fund, officer, Kind.FUND_INTEREST, 9, kept_for=other)
    early, whole, over = (
        record(fund, officer, Kind.CONTRIBUTOR_REFUND, dollars, party=donor, kept_for=term, value_on=day)
        for dollars, day in ((2, MARCH - timedelta(days=1)), (18, MARCH), (3, JUNE))
    )
    plain = record(fund, officer, Kind.CONTRIBUTOR_REFUND, 50, party=donor, value_on=JUNE)
    assert flagged(fund) == {early.id, over.id}
    (remark,) = queries.get_document(fund, over.public_id).remarks
    assert (remark.title, remark.values["excess"]) == ("More paid back than was kept", usd(3))
    ledger.reverse(whole.entry, reason="typo", by=officer)
    assert flagged(fund) == {early.id}
    ledger.reverse(interest.entry, reason="typo", by=officer)
    assert flagged(fund) == {early.id, over.id}
    assert plain.id not in flagged(fund)


# What the agreement says


def test_the_usual_agreement_keeps_none_and_has_no_term(fund: Fund, officer: Viewer, donor: Organisation) -> None:
    signed = sign(fund, officer, donor, "SAA-2", Interest.AVAILABLE)
    assert (signed.interest, signed.interest_term_id, interest_terms(fund)) == (Interest.AVAILABLE, None, [])


def test_an_amendment_alone_changes_it_and_what_was_kept_stays(
    fund: Fund, officer: Viewer, agent: Viewer, donor: Organisation, agreement: Agreement, term: InterestTerm
) -> None:
    record(fund, officer, Kind.FUND_INTEREST, 20, confirm=agent, kept_for=term)
    with pytest.raises(RuleBroken, match="Nothing differs"):
        agreements.amend(fund, agreement, change(agreement, Interest.KEPT), by=officer)
    agreements.amend(fund, agreement, change(agreement, Interest.AVAILABLE), by=officer)
    db.session.commit()
    assert (agreement.interest, days(term)) == (Interest.AVAILABLE, [(JANUARY, JUNE)])
    assert (interest_terms(fund), interest_terms(fund, in_force=True)) == ([term], [])
    assert sums(fund) == (20, 20, 0)
    record(fund, officer, Kind.CONTRIBUTOR_REFUND, 20, confirm=agent, party=donor, kept_for=term)
    assert sums(fund) == (0, 0, 0)
    agreements.amend(fund, agreement, change(agreement, Interest.KEPT), by=officer)
    db.session.commit()
    assert (agreement.interest, agreement.interest_term) == (Interest.KEPT, term)
    assert days(term) == [(JANUARY, JUNE), (JUNE, None)]
    steps = [(one.interest_before, one.interest_after) for one in amendments(fund, agreement)]
    assert steps == [(Interest.AVAILABLE, Interest.KEPT), (Interest.KEPT, Interest.AVAILABLE)]


def test_an_agreement_that_kept_none_may_begin_to(fund: Fund, officer: Viewer, donor: Organisation) -> None:
    signed = sign(fund, officer, donor, "SAA-2", Interest.AVAILABLE)
    agreements.amend(fund, signed, change(signed, Interest.KEPT), by=officer)
    db.session.commit()
    again = get_agreement(officer, fund, signed.public_id)
    assert again.interest is Interest.KEPT
    (one,) = interest_terms(fund, in_force=True)
    assert (one.name, days(one)) == ("Sweden, SAA-2", [(JUNE, None)])


def test_signing_and_recording_say_it_in_the_audit_log(
    fund: Fund, officer: Viewer, agreement: Agreement, term: InterestTerm
) -> None:
    record(fund, officer, Kind.FUND_INTEREST, 20, kept_for=term)
    bodies = "\n".join(body or "" for body in db.session.scalars(select(audit.AuditDetail.body)))
    assert '"interest": "kept"' in bodies.replace('":"', '": "')
    assert "Sweden, SAA-1" in bodies


# Flagged: interest that names no agreement


def test_interest_that_names_none_is_flagged_where_an_agreement_keeps_it(
    fund: Fund, officer: Viewer, undp: Organisation, agreement: Agreement, term: InterestTerm
) -> None:
    before = record(fund, officer, Kind.FUND_INTEREST, 1, value_on=date(2026, 1, 9))
    named = record(fund, officer, Kind.FUND_INTEREST, 2, kept_for=term)
    none, puno = record(fund, officer, Kind.FUND_INTEREST, 3), record(fund, officer, Kind.PUNO_INTEREST, 4, party=undp)
    income = record(fund, officer, Kind.OTHER_INCOME, 5)
    assert flagged(fund) == {none.id, puno.id}
    (remark,) = queries.get_document(fund, none.public_id).remarks
    assert (remark.title, "names none" in remark.template) == ("No agreement named", True)
    agreements.amend(fund, agreement, change(agreement, Interest.AVAILABLE), by=officer)
    after = record(fund, officer, Kind.FUND_INTEREST, 6, value_on=JUNE)
    assert flagged(fund) == {none.id, puno.id}
    assert {before.id, named.id, income.id, after.id} & flagged(fund) == set()
    ledger.reverse(none.entry, reason="Recorded again", by=officer)
    assert flagged(fund) == {puno.id}


def test_interest_that_is_said_to_be_the_funds_is_flagged_no_more(
    fund: Fund, officer: Viewer, agent: Viewer, undp: Organisation, term: InterestTerm
) -> None:
    late, early = record(fund, officer, Kind.FUND_INTEREST, 3), record(fund, officer, Kind.PUNO_INTEREST, 4, party=undp)
    before = sums(fund)
    with pytest.raises(RuleBroken, match="Say why no agreement keeps it"):
        service.say_of_fund(fund, late, reason=" ", by=officer)
    with pytest.raises(NotAllowed):
        service.say_of_fund(fund, late, reason="pooled", by=agent)
    service.say_of_fund(fund, late, reason="Interest on the pooled balance", by=officer)
    db.session.commit()
    assert flagged(fund) == {early.id}
    said = queries.get_document(fund, late.public_id).document.of_fund
    assert said
    assert (said.reason, said.by_id) == ("Interest on the pooled balance", officer.id)
    assert sums(fund) == before
    (told,) = db.session.scalars(select(audit.AuditEvent).where(audit.AuditEvent.action == "cash_document.assigned"))
    assert told.subject_id == late.public_id


def test_whose_interest_is_is_said_once_and_only_where_it_is_asked(
    fund: Fund, officer: Viewer, term: InterestTerm
) -> None:
    said, named = (
        record(fund, officer, Kind.FUND_INTEREST, 1),
        record(fund, officer, Kind.FUND_INTEREST, 2, kept_for=term),
    )
    income, back = record(fund, officer, Kind.OTHER_INCOME, 3), record(fund, officer, Kind.FUND_INTEREST, 4)
    service.say_of_fund(fund, said, reason="pooled", by=officer)
    ledger.reverse(back.entry, reason="Wrong", by=officer)
    db.session.commit()
    for document in (said, named, income, back):
        with pytest.raises(RuleBroken, match="said already whose"):
            service.say_of_fund(fund, document, reason="pooled", by=officer)


def test_interest_may_be_said_to_be_the_funds_when_it_is_recorded(
    fund: Fund, officer: Viewer, term: InterestTerm
) -> None:
    document = record(fund, officer, Kind.FUND_INTEREST, 3, of_fund=True)
    assert flagged(fund) == set()
    said = queries.get_document(fund, document.public_id).document.of_fund
    assert said
    assert said.reason == ""
    for kind, kept in ((Kind.OTHER_INCOME, None), (Kind.FUND_INTEREST, term)):
        with pytest.raises(RuleBroken, match="Only interest no agreement keeps"):
            record(fund, officer, kind, 4, of_fund=True, kept_for=kept)


def test_the_word_falls_with_what_was_taken_back(fund: Fund, officer: Viewer, term: InterestTerm) -> None:
    first = record(fund, officer, Kind.FUND_INTEREST, 3, of_fund=True)
    ledger.reverse(first.entry, reason="Wrong", by=officer)
    again = record(fund, officer, Kind.FUND_INTEREST, 3)
    assert flagged(fund) == {again.id}


@pytest.mark.both_engines
@pytest.mark.parametrize("statement", ["UPDATE interest_of_fund SET reason = 'x'", "DELETE FROM interest_of_fund"])
def test_the_database_refuses_to_change_whose_interest_is(
    fund: Fund, officer: Viewer, term: InterestTerm, statement: str
) -> None:
    record(fund, officer, Kind.FUND_INTEREST, 3, of_fund=True)
    with pytest.raises(DBAPIError):
        db.session.execute(text(statement))


def test_nothing_is_flagged_in_a_fund_without_such_an_agreement(fund: Fund, officer: Viewer, make: Make) -> None:
    other = make.fund("DEM00")
    sign(other, make.viewer(officer.held[0].role, other), make.organisation("Otherland"), "SAA-9")
    record(fund, officer, Kind.FUND_INTEREST, 3)
    assert flagged(fund) == set()


# The list of the Administrative Agent


def test_a_list_names_the_agreement_by_its_reference(
    app: Flask, tmp_path: Any, fund: Fund, agent: Viewer, make: Make, officer: Viewer, term: InterestTerm
) -> None:
    path, otherland = tmp_path / "list.csv", make.organisation("Otherland")

    def movements(*lines: str) -> tuple[list[Movement], list[str]]:
        path.write_text(HEAD + "\n".join(lines))
        found = rows.compare(fund, LIST.read(path), agent)
        wrong = [one for one in found.problems.in_order() if one.severity is Severity.ERROR]
        return found.movements, [str(problem) for problem in wrong]

    interest, refund = "2026-03-31,fund interest,,saa-1,310.00,A,", "2026-04-01,contributor refund,Sweden,SAA-1,9,B,"
    found, problems = movements(interest, refund)
    assert problems == []
    assert [(what.kept_for, what.reference) for what in found] == [(term, ""), (term, "")]
    _, unknown = movements(interest.replace("saa-1", "SAA-7"))
    assert "There is not one agreement SAA-7 that keeps interest" in unknown[0]
    (of_fund,), problems = movements(interest.replace("saa-1", "slw00"))
    assert (of_fund.of_fund, of_fund.kept_for, of_fund.reference, problems) == (True, None, "", [])
    assert "There is not one agreement SLW00" in movements(refund.replace("SAA-1", "SLW00"))[1][0]
    second = sign(fund, officer, otherland, "SAA-1").interest_term
    found, problems = movements(interest, refund.replace("Sweden", "Otherland"))
    assert [what.kept_for for what in found] == [second]
    assert len(problems) == 1
