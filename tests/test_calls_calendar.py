"""Calls in calendars: read again with the library, stable by name, growing with each change, and naming nobody."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from mptf.calls import service
from mptf.calls.facts import Dates
from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db, unit_of_work
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation
from mptf.paper.calendar import Moment, write_calendar
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.calls import open_for, published, whole_draft

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CLOSES = NOW + timedelta(days=30)
TITLE = "Schutzräume, sichere; mit vielen Worten, damit eine Zeile gefaltet wird und nichts davon verloren geht"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Let it be a Monday morning in March."""
    with clock.at(NOW):
        yield


@pytest.fixture
def fund(ctx: Flask, make: Make) -> Fund:
    return make.fund(published=True)


@pytest.fixture
def office(make: Make, undp: Organisation) -> Office:
    return make.office(undp, "UNDP Albania")


@pytest.fixture
def call(fund: Fund, office: Office, head: Viewer) -> Call:
    here, to = db.session.get_one(Fund, fund.id), db.session.get_one(Office, office.id)
    dates = replace(open_for(30, since=NOW), questions_until=NOW + timedelta(days=10))
    made = published(here, [to], by=head, title=TITLE, dates=dates)
    db.session.commit()
    return made


def again(call: Call) -> Call:
    """Return the call in the running unit of work."""
    db.session.rollback()
    return db.session.get_one(Call, call.id)


def events(content: bytes) -> dict[str, Any]:
    """Read a calendar; return its events by the last word of their names."""
    found = Calendar.from_ical(content).walk("VEVENT")
    return {str(event["uid"]).partition("@")[0].rpartition("-")[2]: event for event in found}


def of_call(make: Make, fund: Fund, call: Call, role: Role = Role.AUDITOR) -> dict[str, Any]:
    answer = make.client(role, fund).get(f"/f/SLW00/calls/{call.public_id}/calendar.ics")
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "no-store"
    return events(answer.data)


def feed(app: Flask) -> dict[str, Any]:
    return events(app.test_client().get("/funds/SLW00/calls.ics").data)


def test_a_file_is_written_as_the_standard_says() -> None:
    content = write_calendar([Moment("one@x", TITLE, CLOSES, NOW, told="a\nb")], name="Calls")
    lines = content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert max(map(len, lines)) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    (event,) = events(content).values()
    assert (str(event["summary"]), str(event["description"])) == (TITLE, "a\nb")
    assert event["dtstart"].dt == CLOSES


def test_a_call_opens_closes_and_ends_its_questions_in_a_calendar(make: Make, fund: Fund, call: Call) -> None:
    name = again(call).name
    db.session.rollback()
    found = of_call(make, fund, call)
    assert {key: event["dtstart"].dt for key, event in found.items()} == {
        "opens": NOW,
        "questions": NOW + timedelta(days=10),
        "closes": CLOSES,
    }
    assert str(found["closes"]["summary"]) == f"{name} closes"
    assert str(found["closes"]["description"]) == "Wed 1 Apr 2026, 11:00 Europe/Belgrade"
    assert {(int(event["sequence"]), str(event["status"])) for event in found.values()} == {(0, "CONFIRMED")}


def test_an_amendment_and_a_cancelling_take_the_place_of_what_stood(
    make: Make, fund: Fund, call: Call, head: Viewer
) -> None:
    before = of_call(make, fund, call)
    with clock.at(NOW + timedelta(days=1)), unit_of_work():
        later = replace(Dates.of(again(call)), closes_at=CLOSES + timedelta(days=7))
        service.write(again(call), later, reason="More time", by=head)
    amended = of_call(make, fund, call)
    with clock.at(NOW + timedelta(days=2)), unit_of_work():
        service.cancel(again(call), reason="No money", by=head)
    cancelled = of_call(make, fund, call)
    assert [str(one["closes"]["uid"]) for one in (before, amended, cancelled)] == [str(before["closes"]["uid"])] * 3
    assert [int(one["opens"]["sequence"]) for one in (before, amended, cancelled)] == [0, 1, 2]
    assert [one["opens"]["dtstamp"].dt for one in (before, amended, cancelled)] == [
        NOW + timedelta(days=days) for days in range(3)
    ]
    assert amended["closes"]["dtstart"].dt == CLOSES + timedelta(days=7)
    assert {str(event["status"]) for event in cancelled.values()} == {"CANCELLED"}


def test_a_draft_has_no_calendar(make: Make, fund: Fund, office: Office, head: Viewer) -> None:
    draft = whole_draft(db.session.get_one(Fund, fund.id), [office], by=head)
    address = f"/f/SLW00/calls/{draft.public_id}/calendar.ics"
    db.session.commit()
    assert make.client(Role.SECRETARIAT_HEAD, fund).get(address).status_code == 404


def test_whoever_reads_the_call_finds_its_calendar(make: Make, fund: Fund, call: Call) -> None:
    page = make.client(Role.PUNO_OFFICER, fund).get(f"/f/SLW00/calls/{call.public_id}").text
    assert f'href="/f/SLW00/calls/{call.public_id}/calendar.ics"' in page


def test_the_world_subscribes_to_the_calls_of_a_fund_with_a_public_page(
    app: Flask, make: Make, fund: Fund, call: Call, office: Office, head: Viewer
) -> None:
    whole_draft(db.session.get_one(Fund, fund.id), [office], by=head, title="canary draft")
    db.session.commit()
    answer = app.test_client().get("/funds/SLW00/calls.ics")
    assert answer.mimetype == "text/calendar"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers.get("Cache-Control") == app.test_client().get("/funds/SLW00").headers.get("Cache-Control")
    assert set(events(answer.data)) == {"opens", "questions", "closes"}
    assert b"canary" not in answer.data
    assert 'href="/funds/SLW00/calls.ics"' in app.test_client().get("/funds/SLW00").text


def test_the_public_calendar_is_the_same_bytes_until_a_call_changes(app: Flask, call: Call) -> None:
    ask = app.test_client().get
    db.session.rollback()
    first = ask("/funds/SLW00/calls.ics").data
    with clock.at(NOW + timedelta(days=3)):
        assert ask("/funds/SLW00/calls.ics").data == first


def test_the_public_calendar_names_nobody(app: Flask, make: Make, call: Call, head: Viewer) -> None:
    with unit_of_work():
        service.cancel(again(call), reason="canary reason", by=head)
    content = app.test_client().get("/funds/SLW00/calls.ics").data.decode().replace("\r\n ", "")
    for secret in (head.name, "canary", "UNDP", "@example.org"):
        assert secret not in content
    assert {str(one["status"]) for one in feed(app).values()} == {"CANCELLED"}


def test_a_fund_without_a_public_page_has_no_public_calendar(app: Flask, make: Make) -> None:
    make.fund("OTHER")
    assert app.test_client().get("/funds/OTHER/calls.ics").status_code == 404
    assert app.test_client().get("/funds/NOFUND/calls.ics").status_code == 404
