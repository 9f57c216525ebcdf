"""What this room keeps of a proposal goes where it goes: nothing into a copy, and away with a draft."""

from sqlalchemy import delete

from mptf.core.db import db
from mptf.policy import Viewer
from mptf.proposals.contents import Contents
from mptf.proposals.models import Proposal
from mptf.submissions.models import BegunSubmission


def copy(_old: Proposal, _new: Proposal, _by: Viewer) -> None:
    """Take nothing over: a copy was never submitted."""


def rename(_proposal: Proposal, _by: Viewer) -> None:
    """Leave what was sent as it was."""


def drop(proposal: Proposal) -> None:
    """Forget that the submission of a draft was begun."""
    mine = BegunSubmission.fund_id == proposal.fund_id, BegunSubmission.proposal_id == proposal.id
    db.session.execute(delete(BegunSubmission).where(*mine).execution_options(synchronize_session="fetch"))


SENT = Contents(copy=copy, rename=rename, drop=drop)
