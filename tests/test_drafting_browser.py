"""Two colleagues write the same proposal in two browsers, and one loses the network: nobody's words are lost."""

import time
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.factories import Make
from tests.support.drafting import Drafted, drafted
from tests.support.visits import DESK, NARROW, PHONE, Visits, look

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

NO_NETWORK = "net::ERR_INTERNET_DISCONNECTED"
WAITING = "Object.keys(localStorage).some(key => key.startsWith('draft:'))"  # what the page has not saved yet
LONGEST_WAIT = 10  # seconds
SUMMARY, APPROACH, SITUATION = "Summary", "Approach", "Situation and needs"


@pytest.fixture
def draft(app: Flask, make: Make) -> Drafted:
    return drafted(make)


@pytest.fixture
def parts(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/"


@pytest.fixture
def ana(visits: Visits, draft: Drafted) -> Page:
    return visits.open(draft.ana)


@pytest.fixture
def ben(visits: Visits, draft: Drafted) -> Page:
    return visits.open(draft.ben)


def write(page: Page, label: str, text: str) -> None:
    """Type at the end of a field, as a person does."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def saved(page: Page) -> None:
    """Wait until the server has all that was typed."""
    eventually(page, lambda: not page.evaluate(WAITING))
    expect(page.locator("#saved")).to_contain_text("Saved ")


def eventually(page: Page, came_true: Callable[[], bool]) -> None:
    """Wait until something came true, as long as a test waits for anything."""
    end = time.monotonic() + LONGEST_WAIT
    while not came_true():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def holds(page: Page, label: str, text: str) -> None:
    expect(page.get_by_label(label, exact=True)).to_have_value(text)


def offline(visits: Visits, page: Page, gone: bool) -> None:
    """Take the network of a page away, or give it back; its browser complains of requests that fail meanwhile."""
    page.context.set_offline(gone)
    if not gone:
        visits.complaints[:] = [said for said in visits.complaints if NO_NETWORK not in said]


def test_two_write_at_the_same_time_and_one_loses_the_network(
    visits: Visits, ana: Page, ben: Page, draft: Drafted, parts: str
) -> None:
    for page in (ana, ben):
        page.goto(f"{parts}narrative")
    write(ana, SUMMARY, "Stores are safe.\n\nPeople are trained.")
    saved(ana)
    write(ben, APPROACH, "We build.")
    saved(ben)
    holds(ben, SUMMARY, "Stores are safe.\n\nPeople are trained.")

    offline(visits, ana, True)
    write(ana, SUMMARY, "\n\nWomen take part.")
    write(ana, SITUATION, "Many weapons lie in old stores.")
    expect(ana.locator("#saved")).to_contain_text("Not saved: no connection since")
    expect(ana.locator("#saved")).to_contain_text("Your text is kept in this browser.")

    field = ben.get_by_label(SUMMARY, exact=True)
    field.fill("All stores are safe.\n\nPeople are trained.")
    write(ben, APPROACH, " We train.")
    saved(ben)

    offline(visits, ana, False)
    saved(ana)
    whole = "All stores are safe.\n\nPeople are trained.\n\nWomen take part."
    holds(ana, SUMMARY, whole)
    holds(ana, APPROACH, "We build. We train.")
    assert draft.stands("narrative") == {
        "summary": whole, "approach": "We build. We train.", "situation": "Many weapons lie in old stores.",
    }  # fmt: skip
    ben.reload()
    holds(ben, SUMMARY, whole)
    holds(ben, SITUATION, "Many weapons lie in old stores.")


def test_the_same_words_changed_by_both_stand_beside_each_other(
    ana: Page, ben: Page, draft: Drafted, parts: str
) -> None:
    draft.save(draft.ana, "narrative", {"summary": "Stores."})
    for page in (ana, ben):
        page.goto(f"{parts}narrative")
    write(ben, SUMMARY, " Ben says more.")
    saved(ben)
    expect(ben.locator("#saved")).not_to_contain_text("Both texts")
    write(ana, SUMMARY, " Ana says more.")
    expect(ana.locator("#saved")).to_contain_text("Summary: changed elsewhere too.")
    note = ana.locator("[data-aside]")
    expect(note).to_contain_text("Stores. Ben says more.")
    expect(ana.get_by_label("Your text")).to_have_value("Stores. Ana says more.")
    holds(ana, SUMMARY, "Stores. Ben says more.")
    look(ana, "drafting-collision", widths=(NARROW, PHONE, DESK), themes=("light", "dark"))

    # Who was typing goes on in the own text, which is kept too, also when the page is closed.
    expect(ana.get_by_label("Your text")).to_be_focused()
    ana.keyboard.type(" And more.")
    saved(ana)
    ana.reload()
    expect(ana.get_by_label("Your text")).to_have_value("Stores. Ana says more. And more.")
    ana.get_by_role("button", name="Use my text").click()
    expect(note).to_have_count(0)
    holds(ana, SUMMARY, "Stores. Ana says more. And more.")
    saved(ana)
    assert draft.stands("narrative") == {"summary": "Stores. Ana says more. And more."}
    assert draft.asides(draft.ana, "narrative") == []


def test_a_page_that_was_closed_without_network_brings_its_text_back(
    visits: Visits, ana: Page, draft: Drafted, parts: str
) -> None:
    ana.goto(f"{parts}team")
    ana.get_by_role("button", name="Add a function").click()
    offline(visits, ana, True)
    ana.keyboard.type("Project manager")
    expect(ana.locator("#saved")).to_contain_text("Not saved: no connection since")
    other = ana.context.new_page()
    ana.close()
    other.context.set_offline(False)
    visits.complaints.clear()
    other.goto(f"{parts}team")
    expect(other.get_by_label("Name of the function")).to_have_value("Project manager")
    saved(other)
    assert [text for name, text in draft.stands("team").items() if name.endswith(".function")] == ["Project manager"]


def test_rows_both_add_stay_for_both(ana: Page, ben: Page, draft: Drafted, parts: str) -> None:
    for page in (ana, ben):
        page.goto(f"{parts}team")
    for page, function in ((ana, "Manager"), (ben, "Engineer")):
        page.get_by_role("button", name="Add a function").click()
        page.keyboard.type(function)
        saved(page)
    functions = ben.get_by_label("Name of the function")
    expect(functions).to_have_count(2)
    texts = {field.input_value() for field in functions.all()}
    assert texts == {"Manager", "Engineer"}
    ben.get_by_role("button", name="Move down").first.click()
    saved(ben)
    order = draft.stands("team")["team"].split()
    assert [draft.stands("team")[f"team.{key}.function"] for key in order] == [
        field.input_value() for field in functions.all()
    ]


def test_a_row_one_removes_while_the_other_writes_in_it_stays_for_both(
    ana: Page, ben: Page, draft: Drafted, parts: str
) -> None:
    draft.save(draft.ana, "team", {"team": "aaaaaa", "team.aaaaaa.function": "Manager"})
    for page in (ana, ben):
        page.goto(f"{parts}team")
    ben.get_by_role("button", name="Remove").click()
    saved(ben)
    assert draft.stands("team") == {}
    write(ana, "Organisation", "UNDP")
    saved(ana)
    whole = {"team": "aaaaaa", "team.aaaaaa.function": "Manager", "team.aaaaaa.organisation": "UNDP"}
    assert draft.stands("team") == whole
    ben.get_by_role("button", name="Add a function").click()
    ben.keyboard.type("Engineer")
    saved(ben)
    assert "UNDP" in [field.input_value() for field in ben.get_by_label("Organisation").all()]


def test_both_type_fast_in_one_text_and_every_word_stays(ana: Page, ben: Page, draft: Drafted, parts: str) -> None:
    draft.save(draft.ana, "narrative", {"summary": "Ana:\n\nBen:"})
    for page in (ana, ben):
        page.goto(f"{parts}narrative")
        page.get_by_label(SUMMARY, exact=True).focus()
    ana.keyboard.press("Control+Home")
    ana.keyboard.press("End")
    ben.keyboard.press("Control+End")
    for number in range(16):
        ana.keyboard.type(f" a{number}", delay=20)
        ben.keyboard.type(f" b{number}", delay=20)
        if number % 8 == 7:  # a pause long enough for both pages to save
            ben.wait_for_timeout(1000)
    for page in (ana, ben, ana):
        write(page, APPROACH, ".")  # each takes in what the other typed last
        saved(page)
    theirs, mine = (" ".join(f"{who}{number}" for number in range(16)) for who in "ab")
    assert draft.stands("narrative")["summary"] == f"Ana: {theirs}\n\nBen: {mine}"
    holds(ana, SUMMARY, draft.stands("narrative")["summary"])
    assert [draft.asides(person, "narrative") for person in (draft.ana, draft.ben)] == [[], []]


def test_how_far_a_part_has_come_stays_in_sight_while_it_is_written(ana: Page, parts: str) -> None:
    ana.goto(f"{parts}narrative")
    expect(ana.locator("[data-echo]")).to_have_text("What you type saves itself.")
    for label in ana.locator("form[data-draft] textarea").all():
        label.fill("Written.")
    saved(ana)
    here = ana.locator(".parts-nav [aria-current]")
    expect(here.locator("svg:visible")).to_have_class("ti ti-s good")
    expect(here).to_contain_text("complete")
    said = ana.locator("[data-echo]")
    expect(said).to_contain_text("Saved ")
    expect(said).to_be_in_viewport()
    ana.keyboard.press("Control+Home")
    ana.get_by_label(SUMMARY, exact=True).fill("")
    expect(here.locator("svg:visible")).to_have_class("ti ti-s open")


def test_save_and_check_says_what_is_missing_and_each_page_is_accessible(ana: Page, parts: str) -> None:
    for word in ("general", "narrative", "team"):
        ana.goto(f"{parts}{word}")
        look(ana, f"drafting-{word}", widths=(NARROW, PHONE, DESK), themes=("light", "dark"))
    ana.get_by_role("button", name="Add a function").click()
    ana.keyboard.type("Project manager")
    ana.locator(".form-actions").get_by_role("button", name="Save and check").click()
    expect(ana.get_by_role("heading", name="2 things to look at in this part")).to_be_visible()
    ana.get_by_role("link", name="Function 1, organisation: Write the organisation.").click()
    expect(ana.get_by_label("Organisation")).to_be_focused()
    look(ana, "drafting-checked", widths=(NARROW, PHONE, DESK), themes=("light", "dark"))
    ana.get_by_role("link", name="Versions").click()
    look(ana, "drafting-versions", widths=(NARROW, PHONE, DESK), themes=("light", "dark"))
