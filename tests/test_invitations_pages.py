"""The pages of invitations: begun from a button of their own, sent by the head, absent to everybody not invited."""

import re
from dataclasses import dataclass
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from mptf.calls.kinds import CallKind
from mptf.calls.models import Call, CallStatus
from mptf.core.db import db
from mptf.core.mail import OutboxMessage
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation, OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.questions import service as questions
from mptf.questions.facts import Reply
from tests.factories import Make
from tests.support.calls import published, whole_draft
from tests.support.posting import post
from tests.support.signing import sign_in

BASE = "/f/SLW00/calls"
ABSENT = ("", "/calendar.ics", "/questions/")


@dataclass
class Invited:
    """An invitation of UNDP Albania, by its page, with its officer and one of UNODC."""

    page: str
    question: str
    officer: Person
    other: Person


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund(published=True)


@pytest.fixture
def office(make: Make, undp: Organisation) -> Office:
    return make.office(undp, "UNDP Albania")


@pytest.fixture
def head(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_HEAD, fund)


def of_office(make: Make, fund: Fund, office: Office, name: str) -> Person:
    person = make.person(name)
    make.grant(person, Role.PUNO_OFFICER, fund, office=office)
    return person


@pytest.fixture
def invited(app: Flask, make: Make, fund: Fund, office: Office) -> Invited:
    """Send an invitation, with an answered question of its officer."""
    other = make.office(make.organisation("UNODC", OrganisationKind.PUNO), "UNODC Vienna")
    ana, dora = of_office(make, fund, office, "Demo Ana"), of_office(make, fund, other, "Demo Dora")
    by, asker = make.viewer(Role.SECRETARIAT_HEAD, fund), make.viewer(Role.PUNO_OFFICER, fund, office=office)
    with app.app_context():
        call = published(fund, [office], by=by, title="Evidence rooms", kind=CallKind.INVITATION)
        question = _answered(call, asker, by)
        db.session.commit()
        return Invited(f"{BASE}/{call.public_id}", f"{BASE}/questions/{question}", ana, dora)


def _answered(call: Call, asker: Viewer, by: Viewer) -> str:
    question = questions.ask(call, "Both rooms?", by=asker)
    questions.answer(question, Reply("Both rooms?", "Yes."), by=by)
    return question.public_id


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_an_invitation_is_begun_from_its_own_button(app: Flask, make: Make, fund: Fund, office: Office) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert f'href="{BASE}/invite"' in officer.get(f"{BASE}/").text
    assert post(officer, f"{BASE}/invite", title=" ").status_code == 422
    typed = {"title": "Evidence rooms", "offices": office.public_id, "why_outside": "A flood"}
    begun = post(officer, f"{BASE}/invite", **typed)
    page = words(officer.get(begun.location).text)
    for said in ("Draft", "Invitation to submit", "Why outside a call A flood", "Offices invited UNDP Albania"):
        assert said in page, said
    assert "Say what the invitation is about." in page
    assert "Send the invitation" not in page
    with app.app_context():
        assert db.session.scalars(select(Call.kind).where(Call.fund_id == fund.id)).one() is CallKind.INVITATION


def test_a_reason_that_is_too_long_is_kept_and_told_at_its_field(head: FlaskClient, fund: Fund) -> None:
    refused = post(head, f"{BASE}/invite", title="Evidence rooms", why_outside="w" * 4001)
    assert refused.status_code == 422
    assert 'id="why_outside-error"' in refused.text
    assert "w" * 4001 in refused.text


def test_only_an_invitation_asks_why_it_is_outside_a_call(
    app: Flask, make: Make, fund: Fund, office: Office, head: FlaskClient
) -> None:
    by = make.viewer(Role.SECRETARIAT_HEAD, fund)
    with app.app_context():
        pages = {
            kind: f"{BASE}/{whole_draft(fund, [office], by=by, kind=kind).public_id}/write/basics" for kind in CallKind
        }
    assert 'name="why_outside"' in head.get(pages[CallKind.INVITATION]).text
    assert 'name="why_outside"' not in head.get(pages[CallKind.OPEN]).text
    post(head, pages[CallKind.INVITATION], title="Evidence rooms", scope="One project", why_outside="A storm")
    assert "A storm" in head.get(pages[CallKind.INVITATION]).text


