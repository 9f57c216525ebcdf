"""Proposals of a call, each with what every SALW Commission says of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from mptf.calls.models import CANCELLED, Call
from mptf.opinions import queries
from mptf.opinions.models import Opinion
from mptf.opinions.queries import Place
from mptf.organisations.models import Jurisdiction
from mptf.proposals.listed import Line


@dataclass(frozen=True)
class Cell:
    """A Commission beside a proposal in the list of a call; it is asked where the proposal works in its place.

    `waits` tells that its answer can still come: under a cancelled call none is recorded any more.
    """

    jurisdiction: Jurisdiction
    asked: bool
    opinion: Opinion | None
    waits: bool


Row = tuple[Line, Sequence[Cell]]


@dataclass(frozen=True)
class Table:
    """Proposals of a call, each with a cell for each of the Commissions."""

    columns: Sequence[Jurisdiction]
    rows: Sequence[Row]


def table_of(call: Call, lines: Sequence[Line]) -> Table:
    """Return some proposals of a call with a cell for each Commission."""
    keys = [one.id for one in lines]
    places, standing = queries.places_of_call(call, keys), queries.standing_on(call, keys)
    columns = [one.jurisdiction for one in next(iter(places.values()), [])]
    rows = [
        (one, [_cell(call, place, standing.get((one.id, place.jurisdiction.id))) for place in places[one.id]])
        for one in lines
    ]
    return Table(columns, rows)


def _cell(call: Call, place: Place, opinion: Opinion | None) -> Cell:
    waits = place.asked and not opinion and call.status is not CANCELLED
    return Cell(place.jurisdiction, place.asked, opinion, waits)
