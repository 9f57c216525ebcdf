"""Which reported figures count: the newest version known at a moment, certified before interim (DOMAIN 2).

Reported expenditure is not cash of the fund, and an interim figure is no part of a year that was certified.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled

# The harmonised categories of the UN Sustainable Development Group: the number is the key, the label is text.
CATEGORIES = {
    1: N_("Staff and other personnel costs"),
    2: N_("Supplies, commodities and materials"),
    3: N_("Equipment, vehicles and furniture including depreciation"),
    4: N_("Contractual services"),
    5: N_("Travel"),
    6: N_("Transfers and grants to counterparts"),
    7: N_("General operating and other direct costs"),
    8: N_("Indirect support costs"),
}
FIRST_YEAR, LAST_YEAR = 2000, 2199

K = TypeVar("K", int, tuple[int, int])
# Of an organisation in a year: what corrects an earlier one, or, without that, everything else.
Part = tuple[int, int, int | None]


class Basis(Labelled):
    """Whether the finance of the organisation's headquarters stands behind a figure."""

    INTERIM = "interim", N_("interim")
    CERTIFIED = "certified", N_("certified")


@dataclass(frozen=True, slots=True)
class Cell:
    """What a figure is of: an organisation, its project as text or all of them (""), a category, a year, a basis.

    A correction counts in `year`, and names the certified one it corrects; beside it stands what the year itself spent.
    """

    organisation_id: int
    project_number: str
    category: int
    year: int
    basis: Basis
    corrects_year: int | None = None

    @property
    def part(self) -> Part:
        """What an organisation certifies at once: what it spent in a year, or what corrects an earlier one in it."""
        return self.organisation_id, self.year, self.corrects_year

    @property
    def year_itself(self) -> Part:
        """The part of its year that makes it a certified one."""
        return self.organisation_id, self.year, None

    def is_settled(self, certified: Set[Part]) -> bool:
        """Tell whether an interim figure counts no more, since its year or its part of it is among the certified."""
        return self.part in certified or self.year_itself in certified


@dataclass(frozen=True, slots=True)
class Figure:
    """One version of what was reported for a cell."""

    cell: Cell
    version: int
    amount: Money
    recorded_at: datetime
    is_demo: bool = False


@dataclass(frozen=True)
class Spent:
    """What was reported as spent by the end of a day, as known at a moment: year by year, and in what state.

    `corrections` are what is in it by the year they count in and the one they correct; `left_out` the interim figures
    of each year that would count if not only certified ones were asked for.
    """

    by_year: dict[int, Money]
    certified: frozenset[int]
    is_demo: bool
    corrections: dict[tuple[int, int], Money] = field(default_factory=dict)
    left_out: dict[int, Money] = field(default_factory=dict)

    def in_all(self, currency: str) -> Money:
        """Return what was spent over all years."""
        return sum(self.by_year.values(), Money.zero(currency))

    def basis_of(self, year: int) -> Basis | None:
        """Return whether every figure of a year is certified; None of a year without any."""
        if year not in self.by_year:
            return None
        return Basis.CERTIFIED if year in self.certified else Basis.INTERIM


def newest(figures: Iterable[Figure], known_at: datetime | None = None) -> dict[Cell, Figure]:
    """Return the newest version of each cell that was known at a moment; without one, the newest there is.

    What is recorded was heard, also where the machine that stamped it has a clock ahead of this one's.
    """
    found: dict[Cell, Figure] = {}
    for figure in figures:
        known = found.get(figure.cell)
        heard = known_at is None or figure.recorded_at <= known_at
        if heard and (known is None or known.version < figure.version):
            found[figure.cell] = figure
    return found


def certified_parts(cells: Iterable[Cell]) -> set[Part]:
    """Return what each organisation certified: a correction certifies nothing else of the year it enters."""
    return {cell.part for cell in cells if cell.basis is Basis.CERTIFIED}


def in_force(figures: Iterable[Figure], known_at: datetime | None = None) -> list[Figure]:
    """Return what counted as known at a moment: of a year an organisation certified, what it certified alone.

    A certified correction counts beside what its year spent, be that interim or certified, and takes the place of the
    interim corrections of the same year in the same one.
    """
    known = newest(figures, known_at)
    settled = certified_parts(known)
    return [figure for cell, figure in known.items() if cell.basis is Basis.CERTIFIED or not cell.is_settled(settled)]


def spent(
    figures: Iterable[Figure], *, as_at: date, end_of_day: datetime, known_at: datetime, certified_only: bool = False
) -> Spent:
    """Return what was spent by the end of a day: of a year that was not over, what had been reported by then."""
    rows = list(figures)
    over = (as_at.month, as_at.day) == (12, 31)
    counted = in_force((one for one in rows if one.cell.year < as_at.year + over), known_at)
    if not over:
        by_then = min(end_of_day, known_at)
        counted += in_force((one for one in rows if one.cell.year == as_at.year), by_then)
    aside = [one for one in counted if certified_only and one.cell.basis is Basis.INTERIM]
    counted = [one for one in counted if not certified_only or one.cell.basis is Basis.CERTIFIED]
    by_year = _added_up(counted, lambda cell: cell.year)
    interim = {one.cell.year for one in counted if one.cell.basis is Basis.INTERIM}
    return Spent(
        by_year,
        frozenset(by_year) - interim,
        any(one.is_demo for one in counted),
        corrections(counted),
        _added_up(aside, lambda cell: cell.year),
    )


def basis_of(counted: Iterable[Figure]) -> Basis:
    """Return whether every one of some figures is certified."""
    return Basis.CERTIFIED if all(one.cell.basis is Basis.CERTIFIED for one in counted) else Basis.INTERIM


def corrections(counted: Iterable[Figure]) -> dict[tuple[int, int], Money]:
    """Return what figures correct, by the year it counts in and the year it corrects."""
    named = [one for one in counted if one.cell.corrects_year]
    return _added_up(named, lambda cell: (cell.year, cell.corrects_year or 0))


def _added_up(figures: Iterable[Figure], key: Callable[[Cell], K]) -> dict[K, Money]:
    """Return the sums of figures by what of their cells is asked for, in its order."""
    sums: dict[K, Money] = {}
    for one in figures:
        of = key(one.cell)
        sums[of] = sums[of] + one.amount if of in sums else one.amount
    return dict(sorted(sums.items()))
