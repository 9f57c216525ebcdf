"""Headers, cookies, CSRF, and that what is forbidden looks like what is absent (SES-2, ACL-2)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config import Environment, Mail
from mptf import create_app
from mptf.core.db import db
from mptf.policy import Role
from mptf.web.pages import HEADERS, KEPT, SANDBOX
from tests import matrix, worlds
from tests.conftest import configuration
from tests.factories import Make
from tests.matrix import Stage
from tests.support.signing import sign_in

# Files that are known; the walk finds a later one by what it answers with.
FILES = {
    "cash.document_attachment", "cash.import_file", "contributions.years_xlsx", "funding_status.pdf",
    "funding_status.xlsx", "gateway.file", "ledger.export", "ledger.workbook", "reconciliation.export",
    "reconciliation.import_file", "reports.download", "statements.file", "statements.pdf", "statements.xlsx",
}  # fmt: skip


@pytest.fixture
def guarded(app: Flask) -> Iterator[Flask]:
    """Switch the CSRF check on, as it is outside tests."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield app
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.mark.parametrize("address", ["/", "/sign-in", "/healthz", "/nowhere", "/static/css/tokens.css", "/f/SLW00/"])
def test_every_answer_carries_the_headers(app: Flask, address: str) -> None:
    response = app.test_client().get(address)
    for name, value in HEADERS.items():
        assert response.headers[name] == value, name


def test_signed_in_pages_are_kept_by_nobody_and_public_pages_touch_no_session(app: Flask, make: Make) -> None:
    fund = make.fund(published=True)
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert officer.get(f"/f/{fund.code}/").headers["Cache-Control"] == "no-store"
    public = officer.get(f"/funds/{fund.code}")
    assert public.status_code == 200
    assert "Cookie" not in public.headers.get("Vary", "")
    assert "Set-Cookie" not in public.headers


@pytest.mark.parametrize(
    "address, to",
    [
        ("/f/SLW00", "/f/SLW00/"), ("/f/SLW00?page=2", "/f/SLW00/?page=2"), ("/f//SLW00/", "/f/SLW00/"),
        ("/f/SLW00/gateway", "/f/SLW00/gateway/"),
    ],
)  # fmt: skip
def test_no_answer_repeats_the_host_of_a_request(client: FlaskClient, address: str, to: str) -> None:
    answer = client.get(address, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, to)
    assert "evil.example" not in answer.text


def test_an_asset_is_kept_as_long_as_its_address_names_its_content(client: FlaskClient) -> None:
    (address,) = re.findall(r'href="(/static/css/tokens.css\?v=\d+)"', client.get("/sign-in").text)
    assert client.get(address).headers["Cache-Control"] == KEPT
    assert client.get(address.partition("?")[0]).headers["Cache-Control"] == "no-cache"
    assert "immutable" not in client.get("/static/css/nothing.css?v=1").headers.get("Cache-Control", "")


def test_the_cookie_is_bound_to_the_host_and_to_tls(tmp_path: Path) -> None:
    plain = configuration(f"sqlite:///{tmp_path / 'x.db'}", tmp_path)
    production = replace(
        plain,
        environment=Environment.PRODUCTION,
        base_url="https://desk.example.org",
        mail=Mail(host="mail.example.org"),
    )
    app = create_app(production)
    with app.test_request_context(base_url="https://desk.example.org"):
        response = app.make_response("")
        session = app.session_interface.open_session(app, __import__("flask").request)
        assert session is not None
        session["sid"] = "x"
        app.session_interface.save_session(app, session, response)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie


def posts(app: Flask) -> list[str]:
    """Return every address a form is posted to, with a made-up value in each gap."""
    number, gap = re.compile(r"<int:[^>]+>"), re.compile(r"<[^>]+>")
    return sorted(
        {
            gap.sub("x", number.sub("1", rule.rule))
            for rule in app.url_map.iter_rules()
            if "POST" in (rule.methods or ())
        }
    )


def test_every_post_without_a_csrf_token_is_refused(guarded: Flask, make: Make) -> None:
    make.fund("x")
    administrator = make.client(Role.ADMINISTRATOR)
    for address in posts(guarded):
        response = administrator.post(address)
        assert response.status_code == 400, address
        assert "open for too long" in response.text, address


def test_forbidden_and_absent_give_the_same_answer(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        records = worlds.records(app, world, fund=world.fund, donor=world.other_donor, by=officer)
        there = records.deposit.public_id
        db.session.remove()
    donor = sign_in(app.test_client(), world.people[Role.DONOR_VIEWER])
    forbidden = donor.get(f"/f/SLW00/contributions/deposits/{there}")
    absent = donor.get(f"/f/SLW00/contributions/deposits/{'a' * 26}")
    other_fund = donor.get("/f/OTHER/contributions")
    no_fund = donor.get("/f/NOFUND/contributions")
    assert _all_of(forbidden) == _all_of(absent) == _all_of(other_fund) == _all_of(no_fund)
    assert forbidden.status_code == 404


def test_an_attachment_is_never_opened_in_place(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        extract = worlds.records(app, world, fund=world.fund, donor=world.donor, by=officer).extract.public_id
    client = sign_in(app.test_client(), world.people[Role.SECRETARIAT_OFFICER])
    response = client.get(f"/f/SLW00/gateway/{extract}/file")
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == SANDBOX


def test_no_file_of_any_address_is_opened_in_place(staged: Callable[[], Stage]) -> None:
    stage, files = staged(), {}
    for row in matrix.rows():
        opens = [actor for actor, cell in row.cells.items() if cell == matrix.OPENS]
        if row.method != "GET" or row.relation != "own" or not opens:
            continue
        answer = stage.client(opens[0]).get(matrix.address(stage, row, opens[0]))
        if answer.status_code == 200 and (answer.mimetype != "text/html" or "Content-Disposition" in answer.headers):
            disposed, policy = answer.headers.get("Content-Disposition", ""), answer.headers["Content-Security-Policy"]
            files[row.endpoint] = (disposed.partition(";")[0], policy)
    assert set(files) >= FILES, "the walk reaches them"
    assert {name: how for name, how in files.items() if how != ("attachment", SANDBOX)} == {}


@pytest.mark.parametrize("address", ["/", "/sign-in", "/nowhere"])
def test_nothing_is_asked_of_another_host(app: Flask, address: str) -> None:
    page = app.test_client().get(address).text
    assert not re.search(r"""<(?:script|link|img|iframe|use)[^>]+(?:src|href)=["'](?:https?:)?//""", page)


def _all_of(response: TestResponse) -> tuple[int, str, list[tuple[str, str]]]:
    return response.status_code, response.text, [(k, v) for k, v in response.headers if k != "Date"]
