"""The page of the funding status: what lies behind each line, who reads it, and what is taken away is noted."""

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from mptf.core import clock
from mptf.core.audit import AccessEvent
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.organisations.models import Organisation
from mptf.policy import Role
from mptf.reported.figures import Basis
from tests.factories import Make
from tests.support.statements import statements
from tests.test_funding_status import NOW, Books, usd
from tests.test_status import EXAMPLE

DRAWN = "as_at=31+Dec+2024&known_on=1+Feb+2026"


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def desk(app: Flask, make: Make, fund: Fund, undp: Organisation) -> Iterator[Books]:
    """Post the worked example of the domain in 2024, and what was spent of it."""
    kept = Books(fund, make.viewer(Role.SECRETARIAT_OFFICER, fund), undp)
    with app.app_context(), clock.at(NOW):
        kept.totals(EXAMPLE, date(2024, 3, 1))
        kept.spent(EXAMPLE.expenditure, 2024, at=datetime(2026, 1, 5, tzinfo=UTC), basis=Basis.INTERIM)
        db.session.commit()
    with clock.at(NOW):
        yield kept


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


def page_of(client: FlaskClient, query: str = DRAWN) -> str:
    response = client.get(f"/f/SLW00/status/?{query}")
    assert response.status_code == 200
    return " ".join(unescape(response.text).split())


def test_the_page_shows_both_blocks_and_what_lies_behind_each_line(desk: Books, officer: FlaskClient) -> None:
    page = page_of(officer)
    for told in ("Balance with the Administrative Agent", "1,082.00", "Balance with participating organisations",
                 "330.00", "54.10% of deposits", "As at", "31 Dec 2024", "spent: interim"):  # fmt: skip
        assert told in page, told
    assert "/f/SLW00/ledger?account=5150&until=31+Dec+2024" in page
    journal = officer.get("/f/SLW00/ledger?account=5150&until=31+Dec+2024").text
    assert "30.00" in journal


def test_the_months_of_a_year_stand_on_a_page_of_their_own(desk: Books, officer: FlaskClient) -> None:
    page = page_of(officer, f"{DRAWN}&year=2024")
    assert "Month by month in 2024" in page
    assert "March 2024" in page


def test_a_day_that_is_none_is_refused_at_its_field(desk: Books, officer: FlaskClient) -> None:
    refused = officer.get("/f/SLW00/status/?as_at=31+Febr")
    assert refused.status_code == 422
    assert 'id="as_at-error"' in refused.text
    assert officer.get("/f/SLW00/status/pdf?as_at=31+Febr").status_code == 404


def test_what_will_be_known_is_not_said_to_be_known(desk: Books, officer: FlaskClient) -> None:
    assert "Mon 2 Feb 2026, 10:00 Europe/Belgrade" in page_of(officer, "known_on=1+Jan+2099")


def test_the_pdf_says_what_the_page_says(desk: Books, officer: FlaskClient) -> None:
    first, second = (officer.get(f"/f/SLW00/status/pdf?{DRAWN}") for _ in range(2))
    assert (first.mimetype, first.data) == ("application/pdf", second.data)
    assert "SLW00-funding-status-2024-12-31.pdf" in first.headers["Content-Disposition"]
    assert first.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    sheets = PdfReader(io.BytesIO(first.data)).pages
    head, rest = (" ".join(sheet.extract_text().split()) for sheet in sheets)
    for told in ("As at 31 Dec 2024", "Less refunds from participating organisations 30.00", "1,082.00", "54.10%",
                 "Those the Administrative Agent had confirmed, and those advised.",
                 "Management statement; it does not replace"):  # fmt: skip
        assert told in head, told
    for told in ("Year by year", "2024, interim", "Balance with organisations", "Annual delivery %"):
        assert told in rest, told
    assert sheets[1].mediabox.width > sheets[1].mediabox.height, "many columns stand on a sheet on its side"


def test_the_workbook_holds_numbers_charts_and_notes(desk: Books, officer: FlaskClient) -> None:
    sent = officer.get(f"/f/SLW00/status/xlsx?{DRAWN}")
    assert sent.data == officer.get(f"/f/SLW00/status/xlsx?{DRAWN}").data
    book = openpyxl.load_workbook(io.BytesIO(sent.data))
    assert book.sheetnames == ["Funding status", "Year by year", "Month by month", "Notes"]
    rows = {row[1]: row[2] for row in book["Funding status"].iter_rows(values_only=True)}
    assert rows["Balance with the Administrative Agent"] == 1082
    assert rows["Less refunds from participating organisations"] == 30
    assert [len(book[name]._charts) for name in book.sheetnames] == [0, 1, 1, 0]  # type: ignore[attr-defined]
    notes = {str(row[0]): str(row[1]) for row in book["Notes"].iter_rows(values_only=True)}
    assert notes["What it is"].startswith("Management statement")
    assert notes["Expenditure"].startswith("Reported for 2024, all interim.")


