"""Start proposals; `by` is the Viewer who does it."""

from mptf.calls import service as calls
from mptf.calls.models import PUBLISHED, Call
from mptf.calls.queries import may_answer
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, NotAllowed, RuleBroken
from mptf.core.facts import named
from mptf.organisations.models import Office
from mptf.policy import Permission, Viewer, require
from mptf.proposals.models import May, Proposal, ProposalPerson

audit.tell(
    {"proposal.started": N_("started the proposal {title} of {office}")},
    names={"proposal": N_("proposal")},
)


def start(call: Call, office: Office, *, title: str, by: Viewer, is_demo: bool = False) -> Proposal:
    """Start a proposal of an office under a call; who starts it writes it, and is told what changes about the call."""
    require(by, Permission.PROPOSALS_START, call.fund)
    held = by.role_in(call.fund_id)
    if held is None or held.office_id != office.id:
        raise NotAllowed
    if refusal := why_not_start(call, office):
        raise refusal
    named(title, "title")
    proposal = Proposal(
        fund_id=call.fund_id, call_id=call.id, organisation_id=office.organisation_id, office_id=office.id,
        title=title.strip(), by_id=by.id, is_demo=is_demo,
    )  # fmt: skip
    proposal.people = [ProposalPerson(fund_id=call.fund_id, person_id=by.id, may=May.WRITE, by_id=by.id)]
    db.session.add(proposal)
    db.session.flush()
    calls.follow(call, by.id)
    audit.record(
        "proposal.started", proposal, by=by, fund_id=call.fund_id, title=proposal.title, office=office.name,
        call=call.reference,
    )  # fmt: skip
    return proposal


def why_not_start(call: Call, office: Office) -> RuleBroken | None:
    """Return why an office cannot answer a call now, or None."""
    if not may_answer(call, office.id):
        return RuleBroken(N_("{office} is not among the offices this call is open to."), office=office.name)
    if call.status is not PUBLISHED or call.deadline is None or clock.now() >= call.deadline.closes_at:
        return RuleBroken(N_("This call takes no proposals any more."))
    return None
