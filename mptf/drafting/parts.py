"""The parts of a proposal, in the order in which they are read.

A room above puts its part in the table when it is loaded (`put`); those of this room stand in it from the beginning.
"""

from collections.abc import Iterator
from typing import Any

from mptf.core.errors import NotFound
from mptf.drafting import concept, general, narrative, results, risks, team, workplan
from mptf.drafting.reading import Part
from mptf.proposals.models import PartKind, Proposal

_PARTS: dict[PartKind, Part[Any]] = {}


def put(part: Part[Any]) -> None:
    """Let a part be written."""
    if part.kind in _PARTS:
        raise ValueError(f"put twice: {part.kind}")
    _PARTS[part.kind] = part


def every_part() -> Iterator[Part[Any]]:
    """Return the parts of any proposal in their order."""
    return (_PARTS[kind] for kind in PartKind if kind in _PARTS)


def parts_of(proposal: Proposal) -> list[Part[Any]]:
    """Return the parts a proposal asks for in its stage, in their order."""
    return [part for part in every_part() if part.kind in proposal.stage.asks]


def shown_of(proposal: Proposal) -> list[Part[Any]]:
    """Return the parts that are read on its pages: a concept note stays beside the full proposal."""
    before = [_PARTS[PartKind.CONCEPT]] if proposal.began_as_concept else []
    return [*before, *parts_of(proposal)]


def get_part(word: str, proposal: Proposal | None = None) -> Part[Any]:
    """Return the part an address names, of those a proposal shows, or raise NotFound."""
    among = shown_of(proposal) if proposal else every_part()
    part = next((part for part in among if part.kind.value == word), None)
    if part is None:
        raise NotFound
    return part


put(concept.PART)
put(general.PART)
put(narrative.PART)
put(results.PART)
put(workplan.PART)
put(risks.PART)
put(team.PART)
