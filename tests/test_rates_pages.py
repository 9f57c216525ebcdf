"""The pages of exchange rates: a rate typed or corrected, and the import of a table."""

import re
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.policy import Role
from mptf.rates import queries, service
from mptf.rates.models import ExchangeRate
from mptf.rates.service import NewRate
from tests.factories import Make
from tests.support.posting import post
from tests.support.uploads import watch_transactions


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


def test_a_rate_is_typed_once_found_and_corrected(app: Flask, fund: Fund, officer: FlaskClient) -> None:
    typed = {"currency": "EUR", "valid_from": "1 Jan 2026", "rate": "0.921", "source": "unore", "note": ""}
    url = "/f/SLW00/rates"
    assert post(officer, url, **typed).status_code == 303
    assert "known already" in officer.get(post(officer, url, **typed).location).text
    refused = post(officer, url, **{**typed, "rate": "0.922"})
    assert refused.status_code == 422
    assert "EUR has 0.921000 from 1 Jan 2026" in refused.text
    assert "No rate here yet" in officer.get(f"{url}?currency=SEK").text
    with app.app_context():
        rate = queries.rates().items[0]
    assert post(officer, f"{url}/{rate.public_id}", rate="0.912", note="Digits swapped").status_code == 303
    assert "Digits swapped" not in officer.get(f"{url}/{rate.public_id}").text, "why it is corrected is asked anew"
    assert "0.912000" in officer.get(f"{url}?currency=EUR&source=unore").text


def test_a_rate_corrected_meanwhile_shows_both_texts(app: Flask, make: Make, fund: Fund, officer: FlaskClient) -> None:
    viewer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        rate, _ = service.record_rate(NewRate("EUR", date(2026, 1, 1), 921000), fund=fund, by=viewer)
        db.session.commit()
    url = f"/f/SLW00/rates/{rate.public_id}"
    opened = officer.get(url)
    assert post(officer, url, rate="0.930000", note="First").status_code == 303
    refused = post(officer, url, opened, rate="0.94", note="Second")
    assert refused.status_code == 422
    assert re.search(r"<td>0.930000</td><td>0.94</td>", refused.text)
    assert re.search(r"<td>First</td><td>Second</td>", refused.text)


def upload(client: FlaskClient, content: str) -> TestResponse:
    file = (BytesIO(content.encode()), "rates.csv")
    return post(client, "/f/SLW00/rates/import", file=file, source="unore")


def test_a_table_is_looked_at_before_it_is_imported(app: Flask, officer: FlaskClient) -> None:
    table = "Currency,Valid from,Units per US dollar\nEUR,1 Jan 2026,0.921\nXAU,1 Jan 2026,1\n"
    preview = upload(officer, table)
    page = officer.get(preview.location)
    assert "0.921000" in page.text
    assert "XAU is no currency rates are kept for" in page.text
    with app.app_context():
        assert db.session.query(ExchangeRate).count() == 0
    assert "Rates imported: 1." in officer.get(post(officer, preview.location).location).text
    assert post(officer, preview.location).status_code == 303
    with app.app_context():
        assert db.session.query(ExchangeRate).count() == 1
    assert "There is nothing new in this table." in officer.get(preview.location).text


def test_a_table_with_errors_names_them_and_cannot_be_imported(app: Flask, officer: FlaskClient) -> None:
    preview = upload(
        officer, 'Currency,Valid from,Units per US dollar\nEUR,1 Jan 2026,"1.000,00"\nSEK,1 Jan 2026,9.5\n'
    )
    assert "is not a rate" in officer.get(preview.location).text
    assert post(officer, preview.location).status_code == 422
    with app.app_context():
        assert db.session.query(ExchangeRate).count() == 0


def test_a_refused_rate_stands_marked_before_those_to_add(officer: FlaskClient) -> None:
    table = 'Currency,Valid from,Units per US dollar\nEUR,1 Jan 2026,0.921\nSEK,1 Jan 2026,"9,5"\n'
    page = officer.get(upload(officer, table).location).text
    rows = page[page.index("First rows of the table") :]
    assert rows.index("SEK") < rows.index("EUR")
    assert re.search(r'<td class="num wrong"><mark>.*?9,5</mark>', rows)


def test_no_lock_is_held_while_a_table_is_hashed_and_read(
    officer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watch_transactions(monkeypatch)
    preview = upload(officer, "Currency,Valid from,Units per US dollar\nEUR,1 Jan 2026,0.921\n").location
    assert seen == [("keep", False), ("sniff", False), ("read", False)]
    assert post(officer, preview).status_code == 303
    assert [step for step in seen[3:] if step[0] == "read"][-1] == ("read", False)


@pytest.mark.parametrize("content, words", [("%PDF-1.7 x", "is not a table"), ("", "is empty")])
def test_a_file_of_another_kind_is_refused_at_its_field(officer: FlaskClient, content: str, words: str) -> None:
    refused = upload(officer, content)
    assert refused.status_code == 422
    assert words in refused.text


def test_a_table_of_another_fund_does_not_exist(make: Make, officer: FlaskClient) -> None:
    preview = upload(officer, "Currency,Valid from,Units per US dollar\nEUR,1 Jan 2026,0.921\n")
    other = make.client(Role.SECRETARIAT_OFFICER, make.fund("FWREG"))
    assert other.get(preview.location.replace("SLW00", "FWREG")).status_code == 404


def test_a_file_with_an_odd_name_is_taken_in(officer: FlaskClient) -> None:
    content = b"Currency,Valid from,Units per US dollar\nEUR,2026-01-01,0.9\n"
    for name in ("a\0.csv", "\0", "x" * 400, "../../etc/passwd"):
        values = {"file": (BytesIO(content), name), "source": "unore"}
        assert officer.post("/f/SLW00/rates/import", data=values).status_code in (303, 422)


@pytest.mark.parametrize("token", ["a\0b", "x" * 5000, "ü", "' OR 1=1 --"])
def test_a_token_that_is_not_ours_changes_nothing(app: Flask, make: Make, token: str) -> None:
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    assert client.post("/f/SLW00/rates", data={"token": token}).status_code == 422


def damaged(book: bytes, at: int) -> bytes:
    """Return a workbook with a few of its bytes turned over."""
    return book[:at] + bytes(255 - byte for byte in book[at : at + 6]) + book[at + 6 :]


def test_a_damaged_workbook_is_refused_in_words(app: Flask, make: Make) -> None:
    book = openpyxl.Workbook()
    out = BytesIO()
    book.save(out)
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    for at in range(0, len(out.getvalue()), 311):
        file = (BytesIO(damaged(out.getvalue(), at)), "rates.xlsx")
        response = client.post("/f/SLW00/rates/import", data={"file": file, "source": "unore"})
        assert response.status_code in (303, 422), at


@pytest.mark.parametrize("table", [b"," * 400_000, b"currency,valid from,units per us dollar\n" + b'"\n",' * 100_000])
def test_a_table_of_very_many_columns_is_refused_at_once(app: Flask, make: Make, table: bytes) -> None:
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())
    file = (BytesIO(table), "rates.csv")
    response = client.post("/f/SLW00/rates/import", data={"file": file, "source": "unore"}, follow_redirects=True)
    assert "more than 256 columns" in response.text
