"""Exchange rates as an uploaded table brings them: its heads, its rows, and what an import of it would do."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, PlainValidator

from mptf.core.days import parse_day
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import EXPONENTS
from mptf.fund.models import ExchangeRate
from mptf.fund.rates import MEASURE, parse_rate, rate_text
from mptf.paper.fields import Line
from mptf.paper.problems import Problem, Severity, error, read, refused, warning
from mptf.paper.sheets import open_sheet, read_table
from mptf.paper.table import Heading, Record

MOST_RATES = 10_000

HEADINGS = (
    Heading("currency", "Currency"),
    Heading("valid_from", "Valid from"),
    Heading("millionths", "Units per US dollar"),
    Heading("note", "Note", required=False),
)

_CODE = re.compile(r"[A-Z]{3}", re.ASCII)


@contextmanager
def _in_a_cell() -> Iterator[None]:
    """Carry a refusal of the house's parsers to the cell it concerns."""
    try:
        yield
    except RuleBroken as refusal:
        raise refused(refusal) from None


def _currency(text: str) -> str:
    if not _CODE.fullmatch(text.strip()):
        template = N_("“{text}” is not a currency code. Write three capital letters, such as EUR.")
        raise refused(RuleBroken(template, text=text.strip()[:40]))
    return text.strip()


def _day(text: str) -> date:
    with _in_a_cell():
        return parse_day(text)


def _millionths(text: str) -> int:
    with _in_a_cell():
        return parse_rate(text)


class RateRow(BaseModel):
    """One rate, as one row of a table."""

    currency: Annotated[str, PlainValidator(_currency)]
    valid_from: Annotated[date, PlainValidator(_day)]
    millionths: Annotated[int, PlainValidator(_millionths)]
    note: Line = ""

    @property
    def key(self) -> tuple[str, date]:
        """What no two rates of one source share."""
        return self.currency, self.valid_from


@dataclass
class RateTable:
    """The rates of an uploaded table, each with the record it was read from, and what is wrong with it."""

    rows: list[tuple[RateRow, Record]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def currencies(self) -> set[str]:
        """The currencies of the rates."""
        return {row.currency for row, _ in self.rows}


@dataclass(frozen=True)
class RateImport:
    """What an import would do: the rates to add, those already known, and what stops it."""

    new: list[RateRow]
    known: int
    problems: list[Problem]

    @property
    def refused(self) -> bool:
        """Whether an error stops the import."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def read_rates(path: Path) -> RateTable:
    """Read the rates of a CSV file or workbook; a file that is no table is refused in words."""
    table = RateTable()
    lines: dict[tuple[str, date], int] = {}
    with open_sheet(path) as sheet:
        content = read_table(sheet, HEADINGS)
        table.problems += content.problems
        for record in content.records:
            if len(table.rows) == MOST_RATES:
                raise RuleBroken(N_("The table has more than {rows} rates. Split it."), rows=f"{MOST_RATES:,}")
            _take(record, table, lines)
    return table


def _take(record: Record, table: RateTable, lines: dict[tuple[str, date], int]) -> None:
    """Add the rate of a record, or what is wrong with it."""
    row = record.problems or read(RateRow, record)
    if not isinstance(row, RateRow):
        table.problems += row
    elif row.currency not in EXPONENTS or row.currency == MEASURE:
        template = N_("{code} is no currency rates are kept for; the row was not read.")
        table.problems.append(warning(template, record.place("currency"), code=row.currency))
    elif lines.setdefault(row.key, record.number) != record.number:
        template = N_("{code} has a rate for the same day in row {first}. Keep one of them.")
        place = record.place("valid_from")
        table.problems.append(error(template, place, code=row.currency, first=lines[row.key]))
    else:
        table.rows.append((row, record))


def compare(table: RateTable, standing: Mapping[tuple[str, date], ExchangeRate]) -> RateImport:
    """Tell new rates from known ones, and name the rate that stands where the table says another."""
    new, known, problems = [], 0, list(table.problems)
    for row, record in table.rows:
        stands = standing.get(row.key)
        if stands is None:
            new.append(row)
        elif stands.millionths == row.millionths:
            known += 1
        else:
            template = N_("{code} already has {rate} from this day. Correct that rate, or take the row out.")
            place = record.place("millionths")
            problems.append(error(template, place, code=row.currency, rate=rate_text(stands.millionths)))
    return RateImport(new, known, _in_order(problems))


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.place.row or 0, problem.place.column or ""))
