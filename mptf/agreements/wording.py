"""How far an instalment has come, in words: the same on pages, on paper and in workbooks."""

from typing import Protocol

from mptf.agreements.figures import InstalmentState
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.sentences import filled

_LATE, _LATE_ONE = N_("{days} days late"), N_("1 day late")
_ADVISED = N_("{amount} advised, not yet confirmed")


class Line(Protocol):
    """An instalment as it is read today, or as a statement froze it."""

    @property
    def state(self) -> InstalmentState: ...
    @property
    def advised(self) -> Money | None: ...
    @property
    def days_late(self) -> int: ...


def advised(line: Line) -> str:
    """Say what of an instalment waits for the Administrative Agent, beside its state; nothing where nothing does."""
    if not line.advised:
        return ""
    return str(line.advised) if line.state is InstalmentState.ADVISED else filled(_ADVISED, {"amount": line.advised})


def late(line: Line) -> str:
    """Say how late an instalment is or was; nothing in time."""
    return {0: "", 1: _LATE_ONE}.get(line.days_late, filled(_LATE, {"days": line.days_late}))


def state(line: Line) -> str:
    """Say how far an instalment has come, what of it waits, and how late it is or was."""
    return ", ".join(filter(None, (line.state.label, advised(line), late(line))))
