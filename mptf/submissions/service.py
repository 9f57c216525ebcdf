"""Submit proposals, return parts of them, withdraw them; `by` is the Viewer who does it.

What was submitted is frozen: the parts that are not returned still say what they said. Who reads the audit log learns
that something was submitted, with its hash, never what it is called.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from mptf.calls.models import Call
from mptf.calls.wording import moment_text
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, KnownAlready, RuleBroken
from mptf.core.facts import at_most, needed
from mptf.drafting.content import packed as content_packed
from mptf.drafting.queries import State, frame_of, states_of
from mptf.drafting.service import put_back
from mptf.people import notices
from mptf.people.notices import Notice
from mptf.policy import SECRETARIAT, Permission, Role, Viewer
from mptf.proposals.cancelled import refuse_off
from mptf.proposals.models import PROPOSAL_FLOW, RETURNED, SUBMITTED, PartKind, Proposal, Stage
from mptf.proposals.queries import secretariat_of
from mptf.proposals.service import let_act, let_move, make_findable
from mptf.submissions import queries, snapshot
from mptf.submissions.looked import refuse_unseen
from mptf.submissions.models import (
    LONGEST_REMARK,
    BegunSubmission,
    ReturnedPart,
    Submission,
    SubmissionPlace,
    SubmissionReturn,
    Withdrawal,
)
from mptf.submissions.timing import why_not_at, why_not_begin, why_not_resume, why_nothing_begins

ARRIVED, SENT, RECEIPT = "proposal_arrived", "proposal_sent", "submission_receipt"
GIVEN_BACK, TAKEN_BACK, RESUMED = "proposal_returned", "proposal_withdrawn", "proposal_resumed"
MOST_DAYS = 90

notices.offer(
    Notice(ARRIVED, N_("A proposal is submitted, or what was returned of it is answered"), frozenset(SECRETARIAT)),
    Notice(TAKEN_BACK, N_("A submitted proposal is withdrawn"), frozenset(SECRETARIAT)),
    Notice(SENT, N_("A colleague submits or withdraws a proposal I work on"), frozenset({Role.PUNO_OFFICER})),
)

audit.tell(
    {
        "proposal.begun": N_("began the submission of a proposal under the call {call}"),
        "proposal.submitted": N_("submitted the proposal {number} as version {version}, SHA-256 {sha256}"),
        "proposal.returned": N_("returned parts of the proposal {number}: {parts}"),
        "proposal.time_extended": N_("gave more time to answer what was returned of the proposal {number}"),
        "proposal.resumed": N_("went on with the proposal {number} without an answer to what was returned"),
        "proposal.withdrawn": N_("withdrew the proposal {number}"),
    },
    values={"proposal.parts": PartKind},
)


def begin(proposal: Proposal, *, by: Viewer, at: datetime | None = None) -> datetime:
    """Begin the submission of what was not sent yet, and return when it was begun first; the grace period counts then.

    `at` is when the person asked for it, where that was before this unit of work had its turn.
    """
    moment = at or clock.now()
    let_act(proposal, Permission.PROPOSALS_SUBMIT, by)
    refuse_off(proposal)
    if refusal := why_nothing_begins(proposal):
        raise refusal
    if before := queries.begun_at(proposal):
        return before
    if refusal := why_not_begin(proposal, moment):
        raise refusal
    row = BegunSubmission(proposal_id=proposal.id, fund_id=proposal.fund_id, begun_at=moment, by_id=by.id)
    row.stage = proposal.stage
    db.session.add(row)
    db.session.flush()
    audit.record("proposal.begun", proposal, by=by, fund_id=proposal.fund_id, call=proposal.call.reference)
    return moment


def submit(
    proposal: Proposal, *, by: Viewer, remark: str = "", at: datetime | None = None, looked: str | None = None
) -> Submission:
    """Freeze a complete proposal as its next version, give its receipt, and tell those concerned.

    `at` is as in `begin`; `looked` is what the person looked at before (`looked_at`), None where that is all there is.
    A second click is led to what the first one sent.
    """
    moment = at or clock.now()
    let_move(proposal, Permission.PROPOSALS_SUBMIT, by)
    _refuse_twice(proposal)
    db.session.refresh(proposal.call)
    if refusal := why_not_at(proposal, moment, begun_at=queries.begun_at(proposal)):
        raise refusal
    states = states_of(proposal, frame_of(proposal))
    if refusal := why_incomplete(states, proposal.writable_parts):
        raise refusal
    if looked is not None:
        refuse_unseen(states, looked, proposal.fund)
    at_most(remark, LONGEST_REMARK, "remark")
    if proposal.status is RETURNED and not remark.strip() and not changed_since(proposal, states):
        told = N_("Nothing has changed in the parts that were returned. Say in the remark why they stay as they are.")
        raise RuleBroken(told, field="remark")
    return _freeze(proposal, states, remark.strip(), moment, by)


def why_incomplete(states: Sequence[State], open_now: Collection[PartKind]) -> RuleBroken | None:
    """Return why a proposal cannot be submitted as its parts stand, of which some can be changed now, or None.

    A part that was not returned is not whole any more where an answer or an amendment of the call asks more of it.
    """
    lacking = [state.part.kind for state in states if not state.read.complete]
    if not lacking:
        return None
    closed = [kind for kind in lacking if kind not in open_now]
    told = N_("Not complete yet: {parts}. Open each of these parts: what is missing stands at its fields.")
    if closed:
        told = N_(
            "Not complete any more, and not returned to you: {parts}. Take back what you changed that asks for more "
            "there, or ask the Secretariat to return these parts too."
        )
    return RuleBroken(told, parts=", ".join(kind.label for kind in closed or lacking))


def told_of_submitting(proposal: Proposal) -> list[int]:
    """Return the keys of those of the Secretariat who are told by mail of a submission."""
    return notices.wanting(ARRIVED, secretariat_of(proposal))


def told_beside(proposal: Proposal, by: Viewer) -> list[int]:
    """Return the keys of those who work on a proposal and are told by mail that somebody else sends or withdraws it."""
    return notices.wanting(SENT, [one.person_id for one in proposal.people_now if one.person_id != by.id])


def give_back(proposal: Proposal, reasons: Mapping[PartKind, str], until: date, *, by: Viewer) -> SubmissionReturn:
    """Return parts of a proposal in screening with a reason for each, to be answered until the end of a day.

    Only these parts can be written; all who write the proposal are told.
    """
    let_move(proposal, Permission.PROPOSALS_SCREEN, by)
    refuse_off(proposal)
    if not reasons or not proposal.stage.asks.issuperset(reasons):
        raise RuleBroken(N_("Choose at least one part, and say what is to be changed in it."))
    for part, reason in reasons.items():
        needed(reason, part.value, N_("Say what is to be changed in this part; its writers read it."))
        at_most(reason, LONGEST_REMARK, part.value)
    answer_by = _day_to_answer(proposal, until)
    returned = SubmissionReturn(
        submission_id=queries.latest(proposal).id, fund_id=proposal.fund_id, by_id=by.id
    )  # fmt: skip
    parts = [part.value for part in PartKind if part in reasons]
    with db.session.no_autoflush:
        PROPOSAL_FLOW.fire(proposal, "return", by=by, number=proposal.number, parts=parts)
        proposal.reopened, proposal.answer_by = parts, answer_by
    db.session.add(returned)
    db.session.flush()
    db.session.add_all(
        ReturnedPart(return_id=returned.id, fund_id=proposal.fund_id, part=part, reason=reasons[part].strip())
        for part in map(PartKind, parts)
    )
    db.session.flush()
    _tell(GIVEN_BACK, proposal, told_of_returning(proposal))
    return returned


def told_of_returning(proposal: Proposal) -> list[int]:
    """Return the keys of those who are told what becomes of a proposal they write; nobody does without that."""
    return [one.person_id for one in proposal.people_now if proposal.parts_of(one.person_id)]


def give_time(proposal: Proposal, until: date, *, by: Viewer) -> None:
    """Let what was returned be answered until the end of a later day."""
    let_move(proposal, Permission.PROPOSALS_SCREEN, by)
    refuse_off(proposal)
    if proposal.status is not RETURNED or proposal.answer_by is None:
        raise RuleBroken(N_("Nothing of this proposal waits for an answer."))
    answer_by = _day_to_answer(proposal, until)
    if answer_by <= proposal.answer_by:
        raise RuleBroken(N_("Choose a day after the one that stands; time is not taken back."), field="until")
    proposal.answer_by = answer_by
    db.session.flush()
    audit.record("proposal.time_extended", proposal, by=by, fund_id=proposal.fund_id, number=proposal.number)
    _tell(GIVEN_BACK, proposal, told_of_returning(proposal))


def resume(proposal: Proposal, *, by: Viewer) -> None:
    """Go on with what was submitted before once the day to answer has passed without an answer.

    What was written since stays among the versions.
    """
    let_move(proposal, Permission.PROPOSALS_SCREEN, by)
    refuse_off(proposal)
    if refusal := why_not_resume(proposal, clock.now()):
        raise refusal
    sent = snapshot.unpacked(queries.latest(proposal).content)
    reopened = proposal.writable_parts
    with db.session.no_autoflush:
        PROPOSAL_FLOW.fire(proposal, "resume", by=by, number=proposal.number)
        proposal.reopened, proposal.answer_by = [], None
    db.session.flush()
    put_back(proposal, {kind: sent.contents[kind] for kind in reopened}, by=by)
    _tell(RESUMED, proposal, told_of_returning(proposal))


def withdraw(proposal: Proposal, *, reason: str, by: Viewer) -> None:
    """Take a submitted proposal back, with a reason; it stays on record and cannot be taken up again."""
    let_move(proposal, Permission.PROPOSALS_SUBMIT, by)
    needed(reason, "reason", N_("Say why the proposal is withdrawn; the Secretariat reads it."))
    at_most(reason, LONGEST_REMARK, "reason")
    with db.session.no_autoflush:
        PROPOSAL_FLOW.fire(proposal, "withdraw", by=by, number=proposal.number)
        proposal.reopened, proposal.answer_by = [], None
    db.session.add(
        Withdrawal(proposal_id=proposal.id, fund_id=proposal.fund_id, reason=reason.strip(), by_id=by.id)
    )  # fmt: skip
    db.session.flush()
    _tell(TAKEN_BACK, proposal, told_of_withdrawing(proposal))
    _tell(SENT, proposal, told_beside(proposal, by))


def told_of_withdrawing(proposal: Proposal) -> list[int]:
    """Return the keys of those of the Secretariat who are told by mail that a proposal is withdrawn."""
    return notices.wanting(TAKEN_BACK, secretariat_of(proposal))


def _refuse_twice(proposal: Proposal) -> None:
    if proposal.status is SUBMITTED:
        raise KnownAlready(
            N_("This proposal is submitted already. Nothing was sent a second time."),
            page=("proposals.proposal", proposal.public_id),
        )


def _freeze(
    proposal: Proposal, states: Sequence[State], remark: str, moment: datetime, by: Viewer
) -> Submission:  # fmt: skip
    number = proposal.number or f"P{queries.next_number(proposal)}"
    version = queries.next_version(proposal)
    taken = snapshot.taken(proposal, states, number=number, version=version, at=moment, by=by.name)
    content = snapshot.packed(taken)
    sha256 = snapshot.hashed(content)
    with db.session.no_autoflush:
        PROPOSAL_FLOW.fire(proposal, "submit", by=by, number=number, version=version, sha256=sha256)
        proposal.title, proposal.number, proposal.requested = taken.title, number, taken.requested
        proposal.submitted_at = proposal.submitted_at or moment
        if proposal.began_as_concept:
            proposal.full_at = proposal.full_at or moment
        proposal.reopened, proposal.answer_by = [], None
    sent = Submission(
        proposal_id=proposal.id, fund_id=proposal.fund_id, number=version, stage=taken.stage, content=content,
        sha256=sha256,
        requested=taken.requested, remark=remark, submitted_at=moment, by_id=by.id,
    )  # fmt: skip
    db.session.add(sent)
    db.session.flush()
    db.session.add_all(
        SubmissionPlace(submission_id=sent.id, fund_id=sent.fund_id, jurisdiction_id=one.id)
        for one in proposal.call.jurisdictions
        if one.public_id in taken.places
    )
    make_findable(proposal)
    notices.post(RECEIPT, [by.id], subject_id=sent.public_id, fund_id=proposal.fund_id)
    _tell(ARRIVED, proposal, told_of_submitting(proposal))
    _tell(SENT, proposal, told_beside(proposal, by))
    return sent


def changed_since(proposal: Proposal, states: Sequence[State]) -> frozenset[PartKind]:
    """Return the parts that say anything else than what was sent last."""
    sent = snapshot.contents_of(queries.latest(proposal).content)
    stand = {state.part.kind: content_packed(state.content) for state in states}
    return frozenset(kind for kind, content in stand.items() if content != content_packed(sent[kind]))


def _day_to_answer(proposal: Proposal, until: date) -> datetime:
    """Return the last moment of a day that is told to answer by; refuse one that is past or far away."""
    today = clock.today(proposal.fund)
    if until <= today:
        raise RuleBroken(N_("Give a day after today, so that there is time to answer."), field="until")
    if (until - today).days > MOST_DAYS:
        raise RuleBroken(N_("Give a day within {days} days."), days=MOST_DAYS, field="until")
    answer_by = clock.end_of(until, proposal.fund)
    if proposal.stage is Stage.CONCEPT:
        _leave_time_to_invite(proposal.call, answer_by)
    return answer_by


def _leave_time_to_invite(call: Call, answer_by: datetime) -> None:
    """Refuse a day on which the answer of a concept note would come too late for anybody to be invited."""
    if call.closes_at and call.closes_at <= answer_by:
        told = N_(
            "The call closes {closes}; after that nobody can be invited to submit in full. "
            "Give a day before, or do not return the concept note."
        )
        raise RuleBroken(told, closes=moment_text(call.closes_at, call.zone), field="until")


def _tell(kind: str, proposal: Proposal, person_ids: Sequence[int]) -> None:
    notices.post(kind, person_ids, subject_id=proposal.public_id, fund_id=proposal.fund_id)
