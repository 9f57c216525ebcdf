"""The delivery-rate workbook: what the Gateway published for each organisation, recomputed and flagged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.sentences import day as day_text
from mptf.fund.models import Fund
from mptf.gateway import queries as gateway
from mptf.gateway.models import CURRENCY as USD
from mptf.gateway.models import GatewayExtract, GatewayFigure
from mptf.ledger.delivery import Basis, Certification, Flag, cumulative, reproduced
from mptf.paper.values import NOT_COMPUTABLE, Column, Kind, Value, written
from mptf.paper.workbook import BarChart, NotesSheet, TableSheet
from mptf.people.models import Person
from mptf.reports import datasets
from mptf.reports.contents import Made, Paper, ReportSubject

if TYPE_CHECKING:
    from pandas import DataFrame

LARGE = 11
NOT_STATED = Certification.NOT_STATED.label

TITLE = N_("Budget and delivery rate by organisation")

SUMMARY_COLUMNS = (
    Column(N_("Organisation"), width=34),
    Column(N_("Approved budget"), Kind.MONEY, USD),
    Column(N_("Net funded"), Kind.MONEY, USD),
    Column(N_("Expenditure"), Kind.MONEY, USD),
    Column(N_("Delivery rate"), Kind.PERCENT),
    Column(N_("Unusual"), width=30),
)
DATA_COLUMNS = (
    Column(N_("Agency code"), width=13),
    Column(N_("Organisation"), width=20),
    Column(N_("Group"), width=48),
    Column(N_("Approved budget"), Kind.MONEY, USD),
    Column(N_("Net funded"), Kind.MONEY, USD),
    Column(N_("Expenditure"), Kind.MONEY, USD),
    Column(N_("Delivery rate, computed"), Kind.PERCENT),
    Column(N_("Delivery rate, published"), Kind.PERCENT),
    Column(N_("Difference, percentage points"), Kind.PERCENT, width=16),
    Column(N_("Unusual"), width=36),
)


def subjects(fund: Fund) -> list[ReportSubject]:
    """Return the imported extracts the report can be about, the newest first."""
    return [ReportSubject(extract.public_id, extract.title) for extract in gateway.imported(fund)]


@dataclass(frozen=True)
class Preview:
    """What the page shows: the large organisations, the unusual ones among the others, and the sums."""

    extract: GatewayExtract
    large: Sequence[GatewayFigure]
    unusual: Sequence[GatewayFigure]
    summary: gateway.Summary

    @property
    def shown(self) -> int:
        """How many rows of the report the page shows."""
        return len(self.large) + len(self.unusual)


def preview(fund: Fund, public_id: str) -> Preview:
    """Return the preview of the report about one imported extract, read without a data frame."""
    extract = gateway.get_extract(fund, public_id)
    large = gateway.largest(extract, LARGE)
    unusual = gateway.figures(extract, gateway.Asked(unusual=True)).items
    return Preview(extract, large, [row for row in unusual if row not in large], gateway.summary(extract))


def build(fund: Fund, public_id: str, made: Made) -> Paper:
    """Return the workbook about one imported extract."""
    extract = gateway.get_extract(fund, public_id)
    frame = datasets.delivery_by_organisation(extract)
    rows = data_rows(frame)
    cut_off = extract.cut_off_on.isoformat() if extract.cut_off_on else "cut-off-not-stated"
    return Paper(
        stem=f"delivery-by-organisation-{cut_off}",
        title=TITLE,
        source=extract.source,
        sheets=(
            summary_sheet(extract, frame),
            TableSheet(N_("Data"), DATA_COLUMNS, rows, total=data_total(frame)),
            NotesSheet(N_("Notes"), notes(fund, extract, frame, made)),
        ),
        columns=DATA_COLUMNS,
        rows=rows,
    )


def data_rows(frame: "DataFrame") -> list[tuple[Value, ...]]:
    """Return the rows of the data sheet: the same organisations, order and figures as the screen."""
    return [
        (
            row.agency_code, row.organisation, row.group, row.budget, row.net_funded, row.expenditure,
            _or_word(row.rate), row.published, _or_word(row.difference), _words(row.flags),
        )
        for row in datasets.records(frame)
    ]  # fmt: skip


def data_total(frame: "DataFrame") -> tuple[Value, ...]:
    """Return the sums and Σ ÷ Σ."""
    budget, net_funded, expenditure = _sums(frame)
    rate = cumulative(expenditure=expenditure, net_funded=net_funded)
    return ("", N_("All organisations"), "", budget, net_funded, expenditure, _or_word(rate), None, None, "Σ ÷ Σ")


def summary_sheet(extract: GatewayExtract, frame: "DataFrame") -> TableSheet:
    """Return the large organisations, the others together, the total, and the chart of their rates."""
    large, others = frame.iloc[:LARGE], frame.iloc[LARGE:]
    rows: list[tuple[Value, ...]] = [
        (row.organisation, row.budget, row.net_funded, row.expenditure, _or_word(row.rate), _words(row.flags))
        for row in datasets.records(large)
    ]
    flagged = frozenset(index for index, flags in enumerate(large["flags"]) if flags)
    if len(others):
        rows.append(_together(others, written(N_("{count} other organisations"), count=len(others))))
    return TableSheet(
        name=N_("Summary"),
        columns=SUMMARY_COLUMNS,
        rows=rows,
        total=_together(frame, written(N_("All {count} organisations"), count=len(frame))),
        intro=(TITLE, extract.title, _standing(extract)),
        chart=BarChart(N_("Delivery rate, large organisations"), labels=0, values=4, flagged=flagged),
    )


def _together(frame: "DataFrame", label: str) -> tuple[Value, ...]:
    budget, net_funded, expenditure = _sums(frame)
    rate = cumulative(expenditure=expenditure, net_funded=net_funded)
    return (label, budget, net_funded, expenditure, _or_word(rate), "Σ ÷ Σ")


def _sums(frame: "DataFrame") -> tuple[Money, Money, Money]:
    budget, net_funded, expenditure = (
        Money(int(frame[f"{name}_minor"].sum()), USD) for name in ("budget", "net_funded", "expenditure")
    )
    return budget, net_funded, expenditure


def _standing(extract: GatewayExtract) -> str:
    return written(
        N_("{basis}; cut-off {cut_off}; certification {certification}."),
        basis=Basis.CUMULATIVE.label,
        cut_off=_cut_off(extract),
        certification=extract.certification.label,
    )


def _cut_off(extract: GatewayExtract) -> str:
    return day_text(extract.cut_off_on) if extract.cut_off_on else NOT_STATED


def notes(fund: Fund, extract: GatewayExtract, frame: "DataFrame", made: Made) -> list[tuple[str, str]]:
    """Return what must be known to read the figures."""
    return [
        (N_("What it shows"), WHAT),
        *_standing_notes(fund, extract),
        *_counted_notes(frame),
        (N_("Amounts"), AMOUNTS),
        (N_("Fund"), f"{fund.code}, {fund.name}"),
        (N_("Made"), _by(fund, made.at, made.by)),
    ]


WHAT = N_(
    "Figures the MPTF Office Gateway published for all its funds together. They are no figures of the "
    "fund named below, and not in its ledger."
)
RATE = N_(
    "{basis}: {rule}, in percent with two decimals, half-up. "
    "Sums of several organisations are Σ expenditure ÷ Σ net funded."
)
AMOUNTS = N_(
    "US dollars with cents, exactly as published; nothing is rounded in the data sheet. A workbook keeps "
    "15 significant digits; a longer amount would stand here as text."
)


def _standing_notes(fund: Fund, extract: GatewayExtract) -> list[tuple[str, str]]:
    """Say what the rate is, how far the figures go, and where they come from."""
    uploader = db.session.get_one(Person, extract.by_id)
    file = N_("{title}; file {name}, SHA-256 {sha256}")
    return [
        (N_("Delivery rate"), written(RATE, basis=Basis.CUMULATIVE.label, rule=Basis.CUMULATIVE.rule)),
        (N_("Cut-off"), _cut_off(extract)),
        (N_("Certification"), extract.certification.label),
        (N_("Source"), extract.source),
        (
            N_("Extract"),
            written(file, title=extract.title, name=extract.file.name, sha256=extract.file.sha256),
        ),
        (N_("Imported"), _by(fund, extract.imported_at, uploader.name)),
    ]


def _counted_notes(frame: "DataFrame") -> list[tuple[str, str]]:
    """Count what was reproduced and name what is unusual."""
    computable = sum(rate is not None for rate in frame["rate"])
    same_rate = sum(map(reproduced, frame["published"], frame["rate"]))
    same = N_("{reproduced} of {computable} published rates equal the computed ones")
    return [
        (N_("Organisations"), str(len(frame))),
        (N_("Rates reproduced"), written(same, reproduced=same_rate, computable=computable)),
        (N_("Not computable"), _named(frame, Flag.NET_FUNDED_ZERO, N_("net funded is zero, shown as n/a"))),
        (N_("Above 100%"), _named(frame, Flag.ABOVE_ALL, N_("more was spent than funded net; shown as it is"))),
        (N_("Net funded negative"), _named(frame, Flag.NET_FUNDED_NEGATIVE, N_("more was refunded than transferred"))),
        (N_("Expenditure negative"), _named(frame, Flag.EXPENDITURE_NEGATIVE, N_("shown as published"))),
    ]


def _named(frame: "DataFrame", flag: Flag, because: str) -> str:
    """Count the organisations with a flag, name them, and say what it means."""
    names = [row.organisation for row in datasets.records(frame) if flag in row.flags]
    return f"{len(names)}: {', '.join(names)} ({because})" if names else "0"


def _by(fund: Fund, moment: datetime | None, name: str) -> str:
    return written(N_("{moment} by {name}"), moment=_moment(fund, moment), name=name)


def _moment(fund: Fund, value: datetime | None) -> str:
    if value is None:
        return NOT_STATED
    local = clock.local(value, fund)
    return f"{day_text(local)}, {local:%H:%M} {fund.zone}"


def _or_word(value: Decimal | None) -> Value:
    return NOT_COMPUTABLE if value is None else value


def _words(flags: Iterable[Flag]) -> str:
    return "; ".join(flag.label for flag in flags)
