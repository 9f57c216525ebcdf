"""Pages of submitting: tasks, the receipt, what is returned, and bad luck told in words."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mptf.calls.facts import Dates
from mptf.core import clock
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.organisations.models import OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import PROPOSAL_FLOW, RETURNED, SUBMITTED, WITHDRAWN, PartKind, Proposal
from mptf.submissions import queries, service
from tests.conftest import Once
from tests.factories import Make
from tests.support.calls import published
from tests.support.posting import post
from tests.support.signing import sign_in
from tests.support.whole import RISKS, fill, write

pytestmark = pytest.mark.by_turns


@dataclass
class Desk:
    """A whole draft, who writes it, a colleague of another office, and the Secretariat, each with a client."""

    app: Flask
    key: int
    path: str
    ana: Viewer
    applicant: FlaskClient
    other: FlaskClient
    officer: FlaskClient
    officer_viewer: Viewer

    def proposal(self) -> Proposal:
        db.session.expire_all()
        return db.session.get_one(Proposal, self.key)

    def submitted(self) -> None:
        """Submit, and take up screening."""
        with self.app.app_context():
            service.submit(self.proposal(), by=self.ana)
            PROPOSAL_FLOW.fire(self.proposal(), "screen", by=self.officer_viewer)
            db.session.commit()

    def returned(self) -> None:
        """Submit, and give the risks back."""
        self.submitted()
        with self.app.app_context():
            until = clock.today(self.proposal().fund) + timedelta(days=7)
            service.give_back(self.proposal(), {PartKind.RISKS: "Name an owner."}, until, by=self.officer_viewer)
            db.session.commit()


@dataclass
class Begun:
    """What stands before anybody opens a page: the draft, who writes it, a colleague of another office, an officer."""

    key: int
    path: str
    ana: Viewer
    other: Viewer
    officer: Viewer


def build(make: Make) -> Begun:
    """Make the draft; its call closes in ten minutes and has half an hour of grace."""
    fund = make.fund()
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    office, elsewhere = make.office(undp, "UNDP Albania"), make.office(undp, "UNDP Serbia")
    ana, head, officer = (
        make.viewer(Role.PUNO_OFFICER, fund, office=office),
        make.viewer(Role.SECRETARIAT_HEAD, fund),
        make.viewer(Role.SECRETARIAT_OFFICER, fund),
    )
    with make.app.app_context():
        now = clock.now().replace(microsecond=0)
        dates = Dates(now - timedelta(days=1), now + timedelta(minutes=10), "Europe/Belgrade", 30)
        call = published(db.session.get_one(Fund, fund.id), [office], by=head, dates=dates)
        proposal = proposals.start(call, db.session.merge(office), title="Safe storage", by=ana)
        db.session.commit()
        fill(proposal, by=ana)
        key, path = proposal.id, f"/f/{fund.code}/proposals/{proposal.public_id}"
    other = make.viewer(Role.PUNO_OFFICER, fund, office=elsewhere)
    return Begun(key, path, ana, other, officer)


@pytest.fixture
def desk(app: Flask, once: Once) -> Desk:
    """Return the desk over the draft."""
    begun = once(build)
    applicant, beside, secretariat = (client_of(app, one) for one in (begun.ana, begun.other, begun.officer))
    return Desk(app, begun.key, begun.path, begun.ana, applicant, beside, secretariat, begun.officer)


def client_of(app: Flask, viewer: Viewer) -> FlaskClient:
    """Return a client signed in as somebody."""
    with app.app_context():
        person = db.session.get_one(Person, viewer.id)
    return sign_in(app.test_client(), person)


def press(client: FlaskClient, desk: Desk, button: str, **values: object) -> TestResponse:
    """Press a button of the proposal's page, or of one that is gone from it meanwhile."""
    return post(client, f"{desk.path}/{button}", client.get(desk.path), **values)


def test_an_applicant_begins_sees_what_is_sent_and_gets_the_receipt(desk: Desk) -> None:
    page = desk.applicant.get(desk.path).text
    assert "Everything is here" in page
    begun = press(desk.applicant, desk, "begin")
    assert begun.location == f"{desk.path}/submit"
    shown = desk.applicant.get(begun.location).text
    assert "74,900.00" in shown
    assert "You: the receipt" in shown
    refused = post(desk.applicant, f"{desk.path}/submit")
    assert (refused.status_code, "Tick this box to submit" in refused.text) == (422, True)
    assert post(desk.applicant, f"{desk.path}/submit", sure="y").location == desk.path
    page = desk.applicant.get(desk.path).text
    with desk.app.app_context():
        sent = queries.latest(desk.proposal())
    assert sent.sha256 in page
    assert "Withdraw the proposal" in page
    assert sent.sha256 in desk.officer.get(desk.path).text


