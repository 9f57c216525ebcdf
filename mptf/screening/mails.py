"""What the mail of this room says; it is written when it is sent, after asking again whether it may be.

It names no proposal and no reason: a link leads to both.
"""

from collections.abc import Callable

from mptf.core.errors import N_
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import envelope
from mptf.proposals.letters import about
from mptf.proposals.models import INELIGIBLE, INVITED, ProposalStatus, Stage
from mptf.proposals.queries import find_for
from mptf.screening.service import ADMITTED, ASKED, REFUSED

SUBJECTS = {
    ADMITTED: N_("Your proposal is admitted to technical review"),
    ASKED: N_("You are invited to submit the full proposal"),
    REFUSED: N_("What the screening of your proposal came to"),
}
OF_A_CONCEPT = {REFUSED: N_("What the screening of your concept note came to")}
# How far a proposal has come for a letter not to be true any more: one that was refused stays so.
OVER = {
    ADMITTED: frozenset({ProposalStatus.WITHDRAWN}),
    ASKED: frozenset(ProposalStatus) - {INVITED},
    REFUSED: frozenset(ProposalStatus) - {INELIGIBLE},
}


def load(message: OutboxMessage) -> Letter | None:
    """Tell who writes a proposal what became of it, unless the person writes it no more or it stands otherwise.

    Nobody is invited to submit under a cancelled call.
    """
    fund, person = envelope(message)
    proposal = find_for(person.id, fund, message.subject_id)
    if proposal is None or proposal.status in OVER[message.kind] or not proposal.parts_of(person.id):
        return None
    if message.kind == ASKED and proposal.is_off:
        return None
    concept = proposal.at_hand is Stage.CONCEPT
    subject = {**SUBJECTS, **(OF_A_CONCEPT if concept else {})}[message.kind]
    return about(proposal, message.kind, subject, person)


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = dict.fromkeys(SUBJECTS, load)
