"""What somebody looked at before it was sent: a mark of each part, as the page of submitting carries it back.

A colleague may save a part while that page is open. What was not looked at is not sent.
"""

from collections.abc import Sequence

from mptf.calls.wording import moment_text
from mptf.core.errors import N_, RuleBroken
from mptf.drafting.content import packed
from mptf.drafting.queries import State
from mptf.fund.models import Fund
from mptf.submissions.snapshot import hashed

MARK = 12  # signs of a hash: it is held against what stands of the same part alone


class Unseen(RuleBroken):
    """A part was saved after it was looked at; `stands` is what there is to look at now."""

    def __init__(self, template: str, /, *, stands: str, parts: str) -> None:
        self.stands = stands
        super().__init__(template, parts=parts)


def looked_at(states: Sequence[State]) -> str:
    """Write what of each part somebody looks at."""
    return " ".join(_mark(state) for state in states)


def refuse_unseen(states: Sequence[State], looked: str, fund: Fund) -> None:
    """Refuse to send parts somebody did not look at, and say who saved which of them when."""
    seen = set(looked.split())
    newer = [state for state in states if _mark(state) not in seen]
    if newer:
        told = N_("Saved since you looked: {parts}. Nothing was sent. Look at these parts, and submit again.")
        raise Unseen(told, stands=looked_at(states), parts="; ".join(_saved(state, fund) for state in newer))


def _mark(state: State) -> str:
    """Mark a part by what it says: one that was saved again and says the same was looked at."""
    return f"{state.part.kind.value}-{hashed(packed(state.content))[:MARK]}"


def _saved(state: State, fund: Fund) -> str:
    label = state.part.kind.label
    if state.version is None:
        return label
    return f"{label} ({state.version.by.name}, {moment_text(state.version.saved_at, fund.zone)})"
