"""Shares: an amount given out in whole minor units, by the largest remainder (DOMAIN: Contribution statement)."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Protocol, TypeVar

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money


class Ordered(Protocol):
    """A key that others come before or after, such as the code of a donor or a year."""

    def __lt__(self, other: Any, /) -> bool: ...


Key = TypeVar("Key", bound=Ordered)


def apportion(whole: Money, weights: Mapping[Key, int | Fraction]) -> dict[Key, Money]:
    """Give an amount out in proportion to weights, so that the parts add up to it exactly.

    Each part is first the exact one cut to whole minor units; what is left goes out one unit each, the
    largest remainder first, of equal ones the smaller key first. A part is thus less than one unit from
    the exact one, a larger weight never gets less, and a weight of 0 gets nothing. A negative amount is
    given out like the positive one, with its sign. A weight may be below 0, and so is its part then; of weights that
    are 0 or less in all only nothing can be given out.
    """
    total = _checked_total(whole, weights)
    exact = {key: Fraction(abs(whole.minor) * weight) / total for key, weight in weights.items()}
    units = {key: part.numerator // part.denominator for key, part in exact.items()}
    left = abs(whole.minor) - sum(units.values())
    for key in sorted(exact, key=lambda key: (units[key] - exact[key], key))[:left]:
        units[key] += 1
    sign = -1 if whole.minor < 0 else 1
    return {key: Money(sign * count, whole.currency) for key, count in units.items()}


def _checked_total(whole: Money, weights: Mapping[Key, int | Fraction]) -> int | Fraction:
    """Return what the weights add up to; 1 where there is nothing to give out."""
    if not all(isinstance(weight, int | Fraction) for weight in weights.values()):
        raise TypeError("a weight is an exact number")
    total = sum(weights.values())
    if whole and total <= 0:
        raise RuleBroken(N_("{amount} cannot be given out: nobody has a share."), amount=whole)
    return total if whole else 1
