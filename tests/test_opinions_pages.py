"""Pages of opinions: the card of a proposal, recording and correcting with a letter, and those of a call."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.calls import service as calls
from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.opinions import service
from mptf.opinions.facts import Given
from mptf.opinions.models import Says
from mptf.organisations.models import Office, OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals import listed
from mptf.proposals import service as proposals
from mptf.proposals.models import Proposal
from mptf.submissions import service as submissions
from tests.factories import Make
from tests.support.calls import open_for, published
from tests.support.posting import post
from tests.support.signing import sign_in
from tests.support.statements import statements
from tests.support.whole import fill
from tests.test_pages import PAGE, SHELL

NOW = datetime(2026, 4, 20, 9, tzinfo=UTC)
SAID = {"says": "supports_with_remarks", "text": "Fence the depot.", "given_on": "20 Apr 2026", "number": "1"}


@dataclass
class Desk:
    """A submitted proposal of an office, its call, and clients of who wrote it and of an officer."""

    app: Flask
    key: int
    page: str
    call: str
    ana: Viewer
    by: Viewer
    applicant: FlaskClient
    officer: FlaskClient

    def place(self, name: str) -> str:
        """Return the public id of the place of an office."""
        with self.app.app_context():
            return db.session.query(Office).filter_by(name=name).one().jurisdiction.public_id

    def record(self, name: str = "UNDP Here", **values: object) -> None:
        """Let the officer record what the Commission of the place of an office says."""
        sent = post(self.officer, f"{self.page}/opinions/record", None, place=self.place(name), **{**SAID, **values})
        assert sent.status_code == 303, sent.text

    def link(self, what: str) -> str:
        """Return the address of the first link of a kind on the page of the proposal."""
        found = re.search(rf'href="({self.page}/opinions/[a-z2-7]+/{what})"', self.officer.get(self.page).text)
        assert found
        return found[1]


@pytest.fixture(autouse=True)
def _in_april() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def desk(app: Flask, make: Make) -> Desk:
    fund = make.fund()
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    offices = [make.office(undp, name) for name in ("UNDP Here", "UNDP There")]
    ana, head, by = (
        make.viewer(Role.PUNO_OFFICER, fund, office=offices[0]),
        make.viewer(Role.SECRETARIAT_HEAD, fund),
        make.viewer(Role.SECRETARIAT_OFFICER, fund),
    )
    with app.app_context():
        call = published(db.session.get_one(Fund, fund.id), offices, by=head, dates=open_for())
        proposal = _submitted(call.id, offices[0].id, "Safe storage", ana)
        page, of_call = f"/f/{fund.code}/proposals/{proposal.public_id}", f"/f/{fund.code}/calls/{call.public_id}"
        key, people = proposal.id, [db.session.get_one(Person, one.id) for one in (ana, by)]
    applicant, officer = (sign_in(app.test_client(), person) for person in people)
    return Desk(app, key, page, of_call, ana, by, applicant, officer)


def _submitted(call_id: int, office_id: int, title: str, by: Viewer) -> Proposal:
    call, office = db.session.get_one(Call, call_id), db.session.get_one(Office, office_id)
    proposal = proposals.start(call, office, title=title, by=by)
    db.session.commit()
    fill(proposal, by=by)
    submissions.submit(proposal, by=by)
    db.session.commit()
    return proposal


def test_an_opinion_with_its_letter_is_read_by_the_secretariat_alone(desk: Desk) -> None:
    assert "None yet" in desk.officer.get(desk.page).text
    desk.record(file=(io.BytesIO(b"%PDF-1.7\n%%EOF\n"), "letter.pdf"))
    page = desk.officer.get(desk.page).text
    assert "Supports with remarks" in page
    assert "Fence the depot." in page
    letter = desk.link("letter")
    sent = desk.officer.get(letter)
    assert (sent.status_code, sent.mimetype) == (200, "application/pdf")
    theirs = desk.applicant.get(desk.page)
    assert theirs.status_code == 200
    assert "Commission" not in theirs.text
    assert "Fence" not in theirs.text
    for address in (letter, letter.replace("letter", "correct"), f"{desk.page}/opinions/record"):
        assert desk.applicant.get(address).status_code == 404
    assert desk.applicant.get(f"{desk.call}/opinions/").status_code == 404


def test_what_is_refused_keeps_what_was_typed_and_the_letter(desk: Desk) -> None:
    refused = post(
        desk.officer, f"{desk.page}/opinions/record", None, place=desk.place("UNDP Here"),
        **{**SAID, "text": "", "file": (io.BytesIO(b"%PDF-1.7\n%%EOF\n"), "letter.pdf")},
    )  # fmt: skip
    assert refused.status_code == 422
    assert "Write the remarks" in refused.text
    assert "letter.pdf" in refused.text
    wrong = post(
        desk.officer, f"{desk.page}/opinions/record", None, place=desk.place("UNDP Here"),
        **{**SAID, "file": (io.BytesIO(b"MZ no paper"), "letter.exe")},
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "None yet" in desk.officer.get(desk.page).text


def test_a_place_the_proposal_does_not_work_in_is_offered_with_a_warning(desk: Desk) -> None:
    assert "(the proposal does not work there)" in desk.officer.get(f"{desk.page}/opinions/record").text
    desk.record("UNDP There")
    assert "the proposal does not work there" in desk.officer.get(desk.page).text


def test_a_correction_shows_what_stood_before_and_why(desk: Desk) -> None:
    desk.record()
    address = desk.link("correct")
    assert post(desk.officer, address, **{**SAID, "says": "does_not_support"}).status_code == 422
    said = {**SAID, "says": "does_not_support", "text": "Not now.", "reason": "The second page was missed."}
    assert post(desk.officer, address, **said).status_code == 303
    page = desk.officer.get(desk.page).text
    assert "1 earlier record" in page
    for told in ("Not now.", "Fence the depot.", "The second page was missed."):
        assert told in page
    late = post(desk.officer, address, **{**said, "text": "Later."})
    assert (late.status_code, "was corrected meanwhile" in late.text) == (422, True)


def test_a_withdrawn_proposal_says_why_nothing_is_recorded(desk: Desk) -> None:
    with desk.app.app_context():
        submissions.withdraw(db.session.get_one(Proposal, desk.key), reason="No staff", by=desk.ana)
        db.session.commit()
    for address in (desk.page, f"{desk.page}/opinions/record"):
        assert "so no opinion on it is recorded any more" in desk.officer.get(address).text
    late = post(desk.officer, f"{desk.page}/opinions/record", None, place=desk.place("UNDP Here"), **SAID)
    assert (late.status_code, "Fence the depot." in late.text) == (422, True)


def test_a_call_leads_its_secretariat_to_what_commissions_said(desk: Desk) -> None:
    tab = f'<a href="{desk.call}/opinions/">Opinions<span class="count">{{}}</span></a>'
    assert tab.format(0) in desk.officer.get(desk.call).text
    listed = desk.officer.get(f"{desk.call}/opinions/").text
    assert "0 of 1" in listed
    assert "not asked" in listed
    desk.record()
    assert tab.format(1) in desk.officer.get(desk.call).text
    listed = desk.officer.get(f"{desk.call}/opinions/").text
    assert "Supports with remarks" in listed
    assert "1 of 1" in listed
    assert "Fence" not in listed
    assert f"{desk.call}/opinions/" not in desk.applicant.get(desk.call).text


def test_the_list_of_a_call_shows_only_where_an_answer_is_missing(desk: Desk) -> None:
    here, there = desk.place("UNDP Here"), desk.place("UNDP There")

    def shown(missing: str) -> tuple[bool, str]:
        page = desk.officer.get(f"{desk.call}/opinions/?missing={missing}")
        assert page.status_code == 200
        return "1 of 1" in page.text or "0 of 1" in page.text, page.text

    assert shown("any")[0]
    assert shown(here)[0]
    assert not shown(there)[0], "the proposal does not work there"
    desk.record("UNDP There")
    assert shown("any")[0]
    desk.record("UNDP Here")
    listed, page = shown("any")
    assert not listed
    assert "No answer is missing" in page
    assert shown("")[0]
    listed, page = shown("nowhere")
    assert listed
    assert "The Commission that was chosen is not one of this call." in page
    taken_back = {**SAID, "says": "taken_back", "text": "", "reason": "It is of another proposal."}
    for address in re.findall(rf'href="({desk.page}/opinions/[a-z2-7]+/correct)"', desk.officer.get(desk.page).text):
        assert post(desk.officer, address, **taken_back).status_code == 303
    assert shown("any")[0], "what was recorded by mistake is no answer"


def test_under_a_cancelled_call_no_answer_is_waited_for_on_any_page_or_in_a_file(desk: Desk, make: Make) -> None:
    assert "None yet" in desk.officer.get(desk.page).text
    with desk.app.app_context():
        fund = db.session.get_one(Proposal, desk.key).fund
        db.session.commit()
    head = make.viewer(Role.SECRETARIAT_HEAD, fund)
    with desk.app.app_context():
        calls.cancel(db.session.get_one(Proposal, desk.key).call, reason="No money", by=head)
        db.session.commit()
    page, listed = desk.officer.get(desk.page).text, desk.officer.get(f"{desk.call}/opinions/").text
    assert "None." in page
    assert '<span class="muted">None</span>' in listed
    file = desk.officer.get(f"{desk.call}/opinions.csv").text
    assert ',"None",' in file
    assert "None yet" not in page + listed + file
    assert "No answer is missing" in desk.officer.get(f"{desk.call}/opinions/?missing=any").text


def test_a_file_of_the_list_has_its_rows_and_no_words(desk: Desk) -> None:
    def rows(asked: str = "") -> list[list[str]]:
        sent = desk.officer.get(f"{desk.call}/opinions.csv{asked}")
        assert sent.status_code == 200
        return list(csv.reader(io.StringIO(sent.get_data(as_text=True).removeprefix("\ufeff"))))

    places = ["Place of UNDP Here", "Place of UNDP There"]
    head, row = rows()
    assert [name for name in head if name in places] == places
    told = dict(zip(head, row, strict=True))
    assert (told["Number"], told[places[0]], told[places[1]]) == ("P1", "None yet", "")
    desk.record()
    head, row = rows()
    told = dict(zip(head, row, strict=True))
    assert (told[places[0]], told[f"{places[0]}, given on"]) == ("Supports with remarks", "2026-04-20")
    assert "Fence" not in desk.officer.get(f"{desk.call}/opinions.csv").text
    assert rows("?missing=any")[1:] == []
    assert desk.officer.get(f"{desk.call}/opinions.xlsx").data.startswith(b"PK")
    narrowed = desk.officer.get(f"{desk.call}/opinions/?missing=nowhere").text
    assert f'{desk.call}/opinions.csv"' in narrowed, "what was left out of the page is left out of its file"
    for kind in ("csv", "xlsx"):
        assert desk.applicant.get(f"{desk.call}/opinions.{kind}").status_code == 404


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_list_too_long_for_a_file_is_refused_in_words(
    desk: Desk, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(listed, "MOST_TAKEN", 0)
    refused = desk.officer.get(f"{desk.call}/opinions.{kind}")
    assert (refused.status_code, "No file was made" in refused.text) == (422, True)


def test_an_answer_on_one_proposal_is_none_on_another(desk: Desk) -> None:
    with desk.app.app_context():
        first = db.session.get_one(Proposal, desk.key)
        _submitted(first.call_id, first.office_id, "Fences for depots", desk.ana)
    both = desk.officer.get(f"{desk.call}/opinions/?missing=any").text
    assert "Safe storage</a>" in both
    assert "Fences for depots</a>" in both
    desk.record("UNDP Here")
    for missing in ("any", desk.place("UNDP Here")):
        page = desk.officer.get(f"{desk.call}/opinions/?missing={missing}").text
        assert "Safe storage</a>" not in page
        assert "Fences for depots</a>" in page


def test_the_list_of_a_call_and_its_file_ask_as_often_however_much_there_is(desk: Desk) -> None:
    def asked() -> list[int]:
        return [_asked(f"{desk.call}/{page}") for page in ("opinions/", "opinions/?missing=any", "opinions.csv")]

    def _asked(address: str) -> int:
        desk.officer.get(address)
        with statements(desk.app) as sent:
            assert desk.officer.get(address).status_code == 200
        return len(sent)

    desk.record()
    little = asked()
    with desk.app.app_context():
        first = db.session.get_one(Proposal, desk.key)
        call_id, office_id = first.call_id, first.office_id
        for number in range(3):
            more = _submitted(call_id, office_id, f"Another {number}", desk.ana)
            said = Given(Says.SUPPORTS, "", NOW.date(), 1)
            service.record(more, more.office.jurisdiction, said, by=desk.by)
        db.session.commit()
    assert asked() == little
    assert max(little) <= SHELL + PAGE
