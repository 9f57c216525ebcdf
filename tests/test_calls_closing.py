"""Closing by the clock: whatever happens between looking and closing, however long nothing ran, whoever runs it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from mptf.calls import queries, service
from mptf.calls.facts import Dates
from mptf.calls.models import Call, CallStatus
from mptf.core import clock
from mptf.core.audit import AuditEvent
from mptf.core.db import db, unit_of_work
from mptf.fund.models import Fund
from mptf.jobs import chores, schedule, table
from mptf.jobs.models import JobRun
from mptf.organisations.models import Office, Organisation
from mptf.policy import Viewer
from tests.factories import Make
from tests.support.at_once import at_once
from tests.support.calls import open_for, published

OPENED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLOSES, GRACE = OPENED + timedelta(days=30), timedelta(minutes=30)


@pytest.fixture(autouse=True)
def at_the_opening() -> Iterator[None]:
    """Let the calls be opening."""
    with clock.at(OPENED):
        yield


@pytest.fixture
def office(make: Make, undp: Organisation) -> Office:
    return make.office(undp, "UNDP Albania")


@pytest.fixture
def pair(fund: Fund, office: Office, head: Viewer) -> tuple[Call, Call]:
    """Return two calls that close in thirty days and a half hour of grace."""
    here, to = db.session.get_one(Fund, fund.id), db.session.get_one(Office, office.id)
    dates = open_for(30, grace=30, since=OPENED)
    first, second = (published(here, [to], by=head, title=title, dates=dates) for title in ("First", "Second"))
    db.session.commit()
    return first, second


def statuses(*pair: Call) -> list[CallStatus]:
    db.session.rollback()
    return [db.session.get_one(Call, call.id).status for call in pair]


def close_at(moment: datetime) -> str:
    with clock.at(moment):
        return chores.close_calls()


def test_a_call_in_its_grace_period_stays_also_after_a_standstill(pair: tuple[Call, Call]) -> None:
    assert close_at(CLOSES + GRACE - timedelta(seconds=1)) == "0 calls closed"
    assert statuses(*pair) == [CallStatus.PUBLISHED] * 2
    assert close_at(CLOSES + GRACE) == "2 calls closed"
    assert statuses(*pair) == [CallStatus.CLOSED] * 2


def test_a_call_whose_time_was_over_while_nothing_ran_is_closed_late_and_once(pair: tuple[Call, Call]) -> None:
    late = CLOSES + timedelta(days=3)
    assert [close_at(late), close_at(late)] == ["2 calls closed", "0 calls closed"]
    db.session.rollback()
    assert {db.session.get_one(Call, call.id).closed_at for call in pair} == {late}


@pytest.mark.parametrize("meanwhile", ["amended", "cancelled", "closed"])
def test_what_became_of_a_call_meanwhile_holds_up_no_other(
    pair: tuple[Call, Call], head: Viewer, meanwhile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = queries.to_close

    def then_it_changes() -> list[Call]:
        found = list(looked())
        db.session.rollback()
        return found

    def between() -> None:
        call = db.session.get_one(Call, pair[0].id)
        if meanwhile == "amended":
            service.write(call, replace(Dates.of(call), closes_at=CLOSES + timedelta(days=9)), reason="Later", by=head)
        elif meanwhile == "cancelled":
            service.cancel(call, reason="No money", by=head)
        else:
            service.close(call)

    closing = service.close
    done: list[str] = []

    def close(call: Call) -> None:
        """Let the change come between looking and closing the first."""
        if not done:
            done.append(meanwhile)
            db.session.rollback()
            moment = CLOSES - timedelta(hours=1) if meanwhile == "amended" else clock.now()
            with clock.at(moment), monkeypatch.context() as undone, unit_of_work():
                undone.setattr(service, "close", closing)
                between()
            call = db.session.get_one(Call, call.id)
        closing(call)

    monkeypatch.setattr(queries, "to_close", then_it_changes)
    monkeypatch.setattr(service, "close", close)
    assert close_at(CLOSES + GRACE) == "1 calls closed"
    first = {
        "amended": CallStatus.PUBLISHED, "cancelled": CallStatus.CANCELLED, "closed": CallStatus.CLOSED
    }[meanwhile]  # fmt: skip
    assert statuses(*pair) == [first, CallStatus.CLOSED]


def test_two_schedulers_close_a_call_once(ctx: Flask, app: Flask, pair: tuple[Call, Call]) -> None:
    (job,) = (job for job in table.JOBS if job.run is chores.close_calls)
    with clock.at(CLOSES + GRACE + timedelta(days=1)):
        ran = [schedule.fire(ctx, job, leader=leader) for leader in ("one", "two")]
    assert ran == [True, False], "the slot is the first's"
    db.session.rollback()
    (note,) = db.session.scalars(select(JobRun.note).filter_by(job=job.name))
    assert note == "2 calls closed"


@pytest.mark.both_engines
def test_two_processes_that_close_in_the_same_moment_close_once(app: Flask, pair: tuple[Call, Call]) -> None:
    first = pair[0].id
    db.session.rollback()

    def close() -> None:
        with clock.at(CLOSES + GRACE):
            service.close(db.session.get_one(Call, first))

    met = at_once(app, 3, close)
    assert met.count("done") == 1
    with unit_of_work():
        closings = db.session.scalars(select(AuditEvent).filter_by(action="call.closed")).all()
    assert len(closings) == 1
