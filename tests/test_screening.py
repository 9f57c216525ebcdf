"""Screening: the checklist of a call, answers by version, admission, letters of ineligibility, likely duplicates."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from mptf.calls import service as calls
from mptf.calls.facts import Amounts, Dates, Papers, Wanted
from mptf.core import clock
from mptf.core.audit import AuditDetail, AuditEvent
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken, Stale
from mptf.core.mail import OutboxMessage
from mptf.core.money import Money
from mptf.desk.queries import waiting_for
from mptf.jobs.table import LETTERS
from mptf.lists.taken import Taken
from mptf.opinions import queries as opinions
from mptf.organisations.models import OrganisationKind
from mptf.people.models import Person
from mptf.policy import HeldRole, Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.listed import Asked
from mptf.proposals.models import IN_REVIEW, INELIGIBLE, RETURNED, SCREENING, May, PartKind, Proposal
from mptf.screening import beside, checklist, letters, listed, pages, papers, queries, service, sheets
from mptf.screening.alike import Told, compare, shared, telling, words
from mptf.screening.facts import limits_text
from mptf.screening.facts import seen as seen_of
from mptf.screening.models import Answer, Fact, Ground, ScreeningAnswer, ScreeningItem
from mptf.screening.proposed import Question, Said, field_of, proposed
from mptf.screening.queries import Progress
from mptf.submissions import queries as sent
from mptf.submissions import service as submissions
from tests.conftest import Once
from tests.factories import Make
from tests.support import placed as support
from tests.support.outbox import letter, mailed
from tests.support.placed import placed
from tests.support.whole import fill

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
CLOSES = NOW + timedelta(days=10)
LETTER = "It is not signed.\n\nThe Secretariat"


class Place(support.Place):
    """The place; the proposal is submitted, and can be screened."""

    @property
    def items(self) -> list[ScreeningItem]:
        """The checklist of its call."""
        return queries.items_of(self.proposal.call)

    def another(self, title: str, *, by: Viewer | None = None) -> Proposal:
        """Submit another proposal of the same office under the same call."""
        drafted = proposals.start(self.proposal.call, db.session.merge(self.office), title=title, by=by or self.ana)
        db.session.commit()
        fill(drafted, by=by or self.ana)
        submissions.submit(drafted, by=by or self.ana)
        return drafted

    def answer_all(self, *, no: int = 0, note: str = "Seen.") -> None:
        """Take up screening and answer yes at every item, but no at the item of this number."""
        service.take_up(self.proposal, by=self.officer)
        said = [
            Said(item.id, Answer.NO if item.position == no else Answer.YES, note if item.position == no else "", 0)
            for item in self.items
        ]
        service.answer(self.proposal, said, by=self.officer)

    def number_of(self, ground: Ground) -> int:
        """Return the number of the item a no at which has this ground."""
        return next(item.position for item in self.items if item.ground is ground)


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with clock.at(NOW):
        yield


def build(make: Make) -> Place:
    found = placed(Place, make, make.fund("SLW01"), "Albania")
    dates = Dates(NOW - timedelta(days=1), CLOSES, "Europe/Belgrade", 30)
    proposal = found.start(dates, title="Safe storage of firearms in Albania")
    fill(proposal, by=found.ana)
    submissions.submit(proposal, by=found.ana)
    db.session.commit()
    return found


@pytest.fixture
def place(ctx: object, once: Once) -> Place:
    return once(build)


def said_in_the_log() -> str:
    rows = db.session.execute(select(AuditEvent.action, AuditDetail.body).join(AuditDetail)).all()
    return "\n".join(f"{action} {body}" for action, body in rows)


def returned(place: Place) -> None:
    """Return a part, answer it, and take screening up again."""
    service.take_up(place.proposal, by=place.officer)
    first = place.items[0]
    service.answer(place.proposal, [Said(first.id, Answer.YES, "As it came first.", 0)], by=place.officer)
    until = NOW.date() + timedelta(days=7)
    submissions.give_back(place.proposal, {PartKind.RISKS: "Say more."}, until, by=place.officer)
    submissions.submit(place.proposal, by=place.ana, remark="It stays as it is.")
    service.take_up(place.proposal, by=place.head)


# ---- the checklist


def test_the_proposed_checklist_follows_from_what_the_call_asks_for(place: Place) -> None:
    call = place.proposal.call
    asked = Papers((Wanted("Letter of support"), Wanted("Photographs", needed=False)))
    calls.write(call, asked, by=place.head, reason="It was forgotten.")
    after = {one.question: one for one in proposed(call)}
    calls.write(call, Papers(), by=place.head, reason="It was right before.")
    calls.write(call, Amounts(envelope=Money(10**9, "USD")), by=place.head, reason="There are no limits.")
    before = [one.question for one in proposed(call)]
    assert set(after) - set(before) == {
        "What is asked for lies within the limits", "The duration lies within the limits",
        "“Letter of support” is attached and valid",
    }  # fmt: skip
    assert after["“Letter of support” is attached and valid"].ground is Ground.DOCUMENT
    assert after["What is asked for lies within the limits"].fact is Fact.AMOUNT


def test_taking_up_the_first_screening_takes_the_proposed_checklist_over(place: Place) -> None:
    assert place.items == []
    service.take_up(place.proposal, by=place.officer)
    assert [one.question for one in place.items] == [one.question for one in proposed(place.proposal.call)]
    assert place.proposal.status is SCREENING
    db.session.commit()
    assert "call.checklist_adopted" in said_in_the_log()


def test_a_checklist_is_edited_until_the_first_answer(place: Place) -> None:
    call = place.proposal.call
    first = checklist.adopt(call, by=place.officer)[0]
    assert checklist.adopt(call, by=place.officer)[0] is first, "it is taken over once"
    added = checklist.add(call, Question("Bank details are given", "", Ground.OTHER), by=place.officer)
    with pytest.raises(RuleBroken, match="asks this already"):
        checklist.add(call, Question("BANK details are given"), by=place.officer)
    assert checklist.change(call, added, Question("Bank details are whole"), by=place.officer)
    assert not checklist.change(call, added, Question("Bank details are whole"), by=place.officer)
    checklist.move_up(call, added, by=place.officer)
    assert [one.question for one in place.items][-2] == "Bank details are whole"
    checklist.remove(call, first, by=place.officer)
    assert first not in place.items
    service.take_up(place.proposal, by=place.officer)
    checklist.remove(call, added, by=place.officer)  # taken up, but nothing is answered yet
    service.answer(place.proposal, [Said(place.items[0].id, Answer.YES, "", 0)], by=place.officer)
    for act in (
        lambda: checklist.add(call, Question("One more"), by=place.officer),
        lambda: checklist.change(call, place.items[0], Question("Another"), by=place.officer),
        lambda: checklist.remove(call, place.items[0], by=place.officer),
        lambda: checklist.move_up(call, place.items[1], by=place.officer),
    ):
        with pytest.raises(RuleBroken, match="frozen by the first answer"):
            act()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE screening_item SET question = 'Another'",
        "DELETE FROM screening_item WHERE position = 2",
        "UPDATE screening_answer SET answer = 'yes'",
        "DELETE FROM screening_answer",
        "DELETE FROM screening_taken_up",
    ],
)
def test_the_database_keeps_what_was_asked_and_found(place: Place, statement: str) -> None:
    place.answer_all()
    db.session.commit()
    with pytest.raises(DatabaseError, match="frozen|never"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_the_last_item_stays(place: Place) -> None:
    call = place.proposal.call
    items = checklist.adopt(call, by=place.officer)
    for item in items[1:]:
        checklist.remove(call, item, by=place.officer)
    with pytest.raises(RuleBroken, match="at least one item"):
        checklist.remove(call, items[0], by=place.officer)


def test_only_the_secretariat_screens(place: Place) -> None:
    for act in (
        lambda: checklist.adopt(place.proposal.call, by=place.ana),
        lambda: service.take_up(place.proposal, by=place.ana),
        lambda: service.answer(place.proposal, [], by=place.ana),
        lambda: service.admit(place.proposal, by=place.ana),
        lambda: service.refuse(place.proposal, [Ground.LATE], LETTER, by=place.ana),
    ):
        with pytest.raises(NotAllowed):
            act()


# ---- answers


def test_answers_are_kept_by_version_and_a_no_needs_a_note(place: Place) -> None:
    service.take_up(place.proposal, by=place.officer)
    item = place.items[0]
    with pytest.raises(RuleBroken, match="Say what is not") as refused:
        service.answer(place.proposal, [Said(item.id, Answer.NO, " ", 0)], by=place.officer)
    assert refused.value.field == field_of(item, "note")
    with pytest.raises(RuleBroken, match="a note alone"):
        service.answer(place.proposal, [Said(item.id, None, "Hm", 0)], by=place.officer)
    assert service.answer(place.proposal, [Said(item.id, Answer.NO, "Too late", 0)], by=place.officer) == 1
    assert service.answer(place.proposal, [Said(item.id, Answer.NO, "Too late", 1)], by=place.officer) == 0
    assert service.answer(place.proposal, [Said(item.id, Answer.YES, "", 1)], by=place.head) == 1
    versions, _ = queries.versions_of(place.proposal)
    found = versions[0].found[item.id]
    assert [(one.version, one.answer, one.note) for one in found] == [(1, Answer.NO, "Too late"), (2, Answer.YES, "")]
    assert versions[0].at(item) is found[1]
    assert "Too late" not in said_in_the_log()


def test_an_item_somebody_else_answered_meanwhile_is_not_overwritten(place: Place) -> None:
    service.take_up(place.proposal, by=place.officer)
    item = place.items[0]
    service.answer(place.proposal, [Said(item.id, Answer.YES, "", 0)], by=place.head)
    with pytest.raises(Stale):
        service.answer(place.proposal, [Said(item.id, Answer.NO, "Late", 0)], by=place.officer)
    assert service.answer(place.proposal, [Said(item.id, Answer.YES, "", 0)], by=place.officer) == 0, "the same"


def test_nothing_is_answered_before_it_is_taken_up_or_afterwards(place: Place) -> None:
    with pytest.raises(RuleBroken, match="while a proposal is in screening"):
        service.answer(place.proposal, [], by=place.officer)
    place.answer_all()
    service.admit(place.proposal, by=place.officer)
    with pytest.raises(RuleBroken, match="In technical review"):
        service.answer(place.proposal, [], by=place.officer)
    with pytest.raises(RuleBroken, match="not possible"):
        service.take_up(place.proposal, by=place.officer)


def test_what_was_returned_and_answered_is_screened_anew_and_what_was_found_before_stays(place: Place) -> None:
    returned(place)
    versions, _ = queries.versions_of(place.proposal)
    now, before = versions
    assert (now.sent.number, now.found) == (2, {})
    assert [one.taken_up.by_id for one in (now, before) if one.taken_up] == [place.head.id, place.officer.id]
    assert before.at(place.items[0]).note == "As it came first."  # type: ignore[union-attr]
    shown = pages.screened(place.proposal)
    assert shown.progress == Progress(len(place.items))
    assert [line.answer for line in shown.lines] == [None] * len(place.items)
    with pytest.raises(RuleBroken, match="without an answer"):
        service.admit(place.proposal, by=place.officer)


# ---- what is known


def test_the_system_says_what_it_knows_beside_the_items(place: Place) -> None:
    shown = pages.screened(place.proposal)
    service.take_up(place.proposal, by=place.officer)
    told = {line.item.fact: line.told for line in pages.screened(place.proposal).lines if line.told}
    assert told[Fact.IN_TIME].fine
    assert "First submitted Mon 20 Apr 2026, 11:00" in told[Fact.IN_TIME].sentence
    assert told[Fact.PLACE].fine
    assert "version 1" in told[Fact.COMPLETE].sentence
    facts = seen_of(shown.known)
    assert str(facts[Fact.AMOUNT].values["asked"]) == "USD 74,900.00"
    assert facts[Fact.DURATION].values["months"] == 24
    assert facts[Fact.DOCUMENTS].fine is None


def test_a_submission_in_the_grace_period_says_so(place: Place) -> None:
    known = pages.screened(place.proposal).known
    late = replace(known, submitted_at=CLOSES + timedelta(minutes=5), begun_at=CLOSES - timedelta(minutes=1))
    seen = seen_of(late)[Fact.IN_TIME]
    assert (seen.fine, "30 minutes of grace" in seen.template.format(**seen.values)) == (True, True)
    too_late = seen_of(replace(late, begun_at=None))[Fact.IN_TIME]
    assert too_late.fine is False


@pytest.mark.parametrize(
    "least, most, told",
    [("1", "2", "1 to 2"), ("1", "", "at least 1"), ("", "2", "at most 2"), ("", "", "")],
)
def test_limits_are_told_as_far_as_there_are_some(least: str, most: str, told: str) -> None:
    assert limits_text(least, most) == told


# ---- outcomes


def test_a_proposal_is_admitted_once_all_is_answered_and_its_writers_are_told(place: Place) -> None:
    ben = place.make.viewer(Role.PUNO_OFFICER, place.fund, office=place.office)
    cia = place.make.viewer(Role.PUNO_OFFICER, place.fund, office=place.office)
    for viewer, may in ((ben, May.READ), (cia, May.FINANCE)):
        proposals.share(place.proposal, db.session.get_one(Person, viewer.id), may, by=place.ana)
    place.answer_all()
    told = service.told_of_outcome(place.proposal)
    service.admit(place.proposal, by=place.officer)
    assert place.proposal.status is IN_REVIEW
    assert mailed(service.ADMITTED) == sorted([place.ana.id, cia.id]) == sorted(told)
    written = letter(service.ADMITTED)
    assert written is not None
    assert "P1" in written
    assert "Safe storage" not in written


def test_nothing_is_admitted_with_a_no_that_makes_it_ineligible(place: Place) -> None:
    service.take_up(place.proposal, by=place.officer)
    place_of = place.number_of(Ground.UNSIGNED)
    said = [
        Said(one.id, Answer.NO if one.position == place_of else Answer.NOT_APPLICABLE, "Not signed.", 0)
        for one in place.items
    ]
    service.answer(place.proposal, said, by=place.officer)
    with pytest.raises(RuleBroken, match="Not signed by the authorised officer"):
        service.admit(place.proposal, by=place.officer)
    item = place.items[place_of - 1]
    service.answer(place.proposal, [Said(item.id, Answer.YES, "It came.", 1)], by=place.officer)
    service.admit(place.proposal, by=place.officer)
    assert place.proposal.status is IN_REVIEW


def test_a_no_that_is_only_noted_lets_it_be_admitted(place: Place) -> None:
    checklist.adopt(place.proposal.call, by=place.officer)
    noted = next(item.position for item in place.items if item.ground is None)
    place.answer_all(no=noted)
    service.admit(place.proposal, by=place.officer)
    assert place.proposal.status is IN_REVIEW


def test_a_refusal_is_a_letter_that_is_numbered_frozen_and_told(place: Place) -> None:
    place.answer_all(no=3, note="canarynote")
    issued = service.refuse(place.proposal, [Ground.OTHER, Ground.UNSIGNED], f"  {LETTER}", by=place.officer)
    db.session.commit()
    assert place.proposal.status is INELIGIBLE
    assert issued.number == "SLW01/EL/2026/001"
    assert issued.sha256 == hashlib.sha256(issued.content.encode()).hexdigest() == letters.digest(issued.content)
    assert queries.get_letter(place.proposal).reasons == [Ground.UNSIGNED, Ground.OTHER]
    said = letters.thawed(issued.content)
    assert (said.text, said.proposal, said.office) == (LETTER, "P1", "Albania")
    assert letters.frozen(said) == issued.content
    assert place.officer.name not in issued.content
    assert "canarynote" not in issued.content
    assert mailed(service.REFUSED) == [place.ana.id]
    written = letter(service.REFUSED)
    assert written is not None
    assert "Safe storage" not in written
    assert "signed" not in written
    log = said_in_the_log()
    assert "SLW01/EL/2026/001" in log
    assert not any(word in log for word in ("canarynote", "firearms", "It is not signed"))
    with pytest.raises(RuleBroken, match="not possible"):
        service.refuse(place.proposal, [Ground.LATE], LETTER, by=place.head)


def test_letters_are_numbered_in_their_year(place: Place) -> None:
    for number, proposal in enumerate((place.proposal, place.another("Another project altogether")), 1):
        service.take_up(proposal, by=place.officer)
        issued = service.refuse(proposal, [Ground.SCOPE], LETTER, by=place.officer)
        assert issued.number == f"SLW01/EL/2026/{number:03}"


@pytest.mark.parametrize(
    "grounds, body, told", [([], LETTER, "at least one reason"), ([Ground.LATE], " ", "Write the letter")]
)
def test_a_refusal_needs_a_reason_and_words(place: Place, grounds: list[Ground], body: str, told: str) -> None:
    service.take_up(place.proposal, by=place.officer)
    with pytest.raises(RuleBroken, match=told):
        service.refuse(place.proposal, grounds, body, by=place.officer)
    assert queries.find_letter(place.proposal) is None


def test_what_is_not_in_screening_is_not_refused(place: Place) -> None:
    with pytest.raises(RuleBroken, match="not possible"):
        service.refuse(place.proposal, [Ground.LATE], LETTER, by=place.officer)


def test_a_letter_is_proposed_from_its_reasons_with_what_is_known(place: Place) -> None:
    known = pages.screened(place.proposal).known
    one = letters.proposed_text(known, [Ground.AMOUNT])
    assert "for this reason:\n\n- It asks for USD 74,900.00." in one
    assert "P1 “Safe storage of firearms in Albania”" in one
    several = letters.proposed_text(known, list(Ground))
    assert several.count("\n- ") == len(Ground) - 1 + 1
    assert "{" not in several


def test_the_paper_of_a_letter_is_the_same_bytes_again(place: Place) -> None:
    service.take_up(place.proposal, by=place.officer)
    issued = service.refuse(place.proposal, [Ground.SCOPE], LETTER, by=place.officer)
    said = letters.thawed(issued.content)
    first, again = (papers.pdf(said, sha256=issued.sha256, made_at=issued.issued_at) for _ in range(2))
    assert first == again
    assert first.startswith(b"%PDF")
    assert papers.file_name(said) == "SLW01-EL-2026-001.pdf"


def test_the_database_keeps_a_letter(place: Place) -> None:
    service.take_up(place.proposal, by=place.officer)
    service.refuse(place.proposal, [Ground.SCOPE], LETTER, by=place.officer)
    db.session.commit()
    for statement in ("UPDATE ineligibility_letter SET content = ''", "DELETE FROM ineligibility_ground"):
        with pytest.raises(DatabaseError, match="never"):
            db.session.execute(text(statement))
        db.session.rollback()


def test_a_mail_is_not_sent_to_who_does_not_write_it_any_more(place: Place) -> None:
    ben = place.make.viewer(Role.PUNO_OFFICER, place.fund, office=place.office)
    member = proposals.share(place.proposal, db.session.get_one(Person, ben.id), May.WRITE, by=place.ana)
    place.answer_all()
    service.admit(place.proposal, by=place.officer)
    db.session.flush()
    rows = select(OutboxMessage).where(
        OutboxMessage.kind == service.ADMITTED, OutboxMessage.to_person_id == ben.id
    )  # fmt: skip
    message = db.session.scalars(rows).one()
    assert LETTERS[service.ADMITTED](message) is not None
    proposals.remove(place.proposal, member, by=place.ana)
    assert LETTERS[service.ADMITTED](message) is None


# ---- beside


def test_words_that_tell_something_are_compared_whatever_their_accents() -> None:
    assert words("The Étude of SAFE storage, phase II") == {"etude", "safe", "storage"}
    assert telling("Safe storage of firearms in Albania")[0] == "firearms"
    assert shared("ab", "ab") == 100
    assert shared((), "ab") == 0


MINE = Told("Safe storage of firearms in Albania", 1, 1, 100, "Stores of the police are made safe.")


@pytest.mark.parametrize(
    "other, told",
    [
        (Told("Safe storage of firearms", 2, 2, 900), ["Titles have"]),
        (Told("Border dogs", 2, 2, 900, "Stores of police are made safe"), ["Summaries have"]),
        (Told("Safe storage of explosives in Kosovo*", 1, 1, 110), ["Titles have", "same office", "differ by a fifth"]),
        (Told("Safe storage of explosives in Kosovo*", 2, 1, 900), None),
        (Told("Border dogs", 1, 1, 100), None),
    ],
)
def test_a_match_says_why(other: Told, told: list[str] | None) -> None:
    match = compare(MINE, other)
    if told is None:
        assert match is None
    else:
        assert match is not None
        assert len(match.signs) == len(told)
        for (sign, _), part in zip(match.signs, told, strict=True):
            assert part in sign


def test_likely_duplicates_are_found_among_what_was_submitted_in_the_fund_alone(place: Place) -> None:
    twin = place.another("Storage of firearms in Albania, safe and sound")
    place.another("Canine units at the border")
    title = "Safe storage of firearms"
    drafted = proposals.start(place.proposal.call, db.session.merge(place.office), title=title, by=place.ana)
    found = beside.alike(place.proposal, "", place.officer)
    assert [one.row.public_id for one in found] == [twin.public_id]
    assert drafted.public_id not in {one.row.public_id for one in found}
    assert found[0].match.percent >= 60


def test_a_likely_duplicate_of_another_office_is_found_whatever_its_accents(place: Place, make: Make) -> None:
    twin = place.another("SÁFE STÓRAGE OF FIRĖARMS")
    db.session.commit()
    elsewhere = make.office(make.organisation("UNODC", OrganisationKind.PUNO), "UNODC Skopje")
    twin.office_id, twin.organisation_id = elsewhere.id, elsewhere.organisation_id
    db.session.commit()
    assert [one.row.public_id for one in beside.alike(place.proposal, "", place.officer)] == [twin.public_id]


def test_summaries_are_read_of_what_was_sent_last(place: Place) -> None:
    other = place.another("Canine units at the border")
    found = beside.alike(place.proposal, f"Summary of {other.title}.", place.officer)
    assert [one.row.public_id for one in found] == [other.public_id]
    assert any("Summaries" in sign for sign, _ in found[0].match.signs)


def test_the_history_holds_what_the_organisation_submitted_before(place: Place) -> None:
    assert beside.earlier_of(place.proposal, place.officer) == ([], 0)
    other = place.another("Canine units at the border")
    proposals.start(place.proposal.call, db.session.merge(place.office), title="A draft", by=place.ana)
    rows, count = beside.earlier_of(place.proposal, place.officer)
    assert ([one.public_id for one in rows], count) == ([other.public_id], 1)


# ---- the call


def test_who_is_near_to_proposals_reads_nothing_of_them_beside_others_and_in_no_sum(place: Place) -> None:
    """Somebody of the Secretariat who is an officer of their office too; colleagues read all of it."""
    twin, refused = (place.another(title) for title in ("Storage of firearms in Albania, safe", "Border dogs"))
    service.take_up(refused, by=place.officer)
    service.refuse(refused, [Ground.SCOPE], LETTER, by=place.officer)
    call, office = place.proposal.call, place.office
    also = HeldRole("also", Role.PUNO_OFFICER, call.fund_id, office.organisation_id, office.id)
    near = replace(place.head, held=(*place.head.held, also))
    for viewer, known in ((place.head, True), (near, False)):
        totals = listed.totals(viewer, call)
        assert (totals.submitted, sum(totals.grounds.values())) == ((3, 1) if known else (0, 0))
        assert db.session.scalar(queries.counted_on(viewer, call)) == (3 if known else 0)
        assert listed.page_of(viewer, call, Asked(call=call.public_id)).total == (3 if known else 0)
        assert [one.row.public_id for one in beside.alike(place.proposal, "", viewer)] == [twin.public_id] * known
        assert beside.earlier_of(place.proposal, viewer)[1] == (2 if known else 0)
        (awaited,) = queries.awaited(viewer, call.fund)
        assert len(db.session.execute(awaited.rows).all()) == (2 if known else 0)
        assert opinions.under_way(viewer, call, 1).total == (2 if known else 0)


def test_the_figures_of_a_call(place: Place) -> None:
    refused, _, gone = (place.another(title) for title in ("Border dogs", "Marking standards", "Training centre"))
    submissions.withdraw(gone, reason="Funded elsewhere.", by=place.ana)
    service.take_up(refused, by=place.officer)
    service.refuse(refused, [Ground.SCOPE, Ground.LATE], LETTER, by=place.officer)
    place.answer_all(no=3)
    call = place.proposal.call
    totals, asked = listed.totals(place.officer, call), Asked(call=call.public_id)
    assert totals.counts_by_word == {
        "draft": 0, "submitted": 1, "screening": 1, "returned": 0, "invited": 0, "ineligible": 1, "in_review": 0,
        "withdrawn": 1,
    }  # fmt: skip
    assert (totals.submitted, totals.running, totals.requested) == (4, 2, Money(149_800_00, "USD"))
    assert totals.grounds == {Ground.LATE: 1, Ground.SCOPE: 1}
    rows = {one.line.number: one for one in listed.whole(place.officer, call, asked) or ()}
    assert rows["P1"].progress == Progress(len(place.items), len(place.items), 1, frozenset({Ground.UNSIGNED}))
    assert rows["P1"].waits[0] == "Decide: a “no” makes it ineligible"
    assert rows["P3"].waits[0] == "Take up screening"
    assert rows["P2"].waits == rows["P4"].waits == ("", {})
    page = listed.page_of(place.officer, place.proposal.call, asked)
    assert [one.progress for one in page.items] == [rows[one.line.number].progress for one in page.items]
    taken = Taken(place.fund, list(rows.values()), (), "Somebody", NOW)
    table = sheets.rows(taken)
    assert len(table) == page.total == 4
    assert all(len(row) == len(sheets.columns(place.fund)) for row in table)


def test_what_waits_stands_on_home(place: Place) -> None:
    def titles(viewer: Viewer) -> list[str]:
        return [one.title.format(**one.facts) for one in waiting_for(viewer, place.fund)]

    screen = f"Screen the proposal {place.proposal.call.reference} P1 Safe storage of firearms in Albania"
    assert titles(place.officer) == [screen]
    assert screen not in titles(place.ana)
    service.take_up(place.proposal, by=place.officer)
    assert titles(place.head) == [screen]
    until = NOW.date() + timedelta(days=7)
    submissions.give_back(place.proposal, {PartKind.RISKS: "Say more."}, until, by=place.officer)
    assert place.proposal.status is RETURNED
    assert screen not in titles(place.officer)
    mine = waiting_for(place.ana, place.fund)
    assert [(one.title.format(**one.facts), one.due_on) for one in mine] == [
        ("Answer what was returned of P1 Safe storage of firearms in Albania", until)
    ]
    db.session.commit()
    other = place.make.viewer(Role.PUNO_OFFICER, place.fund, office=place.office)
    assert titles(other) == []


# ---- who sees what


def test_the_card_tells_the_secretariat_how_far_it_is_and_the_applicant_what_came_of_it(place: Place) -> None:
    assert pages.card_facts(place.proposal, place.ana) is None
    place.answer_all(no=3, note="canarynote")
    card = pages.card_facts(place.proposal, place.officer)
    assert card is not None
    assert card["waits"] == "Decide: a “no” makes it ineligible"
    assert pages.card_facts(place.proposal, place.ana) is None
    service.refuse(place.proposal, [Ground.UNSIGNED], LETTER, by=place.officer)
    seen = pages.card_facts(place.proposal, place.ana)
    assert seen is not None
    assert set(seen) == {"secretariat", "admitted", "invited", "letter"}


def test_a_proposal_without_a_letter_has_none(place: Place) -> None:
    with pytest.raises(NotFound):
        queries.get_letter(place.proposal)


def test_answers_belong_to_the_item_and_the_submission_of_one_fund(place: Place) -> None:
    place.answer_all()
    rows = db.session.scalars(select(ScreeningAnswer).where(ScreeningAnswer.fund_id == place.fund.id)).all()
    assert {row.call_id for row in rows} == {place.proposal.call_id}
    assert json.loads(sent.latest(place.proposal).content)["number"] == "P1"
