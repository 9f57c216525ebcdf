"""The list of what was submitted as a file: every row its filters let through, the columns as the page has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mptf.core import clock
from mptf.core.errors import N_
from mptf.fund.models import Fund
from mptf.paper.values import HOLDS_GENERATED, Column, Kind, Value, moment_text, written
from mptf.paper.workbook import NotesSheet, TableSheet
from mptf.proposals.listed import Line

TITLE = N_("Submitted proposals")

WHAT = N_(
    "Every proposal that was submitted and fits the filters below, in the order of the page: the latest first "
    "submission stands first. Drafts are not among them."
)
GENERATED = N_("demonstration data")


@dataclass(frozen=True)
class Taken:
    """The lines that are taken away, what was asked for in words, who asked, and when."""

    lines: Sequence[Line]
    asked: Sequence[tuple[str, str]]
    by: str
    at: datetime


def columns(fund: Fund) -> tuple[Column, ...]:
    """Return the columns of the page: a cell that says two things has two here, what stands first there comes first."""
    return (
        Column(N_("Proposal"), width=50), Column(N_("Number"), width=16), Column(N_("Call"), width=16),
        Column(N_("Organisation"), width=16), Column(N_("Office"), width=30), Column(N_("Office in"), width=22),
        Column(N_("Stage"), width=16), Column(N_("Status"), width=18),
        Column(N_("Requested"), Kind.MONEY, fund.currency), Column(N_("First submitted"), Kind.MOMENT),
        Column(N_("Data"), width=20),
    )  # fmt: skip


def rows(taken: Taken) -> list[tuple[Value, ...]]:
    """Return the lines as rows of `columns`."""
    return [
        (
            line.title, line.number, line.call, line.organisation, line.office, line.place,
            line.stage.label, line.status.label, line.requested, line.submitted_at, GENERATED if line.is_demo else "",
        )
        for line in taken.lines
    ]  # fmt: skip


def sheets(fund: Fund, taken: Taken) -> list[TableSheet | NotesSheet]:
    """Return the list and its notes as the sheets of a workbook."""
    return [TableSheet(N_("Proposals"), columns(fund), rows(taken)), NotesSheet(N_("Notes"), _notes(fund, taken))]


def file_name(fund: Fund, taken: Taken) -> str:
    """Return what a file of the list is called, without its ending."""
    return f"{fund.code}-proposals-{clock.local(taken.at, fund):%Y-%m-%d}"


def _notes(fund: Fund, taken: Taken) -> list[tuple[str, str]]:
    return [
        (N_("What it is"), WHAT),
        (N_("Fund"), f"{fund.code}, {fund.name}"),
        (N_("As known at"), moment_text(taken.at, fund.zone)),
        (N_("Made by"), taken.by),
        (N_("Proposals"), f"{len(taken.lines):,}"),
        *((written(N_("Asked for: {what}"), what=what), value) for what, value in taken.asked),
        *([(N_("Demonstration"), HOLDS_GENERATED)] if fund.is_demo else []),
    ]
