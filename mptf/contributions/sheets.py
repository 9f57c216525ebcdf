"""Deposits by contributor and year as a workbook: the figures of the page, and what must be known to read them."""

from collections.abc import Sequence
from datetime import date, datetime

from mptf.contributions.years import Spread
from mptf.core.errors import N_
from mptf.fund.models import Fund
from mptf.paper.values import DEMONSTRATION, HOLDS_GENERATED, Column, Kind, Value, moment_text, written
from mptf.paper.workbook import ColumnChart, NotesSheet, TableSheet

WHAT = N_("Deposits before the Administrative Agent's fee and before refunds; advised and confirmed.")
OPENING = N_("A deposit that was an opening balance counts on its day, whenever the cash arrived.")
GENERATED = N_("includes demonstration data")


def title(year: int | None) -> str:
    """Return what the workbook of all years or of one is called."""
    return written(N_("Deposits by month in {year}"), year=str(year)) if year else N_("Deposits by year")


def sheets(
    fund: Fund, spread: Spread, *, year: int | None = None, made_at: datetime
) -> Sequence[TableSheet | NotesSheet]:
    """Return what every contributor deposited, the chart of it, and the notes."""
    demo = fund.is_demo or any(row.is_demo for row in spread.rows)
    where = written(
        N_("{code}, {name}; as known at {known}"),
        code=fund.code, name=fund.name, known=moment_text(made_at, fund.zone),
    )  # fmt: skip
    intro = (title(year), where, *([DEMONSTRATION] if demo else []))
    notes = [
        (N_("What it shows"), WHAT),
        (N_("Opening balances"), OPENING),
        (N_("Amounts"), written(N_("In {currency}."), currency=fund.currency)),
        *([(N_("Demonstration"), HOLDS_GENERATED)] if demo else []),
    ]
    return (
        _by_contributor(fund, spread, year, intro),
        _by_span(fund, spread, year, intro),
        NotesSheet(N_("Notes"), notes),
    )


def _by_contributor(fund: Fund, spread: Spread, year: int | None, intro: Sequence[str]) -> TableSheet:
    amounts = (Column(head, Kind.MONEY, fund.currency) for head in (*_names(spread.spans, year), N_("In all")))
    rows: list[tuple[Value, ...]] = [
        (row.donor.short_name, *row.amounts.values(), row.total, GENERATED if row.is_demo else "")
        for row in spread.rows
    ]
    return TableSheet(
        N_("By contributor"),
        (Column(N_("Contributor"), width=30), *amounts, Column(N_("Data"), width=28)),
        rows,
        total=(N_("Total"), *spread.totals.values(), spread.total, ""),
        intro=intro,
    )


def _by_span(fund: Fund, spread: Spread, year: int | None, intro: Sequence[str]) -> TableSheet:
    led = [row.donor.short_name for row in spread.leading] + ([N_("The other contributors")] * spread.has_others)
    amounts = (Column(head, Kind.MONEY, fund.currency) for head in (*led, N_("Deposits")))
    rows: list[tuple[Value, ...]] = [
        (name, *spread.parts(span)[: len(led)], spread.totals[span])
        for name, span in zip(_names(spread.spans, year), spread.spans, strict=True)
    ]
    chart = ColumnChart(title(year), labels=0, values=tuple(range(1, len(led) + 1)), stacked=True)
    first = Column(N_("Month") if year else N_("Year"), width=12)
    return TableSheet(N_("By month") if year else N_("By year"), (first, *amounts), rows, intro=intro, chart=chart)


def _names(spans: Sequence[date], year: int | None) -> list[str]:
    return [f"{span:%Y-%m}" if year else str(span.year) for span in spans]
