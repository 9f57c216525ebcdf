"""Submitting: what is frozen and when, what is returned of it, and what nothing changes any more."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from mptf.calls import service as calls
from mptf.calls.facts import Amounts, Dates
from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.audit import AuditDetail, AuditEvent
from mptf.core.db import db
from mptf.core.errors import KnownAlready, NotAllowed, RuleBroken
from mptf.core.mail import OutboxMessage
from mptf.core.money import Money
from mptf.drafting import queries as drafting
from mptf.jobs.table import LETTERS
from mptf.opinions import service as opinions
from mptf.opinions.facts import Given
from mptf.opinions.models import Says
from mptf.people import notices
from mptf.people.models import Person
from mptf.policy import Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import (
    DRAFT,
    PROPOSAL_FLOW,
    RETURNED,
    SCREENING,
    SUBMITTED,
    WITHDRAWN,
    May,
    PartKind,
)
from mptf.screening import service as screening
from mptf.screening.models import Ground
from mptf.submissions import mails, queries, service
from mptf.submissions.looked import Unseen, looked_at
from mptf.submissions.models import BegunSubmission, Submission
from mptf.submissions.snapshot import hashed, packed, unpacked
from tests.conftest import Once
from tests.factories import Make
from tests.support.at_once import at_once
from tests.support.outbox import letter, mailed
from tests.support.placed import Place, placed
from tests.support.whole import CELL, RISKS, fill, write

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
CLOSES = NOW + timedelta(days=10)


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with clock.at(NOW):
        yield


def build(make: Make) -> Place:
    """Make the place with a whole draft; its call is open for ten days and half an hour of grace."""
    found = placed(Place, make, make.fund())
    fill(found.start(Dates(NOW - timedelta(days=1), CLOSES, "Europe/Belgrade", 30)), by=found.ana)
    db.session.commit()
    return found


@pytest.fixture
def place(ctx: object, once: Once) -> Place:
    return once(build)


def person(viewer: Viewer) -> Person:
    return db.session.get_one(Person, viewer.id)


def screen(place: Place) -> None:
    PROPOSAL_FLOW.fire(place.proposal, "screen", by=place.officer)
    db.session.flush()


def give_back(place: Place, *parts: PartKind, days: int = 7) -> None:
    """Submit, take up screening and return parts."""
    service.submit(place.proposal, by=place.ana)
    screen(place)
    reasons = {part: f"Say more in {part.label}." for part in parts}
    service.give_back(place.proposal, reasons, NOW.date() + timedelta(days=days), by=place.officer)


# ---- what is sent


def test_what_is_submitted_is_frozen_with_the_hash_of_exactly_these_bytes(place: Place) -> None:
    sent = service.submit(place.proposal, by=place.ana)
    assert sent.sha256 == hashlib.sha256(sent.content.encode()).hexdigest() == hashed(sent.content)
    said = json.loads(sent.content)
    assert (said["number"], said["version"], said["title"]) == ("P1", 1, "Safe storage")
    assert said["parts"]["narrative"]["summary"] == "Summary of Safe storage."
    assert packed(unpacked(sent.content)) == sent.content
    proposal = place.proposal
    assert (proposal.status, proposal.number, proposal.submitted_at) == (SUBMITTED, "P1", NOW)
    assert proposal.requested == sent.requested == Money(74_900_00, "USD")  # 7 lines x 2 years x 5,000 + 7 %
    assert proposal.writable_parts == frozenset()


def test_a_snapshot_reads_in_its_own_frame_whatever_is_renamed_later(place: Place) -> None:
    sent = service.submit(place.proposal, by=place.ana)
    before = unpacked(sent.content)
    for table in ("jurisdiction", "office"):
        db.session.execute(text(f"UPDATE {table} SET name = name || ' as renamed'"))
    db.session.commit()
    db.session.expire_all()
    after = unpacked(queries.latest(place.proposal).content)
    assert after == before
    assert [part.read for part in after.parts.values()] == [part.read for part in before.parts.values()]
    assert all(part.read.complete for part in after.parts.values())


def test_what_is_chosen_stands_by_name_when_a_snapshot_is_read_back(place: Place) -> None:
    sent = unpacked(service.submit(place.proposal, by=place.ana).content)
    places, goals = {"z": "Albania", "a": "Serbia"}, {"z": "Goal 2", "b": "Goal 2.1", "a": "Goal 10"}
    frame = replace(sent.frame, jurisdictions=places, goals=goals)
    back = unpacked(packed(replace(sent, frame=frame))).frame
    assert [*back.jurisdictions.values(), *back.goals.values()] == [*places.values(), *goals.values()]


def test_the_receipt_goes_to_who_submitted_and_tells_the_hash(place: Place) -> None:
    proposals.share(place.proposal, person(place.ben), May.READ, by=place.ana)
    secretariat = service.told_of_submitting(place.proposal)
    colleagues = service.told_beside(place.proposal, place.ana)
    sent = service.submit(place.proposal, by=place.ana)
    assert mailed(service.RECEIPT) == [place.ana.id]
    assert mailed(service.ARRIVED) == sorted([place.officer.id, place.head.id]) == secretariat
    assert mailed(service.SENT) == [place.ben.id] == colleagues
    written = letter(service.RECEIPT)
    assert written is not None
    assert sent.sha256 in written
    assert "Safe storage" not in written
    assert "Safe storage" not in (letter(service.ARRIVED) or "")


def test_a_second_click_is_led_to_the_first_and_sends_nothing(place: Place) -> None:
    service.submit(place.proposal, by=place.ana)
    db.session.commit()
    with pytest.raises(KnownAlready, match="Nothing was sent a second time"):
        service.submit(place.proposal, by=place.ana)
    assert db.session.scalar(select(func.count()).select_from(Submission)) == 1


def test_a_part_that_is_not_complete_is_named(place: Place) -> None:
    write(place.proposal, PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": ""}, by=place.ana)
    with pytest.raises(RuleBroken, match="Not complete yet: Risks"):
        service.submit(place.proposal, by=place.ana)
    assert place.proposal.status is DRAFT


def test_only_who_writes_all_of_it_submits(place: Place) -> None:
    for may in (None, May.READ, May.FINANCE):
        if may and not place.proposal.person_now(place.ben.id):
            proposals.share(place.proposal, person(place.ben), may, by=place.ana)
        elif may:
            member = place.proposal.people_now[-1]
            proposals.change(place.proposal, member, may, by=place.ana)
        with pytest.raises(NotAllowed):
            service.submit(place.proposal, by=place.ben)
    with pytest.raises(NotAllowed):
        service.submit(place.proposal, by=place.head)


def test_the_audit_log_has_the_hash_and_never_the_title(place: Place) -> None:
    sent = service.submit(place.proposal, by=place.ana)
    db.session.commit()
    rows = db.session.execute(
        select(AuditEvent.action, AuditDetail.body).join(AuditDetail).where(AuditEvent.subject_kind == "proposal")
    ).all()
    assert any(sent.sha256 in (body or "") for action, body in rows if action == "proposal.submitted")
    assert not any("Safe storage" in (body or "") for _, body in rows)


# ---- when


@pytest.mark.parametrize(
    "begun,after,taken",
    [
        (None, timedelta(seconds=-1), True),
        (None, timedelta(), False),
        (timedelta(seconds=-1), timedelta(minutes=29), True),
        (timedelta(seconds=-1), timedelta(minutes=30), False),
    ],
)
def test_one_second_decides(place: Place, begun: timedelta | None, after: timedelta, taken: bool) -> None:
    if begun is not None:
        with clock.at(CLOSES + begun):
            service.begin(place.proposal, by=place.ana)
    with clock.at(CLOSES + after):
        if taken:
            assert service.submit(place.proposal, by=place.ana).submitted_at == CLOSES + after
        else:
            with pytest.raises(RuleBroken, match="The call closed Thu 30 Apr 2026, 11:00"):
                service.submit(place.proposal, by=place.ana)
            assert place.proposal.status is DRAFT


def test_nothing_is_begun_after_the_closing_and_what_was_begun_first_counts(place: Place) -> None:
    with clock.at(CLOSES - timedelta(minutes=1)):
        first = service.begin(place.proposal, by=place.ana)
    with clock.at(CLOSES + timedelta(minutes=1)):
        assert service.begin(place.proposal, by=place.ana) == first
    db.session.execute(text("DELETE FROM begun_submission"))
    with clock.at(CLOSES), pytest.raises(RuleBroken, match="was not begun before"):
        service.begin(place.proposal, by=place.ana)


def test_who_asked_in_time_is_not_late_because_others_were_served_first(place: Place) -> None:
    asked = CLOSES - timedelta(seconds=1)
    with clock.at(CLOSES + timedelta(seconds=5)):
        assert service.submit(place.proposal, by=place.ana, at=asked).submitted_at == asked


def test_what_the_call_asks_for_is_read_anew_when_a_proposal_is_sent(place: Place, ctx: Flask) -> None:
    """The page was opened, and the proposal read, before the call was amended."""
    proposal, head = place.proposal, place.head
    key = proposal.call.id
    db.session.commit()

    def amend() -> None:
        call = db.session.get_one(Call, key)
        with clock.at(NOW):
            calls.write(call, replace(Amounts.of(call), smallest=Money(80_000_00, "USD")), by=head, reason="Larger.")

    assert at_once(ctx, 1, amend) == ["done"]
    with pytest.raises(RuleBroken, match="Not complete yet: Budget"):
        service.submit(proposal, by=place.ana)


def test_nothing_is_taken_before_the_opening_nor_of_a_cancelled_call(place: Place) -> None:
    with clock.at(NOW - timedelta(days=2)), pytest.raises(RuleBroken, match="It takes nothing before"):
        service.submit(place.proposal, by=place.ana)
    calls.cancel(place.proposal.call, reason="No money", by=place.head)
    with pytest.raises(RuleBroken, match="The call was cancelled on 20 Apr 2026, .* The reason given: No money"):
        service.submit(place.proposal, by=place.ana)
    assert place.proposal.status is DRAFT


def test_nothing_is_begun_of_what_was_returned_and_no_row_is_left(place: Place) -> None:
    """It was submitted without being begun; an answer has its day, and no grace period."""
    give_back(place, PartKind.RISKS)
    with pytest.raises(RuleBroken, match="this proposal was returned"):
        service.begin(place.proposal, by=place.ana)
    assert db.session.scalar(select(func.count()).select_from(BegunSubmission)) == 0


def test_what_was_begun_before_it_was_sent_is_not_begun_again_once_it_is_returned(place: Place) -> None:
    service.begin(place.proposal, by=place.ana)
    give_back(place, PartKind.RISKS)
    with pytest.raises(RuleBroken, match="this proposal was returned"):
        service.begin(place.proposal, by=place.ana)


def test_what_a_colleague_saved_meanwhile_is_not_sent_unseen(place: Place) -> None:
    proposals.share(place.proposal, person(place.ben), May.WRITE, by=place.ana)
    looked = looked_now(place)
    with clock.at(NOW + timedelta(minutes=5)):
        write(place.proposal, PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "The commander"}, by=place.ben)
    told = rf"Saved since you looked: Risks \({place.ben.name}, Mon 20 Apr 2026, 11:05 Europe/Belgrade\)\. Nothing was"
    with pytest.raises(Unseen, match=told) as refused:
        service.submit(place.proposal, by=place.ana, looked=looked)
    assert place.proposal.status is DRAFT
    assert refused.value.stands == looked_now(place) != looked
    assert service.submit(place.proposal, by=place.ana, looked=refused.value.stands).number == 1


def test_what_says_the_same_again_was_looked_at(place: Place) -> None:
    looked = looked_now(place)
    write(place.proposal, PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "The commander"}, by=place.ana)
    write(place.proposal, PartKind.RISKS, RISKS, by=place.ana)
    assert service.submit(place.proposal, by=place.ana, looked=looked).number == 1


@pytest.mark.parametrize("looked", ["", "general", "risks-000000000000", "x" * 5000])
def test_who_looked_at_nothing_sends_nothing(place: Place, looked: str) -> None:
    with pytest.raises(Unseen, match="General .* Team"):
        service.submit(place.proposal, by=place.ana, looked=looked)


def looked_now(place: Place) -> str:
    return looked_at(drafting.states_of(place.proposal, drafting.frame_of(place.proposal)))


def test_a_draft_that_is_thrown_away_leaves_nothing_of_its_beginning(place: Place) -> None:
    service.begin(place.proposal, by=place.ana)
    proposals.drop(place.proposal, by=place.ana)
    db.session.commit()
    assert db.session.scalar(select(func.count()).select_from(BegunSubmission)) == 0


# ---- what comes back


def test_a_return_opens_only_the_named_parts_and_the_next_version_freezes_them(place: Place) -> None:
    give_back(place, PartKind.RISKS)
    proposal = place.proposal
    assert (proposal.status, proposal.writable_parts) == (RETURNED, frozenset({PartKind.RISKS}))
    assert mailed(service.GIVEN_BACK) == [place.ana.id]
    with pytest.raises(RuleBroken, match="cannot be changed now"):
        write(proposal, PartKind.TEAM, {}, by=place.ana)
    write(proposal, PartKind.RISKS, {**RISKS, "risks.aaaaaa.text": "Depots are open at night"}, by=place.ana)
    with clock.at(CLOSES + timedelta(hours=2) - timedelta(days=5)):
        second = service.submit(proposal, by=place.ana, remark="Said more.")
    first = unpacked(queries.get_submission(proposal, 1).content)
    now = unpacked(second.content)
    assert (second.number, proposal.number, proposal.status) == (2, "P1", SUBMITTED)
    assert first.contents[PartKind.RISKS]["risks.aaaaaa.text"] == "Depots stay open"
    assert now.contents[PartKind.RISKS]["risks.aaaaaa.text"] == "Depots are open at night"
    assert {kind for kind in first.contents if first.contents[kind] != now.contents[kind]} == {PartKind.RISKS}
    assert (proposal.reopened, proposal.answer_by) == ([], None)


def test_an_answer_is_taken_until_the_end_of_its_day_and_longer_where_time_is_given(place: Place) -> None:
    give_back(place, PartKind.RISKS, days=3)
    late = datetime(2026, 4, 23, 22, tzinfo=UTC)  # 24 April, 0:00 in Belgrade
    with clock.at(late), pytest.raises(RuleBroken, match="ask the Secretariat for more time"):
        service.submit(place.proposal, by=place.ana, remark="As it is.")
    with clock.at(late):
        service.give_time(place.proposal, date(2026, 4, 30), by=place.officer)
        assert service.submit(place.proposal, by=place.ana, remark="As it is.").number == 2


def test_an_answer_that_changes_nothing_says_why(place: Place) -> None:
    give_back(place, PartKind.RISKS)
    with pytest.raises(RuleBroken, match="Nothing has changed") as refused:
        service.submit(place.proposal, by=place.ana)
    assert refused.value.field == "remark"
    assert service.submit(place.proposal, by=place.ana, remark="It is as we meant it.").number == 2


@pytest.mark.parametrize("days,told", [(0, "after today"), (91, "within 90 days")])
def test_the_day_to_answer_leaves_time(place: Place, days: int, told: str) -> None:
    service.submit(place.proposal, by=place.ana)
    screen(place)
    with pytest.raises(RuleBroken, match=told):
        service.give_back(place.proposal, {PartKind.TEAM: "x"}, NOW.date() + timedelta(days=days), by=place.officer)


def test_a_return_names_parts_and_says_why(place: Place) -> None:
    service.submit(place.proposal, by=place.ana)
    screen(place)
    until = NOW.date() + timedelta(days=5)
    with pytest.raises(RuleBroken, match="Choose at least one part"):
        service.give_back(place.proposal, {}, until, by=place.officer)
    with pytest.raises(RuleBroken, match="Say what is to be changed") as refused:
        service.give_back(place.proposal, {PartKind.TEAM: " "}, until, by=place.officer)
    assert refused.value.field == "team"
    with pytest.raises(NotAllowed):
        service.give_back(place.proposal, {PartKind.TEAM: "x"}, until, by=place.ana)


def test_without_an_answer_what_was_submitted_stands_again_and_nothing_typed_is_lost(place: Place) -> None:
    give_back(place, PartKind.RISKS)
    write(place.proposal, PartKind.RISKS, {}, by=place.ana)
    with clock.at(NOW + timedelta(days=8)):
        service.resume(place.proposal, by=place.officer)
    proposal = place.proposal
    assert (proposal.status, proposal.writable_parts) == (SCREENING, frozenset())
    assert drafting.content_of(drafting.newest(proposal, PartKind.RISKS)) == RISKS
    assert drafting.content_of(drafting.get_version(proposal, PartKind.RISKS, 2)) == {}
    assert mailed(service.RESUMED) == [place.ana.id]
    service.give_back(proposal, {PartKind.TEAM: "Who leads?"}, NOW.date() + timedelta(days=4), by=place.officer)
    assert service.submit(proposal, by=place.ana, remark="She does.").number == 2


def test_nobody_goes_on_without_an_answer_before_its_day_has_passed(place: Place) -> None:
    give_back(place, PartKind.RISKS, days=3)
    over = datetime(2026, 4, 23, 22, tzinfo=UTC)  # 24 April, 0:00 in Belgrade
    last = over - timedelta.resolution
    with clock.at(last), pytest.raises(RuleBroken, match="can answer until Thu 23 Apr 2026, 23:59 Europe/Belgrade"):
        service.resume(place.proposal, by=place.officer)
    with clock.at(last):
        service.give_time(place.proposal, date(2026, 4, 30), by=place.officer)
    with clock.at(over), pytest.raises(RuleBroken, match="can answer until Thu 30 Apr 2026"):
        service.resume(place.proposal, by=place.officer)
    with clock.at(over + timedelta(days=7)):
        service.resume(place.proposal, by=place.officer)
    assert place.proposal.status is SCREENING


def test_the_title_lists_show_is_the_one_that_was_submitted(place: Place) -> None:
    give_back(place, PartKind.GENERAL)
    content = dict(drafting.content_of(drafting.newest(place.proposal, PartKind.GENERAL)))
    write(place.proposal, PartKind.GENERAL, {**content, "title": "Another title"}, by=place.ana)
    assert place.proposal.title == "Safe storage"
    with pytest.raises(RuleBroken, match="The title of a proposal that was submitted stays"):
        proposals.rename(place.proposal, title="Mine", by=place.ana)
    service.submit(place.proposal, by=place.ana)
    assert place.proposal.title == "Another title"


def test_an_answer_that_asks_more_of_a_part_that_was_not_returned_says_what_to_do(place: Place) -> None:
    give_back(place, PartKind.GENERAL)
    content = dict(drafting.content_of(drafting.newest(place.proposal, PartKind.GENERAL)))
    write(place.proposal, PartKind.GENERAL, {**content, "months": "36"}, by=place.ana)
    with pytest.raises(RuleBroken, match="not returned to you: Budget. Take back what you changed"):
        service.submit(place.proposal, by=place.ana)
    write(place.proposal, PartKind.GENERAL, {**content, "gender": ""}, by=place.ana)
    with pytest.raises(RuleBroken, match="Not complete yet: General"):
        service.submit(place.proposal, by=place.ana)


def test_the_rate_of_the_first_submission_stays(place: Place) -> None:
    give_back(place, PartKind.RISKS)
    assert drafting.frame_of(place.proposal).indirect_bp == 700


def test_who_does_not_work_on_it_any_more_is_not_told(place: Place) -> None:
    """A colleague of the office may know of it still, and was told while working on it."""
    ben = proposals.share(place.proposal, person(place.ben), May.WRITE, by=place.ana)
    give_back(place, PartKind.RISKS)
    assert mailed(service.GIVEN_BACK) == sorted([place.ana.id, place.ben.id])
    assert letters_to(place.ben) == {service.SENT, service.GIVEN_BACK}
    proposals.remove(place.proposal, ben, by=place.ana)
    assert letters_to(place.ben) == set()
    assert service.GIVEN_BACK in letters_to(place.ana)


def letters_to(viewer: Viewer) -> set[str]:
    """Return the kinds of mail of submitting that somebody would get now."""
    rows = select(OutboxMessage).where(OutboxMessage.to_person_id == viewer.id, OutboxMessage.kind.in_(mails.LOADERS))
    return {row.kind for row in db.session.scalars(rows) if LETTERS[row.kind](row)}


# ---- withdrawal, and what nothing changes


def test_a_proposal_is_withdrawn_with_a_reason_and_stays_on_record(place: Place) -> None:
    service.submit(place.proposal, by=place.ana)
    with pytest.raises(RuleBroken, match="Say why"):
        service.withdraw(place.proposal, reason=" ", by=place.ana)
    service.withdraw(place.proposal, reason="The partner left.", by=place.ana)
    assert place.proposal.status is WITHDRAWN
    assert queries.find_withdrawal(place.proposal).reason == "The partner left."  # type: ignore[union-attr]
    assert mailed(service.TAKEN_BACK) == sorted([place.officer.id, place.head.id])
    with pytest.raises(RuleBroken):
        service.submit(place.proposal, by=place.ana)
    with pytest.raises(RuleBroken, match="stays on record"):
        proposals.drop(place.proposal, by=place.ana)


def test_what_was_written_since_stays_with_those_who_withdraw(place: Place) -> None:
    """A copy of it begins with their latest text; what was submitted is on record beside it."""
    give_back(place, PartKind.RISKS)
    written = {**RISKS, "risks.aaaaaa.owner": "The commander"}
    write(place.proposal, PartKind.RISKS, written, by=place.ana)
    service.withdraw(place.proposal, reason="The partner left.", by=place.ana)
    assert drafting.content_of(drafting.newest(place.proposal, PartKind.RISKS)) == written
    assert unpacked(queries.latest(place.proposal).content).contents[PartKind.RISKS] == RISKS


def test_a_draft_is_not_withdrawn(place: Place) -> None:
    with pytest.raises(RuleBroken, match="is not possible while this is “Draft”"):
        service.withdraw(place.proposal, reason="x", by=place.ana)


@pytest.mark.parametrize("statement", ["UPDATE submission SET remark = 'x'", "DELETE FROM submission"])
def test_the_database_itself_refuses_to_change_what_was_sent(place: Place, statement: str) -> None:
    service.submit(place.proposal, by=place.ana)
    db.session.commit()
    with pytest.raises(DatabaseError, match="never"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_numbers_follow_each_other_under_a_call(place: Place, make: Make) -> None:
    other = proposals.start(place.proposal.call, db.session.merge(place.office), title="Marking", by=place.ana)
    db.session.commit()
    fill(other, by=place.ana, cell=CELL)
    for proposal in (other, place.proposal):
        service.submit(proposal, by=place.ana)
    assert (other.number, place.proposal.number) == ("P1", "P2")


def test_mail_that_came_too_late_is_not_sent(place: Place) -> None:
    give_back(place, PartKind.RISKS)
    assert letter(service.GIVEN_BACK) is not None
    service.submit(place.proposal, by=place.ana, remark="Done.")
    assert letter(service.GIVEN_BACK) is None


def test_nobody_is_asked_for_an_answer_by_mail_once_the_call_is_cancelled(place: Place) -> None:
    give_back(place, PartKind.RISKS)
    assert letter(service.GIVEN_BACK) is not None
    calls.cancel(place.proposal.call, reason="No money", by=place.head)
    assert letter(service.GIVEN_BACK) is None


# ---- a cancelled call


def test_whatever_changes_a_proposal_is_refused_under_a_cancelled_call(place: Place) -> None:
    """In every status and by every service of every room; it is read, and withdrawn, as before."""
    give_back(place, PartKind.RISKS)
    draft = proposals.start(place.proposal.call, db.session.merge(place.office), title="Marking", by=place.ana)
    calls.cancel(place.proposal.call, reason="No money", by=place.head)
    found, ana, officer, today = place.proposal, place.ana, place.officer, clock.today(place.fund)
    until, later = today + timedelta(days=20), NOW + timedelta(days=20)
    acts: list[Callable[[], object]] = [
        lambda: service.begin(draft, by=ana),
        lambda: service.submit(draft, by=ana),
        lambda: service.submit(found, by=ana, remark="As it is."),
        lambda: service.give_back(found, {PartKind.TEAM: "x"}, until, by=officer),
        lambda: service.give_time(found, until, by=officer),
        lambda: service.resume(found, by=officer),
        lambda: screening.take_up(found, by=officer),
        lambda: screening.answer(found, [], by=officer),
        lambda: screening.admit(found, by=officer),
        lambda: screening.invite(found, by=officer),
        lambda: screening.refuse(found, [Ground.SCOPE], "No.", by=officer),
        lambda: opinions.record(found, None, Given(Says.SUPPORTS, "", today, 1), by=officer),
        lambda: write(draft, PartKind.RISKS, RISKS, by=ana),
        lambda: write(found, PartKind.RISKS, RISKS, by=ana),
        lambda: proposals.rename(draft, title="Another", by=ana),
    ]
    for act in acts:
        with clock.at(later), pytest.raises(RuleBroken, match="was cancelled on 20 Apr 2026, .*: No money"):
            act()
    assert (found.status, found.writable_parts, draft.writable_parts) == (RETURNED, frozenset(), frozenset())
    assert unpacked(queries.latest(found).content).contents[PartKind.RISKS] == RISKS
    service.withdraw(found, reason="We go elsewhere.", by=ana)
    proposals.drop(draft, by=ana)


def test_who_works_on_a_proposal_is_told_that_its_call_is_cancelled_whatever_was_turned_off(place: Place) -> None:
    """Who left a draft and works on what was submitted follows the call still."""
    draft = proposals.start(place.proposal.call, db.session.merge(place.office), title="Marking", by=place.ana)
    service.submit(place.proposal, by=place.ana)
    proposals.drop(draft, by=place.ana)
    ana = person(place.ana)
    offered = notices.offered_to(place.ana.held)
    notices.choose(ana, [], offered, by=place.ana)
    invited = calls.told_of_cancelling(place.proposal.call)
    calls.cancel(place.proposal.call, reason="No money", by=place.head)
    assert mailed(calls.ANSWERED_OFF) == [place.ana.id]
    assert mailed(calls.OFF) == invited == [place.ben.id]
    written = letter(calls.ANSWERED_OFF)
    assert written is not None
    assert "nothing more happens to it" in written
    assert "Safe storage" not in written.replace(place.proposal.call.title, "")
