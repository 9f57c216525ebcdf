"""The rules a fund sets for itself: their values, their limits, and where each is applied."""

import enum
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, Self

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import parse_decimal


class Unit(enum.Enum):
    """What the value of a rule counts."""

    PERCENT = "percent"  # kept in basis points: 100 = 1 %
    MONEY = "money"  # minor units of the fund's currency
    WORKING_DAYS = "working days"
    LAYOUT = "layout"
    REQUIRED = "required"


@dataclass(frozen=True)
class Rules:
    """The value of every rule; what is written here is what a new fund begins with (DOMAIN: Money, Calendar)."""

    aa_fee_bp: int = 100
    indirect_cost_bp: int = 700
    reserve_minor: int = 0
    statement_layout: int = 1
    second_factor_required: bool = True
    no_objection_days: int = 10
    next_tranche_bp: int = 7500
    category_tolerance_bp: int = 1500

    @classmethod
    def of(cls, row: Any) -> Self:
        """Read the rules off an object with their names."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})

    def values(self) -> dict[str, Any]:
        """Return the value of each rule by its key."""
        return asdict(self)

    def check(self) -> None:
        """Refuse a value outside its limits, in words, at its field."""
        for rule in RULES:
            value = getattr(self, rule.key)
            if not rule.lowest <= value <= rule.highest:
                raise RuleBroken(rule.outside, field=rule.field)


@dataclass(frozen=True)
class Rule:
    """What one rule is called, what it counts, where it is applied, and between which values it lies.

    `field` is its name in the form, where percent are typed as people write them.
    """

    key: str
    field: str
    label: str
    unit: Unit
    applied: str
    lowest: int
    highest: int
    outside: str


def _share(key: str, label: str, applied: str) -> Rule:
    outside = N_("Write percent between 0 and 100.")
    return Rule(key, key.removesuffix("_bp"), label, Unit.PERCENT, applied, 0, 10_000, outside)


RULES = (
    _share(
        "aa_fee_bp",
        N_("Fee of the Administrative Agent"),
        N_("Expected of each deposit when it is received. The fee really charged is kept beside it."),
    ),
    _share(
        "indirect_cost_bp",
        N_("Indirect cost"),
        N_("Of the direct subtotal of a project, for each office, half-up to cents. Reported cost stays as entered."),
    ),
    Rule(
        "reserve_minor",
        "reserve",
        N_("Reserve"),
        Unit.MONEY,
        N_("Kept back when the amount available to allocate is computed."),
        0,
        10**15,
        N_("The reserve is an amount of 0 or more."),
    ),
    Rule(
        "statement_layout",
        "statement_layout",
        N_("Layout of the funding status"),
        Unit.LAYOUT,
        N_(
            "Layout 1 leaves direct cost and transfers to other funds out of the transfers to participating "
            "organisations; layout 2 counts them in and shows the direct cost of the Administrative Agent net."
        ),
        1,
        2,
        N_("There are layouts 1 and 2."),
    ),
    Rule(
        "second_factor_required",
        "second_factor_required",
        N_("Second factor at sign-in"),
        Unit.REQUIRED,
        N_("Asked of everybody with a role in this fund, except technical reviewers and donor viewers."),
        0,
        1,
        N_("The second factor is required or not."),
    ),
    Rule(
        "no_objection_days",
        "no_objection_days",
        N_("No-objection window"),
        Unit.WORKING_DAYS,
        N_("Day 1 is the next working day after the papers are sent; the window ends at 17:00 on the last day."),
        1,
        90,
        N_("A window lasts between 1 and 90 working days."),
    ),
    _share(
        "next_tranche_bp",
        N_("Spent before the next tranche"),
        N_("Spent and legally committed, as a share of what was transferred, for each participating organisation."),
    ),
    _share(
        "category_tolerance_bp",
        N_("Change of a budget category without the committee"),
        N_("Against the budget last approved, smaller changes added up. Strictly above it, the committee decides."),
    ),
)


@dataclass(frozen=True)
class Change:
    """One rule that differs between two sets."""

    rule: Rule
    before: Rules
    after: Rules


def changes(before: Rules, after: Rules) -> Iterator[Change]:
    """Yield the rules that differ, in the order they are shown."""
    for rule in RULES:
        if getattr(before, rule.key) != getattr(after, rule.key):
            yield Change(rule, before, after)


def percent_text(basis_points: int) -> str:
    """Write basis points as percent, without a sign: 100 is `1`, 98 is `0.98`."""
    return (
        f"{Decimal(basis_points) / 100:f}".rstrip("0").rstrip(".") if basis_points % 100 else str(basis_points // 100)
    )


def parse_percent(text: str) -> int:
    """Read percent with at most two decimals, such as 7 or 0.98, as basis points; refuse anything else in words."""
    try:
        value = parse_decimal(text.strip().removesuffix("%")) * 100
    except RuleBroken:
        raise RuleBroken(N_("Write percent with a point, such as 7 or 0.98.")) from None
    if value != value.to_integral_value() or not 0 <= value <= 10_000:
        raise RuleBroken(N_("Write percent between 0 and 100, with at most two decimals."))
    return int(value)