ONLY = f"{DRAWN}&figures=certified"
LEFT_OUT = "Interim figures of USD 500.00 for 2024 are left out."


def test_the_page_of_certified_figures_says_so_at_every_heading_and_keeps_it_in_its_links(
    desk: Books, officer: FlaskClient
) -> None:
    page = page_of(officer, ONLY).replace("\xa0", " ")
    for told in (LEFT_OUT, "Funding status, certified figures only", "Year by year, certified figures only",
                 "Total balance, certified figures only", "With participating organisations, certified figures only",
                 "Expenditure of participating organisations, certified figures only",
                 "Reported as spent, certified figures only", "Balance with organisations, certified figures only",
                 "Annual delivery, certified figures only", "spent: interim figures left out",
                 '<option value="certified" selected>Certified only</option>'):  # fmt: skip
        assert told in page, told
    for path in ("status/pdf?", "status/xlsx?", "status/?year=2024&"):
        (carried,) = {found for found in page.split('"') if found.startswith(f"/f/SLW00/{path}")}
        assert "figures=certified" in carried
    assert "/f/SLW00/reported/?figures=certified" in page
    assert "ertified figures only" not in page_of(officer)


def test_paper_and_workbook_of_certified_figures_say_so_and_what_they_leave_out(
    desk: Books, officer: FlaskClient
) -> None:
    sent = officer.get(f"/f/SLW00/status/pdf?{ONLY}")
    assert "SLW00-funding-status-2024-12-31-certified-figures-only.pdf" in sent.headers["Content-Disposition"]
    sheets = [sheet.extract_text().replace("\xa0", " ") for sheet in PdfReader(io.BytesIO(sent.data)).pages]
    head, rest = (" ".join(sheet.split()) for sheet in sheets)
    for told in ("As at 31 Dec 2024, certified figures only", LEFT_OUT, "Total, certified figures only",
                 "Funds with participating organisations, certified figures only"):  # fmt: skip
        assert told in head, told
    for told in ("Year by year, certified figures only", "2024, interim figures left out"):
        assert told in rest, told
    book = openpyxl.load_workbook(io.BytesIO(officer.get(f"/f/SLW00/status/xlsx?{ONLY}").data))
    for name in ("Funding status", "Year by year"):
        assert book[name]["A1"].value == f"{name}, certified figures only"
        assert str(book[name]["A3"].value).replace("\xa0", " ").startswith(f"Certified figures only: {LEFT_OUT}")
    assert book["Month by month"]["A1"].value == "Month by month"


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_every_file_taken_away_is_noted(app: Flask, desk: Books, officer: FlaskClient, kind: str) -> None:
    officer.get(f"/f/SLW00/status/{kind}?{DRAWN}&standing=confirmed&figures=certified")
    with app.app_context():
        event = db.session.query(AccessEvent).filter_by(what="export").one()
        assert kind.upper() in str(event.detail)
        assert "confirmed" in str(event.detail)
        assert "certified" in str(event.detail)


def test_a_demonstration_says_so_on_the_page_and_in_every_file(
    app: Flask, desk: Books, fund: Fund, officer: FlaskClient
) -> None:
    with app.app_context():
        db.session.get_one(Fund, fund.id).is_demo = True
        db.session.commit()
    assert "includes demonstration data" in page_of(officer)
    paper = PdfReader(io.BytesIO(officer.get("/f/SLW00/status/pdf").data)).pages[0].extract_text()
    assert paper.startswith("Demonstration data")
    book = openpyxl.load_workbook(io.BytesIO(officer.get("/f/SLW00/status/xlsx").data))
    assert str(book["Funding status"]["A3"].value).startswith("Demonstration data")


def test_the_page_asks_as_much_for_many_entries_as_for_few(app: Flask, desk: Books, officer: FlaskClient) -> None:
    with statements(app) as few:
        page_of(officer)
    with app.app_context():
        for day in range(1, 25):
            desk.post(EntryKind.DEPOSIT, usd(day), date(2023, 5, day))
        db.session.commit()
    with statements(app) as many:
        page_of(officer)
    assert len(few) == len(many)
    assert len(few) <= 8
