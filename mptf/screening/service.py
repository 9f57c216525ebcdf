"""Take up screening, answer the checklist, admit and refuse what was submitted; `by` is the Viewer who does it.

Who reads the audit log learns what became of a proposal, never its title, what was noted or what a letter says.
"""

from collections.abc import Collection, Mapping, Sequence

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken, Stale
from mptf.core.facts import at_most, needed
from mptf.people import notices
from mptf.policy import Permission, Viewer
from mptf.proposals.cancelled import refuse_off
from mptf.proposals.models import PROPOSAL_FLOW, SCREENING, Proposal, Stage
from mptf.proposals.service import let_move
from mptf.screening import letters, queries
from mptf.screening.checklist import adopt
from mptf.screening.letters import Letter
from mptf.screening.models import (
    LONGEST_LETTER,
    LONGEST_NOTE,
    Answer,
    Ground,
    IneligibilityGround,
    IneligibilityLetter,
    ScreeningAnswer,
    ScreeningItem,
    TakenUp,
)
from mptf.screening.proposed import Said, field_of
from mptf.submissions import queries as submissions
from mptf.submissions.models import Submission
from mptf.submissions.service import told_of_returning
from mptf.submissions.snapshot import unpacked

ADMITTED, REFUSED, ASKED = "proposal_admitted", "proposal_refused", "proposal_invited"

audit.tell(
    {
        "proposal.screened": N_("took up the screening of the proposal {number}"),
        "submission.checked": N_("answered items of the checklist for the proposal {number}: {items}"),
        "proposal.admitted": N_("admitted the proposal {number} to technical review"),
        "proposal.invited": N_("invited the full proposal after the concept note {number}"),
        "proposal.refused": N_("declared the proposal {number} ineligible: {grounds}, letter {letter}"),
    },
    names={"submission": N_("submission")},
    values={"proposal.grounds": Ground},
)


def take_up(proposal: Proposal, *, by: Viewer) -> TakenUp:
    """Take up the screening of what was submitted last; the first of a call takes its proposed checklist over."""
    let_move(proposal, Permission.PROPOSALS_SCREEN, by)
    refuse_off(proposal)
    adopt(proposal.call, by=by)
    sent = submissions.latest(proposal)
    with db.session.no_autoflush:
        PROPOSAL_FLOW.fire(proposal, "screen", by=by, number=proposal.number)
    taken = TakenUp(submission_id=sent.id, fund_id=proposal.fund_id, by_id=by.id)
    db.session.add(taken)
    db.session.flush()
    return taken


def answer(proposal: Proposal, said: Sequence[Said], *, by: Viewer) -> int:
    """Keep what is said at items of the checklist, each as another version; return how many say anything new.

    An item somebody else answered meanwhile is refused; what was not answered stays open.
    """
    let_move(proposal, Permission.PROPOSALS_SCREEN, by)
    refuse_off(proposal)
    if proposal.status is not SCREENING:
        raise RuleBroken(
            N_("Items are answered while a proposal is in screening; this one is “{status}”."),
            status=proposal.status.label,
        )
    items = {item.id: item for item in queries.items_of(proposal.call)}
    if any(one.item_id not in items for one in said):
        raise Stale  # it was taken out a moment ago
    sent = submissions.latest(proposal)
    stands = queries.newest_answers(sent)
    new = [row for one in said if (row := _answered(one, items[one.item_id], stands, sent, by))]
    db.session.add_all(new)
    db.session.flush()
    if new:
        places = [items[row.item_id].position for row in new]
        audit.record(
            "submission.checked", sent, by=by, fund_id=proposal.fund_id, number=proposal.number,
            items=", ".join(map(str, sorted(places))),
        )  # fmt: skip
    return len(new)


def admit(proposal: Proposal, *, by: Viewer) -> None:
    """Admit a proposal to technical review, once every item is answered and nothing makes it ineligible."""
    _let_on(proposal, "admit", by)
    db.session.flush()
    _tell(ADMITTED, proposal)


def invite(proposal: Proposal, *, by: Viewer) -> None:
    """Invite the full proposal after a concept note, as one is admitted; its parts are open from then on.

    Once the call has closed nobody is: what could not be submitted any more is not asked for.
    """
    _let_on(proposal, "invite", by)
    proposal.stage = Stage.FULL
    db.session.flush()
    _tell(ASKED, proposal)


def _let_on(proposal: Proposal, step: str, by: Viewer) -> None:
    """Take the step on from screening, once its checklist allows; nothing is written before the caller says so."""
    let_move(proposal, Permission.PROPOSALS_SCREEN, by)
    refuse_off(proposal)
    if proposal.status is SCREENING:
        db.session.refresh(proposal.call)
        stands = queries.newest_answers(submissions.latest(proposal))
        if refusal := why_not_let_on(proposal, queries.items_of(proposal.call), stands):
            raise refusal
    with db.session.no_autoflush:
        PROPOSAL_FLOW.fire(proposal, step, by=by, number=proposal.number)


