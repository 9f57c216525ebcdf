"""Delivery: three rates with three names, as pure functions (DOMAIN 2, "Delivery has three names").

A rate is a percentage with two decimals, half-up; with a denominator of zero there is none ("n/a").
Negative denominators and rates above 100 % occur in published figures: shown and flagged, never refused.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from mptf.core.errors import N_
from mptf.core.money import Money

HUNDRED = Decimal(100)
CENT_OF_PERCENT = Decimal("0.01")


class Basis(enum.StrEnum):
    """Which of the three rates a figure is."""

    CUMULATIVE = "cumulative"
    ANNUAL = "annual"
    BUDGET = "budget"

    @property
    def label(self) -> str:
        """The name printed beside the figure."""
        return _BASES[self][0]

    @property
    def rule(self) -> str:
        """How the rate is computed, in words."""
        return _BASES[self][1]


_BASES = {
    Basis.CUMULATIVE: (
        N_("Cumulative delivery"),
        N_("cumulative expenditure ÷ cumulative net funded amount"),
    ),
    Basis.ANNUAL: (
        N_("Annual delivery"),
        N_("the year's expenditure ÷ (opening balance with the organisation + the year's net funded amount)"),
    ),
    Basis.BUDGET: (N_("Budget delivery"), N_("the year's expenditure ÷ the year's approved budget")),
}


class Certification(enum.StrEnum):
    """Whether the figures behind a rate were certified by the organisation's finance officers."""

    CERTIFIED = "certified"
    INTERIM = "interim"
    NOT_STATED = "not_stated"

    @property
    def label(self) -> str:
        """The word printed beside the figure."""
        return _CERTIFICATIONS[self]


_CERTIFICATIONS = {
    Certification.CERTIFIED: N_("certified"),
    Certification.INTERIM: N_("interim"),
    Certification.NOT_STATED: N_("not stated"),
}


class Flag(enum.StrEnum):
    """Why a rate is unusual."""

    ABOVE_ALL = "above_100"
    NET_FUNDED_ZERO = "net_funded_zero"
    NET_FUNDED_NEGATIVE = "net_funded_negative"
    EXPENDITURE_NEGATIVE = "expenditure_negative"

    @property
    def label(self) -> str:
        """The reason in words."""
        return _FLAGS[self]


_FLAGS = {
    Flag.ABOVE_ALL: N_("above 100%"),
    Flag.NET_FUNDED_ZERO: N_("net funded is zero"),
    Flag.NET_FUNDED_NEGATIVE: N_("net funded is negative"),
    Flag.EXPENDITURE_NEGATIVE: N_("expenditure is negative"),
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A rate with what it rests on; it is never shown without these."""

    expenditure: Money
    denominator: Money
    basis: Basis
    cut_off_on: date | None
    certification: Certification

    @property
    def rate(self) -> Decimal | None:
        """The rate in percent, or None where it cannot be computed."""
        return rate(self.expenditure, self.denominator)


def rate(expenditure: Money, denominator: Money) -> Decimal | None:
    """Return expenditure ÷ denominator in percent; None where the denominator is zero."""
    if expenditure.currency != denominator.currency:
        raise ValueError("a rate needs one currency")
    if denominator.minor == 0:
        return None
    return (HUNDRED * expenditure.minor / denominator.minor).quantize(CENT_OF_PERCENT, ROUND_HALF_UP)


def cumulative(*, expenditure: Money, net_funded: Money) -> Decimal | None:
    """Return the MPTF Office's "delivery rate"; both amounts from the beginning to the cut-off."""
    return rate(expenditure, net_funded)


def annual(*, expenditure: Money, opening_balance: Money, net_funded: Money) -> Decimal | None:
    """Return a year's delivery out of what the organisation held and received in it."""
    return rate(expenditure, opening_balance + net_funded)


def budget(*, expenditure: Money, approved: Money) -> Decimal | None:
    """Return a year's delivery against the budget approved for it."""
    return rate(expenditure, approved)


def of_total(parts: Iterable[tuple[Money, Money]], currency: str) -> Decimal | None:
    """Return Σ expenditure ÷ Σ denominator, never an average of rates. [ex] 90/100 and 0/900: 9.00."""
    expenditure = denominator = Money.zero(currency)
    for spent, funded in parts:
        expenditure, denominator = expenditure + spent, denominator + funded
    return rate(expenditure, denominator)


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
