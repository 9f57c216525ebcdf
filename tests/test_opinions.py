"""Opinions of SALW Commissions: what is recorded, what is refused, and that nothing recorded is ever lost."""

import importlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from mptf.calls import service as calls
from mptf.calls.facts import Reach
from mptf.core import clock, files
from mptf.core.audit import AuditDetail, AuditEvent
from mptf.core.db import db
from mptf.core.errors import KnownAlready, NotAllowed, RuleBroken
from mptf.core.files import Store, StoredFile
from mptf.drafting import queries as drafting
from mptf.opinions import queries, service
from mptf.opinions.facts import Given
from mptf.opinions.models import Opinion, Says
from mptf.opinions.pages import card_facts
from mptf.organisations.models import Jurisdiction, Office
from mptf.policy import Role
from mptf.proposals.models import PROPOSAL_FLOW, PartKind
from mptf.submissions import service as submissions
from mptf.submissions.models import Submission, SubmissionPlace
from tests.conftest import Once
from tests.factories import Make
from tests.support import placed as support
from tests.support.calls import open_for
from tests.support.placed import placed
from tests.support.whole import fill, write

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
TODAY = NOW.date()
YES = Given(Says.SUPPORTS, "", TODAY, 1)
BUT = Given(Says.REMARKS, "Fence the depot first.", TODAY, 1)


class Place(support.Place):
    """The place of UNDP Here, whose proposal works in its own jurisdiction; its call is for another one too."""

    @property
    def own(self) -> Jurisdiction:
        """The place of the office that writes."""
        return db.session.get_one(Office, self.offices[0].id).jurisdiction

    @property
    def beside(self) -> Jurisdiction:
        """The place of the other office."""
        return db.session.get_one(Office, self.offices[1].id).jurisdiction


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with clock.at(NOW):
        yield


def build(make: Make) -> Place:
    """Make the place; version 1 is submitted today."""
    found = placed(Place, make, make.fund(), "UNDP Here", "UNDP There")
    for office, (name, code) in zip(found.offices, (("Montenegro", "ME"), ("Serbia", "RS")), strict=True):
        db.session.get_one(Office, office.id).jurisdiction = Jurisdiction(name=name, iati_code=code)
    db.session.commit()
    fill(found.start(open_for(since=NOW - timedelta(days=1))), by=found.ana)
    submit(found, found.own)
    return found


@pytest.fixture
def place(ctx: object, once: Once) -> Place:
    return once(build)


def submit(place: Place, where: Jurisdiction, why: str = "Women and men are asked alike.") -> None:
    """Say that the proposal works in one place, and submit it."""
    general = drafting.content_of(drafting.newest(place.proposal, PartKind.GENERAL))
    kept = {name: value for name, value in general.items() if not name.startswith("jurisdictions.")}
    write(
        place.proposal,
        PartKind.GENERAL,
        {**kept, "gender_why": why, f"jurisdictions.{where.public_id}": "y"},
        by=place.ana,
    )
    submissions.submit(place.proposal, by=place.ana)
    db.session.commit()


def give_back(place: Place) -> None:
    """Return the part that says where the proposal works."""
    PROPOSAL_FLOW.fire(place.proposal, "screen", by=place.officer)
    until = TODAY + timedelta(days=5)
    submissions.give_back(place.proposal, {PartKind.GENERAL: "Where?"}, until, by=place.officer)
    db.session.commit()


def missing(place: Place, *where: Jurisdiction) -> list[bool]:
    """Tell whether the list of the call has the proposal where any answer is missing, and that of each place."""
    asked = (queries.ANY, *(one.public_id for one in where))
    return [bool(queries.under_way(place.officer, place.proposal.call, 1, one).items) for one in asked]


def a_letter(app: Flask, place: Place, name: str = "letter.pdf") -> StoredFile:
    store: Store = app.extensions["files"]
    blob = store.keep(io.BytesIO(b"%PDF-1.7\n%%EOF\n%" + name.encode()), limit=1 << 20)
    return files.add(blob, name=name, media_type="application/pdf", by=place.officer, fund_id=place.fund.id)


def standing(place: Place) -> list[Opinion]:
    """Return the opinions the card of the proposal shows as those that stand."""
    facts = card_facts(place.proposal, place.officer)
    return [line.opinion for line in facts["lines"] if line.opinion] if facts else []


