"""The parts of a proposal, in the order in which they are read.

A room above puts its part in the table when it is loaded (`put`); those of this room stand in it from the beginning.
"""

from collections.abc import Iterator
from typing import Any

from mptf.core.errors import NotFound
from mptf.drafting import general, narrative, results, risks, team, workplan
from mptf.drafting.reading import Part
from mptf.proposals.models import PartKind

_PARTS: dict[PartKind, Part[Any]] = {}


def put(part: Part[Any]) -> None:
    """Let a part be written."""
    if part.kind in _PARTS:
        raise ValueError(f"put twice: {part.kind}")
    _PARTS[part.kind] = part


def every_part() -> Iterator[Part[Any]]:
    """Return the parts in their order."""
    return (_PARTS[kind] for kind in PartKind if kind in _PARTS)


def get_part(word: str) -> Part[Any]:
    """Return the part an address names, or raise NotFound."""
    part = next((part for part in every_part() if part.kind.value == word), None)
    if part is None:
        raise NotFound
    return part


put(general.PART)
put(narrative.PART)
put(results.PART)
put(workplan.PART)
put(risks.PART)
put(team.PART)
