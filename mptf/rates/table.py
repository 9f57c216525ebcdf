"""Exchange rates as an uploaded table brings them: its heads, its rows, and what an import of it would do."""

import re
from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, PlainValidator

from mptf.core.days import parse_day
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import EXPONENTS
from mptf.core.sentences import cut
from mptf.paper.fields import Line
from mptf.paper.problems import Problems, error, in_a_cell, refused, warning
from mptf.paper.shape import Comparison, ReadTable, Shape
from mptf.paper.table import Heading
from mptf.rates.figures import MEASURE, parse_rate, per_dollar, rate_text

MOST_RATES = 5_000  # all of them are held while somebody looks at them

HEADINGS = (
    Heading("currency", "Currency"),
    Heading("valid_from", "Valid from"),
    Heading("millionths", "Units per US dollar"),
    Heading("note", "Note", required=False),
)

_CODE = re.compile(r"[A-Z]{3}", re.ASCII)


def _currency(text: str) -> str:
    if not _CODE.fullmatch(text.strip()):
        template = N_("“{text}” is not a currency code. Write three capital letters, such as EUR.")
        raise refused(RuleBroken(template, text=cut(text)))
    return text.strip()


def _day(text: str) -> date:
    with in_a_cell():
        return parse_day(text)


def _millionths(text: str) -> int:
    with in_a_cell():
        return parse_rate(text)


class RateRow(BaseModel):
    """One rate, as one row of a table."""

    currency: Annotated[str, PlainValidator(_currency)]
    valid_from: Annotated[date, PlainValidator(_day)]
    millionths: Annotated[int, PlainValidator(_millionths)]
    note: Line = ""

    @property
    def per_dollar(self) -> Decimal:
        """The rate as people write it."""
        return per_dollar(self.millionths)


SHAPE = Shape(
    RateRow,
    HEADINGS,
    key=("currency", "valid_from"),
    twice=N_("{currency} has a rate for the same day in row {first}. Keep one of them."),
    twice_at="valid_from",
    most=MOST_RATES,
)


class RateTable(ReadTable[RateRow]):
    """The rates of an uploaded table."""

    @property
    def currencies(self) -> set[str]:
        """The currencies of the rates."""
        return {row.currency for row, _ in self.rows}


def read_rates(path: Path) -> RateTable:
    """Read the rates of a CSV file or workbook; a file that is no table is refused in words."""
    table = RateTable([], Problems())
    for row, record in SHAPE.rows(path, table.problems):
        if row.currency in EXPONENTS and row.currency != MEASURE:
            table.rows.append((row, record))
        else:
            template = N_("{code} is no currency rates are kept for; the row was not read.")
            table.problems.add([warning(template, record.place("currency"), code=row.currency)])
    return table


def compare(table: RateTable, standing: Mapping[tuple[str, date], int]) -> Comparison[RateRow]:
    """Tell new rates from known ones, and name the rate that stands where the table says another."""
    new, known, problems = [], 0, deepcopy(table.problems)
    for row, record in table.rows:
        stands = standing.get((row.currency, row.valid_from))
        if stands is None:
            new.append(row)
        elif stands == row.millionths:
            known += 1
        else:
            template = N_("{code} already has {rate} from this day. Correct that rate, or take the row out.")
            place = record.place("millionths")
            found = error(template, place, code=row.currency, rate=rate_text(stands))
            problems.add([found], record)
    return Comparison(new, known, problems)
