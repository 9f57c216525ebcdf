"""The three journeys of the roadmap, on the desk a new user gets from `make run`, in a real browser."""

import io
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import openpyxl
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pyotp import TOTP

from tests.support.browser import axe, shot
from tests.support.desk import ROOT, Desk, running
from tests.support.keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.slow]
pytest_plugins = ["tests.support.browsing"]

EXTRACT = ROOT / "demo" / "data" / "gateway_participating_organisations.csv"
WORKERS = 2
CLICKS = 12  # at once: more than one worker takes


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Start the desk once for all journeys."""
    with running(tmp_path_factory.mktemp("desk") / "data") as found:
        yield found


@pytest.fixture
def visitor(chromium: Browser, desk: Desk) -> Iterator[Page]:
    """Open a page for somebody new; complaints of the browser fail the test."""
    context = chromium.new_context(base_url=desk.url, viewport={"width": 1440, "height": 900}, accept_downloads=True)
    complaints: list[str] = []
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    yield page
    context.close()
    refused = ("404 (NOT FOUND)", "422 (UNPROCESSABLE ENTITY)")  # what a browser says of a page that is an answer too
    assert [said for said in complaints if not said.endswith(refused)] == []


def enter(page: Page, desk: Desk, role: str) -> None:
    """Sign in with the printed address and password, and the code the demonstration shows."""
    email, password = desk.sign_ins[role]
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Continue", exact=True).click()
    shown = page.locator(".demo code")
    if shown.count():
        page.get_by_label("Code").fill(shown.inner_text())
        page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Account menu")).to_be_attached()


def test_a_new_user_has_the_fund_on_the_screen(desk: Desk, visitor: Page) -> None:
    visitor.goto("/")
    donors = visitor.get_by_role("table", name=re.compile("Deposits of the contributors"))
    expect(donors.locator("tfoot")).to_contain_text("15,907,178")
    rows = [row.inner_text().split() for row in donors.locator("tbody tr").all()]
    assert len(rows) == 6
    assert sum(int(row[-2].replace(",", "")) for row in rows) == 15_907_178
    certain = [row[0] for row in rows if "certain" in row]
    assert certain == ["Germany", "United"]
    assert sum("probable" in row for row in rows) == 4
    expect(visitor.get_by_text("read from the order of the labels, not stated")).to_be_visible()
    page = visitor.inner_text("main")
    for announced in ("EUR\xa0400,000", "GBP\xa02,000,000", "SEK\xa06,000,000", "NOK\xa05,000,000"):
        assert announced in page
    assert len(desk.sign_ins) == 18
    assert axe(visitor) == []
    shot(visitor, "journey-1-public")
    enter(visitor, desk, "Donor viewer")
    shot(visitor, "journey-1-donor-home")


def test_an_officer_imports_the_extract_and_downloads_the_workbook(desk: Desk, visitor: Page) -> None:
    enter(visitor, desk, "Secretariat officer")
    visitor.get_by_role("link", name="Gateway figures").click()
    visitor.get_by_role("link", name=re.compile("Upload")).first.click()
    visitor.locator("input[type=file]").set_input_files(EXTRACT)
    visitor.get_by_role("textbox", name="Title").fill("Participating organisations")
    visitor.get_by_role("textbox", name="Source").fill("MPTF Office Gateway, through UN-CRAFd/crafd-reference-datasets")
    visitor.get_by_label("Not stated in the source").check()
    visitor.get_by_role("button", name="Upload and check").click()
    start = visitor.get_by_role("button", name=re.compile("^Import"))
    expect(start).to_be_visible(timeout=30_000)
    expect(visitor.locator("main")).to_contain_text("119")
    start.click()
    expect(visitor.get_by_text("118 of 118").first).to_be_visible(timeout=30_000)
    shot(visitor, "journey-2-figures")
    visitor.get_by_role("link", name="Reports", exact=True).click()
    visitor.get_by_role("button", name=re.compile("XLSX")).first.click()
    download = visitor.get_by_role("link", name=re.compile("^Download")).first
    expect(download).to_be_visible(timeout=60_000)
    with visitor.expect_download() as taken:
        download.click()
    book = openpyxl.load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes()))
    assert len(book.sheetnames) == 3
    assert sum(len(getattr(sheet, "_charts")) for sheet in book.worksheets) >= 1  # noqa: B009 - openpyxl names it so
    words = "\n".join(str(cell.value) for sheet in book.worksheets for row in sheet.iter_rows() for cell in row)
    assert "118 of 118" in words
    assert words.count("n/a") >= 1
    assert "not stated" in words


def test_an_administrator_gives_and_ends_a_role(desk: Desk, visitor: Page, chromium: Browser) -> None:
    enter(visitor, desk, "Administrator")
    invite(visitor)
    newcomer = chromium.new_context(base_url=desk.url)
    guest = newcomer.new_page()
    join(guest, desk)
    expect(guest.get_by_role("heading", name="What needs you today")).to_be_visible()
    assert_open_everywhere(newcomer, desk)
    visitor.get_by_role("link", name="People").first.click()
    visitor.get_by_role("link", name="Demo Auditor 2").click()
    visitor.get_by_role("button", name=re.compile("End")).first.click()
    visitor.locator("dialog button[value=yes]").click()
    expect(visitor.get_by_role("heading", name="Earlier roles")).to_be_visible()
    assert_closed_everywhere(newcomer, desk)
    newcomer.close()
    visitor.goto("/admin/audit?who=Auditor+2")
    log = visitor.inner_text("main").lower()
    for word in ("invit", "role", "second factor", "session"):
        assert word in log
    visitor.get_by_role("link", name="Check the chain").click()
    expect(visitor.get_by_text("The chain holds")).to_be_visible()
    shot(visitor, "journey-3-audit")


def test_a_backup_taken_while_people_work_restores_everything(desk: Desk, tmp_path: Path, chromium: Browser) -> None:
    stop = threading.Event()
    seen: list[int] = []

    def work() -> None:
        import urllib.request

        while not stop.is_set():
            with urllib.request.urlopen(f"{desk.url}/funds/SLW00") as answer:
                seen.append(answer.status)

    busy = threading.Thread(target=work)
    busy.start()
    try:
        desk.make("backup", f"TO={tmp_path / 'backup'}")
    finally:
        stop.set()
        busy.join()
    assert seen
    assert set(seen) == {200}
    restored = tmp_path / "restored"
    said = desk.make("restore", f"FROM={tmp_path / 'backup'}", folder=restored)
    assert "audit" in said.lower()
    assert "hold" in desk.flask("audit", "verify", folder=restored)
    desk.flask("files", "verify", folder=restored)


def test_what_was_typed_comes_back_after_the_session_ended(desk: Desk, visitor: Page) -> None:
    enter_as(visitor, "Demo Officer 1")
    visitor.goto("/f/SLW00/contributions/deposits/new")
    visitor.locator("[name=received]").fill("1,234.50")
    visitor.context.clear_cookies()
    with visitor.expect_navigation():  # asked nothing: too little is filled in
        visitor.get_by_role("button", name="Record the deposit").click()
    expect(visitor.get_by_text("You were signed out meanwhile")).to_be_visible()
    enter_as(visitor, "Demo Officer 1")
    expect(visitor.get_by_text("What you typed before you were signed out")).to_be_visible()
    expect(visitor.locator("[name=received]")).to_have_value("1,234.50")


def test_somebody_of_the_office_works_by_keyboard_alone(desk: Desk, visitor: Page, tmp_path: Path) -> None:
    keys = Keyboard(visitor)
    visitor.emulate_media(reduced_motion="reduce")
    visitor.goto("/sign-in")
    # Not the officer of another journey: a code works once, and the next one comes half a minute later.
    email, password = desk.sign_ins["Secretariat head"]
    keys.fill("E-mail", email)
    keys.fill("Password", password)
    keys.follow("Continue")
    assert keys.here()["name"].startswith("Code")
    visitor.keyboard.type(visitor.locator(".demo code").inner_text())
    keys.send()
    keys.to("Skip to content")
    keys.press("Enter", "Tab")
    assert visitor.evaluate("document.activeElement.closest('main') !== null")
    look_into_the_menus(visitor, keys)
    keys.follow("Contributions", "a")
    keys.follow("Pledges")
    keys.follow("Deposits")
    record_a_deposit(visitor, keys)
    few = tmp_path / "few.csv"
    few.write_text("".join(EXTRACT.read_text().splitlines(keepends=True)[:6]))
    import_an_extract(visitor, keys, few, "5 of 5")
    import_an_extract(visitor, keys, few, "Open what is here already")
    keys.to("D1", "summary")
    keys.press("Enter")
    keys.follow("Sign out")
    expect(visitor.get_by_text("You are signed out.")).to_be_visible()


def look_into_the_menus(page: Page, keys: Keyboard) -> None:
    """Open each menu of the head, leave it by Escape, and be where one was."""
    page.reload()
    for opener, inside in (("SLW00", "Funds you may open"), ("D1", "Security and sessions")):
        keys.to(opener, "summary")
        keys.press("Enter")
        expect(page.get_by_text(inside)).to_be_visible()
        keys.press("Tab", "Escape")
        expect(page.get_by_text(inside)).to_be_hidden()
        assert keys.here()["name"].startswith(opener)
    keys.press("/")
    assert keys.here()["name"] == "Search this fund"
    wide = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    keys.to("Menu")
    keys.press("Enter")
    assert keys.here()["name"] == "Home"
    keys.press("Escape")
    assert keys.here()["name"] == "Menu"
    page.set_viewport_size(wide or {"width": 1440, "height": 900})


def record_a_deposit(page: Page, keys: Keyboard) -> None:
    """Fill in the form, be told what is missing, answer the question first with no, then with yes."""
    keys.follow("Record a deposit")
    keys.fill("Contributor", "Norway")
    keys.follow("Record the deposit")
    assert keys.here()["name"].startswith("Please look at this again")
    keys.press("Tab", "Enter")  # the first line of the summary leads to its field
    assert keys.here()["name"].startswith("Received")
    page.keyboard.type("1,234.50")
    keys.fill("Value date", "23 Nov 2026")
    keys.to("Record the deposit")
    keys.press("Enter")
    question = page.get_by_role("dialog")
    for words in (
        "Norway",
        "USD\N{NO-BREAK SPACE}1,234.50",
        "23 Nov 2026",
        "No agreement is recorded for this deposit.",
    ):
        expect(question).to_contain_text(words)
    assert keys.here()["name"] == "Cancel"
    keys.press("Escape")
    expect(question).to_be_hidden()
    assert keys.here()["name"] == "Record the deposit"
    keys.press("Enter")
    expect(question).to_be_visible()
    keys.press("Tab")
    assert keys.here()["name"] == "Yes, record the deposit"
    keys.send()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Norway")


def import_an_extract(page: Page, keys: Keyboard, file: Path, told: str) -> None:
    """Choose a file, say what it is, look at what the check found and import it, unless it is here already."""
    keys.follow("Gateway figures")
    keys.follow("Upload an extract")
    keys.to("File", "file")
    page.locator("input[type=file]").set_input_files(file)  # as the window of the operating system would
    keys.fill("Title", "A few organisations")
    keys.fill("Source", "the first rows of the table")
    keys.to("Certified", "radio")
    keys.press("ArrowDown", "ArrowDown")
    assert keys.here()["name"] == "Not stated in the source"
    keys.follow("Upload and check")
    if not page.locator("[data-errors]").count():
        expect(page.get_by_role("button", name=re.compile("^Import"))).to_be_visible(timeout=30_000)
        keys.follow("Import", "button")
    expect(page.get_by_text(told).first).to_be_visible(timeout=30_000)


def enter_as(page: Page, name: str) -> None:
    """Sign in as an invented person, as the demonstration offers it."""
    if "/sign-in" not in page.url:
        page.goto("/sign-in")
    page.locator("summary", has_text="invented person").click()
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def invite(page: Page) -> None:
    """Invite an auditor for SLW00."""
    page.goto("/admin/people/invite")
    page.get_by_label("Name").fill("Demo Auditor 2")
    page.get_by_label("E-mail").fill("auditor.two@example.org")
    page.get_by_label("Role").select_option(label="Auditor")
    page.get_by_label("Fund", exact=True).select_option("SLW00")
    expect(page.get_by_text("One mail goes to the address above, and to nobody else")).to_be_visible()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("heading", name="Demo Auditor 2")).to_be_visible()


def join(page: Page, desk: Desk) -> None:
    """Follow the mailed link, choose a password, and be made to set up a second factor."""
    letter = desk.letter("auditor.two@example.org").replace("=\n", "").replace("=3D", "=")
    found = re.search(rf"{re.escape(desk.url)}(/invitation/\S+)", letter)
    assert found, letter
    page.goto(found[1])
    page.get_by_label("Password", exact=False).first.fill("lantern orchard 47 viola")
    page.get_by_label("again", exact=False).fill("lantern orchard 47 viola")
    page.get_by_role("button", name="Open my account").click()
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    page.goto("/f/SLW00/")
    assert "second-factor" in page.url, "a session with the password alone reaches nothing else"
    secret = re.sub(r"\s", "", page.locator("code.secret").inner_text())
    page.get_by_label("Code").fill(TOTP(secret).now())
    page.get_by_role("button", name="Set up the second factor").click()
    page.get_by_role("link", name=re.compile("continue")).click()


def assert_open_everywhere(context: BrowserContext, desk: Desk) -> None:
    """The page is there, whichever worker answers."""
    assert answers(context, f"{desk.url}/f/SLW00/ledger") == {200}


def assert_closed_everywhere(context: BrowserContext, desk: Desk) -> None:
    """The role is gone at the next click, whichever worker answers."""
    assert answers(context, f"{desk.url}/f/SLW00/ledger") == {404}


def answers(context: BrowserContext, url: str) -> set[int]:
    """Ask at once on connections of their own, as long as workers may take turns; return what was answered."""
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())

    def ask(_number: int) -> int:
        try:
            with urlopen(Request(url, headers={"Cookie": cookies, "Connection": "close"})) as answer:
                return int(answer.status)
        except HTTPError as refused:
            refused.close()
            return refused.code

    with ThreadPoolExecutor(CLICKS) as several:
        return set(several.map(ask, range(CLICKS * WORKERS)))
