"""Invitations to submit outside a call: alike in everything a call gives, known to nobody but those invited."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from mptf.calls import queries, service
from mptf.calls.facts import Basics, Dates, Reach
from mptf.calls.kinds import CallKind
from mptf.calls.models import Call, CallStatus
from mptf.core import clock, mail
from mptf.core.audit import AuditDetail, AuditEvent
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.core.mail import Letter
from mptf.fund.models import DecisionBody, Fund
from mptf.jobs import chores
from mptf.jobs.table import LETTERS
from mptf.organisations.models import Office, OrganisationKind
from mptf.people.models import Person, RoleGrant
from mptf.policy import HeldRole, Permission, Role, Viewer, can
from mptf.proposals import queries as proposed
from mptf.proposals import service as proposals
from mptf.proposals.models import May, Proposal
from mptf.public import queries as public
from mptf.questions import queries as asked
from mptf.questions import service as questions
from mptf.questions.facts import Reply
from mptf.questions.models import CallQuestion
from mptf.submissions import service as submissions
from tests.factories import Make
from tests.support.calls import DECISION, published, whole_draft
from tests.support.outbox import mailed
from tests.support.proposing import proposals_known_to
from tests.support.whole import fill

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CANARY = "canary"
ANSWER = Reply("Is it canary?", "It is canary.")


@dataclass
class Place:
    """A fund with two offices of UNDP and one of UNODC, an officer of each, and the Secretariat."""

    fund: Fund
    officer: Viewer
    head: Viewer
    albania: Office
    serbia: Office
    vienna: Office
    ana: Viewer
    cem: Viewer
    dora: Viewer


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def place(fund: Fund, make: Make, officer: Viewer, head: Viewer) -> Place:
    """Return the place: Ana of UNDP Albania, Cem of UNDP Serbia, Dora of UNODC."""
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    unodc = make.organisation("UNODC", OrganisationKind.PUNO)
    made = (make.office(undp, "UNDP Albania"), make.office(undp, "UNDP Serbia"), make.office(unodc, "UNODC Vienna"))
    ana, cem, dora = (make.viewer(Role.PUNO_OFFICER, fund, office=one) for one in made)
    here = db.session.get_one(Fund, fund.id)
    albania, serbia, vienna = (db.session.get_one(Office, one.id) for one in made)
    db.session.commit()
    return Place(here, officer, head, albania, serbia, vienna, ana, cem, dora)


def invitation(place: Place, *offices: Office, title: str = CANARY, kind: CallKind = CallKind.INVITATION) -> Call:
    """Send an invitation to offices, to UNDP Albania if none is named."""
    return published(place.fund, offices or (place.albania,), by=place.head, title=title, kind=kind)


def known_to(place: Place, call: Call) -> dict[str, bool]:
    """Return who of the place finds a call in the list of calls."""
    people = ("ana", "cem", "dora", "officer", "head")
    listed = {name: [one.id for one in queries.calls_of(getattr(place, name), place.fund)] for name in people}
    return {name: call.id in found for name, found in listed.items()}


def letters(kind: str) -> list[Letter]:
    """Write the mail of a kind that waits, as it would be sent."""
    written = [LETTERS[message.kind](message) for message in mail.due() if message.kind == kind]
    return [letter for letter in written if letter]


# ---- drafting and sending


def test_an_invitation_names_its_offices_and_says_why_before_it_is_sent(place: Place) -> None:
    call = service.invite(place.fund, [place.albania], "", title="Evidence rooms", by=place.officer)
    assert (call.kind, call.title, call.offices) == (CallKind.INVITATION, "Evidence rooms", [place.albania])
    assert [str(one.refusal) for one in queries.missing(call)][:3] == [
        "Say what the invitation is about.",
        "Say why this is answered outside a call.",
        "Name the decision of the committee the invitation rests on, and its day.",
    ]
    service.write(call, Reach(), by=place.officer)
    assert "Choose the offices you invite." in [str(one.refusal) for one in queries.missing(call)]


def test_an_invitation_that_does_not_say_why_is_not_sent(place: Place) -> None:
    call = whole_draft(place.fund, [place.albania], by=place.head, kind=CallKind.INVITATION)
    service.write(call, replace(Basics.of(call), why_outside=""), by=place.head)
    with pytest.raises(RuleBroken, match="outside a call"):
        service.publish(call, by=place.head)
    service.write(call, replace(Basics.of(call), why_outside="A flood"), by=place.head)
    with pytest.raises(NotAllowed):
        service.publish(call, by=place.officer)
    service.publish(call, by=place.head)
    assert call.status is CallStatus.PUBLISHED


@pytest.mark.both_engines
def test_the_database_holds_a_sent_invitation_to_its_reason_and_a_call_to_none(place: Place) -> None:
    invited = invitation(place).id
    call = invitation(place, kind=CallKind.OPEN).id
    db.session.commit()
    for key, why in ((invited, ""), (call, "because")):
        with pytest.raises(IntegrityError):
            db.session.execute(text("UPDATE call SET why_outside = :why WHERE id = :key"), {"why": why, "key": key})
        db.session.rollback()


def test_where_a_donor_agreement_decides_an_invitation_needs_no_committee_either(place: Place) -> None:
    place.fund.decision_body = DecisionBody.DONOR_AGREEMENT
    call = whole_draft(place.fund, [place.albania], by=place.head, kind=CallKind.INVITATION)
    service.write(call, replace(Basics.of(call), decision="", decided_on=None), by=place.head)
    assert list(queries.missing(call)) == []


def test_invitations_and_calls_are_numbered_apart(place: Place) -> None:
    sent = [
        invitation(place, title=str(number), kind=kind)
        for number, kind in enumerate((CallKind.INVITATION, CallKind.OPEN, CallKind.INVITATION, CallKind.OPEN))
    ]
    assert [one.reference for one in sent] == ["SLW00/2026/D1", "SLW00/2026/1", "SLW00/2026/D2", "SLW00/2026/2"]


def test_the_officers_of_the_offices_invited_are_told_and_nobody_else(place: Place) -> None:
    call = whole_draft(place.fund, [place.albania], by=place.head, title=CANARY, kind=CallKind.INVITATION)
    promised = service.told_of_publishing(call)
    service.publish(call, by=place.head)
    assert promised == mailed(service.OUT) == [place.ana.id]
    (letter,) = letters(service.OUT)
    assert letter.subject == "Your office is invited to submit"
    assert "outside a call: SLW00/2026/D1" in letter.text


def test_an_office_that_is_invited_later_is_told_as_those_before_it(place: Place) -> None:
    call = invitation(place)
    service.write(call, replace(Reach.of(call), offices=(place.albania, place.vienna)), reason="Both", by=place.head)
    assert mailed(service.OUT) == sorted([place.ana.id, place.dora.id])
    assert known_to(place, call) == {"ana": True, "cem": False, "dora": True, "officer": True, "head": True}
    with pytest.raises(RuleBroken, match="not taken out once the invitation went out"):
        service.write(call, replace(Reach.of(call), offices=(place.vienna,)), reason="One", by=place.head)


def test_the_reason_of_a_sent_invitation_is_amended_and_never_taken_away(place: Place) -> None:
    call = invitation(place)
    with pytest.raises(RuleBroken) as refused:
        service.write(call, replace(Basics.of(call), why_outside=" "), reason="x", by=place.head)
    assert refused.value.field == "why_outside"
    service.write(call, replace(Basics.of(call), why_outside="A flood"), reason="Plainer", by=place.head)
    (amendment,) = queries.amendments_of(call)
    assert amendment.changes == [["Why outside a call", f"Why {CANARY}.", "A flood"]]


def test_the_clock_closes_an_invitation_and_cancelling_tells_those_invited(place: Place) -> None:
    first, second = invitation(place), invitation(place)
    assert first.deadline
    service.cancel(second, reason="The store burned down", by=place.head)
    assert mailed(service.OFF) == [place.ana.id]
    (letter,) = letters(service.OFF)
    assert letter.subject == "An invitation to submit is cancelled"
    db.session.commit()
    with clock.at(first.deadline.ends_at):
        assert chores.close_calls() == "1 calls closed"
    assert known_to(place, first)["ana"]


# ---- who knows of it


@pytest.mark.parametrize("role", [role for role in Role if not role.of_installation])
@pytest.mark.parametrize("at", ["albania", "serbia", "vienna"])
def test_who_may_know_of_an_invitation_sees_it_in_the_list(place: Place, make: Make, role: Role, at: str) -> None:
    calls = [invitation(place), invitation(place, kind=CallKind.OPEN)]
    calls += [whole_draft(place.fund, [place.albania], by=place.head, kind=kind) for kind in CallKind]
    office: Office = getattr(place, at)
    holder = office.organisation if role.of_organisation else None
    db.session.commit()
    viewer = make.viewer(role, place.fund, holder, office=office if role.of_office else None)
    seen = queries.calls_of(viewer, place.fund)
    assert [call in seen for call in calls] == [can(viewer, Permission.CALLS_VIEW, call) for call in calls]
    secretariat = role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD)
    assert (calls[0] in seen) is (secretariat or (role is Role.PUNO_OFFICER and at == "albania"))
    assert [call in seen for call in calls[1:]] == [True, secretariat, secretariat]


def test_somebody_of_two_offices_knows_of_it_in_the_role_for_the_one_invited(place: Place) -> None:
    call = invitation(place)
    both = [*place.dora.held, *place.ana.held]
    for held in both:
        viewer = replace(place.dora, held=tuple(both), chosen=held)
        assert (call in queries.calls_of(viewer, place.fund)) is (held in place.ana.held)
        assert can(viewer, Permission.CALLS_VIEW, call) is (held in place.ana.held)


def test_mail_reaches_who_is_of_an_office_invited_in_a_role_that_is_not_the_first(place: Place, make: Make) -> None:
    person, undp = db.session.get_one(Person, place.cem.id), place.albania.organisation
    db.session.commit()
    make.grant(person, Role.PUNO_OFFICER, place.fund, undp, office=place.albania)
    invitation(place)
    assert mailed(service.OUT) == sorted([place.ana.id, place.cem.id])
    assert len(letters(service.OUT)) == 2


def test_nothing_is_written_to_who_is_of_no_office_invited_any_more(place: Place) -> None:
    invitation(place)
    grant = db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == place.ana.id)).one()
    grant.until_on = date(2026, 3, 1)
    db.session.commit()
    assert mailed(service.OUT) == [place.ana.id]
    assert letters(service.OUT) == []


def test_the_public_calendar_and_an_applicants_own_list_know_only_what_they_may(place: Place) -> None:
    call, for_all = invitation(place), invitation(place, place.albania, place.vienna, kind=CallKind.OPEN)
    assert public.calls(place.fund) == [for_all]
    assert set(proposed.calls_to_answer(place.fund, place.albania.id)) == {call, for_all}
    assert proposed.calls_to_answer(place.fund, place.vienna.id) == [for_all]


def test_questions_of_an_invitation_are_known_to_those_invited(place: Place) -> None:
    call = invitation(place)
    question = questions.ask(call, CANARY, by=place.ana)
    questions.answer(question, ANSWER, by=place.officer)
    with pytest.raises(NotAllowed):
        questions.ask(call, "From elsewhere", by=place.dora)
    for viewer, knows in ((place.ana, True), (place.dora, False), (place.cem, False), (place.head, True)):
        seen = db.session.scalars(select(CallQuestion).where(asked.visible_to(viewer, place.fund))).all()
        assert bool(seen) is can(viewer, Permission.CALLS_VIEW, question) is knows
        assert db.session.scalar(asked.counted_on(viewer, call)) == int(knows)
        found = [row for kind in asked.findable(viewer, place.fund) for row in db.session.execute(kind.seen)]
        assert bool(found) is knows


def test_who_asked_knows_of_the_question_as_long_as_the_office_is_invited(place: Place) -> None:
    call = invitation(place)
    question = questions.ask(call, CANARY, by=place.ana)
    moved = HeldRole("moved", Role.PUNO_OFFICER, place.fund.id, place.vienna.organisation_id, place.vienna.id)
    viewer = replace(place.ana, held=(moved,), chosen=None)
    assert not can(viewer, Permission.CALLS_VIEW, question)
    with pytest.raises(NotFound):
        asked.get_question(viewer, place.fund, question.public_id)


def test_the_audit_log_keeps_what_was_done_and_nothing_of_what_it_says(place: Place) -> None:
    call = service.invite(place.fund, [place.albania], f"Why {CANARY}", title=CANARY, by=place.officer)
    service.drop(call, by=place.officer)
    sent = invitation(place)
    question = questions.ask(sent, CANARY, by=place.ana)
    questions.answer(question, ANSWER, by=place.officer)
    later = replace(Dates.of(sent), closes_at=NOW + timedelta(days=50))
    service.write(sent, later, reason=f"Because of {CANARY}", by=place.head)
    service.cancel(sent, reason=f"Because of {CANARY}", by=place.head)
    db.session.commit()
    events = db.session.execute(
        select(AuditEvent.action, AuditDetail.body).join(AuditDetail, AuditDetail.event_seq == AuditEvent.seq)
    ).all()
    assert {"call.drafted", "call.dropped", "call_criterion.added", "call.amended", "call.cancelled"} <= {
        action for action, _ in events
    }
    assert "the invitation SLW00/2026/D1" in " ".join(body or "" for _, body in events)
    assert not [body for _, body in events if CANARY in (body or "")]


# ---- proposals under it


def begin(place: Place) -> Proposal:
    proposal = proposals.start(invitation(place), place.albania, title="Evidence rooms", by=place.ana)
    db.session.commit()
    return proposal


def test_an_office_that_is_not_invited_starts_nothing(place: Place) -> None:
    call = invitation(place)
    with pytest.raises(RuleBroken, match="not among those this invitation is open to"):
        proposals.start(call, place.vienna, title="x", by=place.dora)


def test_only_officers_of_offices_invited_are_let_into_an_answer(place: Place) -> None:
    proposal = begin(place)
    dora = db.session.get_one(Person, place.dora.id)
    assert proposed.colleagues(proposal, place.ana, place.ana.held[0]) == []
    with pytest.raises(RuleBroken, match="ask the Secretariat to invite the office"):
        proposals.share(proposal, dora, May.READ, by=place.ana)
    call = proposal.call
    both = replace(Reach.of(call), offices=(place.albania, place.vienna))
    service.write(call, both, reason="Together", by=place.head)
    proposals.share(proposal, dora, May.READ, by=place.ana)
    assert proposal in proposals_known_to(place.dora, place.fund)


def test_who_came_in_and_is_of_no_office_invited_any_more_knows_nothing_of_it(place: Place, make: Make) -> None:
    proposal = begin(place)
    colleague = make.viewer(Role.PUNO_OFFICER, place.fund, office=place.albania)
    proposals.share(proposal, db.session.get_one(Person, colleague.id), May.WRITE, by=place.ana)
    moved = replace(colleague, held=(replace(colleague.held[0], office_id=place.serbia.id),), chosen=None)
    for viewer, knows in ((colleague, True), (moved, False)):
        assert (proposal in proposals_known_to(viewer, place.fund)) is knows
        for permission in (Permission.PROPOSALS_VIEW, Permission.PROPOSALS_WRITE, Permission.DRAFTS_VIEW):
            assert can(viewer, permission, proposal) is knows


def test_mails_about_a_proposal_under_it_call_it_an_invitation(place: Place) -> None:
    proposal = begin(place)
    fill(proposal, by=place.ana)
    submissions.submit(proposal, by=place.ana)
    db.session.commit()
    written = [*letters(submissions.RECEIPT), *letters(submissions.ARRIVED)]
    assert len(written) == 3, "the receipt, and the two of the Secretariat"
    assert all("under the invitation SLW00/2026/D1" in letter.text for letter in written)


def test_a_call_and_what_it_rests_on_are_alike_but_for_their_kind(place: Place) -> None:
    one, other = invitation(place), invitation(place, kind=CallKind.OPEN)
    assert (one.decision, one.decided_on) == (other.decision, other.decided_on) == DECISION
    assert [criterion.name for criterion in one.criteria] == [criterion.name for criterion in other.criteria]
    assert one.deadline == other.deadline
