"""The pages of questions, and that nobody but the Secretariat and the asker can tell who asked."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db
from mptf.core.mail import OutboxMessage
from mptf.fund.models import Fund
from mptf.people.models import Person
from mptf.people.queries import viewer_of
from mptf.policy import Role, Viewer
from mptf.questions import service
from mptf.questions.facts import Reply
from tests import crawl, worlds
from tests.conftest import Once
from tests.factories import Make
from tests.support.calls import published
from tests.support.posting import post
from tests.support.signing import sign_in
from tests.support.visitor import letters

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OFFICE_OF_ASKER, ANOTHER_OFFICE = "Canary Asking Office", "Canary Other Office"


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """Let it be a Monday morning in March."""
    with clock.at(NOW):
        yield


class Stage:
    """A call with an officer of each of two offices, and clients of everybody."""

    def __init__(self, make: Make) -> None:
        self.world = worlds.build(make)
        offices = [make.office(self.world.puno, name) for name in (OFFICE_OF_ASKER, ANOTHER_OFFICE)]
        self.people: list[Person] = []
        for number, office in enumerate(offices):
            person = make.person(f"Canary Officer {number}")
            make.grant(person, Role.PUNO_OFFICER, self.world.fund, self.world.puno, office=office)
            self.people.append(person)
        head = self.world.viewer(Role.SECRETARIAT_HEAD)
        call = published(db.session.get_one(Fund, self.world.fund.id), offices, by=head)
        self.call_id = call.id
        self.page = f"/f/SLW00/calls/{call.public_id}/questions/"
        db.session.commit()


def stage(make: Make) -> Stage:
    """Build the stage once for the tests of this module."""
    return Stage(make)


@pytest.fixture
def here(app: Flask, once: Once) -> Stage:
    return once(stage)


@pytest.fixture
def sees(app: Flask, here: Stage) -> Callable[[Role], FlaskClient]:
    """Return the client of the holder of a role."""
    return lambda role: sign_in(app.test_client(), here.world.people[role])


@pytest.fixture
def asker(app: Flask, here: Stage) -> FlaskClient:
    return sign_in(app.test_client(), here.people[0])


@pytest.fixture
def other(app: Flask, here: Stage) -> FlaskClient:
    return sign_in(app.test_client(), here.people[1])


def ask(client: FlaskClient, here: Stage, text: str = "May we, the canary, apply?") -> None:
    assert post(client, here.page, text=text).status_code == 303


def answer_page(client: FlaskClient, here: Stage) -> str:
    """Return the address of the page on which the first waiting question is answered."""
    found = re.search(r'href="(/f/SLW00/calls/questions/[a-z2-7]+/answer)"', client.get(here.page).text)
    assert found
    return found[1]


def test_a_question_goes_from_who_asks_to_everybody(
    app: Flask, here: Stage, asker: FlaskClient, other: FlaskClient, sees: Callable[[Role], FlaskClient]
) -> None:
    assert "No question is answered yet" in other.get(here.page).text
    assert "A mail goes to 2 people of the Secretariat" in asker.get(here.page).text
    ask(asker, here)
    assert "Waits for an answer" in asker.get(here.page).text
    assert "canary" not in other.get(here.page).text
    officer = sees(Role.SECRETARIAT_OFFICER)
    assert f"Canary Officer 0, {OFFICE_OF_ASKER}" in officer.get(here.page).text
    assert "Answer a question on" in officer.get("/f/SLW00/").text
    address = answer_page(officer, here)
    form = officer.get(address)
    assert "May we, the canary, apply?" in form.text
    assert "A mail goes to 1 person who follows the call or asked." in form.text
    said = {"question": "May an office apply?", "answer": "Yes,\nuntil the closing."}
    assert post(officer, address, form, **said).status_code == 303
    for client in (asker, other, sees(Role.AUDITOR)):
        page = client.get(here.page).text
        assert "May an office apply?" in page
        assert "until the closing." in page
    assert "canary" not in other.get(here.page).text.replace("Canary", "")
    assert "Canary Officer 0" not in other.get(here.page).text
    told = letters(app, "question_answered")
    assert [letter and "your question" in letter.text for _, letter in told] == [True]


def test_the_call_leads_to_its_questions_with_how_many_one_finds_there(
    here: Stage, asker: FlaskClient, other: FlaskClient
) -> None:
    ask(asker, here)
    call = here.page.removesuffix("/questions/")
    link = f'<a href="{here.page}">Questions and answers<span class="count">{{}}</span></a>'
    assert link.format(1) in asker.get(call).text
    assert link.format(0) in other.get(call).text


def test_a_correction_shows_what_stood_before_and_when(
    here: Stage, asker: FlaskClient, other: FlaskClient, sees: Callable[[Role], FlaskClient]
) -> None:
    ask(asker, here)
    officer = sees(Role.SECRETARIAT_OFFICER)
    address = answer_page(officer, here)
    assert post(officer, address, question="May an office apply?", answer="Yes.").status_code == 303
    with clock.at(NOW.replace(day=4)):
        officer = sees(Role.SECRETARIAT_OFFICER)
        corrected = post(officer, address, question="May an office apply?", answer="Only two together.")
        assert corrected.status_code == 303
    listed = other.get(here.page).text
    assert "corrected on" in listed
    assert "Yes." not in listed
    page = other.get(address.removesuffix("/answer")).text
    assert "What stood before" in page
    assert "Yes." in page
    assert "Wed 4 Mar 2026" in page


def test_two_who_answer_at_once_both_see_both_texts(
    here: Stage, asker: FlaskClient, sees: Callable[[Role], FlaskClient]
) -> None:
    ask(asker, here)
    officer, head = sees(Role.SECRETARIAT_OFFICER), sees(Role.SECRETARIAT_HEAD)
    address = answer_page(officer, here)
    opened = head.get(address)
    assert post(officer, address, question="One?", answer="Yes.").status_code == 303
    refused = post(head, address, opened, question="One?", answer="No.")
    assert refused.status_code == 422
    assert "Yes." in refused.text
    assert "No." in refused.text


def test_a_declined_question_tells_why_to_who_asked_alone(
    app: Flask, here: Stage, asker: FlaskClient, other: FlaskClient, sees: Callable[[Role], FlaskClient]
) -> None:
    ask(asker, here)
    officer = sees(Role.SECRETARIAT_OFFICER)
    address = answer_page(officer, here).replace("/answer", "/decline")
    assert "A mail goes to 1 person, who asked." in officer.get(address).text
    assert post(officer, address).status_code == 422
    assert post(officer, address, reason="It concerns another fund.").status_code == 303
    assert "It concerns another fund." in asker.get(here.page).text
    assert "another fund" not in other.get(here.page).text
    assert other.get(address.removesuffix("/decline")).status_code == 404
    told = letters(app, "question_declined")
    assert [letter and "another fund" in letter.text for _, letter in told] == [False]


def test_after_the_last_moment_the_page_says_so(app: Flask, here: Stage) -> None:
    with clock.at(NOW.replace(month=4, day=30)):
        client = sign_in(app.test_client(), here.people[0])
        assert "Questions could be asked until" in client.get(here.page).text
        assert post(client, here.page, text="Too late?").status_code == 422


def test_nobody_else_can_tell_who_asked(
    app: Flask, once: Once, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Two worlds that differ in who asked, and in the words it was asked in, are the same bytes to everybody else."""
    told: dict[int, dict[str, dict[str, str]]] = {}
    mails: dict[int, int] = {}
    for number in (0, 1):
        here = once(stage)
        counted = iter(range(10_000))
        monkeypatch.setattr(secrets, "token_bytes", lambda _size, n=counted: next(n).to_bytes(16, "big"))
        with app.app_context():
            _asked_and_answered(here, number)
        monkeypatch.undo()
        told[number] = {
            role.label: _read(sign_in(app.test_client(), here.world.people[role]))
            for role in Role
            if role not in NOT_ALIKE
        }
        with app.app_context():
            mails[number] = len(db.session.scalars(select(OutboxMessage).filter_by(kind="question_answered")).all())
    assert told[0] == told[1]
    assert not [page for pages in told[0].values() for page in pages.values() if "of office" in page]
    assert any("Everybody reads this?" in page for page in told[0][Role.PUNO_CERTIFIER.label].values())
    assert mails[0] == mails[1] == 1


# The Secretariat knows who asked; the audit log, which the administrator and the auditor read, names who did what.
NOT_ALIKE = {Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.ADMINISTRATOR, Role.AUDITOR}


def _read(client: FlaskClient) -> dict[str, str]:
    """Read all somebody can reach, but for the own account: it shows a new session, and a new secret to set up."""
    return {address: page for address, page in crawl.crawl(client).items() if not address.startswith("/account/")}


def _asked_and_answered(here: Stage, number: int) -> None:
    """Let one of the two officers ask in words of their own, and the Secretariat answer and leave another waiting."""
    asker: Viewer = viewer_of(here.people[number].id)
    call = db.session.get_one(Call, here.call_id)
    question = service.ask(call, f"Words of office {number}", by=asker)
    service.ask(call, f"Another of office {number}", by=asker)
    head = here.world.viewer(Role.SECRETARIAT_HEAD)
    service.answer(question, Reply("Everybody reads this?", "Yes."), by=head)
    db.session.commit()
