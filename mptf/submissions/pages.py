"""What pages show of submitting: what is missing before it, and how far a proposal has come after it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mptf.core import clock
from mptf.drafting.pages import label_of, said, state_tone, state_words
from mptf.drafting.queries import State, frame_of, states_of
from mptf.policy import Permission, Viewer, can
from mptf.proposals.beside import Card, Note
from mptf.proposals.models import RETURNED, PartKind, Proposal
from mptf.proposals.queries import senders
from mptf.submissions import queries
from mptf.submissions.looked import looked_at
from mptf.submissions.service import changed_since, why_incomplete
from mptf.submissions.timing import why_not_at, why_not_begin, why_not_resume
from mptf.web.text import say, sentence

Shown = dict[str, Any]
_SUBMIT, _SCREEN = Permission.PROPOSALS_SUBMIT, Permission.PROPOSALS_SCREEN
MOST_TOLD = 8  # of what is missing in a part; its own page tells the rest


@dataclass(frozen=True)
class Task:
    """A part as a task: how it stands, what is missing (field and sentence) and how much more, why it was returned.

    `tone` is good only of one that was returned and says anything else by now.
    """

    kind: PartKind
    words: str
    tone: str
    missing: Sequence[tuple[str, str]]
    more: int
    reason: str


def card_facts(proposal: Proposal, viewer: Viewer) -> Shown:
    """Return what the card of a proposal shows: its tasks to who writes it, what was sent to everybody."""
    open_now = not proposal.is_off and (proposal.is_open or proposal.status is RETURNED)
    writing = open_now and can(viewer, Permission.DRAFTS_VIEW, proposal)
    may_submit, may_screen = (can(viewer, one, proposal) for one in (_SUBMIT, _SCREEN))
    return {
        "tasks": _tasks(proposal) if writing else [],
        "blocked": blocked(proposal) if writing else "",
        "begun_at": queries.begun_at(proposal) if proposal.is_open else None,
        "sent": [] if proposal.is_unsent else queries.submissions_of(proposal),
        "withdrawal": queries.find_withdrawal(proposal) if proposal.status.final else None,
        "may_submit": may_submit,
        "may_screen": may_screen and not proposal.is_off,
        "senders": senders(proposal) if writing and not may_submit else [],
        "too_early": sentence(why_not_resume(proposal, clock.now())) if may_screen else "",
        "writing": writing,
    }


CARD = Card("submissions/_card.html", card_facts)


def returned_facts(proposal: Proposal, part: PartKind) -> Shown | None:
    """Return why a part was given back, by whom and when, while it is to be answered."""
    if proposal.status is not RETURNED or proposal.is_off or not (given := queries.find_return(proposal)):
        return None
    reason = next((one.reason for one in given.parts if one.part is part), None)
    return {"reason": reason, "given": given} if reason else None


RETURNED_NOTE = Note("submissions/_returned.html", returned_facts)


def submit_facts(proposal: Proposal) -> Shown:
    """Return what the page shows on which a proposal is sent, and why it cannot be sent, if so."""
    states = states_of(proposal, frame_of(proposal))
    begun_at, answered = queries.begun_at(proposal), _answered(proposal, states)
    refusal = why_not_at(proposal, clock.now(), begun_at=begun_at) or why_incomplete(states, proposal.writable_parts)
    return {
        "states": [(state.part.kind, *_standing(state, answered)) for state in states],
        "looked": looked_at(states),
        **_requested({state.part.kind: state.read.value for state in states}),
        "refusal": sentence(refusal),
        "begun_at": begun_at,
        "version": queries.next_version(proposal),
    }


def _requested(said: Mapping[PartKind, Any]) -> Shown:
    """Return the budget of a full proposal, and what a concept note expects."""
    if PartKind.CONCEPT in said:
        return {"budget": None, "expected": said[PartKind.CONCEPT].amount}
    return {"budget": said[PartKind.BUDGET].budget, "expected": None}


def blocked(proposal: Proposal) -> str:
    """Say why the submission of a proposal cannot be begun or answered now; nothing where it can."""
    begun_at = queries.begun_at(proposal)
    now = clock.now()
    refusal = why_not_at(proposal, now, begun_at=begun_at) if begun_at else why_not_begin(proposal, now)
    return sentence(refusal)


def _tasks(proposal: Proposal) -> list[Task]:
    reasons = {one.part: one.reason for one in _returned(proposal)}
    states, open_now = states_of(proposal, frame_of(proposal)), proposal.writable_parts
    answered = _answered(proposal, states)
    return [
        _task(state, reasons.get(state.part.kind, ""), answered) for state in states if state.part.kind in open_now
    ]  # fmt: skip


def _answered(proposal: Proposal, states: Sequence[State]) -> Mapping[PartKind, bool]:
    """Return the parts that were returned, and whether each says anything else by now."""
    if proposal.status is not RETURNED:
        return {}
    changed = changed_since(proposal, states)
    return {kind: kind in changed for kind in proposal.writable_parts}


def _standing(state: State, answered: Mapping[PartKind, bool]) -> tuple[str, str]:
    """Say how a part stands, and in what tone; of one that was returned whether it was changed."""
    if state.read.complete and state.part.kind in answered:
        changed = answered[state.part.kind]
        return say("changed since it was returned") if changed else say(
            "not changed yet"
        ), "good" if changed else "quiet"
    return state_words(state), state_tone(state)


def _task(state: State, reason: str, answered: Mapping[PartKind, bool]) -> Task:
    words, tone = _standing(state, answered)
    told = [(one.field, _told(label_of(state, one), said(one))) for one in state.read.problems]
    return Task(
        state.part.kind, words, tone, told[:MOST_TOLD], max(0, len(told) - MOST_TOLD), reason
    )  # fmt: skip


def _told(label: str, told: str) -> str:
    return say("{label}: {told}", label=label, told=told) if label else told


def _returned(proposal: Proposal) -> Sequence[Any]:
    returned = queries.find_return(proposal) if proposal.status is RETURNED else None
    return returned.parts if returned else ()


def names(proposal: Proposal, person_ids: Collection[int]) -> list[str]:
    """Return the names of some of those who work on a proposal."""
    return [one.person.name for one in proposal.people_now if one.person_id in person_ids]
