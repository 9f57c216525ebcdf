"""The delivery-rate report: the same figures on the screen, in the workbook and in the CSV file."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from mptf.core.audit import AccessEvent, AuditEvent
from mptf.core.db import db, unit_of_work
from mptf.core.tasks import Task, TaskState
from mptf.fund.models import Fund
from mptf.gateway.models import GatewayExtract
from mptf.paper.delimited import neutral
from mptf.people.models import Person
from mptf.policy import Role
from mptf.reports.models import ReportExport
from tests.conftest import Once
from tests.factories import Make
from tests.support.work import work_off
from tests.test_gateway import GOOD, SAMPLE, row, table
from tests.test_gateway_pages import SAID, words

HERE = "/f/SLW00/reports/"
REPORT = f"{HERE}delivery-by-organisation"
LINK = re.compile(r'href="([^"]*/downloads/[^"]+)"')


@dataclass
class Desk:
    """An officer with an imported extract, and what the officer can do with it."""

    app: Flask
    client: FlaskClient

    def bring(self, content: bytes | str, **said: str) -> None:
        """Upload, check and import an extract."""
        raw = content.encode() if isinstance(content, str) else content
        form = {**SAID, **said, "file": (io.BytesIO(raw), "extract.csv")}
        page = self.client.post("/f/SLW00/gateway/upload", data=form).location
        self.work()
        assert self.client.post(f"{page}/import", data={}).status_code == 303
        self.work()

    def work(self) -> None:
        with self.app.app_context():
            work_off()

    def subject(self) -> str:
        with self.app.app_context():
            return db.session.scalars(select(GatewayExtract)).one().public_id

    def ask(self, kind: str, **form: str) -> TestResponse:
        return self.client.post(f"{REPORT}/export", data={"subject": self.subject(), "format": kind, **form})

    def file(self, kind: str) -> bytes:
        """Ask for the report and download it."""
        assert self.ask(kind).status_code == 303
        self.work()
        address = LINK.findall(self.client.get(REPORT).text)[0]
        with self.client.get(address) as answer:
            assert answer.status_code == 200
            assert answer.headers["Content-Disposition"].startswith("attachment")
            return bytes(answer.data)

    def workbook(self) -> Any:
        return openpyxl.load_workbook(io.BytesIO(self.file("xlsx")))


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def desk(app: Flask, make: Make, fund: Fund) -> Desk:
    return Desk(app, make.client(Role.SECRETARIAT_OFFICER, fund))


def publish(make: Make) -> Person:
    """Let an officer import the published extract; return the officer."""
    officer = make.person()
    make.grant(officer, Role.SECRETARIAT_OFFICER, make.fund())
    Desk(make.app, make.client_of(officer)).bring(SAMPLE.read_bytes())
    return officer


@pytest.fixture
def published(app: Flask, make: Make, once: Once) -> Desk:
    return Desk(app, make.client_of(once(publish)))


def values(page: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in page]


def notes(book: Any) -> dict[str, str]:
    return {str(term): str(said) for term, said in values(book["Notes"])}


def test_the_workbook_has_a_chart_a_data_sheet_and_notes(published: Desk) -> None:
    book = published.workbook()
    assert book.sheetnames == ["Summary", "Data", "Notes"]
    (chart,) = book["Summary"]._charts
    assert chart.series[0].val.numRef.f == "Summary!$E$6:$E$17"


def test_the_data_sheet_reproduces_every_published_rate(published: Desk) -> None:
    head, *rows, total = values(published.workbook()["Data"])
    column = {name: index for index, name in enumerate(head)}
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        source = {line["agency_code"]: line for line in csv.DictReader(file)}
    assert len(rows) == 119
    computed = {row[0]: row[column["Delivery rate, computed"]] for row in rows}
    reproduced = 0
    for line in rows:
        given = source[line[0]]
        assert line[column["Approved budget (USD)"]] == float(given["BUDGET"])
        assert line[column["Net funded (USD)"]] == float(given["NET_FUNDED"])
        assert line[column["Expenditure (USD)"]] == float(given["EXPENDITURE"])
        assert line[column["Delivery rate, published"]] == pytest.approx(float(given["delivery_rate"]) / 100, abs=1e-12)
        reproduced += line[column["Difference, percentage points"]] == 0
    assert reproduced == 118
    assert [code for code, rate in computed.items() if rate == "n/a"] == ["015329"]
    assert total[column["Delivery rate, computed"]] == 0.8705


def test_unusual_figures_are_said_in_words(published: Desk) -> None:
    book = published.workbook()
    said = {row[1]: row[-1] for row in values(book["Data"])[1:-1]}
    assert said["ACTED"] == "above 100%"
    assert said["MINUSMA"] == "net funded is zero"
    assert said["UNOLA"] == "net funded is negative"
    assert said["IAEA"] == "net funded is negative; expenditure is negative"
    assert not said["UNDP"]
    about = notes(book)
    assert about["Above 100%"].startswith("6: UNAIDS, UNDESA, COOPI, ACTED, UNDP(UNV), UMUZI")
    assert about["Not computable"].startswith("1: MINUSMA")
    assert about["Net funded negative"].startswith("4: UNOLA, UNRWA, Gvt of MLI, IAEA")


def test_the_notes_say_what_the_figures_rest_on(published: Desk) -> None:
    about = notes(published.workbook())
    assert about["Delivery rate"].startswith("Cumulative delivery: cumulative expenditure ÷ cumulative net funded")
    assert (about["Cut-off"], about["Certification"]) == ("not stated", "not stated")
    assert about["Source"] == "MPTF Office Gateway"
    assert about["Rates reproduced"] == "118 of 118 published rates equal the computed ones"
    assert "SHA-256" in about["Extract"]


def test_cut_off_and_certification_are_printed_when_they_were_stated(desk: Desk) -> None:
    desk.bring(table(GOOD), cut_off_on="31 Dec 2025", certification="interim")
    book = desk.workbook()
    assert (notes(book)["Cut-off"], notes(book)["Certification"]) == ("31 Dec 2025", "interim")
    assert book["Summary"]["A3"].value == "Cumulative delivery; cut-off 31 Dec 2025; certification interim."


def test_the_summary_adds_up_to_all_organisations(published: Desk) -> None:
    rows = [row for row in values(published.workbook()["Summary"]) if isinstance(row[1], int | float)]
    *large, others, total = rows
    assert [len(large), others[0], total[0]] == [11, "108 other organisations", "All 119 organisations"]
    for column in (1, 2, 3):
        assert sum(row[column] for row in (*large, others)) == pytest.approx(total[column], abs=0.001)
    assert total[4] == 0.8705


def test_the_screen_the_workbook_and_the_csv_say_the_same(published: Desk) -> None:
    data = values(published.workbook()["Data"])[1:-1]
    listed = list(csv.reader(io.StringIO(published.file("csv").decode("utf-8-sig"), newline="")))[1:]
    assert [row[:2] for row in listed] == [[neutral(code), neutral(name)] for code, name, *_ in data]
    for line, cells in zip(listed, data, strict=True):
        assert [float(amount) for amount in line[3:6]] == cells[3:6]
        assert line[6] == ("n/a" if cells[6] == "n/a" else f"{cells[6] * 100:.2f}")
        assert line[9] == (cells[9] or "")
    page = words(published.client.get(REPORT))
    assert "UNDP 2,701,816,494 2,333,254,635 2,059,729,008 88.28%" in page
    assert "MINUSMA 1,499,623 0 0 n/a net funded is zero" in page
    assert "UNOLA 178,548 −133,701 98,326 −73.54% net funded is negative" in page
    assert "118 of 118 published rates reproduced, 1 not computable (n/a)" in page


def test_text_of_an_extract_runs_nowhere(desk: Desk) -> None:
    desk.bring(table(row(ORGANIZATION="=cmd|'/c calc'!A0")))
    cell = desk.workbook()["Data"]["B2"]
    assert (cell.data_type, cell.value) == ("s", "=cmd|'/c calc'!A0")
    assert "\"'=cmd" in desk.file("csv").decode() or ",'=cmd" in desk.file("csv").decode()


def test_the_same_export_gives_the_same_bytes(published: Desk) -> None:
    first = published.file("xlsx")
    with published.app.app_context(), unit_of_work():
        db.session.execute(text("UPDATE report_export SET file_id = NULL, rows = NULL"))
        db.session.execute(text("UPDATE task SET state = 'queued' WHERE kind = 'reports.write'"))
    published.work()
    address = LINK.findall(published.client.get(REPORT).text)[0]
    with published.client.get(address) as answer:
        assert answer.data == first


def test_who_exported_and_who_downloaded_is_recorded(published: Desk) -> None:
    published.file("csv")
    with published.app.app_context():
        export = db.session.scalars(select(ReportExport)).one()
        of_export = select(AuditEvent).where(AuditEvent.subject_id == export.public_id).order_by(AuditEvent.seq)
        asked = db.session.scalars(of_export).all()
        taken = db.session.scalars(select(AccessEvent).where(AccessEvent.what == "export")).one()
    assert [event.action for event in asked] == ["report_export.asked", "report_export.written"]
    assert (taken.subject_id, taken.person_id) == (export.public_id, export.by_id)
    assert '"rows": 119' in taken.detail
    assert export.params["subject"] in taken.detail


def test_progress_is_shown_while_the_file_is_written(published: Desk) -> None:
    published.ask("xlsx")
    alone = {"HX-Request": "true"}
    downloads = published.client.get(f"{HERE}downloads", headers=alone)
    assert 'hx-trigger="every 1s"' in downloads.text
    assert "waiting for its turn" in words(downloads)
    published.work()
    assert "hx-trigger" not in published.client.get(f"{HERE}downloads", headers=alone).text
    assert published.client.get(f"{HERE}downloads").location == HERE, "by itself it is no page"


def test_rights_are_looked_at_again_before_the_file_is_written(published: Desk) -> None:
    published.ask("xlsx")
    with published.app.app_context(), unit_of_work():
        db.session.execute(text("UPDATE role_grant SET until_on = '2020-01-01'"))
    published.work()
    with published.app.app_context():
        task = db.session.scalars(select(Task).where(Task.kind == "reports.write")).one()
        assert task.state is TaskState.FAILED
        assert db.session.scalars(select(ReportExport)).one().file_id is None


def test_an_export_about_nothing_is_refused_in_words(published: Desk) -> None:
    answer = published.ask("xlsx", subject="a" * 26)
    assert answer.status_code == 422
    assert "Choose what the report is about from the list." in words(answer)


def test_without_an_import_the_page_says_what_is_missing(desk: Desk) -> None:
    assert "none is imported at present" in words(desk.client.get(REPORT))
    assert desk.client.get(HERE).location == REPORT


def test_an_export_of_another_fund_does_not_exist(published: Desk, make: Make) -> None:
    published.file("csv")
    address = LINK.findall(published.client.get(REPORT).text)[0]
    other = make.client(Role.SECRETARIAT_OFFICER, make.fund("FW001"))
    absent = other.get(f"/f/FW001/reports/downloads/{'a' * 26}")
    for tried in (address, address.replace("SLW00", "FW001")):
        answer = other.get(tried)
        assert (answer.status_code, answer.data) == (404, absent.data)
    assert other.get("/f/FW001/reports/no-such-report").status_code == 404


def test_who_may_not_see_reports_finds_none(make: Make, fund: Fund, published: Desk) -> None:
    reviewer: Callable[[str], TestResponse] = make.client(Role.TECHNICAL_REVIEWER, fund).get
    for address in (HERE, REPORT, f"{HERE}downloads"):
        assert reviewer(address).status_code == 404
