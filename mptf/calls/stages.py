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
    reached = _REACHED[call.standing]
    told: tuple[tuple[str, str], ...] = (
        (N_("Draft"), N_("criteria frozen") if call.published_at else N_("being written")),
        (call.kind.out, moment_text(call.published_at, call.zone)),
        (N_("Open"), moment_text(call.opens_at, call.zone)),
        (N_("Closed"), moment_text(call.closes_at, call.zone)),
    )
    if call.standing is CallStanding.CANCELLED:
        kept = 4 if call.closed_at else 2
        told = (*told[:kept], (N_("Cancelled"), moment_text(call.cancelled_at, call.zone)))
        reached = len(told) - 1
    return [
        Stage(label, note, NOW if place == reached else DONE if place < reached else AHEAD)
        for place, (label, note) in enumerate(told)
    ]


_REACHED = {
    CallStanding.DRAFT: 0,
    CallStanding.AHEAD: 1,
    CallStanding.OPEN: 2,
    CallStanding.ENDED: 3,
    CallStanding.CANCELLED: 4,
}
