"""Calls: drafted in parts, published whole, frozen in their criteria, amended in the open, closed by the clock."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mptf.calls import criteria, queries, service
from mptf.calls.facts import Amounts, Basics, Dates, Limit, Papers, Reach, Wanted
from mptf.calls.models import CallStanding, CallStatus, RankingBasis
from mptf.calls.rubric import Judging
from mptf.core import clock, mail
from mptf.core.db import Base, db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.core.mail import OutboxMessage
from mptf.core.money import Money
from mptf.fund.models import DecisionBody, Fund
from mptf.jobs import chores
from mptf.organisations.models import Office, Organisation
from mptf.policy import Permission, Role, Viewer, can
from tests.factories import Make
from tests.support.calls import open_for, published, rubric, whole_draft

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OUT_IN = timedelta(days=30) - timedelta(hours=1)
Row = TypeVar("Row", bound=Base)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Let it be a Monday morning in March."""
    with clock.at(NOW):
        yield


def known(row: Row) -> Row:
    """Return a row as the session of the test knows it, which holds no lock meanwhile."""
    found = db.session.get_one(type(row), row.id)  # type: ignore[attr-defined]
    db.session.commit()
    return found


@pytest.fixture
def fund(fund: Fund) -> Fund:
    return known(fund)


@pytest.fixture
def undp(fund: Fund, undp: Organisation) -> Organisation:
    return known(undp)


@pytest.fixture
def office(make: Make, undp: Organisation) -> Office:
    return known(make.office(undp, "UNDP Albania"))


def told(kind: str) -> int:
    """Return how many people are told of something by mail."""
    return len(db.session.scalars(select(OutboxMessage).filter_by(kind=kind)).all())


def usd(dollars: int) -> Money:
    return Money(dollars * 100, "USD")


# ---- drafting


def test_a_call_is_drafted_in_parts_and_says_what_it_lacks(fund: Fund, office: Office, head: Viewer) -> None:
    call = service.draft(fund, title="Safe storage", by=head)
    assert [(one.part, str(one.refusal)) for one in queries.missing(call)] == [
        ("basics", "Say what the call is about."),
        ("basics", "Name the decision of the committee the call rests on, and its day."),
        ("reach", "Choose the goals or KPIs it serves."),
        ("reach", "Choose where projects may work."),
        ("reach", "Choose the offices that may answer."),
        ("amounts", "Give the envelope."),
        ("dates", "Say when the call opens and closes."),
        ("criteria", "Write the criteria proposals are judged by."),
    ]
    assert list(queries.missing(whole_draft(fund, [office], by=head))) == []


def test_where_a_donor_agreement_decides_no_committee_is_named(fund: Fund, office: Office, head: Viewer) -> None:
    fund.decision_body = DecisionBody.DONOR_AGREEMENT
    call = whole_draft(fund, [office], by=head)
    service.write(call, Basics("Safe storage", "Its scope"), by=head)
    assert list(queries.missing(call)) == []


def test_the_weights_of_the_criteria_come_to_a_hundred(fund: Fund, office: Office, head: Viewer) -> None:
    call = whole_draft(fund, [office], by=head)
    criteria.add(call, rubric("Method", 40), by=head)
    (lacking,) = queries.missing(call)
    assert lacking.part == "criteria"
    with pytest.raises(RuleBroken, match="come to 100 percent"):
        service.publish(call, by=head)


AMOUNTS = Amounts(usd(5_000_000), usd(10_000), usd(900_000), 6, 36)


@pytest.mark.parametrize(
    "change,field",
    [
        ({"envelope": usd(0)}, "envelope"),
        ({"smallest": usd(-5)}, "smallest"),
        ({"largest": usd(6_000_000)}, "largest"),
        ({"largest": usd(9_000)}, "largest"),
        ({"shortest_months": 0}, "shortest_months"),
        ({"longest_months": 121}, "longest_months"),
        ({"longest_months": 3}, "longest_months"),
    ],
)
def test_amounts_that_contradict_each_other_are_refused_at_their_field(
    fund: Fund, head: Viewer, change: dict[str, object], field: str
) -> None:
    call = service.draft(fund, title="Safe storage", by=head)
    with pytest.raises(RuleBroken) as refused:
        service.write(call, replace(AMOUNTS, **change), by=head)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_ceiling_limits_one_thing_once_and_below_the_envelope(
    fund: Fund, office: Office, undp: Organisation, head: Viewer
) -> None:
    call = service.draft(fund, title="Safe storage", by=head)
    limits = (Limit(undp, usd(3_000_000)), Limit(office.jurisdiction, usd(1_000_000)))
    service.write(call, replace(AMOUNTS, ceilings=limits), by=head)
    assert [(one.of, one.amount) for one in call.ceilings] == [
        ("UNDP", usd(3_000_000)), (office.jurisdiction.name, usd(1_000_000)),
    ]  # fmt: skip
    for bad in ((*limits, limits[0]), (Limit(undp, usd(5_000_001)),), (Limit(undp, usd(0)),)):
        with pytest.raises(RuleBroken) as refused:
            service.write(call, replace(AMOUNTS, ceilings=bad), by=head)
        assert refused.value.field == "ceilings"


