"""Pages of submitting: tasks, the receipt, what is returned, and bad luck told in words."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mptf.calls import service as calls
from mptf.calls.facts import Dates
from mptf.calls.wording import moment_text
from mptf.core import clock
from mptf.core.db import db
from mptf.dossiers.papers import SNAPSHOT
from mptf.fund.models import Fund
from mptf.organisations.models import OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import PROPOSAL_FLOW, RETURNED, SCREENING, SUBMITTED, WITHDRAWN, May, PartKind, Proposal
from mptf.submissions import queries, service
from mptf.submissions.snapshot import unpacked
from tests.conftest import Once
from tests.factories import Make
from tests.support.calls import published
from tests.support.posting import post
from tests.support.signing import sign_in
from tests.support.whole import RISKS, fill, write


@dataclass
class Desk:
    """A whole draft, who writes it, a colleague of another office, and the Secretariat, each with a client."""

    app: Flask
    key: int
    path: str
    ana: Viewer
    head: Viewer
    applicant: FlaskClient
    other: FlaskClient
    other_viewer: Viewer
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

    def cancelled(self) -> None:
        """Cancel the call."""
        with self.app.app_context():
            calls.cancel(self.proposal().call, reason="The donor took the money back.", by=self.head)
            db.session.commit()


@dataclass
class Begun:
    """What stands before anybody opens a page: the draft, who writes it, another office, the Secretariat."""

    key: int
    path: str
    ana: Viewer
    head: Viewer
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
    return Begun(key, path, ana, head, other, officer)


@pytest.fixture
def desk(app: Flask, once: Once) -> Desk:
    """Return the desk over the draft."""
    begun = once(build)
    applicant, beside, secretariat = (client_of(app, one) for one in (begun.ana, begun.other, begun.officer))
    return Desk(
        app, begun.key, begun.path, begun.ana, begun.head, applicant, beside, begun.other, secretariat, begun.officer
    )  # fmt: skip


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
    assert "Write returned parts" in listed
    assert "Write returned parts." in page


def test_a_returned_part_says_why_and_until_when_where_it_is_written(desk: Desk) -> None:
    desk.returned()
    risks, team = (desk.applicant.get(f"{desk.path}/parts/{part}").text for part in ("risks", "team"))
    assert "Why this part was returned" in risks
    assert "Name an owner." in risks
    assert f"{desk.officer_viewer.name}, <time" in risks
    for page in (risks, team):
        assert ", to be answered until" in page
        assert ", closes " not in page
    assert "Why this part was returned" not in team
    assert 'Next<span class="next-name">: Check and submit</span>' in risks, "no other part was returned"
    post(desk.applicant, f"{desk.path}/submit", sure="y", remark="She is.")
    assert "Why this part was returned" not in desk.applicant.get(f"{desk.path}/parts/risks").text


def test_more_time_is_given_and_what_nobody_answers_goes_on(desk: Desk) -> None:
    desk.returned()
    until = (datetime.now(UTC) + timedelta(days=20)).strftime("%-d %b %Y")
    assert post(desk.officer, f"{desk.path}/more-time", until=until).location == desk.path
    assert "time is not taken back" in post(desk.officer, f"{desk.path}/more-time", until=until).text
    with clock.at(datetime.now(UTC) + timedelta(days=22)):
        desk.officer = client_of(desk.app, desk.officer_viewer)
        goes_on_once(desk)


def goes_on_once(desk: Desk) -> None:
    """Go on without an answer now, and see that it is done once."""
    page = desk.officer.get(desk.path).text
    assert "Go on without an answer" in page
    assert "Its office can answer until" not in page
    assert press(desk.officer, desk, "resume").location == desk.path
    again = press(desk.officer, desk, "resume")
    assert again.status_code == 422
    assert "is not possible while this is “In screening”" in again.text
    assert "Nothing waits for an answer" in desk.officer.get(f"{desk.path}/more-time").text


def test_going_on_waits_for_the_day_to_answer_and_the_page_says_until_when(desk: Desk) -> None:
    desk.returned()
    with desk.app.app_context():
        until = moment_text(desk.proposal().answer_by, "Europe/Belgrade")
    page = desk.officer.get(desk.path).text
    assert f"Its office can answer until {until}. After that you can go on without." in page
    assert "Go on without an answer" not in page
    refused = press(desk.officer, desk, "resume")
    assert (refused.status_code, f"can answer until {until}" in refused.text) == (422, True)
    with desk.app.app_context():
        assert desk.proposal().status is RETURNED


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


# ---- what was looked at


def test_what_a_colleague_saved_while_the_page_was_open_is_looked_at_first(desk: Desk) -> None:
    """Two tabs: one shows what is sent, the other types on."""
    address = f"{desk.path}/submit"
    opened = desk.applicant.get(address)
    with desk.app.app_context():
        write(desk.proposal(), PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "The commander"}, by=desk.ana)
        db.session.commit()
    refused = post(desk.applicant, address, opened, sure="y")
    assert refused.status_code == 422
    assert f"Saved since you looked: Risks ({desk.ana.name}, " in refused.text
    assert "Nothing was sent" in refused.text
    assert not re.search(r'name="sure"[^>]*checked', refused.text), "it is ticked again, knowingly"
    with desk.app.app_context():
        assert desk.proposal().is_unsent
    assert post(desk.applicant, address, opened, sure="y").status_code == 422, "the stale tab stays stale"
    assert post(desk.applicant, address, refused, sure="y").location == desk.path
    with desk.app.app_context():
        sent = unpacked(queries.latest(desk.proposal()).content)
    assert sent.contents[PartKind.RISKS]["risks.aaaaaa.owner"] == "The commander"


def test_a_page_refused_for_something_else_is_still_of_what_it_showed_first(desk: Desk) -> None:
    """The box was forgotten; what was saved meanwhile is told when it is sent in earnest."""
    address = f"{desk.path}/submit"
    opened = desk.applicant.get(address)
    with desk.app.app_context():
        write(desk.proposal(), PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "The commander"}, by=desk.ana)
        db.session.commit()
    forgot = post(desk.applicant, address, opened)
    assert "Tick this box to submit" in forgot.text
    assert "Saved since you looked: Risks" in post(desk.applicant, address, forgot, sure="y").text


# ---- who sends it


def test_a_writer_of_another_office_reads_who_submits(desk: Desk) -> None:
    with desk.app.app_context():
        beside = db.session.get_one(Person, desk.other_viewer.id)
        proposals.share(desk.proposal(), beside, May.WRITE, by=desk.ana)
        db.session.commit()
    page = desk.other.get(desk.path).text
    assert "Everything is here" in page
    assert f"A writer of UNDP Albania submits this proposal: {desk.ana.name}." in page
    assert "Begin submission" not in page
    for address in ("begin", "submit", "withdraw"):
        assert press(desk.other, desk, address, sure="y", reason="x").status_code == 404
    assert "Begin submission" in desk.applicant.get(desk.path).text
    desk.submitted()
    assert "Withdraw the proposal" not in desk.other.get(desk.path).text


# ---- a cancelled call

OFF = "The call was cancelled on "
GIVEN = "The reason given: The donor took the money back."


def test_a_draft_under_a_cancelled_call_is_read_and_copied_and_not_written(desk: Desk) -> None:
    form = desk.applicant.get(f"{desk.path}/parts/risks")
    opened = desk.applicant.get(f"{desk.path}/submit")
    desk.cancelled()
    page = desk.applicant.get(desk.path).text
    for told in (OFF, GIVEN, "its texts can be copied into another call", "Read the parts", ">Copy<"):
        assert told in page
    assert "Read all parts, and copy their texts." in page
    for gone in ("Begin submission", "Write the parts", ">Rename<", "What is missing"):
        assert gone not in page
    for refused in (
        post(desk.applicant, f"{desk.path}/parts/risks", form, do="save"),
        post(desk.applicant, f"{desk.path}/submit", opened, sure="y"),
        press(desk.applicant, desk, "begin"),
        post(desk.applicant, f"{desk.path}/rename", title="Another title"),
    ):
        assert refused.status_code == 422
        assert OFF in refused.text
        assert GIVEN in refused.text
    read = desk.applicant.get(f"{desk.path}/parts/risks").text
    assert "The call is cancelled. What you wrote stays as it is." in read
    assert "Save and check" not in read
    assert desk.applicant.get(f"{desk.path}/copy").status_code == 200
    assert press(desk.applicant, desk, "drop").location.endswith("/proposals/")


def test_the_secretariat_goes_on_with_nothing_under_a_cancelled_call(desk: Desk) -> None:
    desk.submitted()
    code = desk.path.split("/")[2]
    assert "Screen the proposal SLW00" in desk.officer.get(f"/f/{code}/").text
    desk.cancelled()
    page = desk.officer.get(desk.path).text
    assert OFF in page
    assert "nothing is screened any more" in page
    assert "Return parts" not in page
    assert "Screen the proposal SLW00" not in desk.officer.get(f"/f/{code}/").text
    screening = desk.officer.get(f"{desk.path}/screening")
    assert OFF in screening.text
    assert "Save the answers" not in screening.text
    assert "Declare ineligible" not in screening.text
    for address in ("return", "more-time", "screening/refuse"):
        assert OFF in desk.officer.get(f"{desk.path}/{address}").text
    until = (datetime.now(UTC) + timedelta(days=9)).strftime("%-d %b %Y")
    for address, values in (
        ("return", {"until": until, "risks": "Name an owner."}), ("more-time", {"until": until}), ("resume", {}),
        ("screening/begin", {}), ("screening/admit", {}), ("screening/invite", {}), ("screening", {}),
        ("screening/refuse", {"grounds": "scope", "text": "No.", "sure": "y"}),
    ):  # fmt: skip
        refused = post(desk.officer, f"{desk.path}/{address}", desk.officer.get(desk.path), **values)
        assert (address, refused.status_code, refused.text.count(OFF)) == (address, 422, 1)
    with desk.app.app_context():
        assert desk.proposal().status is SCREENING
    assert post(desk.applicant, f"{desk.path}/withdraw", reason="We go elsewhere.").location == desk.path


def test_what_was_returned_is_not_asked_for_under_a_cancelled_call(desk: Desk) -> None:
    desk.returned()
    code = desk.path.split("/")[2]
    assert "Answer what was returned" in desk.applicant.get(f"/f/{code}/").text
    desk.cancelled()
    assert "Answer what was returned" not in desk.applicant.get(f"/f/{code}/").text
    page = desk.applicant.get(desk.path).text
    assert "Parts that were returned to you" not in page
    assert "It can be withdrawn still" in page
    with desk.app.app_context():
        [member] = desk.proposal().people_now
        member.may = May.READ
        db.session.commit()
    page = desk.applicant.get(desk.path).text
    assert "It stays as it is and can be read" in page
    assert "It can be withdrawn still" not in page, "who only reads it cannot withdraw it"
    assert "Its office can answer until" not in desk.officer.get(desk.path).text


# ---- withdrawn while it was returned


def test_what_was_typed_since_is_in_nothing_the_secretariat_reads_of_a_withdrawn_proposal(desk: Desk) -> None:
    desk.returned()
    with desk.app.app_context():
        write(desk.proposal(), PartKind.RISKS, {**RISKS, "risks.aaaaaa.text": "canaryunsent"}, by=desk.ana)
        db.session.commit()
    assert post(desk.applicant, f"{desk.path}/withdraw", reason="The partner left.").location == desk.path
    for address in ("", "/submissions/1/", f"/submissions/1/{SNAPSHOT}", "/screening"):
        answer = desk.officer.get(desk.path + address)
        assert (address, answer.status_code) == (address, 200)
        assert "canaryunsent" not in answer.text
    assert desk.officer.get(f"{desk.path}/parts/risks").status_code == 404
    assert "canaryunsent" not in desk.applicant.get(f"{desk.path}/submissions/1/").text
    assert "canaryunsent" in desk.applicant.get(f"{desk.path}/parts/risks").text, "it stays with who wrote it"
