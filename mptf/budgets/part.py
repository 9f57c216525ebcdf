"""The part Budget of a proposal: its grid is what General says of offices and duration, its limits are the call's."""

from collections.abc import Iterator
from dataclasses import dataclass

from mptf.budgets.grid import DIRECT, Budget, Grid, Office, Place, read, years_of
from mptf.budgets.limits import Limits, OfOrganisation, broken, organisations
from mptf.budgets.telling import told
from mptf.core.errors import N_
from mptf.core.money import Money, exponent
from mptf.core.sentences import filled
from mptf.drafting.parts import put
from mptf.drafting.reading import Belongs, Frame, Level, Part, Problem, Read
from mptf.drafting.shape import Content, Field, Shape
from mptf.drafting.telling import Block
from mptf.proposals.models import PartKind
from mptf.reported.figures import CATEGORIES

NO_YEARS = N_("The budget has a column for each year: write the duration in the part General first.")
MANY_MISSING = N_("Missing here and in {more} more cells: write 0 where nothing is planned.")
LONGEST_CELL = 100
# More empty cells of an office than these are told together, at the first of them.
FEW = 4

# `b.<office>.<year>.<category>`: the categories in their order.
SHAPE = Shape(tuple(Field(f"b.*.*.{key}", CATEGORIES[key], most=LONGEST_CELL) for key in DIRECT))


@dataclass(frozen=True)
class Planned:
    """A budget as it counts, with the limits of the call it answers."""

    budget: Budget
    limits: Limits

    @property
    def ready(self) -> bool:
        """Whether General says enough for a grid."""
        return bool(self.budget.grid.offices and self.budget.grid.years)

    @property
    def categories(self) -> dict[int, str]:
        """The categories that are budgeted, by their numbers."""
        return {key: CATEGORIES[key] for key in DIRECT}

    @property
    def digits(self) -> int:
        """How many digits the currency has after its point."""
        return exponent(self.budget.grid.currency)

    @property
    def organisations(self) -> list[OfOrganisation]:
        """What organisations with a ceiling ask for."""
        return [one for one in organisations(self.budget, self.limits) if one.ceiling is not None]

    @property
    def over(self) -> Money | None:
        """How much more is asked for than the call gives."""
        most = self.limits.largest
        return self.budget.total - most if most is not None and most < self.budget.total else None


def read_budget(content: Content, frame: Frame) -> Read[Planned]:
    """Read the part Budget."""
    grid = grid_of(frame)
    planned = Planned(read(content, grid), limits_of(frame))
    if not planned.ready:
        return Read(planned, (Problem("", NO_YEARS, level=Level.MISSING),))
    return Read(planned, (*_told(planned.budget), *broken(planned.budget, planned.limits)))


def _told(budget: Budget) -> Iterator[Problem]:
    """Yield what is wrong with the cells, office by office; very many empty ones are told once."""
    found = {problem.field: problem for problem in budget.problems}
    for office in budget.grid.offices:
        own = [found[place.field] for place in budget.grid.places(office) if place.field in found]
        missing = [problem for problem in own if problem.level is Level.MISSING]
        if len(missing) <= FEW:
            yield from own
            continue
        values = {"more": len(missing) - 1}
        yield Problem(missing[0].field, MANY_MISSING, values, Level.MISSING)
        yield from (problem for problem in own if problem.level is not Level.MISSING)


def grid_of(frame: Frame) -> Grid:
    """Return the rows and columns of the budget of a project."""
    offices = tuple(_office(key, frame) for key in frame.taking_part)
    return Grid(offices, years_of(frame.months) if frame.months else 0, frame.currency)


def limits_of(frame: Frame) -> Limits:
    """Return what the call allows a budget to ask for."""
    ceilings = {one.organisation: one.ceiling for one in frame.organisations.values() if one.ceiling is not None}
    return Limits(frame.grant_least, frame.grant_most, ceilings)


def called(name: str, _content: Content, frame: Frame) -> str:
    """Say which cell a field is: `Travel, year 2`, with its office where the project has several."""
    place = Place.of(name)
    if place is None:
        return name
    label, office = CATEGORIES[place.category], frame.offices.get(place.office)
    template = (
        N_("{office}: {label}, year {year}") if office and len(frame.taking_part) > 1 else N_("{label}, year {year}")
    )
    return filled(template, {"office": office, "label": label, "year": place.year})


def _office(key: str, frame: Frame) -> Office:
    whose = frame.organisations.get(key, Belongs("", ""))
    return Office(key, frame.offices[key], whose.organisation, whose.name, frame.indirect_bp)


def tell_budget(planned: Planned, _frame: Frame) -> Iterator[Block]:
    """Say what is budgeted; the limits were the call's."""
    return told(planned.budget)


PART = Part(
    PartKind.BUDGET, SHAPE, read_budget, tell_budget, "budgets/fields.html", figures="budgets/_figures.html",
    called=called,
)  # fmt: skip
put(PART)
