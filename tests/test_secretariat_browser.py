"""The Secretariat holds a call: from its first draft, through a question and an amendment, to its outcomes."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from mptf.calls import service as calls
from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db
from mptf.framework.service import Strategy, add_framework
from mptf.fund.models import Fund
from mptf.organisations.models import Office, OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import PartKind, Proposal
from mptf.questions import service as questions
from mptf.submissions import service as submissions
from tests.factories import Make
from tests.support.visits import Visits
from tests.support.whole import RISKS, fill, write

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

TODAY = datetime.now(UTC)


@dataclass
class Desk:
    """The Secretariat, and an office that answers."""

    app: Flask
    officer: Person
    head: Person
    ana: Viewer
    office: Office

    def ask(self) -> None:
        """Let the office ask a question."""
        with self.app.app_context():
            questions.ask(db.session.query(Call).one(), "May two offices apply together?", by=self.ana)
            db.session.commit()

    def answer_the_call(self) -> None:
        """Let the office start three proposals, and submit two of them."""
        with self.app.app_context():
            call, office = db.session.query(Call).one(), db.session.merge(self.office)
            for title in ("Fences for the depots", "Marking of firearms", "Never sent"):
                proposal = proposals.start(call, office, title=title, by=self.ana)
                db.session.commit()
                fill(proposal, by=self.ana)
                if title != "Never sent":
                    submissions.submit(proposal, by=self.ana)
            db.session.commit()

    def close(self) -> None:
        """Let the time of the call be over."""
        with self.app.app_context():
            call = db.session.query(Call).one()
            assert call.deadline
            with clock.at(call.deadline.ends_at):
                calls.close(call)
            db.session.commit()

    def answer_the_return(self) -> None:
        """Let the office change what was returned, and submit again."""
        with self.app.app_context():
            proposal = db.session.query(Proposal).filter_by(title="Fences for the depots").one()
            write(proposal, PartKind.RISKS, {**RISKS, "risks.aaaaaa.owner": "The police"}, by=self.ana)
            submissions.submit(proposal, by=self.ana)
            db.session.commit()


@pytest.fixture
def desk(app: Flask, make: Make) -> Desk:
    fund = make.fund()
    office = make.office(make.organisation("UNDP", OrganisationKind.PUNO), "UNDP Albania")
    ana = make.viewer(Role.PUNO_OFFICER, fund, office=office)
    officer, head = make.person("Demo officer"), make.person("Demo head")
    for person, role in ((officer, Role.SECRETARIAT_OFFICER), (head, Role.SECRETARIAT_HEAD)):
        make.grant(person, role, fund)
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        add_framework(db.session.get_one(Fund, fund.id), Strategy("Roadmap", 2018, 2030, goals=1, kpis=1), by=by)
        db.session.commit()
    return Desk(app, officer, head, ana, office)


def test_a_call_from_its_first_draft_to_what_is_admitted_and_refused(visits: Visits, desk: Desk) -> None:
    officer, head = visits.open(desk.officer), visits.open(desk.head)
    address = _draft(officer)
    _publish(head, address)
    desk.ask()
    _answer(officer)
    _amend(officer, address)
    desk.answer_the_call()
    officer.goto(address)
    expect(officer.get_by_text("Never sent")).to_have_count(0)
    desk.close()
    officer.goto(f"{address}/screening")
    expect(officer.get_by_role("row", name="Marking of firearms")).to_be_visible()
    expect(officer.get_by_text("Never sent")).to_have_count(0)
    _return(officer, "Fences for the depots")
    desk.answer_the_return()
    _admit(officer, address, "Fences for the depots")
    _refuse(officer, address, "Marking of firearms")
    officer.goto(f"{address}/screening")
    expect(officer.get_by_role("row", name="Fences for the depots")).to_contain_text("In technical review")
    expect(officer.get_by_role("row", name="Marking of firearms")).to_contain_text("Ineligible")


def _draft(page: Page) -> str:
    page.goto("/f/SLW00/calls/")
    page.get_by_label("Title").fill("Safe storage")
    page.get_by_role("button", name="Begin the call").click()
    page.wait_for_url(re.compile(r"/calls/[a-z2-7]{26}$"))
    address = page.url
    opens, closes = TODAY - timedelta(days=1), TODAY + timedelta(days=20)
    typed = {
        "basics": {"scope": "Fences and locks.", "decision": "SC1/D1", "decided_on": "1 Mar 2026"},
        "amounts": {"envelope": "900,000", "smallest": "10,000", "largest": "400,000"},
        "dates": {
            "opens_on": f"{opens:%-d %b %Y}", "closes_on": f"{closes:%-d %b %Y}", "grace_minutes": "30",
        },
    }  # fmt: skip
    page.goto(f"{address}/write/reach")
    for box in page.locator("main input[type=checkbox]").all():
        box.check()
    _save(page)
    for part, fields in typed.items():
        page.goto(f"{address}/write/{part}")
        for name, text in fields.items():
            page.locator(f"[name={name}]").fill(text)
        _save(page)
    page.goto(f"{address}/criteria")
    for name, text in {"name": "Relevance", "most_points": "1", "weight": "100", "anchors": "no\nyes"}.items():
        page.locator(f"[name={name}]").fill(text)
    _press(page, "Add the criterion")
    page.goto(f"{address}/preview")
    expect(page.get_by_text("This is how an applicant reads the call")).to_be_visible()
    return address


def _publish(page: Page, address: str) -> None:
    page.goto(f"{address}/publish")
    expect(page.get_by_text("Told by mail")).to_be_visible()
    page.get_by_role("button", name="Publish the call").click()
    expect(page.get_by_text(re.compile(r"SLW00/\d{4}/1")).first).to_be_visible()


def _answer(page: Page) -> None:
    page.goto("/f/SLW00/")
    page.get_by_role("link", name="Answer a question").click()
    page.locator("[name=answer]").fill("Yes: one of them leads.")
    page.get_by_role("button", name="Publish the answer").click()
    _confirmed(page)
    expect(page.get_by_text("Yes: one of them leads.")).to_be_visible()


def _amend(page: Page, address: str) -> None:
    page.goto(f"{address}/write/basics")
    page.locator("[name=scope]").fill("Fences, locks and lights.")
    page.locator("[name=reason]").fill("Lights were forgotten.")
    page.get_by_role("button", name="Amend the call").click()
    _confirmed(page)
    expect(page.get_by_text("Lights were forgotten.")).to_be_visible()


def _return(page: Page, title: str) -> None:
    page.get_by_role("link", name=title).click()
    _press(page, "Take up screening")
    page.get_by_role("link", name="Return parts").click()
    page.get_by_label("Risks").fill("Say who owns the risk.")
    page.get_by_role("button", name="Return these parts").click()
    _confirmed(page)
    expect(page.get_by_text("Say who owns the risk.")).to_be_visible()


def _admit(page: Page, address: str, title: str) -> None:
    _open(page, address, title)
    _press(page, "Take up screening")
    for choice in page.get_by_label("Yes", exact=True).all():
        choice.check()
    _press(page, "Save the answers")
    page.get_by_label("No", exact=True).first.check()
    page.get_by_role("button", name="Admit to technical review").click()
    expect(page.locator("#confirm-t")).to_contain_text("is not saved, and does not count")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_label("Yes", exact=True).first.check()
    _press(page, "Save the answers")
    page.get_by_role("button", name="Admit to technical review").click()
    expect(page.locator("#confirm-t")).not_to_contain_text("is not saved")
    _confirmed(page)
    expect(page.get_by_text("In technical review").first).to_be_visible()


def _refuse(page: Page, address: str, title: str) -> None:
    _open(page, address, title)
    _press(page, "Take up screening")
    page.get_by_role("link", name="Declare ineligible").click()
    page.locator("main input[name=grounds]").first.check()
    page.get_by_role("button", name="Write the letter").click()
    page.locator("[name=sure]").check()
    page.get_by_role("button", name="Declare ineligible and issue the letter").click()
    _confirmed(page)
    expect(page.get_by_text("Ineligible").first).to_be_visible()


def _open(page: Page, address: str, title: str) -> None:
    page.goto(f"{address}/screening")
    page.get_by_role("link", name=title).click()


def _save(page: Page) -> None:
    _press(page, "Save")
    expect(page.locator(".errsum")).to_have_count(0)


def _press(page: Page, button: str) -> None:
    """Press a button that sends, and wait for the page that comes: what follows is no more of the old one."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def _confirmed(page: Page) -> None:
    """Answer the question the page asks before it sends."""
    with page.expect_navigation():
        page.locator("#confirm button[value=yes]").click()
