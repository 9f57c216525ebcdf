"""Calls that begin with concept notes: the way from a concept note to the full proposal, and its two closings."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from mptf.calls import service as calls
from mptf.calls.calendar import Amended, moments_of
from mptf.calls.facts import Dates
from mptf.calls.kinds import CallKind
from mptf.calls.queries import missing, why_not_answer
from mptf.calls.stages import NOW as REACHED
from mptf.calls.stages import stages_of
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.core.mail import OutboxMessage
from mptf.core.money import Money
from mptf.dossiers import queries as dossiers
from mptf.dossiers.changes import money_changes
from mptf.drafting import queries as drafting
from mptf.drafting.concept import read_concept
from mptf.drafting.parts import get_part, parts_of, shown_of
from mptf.drafting.reading import Frame
from mptf.jobs import chores
from mptf.jobs.table import LETTERS
from mptf.proposals import queries as proposals
from mptf.proposals import service as starting
from mptf.proposals.models import (
    DRAFT,
    IN_REVIEW,
    INVITED,
    PROPOSAL_FLOW,
    RETURNED,
    SUBMITTED,
    PartKind,
    Stage,
)
from mptf.proposals.reminders import CLOSING, CONCEPTS
from mptf.screening import pages as screening_pages
from mptf.screening import papers
from mptf.screening import queries as screenings
from mptf.screening import service as screening
from mptf.screening.letters import proposed_text, thawed
from mptf.screening.listed import waits_for
from mptf.screening.models import Answer, Fact, Ground
from mptf.screening.proposed import Said
from mptf.submissions import queries, service
from mptf.submissions.models import Submission
from mptf.submissions.snapshot import packed, unpacked
from tests.conftest import Once
from tests.factories import Make
from tests.support import placed as support
from tests.support.calls import published, whole_draft
from tests.support.placed import placed
from tests.support.whole import contents, write

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
CONCEPT, CLOSES = NOW + timedelta(days=10), NOW + timedelta(days=40)
SECOND, GRACE = timedelta(seconds=1), timedelta(minutes=30)
DATES = Dates(NOW - timedelta(days=1), CLOSES, "Europe/Belgrade", 30, concept_until=CONCEPT)
FULL = frozenset(PartKind) - {PartKind.CONCEPT}


class Place(support.Place):
    """The place, whose call takes concept notes for ten days; the proposal is a whole note."""

    def note(self, **changed: str) -> dict[str, str]:
        """Return what a whole concept note says."""
        where = {f"jurisdictions.{one.public_id}": "y" for one in self.call.jurisdictions}
        said = {"problem": "Depots are open.", "doing": "Build fences.", "together": "UNDP and the police.",
                "months": "24", "amount": "250,000"}  # fmt: skip
        return {**said, **where, **changed}

    def begin(self, at: datetime) -> None:
        """Press “Begin submission” at a moment."""
        with clock.at(at):
            service.begin(self.proposal, by=self.ana)

    def send(self, at: datetime) -> Submission:
        """Submit at a moment."""
        with clock.at(at):
            return service.submit(self.proposal, by=self.ana)

    def screen(self, *, answered: bool = True) -> None:
        """Take up screening, and answer yes at every item."""
        screening.take_up(self.proposal, by=self.officer)
        if answered:
            said = [Said(item.id, Answer.YES, "", 0) for item in screenings.items_of(self.call)]
            screening.answer(self.proposal, said, by=self.officer)

    def invite(self) -> None:
        """Send the concept note and invite the full proposal."""
        self.send(NOW)
        self.screen()
        screening.invite(self.proposal, by=self.officer)
        db.session.commit()

    def fill(self) -> None:
        """Type every part of the full proposal."""
        frame = drafting.frame_of(self.proposal)
        for kind, content in contents(self.proposal, frame).items():
            write(self.proposal, kind, content, by=self.ana)
        db.session.commit()


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with clock.at(NOW):
        yield


def build(make: Make) -> Place:
    found = placed(Place, make, make.fund())
    write(found.start(DATES), PartKind.CONCEPT, found.note(), by=found.ana)
    db.session.commit()
    return found


@pytest.fixture
def place(ctx: object, once: Once) -> Place:
    return once(build)


def letters(kind: str) -> list[str]:
    return [text for _, text in subjects_and_letters(kind)]


def subjects_and_letters(kind: str) -> list[tuple[str, str]]:
    rows = db.session.scalars(select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id))
    return [(letter.subject, letter.text) for row in rows if (letter := LETTERS[kind](row))]


# ---- the way


def test_a_concept_note_is_sent_screened_and_invited_and_the_full_proposal_is_its_next_version(place: Place) -> None:
    proposal = place.proposal
    assert (proposal.stage, proposal.writable_parts) == (Stage.CONCEPT, frozenset({PartKind.CONCEPT}))
    assert [part.kind for part in shown_of(proposal)] == [PartKind.CONCEPT]
    first = place.send(NOW)
    assert (proposal.status, proposal.number, proposal.requested) == (SUBMITTED, "P1", Money(250_000_00, "USD"))
    place.screen()
    screening.invite(proposal, by=place.officer)
    db.session.commit()
    assert (proposal.status, proposal.stage, proposal.writable_parts) == (INVITED, Stage.FULL, FULL)
    [mail] = letters("proposal_invited")
    assert "the concept note P1" in mail
    assert "Safe storage" not in mail
    assert "30 May 2026" in mail
    place.fill()
    with pytest.raises(RuleBroken, match="cannot be changed now"):
        write(proposal, PartKind.CONCEPT, place.note(problem="Other"), by=place.ana)
    second = place.send(CLOSES - SECOND)
    assert (proposal.number, second.number, first.number) == ("P1", 2, 1)
    assert (proposal.submitted_at, proposal.full_at) == (NOW, CLOSES - SECOND)
    assert proposal.requested == Money(74_900_00, "USD")
    place.screen()
    screening.admit(proposal, by=place.officer)
    assert proposal.status is IN_REVIEW


def test_both_snapshots_read_back_and_hold_what_their_stage_asks_for(place: Place) -> None:
    place.invite()
    place.fill()
    place.send(NOW)
    db.session.commit()
    note, full = (unpacked(queries.get_submission(place.proposal, number).content) for number in (1, 2))
    assert set(note.contents) == {PartKind.CONCEPT}
    assert set(full.contents) == FULL
    assert (note.stage, full.stage) == (Stage.CONCEPT, Stage.FULL)
    assert [one.stage for one in queries.submissions_of(place.proposal)] == [Stage.FULL, Stage.CONCEPT]
    assert (note.requested, note.attached) == (Money(250_000_00, "USD"), ())
    assert (note.title, note.number, note.office, note.call) == (full.title, full.number, full.office, full.call)
    for number, said in ((1, note), (2, full)):
        assert packed(said) == queries.get_submission(place.proposal, number).content
        assert all(sent.read.complete for sent in said.parts.values())
    assert dossiers.read(place.proposal, 2).earlier == [], "a full proposal is no change of a concept note"
    with pytest.raises(NotFound):
        dossiers.get_file(place.proposal, 1, "none")


def test_parts_are_returned_in_both_stages_and_only_those_that_were_sent(place: Place) -> None:
    until = NOW.date() + timedelta(days=5)
    place.send(NOW)
    place.screen(answered=False)
    with pytest.raises(RuleBroken, match="Choose at least one part"):
        service.give_back(place.proposal, {PartKind.BUDGET: "Less"}, until, by=place.officer)
    service.give_back(place.proposal, {PartKind.CONCEPT: "Say where."}, until, by=place.officer)
    assert (place.proposal.status, place.proposal.writable_parts) == (RETURNED, frozenset({PartKind.CONCEPT}))
    write(place.proposal, PartKind.CONCEPT, place.note(amount="300,000"), by=place.ana)
    again = place.send(NOW + timedelta(days=1))
    change = money_changes(*(unpacked(queries.get_submission(place.proposal, one).content) for one in (1, 2)))
    assert (again.number, change.in_all.difference) == (2, Money(50_000_00, "USD"))
    place.screen()
    screening.invite(place.proposal, by=place.officer)
    db.session.commit()
    place.fill()
    place.send(NOW)
    place.screen(answered=False)
    with pytest.raises(RuleBroken, match="Choose at least one part"):
        service.give_back(place.proposal, {PartKind.CONCEPT: "Other"}, until, by=place.officer)
    service.give_back(place.proposal, {PartKind.TEAM: "Who?"}, until, by=place.officer)
    assert place.proposal.writable_parts == {PartKind.TEAM}


def test_each_step_on_is_of_its_stage(place: Place) -> None:
    place.send(NOW)
    place.screen(answered=False)
    with pytest.raises(RuleBroken, match="without an answer"):
        screening.invite(place.proposal, by=place.officer)
    said = [Said(item.id, Answer.YES, "", 0) for item in screenings.items_of(place.call)]
    screening.answer(place.proposal, said, by=place.officer)
    with pytest.raises(RuleBroken, match="This is a concept note"):
        screening.admit(place.proposal, by=place.officer)
    screening.invite(place.proposal, by=place.officer)
    db.session.commit()
    place.fill()
    place.send(NOW)
    place.screen()
    with pytest.raises(RuleBroken, match="full proposal already"):
        screening.invite(place.proposal, by=place.officer)


def test_screening_knows_a_concept_note_by_its_own_closing(place: Place) -> None:
    place.begin(CONCEPT - SECOND)
    place.send(CONCEPT + SECOND)
    place.screen()
    shown = screening_pages.screened(place.proposal)
    told = [line.told.sentence for line in shown.lines if line.told]
    assert any("within 30 minutes of grace" in one for one in told)
    assert any("brings no document" in one for one in told) or not shown.known.sent.frame.documents
    assert "It takes 24 months; the call gives 6 to 36 months." in told
    screening.invite(place.proposal, by=place.officer)
    db.session.commit()
    place.fill()
    place.begin(CLOSES - SECOND)
    place.send(CLOSES + SECOND)
    assert len(screening_pages.screened(place.proposal).versions) == 2


# ---- the clock


def test_one_second_late_of_each_closing_is_late(place: Place) -> None:
    place.begin(CONCEPT - SECOND)
    with pytest.raises(RuleBroken, match="could be finished until"):
        place.send(CONCEPT + GRACE)
    place.send(CONCEPT + GRACE - SECOND)
    place.screen()
    screening.invite(place.proposal, by=place.officer)
    db.session.commit()
    place.fill()
    with clock.at(CLOSES), pytest.raises(RuleBroken, match="The call closed"):
        service.begin(place.proposal, by=place.ana)
    with pytest.raises(RuleBroken, match="The call closed"):
        place.send(CLOSES)
    place.begin(CLOSES - SECOND)
    with pytest.raises(RuleBroken, match="could be finished until"):
        place.send(CLOSES + GRACE)
    assert place.send(CLOSES + GRACE - SECOND).stage is Stage.FULL


def test_what_was_not_begun_as_a_concept_note_in_time_is_not_submitted_at_all(place: Place) -> None:
    with clock.at(CONCEPT), pytest.raises(RuleBroken, match="Concept notes were taken until"):
        service.begin(place.proposal, by=place.ana)
    with pytest.raises(RuleBroken, match="Concept notes were taken until"):
        place.send(CONCEPT)
    assert place.proposal.status is DRAFT


def test_who_is_not_invited_does_not_submit_in_full(place: Place) -> None:
    place.send(NOW)
    place.screen()
    with pytest.raises(RuleBroken, match="this one is not invited"):
        place.send(NOW)
    with pytest.raises(RuleBroken, match="cannot be changed now"):
        write(place.proposal, PartKind.TEAM, {}, by=place.ana)


def test_nothing_is_started_once_concept_notes_are_closed(place: Place) -> None:
    assert why_not_answer(place.call, place.office.id) is None
    with clock.at(CONCEPT):
        refusal = why_not_answer(place.call, place.office.id)
        assert refusal
        assert "Concept notes were taken until" in str(refusal)
        assert list(proposals.calls_to_answer(place.fund, place.office.id)) == []
        with pytest.raises(RuleBroken, match="Concept notes were taken"):
            starting.start(place.call, db.session.merge(place.office), title="Too late", by=place.ana)


# ---- what it asks for


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "typed,field,told",
    [
        ({"problem": ""}, "problem", "Write this section"),
        ({"doing": "x" * 3001}, "doing", "1 more"),
        ({"months": "40"}, "months", "from 6 to 36"),
        ({"amount": "9"}, "amount", "smallest grant"),
        ({"amount": "9,000,000"}, "amount", "largest grant"),
        ({"amount": "0"}, "amount", "above zero"),
        ({"amount": "much"}, "amount", ""),
        ({"jurisdictions.a": ""}, "jurisdictions", "Choose where"),
    ],
)
def test_a_concept_note_says_what_is_missing_and_wrong(typed: dict[str, str], field: str, told: str) -> None:
    frame = Frame("USD", 700, jurisdictions={"a": "Albania"}, months_least=6, months_most=36,
                  grant_least=Money(10_000_00, "USD"), grant_most=Money(900_000_00, "USD"))  # fmt: skip
    whole = {"problem": "p", "doing": "d", "together": "t", "months": "12", "amount": "50,000", "jurisdictions.a": "y"}
    assert read_concept(whole, frame).complete
    [problem] = read_concept({**whole, **typed}, frame).problems
    assert problem.field == field
    assert told in str(problem)


def test_a_call_without_the_stage_asks_for_no_concept_note(place: Place) -> None:
    call = published(place.fund, [place.office], by=place.head, title="Other", dates=replace(DATES, concept_until=None))
    office = db.session.merge(place.office)
    proposal = starting.copy(place.proposal, call, office, title="Without", by=place.ana)
    assert (proposal.stage, proposal.writable_parts) == (Stage.FULL, FULL)
    assert [part.kind for part in parts_of(proposal)] == [kind for kind in PartKind if kind is not PartKind.CONCEPT]
    assert shown_of(proposal) == parts_of(proposal)
    assert drafting.newest(proposal, PartKind.CONCEPT) is None
    with pytest.raises(NotFound):
        get_part("concept", proposal)
    again = starting.copy(place.proposal, place.call, office, title="Again", by=place.ana)
    assert drafting.newest(again, PartKind.CONCEPT) is not None
    with pytest.raises(NotFound):
        get_part("budget", again)


# ---- the call


@pytest.mark.parametrize(
    "facts,field,told",
    [
        (replace(DATES, concept_until=CONCEPT - SECOND), "concept_on", "never brought forward"),
        (replace(DATES, concept_until=None), "concept_on", "never brought forward"),
        (replace(DATES, concept_until=CLOSES), "concept_on", "before the closing"),
        (replace(DATES, concept_until=DATES.opens_at), "concept_on", "after the opening"),
    ],
)
def test_concept_notes_are_never_brought_forward(place: Place, facts: Dates, field: str, told: str) -> None:
    with pytest.raises(RuleBroken, match=told) as refused:
        calls.write(place.call, facts, by=place.head, reason="x")
    assert refused.value.field == field


def test_concept_notes_are_amended_to_a_later_moment_until_they_end(place: Place) -> None:
    later = replace(DATES, concept_until=CONCEPT + timedelta(days=1))
    calls.write(place.call, later, by=place.head, reason="More time")
    assert place.call.concept_until == CONCEPT + timedelta(days=1)
    with clock.at(CONCEPT + timedelta(days=1)), pytest.raises(RuleBroken, match="have ended already"):
        calls.write(place.call, replace(DATES, concept_until=CLOSES - SECOND), by=place.head, reason="More")


def test_the_stage_is_said_before_the_call_goes_out_and_not_of_an_invitation(place: Place) -> None:
    without = published(place.fund, [place.office], by=place.head, title="B", dates=replace(DATES, concept_until=None))
    with pytest.raises(RuleBroken, match="not added once"):
        calls.write(without, DATES, by=place.head, reason="x")
    late = whole_draft(place.fund, [place.office], by=place.head, title="C", dates=DATES)
    with clock.at(CONCEPT):
        assert "Concept notes would end in the past" in str([str(one.refusal) for one in missing(late)])
    invitation = whole_draft(
        place.fund, [place.office], by=place.head, title="D", dates=replace(DATES, concept_until=None),
        kind=CallKind.INVITATION,
    )  # fmt: skip
    with pytest.raises(RuleBroken, match="An invitation has no stage"):
        calls.write(invitation, DATES, by=place.head)


def test_the_call_shows_its_stages_and_the_calendar_has_the_moment(place: Place) -> None:
    def reached(at: datetime) -> list[str]:
        with clock.at(at):
            return [stage.label for stage in stages_of(place.call) if stage.state == REACHED]

    assert (reached(NOW), reached(CONCEPT), reached(CLOSES)) == (["Concept notes"], ["Full proposals"], ["Closed"])
    moments = {moment.title.partition(": ")[2]: moment.at for moment in moments_of(place.call, Amended(), "x")}
    assert moments["the last moment for concept notes"] == CONCEPT


def test_reminders_go_before_each_closing_to_who_works_on_what_it_takes(place: Place) -> None:
    with clock.at(CONCEPT - timedelta(days=2)):
        chores.remind_of_closing()
        [mail] = letters(CONCEPTS)
        assert "takes concept notes until" in mail
        assert letters(CLOSING) == []
    place.invite()
    with clock.at(CLOSES - timedelta(days=7)):
        chores.remind_of_closing()
        assert len(letters(CLOSING)) == 1
    assert letters(CONCEPTS) == [], "nobody works on a concept note any more"


def test_home_tells_what_closes_next_for_this_proposal(place: Place) -> None:
    with clock.at(CONCEPT - timedelta(days=3)):
        [one] = proposals.waiting_for(place.ana, place.fund)
        assert one.due_on == place.call.concept_on
    place.invite()
    assert proposals.waiting_for(place.ana, place.fund) == []
    with clock.at(CLOSES - timedelta(days=3)):
        [one] = proposals.waiting_for(place.ana, place.fund)
        assert one.due_on == place.call.closes_on


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE proposal SET status = 'invited'",
        "UPDATE proposal SET status = 'in_review', submitted_at = started_at, number = 'P9', requested_minor = 1",
        "UPDATE proposal SET full_at = started_at",
        "UPDATE call SET concept_until = closes_at",
        "UPDATE call SET concept_until = opens_at",
    ],
)
def test_the_database_refuses_a_stage_that_lies(place: Place, statement: str) -> None:
    with pytest.raises(DatabaseError):
        db.session.execute(text(statement))
    db.session.rollback()


def test_only_the_secretariat_invites(place: Place) -> None:
    assert PROPOSAL_FLOW.steps["invite"].permission is PROPOSAL_FLOW.steps["admit"].permission
    place.send(NOW)
    place.screen()
    with pytest.raises(NotAllowed):
        screening.invite(place.proposal, by=place.ana)


# ---- what lies between the two closings


def test_nobody_is_invited_to_what_cannot_be_submitted_any_more(place: Place) -> None:
    place.send(NOW)
    place.screen()
    shown = screening_pages.screened(place.proposal)
    with clock.at(CLOSES - SECOND):
        assert shown.why_not_admit is None
    with clock.at(CLOSES):
        assert "nobody is invited" in str(shown.why_not_admit)
        assert "has closed" in waits_for(place.proposal, place.proposal.call, shown.progress)[0]
        with pytest.raises(RuleBroken, match="nobody is invited"):
            screening.invite(place.proposal, by=place.officer)
    assert (place.proposal.stage, letters("proposal_invited")) == (Stage.CONCEPT, [])
    screening.invite(place.proposal, by=place.officer)
    told, values = waits_for(place.proposal, place.proposal.call, shown.progress)
    assert (told, values["until"]) == ("Its office submits in full until {until}", CLOSES)
    with clock.at(CLOSES):
        assert waits_for(place.proposal, place.proposal.call, shown.progress)[0] == ""


def test_a_concept_note_is_returned_for_an_answer_that_can_still_be_invited(place: Place) -> None:
    place.send(NOW)
    place.screen(answered=False)
    on_the_day, before = CLOSES.date(), CLOSES.date() - timedelta(days=1)
    with pytest.raises(RuleBroken, match="after that nobody can be invited") as refused:
        service.give_back(place.proposal, {PartKind.CONCEPT: "Where?"}, on_the_day, by=place.officer)
    assert refused.value.field == "until"
    service.give_back(place.proposal, {PartKind.CONCEPT: "Where?"}, before - timedelta(days=1), by=place.officer)
    with pytest.raises(RuleBroken, match="after that nobody can be invited"):
        service.give_time(place.proposal, on_the_day, by=place.officer)
    service.give_time(place.proposal, before, by=place.officer)
    assert place.proposal.answer_by is not None
    assert place.proposal.answer_by < CLOSES


def test_a_concept_note_in_time_stays_in_time_when_its_answer_comes_after_its_closing(place: Place) -> None:
    place.send(CONCEPT - SECOND)
    place.screen(answered=False)
    service.give_back(
        place.proposal, {PartKind.CONCEPT: "Where?"}, CONCEPT.date() + timedelta(days=9), by=place.officer
    )
    write(place.proposal, PartKind.CONCEPT, place.note(doing="In Tirana."), by=place.ana)
    place.send(CONCEPT + timedelta(days=1))
    place.screen()
    screening.invite(place.proposal, by=place.officer)
    db.session.commit()
    [in_time] = [line.told for line in screening_pages.screened(place.proposal).lines if line.item.fact is Fact.IN_TIME]
    assert in_time
    assert (in_time.fine, "concept notes end" in in_time.sentence) == (True, True)


def test_who_withdrew_begins_anew_while_concept_notes_are_taken(place: Place) -> None:
    place.invite()
    service.withdraw(place.proposal, reason="Too early.", by=place.ana)
    with pytest.raises(RuleBroken, match="This proposal is “Withdrawn”"):
        place.send(NOW)
    office = db.session.merge(place.office)
    again = starting.copy(place.proposal, place.call, office, title="Safe storage", by=place.ana)
    assert (again.stage, again.number, again.writable_parts) == (Stage.CONCEPT, None, frozenset({PartKind.CONCEPT}))
    sent = service.submit(again, by=place.ana)
    assert (again.number, sent.number, sent.stage) == ("P2", 1, Stage.CONCEPT)
    with clock.at(CONCEPT), pytest.raises(RuleBroken, match="Concept notes were taken"):
        starting.copy(place.proposal, place.call, office, title="Too late", by=place.ana)


def test_a_later_day_for_concept_notes_leaves_those_that_were_sent_and_invited(place: Place) -> None:
    late = starting.start(place.call, db.session.merge(place.office), title="Another", by=place.ana)
    write(late, PartKind.CONCEPT, place.note(), by=place.ana)
    place.invite()
    moved = CONCEPT + timedelta(days=3)
    calls.write(place.call, replace(DATES, concept_until=moved), by=place.head, reason="More time")
    assert (place.proposal.status, place.proposal.closes_at, late.closes_at) == (INVITED, CLOSES, moved)
    with clock.at(moved - SECOND):
        assert service.submit(late, by=place.ana).stage is Stage.CONCEPT
        assert place.proposal.due_on == place.call.closes_on
    facts = [line.told for line in screening_pages.screened(place.proposal).lines if line.item.fact is Fact.IN_TIME]
    assert [one.fine for one in facts if one] == [True]


# ---- what it is called


def test_mail_calls_a_concept_note_one_until_the_full_proposal_comes(place: Place) -> None:
    place.send(NOW)
    arrived, receipt = (subjects_and_letters(kind)[0] for kind in ("proposal_arrived", "submission_receipt"))
    assert arrived[0] == "A concept note is submitted"
    assert "the concept note P1 is submitted" in arrived[1]
    assert "the concept note P1 under" in receipt[1]
    place.screen(answered=False)
    service.give_back(place.proposal, {PartKind.CONCEPT: "Where?"}, NOW.date() + timedelta(days=2), by=place.officer)
    [returned] = subjects_and_letters("proposal_returned")
    assert returned[0] == "A concept note is returned to you"
    assert "returned the concept note P1" in returned[1]
    assert "parts" not in returned[1]
    with clock.at(NOW + timedelta(days=4)):
        service.resume(place.proposal, by=place.officer)
    assert "the concept note P1" in subjects_and_letters("proposal_resumed")[0][1]
    said = [Said(item.id, Answer.YES, "", 0) for item in screenings.items_of(place.call)]
    screening.answer(place.proposal, said, by=place.officer)
    screening.invite(place.proposal, by=place.officer)
    assert (place.proposal.stage, place.proposal.at_hand) == (Stage.FULL, Stage.CONCEPT)
    place.fill()
    place.send(NOW)
    assert "the concept note P1 under" in subjects_and_letters("submission_receipt")[0][1], (
        "it is the receipt of a note"
    )
    assert "the proposal P1 under" in subjects_and_letters("submission_receipt")[1][1]
    assert subjects_and_letters("proposal_arrived")[-1][0] == "A proposal is submitted"
    assert place.proposal.at_hand is Stage.FULL


def test_a_concept_note_that_is_withdrawn_is_called_one_after_its_invitation_too(place: Place) -> None:
    place.invite()
    service.withdraw(place.proposal, reason="No support.", by=place.ana)
    withdrawn = subjects_and_letters("proposal_withdrawn")[0]
    assert withdrawn[0] == "A concept note is withdrawn"
    assert "the concept note P1" in withdrawn[1]


def test_the_letter_of_a_concept_note_says_what_it_is_and_which_closing_it_missed(place: Place) -> None:
    place.send(NOW)
    place.screen()
    known = screening_pages.screened(place.proposal).known
    text = proposed_text(known, [Ground.LATE, Ground.AMOUNT])
    assert "the concept note P1" in text
    assert "Concept notes were taken until Thu 30 Apr 2026" in text
    assert "It expects to ask for USD 250,000" in text
    assert "proposal P1" not in text
    assert "technical review" not in text
    issued = screening.refuse(place.proposal, [Ground.LATE], text, by=place.officer)
    letter = thawed(issued.content)
    assert letter.concept
    assert "concept note" in papers.subject(letter)
    assert subjects_and_letters("proposal_refused")[0][0] == "What the screening of your concept note came to"


@pytest.mark.one_engine
def test_a_letter_of_the_first_layout_is_drawn_as_it_was(place: Place) -> None:
    place.send(NOW)
    place.screen()
    issued = screening.refuse(place.proposal, [Ground.SCOPE], "No.", by=place.officer)
    first = json.loads(issued.content)
    assert (first.pop("concept"), first["layout"]) == (True, 2)
    old = thawed(json.dumps({**first, "layout": 1}))
    assert (old.concept, papers.subject(old)) == (False, papers.SUBJECT)


def test_who_is_invited_writes_and_sends_nothing_once_the_call_is_cancelled(place: Place) -> None:
    place.invite()
    assert len(letters(screening.ASKED)) == 1
    calls.cancel(place.proposal.call, reason="No money", by=place.head)
    assert letters(screening.ASKED) == []
    assert place.proposal.writable_parts == frozenset()
    with pytest.raises(RuleBroken, match="was cancelled on"):
        service.begin(place.proposal, by=place.ana)
