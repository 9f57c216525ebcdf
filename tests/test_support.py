"""The servers and the browser of the test run do what the tests rely on."""

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser

from tests.support import postgres
from tests.support.browser import axe, shot
from tests.support.smtp import mail_server

pytest_plugins = ["tests.support.browsing"]


@pytest.fixture
def own_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run beside the one this test is part of."""
    monkeypatch.delenv(postgres.RUN, raising=False)
    yield
    postgres.stop()


def write(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


@pytest.mark.postgres
@pytest.mark.usefixtures("own_run")
def test_each_clone_begins_as_the_template_and_keeps_its_own_rows() -> None:
    server = postgres.start()
    built = []

    def build(url: str) -> None:
        built.append(url)
        write(url, "CREATE TABLE pledge AS SELECT 1 AS minor")

    for _worker in range(2):
        assert postgres.start() == server
        postgres.create_template(server, build)
    one, two = (postgres.clone(server, name) for name in ("one", "two"))
    write(one, "DELETE FROM pledge")

    def count(url: str) -> list[tuple[int]]:
        with psycopg.connect(url) as connection:
            return connection.execute("SELECT count(*) FROM pledge").fetchall()

    assert len(built) == 1
    assert (count(one), count(two)) == ([(0,)], [(1,)])
    assert count(postgres.clone(server, "one")) == [(1,)]


@pytest.mark.postgres
@pytest.mark.usefixtures("own_run")
def test_a_given_server_is_left_as_it_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = postgres.start()
    before = ours.execute("SELECT datname FROM pg_database")
    with monkeypatch.context() as patch:
        patch.setenv(postgres.GIVEN, ours.address.render_as_string())
        patch.delenv(postgres.RUN)
        server = postgres.start()
        postgres.create_template(server, lambda url: write(url, "CREATE TABLE pledge ()"))
        postgres.clone(server, "one")
        assert len(server.execute("SELECT datname FROM pg_database")) == len(before) + 2
        postgres.stop()
    assert ours.execute("SELECT datname FROM pg_database") == before


def test_mail_is_kept_as_sent_and_refused_when_told() -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "fund@example.org", "donor@example.org", "Statement"
    letter.set_content("Kosovo*")
    with mail_server() as server:
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            client.send_message(letter)
        assert [d.recipients for d in server.deliveries] == [["donor@example.org"]]
        assert server.messages[0].get_content().strip() == "Kosovo*"
        server.refusal = "451 4.3.0 Try later"
        with (
            smtplib.SMTP("127.0.0.1", server.port) as client,
            pytest.raises(smtplib.SMTPRecipientsRefused, match="Try later"),
        ):
            client.send_message(letter)
        assert len(server.messages) == 1
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", server.port)


@pytest.mark.browser
def test_the_accessibility_checker_names_what_is_wrong(chromium: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_content("<html lang='en'><title>A</title><main><h1>A</h1><img src='data:,'></main></html>")
        assert [line.partition(":")[0] for line in axe(page)] == ["image-alt"]
        page.set_content("<html lang='en'><title>A</title><main><h1>A</h1></main></html>")
        assert axe(page) == []
        assert shot(page, "support") is None, "a picture nobody asked for"
        monkeypatch.setenv("MPTF_PICTURES", "1")
        picture = shot(page, "support")
        assert picture
        assert picture.read_bytes().startswith(b"\x89PNG")
