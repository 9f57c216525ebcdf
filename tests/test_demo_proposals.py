"""The third call in the demonstration: eight proposals that were walked through the services up to screening."""

import re
from collections.abc import Sequence
from datetime import timedelta

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import select

from demo import facts, people
from demo.proposals import IN_SCREENING, LETTER, REASONS
from mptf.attachments.models import ProposalFile
from mptf.calls.models import CLOSED, PUBLISHED, Call
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.drafting.queries import frame_of, states_of
from mptf.fund.models import Fund
from mptf.people.models import Person
from mptf.proposals.models import DRAFT, IN_REVIEW, SCREENING, PartKind, Proposal
from mptf.questions.models import CallQuestion, QuestionStanding
from mptf.submissions.models import BegunSubmission, Submission
from mptf.submissions.snapshot import hashed, packed, unpacked
from tests.support.signing import sign_in

OFFICER, DONOR = "Demo Officer 1", "Demo Donor 1"
LIST = f"/f/{people.SLW}/proposals/"

pytest_plugins = ["tests.support.demonstrated"]


@pytest.fixture
def world(demonstration: Flask) -> Fund:
    """Return the fund of the demonstration."""
    return db.session.scalars(select(Fund).filter_by(code=people.SLW)).one()


def the_call() -> Call:
    """Return the third call."""
    return db.session.scalars(select(Call).filter_by(reference="SLW00/2023/1")).one()


def the_open_call() -> Call:
    return db.session.scalars(select(Call).filter_by(status=PUBLISHED)).one()


def the_eight() -> Sequence[Proposal]:
    mine = select(Proposal).filter_by(call_id=the_call().id)
    return db.session.scalars(mine.order_by(Proposal.submitted_at)).all()


def sent(proposal: Proposal) -> Sequence[Submission]:
    return db.session.scalars(
        select(Submission).filter_by(proposal_id=proposal.id).order_by(Submission.number)
    ).all()  # fmt: skip


def page_of(app: Flask, name: str, path: str) -> str:
    """Return a page as somebody of the demonstration sees it; nothing where there is none."""
    person = db.session.scalars(select(Person).filter_by(name=name)).one()
    db.session.expunge(person)
    db.session.rollback()  # the page is asked in a session of its own
    with app.app_context():  # nor does it share what is kept of who asks
        answer = sign_in(app.test_client(), person).get(path)
    return answer.text if answer.status_code == 200 else ""


def test_eight_proposals_ask_for_what_is_published_of_all_and_of_two(world: Fund) -> None:
    eight = the_eight()
    assert [one.number for one in eight] == [f"P{number}" for number in range(1, 9)]
    assert {one.title for one in eight if one.status is SCREENING} == set(IN_SCREENING)
    assert sum(one.status is IN_REVIEW for one in eight) == 6
    assert all(one.is_demo for one in eight)
    assert sum((one.requested for one in eight if one.requested), Money.zero("USD")) == facts.EIGHT_PROJECTS
    for known in (facts.JUSTITIA, facts.SERBIA_PHASE_III, facts.LEAD_PROJECT):
        found = next(one for one in eight if one.title == known.title)
        assert found.office.name == known.office
        if known.dollars:
            assert found.requested == Money(known.dollars * 100, "USD")
    assert sum(one.title.startswith("Demonstration: ") for one in eight) == 5
    assert len({one.office.name for one in eight}) == 7


def test_they_were_submitted_in_time_one_in_the_last_hour_and_one_in_the_grace_period(world: Fund) -> None:
    call = the_call()
    assert call.status is CLOSED
    assert call.opens_at
    assert call.closes_at
    assert call.deadline
    begun = {one.proposal_id: one.begun_at for one in db.session.scalars(select(BegunSubmission))}
    late = []
    for proposal in the_eight():
        first = sent(proposal)[0].submitted_at
        assert call.opens_at < proposal.started_at < begun[proposal.id] < first == proposal.submitted_at
        assert call.deadline.may_finish(first, begun_at=begun[proposal.id])
        late.append(first - call.closes_at)
    assert sum(timedelta(hours=-1) < one < timedelta() for one in late) == 1
    assert [one for one in late if one >= timedelta()] == [timedelta(minutes=14)]


