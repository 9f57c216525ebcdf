"""Files are attached by keyboard and without a script, and the part is read at each width."""

import io

import pytest
from flask import Flask
from playwright.sync_api import Browser, FilePayload, Page, expect

from mptf.attachments import service
from mptf.calls.terms import RequiredDocument
from mptf.core import files
from mptf.core.files import Store
from tests.factories import Make
from tests.support.drafting import Drafted, drafted
from tests.support.visits import DESK, NARROW, PHONE, Visits, look
from tests.test_documents import PDF, PNG
from tests.test_drafting_browser import WAITING, eventually

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]

LETTER = FilePayload(name="letter of the host.pdf", mimeType="application/pdf", buffer=PDF)
PROGRAM = FilePayload(name="letter.pdf", mimeType="application/pdf", buffer=b"MZ" + bytes(100))


@pytest.fixture
def draft(app: Flask, make: Make) -> Drafted:
    draft = drafted(make)
    keys = {"call_id": draft.call.id, "fund_id": draft.fund.id}
    make._kept(RequiredDocument(position=1, name="Letter of the host", guidance="Signed and on letterhead.", **keys))
    make._kept(RequiredDocument(position=2, name="Map of the stores", needed=False, **keys))
    return draft


@pytest.fixture
def ana(visits: Visits, draft: Drafted) -> Page:
    return visits.open(draft.ana)


@pytest.fixture
def page(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/attachments"


def looked(page: Page, name: str) -> None:
    look(page, name, widths=(NARROW, PHONE, DESK), themes=("light", "dark"))


def test_a_file_is_attached_named_and_removed(ana: Page, page: str, draft: Drafted) -> None:
    ana.goto(page)
    looked(ana, "attachments-empty")
    ana.get_by_label("File required").set_input_files(LETTER)
    ana.locator("#attach-document").focus()
    ana.keyboard.type("Letter")
    ana.keyboard.press("Tab")
    ana.keyboard.press("Enter")
    expect(ana.get_by_role("link", name="letter of the host.pdf")).to_be_visible()
    expect(ana.get_by_text("1 file attached")).to_be_visible()
    expect(ana.locator(".parts-nav [aria-current]")).to_contain_text("complete")
    ana.get_by_text("SHA-256").click()
    looked(ana, "attachments-attached")
    row = ana.locator("#files [data-row]")
    row.get_by_label("Document", exact=True).select_option("Another document")
    expect(ana.get_by_text("Needed, not attached yet")).to_be_visible()  # the list is drawn again after each save
    ana.locator(".form-actions").get_by_role("button", name="Save and check").click()
    ana.get_by_role("link", name="File 1, title: Say what this document is.").click()
    expect(row.get_by_label("Title")).to_be_focused()
    looked(ana, "attachments-checked")
    row.get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)
    eventually(ana, lambda: not ana.evaluate(WAITING))
    assert draft.stands("attachments") == {}


def test_a_refused_file_is_told_at_its_field(ana: Page, page: str) -> None:
    ana.goto(page)
    ana.get_by_label("File required").set_input_files(PROGRAM)
    ana.get_by_role("button", name="Attach").click()
    expect(ana.locator("#file-error")).to_contain_text("This file (EXE) is not taken as a document.")
    looked(ana, "attachments-refused")
    ana.get_by_label("File required").set_input_files(LETTER)
    ana.get_by_role("button", name="Attach").click()
    expect(ana.get_by_role("link", name="letter of the host.pdf")).to_be_visible()


def test_a_file_somebody_else_attaches_meanwhile_comes_into_the_page(ana: Page, page: str, draft: Drafted) -> None:
    ana.goto(page)
    ana.get_by_label("File required").set_input_files(LETTER)
    ana.get_by_role("button", name="Attach").click()
    with draft.open() as proposal:
        store: Store = draft.app.extensions["files"]
        blob, by = store.keep(io.BytesIO(PNG), limit=1 << 20), draft.viewer(draft.ben)
        stored = files.add(blob, name="map.png", media_type="image/png", by=by, fund_id=draft.fund.id)
        service.attach(proposal, stored, by=by)
    ana.locator("#files [data-row]").get_by_label("Title").fill("Letter")
    expect(ana.locator("#files [data-row]")).to_have_count(2)
    expect(ana.get_by_text("Somebody else attached this file just now.")).to_be_visible()
    ana.reload()
    expect(ana.get_by_role("link", name="map.png")).to_be_visible()
    expect(ana.locator("#files [data-row]").first.get_by_label("Title")).to_have_value("Letter")


def test_without_a_script_a_file_is_attached_and_removed_by_buttons(
    visits: Visits, chromium: Browser, page: str, draft: Drafted
) -> None:
    cookies = visits.open(draft.ana).context.cookies()
    context = chromium.new_context(
        base_url=visits.address, java_script_enabled=False, viewport={"width": PHONE, "height": 800}
    )
    context.add_cookies([{"name": one["name"], "value": one["value"], "url": visits.address} for one in cookies])
    plain = context.new_page()
    plain.goto(page)
    plain.get_by_label("File required").set_input_files(LETTER)
    plain.get_by_role("button", name="Attach").click()
    plain.get_by_label("Title").fill("Letter")
    plain.locator(".form-actions").get_by_role("button", name="Save and check").click()
    expect(plain.get_by_text("2 things to look at in this part")).to_be_visible()
    plain.get_by_role("button", name="Remove").click()
    expect(plain.get_by_text("No file is attached yet.")).to_be_visible()
    assert draft.stands("attachments") == {}
    context.close()