@pytest.mark.parametrize(
    "change,field",
    [
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"closes_at": NOW - timedelta(days=1)}, "closes_on"),
        ({"grace_minutes": 1441}, "grace_minutes"),
        ({"questions_until": NOW + timedelta(days=40)}, "questions_on"),
    ],
)
def test_dates_in_the_wrong_order_are_refused_at_their_field(
    fund: Fund, head: Viewer, change: dict[str, object], field: str
) -> None:
    call = service.draft(fund, title="Safe storage", by=head)
    with pytest.raises(RuleBroken) as refused:
        service.write(call, replace(open_for(30), **change), by=head)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_weighted_ranking_says_the_weight(fund: Fund, head: Viewer) -> None:
    call = service.draft(fund, title="Safe storage", by=head)
    judging = replace(Judging.of(call), ranking_basis=RankingBasis.WEIGHTED, technical_weight=100)
    with pytest.raises(RuleBroken) as refused:
        service.write(call, judging, by=head)
    assert refused.value.field == "technical_weight"
    service.write(call, replace(judging, technical_weight=60), by=head)
    assert (call.ranking_basis, call.technical_weight) == (RankingBasis.WEIGHTED, 60)
    service.write(call, replace(judging, ranking_basis=RankingBasis.COMMITTEE, technical_weight=60), by=head)
    assert call.technical_weight == 0


def test_documents_are_asked_for_by_name(fund: Fund, head: Viewer) -> None:
    call = service.draft(fund, title="Safe storage", by=head)
    service.write(call, Papers((Wanted("Endorsement"), Wanted("Theory", "one page", needed=False))), by=head)
    assert [(one.name, one.guidance, one.needed) for one in call.documents] == [
        ("Endorsement", "", True), ("Theory", "one page", False),
    ]  # fmt: skip
    with pytest.raises(RuleBroken, match="twice"):
        service.write(call, Papers((Wanted("Endorsement"), Wanted("ENDORSEMENT"))), by=head)


def test_a_document_of_the_same_name_stays_the_one_that_was_asked_for(fund: Fund, office: Office, head: Viewer) -> None:
    """Drafts say by its public id which document a file of theirs is."""
    call = whole_draft(fund, [office], by=head)
    service.write(call, Papers((Wanted("Endorsement"), Wanted("Theory"))), by=head)
    asked = {one.name: one.public_id for one in call.documents}
    service.publish(call, by=head)
    more = Papers((Wanted("Audit"), Wanted("endorsement", "Signed", needed=False)))
    service.write(call, more, by=head, reason="An audit is needed.")
    assert [(one.name, one.guidance, one.needed) for one in call.documents] == [
        ("Audit", "", True), ("endorsement", "Signed", False),
    ]  # fmt: skip
    assert call.documents[1].public_id == asked["Endorsement"]
    assert call.documents[0].public_id not in asked.values()


def test_a_criterion_says_what_each_number_of_points_means(fund: Fund, office: Office, head: Viewer) -> None:
    call = whole_draft(fund, [office], by=head)
    (first,) = call.criteria
    assert [(anchor.points, anchor.text) for anchor in first.anchors] == [
        (0, "0 points"), (1, "1 points"), (2, "2 points"),
    ]  # fmt: skip
    for bad, field in (
        (replace(rubric("Method"), anchors=("no",)), "anchors"),
        (replace(rubric("Method"), anchors=("no", " ", "yes")), "anchors"),
        (rubric("Method", most=21), "most_points"),
        (rubric("Method", 0), "weight"),
        (rubric("RELEVANCE"), "name"),
        (rubric("  "), "name"),
    ):
        with pytest.raises(RuleBroken) as refused:
            criteria.add(call, bad, by=head)
        assert refused.value.field == field
    criteria.change(call, first, rubric("Relevance", 70, most=1), by=head)
    assert [anchor.text for anchor in first.anchors] == ["0 points", "1 points"]


def test_criteria_are_moved_and_removed(fund: Fund, office: Office, head: Viewer) -> None:
    call = whole_draft(fund, [office], by=head)
    for name in ("Method", "Value"):
        criteria.add(call, rubric(name, 10), by=head)
    criteria.move_up(call, call.criteria[2], by=head)
    criteria.move_up(call, call.criteria[0], by=head)
    assert [one.name for one in call.criteria] == ["Relevance", "Value", "Method"]
    criteria.remove(call, call.criteria[1], by=head)
    assert [one.name for one in call.criteria] == ["Relevance", "Method"]


