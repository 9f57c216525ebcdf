"""The grid of a proposal's budget: from what was typed to amounts by office, year and category, and their totals.

A cell's text is kept as it was typed and counts as 0 while it is no amount. Indirect cost is that of an office over
the whole project, given out to its years (`ledger.budgets`); the page computes the same (`static/js/budget-sums.js`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mptf.budgets.amounts import amount_of
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.core.signs import seen
from mptf.drafting.reading import Level, Problem
from mptf.ledger.budgets import indirect_cost, indirect_cost_by_year
from mptf.reported.figures import CATEGORIES

# What is budgeted directly; the eighth category is computed.
DIRECT = tuple(key for key in CATEGORIES if key != max(CATEGORIES))
INDIRECT = max(CATEGORIES)

MONTHS_OF_A_YEAR = 12
MOST_YEARS = 10

MISSING = N_("Missing: write 0 if nothing is planned.")

_FIELD = re.compile(r"b\.([a-z0-9_-]{1,40})\.([1-9]\d?)\.([1-7])", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A cell: the public id of its office, the year of the project counted from 1, and the category."""

    office: str
    year: int
    category: int

    @property
    def field(self) -> str:
        """The name the cell is posted and stored under."""
        return f"b.{self.office}.{self.year}.{self.category}"

    @classmethod
    def of(cls, field: str) -> "Place | None":
        """Return the cell a field is, if it is one."""
        found = _FIELD.fullmatch(field)
        return cls(found[1], int(found[2]), int(found[3])) if found else None


@dataclass(frozen=True, slots=True)
class Office:
    """An office that has a budget: its public id and name, those of its organisation, indirect cost in basis points."""

    key: str
    name: str
    organisation: str
    organisation_name: str
    indirect_bp: int

    @property
    def percent(self) -> str:
        """Its indirect cost in percent of its direct cost, as people write it."""
        return f"{self.indirect_bp / 100:g}"


@dataclass(frozen=True)
class Grid:
    """The rows and columns of a budget: its offices, the lead office first, its years, and the fund's currency."""

    offices: Sequence[Office]
    years: int
    currency: str

    def places(self, office: Office) -> Iterator[Place]:
        """Yield the cells of an office, row by row as the page shows them."""
        for category in DIRECT:
            for year in self.numbered:
                yield Place(office.key, year, category)

    @property
    def numbered(self) -> range:
        """The years, counted from 1."""
        return range(1, self.years + 1)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names of all cells."""
        return frozenset(place.field for office in self.offices for place in self.places(office))


@dataclass(frozen=True)
class Sums:
    """Amounts of one office, or of all of them together: direct by year and category, indirect by year."""

    by_year: Mapping[int, Money]
    by_category: Mapping[int, Money]
    direct: Money
    indirect_by_year: Mapping[int, Money]
    indirect: Money

    @property
    def total(self) -> Money:
        """Direct and indirect cost together."""
        return self.direct + self.indirect

    @property
    def total_by_year(self) -> dict[int, Money]:
        """Direct and indirect cost of each year."""
        return {year: direct + self.indirect_by_year[year] for year, direct in self.by_year.items()}


@dataclass(frozen=True)
class Stray:
    """Cells that are filled in and do not count: their office or year is not, or no longer, in the general part."""

    office: str
    year: int
    fields: Sequence[str]
    amount: Money


@dataclass(frozen=True)
class Budget:
    """A budget as it counts: every cell of the grid has an amount, that of an empty or wrong one is 0."""

    grid: Grid
    cells: Mapping[Place, Money]
    problems: Sequence[Problem]
    strays: Sequence[Stray]

    @cached_property
    def offices(self) -> dict[str, Sums]:
        """The sums of each office by its public id, in the order of the grid."""
        return {office.key: self._sums_of(office) for office in self.grid.offices}

    @cached_property
    def all(self) -> Sums:
        """The sums of the whole project: each office is rounded before they are added up (DOMAIN 2)."""
        parts = list(self.offices.values())
        return Sums(
            {year: self._sum(part.by_year[year] for part in parts) for year in self.grid.numbered},
            {category: self._sum(part.by_category[category] for part in parts) for category in DIRECT},
            self._sum(part.direct for part in parts),
            {year: self._sum(part.indirect_by_year[year] for part in parts) for year in self.grid.numbered},
            self._sum(part.indirect for part in parts),
        )

    @property
    def total(self) -> Money:
        """What is requested in all."""
        return self.all.total

    def _sums_of(self, office: Office) -> Sums:
        own = {place: self.cells[place] for place in self.grid.places(office)}
        by_year = {
            year: self._sum(amount for place, amount in own.items() if place.year == year)
            for year in self.grid.numbered
        }
        by_category = {
            category: self._sum(amount for place, amount in own.items() if place.category == category)
            for category in DIRECT
        }
        direct = self._sum(own.values())
        by_years = indirect_cost_by_year(by_year, office.indirect_bp) if by_year else {}
        return Sums(by_year, by_category, direct, by_years, indirect_cost(direct, office.indirect_bp))

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return sum(amounts, Money.zero(self.grid.currency))


def years_of(months: int) -> int:
    """Return how many years of the project a duration touches: the last one may be short."""
    return min(-(-months // MONTHS_OF_A_YEAR), MOST_YEARS)


def read(content: Mapping[str, str], grid: Grid) -> Budget:
    """Read what was typed; nothing is refused, what is no amount is a problem of its cell."""
    cells: dict[Place, Money] = {}
    problems: list[Problem] = []
    for office in grid.offices:
        for place in grid.places(office):
            cells[place], problem = _cell(content.get(place.field, ""), place.field, grid.currency)
            problems += [problem] if problem else []
    return Budget(grid, cells, problems, list(_strays(content, grid)))


def _cell(text: str, field: str, currency: str) -> tuple[Money, Problem | None]:
    """Return what a cell counts, and what is wrong with it."""
    if not seen(text):
        return Money.zero(currency), Problem(field, MISSING, level=Level.MISSING)
    try:
        return amount_of(text, currency), None
    except RuleBroken as refusal:
        return Money.zero(currency), Problem(field, refusal.template, refusal.values)


def _strays(content: Mapping[str, str], grid: Grid) -> Iterator[Stray]:
    """Yield what was typed for an office or year the general part does not have, added up for each."""
    found: dict[tuple[str, int], list[str]] = {}
    for field, text in content.items():
        place = Place.of(field)
        if place and field not in grid.fields and seen(text):
            found.setdefault((place.office, place.year), []).append(field)
    for (office, year), fields in sorted(found.items()):
        amount = sum((_counted(content[field], grid.currency) for field in fields), Money.zero(grid.currency))
        yield Stray(office, year, sorted(fields), amount)


def _counted(text: str, currency: str) -> Money:
    try:
        return amount_of(text, currency)
    except RuleBroken:
        return Money.zero(currency)
