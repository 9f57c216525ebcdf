"""Delivery: three rates with three names, as pure functions (DOMAIN 2, "Delivery has three names").

A rate is a percentage with two decimals, half-up; with a denominator of zero there is none ("n/a").
Negative denominators and rates above 100 % occur in published figures: shown and flagged, never refused.
"""

import enum
from collections.abc import Iterable
from decimal import Decimal

from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled

HUNDRED = Decimal(100)


class Basis(enum.StrEnum):
    """Which of the three rates a figure is: the name printed beside it, and how it is computed in words."""

    CUMULATIVE = (
        "cumulative", N_("Cumulative delivery"), N_("cumulative expenditure ÷ cumulative net funded amount"),
    )  # fmt: skip
    ANNUAL = (
        "annual", N_("Annual delivery"),
        N_("the year's expenditure ÷ (opening balance with the organisation + the year's net funded amount)"),
    )  # fmt: skip
    BUDGET = "budget", N_("Budget delivery"), N_("the year's expenditure ÷ the year's approved budget")

    label: str
    rule: str

    def __new__(cls, value: str, label: str, rule: str) -> "Basis":
        """Make a member from its value, its name and its rule."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.rule = label, rule
        return member


class Certification(Labelled):
    """Whether the figures behind a rate were certified by the organisation's finance officers."""

    CERTIFIED = "certified", N_("certified")
    INTERIM = "interim", N_("interim")
    NOT_STATED = "not_stated", N_("not stated")


class Flag(Labelled):
    """Why a rate is unusual."""

    ABOVE_ALL = "above_100", N_("above 100%")
    NET_FUNDED_ZERO = "net_funded_zero", N_("net funded is zero")
    NET_FUNDED_NEGATIVE = "net_funded_negative", N_("net funded is negative")
    EXPENDITURE_NEGATIVE = "expenditure_negative", N_("expenditure is negative")


def rate(expenditure: Money, denominator: Money) -> Decimal | None:
    """Return expenditure ÷ denominator in percent; None where the denominator is zero."""
    return expenditure.percent_of(denominator)


def cumulative(*, expenditure: Money, net_funded: Money) -> Decimal | None:
    """Return the MPTF Office's "delivery rate"; both amounts from the beginning to the cut-off."""
    return rate(expenditure, net_funded)


def annual(*, expenditure: Money, opening_balance: Money, net_funded: Money) -> Decimal | None:
    """Return a year's delivery of what the organisation had at its beginning and received in it."""
    return rate(expenditure, opening_balance + net_funded)


def budget(*, expenditure: Money, approved: Money) -> Decimal | None:
    """Return a year's delivery of the budget approved for it."""
    return rate(expenditure, approved)


def of_all(parts: Iterable[tuple[Money, Money]], currency: str) -> Decimal | None:
    """Return the rate of many together, each an expenditure and its denominator: sum ÷ sum, never a mean of rates."""
    pairs, zero = list(parts), Money.zero(currency)
    return rate(sum((one for one, _ in pairs), zero), sum((other for _, other in pairs), zero))


def as_rate(hundredths: int) -> Decimal:
    """Return hundredths of a percent as a rate in percent with two decimals."""
    return Decimal(hundredths).scaleb(-2)


def reproduced(published: Decimal, computed: Decimal | None) -> bool:
    """Tell whether a published rate is what the amounts give; never where it cannot be computed."""
    return computed is not None and computed == published


def flags(*, expenditure: Money, net_funded: Money) -> tuple[Flag, ...]:
    """Return why a cumulative rate is unusual, the weightiest reason first."""
    found = []
    if net_funded.minor == 0:
        found.append(Flag.NET_FUNDED_ZERO)
    if net_funded.minor < 0:
        found.append(Flag.NET_FUNDED_NEGATIVE)
    if expenditure.minor < 0:
        found.append(Flag.EXPENDITURE_NEGATIVE)
    value = rate(expenditure, net_funded)
    if value is not None and value > HUNDRED:
        found.append(Flag.ABOVE_ALL)
    return tuple(found)
