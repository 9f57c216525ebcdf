"""A chosen file stays with its form while other fields are mended, and a file that is too large is refused in words."""

import io
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.core import audit
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.files import SWEPT_AFTER, Store, StoredFile
from mptf.fund.models import Fund
from mptf.paper.values import KOSOVO_FOOTNOTE
from mptf.policy import Role
from mptf.web import uploads
from tests.factories import Make
from tests.support.visitor import hidden_fields
from tests.test_gateway import GOOD, table

EXTRACT = table(GOOD).encode()
RATES = b"Currency,Valid from,Units per US dollar\nEUR,1 Jan 2026,0.921\n"
SAID = {"title": "Delivery", "source": "MPTF Office Gateway", "certification": "not_stated"}
UPLOAD = "/f/SLW00/gateway/upload"


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


def send(client: FlaskClient, page: TestResponse | None, content: bytes | None = None, **typed: str) -> TestResponse:
    """Post the form of the extract as a browser does: with the hidden fields of its page, and a chosen file."""
    hidden = hidden_fields(page.text) if page else {}
    chosen = {} if content is None else {"file": (io.BytesIO(content), "figures.csv")}
    return client.post(UPLOAD, data={**hidden, **SAID, **typed, **chosen})


def stored(app: Flask) -> list[tuple[str, int]]:
    with app.app_context(), transactions("read"):
        return [(file.own_name, file.size) for file in db.session.scalars(select(StoredFile))]


def test_the_file_stays_while_another_field_is_mended(app: Flask, officer: FlaskClient) -> None:
    refused = send(officer, None, EXTRACT, title="")
    assert refused.status_code == 422
    size = f"{len(EXTRACT)} Bytes"
    assert f"figures.csv, {size}, is kept. Choose another file only to replace it." in unescape(refused.text)
    again = send(officer, refused, title=" ")
    assert f"figures.csv, {size}, is kept." in unescape(again.text), "it stays however often something else is wrong"
    assert stored(app) == []
    assert send(officer, again).status_code == 303
    assert stored(app) == [("figures.csv", len(EXTRACT))]


def test_every_upload_keeps_its_file(app: Flask, officer: FlaskClient) -> None:
    values = {"file": (io.BytesIO(RATES), "rates.csv"), "source": "elsewhere"}
    refused = officer.post("/f/SLW00/rates/import", data=values)
    assert refused.status_code == 422
    kept = hidden_fields(refused.text)
    assert officer.post("/f/SLW00/rates/import", data={**kept, "source": "unore"}).status_code == 303
    assert stored(app) == [("rates.csv", len(RATES))]


def test_another_file_takes_the_place_of_the_kept_one(app: Flask, officer: FlaskClient) -> None:
    refused = send(officer, None, EXTRACT, title="")
    other = table(GOOD, GOOD.replace("002100", "002200")).encode()
    assert send(officer, refused, other).status_code == 303
    assert stored(app) == [("figures.csv", len(other))]


def test_a_kept_file_is_not_asked_for_again(officer: FlaskClient) -> None:
    assert 'required type="file"' in officer.get(UPLOAD).text
    assert 'required type="file"' not in send(officer, None, EXTRACT, title="").text


def test_a_file_that_was_refused_itself_is_not_kept(app: Flask, officer: FlaskClient) -> None:
    refused = send(officer, None, b"%PDF-1.7 \xe2\xe3")
    assert "This file (PDF) is not a table." in unescape(refused.text)
    assert "is kept" not in refused.text
    assert "Choose a file." in send(officer, refused).text


def test_a_refused_file_is_said_beside_what_else_is_wrong(officer: FlaskClient) -> None:
    refused = unescape(send(officer, None, b"%PDF-1.7 \xe2\xe3", title="").text)
    assert "This file (PDF) is not a table." in refused
    assert "Give the extract a title." in refused


def test_a_kept_file_lasts_from_when_it_came(officer: FlaskClient) -> None:
    refused = send(officer, None, EXTRACT, title="")
    again = send(officer, refused, title="")
    assert hidden_fields(again.text)["kept"] == hidden_fields(refused.text)["kept"]


@pytest.mark.parametrize("name", ["a\0.csv", "x" * 400, "Été <b>&amp; “figures”.csv"])
def test_an_odd_name_is_kept_too(app: Flask, officer: FlaskClient, name: str) -> None:
    refused = officer.post(UPLOAD, data={**SAID, "title": "", "file": (io.BytesIO(EXTRACT), name)})
    assert "is kept" in refused.text
    assert send(officer, refused).status_code == 303
    assert len(stored(app)) == 1


