"""Signing in as an invented person: only in the demonstration, so that the second factor stays on elsewhere."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import request
from flask.typing import ResponseReturnValue

from mptf.core import ids
from mptf.people.models import Person
from mptf.people.queries import RolesInTime, get_person, roles_of, search_people
from mptf.signin import mails, service
from mptf.signin.current import remember
from mptf.signin.models import Invitation
from mptf.signin.views.shared import bp, landing
from mptf.web import ActionForm, commit, config, not_found, public, tried

FEW = 3  # people of one role who stand in the list from the beginning
Named = tuple[Person, RolesInTime]


@bp.post("/sign-in/as")
@public
def sign_in_as() -> ResponseReturnValue:
    """Open a session of an invented person."""
    if not config().demo:
        not_found()
    wanted = request.form.get("person", "")
    person = get_person(wanted if ids.is_one(wanted) else not_found())
    opened = tried(
        ActionForm(),
        lambda: service.open_session(
            person, lasts=config().session_lasts, second_factor=True, agent=request.user_agent.string
        ),
    )
    if opened is None:
        not_found()
    _session, token = opened.result
    remember(token)
    return commit(landing())


@dataclass(frozen=True)
class Invented:
    """Whom a visitor may sign in as: a few of each role, and more of the same roles."""

    first: Sequence[Named] = ()
    more: Sequence[Named] = ()


def invented_people() -> Invented:
    """Return whom a visitor of the demonstration may sign in as, by name; nobody elsewhere."""
    if not config().demo:
        return Invented()
    first: list[Named] = []
    more: list[Named] = []
    met: Counter[str] = Counter()
    for person in search_people().items:
        if person.joined_at:
            roles = roles_of(person)
            kind = roles.held[0].grant.role if roles.held else ""
            met[kind] += 1
            (more if met[kind] > FEW else first).append((person, roles))
    return Invented(first, more)


def mailed_link(invitation: Invitation | None) -> str | None:
    """Return the link of an open invitation, which nobody gets by mail in the demonstration."""
    return mails.link_to(invitation) if config().demo and invitation and invitation.open else None
