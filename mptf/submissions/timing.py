"""Whether a proposal can be submitted at a moment, as sentences: of what is written the deadline
of its stage says so, of one that
was returned the day by which it is answered."""

from datetime import datetime

from mptf.calls.deadline import Deadline, Phase
from mptf.calls.wording import moment_text
from mptf.core.errors import N_, RuleBroken
from mptf.proposals.cancelled import why_off
from mptf.proposals.models import RETURNED, Proposal, Stage

NOT_BEGUN = N_(
    "The call closed {closed}, and the submission of this proposal was not begun before. "
    "What you wrote stays as it is; you can copy it into another call."
)
NOT_FINISHED = N_(
    "The call closed {closed}; what was begun before could be finished until {ended}. "
    "What you wrote stays as it is; you can copy it into another call."
)


CONCEPT_NOT_BEGUN = N_(
    "Concept notes were taken until {closed}, and the submission of this one was not begun before. "
    "What you wrote stays as it is; you can copy it into another call."
)
CONCEPT_NOT_FINISHED = N_(
    "Concept notes were taken until {closed}; what was begun before could be finished until {ended}. "
    "What you wrote stays as it is; you can copy it into another call."
)
NOT_INVITED = N_(
    "This concept note is “{status}”. A full proposal is submitted by who is invited to: this one is not invited."
)


def why_not_begin(proposal: Proposal, moment: datetime) -> RuleBroken | None:
    """Return why the submission of a proposal cannot be begun at a moment, or None."""
    return why_not_at(proposal, moment, begun_at=moment)


def why_nothing_begins(proposal: Proposal) -> RuleBroken | None:
    """Return why there is nothing to begin, or None: what was returned has a day to answer, and no grace period."""
    if proposal.status is not RETURNED:
        return None
    told = N_("Nothing is begun here: this proposal was returned. Write the returned parts, and submit it again.")
    return RuleBroken(told)


def why_not_resume(proposal: Proposal, moment: datetime) -> RuleBroken | None:
    """Return why nobody goes on without an answer at a moment: who was asked has until the end of the day; or None."""
    if proposal.answer_by is None or moment > proposal.answer_by:
        return None
    until = moment_text(proposal.answer_by, proposal.fund.zone)
    return RuleBroken(N_("Its office can answer until {until}. After that you can go on without."), until=until)


def why_not_at(proposal: Proposal, moment: datetime, *, begun_at: datetime | None) -> RuleBroken | None:
    """Return why a proposal whose submission was begun at a moment, if at all, cannot be sent at another, or None."""
    if refusal := why_off(proposal):
        return refusal
    if proposal.status is RETURNED:
        return _too_late_an_answer(proposal, moment)
    if proposal.stage is Stage.CONCEPT and not proposal.is_open:
        return RuleBroken(NOT_INVITED, status=proposal.status.label)
    if not proposal.is_open:
        return RuleBroken(
            N_("This proposal is “{status}”, so it is not submitted again."), status=proposal.status.label
        )
    if proposal.deadline is None:
        return RuleBroken(N_("The call is not published yet."))
    return _out_of_time(proposal, proposal.deadline, moment, begun_at)


def _out_of_time(
    proposal: Proposal, deadline: Deadline, moment: datetime, begun_at: datetime | None
) -> RuleBroken | None:
    call = proposal.call
    if deadline.may_finish(moment, begun_at=begun_at):
        return None
    if deadline.phase(moment) is Phase.BEFORE:
        opens = moment_text(deadline.opens_at, call.zone)
        return RuleBroken(N_("The call opens {opens}. It takes nothing before."), opens=opens)
    closed, ended = (moment_text(one, call.zone) for one in (deadline.closes_at, deadline.ends_at))
    in_time = begun_at is not None and deadline.may_begin(begun_at)
    told = (CONCEPT_NOT_FINISHED, CONCEPT_NOT_BEGUN) if proposal.stage is Stage.CONCEPT else (NOT_FINISHED, NOT_BEGUN)
    return RuleBroken(told[0] if in_time else told[1], closed=closed, ended=ended)


def _too_late_an_answer(proposal: Proposal, moment: datetime) -> RuleBroken | None:
    if proposal.answer_by is None or moment <= proposal.answer_by:
        return None
    until = moment_text(proposal.answer_by, proposal.fund.zone)
    return RuleBroken(
        N_("It could be answered until {until}. What you wrote is kept: ask the Secretariat for more time."),
        until=until,
    )
