"""What SALW Commissions say of the proposals of a call as a file: the rows and columns of the page, all of them."""

from mptf.calls.models import Call
from mptf.core.errors import N_
from mptf.lists.taken import GENERATED, Taken
from mptf.opinions.listed import Cell, Row, Table
from mptf.paper.values import Column, Kind, Value, written
from mptf.paper.workbook import NotesSheet, TableSheet

TITLE = N_("Opinions of SALW Commissions")
WHAT = N_(
    "Every proposal of the call that may still get an opinion and fits the filter below, in the order of the page: "
    "what was submitted first stands first. A cell is empty where a Commission is not asked. The words of the opinions "
    "and their letters are not among it."
)
NONE_YET, NONE = N_("None yet"), N_("None")


def columns(table: Table) -> list[Column]:
    """Return the columns: those of a proposal, and two for each Commission."""
    told = [
        column
        for place in table.columns
        for column in (
            Column(place.name, width=24),
            Column(written(N_("{place}, given on"), place=place.name), Kind.DAY, width=16),
        )
    ]
    return [
        Column(N_("Number"), width=9), Column(N_("Proposal"), width=50), Column(N_("Office"), width=30),
        Column(N_("Stage"), width=16), Column(N_("Status"), width=20), *told, Column(N_("Data"), width=20),
    ]  # fmt: skip


def rows(taken: Taken[Row]) -> list[list[Value]]:
    """Return a row for each proposal."""
    return [_row(row) for row in taken.rows]


def sheets(call: Call, table: Table, taken: Taken[Row]) -> list[TableSheet | NotesSheet]:
    """Return the table, and what it is."""
    told = TableSheet(N_("Opinions"), columns(table), rows(taken))
    return [told, taken.notes(WHAT, N_("Proposals"), about=[(N_("Call"), call.name)])]


def file_name(call: Call, taken: Taken[Row]) -> str:
    """Return what a file of the list is called, without its ending."""
    reference = (call.reference or "").replace("/", "-")
    return f"{reference}-opinions-{taken.day}"


def _row(row: Row) -> list[Value]:
    line, cells = row
    told = [value for cell in cells for value in _told(cell)]
    return [
        line.number, line.title, line.office, line.at_hand.label, line.status.label, *told,
        GENERATED if line.is_demo else "",
    ]  # fmt: skip


def _told(cell: Cell) -> tuple[Value, Value]:
    if cell.opinion:
        return cell.opinion.says.label, cell.opinion.given_on
    if not cell.asked:
        return "", None
    return NONE_YET if cell.waits else NONE, None
