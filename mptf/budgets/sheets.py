"""The workbook of a budget: a sheet for each office, filled in anywhere and read again (`filled`).

Amounts are numbers and totals formulas, so that they move with what is typed. Indirect cost is given out to the years
by the largest remainder, which no short formula says: the sheet has it for the whole project, the page by year as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mptf.budgets.grid import DIRECT, INDIRECT, Budget, Office, Place
from mptf.core.errors import N_
from mptf.core.money import exponent
from mptf.paper.table import letter
from mptf.paper.values import Column, Formula, Kind, Value, written
from mptf.paper.workbook import NotesSheet, TableSheet
from mptf.reported.figures import CATEGORIES

HEAD = N_("Category")
YEAR = N_("Year {year}")
TOTAL = N_("Total")
DIRECT_ROW = N_("Direct sub-total")
INDIRECT_ROW = N_("{number} {label}, {percent} % of the direct sub-total of the whole project")
NOTES = N_("How to fill it in")
LONGEST_SHEET_NAME = 31

_TITLE = N_("Budget of {office}")
_VERSION = N_("Version {version} of the budget, taken on {moment}")
_NEW = N_("The budget is empty yet; taken on {moment}")
_REFERENCE = N_(
    "Reference: {proposal} {version} {office}. The import finds the office by it: leave this line as it is."
)
_NEVER_IN_A_NAME = frozenset("[]:*?/\\'")

_HOW = (
    (
        N_("Amounts"),
        N_("Write amounts in {currency} into the rows 1 to 7, a column for each year; 0 where nothing is planned."),
    ),
    (
        N_("Formulas"),
        N_("A formula may stand in a cell, rounded to cents, such as =ROUND(12*1250.5, 2): its value is read."),
    ),
    (
        N_("Rows and columns"),
        N_("Leave the numbers of the categories and the heads of the years as they are, and merge no cells."),
    ),
    (N_("Totals"), N_("The workbook computes its totals; they are computed again from the amounts and not read.")),
    (
        N_("Bringing it back"),
        N_("On the page of the budget choose “Bring back a workbook”. You see what changes before it is saved."),
    ),
)


@dataclass(frozen=True)
class Taken:
    """What a workbook was taken from: the proposal by public id and name, the version of the part, and when."""

    proposal: str
    name: str
    version: int
    moment: str


def sheets_of(budget: Budget, content: Mapping[str, str], taken: Taken) -> list[TableSheet | NotesSheet]:
    """Return the sheets of a workbook: one for each office, and how they are filled in."""
    how = [(term, written(said, currency=budget.grid.currency)) for term, said in _HOW]
    pages = [
        _sheet(budget, content, office, number, taken) for number, office in enumerate(budget.grid.offices, start=1)
    ]
    return [*pages, NotesSheet(NOTES, how)]


def _sheet(budget: Budget, content: Mapping[str, str], office: Office, number: int, taken: Taken) -> TableSheet:
    currency = budget.grid.currency
    columns = [
        Column(HEAD, width=58),
        *(Column(written(YEAR, year=year), Kind.MONEY, currency) for year in budget.grid.numbered),
        Column(TOTAL, Kind.MONEY, currency),
    ]
    intro = tuple(_intro(office, taken))
    sheet = TableSheet(_name(number, office.name), columns, (), intro=intro, filtered=False)
    rows = list(_rows(budget, content, office, sheet.head + 2))
    return TableSheet(sheet.name, columns, rows[:-1], total=rows[-1], intro=intro, filtered=False)


def _intro(office: Office, taken: Taken) -> Iterator[str]:
    yield written(_TITLE, office=office.name)
    yield taken.name
    yield written(_VERSION if taken.version else _NEW, version=taken.version, moment=taken.moment)
    yield written(_REFERENCE, proposal=taken.proposal, version=taken.version, office=office.key)


def _name(number: int, office: str) -> str:
    """Return the name of a sheet: the office's, where a sheet may be called so; Kosovo* never loses its asterisk."""
    fits = len(office) + 3 <= LONGEST_SHEET_NAME and not _NEVER_IN_A_NAME.intersection(office)
    return f"{number} {office}" if fits else written(N_("Office {number}"), number=number)


def _rows(
    budget: Budget, content: Mapping[str, str], office: Office, first: int
) -> Iterator[Sequence[Value | Formula]]:
    """Yield the rows of an office; `first` is the number of the first as a spreadsheet shows it."""
    sums, grid = budget.offices[office.key], budget.grid
    last, end = first + len(DIRECT) - 1, letter(grid.years + 1)
    total = letter(grid.years + 2)
    for row, category in enumerate(DIRECT, start=first):
        cells = (_value(budget, content, Place(office.key, year, category)) for year in grid.numbered)
        across = Formula(f"=SUM(B{row}:{end}{row})", sums.by_category[category])
        yield (f"{category} {CATEGORIES[category]}", *cells, across)
    down = [f"=SUM({letter(index)}{first}:{letter(index)}{last})" for index in range(2, grid.years + 3)]
    amounts = [*sums.by_year.values(), sums.direct]
    yield (DIRECT_ROW, *(Formula(text, now) for text, now in zip(down, amounts, strict=True)))
    digits = exponent(grid.currency)
    indirect = Formula(f"=ROUND({total}{last + 1}*{office.indirect_bp}/10000,{digits})", sums.indirect)
    label = written(INDIRECT_ROW, number=INDIRECT, label=CATEGORIES[INDIRECT], percent=office.percent)
    empty = (None,) * grid.years
    yield (label, *empty, indirect)
    yield (TOTAL, *empty, Formula(f"={total}{last + 1}+{total}{last + 2}", sums.total))


def _value(budget: Budget, content: Mapping[str, str], place: Place) -> Value:
    """Return what a cell holds: its amount, nothing where it is empty, and what is no amount as it was typed."""
    text = content.get(place.field, "").strip()
    if any(problem.field == place.field for problem in budget.problems):
        return text or None
    return budget.cells[place]
