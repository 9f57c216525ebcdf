"""A workbook of a budget as it came back: what stands in its cells, and what is wrong with it, sheet by sheet.

Whatever else somebody wrote into it stays unread. A cell that cannot be read keeps what stands on the page.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mptf.budgets.amounts import amount_of, typed
from mptf.budgets.grid import DIRECT, Grid, Office, Place
from mptf.budgets.sheets import NOTES
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.core.signs import seen
from mptf.paper import problems as papers
from mptf.paper.apart import read_book
from mptf.paper.problems import Problem, Problems, Severity, error, warning
from mptf.paper.table import Cell, Row, Sheet
from mptf.reported.figures import CATEGORIES

NOT_OURS = N_(
    "This is not a workbook of this budget: no sheet has its line “Reference: …”. Take the workbook from the page of "
    "the budget, copy the amounts into it and bring that one back."
)
OF_ANOTHER = N_(
    "This workbook was taken from another proposal. Take the workbook from the page of this budget and copy the "
    "amounts into it."
)
_NOT_READ = N_("The sheet “{name}” was not read: it has no line “Reference: …”.")
_GONE = N_("The office of the sheet “{name}” does not take part any more. The sheet was not read.")
_TWICE = N_("The sheet “{name}” is of the same office as the sheet “{first}”. Remove one of them.")
_NO_SHEET = N_("There is no sheet of {office}. Its amounts stay as they are.")
_NO_YEARS = N_(
    "There is no row with the heads “Year 1” and so on. Take the workbook again and copy the amounts into it."
)
_NO_YEAR = N_("There is no column “Year {year}”. Name it as it was.")
_NO_ROW = N_("There is no row “{category} {label}”. Name it as it was.")
_TWO_COLUMNS = N_("There are two columns “Year {year}”. Keep one.")
_TWO_ROWS = N_("There are two rows of category {category}. Keep one.")
_LATER_YEAR = N_("The project has no year {year}. Its column was not read.")
_ROUND = N_(
    "“{text}” has more digits than {currency} has cents. Round it in the workbook, such as =ROUND(…, {digits})."
)

_REFERENCE = re.compile(r"Reference:\s*([a-z0-9_-]{1,40})\s+(\d{1,9})\s+([a-z0-9_-]{1,40})\b", re.ASCII)
_YEAR = re.compile(r"Year\s+(\d{1,2})\b", re.ASCII | re.IGNORECASE)
_CATEGORY = re.compile(r"([1-7])\s+\D", re.ASCII)


@dataclass(frozen=True)
class FilledIn:
    """What a workbook says: the version it was taken over, and the texts of the cells that can be read.

    `unusable` tells that its sheets cannot be read as they are: nothing of it can be taken over.
    """

    version: int
    texts: Mapping[str, str]
    problems: Problems
    unusable: bool


@dataclass
class _Reading:
    """What was read of a workbook so far."""

    grid: Grid
    texts: dict[str, str] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    sheets: dict[str, str] = field(default_factory=dict)
    unusable: bool = False

    def broken(self, *found: Problem) -> None:
        """Keep what makes a sheet unreadable."""
        self.problems.add(found)
        self.unusable = self.unusable or any(one.severity is Severity.ERROR for one in found)


def read_workbook(path: Path, grid: Grid, proposal: str) -> FilledIn:
    """Read a workbook that came back; refuse what is none, and one of another proposal, with a sentence."""
    sheets = [(sheet, list(sheet.rows)) for sheet in read_book(path)]
    found = [(sheet, rows, _reference(rows)) for sheet, rows in sheets]
    references = [reference for _, _, reference in found if reference]
    if not references:
        raise RuleBroken(NOT_OURS)
    if any(of != proposal for of, _, _ in references):
        raise RuleBroken(OF_ANOTHER)
    reading = _Reading(grid)
    for sheet, rows, reference in found:
        if reference is None:
            _left_out(reading, sheet)
        else:
            _read_sheet(reading, sheet, rows, reference[2])
    for office in grid.offices:
        if office.key not in reading.sheets:
            reading.problems.add([warning(_NO_SHEET, office=office.name)])
    version = min(version for _, version, _ in references)
    return FilledIn(version, reading.texts, reading.problems, reading.unusable)


def changes(content: Mapping[str, str], filled: FilledIn, grid: Grid) -> dict[str, str]:
    """Return the cells whose amount, or text, another is than on the page, with what they will hold."""
    return {
        name: text
        for name, text in filled.texts.items()
        if _counted(text, grid.currency) != _counted(content.get(name, ""), grid.currency)
    }


def _counted(text: str, currency: str) -> Money | str:
    try:
        return amount_of(text, currency)
    except RuleBroken:
        return text.strip()


def _reference(rows: list[Row]) -> tuple[str, int, str] | None:
    """Return the proposal, version and office a sheet says it is of."""
    for row in rows:
        if row.cells and (found := _REFERENCE.match(row.cells[0].text)):
            return found[1], int(found[2]), found[3]
    return None


def _left_out(reading: _Reading, sheet: Sheet) -> None:
    if sheet.name != NOTES:
        reading.problems.add([warning(_NOT_READ, papers.Place(sheet.name), name=sheet.name)])


def _read_sheet(reading: _Reading, sheet: Sheet, rows: list[Row], key: str) -> None:
    office = next((one for one in reading.grid.offices if one.key == key), None)
    at = papers.Place(sheet.name)
    if office is None:
        reading.problems.add([warning(_GONE, at, name=sheet.name)])
        return
    if first := reading.sheets.get(key):
        reading.broken(error(_TWICE, at, name=sheet.name, first=first))
        return
    reading.sheets[key] = sheet.name
    reading.broken(*sheet.remarks)
    years = _years(reading, sheet, rows)
    lines = _lines(reading, sheet, rows) if years else {}
    for place, row, index in _places(reading, sheet, office, years, lines):
        _take(reading, sheet, place, row, index)


def _years(reading: _Reading, sheet: Sheet, rows: list[Row]) -> dict[int, int]:
    """Return the position of the column of each year, counted from 0."""
    columns: dict[int, int] = {}
    head = next((row for row in rows if any(_YEAR.match(cell.text) for cell in row.cells)), None)
    if head is None:
        reading.broken(error(_NO_YEARS, papers.Place(sheet.name)))
        return {}
    for index, cell in enumerate(head.cells):
        if (found := _YEAR.match(cell.text)) is None:
            continue
        at, year = papers.Place(sheet.name, head.number, cell.column, cell.text), int(found[1])
        if year not in reading.grid.numbered:
            reading.problems.add([warning(_LATER_YEAR, at, year=year)])
        elif year in columns:
            reading.broken(error(_TWO_COLUMNS, at, year=year))
        columns.setdefault(year, index)
    return columns


def _lines(reading: _Reading, sheet: Sheet, rows: list[Row]) -> dict[int, Row]:
    """Return the row of each category."""
    lines: dict[int, Row] = {}
    for row in rows:
        found = _CATEGORY.match(row.cells[0].text) if row.cells else None
        if found and int(found[1]) in lines:
            at = papers.Place(sheet.name, row.number, row.cells[0].column)
            reading.broken(error(_TWO_ROWS, at, category=found[1]))
        elif found:
            lines[int(found[1])] = row
    return lines


def _places(
    reading: _Reading, sheet: Sheet, office: Office, years: dict[int, int], lines: dict[int, Row]
) -> Iterator[tuple[Place, Row, int]]:
    """Yield the cells of an office, each with its row and the position of its column; say which are not there."""
    if not years:
        return
    at = papers.Place(sheet.name)
    reading.broken(*(error(_NO_YEAR, at, year=year) for year in reading.grid.numbered if year not in years))
    without = (category for category in DIRECT if category not in lines)
    reading.broken(*(error(_NO_ROW, at, category=one, label=CATEGORIES[one]) for one in without))
    for place in reading.grid.places(office):
        if place.year in years and place.category in lines:
            yield place, lines[place.category], years[place.year]


def _take(reading: _Reading, sheet: Sheet, place: Place, row: Row, index: int) -> None:
    """Read one cell, or say what is wrong with it."""
    cell = row.cells[index] if index < len(row.cells) else Cell("", "")
    at = papers.Place(sheet.name, row.number, cell.column, str(CATEGORIES[place.category]))
    if cell.refusal:
        reading.problems.add([error(cell.refusal, at, text=cell.text)])
    elif not seen(cell.text):
        reading.texts[place.field] = ""
    else:
        try:
            reading.texts[place.field] = typed(amount_of(cell.text, reading.grid.currency))
        except RuleBroken as refusal:
            reading.problems.add([_at_cell(refusal, at, reading.grid.currency)])


def _at_cell(refusal: RuleBroken, at: papers.Place, currency: str) -> Problem:
    if "digits" in refusal.values:
        return error(_ROUND, at, currency=currency, **refusal.values)
    return error(refusal.template, at, **refusal.values)
