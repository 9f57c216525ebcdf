"""What the mails of this room say; each is written when it is sent, after asking again whether it may be."""

from collections.abc import Callable

from sqlalchemy import select

from mptf.core.db import db
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import address, write
from mptf.people.models import Person
from mptf.signin.keys import Keys
from mptf.signin.models import Invitation, PasswordReset
from mptf.signin.service import waits
from mptf.web import config

PAGES = {Invitation: "signin.accept", PasswordReset: "signin.choose_password"}


def link_to(link: Invitation | PasswordReset) -> str:
    """Return the address of an invitation or reset, under the configured base URL."""
    token = Keys(config().secret_key).link_token(link.purpose, link.public_id, link.nonce)
    return address(PAGES[type(link)], token=token)


def load_invitation(message: OutboxMessage) -> Letter | None:
    """Write an invitation, unless it was withdrawn, used, is over, or no role waits any more."""
    row = db.session.scalars(select(Invitation).filter_by(public_id=message.subject_id)).first()
    if row is None or not row.open or row.person_id != message.to_person_id or not waits(row.person):
        return None
    funds = sorted({grant.fund.name for grant in row.person.grants if grant.fund and not grant.ended_at})
    return write(
        "invitation",
        "Your invitation to Trust Fund Desk",
        person=row.person,
        link=link_to(row),
        place=", ".join(funds) or "its funds",
    )


def load_reset(message: OutboxMessage) -> Letter | None:
    """Write the way back, unless it was used or is over."""
    row = db.session.scalars(select(PasswordReset).filter_by(public_id=message.subject_id)).first()
    if row is None or not row.open or row.person_id != message.to_person_id:
        return None
    return write("password_reset", "Choose a new password for Trust Fund Desk", person=row.person, link=link_to(row))


def load_password_changed(message: OutboxMessage) -> Letter | None:
    """Tell a person that the password was changed."""
    person = db.session.get_one(Person, message.to_person_id)
    return write("password_changed", "Your password was changed", person=person, link=address("signin.ask_reset"))


def load_second_factor_changed(message: OutboxMessage) -> Letter | None:
    """Tell a person that the second factor was changed or removed."""
    person = db.session.get_one(Person, message.to_person_id)
    return write(
        "second_factor_changed", "Your second factor was changed", person=person, link=address("signin.security")
    )


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = {
    "invitation": load_invitation,
    "password_reset": load_reset,
    "password_changed": load_password_changed,
    "second_factor_changed": load_second_factor_changed,
}
