"""What rooms above keep of a proposal: how it is taken over into a new one, follows its title, and goes with a draft.

This room knows nothing of parts, budgets or files. A room that keeps rows of a proposal puts itself in the table when
the application is put together.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mptf.policy import Viewer
from mptf.proposals.models import Proposal


@dataclass(frozen=True)
class Contents:
    """What a room does with its rows of a proposal; the proposal is locked, and whoever acts was let to it.

    `copy` is given the old proposal, the new one and who starts it; `rename` the proposal under its new title; `drop`
    a draft that was never submitted, of which nothing may be left.
    """

    copy: Callable[[Proposal, Proposal, Viewer], None]
    rename: Callable[[Proposal, Viewer], None]
    drop: Callable[[Proposal], None]


_KEPT: dict[str, Contents] = {}


def put(room: str, contents: Contents) -> None:
    """Let a room's rows of a proposal go where it goes; each room has one line."""
    _KEPT[room] = contents


def copy(old: Proposal, new: Proposal, by: Viewer) -> None:
    """Take over what every room keeps of a proposal into a new one."""
    for kept in _KEPT.values():
        kept.copy(old, new, by)


def rename(proposal: Proposal, by: Viewer) -> None:
    """Let every room write the new title of a proposal."""
    for kept in _KEPT.values():
        kept.rename(proposal, by)


def drop(proposal: Proposal) -> None:
    """Remove what every room keeps of a draft."""
    for kept in _KEPT.values():
        kept.drop(proposal)
