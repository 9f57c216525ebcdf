"""What pages show of opinions: the card of a proposal, and which Commissions of a call did not answer yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mptf.calls.models import Call
from mptf.opinions import queries
from mptf.opinions.models import Opinion
from mptf.opinions.service import why_not_record
from mptf.organisations.models import Jurisdiction
from mptf.policy import Permission, Viewer, can
from mptf.proposals.beside import Card
from mptf.proposals.models import Proposal
from mptf.web.text import sentence

Shown = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """What a Commission said of a proposal: what stands, if anything, and what stood before."""

    jurisdiction: Jurisdiction
    asked: bool
    opinion: Opinion | None
    earlier: Sequence[Opinion]


@dataclass(frozen=True)
class Cell:
    """A Commission beside a proposal in the list of a call; it is asked where the proposal works in its place."""

    asked: bool
    opinion: Opinion | None


def card_facts(proposal: Proposal, viewer: Viewer) -> Shown | None:
    """Return what the card of a proposal shows to those who may read opinions."""
    if not can(viewer, Permission.OPINIONS_VIEW, proposal):
        return None
    lines = _lines(proposal)
    return {
        "lines": lines,
        "refusal": sentence(why_not_record(proposal)),
        "may_record": can(viewer, Permission.OPINIONS_RECORD, proposal),
    }


CARD = Card("opinions/_card.html", card_facts)


def _lines(proposal: Proposal) -> list[Line]:
    """Return the Commissions that are asked, and the others that said something all the same."""
    history = queries.history_of(proposal)
    places = [one for one in queries.places_of(proposal) if one.asked or one.jurisdiction.id in history]
    known = {one.jurisdiction.id for one in places}
    beside = [queries.Place(rows[0].jurisdiction, False) for key, rows in history.items() if key not in known]
    return [_line(one, history.get(one.jurisdiction.id, ())) for one in (*places, *beside)]


def _line(place: queries.Place, rows: Sequence[Opinion]) -> Line:
    stands = rows[0] if rows and rows[0].given else None
    return Line(place.jurisdiction, place.asked, stands, rows[1:] if stands else rows)


def of_call(viewer: Viewer, call: Call, page: int) -> Shown:
    """Return a page of the proposals of a call with a cell for each Commission, and how many answered."""
    found = queries.under_way(viewer, call, page)
    places, standing = queries.places_of_call(call, found.items), queries.standing_on(call, found.items)
    columns = [one.jurisdiction for one in next(iter(places.values()), [])]
    rows = [
        (one, [Cell(place.asked, standing.get((one.id, place.jurisdiction.id))) for place in places[one.id]])
        for one in found.items
    ]
    cells = zip(*(cells for _, cells in rows), strict=True)
    answered = [_answered(column) for column in cells]
    return {"page": found, "columns": columns, "rows": rows, "answered": answered}


def _answered(column: Sequence[Cell]) -> tuple[int, int]:
    """Return how many of those a Commission is asked of it answered, and how many these are."""
    asked = [cell for cell in column if cell.asked]
    return sum(1 for cell in asked if cell.opinion), len(asked)
