"""What rooms above show on the page of a proposal: a card each, in the order in which they are put.

This room knows nothing of parts, submissions or screening; a room puts its card in the table when the application is
put together. A card says itself what of it a viewer may see.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mptf.policy import Viewer
from mptf.proposals.models import Proposal

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Card:
    """A card of a room: the template, and what it shows of a proposal to somebody; None is no card."""

    template: str
    facts: Callable[[Proposal, Viewer], Facts | None]


_CARDS: dict[str, Card] = {}


def put(room: str, card: Card) -> None:
    """Let a room show its card; each room has one."""
    _CARDS[room] = card


def cards_of(proposal: Proposal, viewer: Viewer) -> list[tuple[str, Facts]]:
    """Return the templates of the cards somebody sees of a proposal, each with what it shows."""
    asked = ((card.template, card.facts(proposal, viewer)) for card in _CARDS.values())
    return [(template, facts) for template, facts in asked if facts is not None]
