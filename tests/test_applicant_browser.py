"""An office applies by keyboard alone: from the call to the receipt, and from a return to the second version."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from mptf.budgets.grid import DIRECT
from mptf.core import clock
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.organisations.models import OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals.models import PROPOSAL_FLOW, PartKind, Proposal
from mptf.reported.figures import CATEGORIES
from mptf.submissions import queries, service
from tests.factories import Make
from tests.support.calls import published
from tests.support.keyboard import Keyboard
from tests.support.visits import DESK, NARROW, PHONE, Visits, look

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECTIONS = (
    "Summary", "Situation and needs", "Approach", "Who benefits", "Coordination", "Sustainability", "Visibility",
)  # fmt: skip


@dataclass
class Office:
    """An office that was asked by an open call, one of its officers, a colleague, and who screens."""

    app: Flask
    ana: Person
    ben: Person
    officer: Viewer

    def return_risks(self) -> None:
        """Take up screening, and return the risks."""
        with self.app.app_context():
            proposal = db.session.query(Proposal).one()
            PROPOSAL_FLOW.fire(proposal, "screen", by=self.officer)
            until = clock.today(proposal.fund) + timedelta(days=9)
            service.give_back(proposal, {PartKind.RISKS: "Say who guards the depots."}, until, by=self.officer)
            db.session.commit()

    def sent(self, number: int) -> str:
        """Return the hash of what was sent."""
        with self.app.app_context():
            return queries.get_submission(db.session.query(Proposal).one(), number).sha256


@pytest.fixture
def office(app: Flask, make: Make) -> Office:
    fund = make.fund()
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    albania = make.office(undp, "UNDP Albania")
    ana, ben = make.person("Ana Demo"), make.person("Ben Demo")
    for person in (ana, ben):
        make.grant(person, Role.PUNO_OFFICER, fund, office=albania)
    head, officer = make.viewer(Role.SECRETARIAT_HEAD, fund), make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        published(db.session.get_one(Fund, fund.id), [albania], by=head, title="Safe storage")
    return Office(app, ana, ben, officer)


def test_an_office_applies_by_keyboard_alone(visits: Visits, office: Office, tmp_path: Path) -> None:
    page = visits.open(office.ana)
    keys = Keyboard(page)
    page.goto("/f/SLW00/")
    keys.follow("My proposals", "a")
    expect(page.get_by_text("in 30 days").first).to_be_visible()
    keys.follow("Safe storage", "a")
    keys.follow("Start a proposal", "a")
    keys.fill("Title", "Fences for the depots")
    keys.send()
    own = page.url
    look(page, "started", widths=(DESK, PHONE, NARROW))
    _invite(keys)
    _write_all(page, keys, own)
    page.goto(own)
    expect(page.get_by_text("Everything is here")).to_be_visible()
    keys.follow("Begin submission", "button")
    look(page, "submitting", widths=(DESK, PHONE, NARROW))
    keys.to("I send this for the office")
    keys.press("Space")
    keys.follow("Submit", "button")
    expect(page.locator("dd.hash")).to_have_text(office.sent(1))
    office.return_risks()
    page.reload()
    look(page, "returned", widths=(DESK, PHONE, NARROW))
    expect(page.get_by_text("Say who guards the depots.")).to_be_visible()
    keys.follow("Risks", "a")
    keys.fill("Mitigation", " by the police.")
    keys.follow("Save and check", "button")
    page.goto(own)
    keys.follow("Submit again", "a")
    keys.fill("Remark", "The police guard them.")
    keys.to("I send this for the office")
    keys.press("Space")
    keys.follow("Submit", "button")
    expect(page.locator("dd.hash")).to_have_text(office.sent(2))
    look(page, "sent", widths=(DESK, PHONE, NARROW))


def _invite(keys: Keyboard) -> None:
    """Let a colleague work on the budget."""
    keys.follow("Add somebody", "a")
    keys.fill("Colleague", "Ben")
    keys.to("Write all parts")
    keys.press("ArrowDown")
    keys.follow("Add", "button")
    expect(keys.page.get_by_role("row", name="Ben Demo")).to_contain_text("Read all parts and write the budget")


def _write_all(page: Page, keys: Keyboard, own: str) -> None:
    for part, write in (
        ("General", _general), ("Narrative", _narrative), ("Results framework", _results), ("Workplan", _workplan),
        ("Budget", _budget), ("Risks", _risks), ("Team", _team),
    ):  # fmt: skip
        page.goto(own)
        keys.follow(part, "a")
        write(keys)
        keys.follow("Save and check", "button")
        expect(page.get_by_text("This part is complete")).to_be_visible()


def _row(keys: Keyboard, button: str, fields: Mapping[str, str]) -> None:
    """Add a row, whose first field has the focus then, and fill it in."""
    keys.to(button, "button")
    keys.press("Enter")
    first, *rest = fields
    keys.page.wait_for_function("document.activeElement.matches('input, textarea, select')")
    assert keys.here()["name"].startswith(first)
    keys.page.keyboard.type(fields[first])
    for field in rest:
        keys.fill(field, fields[field])


def _general(keys: Keyboard) -> None:
    keys.to("Place of UNDP Albania")
    keys.press("Space")
    keys.fill("Planned start", "1 Jan 2027")
    keys.fill("Duration in months", "24")
    for mark in ("Goal 1", "Goal 2"):
        keys.to(mark)
        keys.press("Space")
    _row(keys, "Add an SDG target", {"Target": "16.4", "Focus in %": "100"})
    keys.fill("Gender marker", "2")
    keys.fill("Why this gender marker", "Women and men are asked alike.")


def _narrative(keys: Keyboard) -> None:
    for section in SECTIONS:
        keys.fill(section, f"{section} of the fences.")


def _results(keys: Keyboard) -> None:
    _row(keys, "Add an outcome", {"What changes": "Fewer weapons are diverted"})
    _row(keys, "Add an output", {"What the project brings about": "Stores are safe"})
    counted = {"What is counted": "Stores with a fence", "Means of verification": "Protocols", "Unit": "number"}
    _row(keys, "Add an indicator", {**counted, "Baseline": "0", "Target": "12"})


def _workplan(keys: Keyboard) -> None:
    _row(keys, "Add an activity", {"What is done": "Build fences", "First quarter": "Q1", "Last quarter": "Q3"})


def _budget(keys: Keyboard) -> None:
    for category in DIRECT:
        for year in (1, 2):
            keys.fill(f"{CATEGORIES[category]}, year {year}", "5000")


def _risks(keys: Keyboard) -> None:
    weighed = {"Category": "Safety", "Likelihood": "3", "Impact": "4", "Owner": "Project manager"}
    _row(keys, "Add a risk", {"Description": "Depots stay open", "Mitigation": "Guards", **weighed})


def _team(keys: Keyboard) -> None:
    _row(keys, "Add a function", {"Name of the function": "Manager", "Organisation": "UNDP", "Share of time": "100"})
