"""What the mail of this room says; it is written when it is sent, after asking again whether it may be.

It never names a proposal: who reads the mail of somebody learns of the call, which that person may read.
"""

from collections.abc import Callable

from mptf.calls import queries as calls
from mptf.calls.kinds import CallKind
from mptf.core import clock
from mptf.core.errors import N_
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import address, envelope, write
from mptf.proposals import queries
from mptf.proposals.letters import about
from mptf.proposals.models import Stage
from mptf.proposals.reminders import STAGES, closing_of, working_on
from mptf.proposals.service import JOINED, SHARED

CLOSES_SOON = {
    CallKind.OPEN: N_("A call you write a proposal for closes soon"),
    CallKind.INVITATION: N_("An invitation you write a proposal for closes soon"),
}
CONCEPTS_END = N_("A call you write a concept note for takes them for some days more")
SUBJECTS = {
    SHARED: N_("You were added to a proposal"),
    JOINED: N_("Somebody joined a proposal you work on"),
}


def load(message: OutboxMessage) -> Letter | None:
    """Tell somebody of a proposal, unless they do not work on it any more."""
    fund, person = envelope(message)
    proposal = queries.find_for(person.id, fund, message.subject_id)
    if proposal is None or proposal.person_now(person.id) is None:
        return None
    return about(proposal, message.kind, SUBJECTS[message.kind], person)


def load_closing(message: OutboxMessage) -> Letter | None:
    """Remind somebody of a closing, unless it is past, or the person works on no open draft any more."""
    fund, person = envelope(message)
    call = calls.find_for(person.id, fund, message.subject_id)
    if call is None:
        return None
    stage = STAGES[message.kind]
    closes_at = closing_of(call, stage)
    if closes_at is None or clock.now() >= closes_at or person.id not in working_on(call, stage):
        return None
    link = address("calls.call", code=fund.code, public_id=call.public_id)
    subject = CONCEPTS_END if stage is Stage.CONCEPT else CLOSES_SOON[call.kind]
    return write(message.kind, subject, person=person, call=call, link=link)


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = {
    **dict.fromkeys(SUBJECTS, load),
    **dict.fromkeys(STAGES, load_closing),
}