def test_what_is_missing_stands_on_the_page_of_the_proposal_with_the_way_to_it(desk: Desk) -> None:
    with desk.app.app_context():
        write(desk.proposal(), PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": ""}, by=desk.ana)
        db.session.commit()
    page = desk.applicant.get(desk.path).text
    assert "What is missing" in page
    assert f"{desk.path}/parts/risks?checked=yes#risks.aaaaaa.owner" in page
    answer = post(desk.applicant, f"{desk.path}/submit", sure="y")
    assert answer.status_code == 422
    assert "Not complete yet: Risks" in answer.text


def test_a_second_tab_is_led_to_what_the_first_one_sent(desk: Desk) -> None:
    post(desk.applicant, f"{desk.path}/submit", sure="y")
    again = post(desk.applicant, f"{desk.path}/submit", sure="y")
    assert again.status_code == 422
    assert "Nothing was sent a second time" in again.text
    assert f'href="{desk.path}">Open what is here already' in again.text
    back = desk.applicant.get(f"{desk.path}/submit").text
    assert "There is nothing to submit now" in back
    assert 'name="sure"' not in back


def test_a_deadline_counts_from_when_the_request_came_in(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk.app.app_context():
        closes = desk.proposal().call.closes_at
    assert closes is not None
    form = desk.applicant.get(f"{desk.path}/submit")
    passing = count(-1)  # the first who asks the clock is told a second before the closing
    monkeypatch.setattr(clock, "now", lambda: closes + timedelta(seconds=next(passing)))
    assert post(desk.applicant, f"{desk.path}/submit", form, sure="y").location == desk.path


def test_one_second_late_is_told_in_words_and_the_draft_stays(desk: Desk) -> None:
    with desk.app.app_context():
        closes = desk.proposal().call.closes_at
    assert closes is not None
    with clock.at(closes):
        for address in ("begin", "submit"):
            answer = press(desk.applicant, desk, address, sure="y")
            assert answer.status_code == 422
            assert "was not begun before" in answer.text
        assert "was not begun before" in desk.applicant.get(desk.path).text
        assert desk.applicant.get(f"{desk.path}/parts/risks").status_code == 200
    with desk.app.app_context():
        assert desk.proposal().is_unsent


def test_parts_are_returned_answered_and_sent_again(desk: Desk) -> None:
    desk.submitted()
    form = desk.officer.get(f"{desk.path}/return").text
    assert re.search(r'name="until"[^>]*value="\d{1,2} \w{3} \d{4}"', form)
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%-d %b %Y")
    nothing = post(desk.officer, f"{desk.path}/return", until=until)
    assert "Choose at least one part" in nothing.text
    assert post(desk.officer, f"{desk.path}/return", until=until, risks="Name an owner.").location == desk.path
    page = desk.applicant.get(desk.path).text
    assert "Parts that were returned to you" in page
    assert "Name an owner." in page
    assert "0 of 1 changed" in page
    assert "not changed yet" in page
    assert "Name an owner." in desk.officer.get(desk.path).text
    assert post(desk.applicant, f"{desk.path}/submit", sure="y").status_code == 422
    again = post(desk.applicant, f"{desk.path}/submit", sure="y", remark="She is.")
    assert again.location == desk.path
    with desk.app.app_context():
        assert (desk.proposal().status, queries.latest(desk.proposal()).number) == (SUBMITTED, 2)


def test_a_returned_part_is_done_once_it_says_anything_else(desk: Desk) -> None:
    desk.returned()
    with desk.app.app_context():
        write(desk.proposal(), PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "Ana, project manager"}, by=desk.ana)
        db.session.commit()
    page, sending = (desk.applicant.get(f"{desk.path}{below}").text for below in ("", "/submit"))
    assert "1 of 1 changed" in page
    assert "changed since it was returned" in page
    assert "changed since it was returned" in sending
    assert "as version 2" in sending
    listed = desk.applicant.get(desk.path.rpartition("/")[0] + "/").text
    assert "as an answer" in listed


def test_more_time_is_given_and_what_nobody_answers_goes_on(desk: Desk) -> None:
    desk.returned()
    until = (datetime.now(UTC) + timedelta(days=20)).strftime("%-d %b %Y")
    assert post(desk.officer, f"{desk.path}/more-time", until=until).location == desk.path
    assert "time is not taken back" in post(desk.officer, f"{desk.path}/more-time", until=until).text
    assert press(desk.officer, desk, "resume").location == desk.path
    again = press(desk.officer, desk, "resume")
    assert again.status_code == 422
    assert "is not possible while this is “In screening”" in again.text
    assert "Nothing waits for an answer" in desk.officer.get(f"{desk.path}/more-time").text


def test_a_withdrawal_says_who_is_told_and_stays_on_record(desk: Desk) -> None:
    assert "A draft was never sent" in desk.applicant.get(f"{desk.path}/withdraw").text
    desk.submitted()
    assert "2 people of the Secretariat" in desk.applicant.get(f"{desk.path}/withdraw").text
    assert post(desk.applicant, f"{desk.path}/withdraw", reason="").status_code == 422
    assert post(desk.applicant, f"{desk.path}/withdraw", reason="The partner left.").location == desk.path
    assert "The partner left." in desk.officer.get(desk.path).text
    with desk.app.app_context():
        assert desk.proposal().status is WITHDRAWN


def test_what_is_typed_into_a_returned_part_stays_with_the_office(desk: Desk) -> None:
    desk.returned()
    with desk.app.app_context():
        assert desk.proposal().status is RETURNED
        write(desk.proposal(), PartKind.RISKS, {**RISKS, "risks.aaaaaa.text": "canaryunsent"}, by=desk.ana)
        db.session.commit()
    assert "canaryunsent" in desk.applicant.get(f"{desk.path}/parts/risks").text
    assert "canaryunsent" not in desk.officer.get(desk.path).text
    assert desk.officer.get(f"{desk.path}/parts/risks").status_code == 404


@pytest.mark.parametrize("address", ["", "/submit", "/withdraw", "/return", "/more-time"])
def test_another_office_finds_nothing_there(desk: Desk, address: str) -> None:
    assert desk.other.get(desk.path + address).status_code == 404


def test_the_office_does_not_reach_what_the_secretariat_does_and_the_other_way_round(desk: Desk) -> None:
    desk.submitted()
    for address in ("/return", "/more-time"):
        assert desk.applicant.get(desk.path + address).status_code == 404
    assert press(desk.applicant, desk, "resume").status_code == 404
    for address in ("/submit", "/withdraw"):
        assert desk.officer.get(desk.path + address).status_code == 404
