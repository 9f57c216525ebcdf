"""What a call allows a budget to ask for, each limit with its figures in the sentence."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mptf.budgets.grid import Budget
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.drafting.reading import Level, Problem

ABOVE = N_(
    "The budget asks for {asked}; at most {most} is given to a proposal. Take at least {over} out of the budget."
)
BELOW = N_("The budget asks for {asked}; no less than {least} is given to a proposal.")
OVER_CEILING = N_(
    "The offices of {name} ask for {asked} together; at most {most} is given to {name}. "
    "Take at least {over} out of their budgets."
)


@dataclass(frozen=True)
class Limits:
    """The smallest and the largest grant of a call, and what an organisation (by public id) may get in it."""

    smallest: Money | None = None
    largest: Money | None = None
    ceilings: Mapping[str, Money] = field(default_factory=dict)


@dataclass(frozen=True)
class OfOrganisation:
    """What the offices of one organisation ask for together, and its ceiling in the call, if it has one."""

    key: str
    name: str
    asked: Money
    ceiling: Money | None

    @property
    def over(self) -> Money | None:
        """How much more it asks for than its ceiling."""
        return self.asked - self.ceiling if self.ceiling is not None and self.ceiling < self.asked else None


def organisations(budget: Budget, limits: Limits) -> list[OfOrganisation]:
    """Return what each organisation asks for, in the order of the offices."""
    asked: dict[str, Money] = {}
    names: dict[str, str] = {}
    for office in budget.grid.offices:
        key = office.organisation
        names.setdefault(key, office.organisation_name)
        asked[key] = asked.get(key, Money.zero(budget.grid.currency)) + budget.offices[office.key].total
    return [OfOrganisation(key, names[key], amount, limits.ceilings.get(key)) for key, amount in asked.items()]


def broken(budget: Budget, limits: Limits) -> Iterator[Problem]:
    """Yield the limits of the call a budget does not keep; below the smallest grant is every budget at first."""
    asked, most, least = budget.total, limits.largest, limits.smallest
    if most is not None and most < asked:
        yield Problem("", ABOVE, {"asked": asked, "most": most, "over": asked - most})
    if least is not None and asked < least:
        yield Problem("", BELOW, {"asked": asked, "least": least}, Level.MISSING)
    for one in organisations(budget, limits):
        if one.over is not None:
            values = {"name": one.name, "asked": one.asked, "most": one.ceiling, "over": one.over}
            yield Problem("", OVER_CEILING, values)
