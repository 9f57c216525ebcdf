"""The list of what was submitted as a file: every row its filters let through, the columns as the page has them."""

from mptf.core.errors import N_
from mptf.fund.models import Fund
from mptf.lists.taken import GENERATED, Taken
from mptf.paper.values import Column, Kind, Value
from mptf.paper.workbook import NotesSheet, TableSheet
from mptf.proposals.listed import Line

TITLE = N_("Submitted proposals")

WHAT = N_(
    "Every proposal that was submitted and fits the filters below, in the order of the page: the latest first "
    "submission stands first. Drafts are not among them."
)


def columns(fund: Fund) -> tuple[Column, ...]:
    """Return the columns of the page: a cell that says two things has two here, what stands first there comes first."""
    return (
        Column(N_("Proposal"), width=50), Column(N_("Number"), width=16), Column(N_("Call"), width=16),
        Column(N_("Organisation"), width=16), Column(N_("Office"), width=30), Column(N_("Office in"), width=22),
        Column(N_("Stage"), width=16), Column(N_("Status"), width=18),
        Column(N_("Requested"), Kind.MONEY, fund.currency), Column(N_("First submitted"), Kind.MOMENT),
        Column(N_("Data"), width=20),
    )  # fmt: skip


def rows(taken: Taken[Line]) -> list[tuple[Value, ...]]:
    """Return the lines as rows of `columns`."""
    return [
        (
            line.title, line.number, line.call, line.organisation, line.office, line.place,
            line.at_hand.label, line.status.label, line.requested, line.submitted_at, GENERATED if line.is_demo else "",
        )
        for line in taken.rows
    ]  # fmt: skip


def sheets(taken: Taken[Line]) -> list[TableSheet | NotesSheet]:
    """Return the list and its notes as the sheets of a workbook."""
    return [TableSheet(N_("Proposals"), columns(taken.fund), rows(taken)), taken.notes(WHAT, N_("Proposals"))]


def file_name(taken: Taken[Line]) -> str:
    """Return what a file of the list is called, without its ending."""
    return f"{taken.fund.code}-proposals-{taken.day}"
