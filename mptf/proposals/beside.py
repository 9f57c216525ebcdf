"""What rooms above show on the page of a proposal, a card each, and above a part that is written, a note each.

This room knows nothing of parts, submissions or screening; a room puts its card and its note in the tables when the
application is put together, and they stand in that order. A card says itself what of it a viewer may see; a note is
read by everybody who reads the part.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mptf.policy import Viewer
from mptf.proposals.models import PartKind, Proposal

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Card:
    """A card of a room: the template, and what it shows of a proposal to somebody; None is no card."""

    template: str
    facts: Callable[[Proposal, Viewer], Facts | None]


@dataclass(frozen=True)
class Note:
    """A note of a room: the template, and what it says of a part; None is no note."""

    template: str
    facts: Callable[[Proposal, PartKind], Facts | None]


_CARDS: dict[str, Card] = {}
_NOTES: dict[str, Note] = {}


def put(room: str, card: Card) -> None:
    """Let a room show its card; each room has one."""
    _CARDS[room] = card


def cards_of(proposal: Proposal, viewer: Viewer) -> list[tuple[str, Facts]]:
    """Return the templates of the cards somebody sees of a proposal, each with what it shows."""
    asked = ((card.template, card.facts(proposal, viewer)) for card in _CARDS.values())
    return [(template, facts) for template, facts in asked if facts is not None]


def put_note(room: str, note: Note) -> None:
    """Let a room say something of a part; each room has one note."""
    _NOTES[room] = note


def notes_on(proposal: Proposal, part: PartKind) -> list[tuple[str, Facts]]:
    """Return the templates of the notes on a part, each with what it says."""
    asked = ((note.template, note.facts(proposal, part)) for note in _NOTES.values())
    return [(template, facts) for template, facts in asked if facts is not None]
