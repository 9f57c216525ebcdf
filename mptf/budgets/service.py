"""Take a workbook of a budget over into the part; `by` is the Viewer."""

from collections.abc import Sequence
from dataclasses import dataclass

from mptf.budgets.filled import FilledIn, changes
from mptf.budgets.part import PART
from mptf.core.errors import N_, RuleBroken
from mptf.drafting import queries
from mptf.drafting.content import Typing
from mptf.drafting.joining import join
from mptf.drafting.queries import State
from mptf.drafting.service import Saved, save
from mptf.policy import Viewer
from mptf.proposals.models import Proposal

UNUSABLE = N_("The workbook is not as it was taken. Correct what is named below and upload it again.")
NOTHING_NEW = N_("The workbook says what stands in the budget already. There is nothing to save.")


@dataclass(frozen=True)
class Change:
    """A cell a workbook changes: what people call it, what stands, and what the workbook says.

    `collides` where somebody changed it to something else after the workbook was taken.
    """

    field: str
    called: str
    stands: str
    brought: str
    collides: bool


def foreseen(proposal: Proposal, state: State, filled: FilledIn) -> Sequence[Change]:
    """Return what taking a workbook over changes of what stands now, in the order of the page."""
    typing = _typing(proposal, state, filled)
    base = queries.base_of(proposal, PART.kind, filled.version)
    joined = join(PART.shape, base=base, stored=state.content, typed=typing.content)
    collided = {collision.field for collision in joined.collisions}
    grid = state.read.value.budget.grid
    fields = [place.field for office in grid.offices for place in grid.places(office)]
    return [
        Change(
            field,
            PART.name_of(field, state.content, state.frame),
            state.content.get(field, ""),
            filled.texts.get(field, "") if field in collided else joined.content.get(field, ""),
            field in collided,
        )
        for field in fields
        if field in collided or joined.content.get(field, "") != state.content.get(field, "")
    ]


def bring_in(proposal: Proposal, state: State, filled: FilledIn, *, by: Viewer) -> Saved:
    """Save the cells of a workbook that can be read, joined with what others saved since it was taken."""
    if filled.unusable:
        raise RuleBroken(UNUSABLE, field="file")
    if not foreseen(proposal, state, filled):
        raise RuleBroken(NOTHING_NEW, field="file")
    return save(proposal, PART, _typing(proposal, state, filled), by=by, explicit=True)


def _typing(proposal: Proposal, state: State, filled: FilledIn) -> Typing:
    """Return what the workbook says as if it were typed over the version it was taken from."""
    base = queries.base_of(proposal, PART.kind, filled.version)
    grid = state.read.value.budget.grid
    return Typing({**base, **changes(base, filled, grid)}, version=filled.version)
