"""How a letter about a proposal is written, by this room and those it goes through."""

from mptf.core.mail import Letter
from mptf.people.letters import address, write
from mptf.people.models import Person
from mptf.proposals.models import Proposal


def about(proposal: Proposal, kind: str, subject: str, person: Person, **values: object) -> Letter:
    """Write a letter about a proposal; it leads to its page."""
    fund = proposal.fund
    link = address("proposals.proposal", code=fund.code, public_id=proposal.public_id)
    return write(kind, subject, person=person, fund=fund, call=proposal.call, proposal=proposal, link=link, **values)
