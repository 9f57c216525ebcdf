"""Proposals of a call, each with what every SALW Commission says of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from mptf.calls.models import Call
from mptf.opinions import queries
from mptf.opinions.models import Opinion
from mptf.organisations.models import Jurisdiction
from mptf.proposals.models import Proposal


@dataclass(frozen=True)
class Cell:
    """A Commission beside a proposal in the list of a call; it is asked where the proposal works in its place."""

    asked: bool
    opinion: Opinion | None


Row = tuple[Proposal, Sequence[Cell]]


@dataclass(frozen=True)
class Table:
    """Proposals of a call, each with a cell for each of the Commissions."""

    columns: Sequence[Jurisdiction]
    rows: Sequence[Row]


def table_of(call: Call, proposals: Sequence[Proposal]) -> Table:
    """Return some proposals of a call with a cell for each Commission."""
    places, standing = queries.places_of_call(call, proposals), queries.standing_on(call, proposals)
    columns = [one.jurisdiction for one in next(iter(places.values()), [])]
    rows = [
        (one, [Cell(place.asked, standing.get((one.id, place.jurisdiction.id))) for place in places[one.id]])
        for one in proposals
    ]
    return Table(columns, rows)