def test_a_draft_is_dropped_without_a_trace_in_the_search(fund: Fund, office: Office, head: Viewer) -> None:
    call = whole_draft(fund, [office], by=head)
    service.drop(call, by=head)
    db.session.commit()
    assert queries.calls_of(head, fund) == []
    assert db.session.execute(text("SELECT count(*) FROM search_row WHERE kind = 'call'")).scalar_one() == 0


# ---- rights


@pytest.mark.parametrize("role", [role for role in Role if not role.of_installation])
def test_who_may_know_of_a_call_sees_it_in_the_list(
    make: Make, fund: Fund, office: Office, undp: Organisation, head: Viewer, role: Role
) -> None:
    calls = [whole_draft(fund, [office], by=head), published(fund, [office], by=head)]
    viewer = make.viewer(role, fund, undp if role.of_organisation else None)
    listed = queries.calls_of(viewer, fund)
    assert [call in listed for call in calls] == [can(viewer, Permission.CALLS_VIEW, call) for call in calls]
    assert (calls[0] in listed) is (role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD))
    assert calls[1] in listed


def test_nobody_outside_the_secretariat_opens_a_draft(
    make: Make, fund: Fund, office: Office, undp: Organisation, head: Viewer
) -> None:
    call = whole_draft(fund, [office], by=head)
    roles = (Role.PUNO_OFFICER, Role.DONOR_VIEWER, Role.COMMITTEE_CHAIR)
    for viewer in [make.viewer(role, fund, undp) for role in roles]:
        with pytest.raises(NotFound):
            queries.get_call(viewer, fund, call.public_id)


def test_officers_draft_and_only_the_head_publishes_and_cancels(
    fund: Fund, office: Office, officer: Viewer, head: Viewer, agent: Viewer
) -> None:
    call = whole_draft(fund, [office], by=officer)
    with pytest.raises(NotAllowed):
        service.publish(call, by=officer)
    with pytest.raises(NotAllowed):
        service.write(call, Basics("Another"), by=agent)
    service.publish(call, by=head)
    with pytest.raises(NotAllowed):
        service.cancel(call, reason="no", by=officer)


# ---- published


def test_a_published_call_has_a_number_and_its_officers_are_told(
    make: Make, fund: Fund, office: Office, undp: Organisation, head: Viewer
) -> None:
    invited = make.viewer(Role.PUNO_OFFICER, fund, undp, office=office)
    make.viewer(Role.PUNO_OFFICER, fund, undp, office=make.office(undp, "UNDP Serbia"))
    first, second = published(fund, [office], by=head), published(fund, [office], by=head, title="Second")
    assert [first.reference, second.reference] == ["SLW00/2026/1", "SLW00/2026/2"]
    assert [person.id for person in queries.invited(first)] == [invited.id]
    assert told(service.OUT) == 2
    assert first.standing is CallStanding.OPEN


@pytest.mark.both_engines
def test_the_database_keeps_the_criteria_of_a_published_call(fund: Fund, office: Office, head: Viewer) -> None:
    call = published(fund, [office], by=head)
    db.session.commit()
    with pytest.raises(RuleBroken, match="frozen"):
        criteria.add(call, rubric("Late"), by=head)
    with pytest.raises(RuleBroken, match="frozen"):
        service.write(call, replace(Judging.of(call), reviews_required=1), by=head, reason="fewer")
    db.session.rollback()
    for change in (
        "UPDATE call_criterion SET weight = 1",
        "DELETE FROM call_anchor",
        "UPDATE call_anchor SET text = 'other'",
        "INSERT INTO call_anchor SELECT 999, criterion_id, fund_id, 9, 'more' FROM call_anchor LIMIT 1",
        "UPDATE call_amendment SET reason = 'other'",
    ):
        if "amendment" in change:
            service.write(call, replace(Basics.of(call), title="Safer storage"), by=head, reason="a better word")
            db.session.commit()
        with pytest.raises(DBAPIError, match="frozen|never changed"):
            db.session.execute(text(change))
        db.session.rollback()


