"""The pages of the Gateway room: upload, preview, import, figures, and who may open them."""

import html
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.core.audit import AccessEvent
from mptf.core.db import db, unit_of_work
from mptf.core.tasks import TaskState
from mptf.fund.models import Fund
from mptf.gateway.models import ExtractStatus, GatewayExtract
from mptf.policy import Role
from tests.factories import Make
from tests.support.uploads import watch_transactions
from tests.support.work import work_off
from tests.test_gateway import GOOD, SAMPLE, row, table

HERE = "/f/SLW00/gateway/"
SAID = {"title": "Delivery 2016 to 2025", "source": "MPTF Office Gateway", "certification": "not_stated"}
TAG = re.compile(r"<[^>]*>")

Act = Callable[..., TestResponse]


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


@pytest.fixture
def send(officer: FlaskClient) -> Act:
    def post(content: bytes | str, **said: str) -> TestResponse:
        raw = content.encode() if isinstance(content, str) else content
        return officer.post(f"{HERE}upload", data={**SAID, **said, "file": (io.BytesIO(raw), "extract.csv")})

    return post


@pytest.fixture
def work(app: Flask) -> Callable[[], int]:
    def do() -> int:
        with app.app_context():
            return work_off()

    return do


def words(response: TestResponse) -> str:
    """Return what a page says, without its markup."""
    return " ".join(html.unescape(TAG.sub(" ", response.text)).split())


def only(app: Flask) -> GatewayExtract:
    with app.app_context():
        return db.session.scalars(select(GatewayExtract)).one()


def test_only_who_may_upload_is_told_of_the_upload(make: Make, fund: Fund, officer: FlaskClient) -> None:
    assert "After the upload you see" in words(officer.get(HERE))
    page = words(make.client(Role.ADMINISTRATIVE_AGENT, fund).get(HERE))
    assert "After the upload you see" not in page
    assert "One that the Secretariat uploads appears here." in page


def test_the_way_from_an_empty_list_to_published_figures(
    app: Flask, officer: FlaskClient, send: Act, work: Callable[[], int]
) -> None:
    assert "No extract has been uploaded" in words(officer.get(HERE))
    sent = send(SAMPLE.read_bytes(), cut_off_on="31 Dec 2025")
    assert sent.status_code == 303
    page = sent.location
    assert "Being checked" in words(officer.get(page))
    work()
    preview = words(officer.get(page))
    assert "publishes 119 figures in SLW00 under “Delivery 2016 to 2025”" in preview
    assert "up to 31 Dec 2025" in preview
    assert "imported under its group description, “Fiscal Agent”" in preview
    assert officer.post(f"{page}/import", data={}).status_code == 303
    assert "Importing" in words(officer.get(page))
    work()
    figures = words(officer.get(page))
    assert "118 of 118 published rates reproduced" in figures
    assert "net funded is negative" in words(officer.get(f"{page}?unusual=1"))
    assert only(app).status is ExtractStatus.IMPORTED


def test_progress_is_asked_for_until_the_work_has_ended(
    officer: FlaskClient, send: Act, work: Callable[[], int]
) -> None:
    page = send(table(GOOD)).location
    running = officer.get(f"{page}/progress")
    assert "HX-Refresh" not in running.headers
    assert 'hx-trigger="every 1s"' in running.text
    work()
    assert officer.get(f"{page}/progress").headers["HX-Refresh"] == "true"


def test_a_refused_upload_keeps_what_was_typed(app: Flask, send: Act) -> None:
    answer = send(b"%PDF-1.7 \xe2\xe3", title="My extract", cut_off_on="1 May 2025", certification="interim")
    assert answer.status_code == 422
    assert "This file (PDF) is not a table." in words(answer)
    assert 'value="My extract"' in answer.text
    assert 'value="1 May 2025"' in answer.text
    with app.app_context():
        assert db.session.scalars(select(GatewayExtract)).all() == []


