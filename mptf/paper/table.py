"""An uploaded table as the rest of the house sees it: rows of text cells, each with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mptf.core.errors import N_, RuleBroken
from mptf.paper.problems import Place, Problem

MOST_ROWS = 200_000
MOST_COLUMNS = 256


@dataclass(frozen=True, slots=True)
class Cell:
    """The text of one cell, the letter of its column, and why it cannot be used, if so."""

    text: str
    column: str
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the file; `number` is the one a spreadsheet shows."""

    number: int
    cells: Sequence[Cell]
    problems: Sequence[Problem] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing stands in it."""
        return not any(cell.text or cell.refusal for cell in self.cells)


@dataclass
class Sheet:
    """An open table: its name, its rows (read once, from the file), and remarks about the file."""

    name: str
    rows: Iterator[Row]
    remarks: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column an import asks for: its key, the head it is known by, and whether it must be there."""

    key: str
    head: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """One row below the heads: the cells by key, and what is wrong with the row as such."""

    sheet: str
    number: int
    cells: Mapping[str, Cell]
    heads: Mapping[str, str]
    problems: Sequence[Problem] = ()

    def place(self, key: str) -> Place:
        """Return where the cell of a column stands; the row, where there is no such cell."""
        cell = self.cells.get(key)
        return Place(self.sheet, self.number, cell.column if cell else None, self.heads.get(key))


@dataclass
class Table:
    """The rows of a sheet under the heads that were asked for."""

    sheet: str
    problems: list[Problem]
    records: Iterator[Record]


def letter(number: int) -> str:
    """Return the letters of a column counted from 1: A, Z, AA."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def too_many_rows(most: int = MOST_ROWS) -> RuleBroken:
    """Return the refusal of a table that is longer than an import takes."""
    template = N_("The table has more than {rows} rows. Split it and upload the parts.")
    return RuleBroken(template, rows=f"{most:,}")
