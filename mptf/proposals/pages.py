"""What every page about one proposal begins with, here and in the rooms above."""

from mptf.fund.current import the_fund
from mptf.policy import Permission
from mptf.proposals.models import Proposal
from mptf.proposals.queries import get_proposal
from mptf.web import ensure, the_viewer


def the_proposal(public_id: str, permission: Permission) -> Proposal:
    """Return a proposal this person may do something about, or end the request as if there were none."""
    found = get_proposal(the_viewer(), the_fund(), public_id)
    ensure(permission, found)
    return found
