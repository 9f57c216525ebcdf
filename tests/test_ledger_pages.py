"""The pages of the books: journal, balances, filters, and who reaches them."""

import io
import re
from datetime import UTC, date, datetime
from html import unescape

import openpyxl
import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from mptf.claims.models import KeptInterest
from mptf.core import clock
from mptf.core.clock import end_of
from mptf.core.db import Base, db
from mptf.core.money import Money
from mptf.deposits.service import Receipt, record_deposit
from mptf.desk.queries import DOCUMENTS
from mptf.fund.models import Fund
from mptf.ledger import service, sheets
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import DocumentKind
from mptf.ledger.service import Document
from mptf.policy import GRANTS, Role
from tests.factories import Make
from tests.support.copies import copy_entries
from tests.support.statements import statements

READERS = {
    Role.SECRETARIAT_OFFICER,
    Role.SECRETARIAT_HEAD,
    Role.ADMINISTRATIVE_AGENT,
    Role.AUDITOR,
}


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


def post(make: Make, fund: Fund, count: int = 1, *, first: int = 0, day: date = date(2026, 3, 15)) -> None:
    """Post deposits of 1,000.00 and a fee of 10.00 each, known since 16 March 2026."""
    by, donor = make.viewer(Role.SECRETARIAT_OFFICER, fund), make.organisation(f"Donorland {first}")
    gross, fee = Money(100_000, "USD"), Money(1_000, "USD")
    with make.app.app_context(), clock.at(datetime(2026, 3, 16, 12, tzinfo=UTC)):
        for number in range(first, first + count):
            received = Document(EntryKind.DEPOSIT, gross, day, fund, f"d{number}", party=donor, memo="Donorland")
            service.post(fund, received, by=by)
            service.post(fund, Document(EntryKind.AA_FEE, fee, day, fund, f"f{number}", memo="Donorland"), by=by)
        db.session.commit()


def text_of(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return unescape(response.text)


def test_journal_shows_entries_with_their_lines(make: Make, fund: Fund) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert "No entry has been posted here" in text_of(officer, "/f/SLW00/ledger")
    post(make, fund)
    page = text_of(officer, "/f/SLW00/ledger")
    for words in ("Deposit, Donorland", "Cash with the Administrative Agent", "1,000.00", "10.00", "Advised"):
        assert words in page


def test_every_table_that_posts_is_a_document_with_a_name() -> None:
    entry = Base.metadata.tables["ledger_entry"]  # a document has its entries for itself
    beside = {KeptInterest.__tablename__}  # what an agreement says of an entry posts nothing
    posting = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.references(entry) and key.parent.unique for key in table.foreign_keys)
        if not table.name.startswith("ledger_")
    }
    assert posting - beside == {document.kind for document in DOCUMENTS}
    assert all(document.label for document in DOCUMENTS)
    assert {kind for document in DOCUMENTS for kind in document.posts} == set(EntryKind)


@pytest.mark.parametrize("document", [kind for kind in DOCUMENTS if kind.endpoint], ids=lambda kind: kind.kind)
def test_whoever_reads_the_ledger_reaches_the_page_of_a_document(app: Flask, document: DocumentKind) -> None:
    permission = getattr(app.view_functions[str(document.endpoint)], "permission")  # noqa: B009 - set by `requires`
    open_to = {role for clause in GRANTS[permission] for role in clause.roles}
    assert open_to >= READERS
    with app.test_request_context():
        assert url_for(str(document.endpoint), code="SLW00", public_id="x")


@pytest.mark.parametrize("root", ["", "/desk"])
def test_the_address_of_a_row_is_that_of_its_page_wherever_the_desk_is_served(app: Flask, root: str) -> None:
    page_of = app.jinja_env.globals["page_of"]
    assert callable(page_of)
    for endpoint in ("ledger.account", "controls.entry"):
        for code, public_id in (("SLW00", "one"), ("SLW00", "two"), ("CHD00", "one")):
            with app.test_request_context("/", base_url=f"http://localhost{root}"):
                address = url_for(endpoint, code=code, public_id=public_id)
                assert address.startswith(f"{root}/f/{code}/")
                assert page_of(endpoint, code, public_id) == address


def test_an_entry_leads_to_its_document(make: Make, fund: Fund) -> None:
    officer, day = make.viewer(Role.SECRETARIAT_OFFICER, fund), date(2026, 3, 15)
    with make.app.app_context():
        deposit = record_deposit(fund, Receipt(make.organisation(), Money(100_000, "USD"), day), by=officer)
        address = f"/f/SLW00/contributions/deposits/{deposit.public_id}"
        db.session.commit()
    auditor = make.client(Role.AUDITOR, fund)
    assert f'href="{address}"' in text_of(auditor, "/f/SLW00/ledger")
    assert "1,000.00" in text_of(auditor, address)


def test_journal_narrows_by_account_and_day_and_the_next_page_keeps_it(make: Make, fund: Fund) -> None:
    post(make, fund, count=60)
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    page = text_of(officer, "/f/SLW00/ledger?account=5000&since=1+Mar+2026&until=2026-03-31")
    earlier = "/f/SLW00/ledger?before=2026-03-15.72&account=5000&since=2026-03-01&until=2026-03-31"
    assert f'rel="next" href="{earlier}"' in page
    assert "Deposit, Donorland" not in page
    second = text_of(officer, earlier)
    assert 'class="num align-top">70</th>' in second
    later = "/f/SLW00/ledger?after=2026-03-15.70&account=5000&since=2026-03-01&until=2026-03-31"
    assert f'rel="prev" href="{later}"' in second
    numbers = re.compile(r'align-top">(\d+)</th>')
    assert numbers.findall(text_of(officer, later)) == numbers.findall(page)
    assert "No entry has been posted here" in text_of(officer, "/f/SLW00/ledger?since=1+Apr+2026")


