"""Results framework, workplan and risks in a browser: by keyboard alone, two people at once, both themes, a phone."""

from collections.abc import Mapping

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from mptf.proposals.models import May
from tests.factories import Make
from tests.support.drafting import Drafted, drafted
from tests.support.keyboard import Keyboard
from tests.support.visits import DESK, NARROW, PHONE, Visits, look
from tests.support.whole import RESULTS, RISKS
from tests.test_plans_pages import ACTIVITY, GENERAL

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONTENTS: Mapping[str, Mapping[str, str]] = {
    "general": GENERAL, "results": RESULTS, "workplan": ACTIVITY, "risks": RISKS,
}  # fmt: skip
SAVES_ITSELF = 1500


@pytest.fixture
def draft(app: Flask, make: Make) -> Drafted:
    return drafted(make)


@pytest.fixture
def parts(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/"


@pytest.fixture
def written(draft: Drafted) -> Drafted:
    for word, content in CONTENTS.items():
        draft.save(draft.ana, word, content)
    return draft


def rows(page: Page) -> list[str]:
    """Return what the rows of a page are called."""
    return [" ".join(text.split()) for text in page.locator("form legend.row-h").all_text_contents()]


def said(page: Page, sentence: str) -> None:
    """Wait until a sentence was read out."""
    expect(page.get_by_role("status").filter(has_text=sentence)).to_have_count(1)


def saved(page: Page) -> None:
    """Wait until the page saved itself."""
    page.wait_for_timeout(SAVES_ITSELF)
    expect(page.locator("#saved")).to_contain_text("Saved ")


@pytest.mark.parametrize("part", ["results", "workplan", "risks"])
def test_each_part_is_accessible_for_who_writes_it_and_who_reads_it(
    visits: Visits, written: Drafted, parts: str, part: str
) -> None:
    for name, person in (("writes", written.ana), ("reads", written.officer("Rea Demo", May.READ))):
        page = visits.open(person)
        page.goto(f"{parts}{part}")
        look(page, f"plans-{part}-{name}", widths=(NARROW, PHONE, DESK), themes=("light", "dark"))


@pytest.mark.parametrize("part", ["results", "workplan", "risks"])
def test_a_word_without_an_end_makes_no_page_wider(visits: Visits, draft: Drafted, parts: str, part: str) -> None:
    words = (".text", ".unit", ".baseline", ".means", ".milestone", ".mitigation", ".owner")
    for name, content in CONTENTS.items():
        draft.save(draft.ana, name, {key: "W" * 110 if key.endswith(words) else text for key, text in content.items()})
    for person in (draft.ana, draft.officer("Rea Demo", May.READ)):
        page = visits.open(person)
        page.goto(f"{parts}{part}")
        look(page, f"plans-{part}-long-{person.name.split()[0]}", widths=(NARROW, PHONE, DESK))


def test_a_framework_is_written_by_keyboard_alone(visits: Visits, draft: Drafted, parts: str) -> None:
    page = visits.open(draft.ana)
    page.goto(f"{parts}results")
    keys = Keyboard(page)
    keys.to("Add an outcome")
    keys.press("Enter")
    expect(page.get_by_label("What changes, and for whom")).to_be_focused()
    page.keyboard.type("Fewer weapons are diverted")
    keys.to("Add an output")
    keys.press("Enter")
    page.keyboard.type("Stores are safe")
    keys.to("Add an indicator")
    keys.press("Enter")
    page.keyboard.type("Stores with a fence")
    for label, text in (
        ("Means of verification", "Protocols"), ("Unit", "number"), ("Baseline", "0"), ("Target", "12"),
    ):  # fmt: skip
        keys.fill(label, text)
    assert rows(page) == ["Outcome 1", "Output 1.1", "Indicator 1.1.1"]
    saved(page)
    expect(page.locator("#saved")).to_contain_text("complete")
    stands = draft.stands("results")
    assert stands[f"outputs.{stands['outputs']}.of"] == stands["outcomes"]
    assert stands[f"indicators.{stands['indicators']}.of"] == stands["outputs"]


def test_rows_move_among_those_beside_them_and_below_the_next(visits: Visits, written: Drafted, parts: str) -> None:
    page = visits.open(written.ana)
    page.goto(f"{parts}results")
    page.get_by_role("button", name="Add an outcome").click()
    page.get_by_role("button", name="Add an output").first.click()
    assert rows(page) == ["Outcome 1", "Output 1.1", "Indicator 1.1.1", "Output 1.2", "Outcome 2"]
    down = page.locator('button[value="down outputs bbbbbb"]')
    down.click()
    said(page, "Output 1.1 is output 1.2 now.")
    expect(down).to_be_focused()
    page.keyboard.press("Enter")
    said(page, "Output 1.2 is output 2.1 now.")
    assert rows(page) == ["Outcome 1", "Output 1.1", "Outcome 2", "Output 2.1", "Indicator 2.1.1"]
    page.keyboard.press("Enter")
    said(page, "Output 2.1 stands last already.")
    saved(page)
    assert written.stands("results")["outputs.bbbbbb.of"] == written.stands("results")["outcomes"].split()[1]


def test_what_is_removed_is_asked_about_and_can_be_brought_back(visits: Visits, written: Drafted, parts: str) -> None:
    page = visits.open(written.ana)
    page.goto(f"{parts}results")
    remove = page.locator('button[value="remove outcomes aaaaaa"]')
    remove.click()
    expect(page.get_by_role("dialog")).to_contain_text("What stands below it goes with it: 1 output and 1 indicator.")
    page.get_by_role("button", name="Cancel").click()
    expect(remove).to_be_focused()
    assert len(rows(page)) == 3
    remove.click()
    page.get_by_role("button", name="Yes, remove outcome 1").click()
    back = page.get_by_role("button", name="Bring it back")
    expect(back).to_be_focused()
    saved(page)
    assert written.stands("results") == {}
    look(page, "plans-removed", themes=("light", "dark"))
    back.click()
    saved(page)
    assert written.stands("results") == RESULTS


def test_two_people_add_and_move_rows_below_rows(visits: Visits, written: Drafted, parts: str) -> None:
    ana, ben = visits.open(written.ana), visits.open(written.ben)
    for page in (ana, ben):
        page.goto(f"{parts}results")
    ana.get_by_role("button", name="Add an outcome").click()
    ana.keyboard.type("Second")
    ana.locator('button[value="down outputs bbbbbb"]').click()
    saved(ana)
    ben.get_by_role("button", name="Add an indicator").click()
    ben.keyboard.type("Guards at work")
    saved(ben)
    both = ["Outcome 1", "Outcome 2", "Output 2.1", "Indicator 2.1.1", "Indicator 2.1.2"]
    assert rows(ben) == both
    expect(ben.get_by_label("What changes, and for whom").last).to_have_value("Second")
    expect(ben.get_by_label("What is counted or observed").first).to_have_value("Stores with a fence")
    ana.locator('button[value="up outcomes aaaaaa"]').click()
    ana.get_by_label("Target").first.fill("14")
    saved(ana)
    assert rows(ana) == both
    expect(ana.get_by_label("What is counted or observed").last).to_have_value("Guards at work")
    stands = written.stands("results")
    assert stands["indicators.cccccc.target"] == "14"
    assert "Guards at work" in stands.values()


def test_an_activity_is_given_to_another_output_and_drawn_again(visits: Visits, written: Drafted, parts: str) -> None:
    more = {"outputs": "bbbbbb ffffff", "outputs.ffffff.of": "aaaaaa", "outputs.ffffff.text": "Marking is done"}
    written.save(written.ana, "results", {**RESULTS, **more}, version=1)
    page = visits.open(written.ana)
    page.goto(f"{parts}workplan")
    page.get_by_label("Output", exact=True).select_option("1.2 Marking is done")
    said(page, "It is activity 1.2.1 now.")
    page.get_by_label("Last quarter").select_option("Q6, Jul–Sep 2028")
    saved(page)
    drawn = page.locator("#figures")
    expect(drawn.get_by_role("row").filter(has_text="Output 1.2: Marking is done")).to_have_count(1)
    expect(drawn).to_contain_text("Q2–Q6")


def test_a_page_that_does_not_know_an_output_yet_loses_no_activity(
    visits: Visits, written: Drafted, parts: str
) -> None:
    page = visits.open(written.ana)
    page.goto(f"{parts}workplan")
    more = {"outputs": "bbbbbb ffffff", "outputs.ffffff.of": "aaaaaa", "outputs.ffffff.text": "Marking is done"}
    written.save(written.ben, "results", {**RESULTS, **more}, version=1)
    theirs = {
        **ACTIVITY,
        "activities": "dddddd gggggg",
        "activities.gggggg.of": "ffffff",
        "activities.gggggg.text": "Mark",
    }
    written.save(written.ben, "workplan", theirs, version=1)
    for text in ("Build strong fences", "Build stronger fences"):
        page.get_by_label("What is done").first.fill(text)
        saved(page)
    expect(page.get_by_label("What is done").last).to_have_value("Mark")
    stands = written.stands("workplan")
    assert stands == {**theirs, "activities.dddddd.text": "Build stronger fences"}


def test_the_level_of_a_risk_follows_what_is_chosen_and_its_mark_leads_to_it(
    visits: Visits, written: Drafted, parts: str
) -> None:
    page = visits.open(written.ana)
    page.goto(f"{parts}risks")
    level = page.locator("[data-level]")
    expect(level).to_have_text("12 high")
    page.get_by_label("Likelihood", exact=True).select_option("5 – Almost certain")
    expect(level).to_have_text("20 very high")
    page.get_by_label("Impact", exact=True).select_option("–")
    expect(level).to_have_text("–")
    saved(page)
    expect(page.locator("#figures")).to_contain_text("Not in the table yet, because one of them is not chosen: risk 1.")
    page.get_by_label("Impact", exact=True).select_option("1 – Negligible")
    saved(page)
    page.get_by_role("link", name="Risk 1").click()
    assert page.url.endswith("#risks.aaaaaa")
    expect(page.locator("[id='risks.aaaaaa']")).to_be_in_viewport()