def test_what_was_submitted_is_complete_and_its_hash_is_that_of_its_bytes(world: Fund) -> None:
    for proposal in the_eight():
        for one in sent(proposal):
            assert hashed(one.content) == one.sha256
            snapshot = unpacked(one.content)
            assert packed(snapshot) == one.content
            assert all(part.read.complete for part in snapshot.parts.values())
            assert snapshot.budget.total == one.requested
            summary = snapshot.contents[PartKind.NARRATIVE]["summary"].split("\n")[0]
            assert "demonstration data" in summary.lower()
            assert "https://" in summary
        assert sent(proposal)[-1].requested == proposal.requested


def test_parts_of_one_were_returned_and_answered_with_a_second_version(world: Fund) -> None:
    twice = [proposal for proposal in the_eight() if len(sent(proposal)) > 1]
    assert [proposal.office.name for proposal in twice] == ["UNDP Albania"]
    first, second = sent(twice[0])
    assert [part.part for part in first.returns[0].parts] == list(REASONS)
    assert [(second.submitted_at.year, second.submitted_at.month), bool(second.remark)] == [(2023, 6), True]
    assert second.requested < first.requested
    before, after = unpacked(first.content).contents, unpacked(second.content).contents
    assert {kind for kind in before if before[kind] != after[kind]} == set(REASONS)


def test_a_letter_is_attached_to_each_and_is_a_paper(world: Fund) -> None:
    for proposal in the_eight():
        (letter,) = db.session.scalars(select(ProposalFile).filter_by(proposal_id=proposal.id))
        assert letter.file.name == f"{LETTER}, {proposal.office.name}.pdf"


def test_the_secretariat_sees_the_eight_and_a_contributor_none_of_them(demonstration: Flask, world: Fund) -> None:
    pages = {f"{LIST}{one.public_id}": escape(one.title) for one in the_eight()}
    call = f"/f/{people.SLW}/calls/{the_call().public_id}"
    listed = page_of(demonstration, OFFICER, LIST)
    assert set(re.findall(rf'class="ttl" href="({LIST}\w{{26}})"', listed)) == set(pages)
    for page, title in pages.items():
        assert title in listed
        assert title in page_of(demonstration, OFFICER, page)
        assert page_of(demonstration, DONOR, page) == ""
    assert page_of(demonstration, OFFICER, call)
    for path in (LIST, call):
        assert not [title for title in pages.values() if title in page_of(demonstration, DONOR, path)]


def test_two_colleagues_have_begun_a_draft_that_shows_warnings(world: Fund) -> None:
    (draft,) = db.session.scalars(select(Proposal).filter_by(call_id=the_open_call().id))
    assert (draft.status, draft.is_demo) == (DRAFT, True)
    assert [one.person.name for one in draft.people_now] == ["Demo PUNO Officer 1", "Demo PUNO Officer 2"]
    states = {state.part.kind: state for state in states_of(draft, frame_of(draft))}
    assert {kind for kind, state in states.items() if state.begun} == {
        PartKind.GENERAL, PartKind.NARRATIVE, PartKind.BUDGET
    }  # fmt: skip
    told = {kind: " ".join(map(str, state.read.problems)) for kind, state in states.items()}
    assert "90 %, not 100 %" in told[PartKind.GENERAL]
    assert "12,000" in told[PartKind.BUDGET]
    assert not any(state.read.complete for state in states.values())
    assert draft.started_at < clock.now()


def test_one_question_is_answered_and_one_waits(world: Fund) -> None:
    asked = db.session.scalars(select(CallQuestion).order_by(CallQuestion.id)).all()
    assert {one.call_id for one in asked} == {the_open_call().id}
    assert [one.standing for one in asked] == [QuestionStanding.ANSWERED, QuestionStanding.WAITING]


def test_an_officer_of_each_office_can_sign_in(world: Fund) -> None:
    addresses = [email for _role, email, _password in people.sign_ins()]
    assert len(addresses) == len(set(addresses)) == len(people.EVERYBODY)
    assert {one.office for one in people.OFFICERS} == {office.name for office in the_call().offices}
