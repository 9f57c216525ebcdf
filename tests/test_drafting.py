"""The parts of a proposal: versions, two people's texts, who may write, what is kept aside, and what is thinned out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.drafting import queries, service
from mptf.drafting.models import PartVersion
from mptf.drafting.parts import get_part
from mptf.jobs import chores
from mptf.proposals.models import May, PartKind, Proposal
from tests.conftest import Once
from tests.support.drafting import Drafted, drafted
from tests.support.proposing import submit

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def draft(app: Flask, once: Once) -> Drafted:
    return once(drafted)


@pytest.fixture
def at_noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


def rows(app: Flask) -> list[PartVersion]:
    with app.app_context():
        every = select(PartVersion).order_by(PartVersion.part, PartVersion.number)
        return list(db.session.scalars(every, execution_options={"across_funds": True}))


def told(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(audit.AuditEvent.action).order_by(audit.AuditEvent.seq)))


def test_each_change_is_a_version_and_the_same_text_is_none(draft: Drafted) -> None:
    first = draft.save(draft.ana, "narrative", {"summary": "Stores"})
    assert first.version
    assert (first.version.number, first.changed) == (1, {})
    again = draft.save(draft.ana, "narrative", {"summary": "Stores"}, version=1)
    assert again.version
    assert again.version.number == 1
    draft.save(draft.ana, "narrative", {"summary": "Safe stores"}, version=1)
    assert [row.number for row in rows(draft.app)] == [1, 2]
    assert draft.stands("narrative") == {"summary": "Safe stores"}


def test_only_a_save_somebody_asked_for_stands_in_the_audit_log(draft: Drafted) -> None:
    draft.save(draft.ana, "narrative", {"summary": "Stores"})
    assert told(draft.app) == []
    draft.save(draft.ana, "narrative", {"summary": "Stores"}, version=1, explicit=True)
    assert told(draft.app) == ["part.saved"]
    assert [(row.number, row.explicit) for row in rows(draft.app)] == [(1, False), (2, True)]
    draft.save(draft.ana, "narrative", {"summary": "Stores"}, version=2, explicit=True)
    assert len(rows(draft.app)) == 2


def test_two_people_in_different_fields_both_stand(draft: Drafted) -> None:
    draft.save(draft.ana, "narrative", {"summary": "Stores", "approach": "Build"})
    draft.save(draft.ben, "narrative", {"summary": "Stores", "approach": "Build well"}, version=1)
    saved = draft.save(draft.ana, "narrative", {"summary": "Safe stores", "approach": "Build"}, version=1)
    assert saved.changed == {"approach": "Build well"}
    assert draft.stands("narrative") == {"summary": "Safe stores", "approach": "Build well"}


def test_a_field_both_changed_keeps_what_is_stored_and_the_other_text_aside(draft: Drafted) -> None:
    draft.save(draft.ana, "narrative", {"summary": "Stores"})
    draft.save(draft.ben, "narrative", {"summary": "Stores, says Ben"}, version=1)
    saved = draft.save(draft.ana, "narrative", {"summary": "Stores, says Ana"}, version=1)
    assert [(one.field, one.stored, one.typed) for one in saved.collisions] == [
        ("summary", "Stores, says Ben", "Stores, says Ana")
    ]
    assert draft.stands("narrative") == {"summary": "Stores, says Ben"}
    assert [(one.field, one.typed) for one in draft.asides(draft.ana, "narrative")] == [("summary", "Stores, says Ana")]
    assert draft.asides(draft.ben, "narrative") == []


def test_a_text_kept_aside_is_written_on_and_settled_by_who_typed_it(draft: Drafted) -> None:
    draft.save(draft.ana, "narrative", {"summary": "Stores"})
    draft.save(draft.ben, "narrative", {"summary": "By Ben"}, version=1)
    draft.save(draft.ana, "narrative", {"summary": "By Ana"}, version=1)
    (aside,) = draft.asides(draft.ana, "narrative")
    typed = {"summary": "By Ben"}
    draft.save(draft.ana, "narrative", typed, version=2, asides={aside.number: "By Ana, and more"})
    (later,) = draft.asides(draft.ana, "narrative")
    assert (later.typed, later.number > aside.number) == ("By Ana, and more", True)
    draft.save(draft.ben, "narrative", typed, version=2, settled=[later.number])
    assert draft.asides(draft.ana, "narrative") == [later]
    draft.save(draft.ana, "narrative", {"summary": "By both"}, version=2, settled=[later.number])
    assert draft.asides(draft.ana, "narrative") == []
    assert draft.stands("narrative") == {"summary": "By both"}


def test_what_was_typed_over_a_text_taken_in_meanwhile_is_joined_with_it(draft: Drafted) -> None:
    draft.save(draft.ana, "narrative", {"summary": "One.\n\nTwo."})
    draft.save(draft.ben, "narrative", {"summary": "One.\n\nTwo, by Ben."}, version=1)
    saved = draft.save(draft.ana, "narrative", {"summary": "One by Ana.\n\nTwo."}, version=1)
    assert saved.version
    typed_on = {"summary": "One by Ana, and more.\n\nTwo."}
    over = {"summary": "One by Ana.\n\nTwo."}
    draft.save(draft.ana, "narrative", typed_on, version=saved.version.number, over=over)
    assert draft.stands("narrative") == {"summary": "One by Ana, and more.\n\nTwo, by Ben."}


def test_a_form_over_a_version_that_is_gone_loses_nothing(draft: Drafted) -> None:
    for text in ("One", "Two", "Three"):
        draft.save(draft.ana, "narrative", {"summary": text, "approach": "How"}, version=draft_number(draft))
    with draft.app.app_context():
        gone = select(PartVersion).where(PartVersion.number == 2, PartVersion.fund_id == draft.fund.id)
        db.session.delete(db.session.scalars(gone).one())
        db.session.commit()
    draft.save(draft.ben, "narrative", {"summary": "Two", "approach": "How, and when"}, version=2)
    assert draft.stands("narrative") == {"summary": "Three", "approach": "How, and when"}
    assert [one.typed for one in draft.asides(draft.ben, "narrative")] == ["Two"]


def draft_number(draft: Drafted) -> int:
    return max((row.number for row in rows(draft.app)), default=0)


def test_a_draft_takes_the_title_of_general(draft: Drafted) -> None:
    draft.save(draft.ana, "general", {"title": "Safe stores,  phase II"})
    with draft.open() as proposal:
        assert proposal.title == "Safe stores, phase II"
    draft.save(draft.ana, "general", {}, version=1)
    with draft.open() as proposal:
        assert proposal.title == "Safe stores, phase II"


def test_who_may_not_write_a_part_is_refused(draft: Drafted) -> None:
    reader, finance, stranger = (
        draft.officer("Reader", May.READ), draft.officer("Finance", May.FINANCE), draft.officer("Stranger", None)
    )  # fmt: skip
    for person in (reader, finance, stranger):
        with pytest.raises(NotAllowed):
            draft.save(person, "narrative", {"summary": "Mine"})
    assert rows(draft.app) == []


def test_a_part_that_is_closed_is_refused_in_words(draft: Drafted) -> None:
    with draft.app.app_context():
        submit(db.session.get_one(Proposal, draft.proposal.id))
        db.session.commit()
    with pytest.raises(RuleBroken, match="This part cannot be changed now"):
        draft.save(draft.ana, "narrative", {"summary": "Late"})


def test_what_no_database_keeps_is_left_out_and_what_is_far_too_long_refused(draft: Drafted) -> None:
    draft.save(draft.ana, "narrative", {"summary": "St\0ores\ud800", "nonsense": "x", "approach": "a\r\nb"})
    assert draft.stands("narrative") == {"summary": "Stores\N{REPLACEMENT CHARACTER}", "approach": "a\nb"}
    with pytest.raises(RuleBroken, match="Summary: this text is far too long"):
        draft.save(draft.ana, "narrative", {"summary": "x" * 6001}, version=1)


def test_an_earlier_version_is_brought_back_as_a_new_one(draft: Drafted) -> None:
    for text in ("One", "Two"):
        draft.save(draft.ana, "narrative", {"summary": text}, version=draft_number(draft))
    with draft.open() as proposal:
        service.bring_back(proposal, get_part("narrative"), 1, by=draft.viewer(draft.ben))
    assert draft.stands("narrative") == {"summary": "One"}
    assert draft_number(draft) == 3
    assert told(draft.app) == ["part.brought_back"]
    with draft.open() as proposal, pytest.raises(RuleBroken, match="says the same"):
        service.bring_back(proposal, get_part("narrative"), 1, by=draft.viewer(draft.ben))
    with draft.open() as proposal, pytest.raises(NotFound):
        service.bring_back(proposal, get_part("narrative"), 9, by=draft.viewer(draft.ben))


def test_parts_are_told_apart_and_only_known_ones_are_found(draft: Drafted) -> None:
    draft.save(draft.ana, "narrative", {"summary": "Stores"})
    draft.save(draft.ana, "team", {"team": "aaaaaa", "team.aaaaaa.function": "Lead"})
    with draft.open() as proposal:
        assert {kind: row.number for kind, row in queries.newest_of(proposal).items()} == {
            PartKind.NARRATIVE: 1, PartKind.TEAM: 1,
        }  # fmt: skip
    with pytest.raises(NotFound):
        get_part("nonsense")


def test_general_begins_with_the_title_the_proposal_was_started_with(draft: Drafted) -> None:
    with draft.open() as proposal:
        state = queries.state_of(proposal, get_part("general"), queries.frame_of(proposal))
        assert (state.number, state.content, state.read.value.title) == (0, {"title": "Safe stores"}, "Safe stores")
        narrative = queries.state_of(proposal, get_part("narrative"), queries.frame_of(proposal))
        assert (narrative.content, narrative.frame.title) == ({}, "Safe stores")


def test_states_read_every_part_in_the_frame_of_the_call(draft: Drafted) -> None:
    kpi, place = draft.kpi.public_id, draft.place.public_id
    draft.save(draft.ana, "general", {
        "title": "Safe stores", f"jurisdictions.{place}": "y", f"kpis.{kpi}": "y", "starts_on": "1 Mar 2027",
        "months": "24", "targets": "aaaaaa", "targets.aaaaaa.code": "16.4", "targets.aaaaaa.focus": "100",
        "gender": "2", "gender_why": "Women take part.",
    })  # fmt: skip
    with draft.open() as proposal:
        states = {one.part.kind: one for one in queries.states_of(proposal, queries.frame_of(proposal))}
        assert states[PartKind.GENERAL].read.problems == ()
        assert states[PartKind.NARRATIVE].frame.months == 24
        assert states[PartKind.NARRATIVE].frame.taking_part == (draft.office.public_id,)
        assert not states[PartKind.NARRATIVE].begun


@pytest.mark.usefixtures("at_noon")
def test_what_pages_saved_by_themselves_is_thinned_out_after_a_week(draft: Drafted) -> None:
    saved = [
        (timedelta(days=9, minutes=50), False), (timedelta(days=9, minutes=40), False),
        (timedelta(days=9, minutes=30), True), (timedelta(days=9, minutes=20), False),
        (timedelta(days=9, minutes=10), False), (timedelta(days=8), False), (timedelta(days=1, minutes=9), False),
        (timedelta(days=1, minutes=8), False),
    ]  # fmt: skip
    for number, (ago, explicit) in enumerate(saved):
        with clock.at(NOON - ago):
            draft.save(draft.ana, "narrative", {"summary": f"Text {number}"}, version=number, explicit=explicit)
    with draft.app.app_context():
        assert chores.thin_drafts() == "3 versions of parts thinned out"
    # The first two hours of work keep what was asked for and their last; the last week keeps all.
    assert [row.number for row in rows(draft.app)] == [3, 5, 6, 7, 8]


@pytest.mark.usefixtures("at_noon")
def test_what_waits_to_be_settled_and_the_newest_are_never_thinned_out(draft: Drafted) -> None:
    with clock.at(NOON - timedelta(days=30)):
        draft.save(draft.ana, "narrative", {"summary": "Stores"})
        draft.save(draft.ben, "narrative", {"summary": "By Ben"}, version=1)
        draft.save(draft.ana, "narrative", {"summary": "By Ana"}, version=1)
    with draft.app.app_context():
        assert chores.thin_drafts() == "1 versions of parts thinned out"
    assert [(row.number, row.aside) for row in rows(draft.app)] == [(2, False), (3, True)]
    draft.save(draft.ana, "narrative", {"summary": "By Ben"}, version=2, settled=[3])
    with draft.app.app_context():
        assert chores.thin_drafts() == "1 versions of parts thinned out"
    assert [row.number for row in rows(draft.app)] == [2]