def test_the_head_sends_it_and_the_page_says_who_is_told(
    app: Flask, make: Make, fund: Fund, office: Office, head: FlaskClient
) -> None:
    person = of_office(make, fund, office, "Demo Ana")
    by = make.viewer(Role.SECRETARIAT_HEAD, fund)
    with app.app_context():
        draft = f"{BASE}/{whole_draft(fund, [office], by=by, kind=CallKind.INVITATION).public_id}"
    assert "Send the invitation Safe storage" in unescape(head.get("/f/SLW00/").text)
    page = words(head.get(f"{draft}/publish").text)
    for said in ("Send the invitation", "Invited UNDP Albania", "Nobody else outside the Secretariat", "Demo Ana"):
        assert said in page, said
    assert "Every role of the fund" not in page
    sent = post(head, f"{draft}/publish")
    assert "The invitation is sent as SLW00/" in head.get(sent.location).text
    with app.app_context():
        assert list(db.session.scalars(select(OutboxMessage.to_person_id))) == [person.id]
    assert "Send the invitation" not in head.get("/f/SLW00/").text


def test_its_office_finds_it_wherever_calls_are_and_it_is_called_an_invitation(app: Flask, invited: Invited) -> None:
    client = sign_in(app.test_client(), invited.officer)
    for address in ("", "/questions/"):
        page = words(client.get(invited.page + address).text)
        assert "The invitation" in page
        assert "The call " not in page
    assert "Nobody but the Secretariat and the officers of the offices invited" in words(client.get(invited.page).text)
    assert client.get(f"{invited.page}/calendar.ics").status_code == 200
    listed = words(client.get(f"{BASE}/").text)
    assert "Evidence rooms SLW00/" in listed
    assert "Invitation to submit" in listed
    assert invited.page in client.get("/f/SLW00/proposals/").text
    found = words(client.get("/f/SLW00/search?q=evidence").text)
    assert "Evidence rooms Invitation to submit" in found


@pytest.mark.parametrize("who", [*(role for role in Role if not role.of_installation), "another office"])
def test_it_is_absent_to_everybody_else(
    app: Flask, make: Make, fund: Fund, undp: Organisation, invited: Invited, who: Role | str
) -> None:
    if who in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD):
        client = make.client(Role(who), fund)
        assert [client.get(invited.page + path).status_code for path in ABSENT] == [200] * 3
        return
    if isinstance(who, Role):
        client = make.client(who, fund, undp if who.of_organisation else None)
    else:
        client = sign_in(app.test_client(), invited.other)
    unknown = client.get(f"{BASE}/{'x' * 26}")
    assert unknown.status_code == 404
    for address in (*(invited.page + path for path in ABSENT), invited.question):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "Evidence rooms" not in answer.text
    for address in (f"{BASE}/", "/f/SLW00/", "/f/SLW00/search?q=evidence", "/f/SLW00/search?q=both"):
        page = client.get(address).text
        assert "Evidence rooms" not in page
        assert "/D1" not in page
    assert "Calls and invitations" not in client.get(f"{BASE}/").text


def test_another_office_cannot_ask_or_answer(app: Flask, invited: Invited) -> None:
    client = sign_in(app.test_client(), invited.other)
    opened = client.get(f"{BASE}/")
    assert client.get(invited.page.replace("/calls/", "/proposals/start/")).status_code == 404
    assert post(client, f"{invited.page}/questions/", opened, text="What is this?").status_code == 404


def test_the_world_reads_nothing_of_it(app: Flask, invited: Invited) -> None:
    visitor = app.test_client()
    assert b"BEGIN:VEVENT" not in visitor.get("/funds/SLW00/calls.ics").data
    assert "calls.ics" not in visitor.get("/funds/SLW00").text


def test_what_is_refused_and_cancelled_speaks_of_the_invitation(
    app: Flask, head: FlaskClient, invited: Invited
) -> None:
    assert "frozen when the invitation went out" in head.get(f"{invited.page}/write/judging").text
    assert "and the officers of an office that is added" in unescape(head.get(f"{invited.page}/write/reach").text)
    post(head, f"{invited.page}/cancel", reason="The store burned down")
    page = words(head.get(invited.page).text)
    assert "This invitation is cancelled The store burned down" in page
    with app.app_context():
        assert db.session.scalars(select(Call.status)).one() is CallStatus.CANCELLED
