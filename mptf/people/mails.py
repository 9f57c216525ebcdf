"""What the mails of this room say; each is written when it is sent, after asking again whether it may be."""

from collections.abc import Callable

from sqlalchemy import select

from mptf.core import clock
from mptf.core.clock import Installation
from mptf.core.db import db
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import address, write
from mptf.people.models import RoleGrant


def load_role_given(message: OutboxMessage) -> Letter | None:
    """Tell a person of a role, unless it was ended in the meantime."""
    grant = db.session.scalars(select(RoleGrant).filter_by(public_id=message.subject_id)).first()
    if grant is None or grant.person_id != message.to_person_id or grant.ended_at is not None:
        return None
    if grant.until_on is not None and grant.until_on < clock.today(grant.fund or Installation()):
        return None
    return write("role_given", "You were given a role in Trust Fund Desk", grant=grant, link=address("desk.start"))


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = {"role_given": load_role_given}
