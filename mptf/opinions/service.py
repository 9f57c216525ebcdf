"""Record opinions of SALW Commissions on what was submitted, and correct them; `by` is the Viewer who does it.

The audit log keeps whose opinion was recorded on which proposal, never what it says.
"""

from collections.abc import Mapping
from typing import Any

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, KnownAlready, NotFound, RuleBroken
from mptf.core.facts import at_most, needed
from mptf.core.files import StoredFile
from mptf.opinions import queries
from mptf.opinions.facts import Given
from mptf.opinions.models import LONGEST_REASON, Opinion, Says
from mptf.organisations.models import Jurisdiction
from mptf.policy import Permission, Viewer
from mptf.proposals.cancelled import refuse_off, why_off
from mptf.proposals.models import Proposal
from mptf.proposals.service import let_act
from mptf.submissions.models import Submission
from mptf.submissions.queries import get_submission

audit.tell(
    {
        "opinion.recorded": N_("recorded the opinion of the SALW Commission of {place} on the proposal {number}"),
        "opinion.corrected": N_("corrected the opinion of the SALW Commission of {place} on the proposal {number}"),
        "opinion.withdrawn": N_(
            "said that the opinion of the SALW Commission of {place} on the proposal {number} was recorded by mistake"
        ),
    },
    names={"opinion": N_("opinion of a SALW Commission")},
)


def record(
    proposal: Proposal, place: Jurisdiction | None, given: Given, *, letter: StoredFile | None = None, by: Viewer
) -> Opinion:
    """Record what the Commission of a place says of a proposal, with the signed letter if there is one."""
    submission = _let_record(proposal, given, by)
    if place is None or place.id not in {one.jurisdiction.id for one in queries.places_of(proposal)}:
        raise RuleBroken(N_("Choose a jurisdiction the proposal works in, or another of the call."), field="place")
    if given.says is Says.TAKEN_BACK:
        raise RuleBroken(N_("Choose what the Commission says."), field="says")
    before = queries.find_newest(proposal, place)
    if before and before.given:
        raise KnownAlready(
            N_("The opinion of {place} is recorded already. Correct it where it is wrong."),
            page=("proposals.proposal", proposal.public_id), place=place.name, field="place",
        )  # fmt: skip
    return _added(proposal, place, given, submission, by, letter, before)


def correct(
    opinion: Opinion,
    given: Given,
    *,
    reason: str,
    letter: StoredFile | None = None,
    without_letter: bool = False,
    by: Viewer,
) -> Opinion | None:
    """Put another row in the place of an opinion, with a reason; None where that would say nothing new.

    The letter of the former stays, unless another comes along or it does not belong to it.
    """
    proposal = opinion.proposal
    submission = _let_record(proposal, given, by)
    newest = queries.find_newest(proposal, opinion.jurisdiction)
    if newest is not opinion or not opinion.given:
        raise RuleBroken(N_("This was corrected meanwhile. Open the proposal to see what stands now."))
    needed(reason, "reason", N_("Say why it is corrected."))
    at_most(reason, LONGEST_REASON, "reason")
    kept = letter or (None if without_letter else opinion.letter)
    if _same(opinion, given, kept):
        return None
    return _added(proposal, opinion.jurisdiction, given, submission, by, kept, opinion, reason.strip())


def why_not_record(proposal: Proposal) -> RuleBroken | None:
    """Return why no opinion on a proposal is recorded or corrected now, or None."""
    if refusal := why_off(proposal):
        return refusal
    if proposal.status in queries.UNDER_WAY:
        return None
    told = N_("This proposal is “{status}”, so no opinion on it is recorded any more.")
    return RuleBroken(told, status=proposal.status.label)


def _let_record(proposal: Proposal, given: Given, by: Viewer) -> Submission:
    """Let one writer at a time at a proposal, refuse what cannot be recorded, and return what it was given on."""
    let_act(proposal, Permission.OPINIONS_RECORD, by)
    refuse_off(proposal)
    if refusal := why_not_record(proposal):
        raise refusal
    try:
        submission = get_submission(proposal, given.number)
    except NotFound:
        raise RuleBroken(N_("Choose the version it was given on."), field="number") from None
    sent_on = clock.local(submission.submitted_at, proposal.fund).date()
    given.check(sent_on=sent_on, today=clock.today(proposal.fund))
    return submission


def _same(opinion: Opinion, given: Given, letter: StoredFile | None) -> bool:
    stands, file_id = Given.of(opinion), letter.id if letter else None
    typed = Given(given.says, given.text.strip(), given.given_on, given.number)
    return stands == typed and file_id == opinion.file_id


def _added(
    proposal: Proposal,
    place: Jurisdiction,
    given: Given,
    submission: Submission,
    by: Viewer,
    letter: StoredFile | None,
    before: Opinion | None,
    reason: str = "",
) -> Opinion:
    row = Opinion(
        fund_id=proposal.fund_id, proposal_id=proposal.id, jurisdiction_id=place.id, submission_id=submission.id,
        says=given.says, text=given.text.strip(), given_on=given.given_on, file_id=letter.id if letter else None,
        replaces_id=before.id if before else None, reason=reason, by_id=by.id,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    audit.record(
        "opinion.withdrawn" if not row.given else "opinion.corrected" if reason else "opinion.recorded",
        row, by=by, fund_id=proposal.fund_id, place=place.name, number=proposal.number, **_of_letter(letter),
    )  # fmt: skip
    return row


def _of_letter(letter: StoredFile | None) -> Mapping[str, Any]:
    return {"sha256": letter.sha256} if letter else {}
