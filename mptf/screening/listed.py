"""The proposals of a call with how far their screening has come, and what they come to in all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from mptf.calls.models import CANCELLED, Call
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.paging import Page
from mptf.policy import Viewer
from mptf.proposals import listed as proposals
from mptf.proposals.listed import Asked, Line
from mptf.proposals.models import INELIGIBLE, INVITED, RETURNED, SCREENING, SUBMITTED, Proposal, ProposalStatus, Stage
from mptf.proposals.queries import PROPOSAL, visible_to
from mptf.screening.models import Ground
from mptf.screening.queries import Progress, grounds_of, progress_of


@dataclass(frozen=True)
class Listed:
    """A proposal of the call, how far its screening has come, and what it waits for as a template with its values."""

    line: Line
    call: Call
    progress: Progress

    @property
    def waits(self) -> tuple[str, Mapping[str, Any]]:
        """What is to be done next, in words; nothing where screening is over."""
        return waits_for(self.line, self.call, self.progress)


@dataclass(frozen=True)
class Totals:
    """What the proposals of a call come to: how many stand where, what those still in the running ask for, and why not.

    Withdrawn and ineligible ones count in `counts` alone.
    """

    counts: Mapping[ProposalStatus, int]
    requested: Money
    grounds: Mapping[Ground, int]

    @property
    def submitted(self) -> int:
        """How many were ever submitted."""
        return sum(self.counts.values())

    @property
    def counts_by_word(self) -> dict[str, int]:
        """How many stand where, by the word of the status; those of which there is none, too."""
        return {status.value: self.counts.get(status, 0) for status in ProposalStatus}

    @property
    def running(self) -> int:
        """How many are neither withdrawn nor ineligible."""
        return sum(count for status, count in self.counts.items() if not status.final)


def waits_for(one: Proposal | Line, call: Call, progress: Progress) -> tuple[str, Mapping[str, Any]]:
    """Say what a proposal waits for, as a template with its values; nothing where screening is over, or the call."""
    if call.status is CANCELLED:
        return "", {}
    if one.status is SUBMITTED:
        return N_("Take up screening"), {}
    if one.status is RETURNED:
        return N_("Its office answers until {until}"), {"until": one.answer_by}
    if one.status is INVITED and call.takes:
        return N_("Its office submits in full until {until}"), {"until": call.closes_at}
    return _decision(one.stage, call, progress) if one.status is SCREENING else ("", {})


def _decision(stage: Stage, call: Call, progress: Progress) -> tuple[str, Mapping[str, Any]]:
    """Say what is to be done of one in screening."""
    if progress.answered < progress.asked or not progress.asked:
        return N_("Items to answer: {open}"), {"open": progress.asked - progress.answered}
    if progress.grounds:
        return N_("Decide: a “no” makes it ineligible"), {}
    if stage is Stage.FULL:
        return N_("Admit it, or return parts"), {}
    if not call.takes:
        return N_("The call has closed: nobody is invited any more"), {}
    return N_("Invite the full proposal, or return parts"), {}


def page_of(viewer: Viewer, call: Call, asked: Asked) -> Page[Listed]:
    """Return a page of the submitted proposals of a call, the latest first."""
    found = proposals.submitted(viewer, call.fund, asked)
    progress = progress_of(call, [one.id for one in found.items])
    return Page([Listed(one, call, progress[one.id]) for one in found.items], found.page, found.total, found.size)


def whole(viewer: Viewer, call: Call, asked: Asked) -> Sequence[Listed] | None:
    """Return every row of the list as it is asked for, in its order; None where there are too many for a file."""
    found = proposals.whole(viewer, call.fund, asked)
    if found is None:
        return None
    progress = progress_of(call)
    return [Listed(one, call, progress[one.id]) for one in found]


def totals(viewer: Viewer, call: Call) -> Totals:
    """Return what the submitted proposals of a call come to, as far as somebody may know of them."""
    mine = visible_to(viewer, call.fund), PROPOSAL.call_id == call.id, PROPOSAL.submitted_at.is_not(None)
    counted = select(PROPOSAL.status, func.count(), func.coalesce(func.sum(PROPOSAL.requested_minor), 0))
    rows = [(row[0], row[1], row[2]) for row in db.session.execute(counted.where(*mine).group_by(PROPOSAL.status))]
    minor = sum(int(asked) for status, _, asked in rows if not status.final)
    counts = {status: count for status, count, _ in rows}
    grounds = grounds_of(viewer, call) if INELIGIBLE in counts else {}
    return Totals(counts, Money(minor, call.fund.currency), grounds)
