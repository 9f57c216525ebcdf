"""What the mail of this room says; it is written when it is sent, after asking again whether it may be.

It never names a proposal: who reads the mail of somebody learns of the call and the number, which tell nothing of it.
"""

from collections.abc import Callable, Mapping

from mptf.core.errors import N_
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import envelope
from mptf.proposals.letters import about
from mptf.proposals.models import RETURNED, SUBMITTED, WITHDRAWN, ProposalStatus, Stage
from mptf.proposals.queries import find_for
from mptf.submissions import queries
from mptf.submissions.service import ARRIVED, GIVEN_BACK, RECEIPT, RESUMED, SENT, TAKEN_BACK

# Each kind with its subject, and how far the proposal must have come for it to be true still; None is any.
SUBJECTS: Mapping[str, tuple[str, frozenset[ProposalStatus] | None]] = {
    ARRIVED: (N_("A proposal is submitted"), frozenset({SUBMITTED})),
    SENT: (N_("A proposal you work on was submitted or withdrawn"), None),
    GIVEN_BACK: (N_("Parts of a proposal are returned to you"), frozenset({RETURNED})),
    RESUMED: (N_("A proposal goes on as it was submitted"), None),
    TAKEN_BACK: (N_("A proposal is withdrawn"), frozenset({WITHDRAWN})),
}
OF_A_CONCEPT = {
    ARRIVED: N_("A concept note is submitted"),
    SENT: N_("A concept note you work on was submitted or withdrawn"),
    GIVEN_BACK: N_("A concept note is returned to you"),
    RESUMED: N_("A concept note goes on as it was submitted"),
    TAKEN_BACK: N_("A concept note is withdrawn"),
}

# What is told to who works on the proposal; the Secretariat is told the rest.
OF_ITS_PEOPLE = frozenset({SENT, GIVEN_BACK, RESUMED})


def load(message: OutboxMessage) -> Letter | None:
    """Tell of a proposal, unless the person may not know of it any more or it stands otherwise by now.

    Nobody is asked for an answer under a cancelled call.
    """
    subject, standing = SUBJECTS[message.kind]
    fund, person = envelope(message)
    proposal = find_for(person.id, fund, message.subject_id)
    if proposal is None or (standing and proposal.status not in standing):
        return None
    if message.kind == GIVEN_BACK and proposal.is_off:
        return None
    if message.kind in OF_ITS_PEOPLE and proposal.person_now(person.id) is None:
        return None
    if proposal.at_hand is Stage.CONCEPT:
        subject = OF_A_CONCEPT[message.kind]
    return about(proposal, message.kind, subject, person)


def load_receipt(message: OutboxMessage) -> Letter | None:
    """Give who submitted a proposal the receipt of exactly what was sent."""
    fund, person = envelope(message)
    sent = queries.find_sent(fund, message.subject_id)
    proposal = find_for(person.id, fund, sent.proposal.public_id) if sent else None
    return about(proposal, message.kind, N_("Your receipt"), person, sent=sent) if proposal else None


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = {**dict.fromkeys(SUBJECTS, load), RECEIPT: load_receipt}