@pytest.mark.parametrize("field", ["title", "source", "certification"])
def test_what_must_be_said_is_asked_for(send: Act, field: str) -> None:
    answer = send(table(GOOD), **{field: ""})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_row_with_an_error_stands_marked_before_the_first_rows(
    officer: FlaskClient, send: Act, work: Callable[[], int]
) -> None:
    """Its cells as they stand in the file, the wrong ones marked, and the reason with row and column."""
    page = send(
        table(GOOD, row(agency_code="002200", ORGANIZATION="UNX", NET_FUNDED="1.000,00", FUNDS_COUNT="x"))
    ).location
    work()
    preview = officer.get(page).text
    rows = preview[preview.index("Rows of the file") :]
    assert rows.index("UNX") < rows.index("UNDP")
    refused = TAG.sub("", rows[rows.index('<tr class="refused">') : rows.index("UNDP")])
    assert re.search(r'<td class="num wrong"><mark>.*?1\.000,00</mark>', rows)
    assert "Row 3, D NET_FUNDED: “1.000,00” is not an amount." in refused
    assert "Row 3, G FUNDS_COUNT: “x” is not a whole number." in refused
    assert "1 row with an error, as in the file; then 1 of 1 rows without one" in words(officer.get(page))


def test_unusual_figures_stand_first_and_the_work_says_its_file(
    officer: FlaskClient, send: Act, work: Callable[[], int]
) -> None:
    over = row(agency_code="002200", ORGANIZATION="UNX", EXPENDITURE="101.000", delivery_rate="101.00")
    page = send(table(GOOD, over)).location
    work()
    preview = officer.get(page).text
    rows = preview[preview.index("Rows of the file") :]
    assert rows.index("UNX") < rows.index("UNDP")
    assert "Every row. Unusual figures first, then in the order of the file." in words(officer.get(page))
    assert re.search(r"Checking a Gateway extract\s+extract\.csv ·", words(officer.get("/f/SLW00/")))


def test_a_file_that_is_here_already_is_linked_from_its_refusal(send: Act) -> None:
    page = send(table(GOOD)).location
    again = send(table(GOOD), title="Again")
    assert again.status_code == 422
    assert f'<a href="{page}">Open what is here already</a>' in again.text


