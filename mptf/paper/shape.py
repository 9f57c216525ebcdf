"""The table an import asks for: its columns, the model of a row, and what no two rows share."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from mptf.core.errors import N_, RuleBroken
from mptf.core.kosovo import with_asterisk
from mptf.core.sentences import cut
from mptf.paper.apart import open_apart
from mptf.paper.headings import read_table
from mptf.paper.problems import Model, Problem, Problems, error, read, warning
from mptf.paper.table import MOST_ROWS, Heading, Record, too_many_rows

_KEPT = N_("“{text}” is imported as “{kept}”: the name keeps its asterisk, and the pages print the footnote.")


@dataclass(frozen=True)
class Shape(Generic[Model]):
    """What every import declares.

    `key` names the attributes of `model` that no two rows share; `twice` is the sentence for a row that shares
    them with an earlier one, with the values of these attributes, `{first}` and `{row}`, at the column `twice_at`.
    """

    model: type[Model]
    headings: Sequence[Heading]
    key: tuple[str, ...]
    twice: str
    twice_at: str
    most: int = MOST_ROWS

    def rows(self, path: Path, problems: Problems) -> Iterator[tuple[Model, Record]]:
        """Yield the rows of a file that can be imported; what is wrong with the others is added to `problems`.

        A file that is no table, or too long, is refused in words.
        """
        lines: dict[Hashable, int] = {}
        with open_apart(path) as sheet:
            table = read_table(sheet, self.headings)
            problems.add(table.problems)
            for count, record in enumerate(table.records, start=1):
                if count > self.most:
                    raise too_many_rows(self.most)
                row = list(record.problems) or read(self.model, record)
                if not isinstance(row, list):
                    row = self._repeated(row, record, lines) or row
                if isinstance(row, list):
                    problems.add(row, record)
                else:
                    problems.add(_asterisks(record))
                    yield row, record

    def check(self, path: Path) -> None:
        """Refuse a file that is no table, too long, or another table, and hold nothing of it."""
        problems = Problems()
        for _ in self.rows(path, problems):
            pass
        if problems.of_the_whole:
            raise RuleBroken(problems.of_the_whole.template, **problems.of_the_whole.values)

    def read(self, path: Path) -> "ReadTable[Model]":
        """Read the whole of a table that is short enough to be held."""
        problems = Problems()
        return ReadTable(list(self.rows(path, problems)), problems)

    def _repeated(self, row: Model, record: Record, lines: dict[Hashable, int]) -> list[Problem]:
        """Return what is wrong where an earlier row has the same key; `lines` remembers where each key stood first."""
        values = {name: getattr(row, name) for name in self.key}
        first = lines.setdefault(tuple(values.values()), record.number)
        if first == record.number:
            return []
        return [error(self.twice, record.place(self.twice_at), **values, first=first, row=record.number)]


@dataclass(frozen=True)
class ReadTable(Generic[Model]):
    """The rows of a table that can be imported, each with the record it was read from, and what is wrong."""

    rows: list[tuple[Model, Record]]
    problems: Problems


@dataclass(frozen=True)
class Comparison(Generic[Model]):
    """What an import would do: the rows to add, how many of the others are known already, and what stops it."""

    new: Sequence[Model]
    known: int
    problems: Problems


def _asterisks(record: Record) -> Iterator[Problem]:
    """Name the cells of a good row in which Kosovo stands without its asterisk: it is imported with it."""
    for key, cell in record.cells.items():
        if (kept := with_asterisk(cell.text)) != cell.text:
            yield warning(_KEPT, record.place(key), text=cut(cell.text), kept=cut(kept))
