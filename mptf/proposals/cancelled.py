"""What a cancelled call means for its proposals: they stay as they are and are read, and nothing more happens to them.

Whatever changes a proposal asks here, in every room. What stays possible is said where it stands: a draft is thrown
away, a proposal that was submitted is withdrawn, people come and go, and texts are copied into another call.
"""

from zoneinfo import ZoneInfo

from mptf.calls.wording import day_text
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.proposals.models import Proposal

OFF = N_("The {kind} was cancelled on {day}, so nothing of this proposal changes any more. The reason given: {reason}")


def why_off(proposal: Proposal) -> RuleBroken | None:
    """Return why nothing more happens to a proposal whose call is cancelled, or None."""
    call = proposal.call
    if not proposal.is_off or call.cancelled_at is None:
        return None
    day = day_text(call.cancelled_at.astimezone(ZoneInfo(call.zone)).date())
    return RuleBroken(OFF, kind=call.kind.word, day=day, reason=call.cancelled_reason)


def refuse_off(proposal: Proposal) -> None:
    """Refuse what changes a proposal once its call is cancelled, as the call stands now; ask with the proposal held.

    Until the end of the unit of work nobody cancels it: others that change proposals under it do not wait.
    """
    told = ["version", "status", "cancelled_at", "cancelled_reason"]
    db.session.refresh(proposal.call, told, with_for_update={"read": True})
    if refusal := why_off(proposal):
        raise refusal
