"""Every page as each role sees it, in a real browser: accessible in both themes, nothing wider than the screen."""

import re
import zlib
from collections.abc import Callable, Collection, Iterable

import pytest
from playwright.sync_api import Browser, Page

from mptf.policy import Role
from tests import crawl
from tests.matrix import Stage
from tests.support.browser import THEMES, axe, shot
from tests.support.live import served
from tests.support.signing import cookie_for, sign_in
from tests.support.work import work_off

pytestmark = [pytest.mark.browser, pytest.mark.slow]
pytest_plugins = ["tests.support.browsing"]

# Whose pages are all looked at; of the others' those that hold what these do not.
SEES_MOST = Role.SECRETARIAT_HEAD
# Who looks in one turn, and who in the other.
VIEWERS = {
    "nobody": ("nobody", "nobody"),
    "who sees most": (SEES_MOST, SEES_MOST),
    "another": (Role.ADMINISTRATOR, Role.ADMINISTRATIVE_AGENT),
    "a third": (Role.DONOR_VIEWER, Role.PUNO_OFFICER),
}
IN_BOTH_TURNS = {one for one, other in VIEWERS.values() if one == other}
DESK, PHONE = 1440, 320
LIGHT = "light"
# The same around every page of a person: looked at on the first.
SHELL = ("header.top", "nav.side")
MARK = re.compile(r"<[a-z][a-z0-9]*|class=.[^>]*?[\"']")
ID = re.compile(r"[a-z2-7]{26}")


@pytest.fixture(scope="module")
def office(staged: Callable[[], Stage]) -> Callable[[], Stage]:
    """Return a way to begin with the world of the matrix, its background work done."""

    def again() -> Stage:
        stage = staged()
        with stage.app.app_context():
            work_off()
        return stage

    return again


@pytest.fixture(scope="module")
def most(office: Callable[[], Stage]) -> dict[str, frozenset[str]]:
    """Return the pages of the role whose pages are all looked at."""
    return _pages(office(), SEES_MOST)


@pytest.fixture
def its_turn(request: pytest.FixtureRequest) -> Callable[[str], bool]:
    """Tell whether a page is looked at in this run: one half of them, the other half in the other turn."""
    turn = request.config.getoption("turn")
    return lambda path: (zlib.crc32(_kind(path).encode()) + turn) % 2 == 0


@pytest.fixture
def viewer(request: pytest.FixtureRequest) -> Role | str:
    """Return who looks in this run."""
    looking: tuple[Role | str, Role | str] = request.param
    return looking[request.config.getoption("turn") % 2]


@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS.keys(), indirect=True)
def test_every_page_is_accessible_and_fits(
    office: Callable[[], Stage],
    most: dict[str, frozenset[str]],
    its_turn: Callable[[str], bool],
    chromium: Browser,
    viewer: Role | str,
) -> None:
    stage = office()
    with served(stage.app) as address:
        context = chromium.new_context(
            base_url=address, viewport={"width": DESK, "height": 900}, reduced_motion="reduce"
        )
        if isinstance(viewer, Role):
            cookie = cookie_for(stage.app, stage.world.people[viewer])
            context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": address}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        mine, seen = (most, {}) if viewer is SEES_MOST else (_pages(stage, viewer), most)
        # Who looks in one turn alone looks at everything: the other half would never be seen.
        wanted = its_turn if viewer in IN_BOTH_TURNS else bool
        pages = [path for path, marks in mine.items() if wanted(path) and not marks <= seen.get(path, frozenset())]
        looks, drawn = {}, frozenset[str]()
        for path in pages:
            themes = THEMES if mine[path] - drawn else [LIGHT]
            looks[path] = _look(page, path, viewer, themes, SHELL if drawn else ())
            drawn |= mine[path]
        context.close()
    assert {path: wrong for path, wrong in looks.items() if wrong} == {}
    assert complaints == []


def _pages(stage: Stage, viewer: Role | str) -> dict[str, frozenset[str]]:
    """Return every page this person can reach, one of each kind, by its address; files are no pages."""
    client = stage.app.test_client()
    if isinstance(viewer, Role):
        sign_in(client, stage.world.people[viewer])
    found = crawl.crawl(client)
    pages = {address.partition("?")[0]: body for address, body in found.items() if "<html" in body}
    alike = {_kind(path): path for path in sorted(pages)}
    return {path: _marks(pages[path]) for path in sorted(alike.values())}


def _kind(path: str) -> str:
    """Return the address of a page without what it is about."""
    return ID.sub("*", path).replace("/f/OTHER", "/f/SLW00")


def _marks(body: str) -> frozenset[str]:
    """Return what the main part of a page is made of: its elements and their classes, without words and values."""
    return frozenset(MARK.findall(body.partition("<main")[2].partition("</main>")[0]))


def _look(page: Page, path: str, viewer: Role | str, themes: Iterable[str], beside: Collection[str]) -> list[str]:
    """Say what is wrong with a page; in another theme colours may be wrong, and what has them is the same on each."""
    page.set_viewport_size({"width": DESK, "height": 900})
    page.goto(path)
    shot(page, f"every-{viewer}-{path.strip('/').replace('/', '_')[:60] or 'index'}")
    wrong = []
    for theme in themes:
        page.evaluate(f"document.documentElement.setAttribute('data-bs-theme', '{theme}')")
        wrong += [f"{theme}: {sentence}" for sentence in axe(page, *THEMES[theme], beside=beside)]
    page.set_viewport_size({"width": PHONE, "height": 900})
    if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        wrong.append(f"wider than {PHONE} px")
    return wrong
