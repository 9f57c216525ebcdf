"""The journey of an officer and the Administrative Agent, in a real browser: pledge, agreement, deposit, overdue."""

from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from mptf.core import clock
from mptf.core.sentences import day as written
from mptf.fund.models import Fund
from mptf.policy import Role
from tests.factories import Make
from tests.support import visits as visiting
from tests.support.visits import DESK, PHONE, Visits

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

BASE = "/f/SLW00/contributions"


@pytest.fixture
def fund(make: Make) -> Fund:
    made = make.fund()
    make.organisation("Sweden")
    make.organisation("Norway")
    return made


@pytest.fixture
def pages(make: Make, fund: Fund, visits: Visits) -> dict[Role, Page]:
    """Open a browser for an officer and one for the Administrative Agent."""
    people = {role: make.person() for role in (Role.SECRETARIAT_OFFICER, Role.ADMINISTRATIVE_AGENT)}
    for role, person in people.items():
        make.grant(person, role, fund)
    return {role: visits.open(person) for role, person in people.items()}


def look(page: Page, name: str) -> None:
    """Look at a page, also on a telephone."""
    visiting.look(page, f"money-1-{name}", widths=(PHONE, DESK))


def confirm(page: Page) -> None:
    """Answer the question before an act with yes."""
    page.locator("dialog button[value=yes]").click()


def test_an_instalment_is_promised_paid_in_part_and_goes_overdue(pages: dict[Role, Page], fund: Fund) -> None:
    officer, agent = pages[Role.SECRETARIAT_OFFICER], pages[Role.ADMINISTRATIVE_AGENT]
    today = clock.today(fund)
    record_pledge(officer, today - timedelta(days=200))
    record_agreement(officer, today - timedelta(days=150))
    plan(officer, [today - timedelta(days=60), today - timedelta(days=10), today + timedelta(days=200)])
    agreement = officer.url
    note_what_became_of_the_pledge(officer)
    deposit = record_deposit(officer, today - timedelta(days=55))

    agent.goto(deposit)
    agent.get_by_role("button", name="Confirm the deposit").click()
    confirm(agent)
    expect(agent.get_by_text("The deposit is confirmed.")).to_be_visible()

    officer.goto(agreement)
    first, second, third = (
        officer.get_by_role("table", name="Instalments with what each received").locator("tbody tr").all()
    )
    expect(first).to_contain_text("Received")
    expect(first).to_contain_text("5 days late")
    expect(second).to_contain_text("Overdue")
    expect(second).to_contain_text("10 days late")
    expect(third).to_contain_text("Planned")
    look(officer, "agreement")
    officer.goto("/f/SLW00/")
    waiting = officer.get_by_role("link", name="SEK\N{NO-BREAK SPACE}6,000,000.00 of Sweden is overdue")
    look(officer, "home")
    waiting.click()
    expect(officer.get_by_role("heading", name="Agreement SE-2026 of Sweden")).to_be_visible()
    officer.goto(f"{BASE}/instalments?show=overdue")
    expect(officer.get_by_role("table", name="Instalments, the earliest day first").locator("tbody tr")).to_have_count(
        1
    )
    look(officer, "instalments")
    amend(officer, agreement, today)


def record_pledge(page: Page, announced_on: date) -> None:
    page.goto(f"{BASE}/pledges/new")
    page.get_by_label("Contributor", exact=False).first.select_option(label="Sweden")
    page.locator("[name=amount]").fill("18,000,000")
    page.locator("[name=currency]").select_option("SEK")
    page.locator("[name=announced_on]").fill(written(announced_on))
    page.get_by_role("button", name="Record the pledge").click()
    confirm(page)
    expect(page.get_by_text("The pledge is recorded.")).to_be_visible()


def record_agreement(page: Page, signed_on: date) -> None:
    page.goto(f"{BASE}/agreements/new")
    page.locator("[name=donor]").select_option(label="Sweden")
    page.locator("[name=reference]").fill("SE-2026")
    page.locator("[name=signed_on]").fill(written(signed_on))
    page.locator("[name=amount]").fill("18,000,000")
    page.locator("[name=currency]").select_option("SEK")
    page.get_by_role("button", name="Record the agreement").click()
    confirm(page)
    expect(page.get_by_text("Plan its instalments next.")).to_be_visible()


def plan(page: Page, days: list[date]) -> None:
    page.get_by_role("link", name="Plan instalments").click()
    page.get_by_label("Instalments", exact=True).first.fill("3")
    page.get_by_label("The first is due on").fill(written(days[0]))
    page.get_by_label("Months between them").fill("4")
    page.get_by_role("button", name="Fill in the rows").click()
    expect(page.get_by_label("Amount, instalment 3")).to_have_value("6,000,000.00")
    for number, due_on in enumerate(days, start=1):
        page.get_by_label(f"Due on, instalment {number}").fill(written(due_on))
    look(page, "plan")
    page.get_by_role("button", name="Plan the instalments").click()
    expect(page.get_by_text("The instalments are planned.")).to_be_visible()


def note_what_became_of_the_pledge(page: Page) -> None:
    page.goto(f"{BASE}/pledges")
    page.locator("table a.ttl").first.click()
    page.get_by_label("Agreement it became").select_option(index=1)
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("Became agreement")).to_be_visible()
    look(page, "pledge")


def record_deposit(page: Page, value_on: date) -> str:
    page.goto(f"{BASE}/deposits/new")
    page.locator("[name=donor]").select_option(label="Sweden")
    page.locator("[name=agreement]").select_option(index=1)
    expect(page.locator("[name=currency]")).to_have_value("SEK")
    page.locator("[name=donor]").select_option(label="Norway")
    expect(page.locator("[name=agreement]")).to_have_value("")
    expect(page.locator("[name=agreement] option[disabled]")).to_have_count(1)
    page.locator("[name=donor]").select_option(label="Sweden")
    page.locator("[name=agreement]").select_option(index=1)
    page.locator("[name=received]").fill("576,000.00")
    page.locator("[name=value_on]").fill(written(value_on))
    page.locator("[name=original]").fill("6,000,000")
    page.locator("[name=fee]").fill("5,702.40")
    page.locator("[name=bank_reference]").fill("AA-2026-017")
    page.get_by_role("button", name="Record the deposit").click()
    confirm(page)
    expect(page.get_by_text("The deposit is recorded as advised.")).to_be_visible()
    expect(page.get_by_text("10.416667")).to_be_visible()
    return page.url


def amend(page: Page, agreement: str, today: date) -> None:
    page.goto(agreement)
    page.get_by_role("link", name="Amend").click()
    page.locator("[name=agreed_on]").fill(written(today))
    page.locator("[name=reason]").fill("Cost extension")
    page.locator("[name=amount]").fill("20,000,000")
    page.get_by_label("Due on, instalment 4").fill(written(today + timedelta(days=400)))
    page.get_by_label("Amount, instalment 4").fill("2,000,000")
    look(page, "amend")
    page.get_by_role("button", name="Record the amendment").click()
    confirm(page)
    expect(page.get_by_text("What stood before is kept with it.")).to_be_visible()
    expect(page.get_by_role("heading", name="Amendment 1")).to_be_visible()
    look(page, "amended")
