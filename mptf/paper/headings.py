"""Match the heads of a table with those an import asks for, say in words what does not match, and read below them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from mptf.core.errors import N_
from mptf.paper.problems import Place, Problem, Severity, error, warning
from mptf.paper.table import Cell, Heading, Record, Row, Sheet, Table, letter

ANOTHER_TABLE = N_(
    "This is not the table asked for: most of its columns are missing. Row {row} must hold {heads}. "
    "The page where you upload it shows an example."
)

_SPACES = re.compile(r"[\s_\-]+")


def plain_head(text: str) -> str:
    """Return a head without what people vary: case, spaces, hyphens, underscores."""
    return _SPACES.sub(" ", text.replace("\ufeff", "")).strip().casefold()


def read_table(sheet: Sheet, headings: Sequence[Heading]) -> Table:
    """Find the heads in the first row that is not empty, and return the rows below them.

    With a problem among the heads there are no records: nothing can be read under a wrong name.
    """
    first = next((row for row in sheet.rows if not row.empty), None)
    if first is None:
        empty = error(N_("The table is empty."), Place(sheet.name))
        return Table(sheet.name, [*sheet.remarks, empty], iter(()))
    if _another_table(first, headings):
        heads = ", ".join(f"“{heading.head}”" for heading in headings if heading.required)
        another = error(ANOTHER_TABLE, Place(sheet.name), row=first.number, heads=heads)
        return Table(sheet.name, [*sheet.remarks, another], iter(()))
    columns, problems = find_headings(first, headings, sheet.name)
    readable = all(problem.severity is not Severity.ERROR for problem in problems)
    problems = [*sheet.remarks, *problems]
    if not readable:
        return Table(sheet.name, problems, iter(()))
    return Table(sheet.name, problems, _records(sheet, columns, {h.key: h.head for h in headings}))


def _another_table(row: Row, headings: Sequence[Heading]) -> bool:
    """Tell whether most of the heads that must be there are missing; one that is only spelt otherwise is not."""
    standing = {plain_head(cell.text) for cell in row.cells}
    spare = standing - {plain_head(heading.head) for heading in headings}
    wanted = [plain_head(heading.head) for heading in headings if heading.required]
    missing = [name for name in wanted if name not in standing and not _near(name, spare)]
    return 2 * len(missing) > len(wanted)


def _records(sheet: Sheet, columns: Mapping[str, int], heads: Mapping[str, str]) -> Iterator[Record]:
    """Pick the cells asked for out of every row that is not empty."""
    for row in sheet.rows:
        if row.empty:
            continue
        cells = {
            key: row.cells[index] if index < len(row.cells) else Cell("", letter(index + 1))
            for key, index in columns.items()
        }
        problems = [
            error(cell.refusal, Place(sheet.name, row.number, cell.column, heads[key]), text=cell.text)
            for key, cell in cells.items()
            if cell.refusal
        ]
        yield Record(sheet.name, row.number, cells, heads, [*row.problems, *problems])


def find_headings(row: Row, headings: Sequence[Heading], sheet: str) -> tuple[Mapping[str, int], list[Problem]]:
    """Return the position of each head by key, counted from 0, and the problems of the row."""
    standing: dict[str, list[int]] = defaultdict(list)
    for index, cell in enumerate(row.cells):
        if plain_head(cell.text):
            standing[plain_head(cell.text)].append(index)
    wanted = {plain_head(heading.head): heading for heading in headings}
    problems = [*_repeated(row, standing, wanted, sheet), *_missing(row, standing, wanted, sheet)]
    problems += _unknown(row, standing, wanted, sheet)
    found = {wanted[name].key: places[0] for name, places in standing.items() if name in wanted}
    return found, problems


Standing = Mapping[str, list[int]]
Wanted = Mapping[str, Heading]


def _repeated(row: Row, standing: Standing, wanted: Wanted, sheet: str) -> list[Problem]:
    return [
        error(
            N_("The columns {columns} are all called “{head}”. Keep one."),
            _place(row, places[1], sheet), head=wanted[name].head,
            columns=", ".join(row.cells[place].column for place in places),
        )
        for name, places in standing.items()
        if name in wanted and len(places) > 1
    ]  # fmt: skip


def _missing(row: Row, standing: Standing, wanted: Wanted, sheet: str) -> list[Problem]:
    problems = []
    spare = [name for name in standing if name not in wanted]
    for name, heading in wanted.items():
        if name in standing or not heading.required:
            continue
        if near := _near(name, spare):
            index = standing[near][0]
            problems.append(
                error(
                    N_("There is no column “{head}”. If “{near}” is meant, call it “{head}”."),
                    _place(row, index, sheet), head=heading.head, near=row.cells[index].text,
                )
            )  # fmt: skip
        else:
            problems.append(
                error(
                    N_("There is no column “{head}”. Row {row} must hold the column names."),
                    Place(sheet, row.number, None, heading.head), head=heading.head, row=row.number,
                )
            )  # fmt: skip
    return problems


def _near(name: str, spare: Iterable[str]) -> str | None:
    """Return the head that was probably meant by a name."""
    return next(iter(get_close_matches(name, list(spare), n=1, cutoff=0.7)), None)


def _unknown(row: Row, standing: Standing, wanted: Wanted, sheet: str) -> list[Problem]:
    return [
        warning(
            N_("The column “{head}” is not known to this import and was not read."),
            _place(row, places[0], sheet), head=row.cells[places[0]].text,
        )
        for name, places in standing.items()
        if name not in wanted
    ]  # fmt: skip


def _place(row: Row, index: int, sheet: str) -> Place:
    return Place(sheet, row.number, row.cells[index].column, row.cells[index].text)
