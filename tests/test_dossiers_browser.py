"""What was sent is read like a document at each width and on paper, compared, and taken away, in a real browser."""

import io

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from mptf.people.models import Person
from tests.conftest import Once
from tests.support.browser import shot
from tests.support.sent import MARK, Sent, person_of, sent_twice
from tests.support.visits import DESK, NARROW, PHONE, Visits, look
from tests.support.work import work_off

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def sent(app: Flask, once: Once) -> Sent:
    return once(sent_twice)


def person(sent: Sent, who: str) -> Person:
    with sent.app.app_context():
        return person_of(getattr(sent, who))


def looked(page: Page, name: str) -> None:
    look(page, f"dossiers-{name}", widths=(NARROW, PHONE, DESK), themes=("light", "dark"))


def test_the_secretariat_reads_compares_and_takes_what_was_sent(visits: Visits, sent: Sent) -> None:
    page = visits.open(person(sent, "officer"))
    page.goto(sent.path)
    looked(page, "card")
    page.get_by_role("link", name="Version 2", exact=True).click()
    expect(page.get_by_role("heading", name="Safe storage", level=1)).to_be_visible()
    expect(page.get_by_text(MARK)).to_be_visible()
    expect(page.locator(".sent-part .lines").first).to_have_css("white-space", "pre-line")  # paragraphs stay apart
    looked(page, "submission")
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Risks").click()
    expect(page.get_by_role("heading", name="Risks", exact=True)).to_be_in_viewport()

    with page.expect_download() as letter:
        page.get_by_role("link", name="letter of Kosovo*: the host?.pdf").click()
    assert letter.value.path().read_bytes().startswith(b"%PDF-")

    page.get_by_role("button", name="Make the dossier").click()
    expect(page.get_by_role("progressbar", name="Progress of the dossier")).to_be_visible()
    looked(page, "waiting")
    with sent.app.app_context():
        work_off()
    with page.expect_download() as taken:
        page.get_by_role("link", name="PDF of the dossier").click()
    assert "P1-v2.pdf" in taken.value.suggested_filename
    outline = PdfReader(io.BytesIO(taken.value.path().read_bytes())).outline
    assert [one.title for one in outline if not isinstance(one, list)][-1] == "Attachment 2: A photo"
    looked(page, "made")

    page.get_by_role("link", name="What changed").click()
    expect(page.get_by_role("table", name="Amounts before and after")).to_contain_text("−1,070.00")
    expect(page.locator("ins").filter(has_text="of stores")).to_be_visible()
    expect(page.get_by_text("We named an owner and cut travel.")).to_be_visible()
    looked(page, "changes")


def test_the_office_prints_what_it_sent(visits: Visits, sent: Sent) -> None:
    page = visits.open(person(sent, "ana"))
    page.goto(f"{sent.path}/submissions/1/")
    expect(page.get_by_text("A later version was submitted")).to_be_visible()
    looked(page, "office")
    page.emulate_media(media="print")
    for hidden in ("nav.side", ".sent-nav", ".dossier"):
        expect(page.locator(hidden)).to_be_hidden()
    shot(page, "dossiers-print")
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    words = " ".join(" ".join(one.extract_text() for one in printed.pages).split())
    for part in ("Results framework", "Workplan", "Build fences", "Project manager", "SHA-256"):
        assert part in words
