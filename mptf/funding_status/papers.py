"""The funding status on paper and as a workbook: the same figures as the page, with what must be known to read them."""

from collections.abc import Sequence
from datetime import datetime

from mptf.core.errors import N_
from mptf.core.money import Money, amount_text
from mptf.core.sentences import day
from mptf.fund.models import Fund
from mptf.funding_status.figures import Drawn, Period
from mptf.ledger.delivery import Basis
from mptf.ledger.status import Block, Layout, Weight
from mptf.paper.pdf import Document, Line, Section, figure
from mptf.paper.values import (
    DEMONSTRATION,
    HOLDS_GENERATED,
    MANAGEMENT,
    NOT_COMPUTABLE,
    Column,
    Kind,
    Value,
    moment_text,
    percent_text,
    written,
)
from mptf.paper.workbook import ColumnChart, NotesSheet, TableSheet

TITLE = N_("Funding status")
RUNNING = N_("Of a year that is not over on the day, what had been reported by the end of that day counts.")
CERTIFIED_FIRST = N_(
    "Of a year an organisation certified, its certified figures alone count; of others, interim ones and certified "
    "corrections."
)
RUNNING_DELIVERY = N_("Up to the end of the year, or to the day the status is drawn as at.")
ROUNDED = N_("Whole amounts are rounded one by one; sums may be off by one.")
LAYOUTS = {
    Layout.PROJECTS: N_(
        "1, in which transfers to participating organisations are those of projects, without direct cost and transfers "
        "to other funds."
    ),
    Layout.ALL_TRANSFERS: N_(
        "2, in which transfers to participating organisations include direct cost and transfers to other funds, and "
        "refunds include those of direct cost."
    ),
}
_LOOKS = {Weight.ITEM: "item", Weight.SUBTOTAL: "subtotal", Weight.TOTAL: "total", Weight.BALANCE: "total"}


def notes(fund: Fund, drawn: Drawn) -> list[tuple[str, str]]:
    """Return what must be known to read the figures, each under its term."""
    drawing = drawn.drawing
    basis = N_("{layout} In force since {day}.")
    counted = left_out(drawn) if drawing.certified_only else CERTIFIED_FIRST
    said = [
        (N_("What it is"), MANAGEMENT),
        (N_("As at"), written(N_("Value dates up to {day}."), day=drawing.as_at)),
        (N_("As known at"), moment(fund, drawing.known_at)),
        (N_("Entries"), entries(drawn)),
        (N_("Layout"), written(basis, layout=LAYOUTS[drawing.layout], day=drawing.layout_since)),
        (N_("Expenditure"), f"{reported_words(drawn)} {counted} {RUNNING}"),
        *([(N_("Corrections"), corrections(drawn))] if drawn.spent.corrections else []),
        (Basis.ANNUAL.label, f"{Basis.ANNUAL.rule}. {RUNNING_DELIVERY}"),
        (N_("Amounts"), written(N_("In {currency}. {rounded}"), currency=fund.currency, rounded=ROUNDED)),
        (N_("Source"), written(N_("The ledger of {code} and the figures its organisations reported."), code=fund.code)),
    ]
    return [*said, (N_("Demonstration"), HOLDS_GENERATED)] if fund.is_demo else said


def remarks(drawn: Drawn) -> list[tuple[str, str]]:
    """Return what is unusual about the figures: shown and flagged, never hidden."""
    found = []
    if drawn.status.agent.balance.minor < 0:
        told = N_("More went out than came in by the entries that count. Look for a deposit that is not recorded yet.")
        found.append((N_("The balance with the Administrative Agent is below zero"), told))
    if drawn.status.organisations.balance.minor < 0:
        told = N_("More was reported as spent and sent back than was transferred by the entries that count.")
        found.append((N_("The balance with participating organisations is below zero"), told))
    unusual = [one.first_day.year for one in drawn.years if one.is_delivery_unusual]
    if unusual:
        told = written(N_("More was reported as spent than there was to spend: {years}."), years=_years(unusual))
        found.append((N_("An annual delivery is above 100% or has nothing to be measured against"), told))
    return found


def entries(drawn: Drawn) -> str:
    """Say which entries count."""
    if drawn.drawing.confirmed_only:
        return N_("Only those the Administrative Agent had confirmed.")
    return N_("Those the Administrative Agent had confirmed, and those advised.")


def reported_words(drawn: Drawn) -> str:
    """Say for which years expenditure was reported, and which of them are certified."""
    known = sorted(drawn.spent.by_year)
    if drawn.drawing.certified_only:
        return written(N_("Certified for {years}."), years=_years(known)) if known else N_("Nothing was certified.")
    if not known:
        return N_("No expenditure was reported.")
    certified = [year for year in known if year in drawn.spent.certified]
    reported = _years(known)
    if certified == known:
        return written(N_("Reported for {years}, all certified."), years=reported)
    if not certified:
        return written(N_("Reported for {years}, all interim."), years=reported)
    return written(N_("Reported for {years}; certified for {certified}."), years=reported, certified=_years(certified))