def say(place: Place, given: Given = YES, where: Jurisdiction | None = None) -> Opinion:
    return service.record(place.proposal, where or place.own, given, by=place.officer)


def withdraw(place: Place) -> None:
    submissions.withdraw(place.proposal, reason="No staff", by=place.ana)


# ---- what is recorded


def test_an_opinion_is_recorded_on_the_version_it_was_given_on(place: Place) -> None:
    opinion = say(place, BUT)
    assert (opinion.says, opinion.text, opinion.given_on) == (Says.REMARKS, "Fence the depot first.", TODAY)
    assert (opinion.submission.number, opinion.jurisdiction, opinion.by_id) == (1, place.own, place.officer.id)
    assert standing(place) == [opinion]


def test_who_is_asked_is_what_the_latest_submission_says(place: Place) -> None:
    def asked() -> list[tuple[str, bool]]:
        return [(one.jurisdiction.name, one.asked) for one in queries.places_of(place.proposal)]

    assert asked() == [("Montenegro", True), ("Serbia", False)]
    give_back(place)
    submit(place, place.beside)
    assert asked() == [("Serbia", True), ("Montenegro", False)]


def test_a_project_for_the_region_concerns_every_commission_and_the_region_has_none(place: Place) -> None:
    region = Jurisdiction(name="Regional", iati_code="89", regional=True)
    db.session.add(region)
    db.session.flush()
    known = [region, place.own, place.beside]
    found = queries._places(known, {region.id}, {one.id for one in known})
    assert [(one.jurisdiction, one.asked) for one in found] == [(place.own, True), (place.beside, True)]
    assert [one.asked for one in queries._places(known, {place.own.id}, ())] == [True, False]


def test_another_place_of_the_call_may_say_something_and_no_other(place: Place) -> None:
    say(place, where=place.beside)
    elsewhere = Jurisdiction(name="Nowhere", iati_code="AL")
    db.session.add(elsewhere)
    db.session.flush()
    for wrong in (elsewhere, None):
        with pytest.raises(RuleBroken, match="Choose a jurisdiction the proposal works in") as refused:
            service.record(place.proposal, wrong, YES, by=place.officer)
        assert refused.value.field == "place"


# ---- what is refused


@pytest.mark.parametrize("says", [Says.REMARKS, Says.AGAINST])
def test_words_are_needed_where_it_is_not_plain_support(place: Place, says: Says) -> None:
    with pytest.raises(RuleBroken, match="Write the remarks") as refused:
        say(place, replace(YES, says=says, text=" "))
    assert refused.value.field == "text"


def test_kosovo_keeps_its_asterisk(place: Place) -> None:
    with pytest.raises(RuleBroken, match=r"Kosovo\*"):
        say(place, replace(YES, text="As in Kosovo."))


@pytest.mark.parametrize(
    "day,told", [(TODAY + timedelta(days=1), "has not come yet"), (TODAY - timedelta(days=1), "is not older")]
)
def test_the_day_is_one_that_can_be(place: Place, day: date, told: str) -> None:
    with pytest.raises(RuleBroken, match=told) as refused:
        say(place, replace(YES, given_on=day))
    assert refused.value.field == "given_on"


def test_the_day_is_that_of_the_funds_own_clocks(place: Place) -> None:
    with clock.at(datetime(2026, 4, 20, 22, 30, tzinfo=UTC)):  # 21 April, 0:30 in Belgrade
        assert say(place, replace(YES, given_on=date(2026, 4, 21))).given_on == date(2026, 4, 21)


def test_it_is_given_on_a_version_that_was_sent(place: Place) -> None:
    with pytest.raises(RuleBroken, match="Choose the version") as refused:
        say(place, replace(YES, number=2))
    assert refused.value.field == "number"


def test_a_commission_says_one_thing_of_a_proposal(place: Place) -> None:
    say(place)
    with pytest.raises(KnownAlready, match="is recorded already"):
        say(place, BUT)


def test_an_opinion_that_was_never_given_is_none_to_record(place: Place) -> None:
    with pytest.raises(RuleBroken, match="Choose what the Commission says"):
        say(place, replace(YES, says=Says.TAKEN_BACK))


