"""Reported figures as an uploaded table brings them: its heads, its rows, and what an import of it would do."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.core.sentences import cut
from mptf.organisations.models import Organisation
from mptf.paper.fields import Line, NeededLine, WholeNumber, amount_in
from mptf.paper.problems import Problem, Problems, error, refused, warning
from mptf.paper.shape import Comparison, ReadTable, Shape
from mptf.paper.table import Heading, Record
from mptf.reported.figures import CATEGORIES, FIRST_YEAR, Basis, Cell, Figure

MOST_FIGURES = 3_000  # all of them are held while somebody looks at them, 2 kB each
PROJECT_DIGITS = 8
CURRENCY = "USD"

HEADINGS = (
    Heading("organisation", "Organisation"),
    Heading("project_number", "Project number", required=False),
    Heading("year", "Year"),
    Heading("category", "Category"),
    Heading("basis", "Basis"),
    Heading("amount", "Amount USD"),
    Heading("note", "Note", required=False),
)


def _project(text: str) -> str:
    """Refuse a number that is not that of a project at the MPTF Office; a spreadsheet robs it of its zeros."""
    number = text.strip()
    if number and not (number.isascii() and number.isdigit() and len(number) == PROJECT_DIGITS):
        told = N_("“{text}” is not a project number. Format the column as text and write 8 digits, such as 00123456.")
        raise refused(RuleBroken(told, text=cut(number)))
    return number


def _year(year: int) -> int:
    if not FIRST_YEAR <= year <= 2199:
        raise refused(RuleBroken(N_("“{year}” is not a year. Write four digits, such as 2025."), year=str(year)))
    return year


def _category(number: int) -> int:
    if number not in CATEGORIES:
        told = N_("There is no category {number}. Write the number of a harmonised category, 1 to 8.")
        raise refused(RuleBroken(told, number=number))
    return number


def _basis(text: str) -> Basis:
    try:
        return Basis(text.strip().lower())
    except ValueError:
        told = N_("“{text}” does not say whether the figure is certified. Write interim or certified.")
        raise refused(RuleBroken(told, text=cut(text))) from None


class FigureRow(BaseModel):
    """One figure, as one row of a table."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    organisation: NeededLine
    project_number: Annotated[str, PlainValidator(_project)] = ""
    year: Annotated[WholeNumber, AfterValidator(_year)]
    category: Annotated[WholeNumber, AfterValidator(_category)]
    basis: Annotated[Basis, PlainValidator(_basis)]
    amount: Annotated[Money, amount_in(CURRENCY)]
    note: Line = ""

    @property
    def reporter(self) -> str:
        """The short name of the organisation, in the case in which names are compared."""
        return self.organisation.lower()

    def cell(self, organisation_id: int) -> Cell:
        """Return what it is a figure of."""
        return Cell(organisation_id, self.project_number, self.category, self.year, self.basis)


SHAPE = Shape(
    FigureRow,
    HEADINGS,
    key=("reporter", "project_number", "year", "category", "basis"),
    twice=N_("This organisation, project, year, category and basis stand in row {first} already. Keep one of them."),
    twice_at="category",
    most=MOST_FIGURES,
)


@dataclass(frozen=True)
class Known:
    """What stands before an import: the organisations by lower-case short name, and the newest version of each cell."""

    organisations: Mapping[str, Organisation]
    newest: Mapping[Cell, Figure]
    this_year: int
    currency: str


@dataclass
class _Look:
    """What an import would do, row by row."""

    known: Known
    problems: Problems
    twice: set[tuple[int, int, Basis]]
    new: list[FigureRow] = field(default_factory=list)
    repeated: int = 0

    def at(self, row: FigureRow, record: Record) -> None:
        reporter = self.known.organisations.get(row.reporter)
        if reporter is None:
            told = N_("“{name}” is no participating UN organisation here. Write its short name, or add it first.")
            self.refuse(error(told, record.place("organisation"), name=cut(row.organisation)), record)
        elif row.year > self.known.this_year:
            self.refuse(error(N_("{year} has not begun."), record.place("year"), year=str(row.year)), record)
        else:
            self.compare(row, record, self.known.newest.get(row.cell(reporter.id)), reporter)

    def compare(self, row: FigureRow, record: Record, stands: Figure | None, reporter: Organisation) -> None:
        if stands is not None and stands.amount == row.amount:
            self.repeated += 1
            return
        if stands is not None and row.basis is Basis.CERTIFIED and not row.note:
            self.refuse(_unexplained(record, stands), record)
            return
        if row.amount and (reporter.id, row.year, row.basis) in self.twice:
            self.refuse(_counted_twice(row, record, reporter), record)
            return
        self.new.append(row)
        self.problems.add(_remarks(row, record, stands))
        if row.basis is Basis.INTERIM and _certifies(self.known.newest, reporter.id, row.year):
            told = N_("{name} certified {year} already: this interim figure is kept and does not count.")
            place = record.place("basis")
            self.problems.add([warning(told, place, name=reporter.short_name, year=str(row.year))])

    def refuse(self, problem: Problem, record: Record) -> None:
        self.problems.add([problem], record)