def certified_alone(drawn: Drawn) -> list[tuple[str, str]]:
    """Return what stands at the head of a status of certified figures alone, under its term; nothing of another."""
    return [(N_("Certified figures only"), left_out(drawn))] if drawn.drawing.certified_only else []


def left_out(drawn: Drawn) -> str:
    """Say which interim figures do not count, and what does not take them into account."""
    aside = drawn.spent.left_out
    if not aside:
        return N_("No interim figure is left out.")
    amount = str(sum(aside.values(), Money.zero(drawn.totals.expenditure.currency)))
    told = N_(
        "Interim figures of {amount} for {years} are left out. No balance takes them off, and no delivery counts them."
    )
    return written(told, amount=amount, years=_years(sorted(aside)))


def corrections(drawn: Drawn) -> str:
    """Say what of each year corrects an earlier one, which stays as it was certified."""
    told = N_("{amount} of {year} corrects {corrected}.")
    of_years = drawn.spent.corrections.items()
    return " ".join(
        written(told, amount=str(amount), year=str(year), corrected=str(corrected))
        for (year, corrected), amount in of_years
    )


def basis_words(one: Period) -> str:
    """Say of what a year reports as spent is certified, and whether interim figures of it are left out."""
    left = N_("interim figures left out") if one.leaves_out else ""
    return ", ".join(filter(None, (one.basis.label if one.basis else "", left)))


def _years(years: Sequence[int]) -> str:
    """Write years as their ranges: `2021–2023, 2025`."""
    ranges: list[list[int]] = []
    for year in years:
        if ranges and ranges[-1][-1] == year - 1:
            ranges[-1].append(year)
        else:
            ranges.append([year])
    return ", ".join(str(one[0]) if len(one) == 1 else f"{one[0]}–{one[-1]}" for one in ranges)


def moment(fund: Fund, value: datetime) -> str:
    """Write a moment on the clocks of the fund."""
    return moment_text(value, fund.zone)


# What stands at the head of the paper, before any figure.
_ABOVE = ("As at", "As known at", "Entries", "What it is")


def on_paper(fund: Fund, drawn: Drawn) -> Document:
    """Return the funding status as a document."""
    drawing, status = drawn.drawing, drawn.status
    number = drawing.named(written(N_("As at {day}"), day=drawing.as_at))
    known = moment(fund, drawing.known_at)
    foot = written(
        N_("{code} · Funding status as at {day}, as known at {known}"), code=fund.code, day=drawing.as_at, known=known
    )
    return Document(
        fund=fund.name,
        code=written(N_("{code} · Secretariat on behalf of the Steering Committee"), code=fund.code),
        title=TITLE,
        number=number,
        foot=drawing.named(foot),
        facts=[
            (N_("As at"), day(drawing.as_at)),
            (N_("As known at"), known),
            (N_("Layout"), str(drawing.layout.value)),
            (N_("Entries"), entries(drawn)),
            (N_("What it is"), MANAGEMENT),
        ],
        figures=[
            (written(N_("Balance with the Administrative Agent, {currency}"), currency=fund.currency),
             figure(status.agent.balance)),
            (drawing.named(written(N_("Total balance, {currency}"), currency=fund.currency)),
             figure(status.fund.balance)),
        ],
        sections=[*(_block(fund, block) for block in status.blocks), _by_year(fund, drawn)],
        notes=[f"{term}: {said}" for term, said in notes(fund, drawn) if term not in _ABOVE],
        remarks=[*certified_alone(drawn), *remarks(drawn)],
        demo=DEMONSTRATION if fund.is_demo else "",
    )  # fmt: skip


def _block(fund: Fund, block: Block) -> Section:
    lines = [Line((_label(line.label, line.less), figure(line.amount)), _LOOKS[line.weight]) for line in block.lines]
    lines.append(Line((block.share_label, percent_text(block.share))))
    return Section(block.title, (Column(N_("Line")), Column(N_("Amount"), Kind.MONEY, fund.currency)), lines)


def _label(label: str, less: bool) -> str:
    return written(N_("Less {what}"), what=label[0].lower() + label[1:]) if less else label


PERIOD_HEADS = (
    N_("Contributions"), N_("Other sources, net"), N_("Total source"), N_("Transfers, less refunds"),
    N_("Fees and direct cost"), N_("Total use"), N_("Balance with AA"),
)  # fmt: skip
REPORTED_HEADS = (N_("Reported as spent"), N_("Balance with organisations"), Basis.ANNUAL.label)
BY_YEAR = N_("Year by year")


