"""What the mail of this room says; it is written when it is sent, after asking again whether it may be."""

from collections.abc import Callable

from mptf.calls import queries
from mptf.calls.kinds import CallKind
from mptf.calls.service import AMENDED, ANSWERED_OFF, OFF, OUT
from mptf.core.errors import N_
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import address, envelope, write

_OFF = {
    CallKind.OPEN: N_("A call for proposals is cancelled"),
    CallKind.INVITATION: N_("An invitation to submit is cancelled"),
}
SUBJECTS = {
    OUT: {
        CallKind.OPEN: N_("A call for proposals is published"),
        CallKind.INVITATION: N_("Your office is invited to submit"),
    },
    AMENDED: {
        CallKind.OPEN: N_("A call you follow was amended"),
        CallKind.INVITATION: N_("An invitation you follow was amended"),
    },
    OFF: _OFF,
    ANSWERED_OFF: _OFF,
}


def load(message: OutboxMessage) -> Letter | None:
    """Tell somebody what became of a call, unless they may no longer know of it."""
    fund, person = envelope(message)
    call = queries.find_for(person.id, fund, message.subject_id)
    if call is None:
        return None
    link = address("calls.call", code=fund.code, public_id=call.public_id)
    return write(message.kind, SUBJECTS[message.kind][call.kind], person=person, fund=fund, call=call, link=link)


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = dict.fromkeys(SUBJECTS, load)