def read_figures(path: Path) -> ReadTable[FigureRow]:
    """Read the figures of a CSV file or workbook; a file that is no table is refused in words."""
    return SHAPE.read(path)


def compare(table: ReadTable[FigureRow], known: Known) -> Comparison[FigureRow]:
    """Tell new figures and new versions from known ones, and say what they change."""
    look = _Look(known, deepcopy(table.problems), _reported_twice(table, known))
    if known.currency != CURRENCY:
        told = N_("This fund keeps its books in {currency}, and figures are reported in US dollars.")
        look.problems.first(error(told, currency=known.currency))
    for row, record in table.rows:
        look.at(row, record)
    look.problems.add(_put_aside(look.new, known))
    return Comparison(look.new, look.repeated, look.problems)


def _reported_twice(table: ReadTable[FigureRow], known: Known) -> set[tuple[int, int, Basis]]:
    """Return the organisations, years and bases that would have figures of all projects together beside single ones.

    A figure of nothing counts nothing: it is how an organisation goes over from one manner to the other.
    """
    amounts = {cell: figure.amount for cell, figure in known.newest.items()}
    for row, _ in table.rows:
        if reporter := known.organisations.get(row.reporter):
            amounts[row.cell(reporter.id)] = row.amount
    manners: dict[tuple[int, int, Basis], set[bool]] = {}
    for cell, amount in amounts.items():
        if amount:
            manners.setdefault((cell.organisation_id, cell.year, cell.basis), set()).add(bool(cell.project_number))
    return {whose for whose, found in manners.items() if len(found) > 1}


def _counted_twice(row: FigureRow, record: Record, reporter: Organisation) -> Problem:
    told = N_(
        "{name} would have {basis} figures of single projects and of all its projects together for {year}: the same "
        "money counts twice. Keep one of both; figures that stand end by a row with 0."
    )
    place = record.place("project_number" if row.project_number else "organisation")
    return error(told, place, name=reporter.short_name, basis=row.basis.label, year=str(row.year))


def _unexplained(record: Record, stands: Figure) -> Problem:
    told = N_("{amount} was certified. A certified figure is restated only with a note that says what this rests on.")
    return error(told, record.place("amount"), amount=str(stands.amount))


def _remarks(row: FigureRow, record: Record, stands: Figure | None) -> Iterator[Problem]:
    """Yield what is unusual about a figure that can be imported."""
    place = record.place("amount")
    if stands is not None and row.basis is Basis.CERTIFIED:
        difference = str(row.amount - stands.amount)
        told = N_("Restates the certified {before} by {difference}.")
        yield warning(told, place, before=str(stands.amount), difference=difference)
    if row.amount.minor < 0:
        yield warning(N_("The figure is below zero; it is imported as it stands."), place)


def _put_aside(new: Iterable[FigureRow], known: Known) -> Iterator[Problem]:
    """Say which interim figures count no more once these rows certify their year, although no row replaces them."""
    certifies: dict[tuple[int, int], set[tuple[str, int]]] = {}
    names = {one.id: one.short_name for one in known.organisations.values()}
    for row in new:
        if row.basis is Basis.CERTIFIED:
            reporter = known.organisations[row.reporter].id
            certifies.setdefault((reporter, row.year), set()).add((row.project_number, row.category))
    for (reporter, year), cells in sorted(certifies.items()):
        if _certifies(known.newest, reporter, year):
            continue
        aside = [
            one.amount
            for cell, one in known.newest.items()
            if (cell.organisation_id, cell.year) == (reporter, year)
            and (cell.project_number, cell.category) not in cells
        ]
        if aside:
            told = N_("{name} certifies {year} here: interim figures of {amount} that no row certifies count no more.")
            amount = str(sum(aside[1:], aside[0]))
            yield warning(told, name=names[reporter], year=str(year), amount=amount)


def _certifies(newest: Mapping[Cell, Figure], organisation_id: int, year: int) -> bool:
    wanted = (organisation_id, year, Basis.CERTIFIED)
    return any((cell.organisation_id, cell.year, cell.basis) == wanted for cell in newest)
