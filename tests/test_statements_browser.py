"""The journey of a donor, in a real browser: what it gave, its files, and the check anybody can make."""

import io
from dataclasses import dataclass
from datetime import date

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from mptf.agreements.figures import Planned
from mptf.agreements.service import Signature, plan_instalments, sign_agreement
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.organisations.models import Organisation
from mptf.people.models import Person
from mptf.policy import Role
from mptf.statements import service
from mptf.statements.figures import Period
from mptf.statements.queries import Contributor
from tests.factories import Make
from tests.support import visits as visiting
from tests.support.browser import shot
from tests.support.money import Till
from tests.support.visits import DESK, NARROW, PHONE, Visits

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]


@dataclass(frozen=True)
class Told:
    """What was issued, and who signs in to read it; the auditor reads the books, into which the till pays."""

    number: str
    sha256: str
    viewer: Person
    auditor: Person
    till: Till
    other: Organisation


@pytest.fixture
def told(app: Flask, make: Make) -> Told:
    """Let two contributors pay, and the head of the Secretariat issue a statement to one that has a viewer."""
    fund, sweden, norway = make.fund(published=True), make.organisation("Sweden"), make.organisation("Norway")
    viewer = make.person("Demo Viewer")
    make.grant(viewer, Role.DONOR_VIEWER, fund, sweden)
    till = Till.of(make, fund)
    auditor = make.person("Demo Auditor")
    make.grant(auditor, Role.AUDITOR, fund)
    with app.app_context():
        _agree(till, sweden)
        till.deposit(sweden, 2_568_131_54, date(2026, 1, 5), fee=25_424_51)
        till.deposit(norway, 12_668_368_46, date(2026, 1, 6), fee=125_424_51)
        made = service.issue(Contributor(fund, sweden), Period(None, clock.today(fund)), by=till.head)
        db.session.commit()
    return Told(made.number, made.sha256, viewer, auditor, till, norway)


def _agree(till: Till, donor: Organisation) -> None:
    """Sign two agreements with four instalments each, so that the sheet is as full as those of real contributors."""
    for reference in ("A-1", "A-2"):
        signed = Signature(donor, reference, date(2023, 1, 2), Money(24_000_000_00, "SEK"))
        agreement = sign_agreement(till.fund, signed, by=till.officer)
        plan = [Planned(date(year, 3, 31), Money(6_000_000_00, "SEK")) for year in range(2023, 2027)]
        plan_instalments(till.fund, agreement, plan, by=till.officer)


def look(page: Page, name: str) -> None:
    """Look at a page in both themes and down to 320 px."""
    visiting.look(page, f"statement-{name}", themes=("light", "dark"), widths=(NARROW, PHONE, DESK))


def test_a_donor_reads_takes_and_lets_its_statement_be_checked(visits: Visits, told: Told) -> None:
    page = visits.open(told.viewer)
    page.goto("/f/SLW00/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Statements", exact=True).click()
    sheet = page.get_by_role("article", name="Statement")
    expect(sheet.locator(".sheet-figs")).to_contain_text("2,568,131.54")
    expect(sheet.locator(".sheet-figs")).to_contain_text("16.86%")
    look(page, "live")

    page.get_by_role("link", name=told.number).click()
    expect(page.get_by_role("article", name="Statement")).to_contain_text(f"No. {told.number}")
    look(page, "issued")
    page.emulate_media(media="print")
    expect(page.locator("nav.side")).to_be_hidden()
    expect(page.locator("aside.beside")).to_be_hidden()
    shot(page, "statement-print")
    (printed,) = _printed(page)
    assert printed.count("Contribution statement") == 1, "its head once"
    assert told.number in printed
    assert "SHA-256" in printed
    page.emulate_media(media="screen")

    assert told.sha256 in _pdf_words(page)
    assert _workbook_cell(page) == 2_568_131.54

    code = page.locator("#check-code").inner_text()
    page.goto("/check")
    look(page, "check-asks")
    page.get_by_label("Code of the statement").fill(code.lower())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Genuine")).to_be_visible()
    expect(page.locator(".dl")).to_contain_text(told.sha256)
    look(page, "check-tells")


def test_what_is_longer_than_a_sheet_begins_on_the_first(app: Flask, visits: Visits, told: Told) -> None:
    page = visits.open(told.auditor)
    with app.app_context():
        for day in range(1, 25):
            told.till.deposit(told.other, day * 100_00, date(2026, 2, day))
        db.session.commit()
    for path, first in (
        ("ledger", "24 Feb 2026"),
        ("status", "Contributions"),
        ("contributions/deposits", "24 Feb"),
    ):
        page.goto(f"/f/SLW00/{path}")
        sheets = _printed(page)
        assert len(sheets) > 1, path
        assert first in sheets[0], path
        assert len(sheets[0]) > len(sheets[-1]) / 2, path


def test_no_table_of_money_scrolls_sideways_on_a_phone(visits: Visits, told: Told) -> None:
    for person, paths in (
        (told.viewer, ("contributions", "contributions/deposits", "contributions/agreements")),
        (told.auditor, ("contributions/deposits", "ledger")),
    ):
        page = visits.open(person, width=PHONE)
        for path in paths:
            page.goto(f"/f/SLW00/{path}")
            tables = page.locator(".tblbox")
            assert tables.count()
            fit = tables.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
            assert fit, path
            expect(page.locator("main")).to_contain_text("24,000,000.00" if "agree" in path else "2,568,131.54")


def test_the_pro_rata_part_stays_in_view_on_a_phone(visits: Visits, told: Told) -> None:
    for width in (NARROW, PHONE):
        page = visits.open(told.viewer, width=width)
        for path in ("", "statements/"):
            page.goto(f"/f/SLW00/{path}")
            table = page.locator(".tblbox:has(.pooled)")
            expect(table).to_contain_text("Pro-rata 16.86%")
            assert table.evaluate("one => one.scrollWidth <= one.clientWidth"), (width, path)


def _printed(page: Page) -> list[str]:
    """Return the words of each sheet of a page printed on A4."""
    paper = page.pdf(prefer_css_page_size=True)
    return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(paper)).pages]


def _pdf_words(page: Page) -> str:
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download PDF").click()
    assert taken.value.suggested_filename.endswith(".pdf")
    return " ".join(part.extract_text() for part in PdfReader(io.BytesIO(taken.value.path().read_bytes())).pages)


def _workbook_cell(page: Page) -> object:
    with page.expect_download() as taken:
        page.get_by_role("link", name="XLSX").click()
    book = openpyxl.load_workbook(io.BytesIO(taken.value.path().read_bytes()))
    return book["Deposits"].cell(row=5, column=6).value
