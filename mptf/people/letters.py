"""Writing mails: plain text from a template, with addresses under the configured base URL."""

from flask import current_app

from mptf.core.db import db
from mptf.core.mail import Letter, OutboxMessage
from mptf.fund.models import Fund
from mptf.paper.values import KOSOVO_FOOTNOTE, mentions_kosovo
from mptf.people.models import Person
from mptf.web import config


def envelope(message: OutboxMessage) -> tuple[Fund, Person]:
    """Return the fund a message is of, and whom it goes to."""
    return db.session.get_one(Fund, message.fund_id), db.session.get_one(Person, message.to_person_id)


def write(template: str, subject: str, **values: object) -> Letter:
    """Write `templates/mail/<template>.txt`; nothing of a request or a session can get into it."""
    text = current_app.jinja_env.get_template(f"mail/{template}.txt").render(**values)
    footnote = f"\n{KOSOVO_FOOTNOTE}\n" if mentions_kosovo(text) else ""
    return Letter(subject, f"{text.strip()}\n{footnote}")


def address(endpoint: str, **values: object) -> str:
    """Return the full address of a page, whatever host a request came to (AUTH-4)."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return config().base_url + path