def test_an_amendment_keeps_what_stood_and_tells_the_followers(
    make: Make, fund: Fund, office: Office, head: Viewer
) -> None:
    call, follower = published(fund, [office], by=head), make.person()
    service.follow(call, follower.id)
    service.follow(call, follower.id)
    assert queries.followers(call) == 1
    later = replace(Dates.of(call), closes_at=NOW + timedelta(days=40))
    with pytest.raises(RuleBroken) as refused:
        service.write(call, later, by=head)
    assert refused.value.field == "reason"
    service.write(call, later, by=head, reason="A holiday")
    (amendment,) = queries.amendments_of(call)
    assert (amendment.number, amendment.reason) == (1, "A holiday")
    assert amendment.changes == [
        ["Closes", "Wed 1 Apr 2026, 10:00 Europe/Belgrade", "Sat 11 Apr 2026, 11:00 Europe/Belgrade"]
    ]
    assert told(service.AMENDED) == 1
    assert not service.write(call, later, by=head, reason="Once more")
    service.unfollow(call, follower.id)
    assert queries.followers(call) == 0


def test_what_was_promised_is_not_taken_back(
    make: Make, fund: Fund, office: Office, undp: Organisation, head: Viewer
) -> None:
    other = known(make.office(undp, "UNDP Serbia"))
    call = published(fund, [office, other], by=head, dates=open_for(30, grace=30))
    dates, reach = Dates.of(call), Reach.of(call)
    for facts, field in (
        (replace(dates, closes_at=NOW + timedelta(days=10)), "closes_on"),
        (replace(dates, closes_at=None), "closes_on"),
        (replace(dates, opens_at=NOW + timedelta(days=1)), "opens_on"),
        (replace(dates, grace_minutes=0), "grace_minutes"),
        (replace(reach, offices=(office,)), "offices"),
    ):
        with pytest.raises(RuleBroken) as refused:
            service.write(call, facts, by=head, reason="sorry")
        assert refused.value.field == field
    assert queries.amendments_of(call) == []


def test_nothing_of_a_closed_call_is_changed(fund: Fund, office: Office, head: Viewer) -> None:
    call = published(fund, [office], by=head)
    with clock.at(NOW + OUT_IN), pytest.raises(RuleBroken, match="no submissions any more"):
        service.write(call, replace(Basics.of(call), title="Late"), by=head, reason="late")


def test_a_published_call_is_not_dropped_and_a_cancelled_one_stays(fund: Fund, office: Office, head: Viewer) -> None:
    call = published(fund, [office], by=head)
    service.follow(call, head.id)
    with pytest.raises(RuleBroken, match="Cancel it instead"):
        service.drop(call, by=head)
    with pytest.raises(RuleBroken):
        service.cancel(call, reason=" ", by=head)
    service.cancel(call, reason="The decision was withdrawn", by=head)
    db.session.commit()
    assert (call.status, call.standing) == (CallStatus.CANCELLED, CallStanding.CANCELLED)
    assert (told(service.ANSWERED_OFF), told(service.OFF)) == (1, 0)
    with pytest.raises(RuleBroken):
        service.cancel(call, reason="again", by=head)


# ---- the clock


def test_the_clock_closes_a_call_once_its_grace_period_is_over(fund: Fund, office: Office, head: Viewer) -> None:
    call = published(fund, [office], by=head, dates=open_for(30, grace=30))
    db.session.commit()
    assert call.closes_at
    for moment, status, standing in (
        (call.closes_at - timedelta(seconds=1), CallStatus.PUBLISHED, CallStanding.OPEN),
        (call.closes_at, CallStatus.PUBLISHED, CallStanding.ENDED),
        (call.closes_at + timedelta(minutes=30), CallStatus.CLOSED, CallStanding.ENDED),
    ):
        with clock.at(moment):
            chores.close_calls()
            found = queries.get_call(head, fund, call.public_id)
            assert (found.status, found.standing) == (status, standing)
    with clock.at(call.closes_at + timedelta(hours=1)):
        assert chores.close_calls() == "0 calls closed"


def test_a_call_that_opens_later_says_so(fund: Fund, office: Office, head: Viewer) -> None:
    call = published(fund, [office], by=head, dates=open_for(30, since=NOW + timedelta(days=3)))
    assert (call.standing, call.takes) == (CallStanding.AHEAD, True)


def test_nobody_closes_a_call_by_hand(fund: Fund, office: Office, head: Viewer) -> None:
    call = published(fund, [office], by=head)
    with pytest.raises(RuleBroken, match="takes submissions still"):
        service.close(call)


def test_mail_about_a_call_is_written_when_it_is_sent(
    make: Make, fund: Fund, office: Office, undp: Organisation, head: Viewer
) -> None:
    from mptf.calls.mails import LOADERS

    make.viewer(Role.PUNO_OFFICER, fund, undp, office=office)
    call = published(fund, [office], by=head)
    db.session.commit()
    (message,) = mail.due()
    letter = LOADERS[message.kind](message)
    assert letter
    assert letter.subject == "A call for proposals is published"
    assert "SLW00/2026/1" in letter.text
    assert f"/f/SLW00/calls/{call.public_id}" in letter.text
    assert "Wed 1 Apr 2026, 10:00 Europe/Belgrade" in letter.text
