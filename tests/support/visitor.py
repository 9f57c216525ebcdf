"""Somebody at a browser without scripts: follows links, fills in forms, keeps what a page needs to be posted."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from mptf.core import clock
from mptf.core.db import db, transactions
from mptf.core.mail import Letter, OutboxMessage
from mptf.jobs import chores
from mptf.jobs.table import LETTERS


class Visitor:
    """A browser and the telephone beside it."""

    def __init__(self, app: Flask, address: str = "203.0.113.7") -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.address = address
        self.secret = ""
        self.recovery_codes: list[str] = []

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=headers, environ_base={"REMOTE_ADDR": self.address})

    def post(self, path: str, /, *, page: str | None = None, host: str | None = None, **data: str) -> TestResponse:
        """Post a form with the hidden fields of the page it stands on, under a host if given."""
        hidden = hidden_fields(self.get(page or path).text)
        headers = {"Host": host, "X-Forwarded-Host": host} if host else None
        return self.client.post(
            path, data={**hidden, **data}, headers=headers, environ_base={"REMOTE_ADDR": self.address}
        )

    def join(self, link: str, password: str) -> TestResponse:
        """Follow an invitation, choose a password and set up a second factor; return the last page."""
        answer = self.post(link, password=password, again=password)
        assert answer.status_code == 303, answer.text
        return self.enrol(answer.location)

    def enrol(self, path: str) -> TestResponse:
        """Set up a second factor from the page behind `path`."""
        page = self.client.get(path, follow_redirects=True, environ_base={"REMOTE_ADDR": self.address})
        self.secret = secret_of(page.text)
        answer = self.post(page.request.path, code=self.code())
        self.recovery_codes = re.findall(r"<code>([a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4})</code>", answer.text)
        return answer

    def sign_in(self, email: str, password: str) -> TestResponse:
        """Take the password step."""
        return self.post("/sign-in", email=email, password=password)

    def code(self, at: datetime | None = None) -> str:
        """Return what the telephone shows."""
        return TOTP(self.secret).at(at or clock.now())


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a page; every form of it has the same CSRF token."""
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value:
            found.setdefault(name[1], value[1])
    return found


def secret_of(page: str) -> str:
    """Return the secret a set-up page shows."""
    shown = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert shown, page
    return shown[1].replace(" ", "")


def letters(app: Flask, kind: str | None = None) -> list[tuple[str, Letter | None]]:
    """Return the mails that wait, as they would be written now: kind and text, or None where dropped."""
    with app.app_context():
        chores.answer_resets()
    with app.app_context(), transactions("read"):
        rows = db.session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)).all()
        return [(row.kind, LETTERS[row.kind](row)) for row in rows if kind in (None, row.kind)]


def link_in(letter: Letter | None) -> str:
    """Return the path of the link a mail holds."""
    assert letter is not None
    found = re.search(r"^http://localhost(/\S+)$", letter.text, re.MULTILINE)
    assert found, letter.text
    return found[1]


@contextmanager
def queries(app: Flask) -> Iterator[list[str]]:
    """Collect every SELECT inside the block."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            found.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
