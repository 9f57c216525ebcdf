"""Rules of budgets, as pure functions: indirect cost, what a change of a budget is, how much of the transfers is bound.

Rates and limits are settings of the fund in basis points (100 = 1 %); percentages have two decimals, half-up.
"""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

from mptf.core.money import Money
from mptf.core.shares import apportion

BASIS_POINTS = 10_000


def indirect_cost(direct: Money, basis_points: int) -> Money:
    """Return the indirect cost on an office's direct subtotal of the whole project, half-up to minor units."""
    exact = Decimal(direct.minor) * basis_points / BASIS_POINTS
    return Money(int(exact.to_integral_value(ROUND_HALF_UP)), direct.currency)


def indirect_cost_of_offices(direct: Iterable[Money], basis_points: int, currency: str) -> Money:
    """Return the indirect cost of a project: rounded office by office, then added up (DOMAIN 2)."""
    return sum((indirect_cost(one, basis_points) for one in direct), Money.zero(currency))


def indirect_cost_by_year(direct: Mapping[int, Money], basis_points: int) -> dict[int, Money]:
    """Give an office's indirect cost out to its years in proportion to their direct cost, by largest remainder.

    `direct` holds at least one year.
    """
    subtotal = sum(direct.values(), Money.zero(next(iter(direct.values())).currency))
    return apportion(indirect_cost(subtotal, basis_points), {year: one.minor for year, one in direct.items()})


def change(*, proposed: Money, approved: Money) -> Decimal | None:
    """Return how far an amount is from the one the committee last approved, in percent; None from a zero base.

    Smaller changes since then add up, because the base stays the committee's.
    """
    return _size(proposed - approved).percent_of(approved)


def is_for_the_committee(*, proposed: Money, approved: Money, tolerance: int) -> bool:
    """Tell whether a change of a category goes to the committee: strictly above the tolerance, or from a zero base.

    Compared exactly: 15.004 % is above 15 %.
    """
    return _size(proposed - approved).minor * BASIS_POINTS > approved.minor * tolerance


def bound(*, spent: Money, committed: Money, transferred: Money) -> Decimal | None:
    """Return what is spent or legally committed in percent of what was transferred; None where nothing was."""
    return (spent + committed).percent_of(transferred)


def is_next_tranche_due(*, spent: Money, committed: Money, transferred: Money, threshold: int) -> bool:
    """Tell whether an organisation may ask for its next tranche: compared exactly, nothing transferred is enough."""
    return (spent + committed).minor * BASIS_POINTS >= transferred.minor * threshold


def _size(money: Money) -> Money:
    return -money if money.minor < 0 else money
