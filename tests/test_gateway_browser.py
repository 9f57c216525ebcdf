"""The journey of a secretariat officer, in a real browser: extract, preview, import, delivery workbook."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from mptf.policy import Role
from mptf.web.uploads import UploadForm
from tests.factories import Make
from tests.support.visits import DESK, Visits, look
from tests.support.work import work_off
from tests.test_gateway import SAMPLE, row, table

pytest_plugins = ["tests.support.browsing"]
pytestmark = [pytest.mark.browser]

SOURCE = "MPTF Office Gateway, through UN-CRAFd/crafd-reference-datasets, 29 Apr 2025"


@dataclass
class Officer:
    """An officer at a browser; every page is held against the accessibility rules."""

    app: Flask
    page: Page
    themes: tuple[str, ...]

    def work(self) -> None:
        """Let the background work be done."""
        with self.app.app_context():
            work_off()

    def upload(self, file: Path, title: str) -> None:
        """Fill in the upload form and send it."""
        self.page.goto("/f/SLW00/gateway/upload")
        self.page.locator("input[type=file]").set_input_files(file)
        self.page.get_by_role("textbox", name="Title").fill(title)
        self.page.get_by_role("textbox", name="Source").fill(SOURCE)
        self.page.get_by_label("Not stated in the source").check()
        self.page.get_by_role("button", name="Upload and check").click()

    def look(self, name: str) -> None:
        """Keep a picture of the page; refuse violations and sideways scrolling."""
        look(self.page, f"journey-2-{name}", themes=self.themes)


@pytest.fixture
def officer(make: Make, visits: Visits, width: int) -> Officer:
    person = make.person("Demo Officer 1")
    make.grant(person, Role.SECRETARIAT_OFFICER, make.fund())
    page = visits.open(person, width=width)
    return Officer(visits.app, page, themes=("light", "dark") if width == DESK else ("light",))


def test_an_officer_goes_from_the_extract_to_the_workbook(officer: Officer) -> None:
    page = officer.page
    officer.upload(SAMPLE, "Delivery by organisation, 2016 to 2025")
    expect(page.locator("#progress")).to_be_visible()
    officer.look("checking")
    officer.work()
    expect(page.get_by_text("imported under its group description, “Fiscal Agent”")).to_be_visible()
    officer.look("preview")
    page.get_by_role("button", name="Import").click()
    officer.work()
    expect(page.get_by_text("118 of 118 published rates reproduced")).to_be_visible()
    officer.look("figures")
    page.get_by_role("link", name="Delivery report").click()
    page.get_by_role("button", name="Export XLSX").click()
    expect(page.get_by_text("waiting for its turn")).to_be_visible()
    officer.look("writing")
    officer.work()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    officer.look("report")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download delivery").click()
    book: Any = openpyxl.load_workbook(io.BytesIO(Path(started.value.path()).read_bytes()))
    assert book.sheetnames == ["Summary", "Data", "Notes"]
    assert len(book["Summary"]._charts) == 1
    assert book["Data"].max_row == 1 + 119 + 1


def test_problems_stand_at_their_row_and_column_and_nothing_is_imported(officer: Officer, tmp_path: Path) -> None:
    file = tmp_path / "with-mistakes.csv"
    file.write_text(table(row(), row(agency_code="001999", BUDGET="1.000,00"), row()), encoding="utf-8")
    officer.upload(file, "With mistakes")
    officer.work()
    problems = officer.page.get_by_role("region", name="Table: Problems by row and column")
    expect(problems).to_contain_text("“1.000,00” is not an amount.")
    expect(problems).to_contain_text("“002100” stands in row 2 and again in row 4.")
    expect(officer.page.get_by_role("button", name="Import")).to_have_attribute("aria-disabled", "true")
    officer.look("problems")


def test_a_refused_file_keeps_what_was_typed(officer: Officer, tmp_path: Path) -> None:
    file = tmp_path / "letter.csv"
    file.write_bytes(b"%PDF-1.7\n")
    officer.upload(file, "A letter")
    expect(officer.page.get_by_role("alert")).to_contain_text("This file (PDF) is not a table.")
    expect(officer.page.get_by_role("textbox", name="Title")).to_have_value("A letter")
    officer.look("refused")


def test_a_file_that_is_too_large_is_not_even_sent(
    officer: Officer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UploadForm, "limit", 1_000)
    file = tmp_path / "large.csv"
    file.write_bytes(bytes(1_500))
    officer.upload(file, "Too large")
    page = officer.page
    expect(page.get_by_text("large.csv, 1.5 kB: larger than the 1.0 kB this form takes.")).to_be_visible()
    expect(page.locator("input[type=file]")).to_be_focused()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Too large")
    officer.look("too-large")
    file.write_text(table(row()), encoding="utf-8")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.locator("#progress")).to_be_visible()


def test_a_chosen_file_stays_while_another_field_is_mended(officer: Officer) -> None:
    officer.upload(SAMPLE, " ")
    expect(officer.page.get_by_text(SAMPLE.name[:39])).to_contain_text("is kept")
    officer.look("kept")
    officer.page.get_by_role("textbox", name="Title").fill("Delivery")
    officer.page.get_by_role("button", name="Upload and check").click()
    expect(officer.page.locator("#progress")).to_be_visible()
