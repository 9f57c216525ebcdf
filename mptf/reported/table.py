"""Reported figures as an uploaded table brings them: its heads, its rows, and what an import of it would do."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainValidator

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.core.sentences import cut
from mptf.organisations.models import Organisation
from mptf.paper.fields import Line, NeededLine, WholeNumber, amount_in
from mptf.paper.problems import Problem, Problems, error, refused, warning
from mptf.paper.shape import Comparison, ReadTable, Rule, Shape
from mptf.paper.table import Heading, Record
from mptf.reported.figures import (
    CATEGORIES,
    FIRST_YEAR,
    LAST_YEAR,
    Basis,
    Cell,
    Figure,
    Part,
    certified_parts,
    in_force,
)

MOST_FIGURES = 3_000  # all of them are held while somebody looks at them, 2 kB each
PROJECT_DIGITS, YEAR_DIGITS = 8, 4
CURRENCY = "USD"

HEADINGS = (
    Heading("organisation", "Organisation"),
    Heading("project_number", "Project number", required=False),
    Heading("year", "Year"),
    Heading("category", "Category"),
    Heading("basis", "Basis"),
    Heading("amount", "Amount USD"),
    Heading("corrects_year", "Corrects year", required=False),
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
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise refused(_no_year(str(year)))
    return year


def _no_year(text: str) -> RuleBroken:
    return RuleBroken(N_("“{year}” is not a year. Write four digits, such as 2025."), year=cut(text))


def _corrected(text: str) -> int | None:
    """Return the year a figure corrects; an empty cell says that it corrects none."""
    if not (year := text.strip()):
        return None
    if not (year.isascii() and year.isdigit() and len(year) == YEAR_DIGITS and int(year) >= FIRST_YEAR):
        raise refused(_no_year(year))
    return int(year)


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
    corrects_year: Annotated[int | None, PlainValidator(_corrected)] = None
    note: Line = ""

    @property
    def reporter(self) -> str:
        """The short name of the organisation, in the case in which names are compared."""
        return self.organisation.lower()

    def cell(self, organisation_id: int) -> Cell:
        """Return what it is a figure of."""
        return Cell(organisation_id, self.project_number, self.category, self.year, self.basis, self.corrects_year)


SHAPE = Shape(
    FigureRow,
    HEADINGS,
    key=("reporter", "project_number", "year", "category", "basis", "corrects_year"),
    twice=N_(
        "This organisation, project, year, category, basis and corrected year stand in row {first} already. "
        "Keep one of them."
    ),
    twice_at="category",
    most=MOST_FIGURES,
    key_cells=("organisation", "project_number", "year", "category", "basis", "corrects_year"),
)


@dataclass(frozen=True)
class Known:
    """What stands before an import: the organisations by lower-case short name, and the newest version of each cell."""

    organisations: Mapping[str, Organisation]
    newest: Mapping[Cell, Figure]
    this_year: int
    currency: str

    def reporter(self, row: FigureRow) -> Organisation:
        """Return the organisation of a row; refused where there is none of the name."""
        found = self.organisations.get(row.reporter)
        if found is None:
            raise RuleBroken(
                N_("“{name}” is no participating UN organisation here. Write its short name, or add it first."),
                name=cut(row.organisation),
            )
        return found

    def says(self, row: FigureRow, reporter: Organisation) -> bool:
        """Tell whether a figure stands already as a row says it."""
        stands = self.newest.get(row.cell(reporter.id))
        return stands is not None and stands.amount == row.amount

    def restates(self, cell: Cell, amount: Money) -> bool:
        """Tell whether a figure changes what was certified: one that stands, or a year by another one in it."""
        if cell.basis is not Basis.CERTIFIED:
            return False
        return cell in self.newest or (bool(amount) and cell.year_itself in self.certified)

    @cached_property
    def certified(self) -> Set[Part]:
        """What each organisation certified."""
        return certified_parts(self.newest)


@dataclass
class _Look:
    """What an import would do, row by row."""

    known: Known
    twice: set[tuple[Part, Basis]]
    certified: Mapping[tuple[int, int], set[int]]
    settled: Set[Part]
    problems: Problems = field(default_factory=Problems)
    new: list[FigureRow] = field(default_factory=list)
    repeated: int = 0

    @property
    def rules(self) -> list[Rule[FigureRow]]:
        """What refuses a row at its cells, each for itself."""
        of_one = ("organisation", "project_number", "year", "category", "basis", "corrects_year", "amount")
        return [
            Rule(("organisation",), self.known.reporter),
            Rule(("year",), self.begun),
            Rule(("corrects_year", "year"), _corrects_earlier),
            Rule(("amount", "corrects_year"), _below_zero),
            Rule((*of_one, "note"), self.explained),
            Rule(of_one, self.counted_once),
        ]

    def begun(self, row: FigureRow) -> None:
        """Refuse a figure of a year that is still to come."""
        if row.year > self.known.this_year:
            raise RuleBroken(N_("{year} has not begun."), year=str(row.year))

    def explained(self, row: FigureRow) -> None:
        """Refuse to change without a note what was certified."""
        reporter = self.known.organisations.get(row.reporter)
        if reporter is None or row.note or self.known.says(row, reporter):
            return
        cell = row.cell(reporter.id)
        if self.known.restates(cell, row.amount):
            raise _unexplained(row, self.known.newest.get(cell), reporter)

    def counted_once(self, row: FigureRow) -> None:
        """Refuse figures of single projects beside one of all of them together."""
        reporter = self.known.organisations.get(row.reporter)
        if reporter is None or not row.amount or self.known.says(row, reporter):
            return
        if (row.cell(reporter.id).part, row.basis) in self.twice:
            raise _counted_twice(row, reporter)

    def compare(self, row: FigureRow, record: Record) -> None:
        """Tell whether a row no rule refuses is new, and what is unusual about it."""
        reporter = self.known.reporter(row)
        if self.known.says(row, reporter):
            self.repeated += 1
            return
        self.new.append(row)
        self.problems.add(self.remarks(row, record, self.known.newest.get(row.cell(reporter.id)), reporter))

    def remarks(
        self, row: FigureRow, record: Record, stands: Figure | None, reporter: Organisation
    ) -> Iterator[Problem]:
        """Yield what is unusual about a figure that can be imported."""
        if self.known.restates(row.cell(reporter.id), row.amount):
            yield _restated(row, record, stands, reporter)
        if row.corrects_year:
            yield from self.doubts(row, record, reporter)
        if row.basis is Basis.INTERIM:
            yield from self.too_late(row, record, reporter)

    def too_late(self, row: FigureRow, record: Record, reporter: Organisation) -> Iterator[Problem]:
        """Say of an interim figure that it does not count, since what it is of was certified before, or is here."""
        cell = row.cell(reporter.id)
        if not cell.is_settled(self.settled):
            return
        told = N_("{name} certified {year}: this interim figure is kept and does not count.")
        if cell.year_itself not in self.settled:
            told = N_(
                "{name} certified what corrects {corrected} in {year}: this interim figure is kept and does not count."
            )
        place, corrected = record.place("basis"), str(row.corrects_year)
        yield warning(told, place, name=reporter.short_name, year=str(row.year), corrected=corrected)

    def doubts(self, row: FigureRow, record: Record, reporter: Organisation) -> Iterator[Problem]:
        """Say that what a figure corrects was not certified: it is what the organisation reported all the same."""
        categories = self.certified.get((reporter.id, row.corrects_year or 0))
        if categories is None:
            told = N_(
                "{name} has not certified {year}; a year that is not certified is corrected by a new version of its "
                "own figure. This one is imported as it stands."
            )
        elif row.category not in categories:
            told = N_("{name} certified nothing under category {category} for {year}. It is imported as it stands.")
        else:
            return
        place, name = record.place("corrects_year"), reporter.short_name
        yield warning(told, place, name=name, year=str(row.corrects_year), category=row.category)


def read_figures(path: Path) -> ReadTable[FigureRow]:
    """Read the figures of a CSV file or workbook; a file that is no table is refused in words."""
    return SHAPE.read(path)


def compare(table: ReadTable[FigureRow], known: Known) -> Comparison[FigureRow]:
    """Tell new figures and new versions from known ones, and say what they change."""
    cells = _cells(table, known)
    look = _Look(known, _reported_twice(table, known), _certified(cells), certified_parts(cells))
    rows, look.problems = table.held_against(look.rules)
    if known.currency != CURRENCY:
        told = N_("This fund keeps its books in {currency}, and figures are reported in US dollars.")
        look.problems.first(error(told, currency=known.currency))
    for row, record in rows:
        look.compare(row, record)
    look.problems.add(_put_aside(look.new, known))
    return Comparison(look.new, look.repeated, look.problems)


def _reported_twice(table: ReadTable[FigureRow], known: Known) -> set[tuple[Part, Basis]]:
    """Return the parts of years and bases that would have figures of all projects together beside single ones.

    A figure of nothing counts nothing: it is how an organisation goes over from one manner to the other.
    """
    amounts = {cell: figure.amount for cell, figure in known.newest.items()}
    for row, _ in table.rows:
        if reporter := known.organisations.get(row.reporter):
            amounts[row.cell(reporter.id)] = row.amount
    manners: dict[tuple[Part, Basis], set[bool]] = {}
    for cell, amount in amounts.items():
        if amount:
            manners.setdefault((cell.part, cell.basis), set()).add(bool(cell.project_number))
    return {whose for whose, found in manners.items() if len(found) > 1}


def _cells(table: ReadTable[FigureRow], known: Known) -> list[Cell]:
    """Return every cell that has a figure, with those that get one here."""
    named = ((row, known.organisations.get(row.reporter)) for row, _ in table.rows)
    return [*known.newest, *(row.cell(reporter.id) for row, reporter in named if reporter)]


def _certified(cells: Iterable[Cell]) -> dict[tuple[int, int], set[int]]:
    """Return the categories each organisation certified for a year."""
    found: dict[tuple[int, int], set[int]] = {}
    for cell in cells:
        if cell.basis is Basis.CERTIFIED and cell.corrects_year is None:
            found.setdefault((cell.organisation_id, cell.year), set()).add(cell.category)
    return found


def _corrects_earlier(row: FigureRow) -> None:
    if row.corrects_year and row.corrects_year >= row.year:
        raise RuleBroken(
            N_("{corrected} is not before {year}. A correction counts in a later year than the one it corrects."),
            corrected=str(row.corrects_year), year=str(row.year),
        )  # fmt: skip


def _below_zero(row: FigureRow) -> None:
    if row.amount.minor < 0 and not row.corrects_year:
        raise RuleBroken(N_("The figure is below zero. Write the certified year it corrects under “Corrects year”."))


def _counted_twice(row: FigureRow, reporter: Organisation) -> RuleBroken:
    told = N_(
        "{name} would have {basis} figures of single projects and of all its projects together for {year}: the same "
        "money counts twice. Keep one of both; figures that stand end by a row with 0."
    )
    field = "project_number" if row.project_number else "organisation"
    return RuleBroken(told, name=reporter.short_name, basis=row.basis.label, year=str(row.year), field=field)


def _unexplained(row: FigureRow, stands: Figure | None, reporter: Organisation) -> RuleBroken:
    if stands is None:
        told = N_(
            "{name} certified {year} already. Enter the correction in a later year; a certified year is restated only "
            "with a note that says what this rests on."
        )
        return RuleBroken(told, name=reporter.short_name, year=str(row.year), field="year")
    told = N_("{amount} was certified. A certified figure is restated only with a note that says what this rests on.")
    return RuleBroken(told, amount=str(stands.amount), field="amount")


def _restated(row: FigureRow, record: Record, stands: Figure | None, reporter: Organisation) -> Problem:
    """Say by how much a figure changes what was certified."""
    place = record.place("amount")
    if stands is None:
        told = N_("Restates {year}, which {name} certified, by {difference}.")
        return warning(told, place, year=str(row.year), name=reporter.short_name, difference=str(row.amount))
    told = N_("Restates the certified {before} by {difference}.")
    return warning(told, place, before=str(stands.amount), difference=str(row.amount - stands.amount))


def _put_aside(new: Iterable[FigureRow], known: Known) -> Iterator[Problem]:
    """Say which interim figures count no more once these rows certify what they are of, although no row replaces them.

    With a year all of it is certified, also what corrects others; of those alone, what corrects the same one.
    """
    names = {one.id: one.short_name for one in known.organisations.values()}
    cells = {row.cell(known.organisations[row.reporter].id) for row in new}
    replaced = {replace(cell, basis=Basis.INTERIM) for cell in cells if cell.basis is Basis.CERTIFIED}
    settles = certified_parts(cells)
    aside: dict[Part, list[Money]] = {}
    for figure in in_force(known.newest.values()):
        cell = figure.cell
        if cell.basis is Basis.INTERIM and cell.is_settled(settles) and cell not in replaced:
            by = cell.year_itself if cell.year_itself in settles else cell.part
            aside.setdefault(by, []).append(figure.amount)
    for (reporter, year, corrected), amounts in sorted(aside.items(), key=lambda one: (*one[0][:2], one[0][2] or 0)):
        told = N_("{name} certifies {year} here: interim figures of {amount} that no row certifies count no more.")
        if corrected:
            told = N_(
                "{name} certifies here what corrects {corrected} in {year}: interim corrections of {amount} that no "
                "row certifies count no more."
            )
        amount = str(sum(amounts[1:], amounts[0]))
        yield warning(told, name=names[reporter], year=str(year), corrected=str(corrected), amount=amount)
