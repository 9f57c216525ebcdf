"""What a budget says: what is requested in all, each office by year and category, and of several all together."""

from collections.abc import Collection, Iterator

from mptf.budgets.grid import DIRECT, INDIRECT, Budget, Place, Sums
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.drafting.telling import Block, Column, Facts, Line, Said, Table, Words, words
from mptf.reported.figures import CATEGORIES

DIRECT_COST = words(N_("Direct sub-total"))
TOTAL = words(N_("Total"))


def told(budget: Budget) -> Iterator[Block]:
    """Say a budget."""
    in_all, offices = budget.all, budget.grid.offices
    yield Facts(
        (
            (words(N_("Requested")), in_all.total),
            (words(N_("Direct cost")), in_all.direct),
            (words(N_("Indirect cost")), in_all.indirect),
        )
    )
    for office in offices:
        name = words(N_("Budget of {office}"), office=office.name)
        told = N_("{office} ({organisation}), indirect cost {percent} %")
        title = words(told, office=office.name, organisation=office.organisation_name, percent=office.percent)
        yield _table(budget, {office.key}, budget.offices[office.key], name=name, title=title)
    if len(offices) > 1:
        together = words(N_("All offices together"))
        yield _table(budget, {office.key for office in offices}, in_all, name=together, title=together)


def category(key: int) -> Words:
    """Say a category with its number: `3 Equipment`."""
    return words(N_("{number} {label}"), number=key, label=words(CATEGORIES[key]))


def _table(budget: Budget, keys: Collection[str], sums: Sums, *, name: Words, title: Words) -> Table:
    """Return the table of some offices: a row for each category, a column for each year."""
    years, currency = budget.grid.numbered, budget.grid.currency
    heads = (
        Column(words(N_("Category")), share=1),
        *(Column(words(N_("Year {year}"), year=year), numeric=True, currency=currency) for year in years),
        Column(TOTAL, numeric=True, currency=currency),
    )
    rows = (
        Line((category(key), *(_cell(budget, keys, year, key) for year in years), sums.by_category[key]))
        for key in DIRECT
    )
    return Table(name, heads, (*rows, *_ends(sums, years)), title=title)


def _ends(sums: Sums, years: range) -> Iterator[Line]:
    by_year: list[tuple[Said, ...]] = [
        tuple(of.get(year) for year in years) for of in (sums.by_year, sums.indirect_by_year, sums.total_by_year)
    ]
    yield Line((DIRECT_COST, *by_year[0], sums.direct), "subtotal")
    yield Line((category(INDIRECT), *by_year[1], sums.indirect))
    yield Line((TOTAL, *by_year[2], sums.total), "total")


def _cell(budget: Budget, keys: Collection[str], year: int, key: int) -> Money:
    cells = (budget.cells[Place(office, year, key)] for office in keys)
    return sum(cells, Money.zero(budget.grid.currency))
