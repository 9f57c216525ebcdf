"""The proposals of a call as a table to take away: the rows and columns of the page."""

from collections.abc import Callable, Sequence
from datetime import datetime

from mptf.calls.models import Call
from mptf.core.errors import N_
from mptf.core.sentences import filled
from mptf.paper.values import DEMONSTRATION, Column, Kind, Value, moment_text, written
from mptf.paper.workbook import NotesSheet, TableSheet
from mptf.screening.listed import Listed, Totals

TITLE = N_("Screening of proposals")


def columns(call: Call) -> list[Column]:
    """Return the columns of the table."""
    return [
        Column(N_("Number"), width=9), Column(N_("Title"), width=48), Column(N_("Organisation"), width=18),
        Column(N_("Office"), width=28), Column(N_("Office in"), width=22), Column(N_("Status"), width=20),
        Column(N_("First submitted"), Kind.DAY), Column(N_("Requested"), Kind.MONEY, call.fund.currency),
        Column(N_("Answered"), Kind.INTEGER), Column(N_("Items"), Kind.INTEGER),
        Column(N_("Grounds of ineligibility"), width=40), Column(N_("Waits for"), width=36),
    ]  # fmt: skip


def rows(listed: Sequence[Listed], local: Callable[[datetime], datetime]) -> list[list[Value]]:
    """Return a row for each proposal; `local` puts a moment on the clocks of the fund."""
    return [_row(one, local) for one in listed]


def sheets(
    call: Call, listed: Sequence[Listed], totals: Totals, *, local: Callable[[datetime], datetime], made_at: datetime
) -> list[TableSheet | NotesSheet]:
    """Return the table, and what its proposals come to."""
    fund = call.fund
    where = written(
        N_("{call}; as known at {known}"), call=call.name, known=moment_text(made_at, fund.zone)
    )  # fmt: skip
    intro = (TITLE, where, *([DEMONSTRATION] if fund.is_demo or call.is_demo else []))
    table = TableSheet(N_("Proposals"), columns(call), rows(listed, local), intro=intro)
    counts = [(status.label, str(count)) for status, count in totals.counts.items()]
    grounds = [(filled(N_("Ineligible: {ground}"), {"ground": one.label}), str(n)) for one, n in totals.grounds.items()]
    in_all = (filled(N_("Requested, {currency}"), {"currency": fund.currency}), totals.requested)
    note = (N_("What counts"), N_("Requested leaves out what was withdrawn and what is ineligible."))
    return [table, NotesSheet(N_("Notes"), [*counts, *grounds, in_all, note])]


def _row(one: Listed, local: Callable[[datetime], datetime]) -> list[Value]:
    proposal, (template, values) = one.proposal, one.waits
    moments = {name: local(value) if isinstance(value, datetime) else value for name, value in values.items()}
    return [
        proposal.number, proposal.title, proposal.organisation.short_name, proposal.office.name,
        proposal.office.jurisdiction.name, proposal.status.label,
        local(proposal.submitted_at).date() if proposal.submitted_at else None, proposal.requested,
        one.progress.answered, one.items, ", ".join(sorted(ground.label for ground in one.progress.grounds)),
        filled(template, moments),
    ]  # fmt: skip