def test_only_the_secretariat_records(place: Place, make: Make) -> None:
    assert service.record(place.proposal, place.own, YES, by=place.head).by_id == place.head.id
    db.session.commit()
    for by in (place.ana, make.viewer(Role.AUDITOR, place.fund), make.viewer(Role.COMMITTEE_CHAIR, place.fund)):
        with pytest.raises(NotAllowed):
            service.record(place.proposal, place.beside, YES, by=by)
        assert card_facts(place.proposal, by) is None


def test_a_withdrawn_proposal_takes_none_any_more_and_what_was_recorded_stays(place: Place) -> None:
    opinion = say(place)
    withdraw(place)
    with pytest.raises(RuleBroken, match="This proposal is “Withdrawn”, so no opinion"):
        say(place, where=place.beside)
    with pytest.raises(RuleBroken, match="This proposal is “Withdrawn”, so no opinion"):
        service.correct(opinion, BUT, reason="Typed wrongly", by=place.officer)
    facts = card_facts(place.proposal, place.officer)
    assert facts is not None
    assert "no opinion on it is recorded any more" in facts["refusal"]
    assert [line.opinion for line in facts["lines"]] == [opinion]


def test_an_ineligible_proposal_takes_none_either(place: Place) -> None:
    for name in ("screen", "refuse"):
        PROPOSAL_FLOW.fire(place.proposal, name, by=place.officer)
    with pytest.raises(RuleBroken, match="“Ineligible”"):
        say(place)


# ---- corrections


def test_a_correction_stands_and_the_former_stays_readable(app: Flask, place: Place) -> None:
    first = service.record(place.proposal, place.own, YES, letter=a_letter(app, place), by=place.officer)
    second = service.correct(first, BUT, reason="Page 2 was missed.", by=place.head)
    assert second is not None
    assert (second.letter, second.reason) == (first.letter, "Page 2 was missed.")
    assert standing(place) == [second]
    assert queries.history_of(place.proposal)[place.own.id] == [second, first]
    assert queries.standing_on(place.proposal.call, [place.key]) == {(place.key, place.own.id): second}
    with pytest.raises(RuleBroken, match="was corrected meanwhile"):
        service.correct(first, YES, reason="Again", by=place.officer)


def test_a_correction_says_why_and_something_new(app: Flask, place: Place) -> None:
    first = service.record(place.proposal, place.own, YES, letter=a_letter(app, place), by=place.officer)
    with pytest.raises(RuleBroken, match="Say why it is corrected") as refused:
        service.correct(first, BUT, reason=" ", by=place.officer)
    assert refused.value.field == "reason"
    assert service.correct(first, YES, reason="Nothing", by=place.officer) is None
    without = service.correct(first, YES, reason="Another letter", without_letter=True, by=place.officer)
    assert without is not None
    assert without.letter is None
    other = a_letter(app, place, "other.pdf")
    corrected = service.correct(without, YES, reason="The right one", letter=other, by=place.officer)
    assert corrected is not None
    assert corrected.letter == other


def test_what_was_recorded_by_mistake_leaves_its_place_to_another(place: Place) -> None:
    wrong = say(place, BUT)
    back = service.correct(wrong, replace(BUT, says=Says.TAKEN_BACK), reason="Of another proposal", by=place.officer)
    assert standing(place) == []
    assert db.session.scalar(queries.counted_on(place.officer, place.proposal.call)) == 0
    facts = card_facts(place.proposal, place.officer)
    assert facts is not None
    assert [(line.opinion, len(line.earlier)) for line in facts["lines"]] == [(None, 2)]
    assert back is not None
    with pytest.raises(RuleBroken, match="was corrected meanwhile"):
        service.correct(back, YES, reason="No", by=place.officer)
    right = say(place)
    assert standing(place) == [right]
    assert (right.replaces_id, right.reason) == (back.id, "")


@pytest.mark.both_engines
def test_the_database_itself_keeps_one_that_stands_and_all_that_stood(place: Place) -> None:
    opinion = say(place)
    db.session.commit()
    same = {name: getattr(opinion, name) for name in ("fund_id", "proposal_id", "submission_id", "by_id", "given_on")}
    for what in (
        {"jurisdiction_id": place.own.id},  # a second first one
        {"jurisdiction_id": place.beside.id, "replaces_id": opinion.id},  # in the place of another Commission's
        {"jurisdiction_id": place.beside.id, "says": Says.AGAINST},  # without words
    ):
        db.session.add(Opinion(**{**same, "says": Says.SUPPORTS, **what}))
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()
    for change in ("UPDATE opinion SET says = 'does_not_support'", "DELETE FROM opinion"):
        with pytest.raises(DatabaseError, match="opinion rows are never"):
            db.session.execute(text(change))
        db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Opinion)) == 1


