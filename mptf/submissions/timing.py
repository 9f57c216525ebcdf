"""Whether a proposal can be submitted at a moment, as sentences: of a draft the call's deadline says so, of one that
was returned the day by which it is answered."""

from datetime import datetime

from mptf.calls.deadline import Deadline, Phase
from mptf.calls.models import CANCELLED, Call
from mptf.calls.wording import moment_text
from mptf.core.errors import N_, RuleBroken
from mptf.proposals.models import DRAFT, RETURNED, Proposal

OFF = N_("The call is cancelled. What you wrote stays as it is; you can copy it into another call.")
NOT_BEGUN = N_(
    "The call closed {closed}, and the submission of this proposal was not begun before. "
    "What you wrote stays as it is; you can copy it into another call."
)
NOT_FINISHED = N_(
    "The call closed {closed}; what was begun before could be finished until {ended}. "
    "What you wrote stays as it is; you can copy it into another call."
)


def why_not_begin(proposal: Proposal, moment: datetime) -> RuleBroken | None:
    """Return why the submission of a proposal cannot be begun at a moment, or None."""
    return why_not_at(proposal, moment, begun_at=moment)


def why_not_at(proposal: Proposal, moment: datetime, *, begun_at: datetime | None) -> RuleBroken | None:
    """Return why a proposal whose submission was begun at a moment, if at all, cannot be sent at another, or None."""
    if proposal.status is RETURNED:
        return _too_late_an_answer(proposal, moment)
    if proposal.status is not DRAFT:
        return RuleBroken(
            N_("This proposal is “{status}”, so it is not submitted again."), status=proposal.status.label
        )
    call = proposal.call
    if call.status is CANCELLED:
        return RuleBroken(OFF)
    if call.deadline is None:
        return RuleBroken(N_("The call is not published yet."))
    return _out_of_time(call, call.deadline, moment, begun_at)


def _out_of_time(call: Call, deadline: Deadline, moment: datetime, begun_at: datetime | None) -> RuleBroken | None:
    if deadline.may_finish(moment, begun_at=begun_at):
        return None
    if deadline.phase(moment) is Phase.BEFORE:
        opens = moment_text(deadline.opens_at, call.zone)
        return RuleBroken(N_("The call opens {opens}. It takes nothing before."), opens=opens)
    closed, ended = (moment_text(one, call.zone) for one in (deadline.closes_at, deadline.ends_at))
    in_time = begun_at is not None and deadline.may_begin(begun_at)
    return RuleBroken(NOT_FINISHED if in_time else NOT_BEGUN, closed=closed, ended=ended)


def _too_late_an_answer(proposal: Proposal, moment: datetime) -> RuleBroken | None:
    if proposal.answer_by is None or moment <= proposal.answer_by:
        return None
    until = moment_text(proposal.answer_by, proposal.fund.zone)
    return RuleBroken(
        N_("It could be answered until {until}. What you wrote is kept: ask the Secretariat for more time."),
        until=until,
    )