def year_heads(drawn: Drawn) -> tuple[str, ...]:
    """Return the heads of the amounts of a year, and of its annual delivery."""
    return (*PERIOD_HEADS, *map(drawn.drawing.named, REPORTED_HEADS))


def of_period(one: Period) -> tuple[Money, ...]:
    """Return the cash of a period under `PERIOD_HEADS`."""
    return (
        one.totals.contributions, one.other_sources, one.source, one.transfers, one.costs, one.use, one.agent_balance,
    )  # fmt: skip


def of_year(one: Period) -> tuple[Money, ...]:
    """Return the amounts of a year under `year_heads`."""
    return (*of_period(one), one.totals.expenditure, one.organisations_balance)


def _by_year(fund: Fund, drawn: Drawn) -> Section:
    *amounts, delivered = year_heads(drawn)
    heads = (*(Column(head, Kind.MONEY) for head in amounts), Column(delivered, Kind.PERCENT))
    columns = (Column(N_("Year")), *heads)
    lines = [
        Line((_year_words(one), *(amount_text(amount) for amount in of_year(one)), percent_text(one.annual_delivery)))
        for one in drawn.years
    ]
    note = N_("In whole {currency}; balances at the end of the year. {rounded}")
    return Section(drawn.drawing.named(BY_YEAR), columns, lines, written(note, currency=fund.currency, rounded=ROUNDED))


def _year_words(one: Period) -> str:
    return ", ".join(filter(None, (str(one.first_day.year), basis_words(one))))


def sheets(fund: Fund, drawn: Drawn) -> list[TableSheet | NotesSheet]:
    """Return the funding status as the sheets of a workbook."""
    return [
        _status_sheet(fund, drawn),
        _years_sheet(fund, drawn),
        _months_sheet(fund, drawn),
        NotesSheet(N_("Notes"), [*notes(fund, drawn), *remarks(drawn)]),
    ]


def _intro(fund: Fund, drawn: Drawn, title: str) -> tuple[str, ...]:
    drawing = drawn.drawing
    told = N_("{code}, {name}; as at {day}, as known at {known}")
    line = written(told, code=fund.code, name=fund.name, day=drawing.as_at, known=moment(fund, drawing.known_at))
    return (title, line, *([DEMONSTRATION] if fund.is_demo else []))


def _intro_of_reports(fund: Fund, drawn: Drawn, title: str) -> tuple[str, ...]:
    """Return the head of a sheet whose figures rest on what was reported."""
    said = (f"{term}: {text}" for term, text in certified_alone(drawn))
    return (*_intro(fund, drawn, drawn.drawing.named(title)), *said)


def _status_sheet(fund: Fund, drawn: Drawn) -> TableSheet:
    columns = (
        Column(N_("Block"), width=36), Column(N_("Line"), width=52),
        Column(N_("Amount"), Kind.MONEY, fund.currency), Column(N_("Share"), Kind.PERCENT),
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = []
    for block in drawn.status.blocks:
        rows += [(block.title, _label(line.label, line.less), line.amount, None) for line in block.lines]
        rows.append((block.title, block.share_label, None, NOT_COMPUTABLE if block.share is None else block.share))
    return TableSheet(TITLE, columns, rows, intro=_intro_of_reports(fund, drawn, TITLE))


def _years_sheet(fund: Fund, drawn: Drawn) -> TableSheet:
    *amounts, delivered = year_heads(drawn)
    columns = (
        Column(N_("Year"), width=9), *_amounts(fund, amounts), Column(delivered, Kind.PERCENT),
        Column(N_("Expenditure is"), width=16),
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = [_year_row(one) for one in drawn.years]
    return TableSheet(BY_YEAR, columns, rows, intro=_intro_of_reports(fund, drawn, BY_YEAR), chart=_chart(BY_YEAR))


def _year_row(one: Period) -> tuple[Value, ...]:
    delivered = NOT_COMPUTABLE if one.annual_delivery is None else one.annual_delivery
    return (str(one.first_day.year), *of_year(one), delivered, basis_words(one))


def _months_sheet(fund: Fund, drawn: Drawn) -> TableSheet:
    title = N_("Month by month")
    columns = (Column(N_("Month"), width=12), *_amounts(fund, PERIOD_HEADS))
    rows: list[tuple[Value, ...]] = [(f"{one.first_day:%Y-%m}", *of_period(one)) for one in drawn.months]
    return TableSheet(title, columns, rows, intro=_intro(fund, drawn, title), chart=_chart(title))


def _amounts(fund: Fund, heads: Sequence[str]) -> tuple[Column, ...]:
    return tuple(Column(head, Kind.MONEY, fund.currency) for head in heads)


def _chart(title: str) -> ColumnChart:
    """Return the chart of the columns that hold the total source and the total use."""
    return ColumnChart(f"{N_('Sources and uses')}, {title.lower()}", labels=0, values=(3, 6))