def test_the_audit_log_has_whose_and_never_what(app: Flask, place: Place) -> None:
    letter = a_letter(app, place)
    first = service.record(place.proposal, place.own, BUT, letter=letter, by=place.officer)
    service.correct(first, replace(BUT, says=Says.AGAINST), reason="Canary reason", by=place.officer)
    db.session.commit()
    rows = db.session.execute(
        select(AuditEvent.action, AuditDetail.body).join(AuditDetail).where(AuditEvent.subject_kind == "opinion")
    ).all()
    assert [action for action, _ in rows] == ["opinion.recorded", "opinion.corrected"]
    for _, body in rows:
        assert "Montenegro" in (body or "")
        assert letter.sha256 in (body or "")
        assert not [word for word in ("Fence", "Canary", "support", "Safe storage") if word in (body or "")]


# ---- a call


def test_a_call_counts_the_opinions_on_proposals_under_way(place: Place) -> None:
    call = place.proposal.call
    say(place)
    assert db.session.scalar(queries.counted_on(place.officer, call)) == 1
    assert db.session.scalar(queries.counted_on(place.ana, call)) == 0
    assert [one.id for one in queries.under_way(place.officer, call, 1).items] == [place.key]
    withdraw(place)
    assert db.session.scalar(queries.counted_on(place.officer, call)) == 0
    assert queries.under_way(place.officer, call, 1).items == []


def test_where_an_answer_is_missing_is_told_of_what_was_sent_last(place: Place) -> None:
    assert missing(place, place.own, place.beside) == [True, True, False]
    say(place)
    assert missing(place, place.own, place.beside) == [False, False, False]
    give_back(place)
    submit(place, place.beside)
    assert missing(place, place.own, place.beside) == [True, False, True]
    say(place, where=place.beside)
    assert missing(place, place.own, place.beside) == [False, False, False]


def test_what_was_recorded_by_mistake_is_no_answer(place: Place) -> None:
    opinion = say(place)
    taken_back = replace(YES, says=Says.TAKEN_BACK)
    service.correct(opinion, taken_back, reason="Of another proposal", by=place.officer)
    assert missing(place, place.own) == [True, True]


def test_what_somebody_typed_asks_no_commission(place: Place) -> None:
    say(place)
    give_back(place)
    key = place.beside.public_id
    submit(place, place.own, why=f'"jurisdictions.{key}":"y" and "{key}":"Serbia"')
    assert missing(place, place.own, place.beside) == [False, False, False]


def test_a_project_for_the_region_lacks_the_answer_of_every_place_of_its_call(place: Place) -> None:
    region = Jurisdiction(name="Regional", iati_code="89", regional=True)
    elsewhere = Jurisdiction(name="Nowhere", iati_code="AL")
    db.session.add_all([region, elsewhere])
    db.session.flush()
    call = place.proposal.call
    calls.write(
        call, replace(Reach.of(call), jurisdictions=(*call.jurisdictions, region)), by=place.head, reason="More"
    )
    db.session.commit()
    give_back(place)
    submit(place, region)
    assert missing(place, place.own, place.beside, region, elsewhere) == [True, True, True, False, False]
    say(place)
    assert missing(place, place.own, place.beside) == [True, False, True]
    say(place, where=place.beside)
    assert missing(place) == [False]


def test_the_revision_reads_what_was_sent_before_as_it_is_told_now(place: Place) -> None:
    give_back(place)
    submit(place, place.beside)
    revision = importlib.import_module("migrations.versions.20261128_submission_places")
    known = {one.public_id: one.id for one in db.session.scalars(select(Jurisdiction))}
    told = [
        row
        for sent in db.session.scalars(select(Submission).order_by(Submission.id))
        for row in revision._places(sent, known)
    ]
    kept = {(one.submission_id, one.jurisdiction_id) for one in db.session.scalars(select(SubmissionPlace))}
    assert {(row["submission_id"], row["jurisdiction_id"]) for row in told} == kept
    assert [row["jurisdiction_id"] for row in told] == [place.own.id, place.beside.id]
