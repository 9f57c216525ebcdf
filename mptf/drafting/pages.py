"""What the page of a part shows, and what the script of the page is answered after a save."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask import render_template

from mptf.core import clock
from mptf.core.errors import N_
from mptf.drafting import queries
from mptf.drafting.comparing import Difference, differences
from mptf.drafting.models import PartVersion
from mptf.drafting.parts import shown_of
from mptf.drafting.queries import Aside, State
from mptf.drafting.reading import Level, Part, Problem
from mptf.drafting.service import Saved
from mptf.drafting.shape import Content
from mptf.policy import Permission, Viewer, can
from mptf.proposals import beside
from mptf.proposals.models import PartKind, Proposal
from mptf.web.text import counted, day, say

Shown = dict[str, Any]


def page(
    proposal: Proposal, part: Part[Any], *, by: Viewer, typed: Content | None = None, checked: bool = False
) -> Shown:
    """Return what the page of a part shows; `typed` is what a refused form brought.

    What is only missing is told at its field once somebody asked for the part to be checked.
    """
    states = queries.states_of(proposal, queries.frame_of(proposal), shown_of(proposal))
    at = next(place for place, one in enumerate(states) if one.part is part)
    state = states[at]
    if typed is not None:
        state = replace(state, content=typed, read=part.read(typed, state.frame))
    return {
        **_fields(proposal, state, by=by, checked=checked),
        "state": state,
        "states": [(one, state_words(one), state_tone(one)) for one in states],
        "saved": saved_words(proposal, state),
        "left": [
            one
            for one in states
            if one.part is not part and not one.read.complete and one.part.kind in proposal.stage.asks
        ],
        "notes": beside.notes_on(proposal, part.kind),
        "following": next((one.part for one in states[at + 1 :] if may_write(proposal, one.part, by)), None),
        "official": queries.official_texts(proposal) if part.kind is PartKind.GENERAL else {},
        "asides": [_aside(state, one) for one in _asides(proposal, part, by)],
        "summary": [(one.field, label_of(state, one), said(one)) for one in state.read.problems],
        "checked": checked,
        "may_submit": can(by, Permission.PROPOSALS_SUBMIT, proposal),
    }


def answer(proposal: Proposal, part: Part[Any], saved: Saved, *, by: Viewer) -> Shown:
    """Return what the script of a page is told after a save."""
    state = queries.state_of(proposal, part, queries.frame_of(proposal))
    asides = [_aside(state, one) for one in _asides(proposal, part, by)]
    fields = _fields(proposal, state, by=by)
    return {
        "version": state.number,
        "saved": saved_words(proposal, state),
        "changed": saved.changed,
        "collided": [collision.field for collision in saved.collisions],
        "asides": [{**one, "html": render_template("drafting/_aside.html", aside=one)} for one in asides],
        "problems": [
            {"field": one.field, "sentence": said(one), "missing": one.level is Level.MISSING}
            for one in state.read.problems
        ],
        "state": {"words": state_words(state), "tone": state_tone(state)},
        "figures": render_template(part.figures, **fields) if part.figures else "",
    }


def fields_aside(proposal: Proposal, part: Part[Any], *, by: Viewer) -> dict[int, str]:
    """Return the fields of the texts somebody has to settle, by their numbers."""
    return {one.number: one.field for one in _asides(proposal, part, by)}


def differences_of(state: State, earlier: PartVersion) -> list[Difference]:
    """Return how what stands of a part differs from an earlier version."""

    def called(name: str, content: Content) -> str:
        return state.part.name_of(name, content, state.frame)

    return list(differences(state.part.shape, queries.content_of(earlier), state.content, called))


def may_write(proposal: Proposal, part: Part[Any], by: Viewer) -> bool:
    """Tell whether somebody may write a part now."""
    open_now = part.kind in proposal.writable_parts and part.kind in proposal.parts_of(by.id)
    return open_now and can(by, Permission.PROPOSALS_WRITE, proposal)


def asked(state: State, row: str, below: int) -> Shown:
    """Return what is asked before a row is removed together with those below it."""
    name, key = row.split(".")
    return {"label": state.part.name_of(row, state.content, state.frame), "below": below, "step": f"{name} {key}"}


def said(problem: Problem) -> str:
    """Say a problem in the reader's language."""
    return say(problem.template, **problem.values)


def label_of(state: State, problem: Problem) -> str:
    """Say which field a problem stands at."""
    return state.part.name_of(problem.field, state.content, state.frame) if problem.field else ""


def saved_words(proposal: Proposal, state: State) -> str:
    """Say when a part was saved, and how it stands: `Saved 10:42, with 2 warnings`."""
    if state.version is None:
        return say(N_("Nothing saved yet"))
    local = clock.local(state.version.saved_at, proposal.fund)
    today = local.date() == clock.today(proposal.fund)
    at = f"{local:%H:%M}" if today else f"{day(local)}, {local:%H:%M}"
    wrong = _wrong(state.read.problems)
    if wrong:
        return say(N_("Saved {at}, with {warnings}"), at=at, warnings=counted(wrong, "warning", "warnings"))
    return say(N_("Saved {at}, complete") if state.read.complete else N_("Saved {at}, not complete yet"), at=at)


def state_words(state: State) -> str:
    """Say how far a part has come, beside its name."""
    if state.read.complete:
        return say(N_("complete"))
    if not state.begun:
        return say(N_("empty"))
    if wrong := _wrong(state.read.problems):
        return counted(wrong, "warning", "warnings")
    return say(N_("{count} to fill in"), count=len(state.read.problems))


def state_tone(state: State) -> str:
    """Return how a part stands: good, warn, or open."""
    if state.read.complete:
        return "good"
    return "warn" if _wrong(state.read.problems) else "open"


def _wrong(problems: Iterable[Problem]) -> int:
    return sum(problem.level is Level.WRONG for problem in problems)


def _fields(proposal: Proposal, state: State, *, by: Viewer, checked: bool = False) -> Shown:
    """Return what the template of a part's fields needs."""
    told: dict[str, str] = {}
    for problem in state.read.problems:
        if checked or problem.level is Level.WRONG:
            told.setdefault(problem.field, said(problem))
    return {
        **state.part.offers, "proposal": proposal, "part": state.part, "frame": state.frame, "content": state.content,
        "value": state.read.value, "problems": told, "writable": may_write(proposal, state.part, by),
    }  # fmt: skip


def _asides(proposal: Proposal, part: Part[Any], by: Viewer) -> list[Aside]:
    return queries.asides_of(proposal, part.kind, by.id)


def _aside(state: State, aside: Aside) -> Shown:
    """Return a text kept aside with what stands in its field."""
    return {
        "number": aside.number, "field": aside.field, "typed": aside.typed,
        "stands": state.content.get(aside.field, ""),
        "label": state.part.name_of(aside.field, state.content, state.frame),
    }  # fmt: skip
