"""The table an import asks for: its columns, the model of a row, and what no two rows share."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic

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

    `key` names the attributes of `model` that no two rows share, and `key_cells` the cells these are made of where they
    are no cells themselves; `twice` is the sentence for a row that shares them with an earlier one, with the values of
    these attributes, `{first}` and `{row}`, at the column `twice_at`.
    """

    model: type[Model]
    headings: Sequence[Heading]
    key: tuple[str, ...]
    twice: str
    twice_at: str
    most: int = MOST_ROWS
    key_cells: tuple[str, ...] = ()

    def rows(
        self, path: Path, problems: Problems, keep: "Callable[[Part[Model]], object] | None" = None
    ) -> Iterator[tuple[Model, Record]]:
        """Yield the rows of a file that can be imported; what is wrong with the others is added to `problems`.

        What can be read of those is handed to `keep`. A file that is no table, or too long, is refused in words.
        """
        lines: dict[Hashable, int] = {}
        with open_apart(path) as sheet:
            table = read_table(sheet, self.headings)
            problems.add(table.problems)
            for count, record in enumerate(table.records, start=1):
                if count > self.most:
                    raise too_many_rows(self.most)
                if _of_the_row(record):
                    problems.add(record.problems, record)
                    continue
                row, found, wrong = read(self.model, record)
                found += self._repeated(row, record, wrong, lines)
                problems.add(found or _asterisks(record), record if found else None)
                if not found:
                    yield row, record
                elif keep:
                    keep(Part(row, record, wrong))

    def check(self, path: Path) -> None:
        """Refuse a file that is no table, too long, or another table, and hold nothing of it."""
        problems = Problems()
        for _ in self.rows(path, problems):
            pass
        if problems.of_the_whole:
            raise RuleBroken(problems.of_the_whole.template, **problems.of_the_whole.values)

    def read(self, path: Path) -> "ReadTable[Model]":
        """Read the whole of a table that is short enough to be held."""
        problems, parts = Problems(), list[Part[Model]]()
        return ReadTable(list(self.rows(path, problems, parts.append)), problems, parts)

    def _repeated(self, row: Model, record: Record, wrong: frozenset[str], lines: dict[Hashable, int]) -> list[Problem]:
        """Return what is wrong where an earlier row has the same key; `lines` remembers where each key stood first."""
        if wrong.intersection(self.key_cells or self.key):
            return []
        values = {name: getattr(row, name) for name in self.key}
        first = lines.setdefault(tuple(values.values()), record.number)
        if first == record.number:
            return []
        return [error(self.twice, record.place(self.twice_at), **values, first=first, row=record.number)]


@dataclass(frozen=True)
class Part(Generic[Model]):
    """A row that cannot be imported, with the cells that can be read; `wrong` names the others."""

    row: Model
    record: Record
    wrong: frozenset[str]


@dataclass(frozen=True)
class Rule(Generic[Model]):
    """What the books say to cells of a row: `ask` refuses it, at its first cell or at the field the refusal names."""

    cells: tuple[str, ...]
    ask: Callable[[Model], object]

    def problems(self, row: Model, record: Record) -> Iterator[Problem]:
        """Yield what is wrong, if anything is."""
        try:
            self.ask(row)
        except RuleBroken as refusal:
            yield error(refusal.template, record.place(refusal.field or self.cells[0]), **refusal.values)


@dataclass(frozen=True)
class ReadTable(Generic[Model]):
    """The rows of a table that can be imported, each with the record it was read from, and what is wrong.

    `parts` are what can be read of the other rows.
    """

    rows: list[tuple[Model, Record]]
    problems: Problems
    parts: list[Part[Model]] = field(default_factory=list)

    def held_against(self, rules: Sequence[Rule[Model]]) -> tuple[list[tuple[Model, Record]], Problems]:
        """Return the rows no rule refuses, and everything that is wrong.

        A rule is asked of every row in which its cells can be read, whatever else is wrong with it: all mistakes of a
        row are told at once.
        """
        good, problems = list[tuple[Model, Record]](), deepcopy(self.problems)
        for row, record in self.rows:
            found = _found(rules, row, record)
            problems.add(found, record)
            if not found:
                good.append((row, record))
        for part in self.parts:
            asked = [rule for rule in rules if not part.wrong.intersection(rule.cells)]
            problems.add(_found(asked, part.row, part.record), part.record)
        return good, problems


def _found(rules: Iterable[Rule[Model]], row: Model, record: Record) -> list[Problem]:
    return [problem for rule in rules for problem in rule.problems(row, record)]


def _of_the_row(record: Record) -> bool:
    """Tell whether a row as such is wrong: with too few or too many cells, none stands surely in its column."""
    return any(problem.place.name is None for problem in record.problems)


@dataclass(frozen=True)
class Comparison(Generic[Model]):
    """What an import would do: the rows to add, how many of the others are known already, and what stops it."""

    new: Sequence[Model]
    known: int
    problems: Problems

    def first(self, most: int) -> Sequence[Any]:
        """Return the first rows to add, as the preview of the room shows them."""
        return self.new[:most]


def _asterisks(record: Record) -> Iterator[Problem]:
    """Name the cells of a good row in which Kosovo stands without its asterisk: it is imported with it."""
    for key, cell in record.cells.items():
        if (kept := with_asterisk(cell.text)) != cell.text:
            yield warning(_KEPT, record.place(key), text=cut(cell.text), kept=cut(kept))