def test_the_journal_is_taken_away_as_it_is_asked_for(make: Make, fund: Fund, monkeypatch: pytest.MonkeyPatch) -> None:
    post(make, fund)
    auditor = make.client(Role.AUDITOR, fund)
    page = text_of(auditor, "/f/SLW00/ledger?account=5000&until=31+Mar+2026")
    assert "/f/SLW00/ledger/journal.xlsx?account=5000&until=2026-03-31" in page
    sent = auditor.get("/f/SLW00/ledger/journal.xlsx?account=5000&until=2026-03-31")
    assert sent.headers["Content-Disposition"].startswith("attachment; filename=SLW00-journal-")
    book = openpyxl.load_workbook(io.BytesIO(sent.data))
    entries, lines, notes = ([[cell.value for cell in row] for row in sheet] for sheet in book.worksheets)
    assert [row[:1] + row[2:4] for row in entries[1:]] == [[2, "2026-03", "Administrative Agent fee"]]
    assert [(row[4], row[9], row[10], row[11]) for row in lines[1:]] == [
        ("5000", 10, None, "USD"), ("1000", None, 10, "USD"), ("", 10, 10, "USD"),
    ]  # fmt: skip
    said = {str(row[0]): str(row[1]) for row in notes}
    assert said["As at"] == "Value dates up to 31 Mar 2026"
    assert said["Asked for: Account"].startswith("5000 ")
    assert (said["Fund"].split(",")[0], said["Entries"]) == ("SLW00", "1")
    assert len(openpyxl.load_workbook(io.BytesIO(auditor.get("/f/SLW00/ledger/journal.xlsx").data))["Lines"]["A"]) == 6
    monkeypatch.setattr(sheets, "MOST_ENTRIES", 1)
    refused = auditor.get("/f/SLW00/ledger/journal.xlsx?until=2026-03-31")
    assert (refused.status_code, "More than 1 entries were asked for" in refused.text) == (422, True)
    assert "31 Mar 2026" in refused.text or "2026-03-31" in refused.text, "what was asked for stays"


def test_wrong_day_in_a_filter_is_said_at_its_field(make: Make, fund: Fund) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    for path in ("/f/SLW00/ledger?since=yesterday", "/f/SLW00/ledger/balances?as_at=yesterday"):
        refused = officer.get(path)
        assert refused.status_code == 422
        assert "Write the day as 23 Nov 2026" in unescape(refused.text)
        assert "yesterday" in refused.text


@pytest.mark.parametrize(
    "query", ["?before=x", "?before=2026-02-31.1", "?after=2026-03-01.", "?account=nope", "?document=nope", "?since="]
)
def test_nonsense_in_the_address_is_no_error(make: Make, fund: Fund, query: str) -> None:
    post(make, fund)
    text_of(make.client(Role.AUDITOR, fund), f"/f/SLW00/ledger{query}")


def test_balances_as_at_and_as_known(make: Make, fund: Fund) -> None:
    post(make, fund)
    auditor = make.client(Role.AUDITOR, fund)
    now = text_of(auditor, "/f/SLW00/ledger/balances")
    for words in ("990.00", "1,000.00", "Both sides"):
        assert words in now
    for empty in ("as_at=14+Mar+2026", "known_on=15+Mar+2026"):
        assert "No account has moved by then" in text_of(auditor, f"/f/SLW00/ledger/balances?{empty}")
    assert "990.00" in text_of(auditor, "/f/SLW00/ledger/balances?as_at=15+Mar+2026&known_on=16+Mar+2026")


def test_a_day_ends_on_the_clocks_of_the_fund(make: Make, fund: Fund) -> None:
    end = end_of(date(2026, 7, 1), fund).astimezone(UTC)
    assert (end.day, end.hour, end.minute, end.second) == (1, 21, 59, 59)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("path", ["/f/SLW00/ledger", "/f/SLW00/ledger/balances"])
def test_who_reads_the_books(make: Make, fund: Fund, role: Role, path: str) -> None:
    client = make.client(role, fund, make.organisation())
    assert client.get(path).status_code == (200 if role in READERS else 404)


def test_books_of_another_fund_are_absent(make: Make, fund: Fund) -> None:
    make.fund("DEM00")
    assert make.client(Role.AUDITOR, fund).get("/f/DEM00/ledger").status_code == 404


@pytest.mark.parametrize("path", ["/f/SLW00/ledger", "/f/SLW00/ledger?account=1000", "/f/SLW00/ledger/balances"])
def test_pages_take_as_many_statements_for_a_hundred_times_the_entries(
    app: Flask, make: Make, fund: Fund, path: str
) -> None:
    post(make, fund)
    client = make.client(Role.AUDITOR, fund)
    client.get(path)
    with statements(app) as few:
        client.get(path)
    copy_entries(app, 99)
    with statements(app) as many:
        client.get(path)
    assert len(many) == len(few) <= 8, "\n".join(many)
