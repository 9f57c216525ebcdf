"""The shell in a real browser: every layout and macro, both themes, three widths, under the strict policy."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.gallery.app import PAGES, ROOT, create_gallery
from tests.support.browser import THEMES, axe
from tests.support.visits import DESK, NARROW, PHONE, Visits, visiting

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]

WIDTHS = (DESK, PHONE, NARROW)
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def gallery() -> Flask:
    """Make the gallery once."""
    return create_gallery()


@pytest.fixture
def visits(gallery: Flask, chromium: Browser) -> Iterator[Visits]:
    """Serve the gallery; refused styles and scripts, broken scripts and missing files fail the test."""
    with visiting(gallery, chromium) as found:
        yield found


@pytest.fixture
def address(visits: Visits) -> str:
    return visits.address


@pytest.fixture
def page(visits: Visits) -> Page:
    return visits.open()


def is_open(page: Page, menu: str) -> bool:
    return bool(page.locator(f"details:has({menu})").evaluate("element => element.open"))


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_and_keeps_the_policy(page: Page, address: str, name: str, theme: str) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}/{name}")
        assert page.locator("html").get_attribute("data-bs-theme") == theme
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways at {width}"
        assert axe(page, *THEMES[theme]) == [], f"{name} at {width} px, {theme}"


def test_icons_are_drawn_from_the_sprite(page: Page, address: str) -> None:
    page.goto(f"{address}/parts")
    heights = page.locator("svg.ti:visible use").evaluate_all(
        "all => all.map(use => use.getBoundingClientRect().height)"
    )
    assert heights
    assert all(height > 0 for height in heights)


def test_a_menu_opens_by_key_closes_by_escape_and_gives_the_focus_back(page: Page, address: str) -> None:
    page.goto(f"{address}/parts")
    page.locator("summary.fundpick").focus()
    page.keyboard.press("Enter")
    assert is_open(page, ".fundpick")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip().startswith("SLW00")
    page.keyboard.press("Escape")
    assert not is_open(page, ".fundpick")
    assert page.evaluate("document.activeElement.className") == "fundpick"


def test_opening_one_menu_or_clicking_outside_closes_the_other(page: Page, address: str) -> None:
    page.goto(f"{address}/parts")
    page.locator("summary.fundpick").click()
    page.locator("summary.who").click()
    assert not is_open(page, ".fundpick")
    assert is_open(page, ".who")
    assert axe(page) == []
    page.locator("h1").click()
    assert not is_open(page, ".who")


def test_the_theme_is_kept_for_the_next_page(page: Page, address: str) -> None:
    page.goto(f"{address}/parts")
    page.get_by_role("button", name="Dark theme").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.goto(f"{address}/empty")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.get_by_role("button", name="Dark theme").get_attribute("aria-pressed") == "true"


def test_a_slash_goes_to_the_search_but_not_while_typing(page: Page, address: str) -> None:
    page.goto(f"{address}/form")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.locator("#remarks").focus()
    page.keyboard.press("/")
    assert page.locator("#remarks").input_value() == "/"


def test_the_side_navigation_of_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto(f"{address}/parts")
    button = page.get_by_role("button", name="Menu", exact=True)
    assert not page.locator("#side").is_visible()
    button.press("Space")
    assert page.locator("#side").is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    assert axe(page) == []
    page.keyboard.press("Escape")
    assert not page.locator("#side").is_visible()
    assert page.evaluate("document.activeElement.getAttribute('data-act')") == "menu"


def test_menus_and_navigation_work_without_script(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": PHONE, "height": 800})
    page = context.new_page()
    page.goto(f"{address}/parts")
    page.locator("summary.who").click()
    assert page.get_by_role("button", name="Sign out").is_visible()
    assert page.get_by_role("button", name="Dark theme").count() == 0
    page.locator("summary.who").click()
    page.locator(".menu-btn").click()
    assert page.locator("#side").is_visible()
    page.locator(".side-close").click()
    assert not page.locator("#side").is_visible()
    context.close()


def test_the_error_summary_takes_the_focus_and_leads_to_its_field(page: Page, address: str) -> None:
    page.goto(f"{address}/refused")
    assert page.evaluate("document.activeElement.hasAttribute('data-errors')")
    page.get_by_role("link", name="Value in US dollars").click()
    assert page.evaluate("document.activeElement.id") == "usd"
    field = page.locator("#usd")
    assert field.input_value() == "1.000,00"
    assert field.get_attribute("aria-invalid") == "true"
    said = page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()
    assert "is not an amount" in said
    page.get_by_role("link", name="Kind of agreement").click()
    assert page.evaluate("document.activeElement.id") == "kind"


def test_a_form_is_sent_once(page: Page, address: str) -> None:
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    page.route(
        "**/form", lambda route: route.fulfill(status=204) if route.request.method == "POST" else route.continue_()
    )
    page.goto(f"{address}/form")
    send = page.get_by_role("button", name="Record the pledge")
    send.click()
    send.click(force=True)
    page.locator("#name").press("Enter")
    page.wait_for_timeout(100)
    assert len(posts) == 1
    assert send.get_attribute("aria-disabled") == "true"
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    assert send.get_attribute("aria-disabled") is None


def test_an_act_that_cannot_be_taken_back_asks_first(page: Page, address: str) -> None:
    page.goto(f"{address}/form")
    page.get_by_role("button", name="End the role").click()
    dialog = page.get_by_role("dialog")
    assert "signed out of this fund" in dialog.inner_text()
    assert dialog.get_by_role("heading").inner_text() == "End the role?"
    assert axe(page) == []
    dialog.get_by_role("button", name="Cancel").click()
    assert page.url == f"{address}/form"
    assert page.evaluate("document.activeElement.textContent").strip() == "End the role"
    page.get_by_role("button", name="End the role").click()
    page.route("**/*", lambda route: route.fulfill(status=204))
    with page.expect_request(lambda request: request.method == "POST") as sent:
        dialog.get_by_role("button", name="Yes, end the role").dblclick()
    assert "role=2" in (sent.value.post_data or "")
    beneath = page.locator("main form[action='/role']")
    assert beneath.evaluate("form => form.inert"), "the second click falls on nothing"
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    assert not beneath.evaluate("form => form.inert")


def test_an_impossible_action_says_why_and_does_nothing(page: Page, address: str) -> None:
    page.goto(f"{address}/form")
    button = page.get_by_role("button", name="Post to the ledger")
    reason = page.locator(f"#{button.get_attribute('aria-describedby')}")
    assert reason.inner_text() == "Possible when the deposit is confirmed."
    button.click(force=True)
    assert page.url == f"{address}/form"


def test_a_chosen_file_shows_its_name_and_size(page: Page, address: str) -> None:
    page.goto(f"{address}/form")
    page.locator("#document").set_input_files(
        {"name": "agreement.pdf", "mimeType": "application/pdf", "buffer": b"x" * 1500}
    )
    assert page.locator("[data-file-of=document]").inner_text() == "agreement.pdf, 1.5 kB"
    assert not page.locator("#document.is-invalid").count()
    page.locator("#document").evaluate("field => { field.dataset.limit = 1000; }")
    page.locator("#document").dispatch_event("change")
    assert page.locator("#document.is-invalid").count()


def test_on_paper_the_frame_is_gone_and_the_figures_stay(page: Page, address: str) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(f"{address}/parts")
    for part in (".top", ".side", ".filters", ".pager"):
        assert not page.locator(part).first.is_visible(), part
    assert page.get_by_text("2,701,816,494").is_visible()
    assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"


def test_the_footnote_is_printed_once_where_kosovo_is_mentioned() -> None:
    client = create_gallery().test_client()
    assert client.get("/parts").text.count("* References to Kosovo shall be understood") == 1
    assert "References to Kosovo" not in client.get("/form").text


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    listed = set(re.findall(r"^[a-z0-9-]+$", (ROOT / "tools" / "icons.txt").read_text("utf-8"), re.MULTILINE))
    named = {
        name
        for template in TEMPLATES
        for call in re.findall(r"(?:icon|glyph)\(([^)]*)\)", template.read_text("utf-8"))
        for name in re.findall(r"(?:^|if |else )'([a-z0-9-]+)'", call)
    }
    assert len(named) > 10
    assert named - listed == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_carries_what_the_policy_refuses(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"\sstyle\s*=", text), "a style attribute"
    assert not re.search(r"\son[a-z]+\s*=", text), "an inline handler"
    assert not re.search(r"<style\b|<script(?![^>]*\bsrc=)", text), "an inline style sheet or script"
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//[^"']*\.(?:css|js|woff2?|svg|png)""", text), (
        "another host"
    )
