"""The open differences as a workbook: both sides of each beside one another, and what differs in words."""

from collections.abc import Sequence
from datetime import datetime

from mptf.core import clock
from mptf.core.errors import N_
from mptf.core.sentences import day, filled
from mptf.fund.models import Fund
from mptf.paper.values import Column, Kind, Value, written
from mptf.paper.workbook import NotesSheet, TableSheet
from mptf.reconciliation.models import Finding, booked

TITLE = N_("Open differences with the Administrative Agent")


def sheets(
    fund: Fund, differences: Sequence[Finding], *, by: str, made_at: datetime
) -> tuple[TableSheet | NotesSheet, ...]:
    """Return the sheets of the open differences: the table, and what it shows."""
    local = clock.local(made_at, fund)
    made = written(N_("{day}, {time} {zone} by {name}"), day=day(local), time=f"{local:%H:%M}", zone=fund.zone, name=by)
    rows = [_row(finding) for finding in differences]
    notes = ((N_("What it shows"), WHAT), (N_("Fund"), f"{fund.code}, {fund.name}"), (N_("Made"), made))
    return TableSheet(N_("Differences"), columns(fund), rows, intro=(TITLE,)), NotesSheet(N_("Notes"), notes)


WHAT = N_(
    "Payments that differ between the Administrative Agent’s deposit lists and our books, or stand on one side alone, "
    "and that nobody has settled. The Administrative Agent’s record is the book of record."
)


def columns(fund: Fund) -> tuple[Column, ...]:
    """Return the columns; amounts are in the currency of the fund."""
    sides = (N_("AA list"), N_("Our books"))
    of_a_side = [
        column
        for side in sides
        for column in (
            Column(f"{side}: {N_('contributor')}", width=24),
            Column(f"{side}: {N_('value date')}", Kind.DAY),
            Column(f"{side}: {N_('received')}", Kind.MONEY, fund.currency),
            Column(f"{side}: {N_('fee')}", Kind.MONEY, fund.currency),
            Column(f"{side}: {N_('reference')}", width=20),
        )
    ]
    return (
        Column(N_("Found"), width=26), Column(N_("What differs"), width=60), *of_a_side,
        Column(N_("List"), width=30), Column(N_("Row"), Kind.INTEGER),
    )  # fmt: skip


def _row(finding: Finding) -> list[Value]:
    sides = (finding.row.payment if finding.row else None, booked(finding.deposit) if finding.deposit else None)
    said: list[Value] = []
    for side in sides:
        if side is None:
            said += [None] * 5
        else:
            said += [side.name, side.value_on, side.received, side.fee, side.reference]
    differs = " ".join(filled(one.template, one.values) for one in finding.differences)
    row = finding.row.line if finding.row else None
    return [finding.kind.label, differs or f"{finding.kind.label}.", *said, finding.agent_list.table.file.name, row]
