"""People in front of a real browser: tabs of a served application, each signed in as somebody."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

from mptf.people.models import Person
from tests.support.browser import THEMES, axe, shot
from tests.support.live import served
from tests.support.signing import cookie_for

DESK, PHONE, NARROW = 1440, 390, 320

# What a browser says of a form that came back.
_CAME_BACK = "422 (UNPROCESSABLE ENTITY)"


@dataclass
class Visits:
    """The tabs of one application, and what their browser says against its pages."""

    app: Flask
    address: str
    chromium: Browser
    complaints: list[str] = field(default_factory=list)

    def open(self, person: Person | None = None, *, width: int = DESK) -> Page:
        """Open a tab as a person, or as nobody."""
        viewport: ViewportSize = {"width": width, "height": 900}
        page = self.chromium.new_context(base_url=self.address, viewport=viewport, reduced_motion="reduce").new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if person is not None:
            self.sign_in(page, person)
        return page

    def sign_in(self, page: Page, person: Person) -> None:
        """Let somebody be signed in from the next page of a tab on."""
        cookie = cookie_for(self.app, person)
        page.context.clear_cookies()
        page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": self.address}])

    def _heard(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and _CAME_BACK not in said.text:
            self.complaints.append(said.text)


@contextmanager
def visiting(app: Flask, chromium: Browser) -> Iterator[Visits]:
    """Serve an application to its visitors inside the block; a complaint of their browser fails the test."""
    with served(app) as address:
        visits = Visits(app, address, chromium)
        try:
            yield visits
        finally:
            for context in chromium.contexts:
                context.close()
    assert visits.complaints == []


def look(page: Page, name: str, *, themes: tuple[str, ...] = ("light",), widths: tuple[int, ...] = ()) -> None:
    """Keep a picture; refuse violations of accessibility in each theme, and sideways scrolling at each width."""
    page.wait_for_load_state()  # a click that leads on returns before the next page is there
    shot(page, name)
    for theme in themes:
        page.evaluate(f"document.documentElement.setAttribute('data-bs-theme', '{theme}')")
        assert axe(page, *THEMES[theme]) == [], (name, theme)
    size = page.viewport_size
    assert size is not None
    for width in widths or (size["width"],):
        page.set_viewport_size({"width": width, "height": size["height"]})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
    page.set_viewport_size(size)
