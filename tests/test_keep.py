"""What somebody types waits in the tab until it is sent: a real browser leaves forms half-written."""

from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from mptf.core.db import db
from mptf.fund.queries import get_fund
from mptf.people.models import Person
from mptf.policy import Role
from mptf.rates import service as rates
from mptf.rates.models import ExchangeRate
from tests.factories import Make
from tests.support.visits import DESK, NARROW, PHONE, Visits

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]

FORM = "/f/SLW00/contributions/pledges/new"
KEPT = "What you type is kept in this tab until you send it."
BACK = "What you typed here before stands in the form again."


@pytest.fixture
def officers(make: Make) -> tuple[Person, Person]:
    fund = make.fund()
    make.organisation("Donorland")
    people = make.person("Demo Officer 1"), make.person("Demo Officer 2")
    for person in people:
        make.grant(person, Role.SECRETARIAT_OFFICER, fund)
    return people


@pytest.fixture
def page(visits: Visits, officers: tuple[Person, Person]) -> Page:
    """Open a tab as the first officer."""
    return visits.open(officers[0])


def test_what_was_typed_comes_back_to_the_form_that_was_left(page: Page) -> None:
    page.goto(FORM)
    amount = page.locator("[name=amount]")
    amount.fill("1,234.50")
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.goto("/home")
    page.goto(FORM)
    expect(page.get_by_text(BACK)).to_be_visible()
    expect(amount).to_have_value("1,234.50")
    anew = page.get_by_role("button", name="Begin anew")
    assert anew.evaluate("button => button.scrollWidth <= button.clientWidth"), "its words stand inside it"
    anew.click()
    expect(page.get_by_text(BACK)).to_have_count(0)
    expect(amount).to_have_value("")


def test_what_was_refused_waits_too_and_what_was_taken_is_gone(page: Page) -> None:
    page.goto(FORM)
    page.get_by_label("Contributor").select_option(label="Donorland")
    page.locator("[name=amount]").fill("1.2.3")
    send(page)
    expect(page.get_by_text("Please look at this again")).to_be_visible()
    page.goto("/home")
    page.goto(FORM)
    expect(page.locator("[name=amount]")).to_have_value("1.2.3")
    page.locator("[name=amount]").fill("100.00")
    page.locator("[name=announced_on]").fill("2025-11-03")
    send(page)
    expect(page.locator("h1")).to_have_text("Pledges")
    page.goto(FORM)
    expect(page.locator("[name=amount]")).to_have_value("")
    expect(page.get_by_text(BACK)).to_have_count(0)


def test_a_form_that_was_sent_empty_is_not_said_to_be_filled_again(page: Page) -> None:
    page.goto(FORM)
    send(page)
    expect(page.get_by_text("Please look at this again")).to_be_visible()
    page.goto("/home")
    page.goto(FORM)
    expect(page.get_by_text(BACK)).to_have_count(0)


@pytest.mark.parametrize("width", [DESK, PHONE, NARROW])
def test_what_is_said_of_it_stays_inside_its_note(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/f/SLW00/rates")  # a form in a narrow card
    page.locator("main form[method=post] [name=note]").fill("Monthly")
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.goto("/f/SLW00/rates")
    note = page.locator(".note", has_text=BACK).bounding_box()
    button = page.get_by_role("button", name="Begin anew").bounding_box()
    assert note
    assert button
    assert note["x"] < button["x"]
    assert button["x"] + button["width"] < note["x"] + note["width"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nobody_is_shown_what_somebody_else_typed(page: Page, officers: tuple[Person, Person], visits: Visits) -> None:
    page.goto(FORM)
    page.locator("[name=amount]").fill("77.00")
    expect(page.get_by_text(KEPT)).to_be_visible()
    visits.sign_in(page, officers[1])
    page.goto(FORM)
    expect(page.locator("[name=amount]")).to_have_value("")
    visits.sign_in(page, officers[0])
    page.goto(FORM)
    expect(page.locator("[name=amount]")).to_have_value("")


def test_signing_out_forgets_what_was_typed(page: Page, officers: tuple[Person, Person], visits: Visits) -> None:
    page.goto(FORM)
    page.locator("[name=amount]").fill("88.00")
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.locator("details.account > summary").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    visits.sign_in(page, officers[0])
    page.goto(FORM)
    expect(page.locator("[name=amount]")).to_have_value("")


def test_what_comes_back_is_told_who_was_faster(app: Flask, page: Page) -> None:
    with app.app_context():
        fund = get_fund("SLW00")
    by = Make(app).viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        rate, _ = rates.record_rate(rates.NewRate("EUR", date(2026, 1, 1), 920_000), fund=fund, by=by)
        db.session.commit()
        form = f"/f/SLW00/rates/{rate.public_id}"
    page.goto(form)
    page.locator("[name=rate]").fill("0.93")
    expect(page.get_by_text(KEPT)).to_be_visible()
    page.goto("/home")
    with app.app_context():
        rate = db.session.query(ExchangeRate).one()
        rates.correct_rate(rate, millionths=940_000, note="Digits were swapped", fund=get_fund("SLW00"), by=by)
        db.session.commit()
    page.goto(form)
    page.locator("[name=note]").fill("As published")
    page.locator("main form [type=submit]").first.click()
    expect(page.get_by_text("This was changed since you opened it")).to_be_visible()
    expect(page.locator("[name=rate]")).to_have_value("0.93")


def send(page: Page) -> None:
    """Press the button of the form, and say yes where it asks."""
    page.get_by_role("button", name="Record the pledge").click()
    page.locator("#confirm[open], [data-errors]").first.wait_for()
    yes = page.locator("#confirm [value=yes]")
    if yes.is_visible():
        with page.expect_navigation():
            yes.click()
