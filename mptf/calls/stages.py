"""The stages of a call as its page shows them: which are done, which one it is in, what is said of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from mptf.calls.models import Call, CallStanding
from mptf.calls.wording import moment_text
from mptf.core.errors import N_

DONE, NOW, AHEAD = "done", "now", ""


@dataclass(frozen=True)
class Stage:
    """One stage: `state` is done, now or nothing yet."""

    label: str
    note: str
    state: str


def stages_of(call: Call) -> Sequence[Stage]:
    """Return the stages of a call in their order."""
    opens = moment_text(call.opens_at, call.zone)
    open_for: tuple[tuple[str, str], ...] = ((N_("Open"), opens),)
    if call.concept_until:
        open_for = (
            (N_("Concept notes"), opens),
            (N_("Full proposals"), moment_text(call.concept_until, call.zone)),
        )
    told: tuple[tuple[str, str], ...] = (
        (N_("Draft"), N_("criteria frozen") if call.published_at else N_("being written")),
        (call.kind.out, moment_text(call.published_at, call.zone)),
        *open_for,
        (N_("Closed"), moment_text(call.closes_at, call.zone)),
    )
    reached = _reached(call, len(told) - 1)
    if call.standing is CallStanding.CANCELLED:
        kept = len(told) if call.closed_at else 2
        told = (*told[:kept], (N_("Cancelled"), moment_text(call.cancelled_at, call.zone)))
        reached = len(told) - 1
    return [
        Stage(label, note, NOW if place == reached else DONE if place < reached else AHEAD)
        for place, (label, note) in enumerate(told)
    ]


def _reached(call: Call, last: int) -> int:
    """Return the place of the stage a call is in; of one that is cancelled the caller says it."""
    if call.standing is CallStanding.OPEN and call.concept_until and not call.takes_concepts:
        return _REACHED[call.standing] + 1
    return last if call.standing is CallStanding.ENDED else _REACHED.get(call.standing, last)


_REACHED = {CallStanding.DRAFT: 0, CallStanding.AHEAD: 1, CallStanding.OPEN: 2}