def why_not_let_on(
    proposal: Proposal, items: Sequence[ScreeningItem], stands: Mapping[int, ScreeningAnswer]
) -> RuleBroken | None:  # fmt: skip
    """Return why a proposal of which this was found is not admitted, or as a concept note not invited, or None."""
    if proposal.stage is Stage.CONCEPT and not proposal.call.takes:
        return RuleBroken(N_("The call takes no proposals any more, so nobody is invited to submit one in full."))
    return why_not_admit(items, stands)


def why_not_admit(
    items: Sequence[ScreeningItem], stands: Mapping[int, ScreeningAnswer]
) -> RuleBroken | None:  # fmt: skip
    """Return why a proposal of which this was found is not admitted, or None."""
    open_ = [item for item in items if item.id not in stands]
    if open_ or not items:
        return RuleBroken(N_("Items without an answer: {open}. Answer all of them first."), open=len(open_))
    if grounds := grounds_found(items, stands):
        labels = "; ".join(ground.label for ground in grounds)
        return RuleBroken(N_("A “no” makes it ineligible: {grounds}."), grounds=labels)
    return None


def grounds_found(items: Sequence[ScreeningItem], stands: Mapping[int, ScreeningAnswer]) -> list[Ground]:
    """Return the grounds the answers give, in the order of the catalogue."""
    noes = {item.ground for item in items if item.id in stands and stands[item.id].answer is Answer.NO}
    return [ground for ground in Ground if ground in noes]


def refuse(proposal: Proposal, grounds: Collection[Ground], text: str, *, by: Viewer) -> IneligibilityLetter:
    """Declare a proposal in screening ineligible by a letter that is frozen with its hash, and tell its writers."""
    let_move(proposal, Permission.PROPOSALS_SCREEN, by)
    refuse_off(proposal)
    chosen = [ground for ground in Ground if ground in grounds]
    if not chosen:
        raise RuleBroken(N_("Choose at least one reason."), field="grounds")
    needed(text, "text", N_("Write the letter; the applicant reads it."))
    at_most(text, LONGEST_LETTER, "text")
    moment, sent = clock.now(), submissions.latest(proposal)
    today = clock.today(proposal.fund)
    sequence = queries.next_in(proposal.fund, today.year)
    number = f"{proposal.fund.code}/EL/{today.year}/{sequence:03}"
    told = [ground.value for ground in chosen]
    with db.session.no_autoflush:
        PROPOSAL_FLOW.fire(proposal, "refuse", by=by, number=proposal.number, grounds=told, letter=number)
    content = letters.frozen(_letter(proposal, sent, number, chosen, text.strip()))
    letter = IneligibilityLetter(
        proposal_id=proposal.id, submission_id=sent.id, fund_id=proposal.fund_id, year=today.year, sequence=sequence,
        number=number, content=content, sha256=letters.digest(content), issued_at=moment, by_id=by.id,
    )  # fmt: skip
    db.session.add(letter)
    db.session.flush()
    db.session.add_all(
        IneligibilityGround(letter_id=letter.id, fund_id=proposal.fund_id, ground=ground) for ground in chosen
    )
    db.session.flush()
    _tell(REFUSED, proposal)
    return letter


def told_of_outcome(proposal: Proposal) -> list[int]:
    """Return the keys of those who are told by mail what becomes of a proposal: who writes it; always sent."""
    return told_of_returning(proposal)


def _answered(
    said: Said, item: ScreeningItem, stands: Mapping[int, ScreeningAnswer], sent: Submission, by: Viewer
) -> ScreeningAnswer | None:  # fmt: skip
    """Return the next version of an answer, or None where nothing new is said."""
    before, note = stands.get(item.id), said.note.strip()
    if said.answer is None and not note:
        return None
    if before and (before.answer, before.note) == (said.answer, note):
        return None
    if (before.version if before else 0) != said.version:
        raise Stale
    if said.answer is None:
        told = N_("Choose yes, no or does not apply; a note alone is not kept.")
        raise RuleBroken(told, field=field_of(item))
    if said.answer is Answer.NO:
        needed(note, field_of(item, "note"), N_("Say what is not as it should be."))
    at_most(note, LONGEST_NOTE, field_of(item, "note"))
    return ScreeningAnswer(
        item_id=item.id, submission_id=sent.id, call_id=item.call_id, fund_id=item.fund_id, version=said.version + 1,
        answer=said.answer, note=note, by_id=by.id,
    )  # fmt: skip


def _letter(
    proposal: Proposal, sent: Submission, number: str, grounds: Sequence[Ground], text: str
) -> Letter:  # fmt: skip
    fund, said = proposal.fund, unpacked(sent.content)
    return Letter(
        layout=letters.LAYOUT, fund=fund.name, code=fund.code, zone=fund.zone, number=number,
        issued_on=clock.today(fund), office=said.office, organisation=said.organisation, call=said.call,
        proposal=said.number, title=said.title, version=said.version,
        reasons=tuple(ground.label for ground in grounds), text=text, is_demo=fund.is_demo or proposal.is_demo,
        concept=said.stage is Stage.CONCEPT,
    )  # fmt: skip


def _tell(kind: str, proposal: Proposal) -> None:
    told = told_of_outcome(proposal)
    notices.post(kind, told, subject_id=proposal.public_id, fund_id=proposal.fund_id)