def test_no_lock_is_held_while_an_upload_is_hashed_and_looked_at(send: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watch_transactions(monkeypatch)
    assert send(table(GOOD)).status_code == 303
    assert seen == [("keep", False), ("sniff", False)]


def test_a_file_must_be_chosen(officer: FlaskClient) -> None:
    assert "Choose a file." in words(officer.post(f"{HERE}upload", data=SAID))


def test_an_unreadable_day_is_refused_in_words(send: Act) -> None:
    answer = send(table(GOOD), cut_off_on="31/31/2025")
    assert "There is no day “31/31/2025” in the calendar." in words(answer)


def test_problems_are_named_by_row_and_column(officer: FlaskClient, send: Act, work: Callable[[], int]) -> None:
    page = send(table(GOOD, row(agency_code="001999", NET_FUNDED="1.000,00"))).location
    work()
    preview = words(officer.get(page))
    assert "Error 3 D NET_FUNDED “1.000,00” is not an amount." in preview
    assert "Errors in the file: 1. Correct them in the file and upload it again." in preview
    refused = officer.post(f"{page}/import", data={})
    assert (refused.status_code, "Errors in the file: 1." in words(refused)) == (422, True)


def test_markup_in_a_file_is_shown_as_text(officer: FlaskClient, send: Act, work: Callable[[], int]) -> None:
    page = send(table(row(ORGANIZATION="<script>alert(1)</script>", BUDGET="<b>"))).location
    work()
    assert "<script>alert(1)" not in officer.get(page).text
    assert "<b>” is not an amount" not in officer.get(page).text


def test_the_same_form_posted_twice_is_one_upload(app: Flask, officer: FlaskClient) -> None:
    def post() -> TestResponse:
        file = (io.BytesIO(table(GOOD).encode()), "extract.csv")
        return officer.post(f"{HERE}upload", data={**SAID, "token": "the-same-token", "file": file})

    first, second = post(), post()
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
    assert only(app).title == SAID["title"]


def fail(app: Flask, note: str) -> None:
    with app.app_context(), unit_of_work():
        task = db.session.scalars(select(GatewayExtract)).one().task
        assert task
        task.state, task.note = TaskState.FAILED, note


def test_a_check_that_failed_is_said_to_have_failed_and_waits_for_a_person(
    app: Flask, officer: FlaskClient, send: Act
) -> None:
    page = send(table(GOOD)).location
    assert "Being checked" in words(officer.get(page))
    fail(app, "The work took too long.")
    said = words(officer.get(page))
    assert "The work took too long. Discard this upload and upload the file again." in said
    assert "Being checked" not in said
    assert "Failed" in words(officer.get(HERE))
    assert "Being checked" not in words(officer.get(HERE))
    home = words(officer.get("/f/SLW00/"))
    assert "Discard “Delivery 2016 to 2025” Gateway extract, the work on it failed" in home
    officer.post(f"{page}/discard", data={})
    assert "the work on it failed" not in words(officer.get("/f/SLW00/"))


def test_an_import_that_failed_says_why_above_the_way_to_try_again(
    app: Flask, officer: FlaskClient, send: Act, work: Callable[[], int]
) -> None:
    page = send(table(GOOD)).location
    work()
    assert "ended without a result" not in words(officer.get(page))
    fail(app, "These figures are already imported.")
    assert "The import ended without a result These figures are already imported." in words(officer.get(page))


def test_an_extract_is_discarded_and_withdrawn_with_a_reason(
    app: Flask, officer: FlaskClient, send: Act, work: Callable[[], int]
) -> None:
    page = send(table(GOOD)).location
    work()
    assert officer.post(f"{page}/discard", data={}).location == HERE
    assert "This extract was discarded" in words(officer.get(page))
    page = send(table(GOOD)).location
    work()
    officer.post(f"{page}/import", data={})
    work()
    assert "Say why the figures are withdrawn." in words(officer.post(f"{page}/withdraw", data={}))
    officer.post(f"{page}/withdraw", data={"because": "Wrong cut-off day"})
    assert "These figures were withdrawn Wrong cut-off day" in words(officer.get(page))


def test_the_file_is_sent_as_it_came_and_the_taking_is_recorded(app: Flask, officer: FlaskClient, send: Act) -> None:
    page = send(SAMPLE.read_bytes()).location
    with officer.get(f"{page}/file") as answer:
        assert answer.data == SAMPLE.read_bytes()
        assert answer.headers["Content-Disposition"].startswith("attachment")
    with app.app_context():
        seen = db.session.scalars(select(AccessEvent)).one()
    assert (seen.what, seen.subject_kind) == ("file", "gateway_extract")


def test_an_extract_of_another_fund_does_not_exist(make: Make, send: Act, work: Callable[[], int]) -> None:
    page = send(table(GOOD)).location
    work()
    other = make.client(Role.SECRETARIAT_OFFICER, make.fund("FW001"))
    for address in (page, page.replace("SLW00", "FW001"), f"{page}/file".replace("SLW00", "FW001")):
        absent = other.get(f"{HERE}{'a' * 26}".replace("SLW00", "FW001"))
        assert (other.get(address).status_code, other.get(address).data) == (404, absent.data)


def test_an_auditor_reads_but_does_not_import(make: Make, fund: Fund, send: Act, work: Callable[[], int]) -> None:
    page = send(table(GOOD)).location
    work()
    auditor = make.client(Role.AUDITOR, fund)
    assert "Rows of the file" in words(auditor.get(page))
    assert "Upload an extract" not in words(auditor.get(HERE))
    for address in (f"{page}/import", f"{page}/discard", f"{page}/withdraw", f"{HERE}upload"):
        assert auditor.post(address, data={}).status_code == 404


def test_a_list_holds_every_extract_and_odd_page_numbers_do_no_harm(officer: FlaskClient, send: Act) -> None:
    send(table(GOOD))
    for number in ("1", "0", "-1", "x", "99999999999999999999"):
        assert "Delivery 2016 to 2025" in words(officer.get(f"{HERE}?page={number}"))
