"""The proposals of a call as a file: every row the filters let through, the columns as the page has them."""

from datetime import datetime

from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.errors import N_
from mptf.core.sentences import filled
from mptf.fund.models import Fund
from mptf.lists.taken import GENERATED, Taken
from mptf.paper.values import Column, Kind, Value, written
from mptf.paper.workbook import NotesSheet, TableSheet
from mptf.proposals.models import ProposalStatus
from mptf.screening.listed import Listed, Totals

TITLE = N_("Screening of proposals")
WHAT = N_(
    "Every proposal that was submitted and fits the filters below, in the order of the page: the latest first "
    "submission stands first. Drafts are not among them, nor what was noted at items."
)
CONCEPTS = N_("What a concept note requests is the amount it expects; the stage says which rows are of one.")


def columns(fund: Fund) -> list[Column]:
    """Return the columns of the table."""
    return [
        Column(N_("Number"), width=9), Column(N_("Proposal"), width=50), Column(N_("Organisation"), width=16),
        Column(N_("Office"), width=30), Column(N_("Office in"), width=22), Column(N_("Stage"), width=16),
        Column(N_("Status"), width=20), Column(N_("First submitted"), Kind.MOMENT),
        Column(N_("Requested"), Kind.MONEY, fund.currency), Column(N_("Items asked"), Kind.INTEGER),
        Column(N_("Items answered"), Kind.INTEGER), Column(N_("Answered no"), Kind.INTEGER),
        Column(N_("Grounds of ineligibility"), width=40), Column(N_("Waits for"), width=36),
        Column(N_("Data"), width=20),
    ]  # fmt: skip


def rows(taken: Taken[Listed]) -> list[list[Value]]:
    """Return a row for each proposal."""
    return [_row(one, taken.fund) for one in taken.rows]


def sheets(call: Call, taken: Taken[Listed], totals: Totals) -> list[TableSheet | NotesSheet]:
    """Return the table, and what all proposals of the call come to."""
    table = TableSheet(N_("Proposals"), columns(taken.fund), rows(taken))
    about = [(N_("Call"), call.name)]
    remarks = [(N_("Concept notes"), CONCEPTS)] if call.concept_until else []
    return [table, taken.notes(WHAT, N_("Proposals"), about=about, remarks=remarks, last=_figures(totals))]


def file_name(call: Call, taken: Taken[Listed]) -> str:
    """Return what a file of the list is called, without its ending."""
    reference = (call.reference or "").replace("/", "-")
    return f"{reference}-screening-{taken.day}"


def _row(one: Listed, fund: Fund) -> list[Value]:
    line, (template, values) = one.line, one.waits
    here = {name: clock.local(value, fund) if isinstance(value, datetime) else value for name, value in values.items()}
    return [
        line.number, line.title, line.organisation, line.office, line.place, line.at_hand.label, line.status.label,
        line.submitted_at, line.requested, one.progress.asked, one.progress.answered, one.progress.noes,
        ", ".join(ground.label for ground in one.progress.named), filled(template, here),
        GENERATED if line.is_demo else "",
    ]  # fmt: skip


def _figures(totals: Totals) -> list[tuple[str, str]]:
    """Return what all proposals of the call come to, whatever was asked for."""
    asked = f"{totals.requested.currency} {totals.requested.decimal:,.2f}"
    return [
        *(
            (written(N_("In all: {status}"), status=one.label), f"{totals.counts[one]:,}")
            for one in ProposalStatus
            if one in totals.counts
        ),
        *((written(N_("Ineligible: {ground}"), ground=one.label), f"{n:,}") for one, n in totals.grounds.items()),
        (N_("Requested in all, without what is withdrawn or ineligible"), asked),
    ]
