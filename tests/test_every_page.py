"""Every page as each role sees it, in a real browser: accessible in both themes, nothing wider than the screen."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from mptf.policy import Role
from tests import crawl, matrix
from tests.factories import Make
from tests.matrix import Stage
from tests.support.browser import axe, browser, shot
from tests.support.live import served
from tests.support.signing import cookie_for, sign_in
from tests.support.work import work_off

pytestmark = [pytest.mark.browser, pytest.mark.slow]

VIEWERS = ("nobody", Role.ADMINISTRATOR, Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT, Role.DONOR_VIEWER)
DESK, PHONE = 1440, 320
ID = re.compile(r"[a-z2-7]{26}")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the browser once."""
    with browser() as running:
        yield running


@pytest.mark.parametrize("viewer", VIEWERS)
def test_every_page_is_accessible_and_fits(app: Flask, make: Make, chromium: Browser, viewer: Role | str) -> None:
    stage = matrix.stage(app, make)
    with app.app_context():
        work_off()
    with served(app) as address:
        context = chromium.new_context(
            base_url=address, viewport={"width": DESK, "height": 900}, reduced_motion="reduce"
        )
        if isinstance(viewer, Role):
            cookie = cookie_for(app, stage.world.people[viewer])
            context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": address}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        problems = {path: found for path in _pages(stage, viewer) if (found := _look(page, path, viewer))}
        context.close()
    assert problems == {}
    assert complaints == []


def _pages(stage: Stage, viewer: Role | str) -> list[str]:
    """Return every page this person can reach, one of each kind, without files and other answers that are no page."""
    client = stage.app.test_client()
    if isinstance(viewer, Role):
        sign_in(client, stage.world.people[viewer])
    found = crawl.crawl(client)
    paths = {address.partition("?")[0] for address, body in found.items() if "<html" in body}
    alike = {ID.sub("*", path).replace("/f/OTHER", "/f/SLW00"): path for path in sorted(paths)}
    return sorted(alike.values())


def _look(page: Page, path: str, viewer: Role | str) -> list[str]:
    """Say what is wrong with a page."""
    page.set_viewport_size({"width": DESK, "height": 900})
    page.goto(path)
    shot(page, f"every-{viewer}-{path.strip('/').replace('/', '_')[:60] or 'index'}")
    wrong = []
    for theme, rules in (("light", ()), ("dark", ("color-contrast",))):
        page.evaluate(f"document.documentElement.setAttribute('data-bs-theme', '{theme}')")
        wrong += [f"{theme}: {sentence}" for sentence in axe(page, *rules)]
    page.set_viewport_size({"width": PHONE, "height": 900})
    if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        wrong.append(f"wider than {PHONE} px")
    return wrong