@pytest.mark.parametrize(
    "disposition", ["a%0Ab.csv", "a%0D%0ASet-Cookie%3A%20x%3D1.csv", "%7F%1B%5B.csv", "%E2%80%AEb.csv"]
)
def test_a_name_with_signs_that_cannot_be_shown_can_be_taken_again(
    app: Flask, officer: FlaskClient, disposition: str
) -> None:
    parts = [f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in SAID.items()]
    head = f"--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''{disposition}\r\n\r\n"
    body = "".join([*parts, head]).encode() + EXTRACT + b"\r\n--b--\r\n"
    answer = officer.post(UPLOAD, data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 303
    taken = officer.get(f"{answer.location}/file")
    assert (taken.status_code, taken.data) == (200, EXTRACT)
    ((name, _size),) = stored(app)
    assert all(sign.isprintable() for sign in name)
    assert name in taken.headers["Content-Disposition"]


def uploaded(app: Flask, officer: FlaskClient, name: str) -> str:
    """Upload the extract under a name, as if nobody had looked at that, and return the address of its page."""
    answer = send(officer, None, EXTRACT)
    with app.app_context(), unit_of_work():
        db.session.scalars(select(StoredFile)).one().own_name = name
    return answer.location


def test_a_file_stored_under_such_a_name_before_can_be_taken(app: Flask, officer: FlaskClient) -> None:
    page = uploaded(app, officer, "a\nb.csv")
    taken = officer.get(f"{page}/file")
    assert (taken.status_code, taken.headers["Content-Disposition"]) == (200, "attachment; filename=ab.csv")


def test_a_file_that_is_gone_is_said_to_be_so(app: Flask, officer: FlaskClient, store: Store) -> None:
    page = uploaded(app, officer, "figures.csv")
    for path in list(store.blobs()):
        path.unlink()
    answer = officer.get(f"{page}/file")
    assert answer.status_code == 410
    assert "This file is missing in the store of the installation." in answer.text
    kept = officer.post("/f/SLW00/rates/import", data={"file": (io.BytesIO(RATES), "r.csv"), "source": "unore"})
    for path in list(store.blobs()):
        path.unlink()
    assert officer.get(kept.location).status_code == 410, "a preview reads its file again"


def test_the_name_of_a_file_keeps_the_asterisk_on_every_page(app: Flask, officer: FlaskClient) -> None:
    refused = officer.post(UPLOAD, data={**SAID, "title": "", "file": (io.BytesIO(EXTRACT), "Kosovo list.csv")})
    assert "Kosovo* list.csv, " in refused.text
    wrong = officer.post(UPLOAD, data={**SAID, "file": (io.BytesIO(b"a,b\n"), "Kosovo.xlsx")})
    assert "The file is called Kosovo*.xlsx" in unescape(wrong.text)
    page = officer.post(UPLOAD, data={**SAID, "file": (io.BytesIO(EXTRACT), "Kosovo list.csv")}).location
    for address in (page, "/f/SLW00/"):
        shown = officer.get(address).text
        assert "Kosovo* list.csv" in shown, address
        assert shown.count(KOSOVO_FOOTNOTE) == 1, address
    assert 'filename="Kosovo list.csv"' in officer.get(f"{page}/file").headers["Content-Disposition"]


def test_the_log_of_looks_prints_the_asterisk_of_older_names_too(app: Flask, make: Make, fund: Fund) -> None:
    person = make.person()
    with app.app_context(), transactions("write"):
        audit.saw("file", person, by=make.viewer(Role.AUDITOR, fund), fund_id=fund.id, name="Kosovo list.csv")
    page = make.client(Role.AUDITOR, fund).get("/f/SLW00/audit?log=looks").text
    assert "took the file Kosovo* list.csv" in page
    assert KOSOVO_FOOTNOTE in page


def test_a_file_over_the_limit_of_its_form_is_refused_at_its_field(
    app: Flask, officer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads.UploadForm, "limit", 10_000)
    refused = send(officer, None, bytes(10_001), title="")
    assert refused.status_code == 422
    assert "File: The file is larger than" in unescape(refused.text)
    assert "Give the extract a title." in refused.text
    assert "is kept" not in refused.text


def forged(word: str) -> str:
    """Return a word that says something else than was signed."""
    return ("X" if word[0] != "X" else "Y") + word[1:]


@pytest.mark.parametrize("what", ["forged", "old", "swept", "of another person", "of another place"])
def test_a_word_of_a_file_that_does_not_hold_is_no_file(
    app: Flask, make: Make, fund: Fund, officer: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    hidden = hidden_fields(send(officer, None, EXTRACT, title="").text)
    client, address = officer, UPLOAD
    match what:
        case "forged":
            hidden["kept"] = forged(hidden["kept"])
        case "old":
            monkeypatch.setattr(uploads, "KEPT_FOR", timedelta(seconds=-1))
        case "swept":
            for blob in store.blobs():
                blob.unlink()
        case "of another person":
            client = make.client(Role.SECRETARIAT_OFFICER, fund)
        case "of another place":
            client, address = make.client(Role.SECRETARIAT_OFFICER, make.fund("OTHER")), "/f/OTHER/gateway/upload"
    answer = client.post(address, data={"kept": hidden["kept"], **SAID})
    assert answer.status_code == 422
    assert "Choose the file again." in answer.text
    assert stored(app) == []


def test_the_sweeper_comes_later_than_the_word_of_a_kept_file_lasts() -> None:
    assert uploads.KEPT_FOR < SWEPT_AFTER


@pytest.fixture
def small_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server take 10 kB, and look at the proof of a form's origin first, as a real one does."""
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10_000)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


@pytest.mark.parametrize("who", [Role.SECRETARIAT_OFFICER, None])
def test_more_than_the_server_takes_is_said_in_words_with_the_way_back(
    app: Flask, make: Make, fund: Fund, small_server: None, who: Role | None
) -> None:
    client = make.client(who, fund) if who else app.test_client()
    refused = client.post(UPLOAD, data={**SAID, "file": (io.BytesIO(bytes(20_000)), "figures.csv")})
    assert refused.status_code == 413
    assert "A file may have at most 10.0 kB, and what is typed into a form 2.0 MB." in refused.text
    assert f'<a class="btn btn-primary" href="{UPLOAD}">Back to the form</a>' in refused.text


def test_there_is_no_way_back_to_an_address_that_only_takes_forms(officer: FlaskClient, small_server: None) -> None:
    refused = officer.post("/sign-out", data={"token": "x" * 20_000})
    assert refused.status_code == 413
    assert "Back to the form" not in refused.text
