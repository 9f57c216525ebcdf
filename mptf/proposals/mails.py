"""What the mail of this room says; it is written when it is sent, after asking again whether it may be.

It never names a proposal: who reads the mail of somebody learns of the call, which everybody in the fund may read.
"""

from collections.abc import Callable

from mptf.calls.models import PUBLISHED, Call
from mptf.calls.queries import get_call
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import N_, NotFound
from mptf.core.mail import Letter, OutboxMessage
from mptf.fund.models import Fund
from mptf.people.letters import address, write
from mptf.people.models import Person
from mptf.people.queries import viewer_of
from mptf.proposals import queries
from mptf.proposals.reminders import CLOSING, working_on
from mptf.proposals.service import JOINED, SHARED

SUBJECTS = {
    SHARED: N_("You were added to a proposal"),
    JOINED: N_("Somebody joined a proposal you work on"),
}


def load(message: OutboxMessage) -> Letter | None:
    """Tell somebody of a proposal, unless they do not work on it any more."""
    fund, person = db.session.get_one(Fund, message.fund_id), db.session.get_one(Person, message.to_person_id)
    proposal = queries.find_for(person.id, fund, message.subject_id)
    if proposal is None or proposal.person_now(person.id) is None:
        return None
    link = address("proposals.proposal", code=fund.code, public_id=proposal.public_id)
    return write(message.kind, SUBJECTS[message.kind], person=person, fund=fund, call=proposal.call, link=link)


def load_closing(message: OutboxMessage) -> Letter | None:
    """Remind somebody of a closing, unless it is past, or the person works on no open draft any more."""
    fund, person = db.session.get_one(Fund, message.fund_id), db.session.get_one(Person, message.to_person_id)
    try:
        call: Call = get_call(viewer_of(person.id), fund, message.subject_id)
    except NotFound:
        return None
    open_ = call.status is PUBLISHED and call.closes_at is not None and clock.now() < call.closes_at
    if not open_ or person.id not in working_on(call):
        return None
    link = address("calls.call", code=fund.code, public_id=call.public_id)
    return write(CLOSING, N_("A call you write a proposal for closes soon"), person=person, call=call, link=link)


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = {**dict.fromkeys(SUBJECTS, load), CLOSING: load_closing}
