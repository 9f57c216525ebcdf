"""How much of a fund's cash may still be set aside (DOMAIN 2: Available to allocate)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled


class ClaimKind(Labelled):
    """What money is set aside for."""

    ALLOCATION = "allocation", N_("Allocation")
    DIRECT_COST = "direct_cost", N_("Direct cost")
    RESERVE = "reserve", N_("Reserve")


@dataclass(frozen=True)
class Claimed:
    """One claim: what of it is in force, what of it has left the fund, and the window it draws on, if any."""

    kind: ClaimKind
    in_force: Money
    paid: Money
    window_id: int | None = None

    @property
    def outstanding(self) -> Money:
        """What is still to be paid; more may be paid than was set aside, and that frees nothing."""
        return max(self.in_force - self.paid, Money.zero(self.in_force.currency))


@dataclass(frozen=True)
class Part:
    """The cash the Administrative Agent has confirmed in one part of a fund, and what of it is set aside.

    `interest` is what agreements keep for their contributors: cash of the fund that nobody may allocate.
    """

    balance: Money
    allocations: Money
    direct_costs: Money
    reserve: Money
    interest: Money

    @classmethod
    def empty(cls, currency: str) -> "Part":
        """Return a part without money."""
        zero = Money.zero(currency)
        return cls(zero, zero, zero, zero, zero)

    @property
    def available(self) -> Money:
        """What may still be set aside; below zero where more was set aside than there is."""
        return self.balance - self.interest - self.allocations - self.direct_costs - self.reserve

    def __add__(self, other: "Part") -> "Part":
        return Part(
            self.balance + other.balance,
            self.allocations + other.allocations,
            self.direct_costs + other.direct_costs,
            self.reserve + other.reserve,
            self.interest + other.interest,
        )


@dataclass(frozen=True)
class Availability:
    """What may be set aside of each window, by its key, and of what is not kept apart for any (`None`).

    `claims` is how many claims were taken into account.
    """

    parts: Mapping[int | None, Part]
    total: Part
    claims: int

    def of(self, window_id: int | None) -> Part:
        """Return one part; a window that holds nothing has nothing to set aside."""
        return self.parts.get(window_id) or Part.empty(self.total.balance.currency)

    def room(self, window_id: int | None) -> Money:
        """Return what a claim on one part may come to: what it has, and no more than the fund has."""
        return min(self.of(window_id).available, self.total.available)


def available(
    cash: Mapping[int | None, Money], claims: Iterable[Claimed], reserve: Money, interest: Iterable[Money] = ()
) -> Availability:
    """Take what is set aside from the confirmed cash of each window; the fund's reserve stands against no window.

    `interest` is what came in for each agreement that keeps it less what was paid back, and stands against no window
    either. More may be paid back than came in, and that frees nothing.

    [ex] Balance 900; allocations and transfers 1,000/1,000 (50 of it refunded), 600/400, 300/310; direct cost 40 of
    which 10 paid; reserve 100: 900 − 200 − 30 − 100 = 570.
    """
    nothing = Part.empty(reserve.currency)
    parts: dict[int | None, Part] = defaultdict(lambda: nothing)
    kept = sum((max(one, nothing.interest) for one in interest), nothing.interest)
    parts[None] = replace(nothing, reserve=reserve, interest=kept)
    for window_id, balance in cash.items():
        parts[window_id] += replace(nothing, balance=balance)
    set_aside = list(claims)
    for claim in set_aside:
        parts[claim.window_id] += replace(nothing, **{_COUNTED_AS[claim.kind]: claim.outstanding})
    return Availability(dict(parts), sum(parts.values(), nothing), len(set_aside))


_COUNTED_AS = {
    ClaimKind.ALLOCATION: "allocations",
    ClaimKind.DIRECT_COST: "direct_costs",
    ClaimKind.RESERVE: "reserve",
}
