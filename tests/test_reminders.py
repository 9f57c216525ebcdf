"""Reminders of a closing: to who writes an open draft, once for each closing and distance, also after a standstill."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mptf.calls import service as calls
from mptf.calls.facts import Dates
from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.audit import AuditEvent
from mptf.core.db import db, unit_of_work
from mptf.core.mail import Letter, OutboxMessage
from mptf.fund.models import Fund
from mptf.jobs import chores, schedule, table
from mptf.jobs.models import JobRun
from mptf.jobs.table import LETTERS
from mptf.organisations.models import Office, Organisation
from mptf.people import notices
from mptf.people.models import RoleGrant
from mptf.people.queries import get_person
from mptf.policy import Role, Viewer
from mptf.proposals.models import ClosingReminder, May, Proposal, ProposalPerson, ProposalStatus
from mptf.proposals.reminders import CLOSING, due_before
from mptf.proposals.service import start
from tests.factories import Make
from tests.support.calls import open_for, published
from tests.support.proposing import submit

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLOSES = OPENED + timedelta(days=30)
WEEK, TWO = CLOSES - timedelta(days=7), CLOSES - timedelta(days=2)


@pytest.fixture(autouse=True)
def at_the_opening() -> Iterator[None]:
    """Let the call be opening."""
    with clock.at(OPENED):
        yield


@pytest.fixture
def office(make: Make, undp: Organisation) -> Office:
    return make.office(undp, "UNDP Albania")


@pytest.fixture
def hire(make: Make, fund: Fund, undp: Organisation, office: Office) -> Callable[[], Viewer]:
    """Make another officer of the office."""
    return lambda: make.viewer(Role.PUNO_OFFICER, fund, undp, office)


@pytest.fixture
def writer(hire: Callable[[], Viewer]) -> Viewer:
    return hire()


@pytest.fixture
def call(fund: Fund, office: Office, head: Viewer, writer: Viewer) -> Call:
    """Return a call that closes in thirty days."""
    here = db.session.get_one(Fund, fund.id)
    made = published(here, [db.session.get_one(Office, office.id)], by=head, dates=open_for(30, since=OPENED))
    db.session.commit()
    return made


@pytest.fixture
def draft(call: Call, office: Office, writer: Viewer) -> Proposal:
    """Return a draft that was started when the call opened."""
    made = start(call, db.session.get_one(Office, office.id), title="Safe rooms", by=writer)
    db.session.commit()
    return made


def join(draft: Proposal, viewer: Viewer, may: May, at: datetime = OPENED) -> None:
    with unit_of_work():
        db.session.add(
            ProposalPerson(
                proposal_id=draft.id, fund_id=draft.fund_id, person_id=viewer.id, may=may, by_id=viewer.id, from_at=at
            )
        )


def remind_at(moment: datetime) -> str:
    with clock.at(moment):
        return chores.remind_of_closing()


def told() -> list[int]:
    """Return who was written to, in the order of the mails."""
    db.session.rollback()
    return list(
        db.session.scalars(select(OutboxMessage.to_person_id).filter_by(kind=CLOSING).order_by(OutboxMessage.id))
    )


@contextmanager
def written(moment: datetime) -> Iterator[list[Letter | None]]:
    """Yield the mails as they would be written at a moment."""
    with clock.at(moment):
        yield [LETTERS[CLOSING](row) for row in db.session.scalars(select(OutboxMessage).filter_by(kind=CLOSING))]


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "moment,days",
    [
        (WEEK - timedelta(seconds=1), None),
        (WEEK, 7),
        (TWO - timedelta(seconds=1), 7),
        (TWO, 2),
        (CLOSES - timedelta(seconds=1), 2),
        (CLOSES, None),
    ],
)
def test_a_reminder_is_due_from_its_moment_until_the_nearer_one_or_the_closing(
    moment: datetime, days: int | None
) -> None:
    assert due_before(CLOSES, moment) == days


def test_who_writes_is_reminded_twice_and_no_more_however_often_the_job_runs(draft: Proposal, writer: Viewer) -> None:
    for moment, mails in (
        (WEEK - timedelta(hours=1), 0),
        (WEEK, 1),
        (WEEK + timedelta(hours=1), 1),
        (TWO, 2),
        (CLOSES - timedelta(hours=1), 2),
        (CLOSES, 2),
    ):
        remind_at(moment)
        assert told() == [writer.id] * mails, moment


def test_readers_those_who_left_and_other_offices_are_not_reminded(
    draft: Proposal, writer: Viewer, hire: Callable[[], Viewer]
) -> None:
    finance, reader, gone, colleague = (hire() for _ in range(4))
    for viewer, may in ((finance, May.FINANCE), (reader, May.READ), (gone, May.WRITE)):
        join(draft, viewer, may)
    with unit_of_work():
        left = select(ProposalPerson).filter_by(fund_id=draft.fund_id, person_id=gone.id)
        db.session.scalars(left).one().until_at = clock.now()
    remind_at(WEEK)
    assert sorted(told()) == sorted([writer.id, finance.id])
    assert colleague.id not in told()


def test_one_who_writes_two_drafts_of_a_call_gets_one_mail(
    call: Call, draft: Proposal, office: Office, writer: Viewer
) -> None:
    with unit_of_work():
        start(call, db.session.get_one(Office, office.id), title="Another", by=writer)
    remind_at(WEEK)
    assert told() == [writer.id]


def test_who_joins_after_the_moment_gets_only_the_next_reminder(
    draft: Proposal, writer: Viewer, hire: Callable[[], Viewer]
) -> None:
    late = hire()
    join(draft, late, May.WRITE, at=WEEK + timedelta(days=1))
    remind_at(WEEK + timedelta(days=1))
    assert told() == [writer.id]
    remind_at(TWO)
    assert sorted(told()) == sorted([writer.id, writer.id, late.id])


def test_after_a_standstill_the_nearer_reminder_is_made_up_for_alone(draft: Proposal, writer: Viewer) -> None:
    remind_at(TWO + timedelta(hours=5))
    remind_at(TWO + timedelta(hours=6))
    assert told() == [writer.id]
    rows = select(ClosingReminder.days).where(ClosingReminder.fund_id == draft.fund_id)
    assert list(db.session.scalars(rows)) == [2]


def test_a_call_that_closes_later_reminds_anew_for_the_new_date(
    draft: Proposal, writer: Viewer, head: Viewer
) -> None:  # fmt: skip
    remind_at(WEEK)
    with unit_of_work():
        call = db.session.get_one(Call, draft.call_id)
        later = replace(Dates.of(call), closes_at=CLOSES + timedelta(days=14))
        calls.write(call, later, reason="More time", by=head)
    remind_at(WEEK + timedelta(hours=1))
    assert told() == [writer.id], "the new week has not come"
    for moment, mails in ((WEEK + timedelta(days=14), 2), (TWO + timedelta(days=14), 3)):
        remind_at(moment)
        assert told() == [writer.id] * mails


@pytest.mark.parametrize("status", [ProposalStatus.SUBMITTED, ProposalStatus.WITHDRAWN])
def test_only_an_open_draft_is_reminded_of(draft: Proposal, status: ProposalStatus) -> None:
    with unit_of_work():
        found = db.session.get_one(Proposal, draft.id)
        submit(found)
        found.status = status
    remind_at(WEEK)
    assert told() == []


def test_a_cancelled_call_reminds_nobody(draft: Proposal, head: Viewer) -> None:
    with unit_of_work():
        calls.cancel(db.session.get_one(Call, draft.call_id), reason="No money", by=head)
    remind_at(WEEK)
    assert told() == []


def test_who_holds_the_role_no_more_is_not_reminded(draft: Proposal, writer: Viewer) -> None:
    with unit_of_work():
        held = select(RoleGrant).filter_by(fund_id=draft.fund_id, person_id=writer.id)
        db.session.scalars(held).one().until_on = date(2026, 3, 10)
    remind_at(WEEK)
    assert told() == []


def test_who_turned_the_notice_off_is_not_reminded_and_may_turn_it_on_again(draft: Proposal, writer: Viewer) -> None:
    offered = notices.offered_to(writer.held)
    with unit_of_work():
        notices.choose(get_person(writer.public_id), (), offered, by=writer)
    remind_at(WEEK)
    assert told() == []
    with unit_of_work():
        notices.choose(get_person(writer.public_id), [CLOSING], offered, by=writer)
    remind_at(WEEK + timedelta(hours=1))
    assert told() == [writer.id]


def test_the_mail_tells_the_closing_on_the_clocks_of_the_call(draft: Proposal) -> None:
    remind_at(WEEK)
    with written(WEEK) as letters:
        (letter,) = letters
    assert letter
    assert "closes on Wed 1 Apr 2026, 11:00 Europe/Belgrade" in letter.text
    assert "Safe rooms" not in letter.text, "nothing of a draft stands in a mail"


def test_a_mail_that_waited_is_not_sent_once_it_is_no_longer_true(draft: Proposal) -> None:
    remind_at(WEEK)
    with written(CLOSES) as letters:
        assert letters == [None]
    with unit_of_work():
        found = db.session.get_one(Proposal, draft.id)
        submit(found)
    with written(WEEK) as letters:
        assert letters == [None]


def test_how_many_were_reminded_stands_nowhere(
    ctx: Flask, draft: Proposal, hire: Callable[[], Viewer], capfd: pytest.CaptureFixture[str]
) -> None:
    (job,) = (job for job in table.JOBS if job.run is chores.remind_of_closing)
    told_by_job = []
    for days, joining in ((7, ()), (2, (hire(), hire()))):
        for viewer in joining:
            join(draft, viewer, May.WRITE)
        before = db.session.scalars(select(AuditEvent.seq)).all()
        db.session.rollback()
        with clock.at(CLOSES - timedelta(days=days) + timedelta(minutes=30)):
            assert schedule.fire(ctx, job, leader="test")
        assert db.session.scalars(select(AuditEvent.seq)).all() == before
        db.session.rollback()
        told_by_job.append(db.session.scalars(select(JobRun.note).order_by(JobRun.slot.desc())).first())
        db.session.rollback()
    assert len(told()) == 4
    assert told_by_job[0] == told_by_job[1]


@pytest.mark.both_engines
def test_the_database_keeps_one_reminder_for_a_closing_and_distance(draft: Proposal, writer: Viewer) -> None:
    remind_at(WEEK)
    row = db.session.scalars(select(ClosingReminder).where(ClosingReminder.fund_id == draft.fund_id)).one()
    twin = {name: getattr(row, name) for name in ("call_id", "fund_id", "person_id", "days", "closes_at")}
    with pytest.raises(DBAPIError), unit_of_work():
        db.session.add(ClosingReminder(**twin))
    with pytest.raises(DBAPIError, match="never changed"), unit_of_work():
        db.session.execute(text("UPDATE closing_reminder SET days = 3"))
