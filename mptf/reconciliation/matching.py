"""Which payment of the Administrative Agent's list is which deposit of our books: pure functions, one to one.

Pairs are tried from the best to the worst: first those that agree in everything, then those with the lighter
differences. What is otherwise equal is told apart by its place, so that the same two sides always give the same pairs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.status import Labelled
from mptf.ledger.references import plain

# The same contributor and amount: the bank's day and the day of a notice may lie this far apart.
NEAR_DAYS = 14
# Where the contributor or the amount differs and no reference says that it is the same payment.
CLOSE_DAYS = 3
# What banks on the way may have kept of an amount, in percent.
CLOSE_PERCENT = 2


class Differs(Labelled):
    """In what two sides of one payment may differ, the lightest first."""

    FEE = "fee", N_("Fee")
    ORIGINAL = "original", N_("Original amount")
    DAY = "day", N_("Value date")
    AMOUNT = "amount", N_("Amount")
    CONTRIBUTOR = "contributor", N_("Contributor")
    REFERENCE = "reference", N_("Reference")  # the Administrative Agent's own name of the payment


_WEIGHTS = {kind: 2**place for place, kind in enumerate(Differs)}

_SENTENCES = {
    Differs.FEE: N_("The fee is {listed} in the list and {booked} in our books."),
    Differs.ORIGINAL: N_("The original amount is {listed} in the list and {booked} in our books."),
    Differs.REFERENCE: N_("The reference is {listed} in the list and {booked} in our books."),
    Differs.CONTRIBUTOR: N_("Another contributor: {listed} in the list and {booked} in our books."),
}
_LESS = N_("The amount differs by {by}: the list has less, {listed}, than our books, {booked}.")
_MORE = N_("The amount differs by {by}: the list has more, {listed}, than our books, {booked}.")
_ONE_DAY = N_("The value date differs by one day: {listed} in the list and {booked} in our books.")
_DAYS = N_("The value date differs by {by} days: {listed} in the list and {booked} in our books.")
_NOT_STATED = N_("not stated")


@dataclass(frozen=True)
class Payment:
    """One payment as one side tells of it; `place` is its line in the list, or the key of its deposit.

    `contributor` is the key of the organisation, None where the list names one that is not known here.
    """

    place: int
    contributor: int | None
    name: str
    value_on: date
    received: Money
    reference: str = ""
    fee: Money | None = None
    original: Money | None = None

    @property
    def plain_reference(self) -> str:
        """The reference without its spaces and case."""
        return plain(self.reference)


@dataclass(frozen=True)
class Difference:
    """In what the two sides differ, and the sentence that says it with its values."""

    kind: Differs
    template: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """A payment of the list and the deposit of our books it was matched with."""

    listed: Payment
    booked: Payment
    differences: Sequence[Difference]


@dataclass(frozen=True)
class Matching:
    """Every payment of both sides: once in a pair, or alone."""

    pairs: Sequence[Pair]
    only_listed: Sequence[Payment]
    only_booked: Sequence[Payment]


def match(listed: Iterable[Payment], booked: Iterable[Payment]) -> Matching:
    """Pair the payments of both sides one to one, the best pairs first; the order of the sides does not matter."""
    ours = _Books(sorted(booked, key=lambda payment: payment.place))
    theirs = sorted(listed, key=lambda payment: payment.place)
    possible = [Pair(one, other, differences(one, other)) for one in theirs for other in ours.like(one)]
    pairs, taken_here, taken_there = [], set[int](), set[int]()
    for pair in sorted(possible, key=cost):
        if pair.listed.place not in taken_there and pair.booked.place not in taken_here:
            pairs.append(pair)
            taken_there.add(pair.listed.place)
            taken_here.add(pair.booked.place)
    return Matching(
        pairs,
        [one for one in theirs if one.place not in taken_there],
        [one for one in ours.payments if one.place not in taken_here],
    )


def cost(pair: Pair) -> tuple[int, ...]:
    """Return how far apart the sides of a pair are; two pairs never cost the same."""
    listed, booked = pair.listed, pair.booked
    weight = sum(_WEIGHTS[difference.kind] for difference in pair.differences)
    return (
        weight,
        abs(listed.received.minor - booked.received.minor),
        _days(listed, booked),
        listed.place,
        booked.place,
    )


def may_match(listed: Payment, booked: Payment) -> bool:
    """Tell whether two sides may be the same payment."""
    days, same_amount = _days(listed, booked), listed.received == booked.received
    same_contributor = listed.contributor == booked.contributor
    references = {listed.plain_reference, booked.plain_reference}
    if len(references) == 1 and "" not in references:
        return same_contributor or same_amount
    if same_contributor and same_amount:
        return days <= NEAR_DAYS
    if "" not in references:
        return False
    return days <= CLOSE_DAYS and (same_amount or (same_contributor and _close(listed.received, booked.received)))


def differences(listed: Payment, booked: Payment) -> list[Difference]:
    """Say in what two sides of a payment differ, the weightiest first; what one side does not state is no difference.

    But for a fee the list states and our books do not: it was taken, and is not posted.
    """
    found = list(_differences(listed, booked))
    return sorted(found, key=lambda difference: -_WEIGHTS[difference.kind])


def _differences(listed: Payment, booked: Payment) -> Iterator[Difference]:
    if listed.contributor != booked.contributor:
        yield _said(Differs.CONTRIBUTOR, listed.name, booked.name)
    if listed.received != booked.received:
        yield _amount(listed.received, booked.received)
    if days := _days(listed, booked):
        values = {"by": days, "listed": listed.value_on, "booked": booked.value_on}
        yield Difference(Differs.DAY, _ONE_DAY if days == 1 else _DAYS, values)
    if listed.plain_reference and booked.plain_reference and listed.plain_reference != booked.plain_reference:
        yield _said(Differs.REFERENCE, listed.reference, booked.reference)
    if listed.original and booked.original and listed.original != booked.original:
        yield _said(Differs.ORIGINAL, listed.original, booked.original)
    if listed.fee is not None and listed.fee.minor != (booked.fee.minor if booked.fee else 0):
        yield _said(Differs.FEE, listed.fee, booked.fee if booked.fee is not None else _NOT_STATED)


def _said(kind: Differs, listed: object, booked: object) -> Difference:
    return Difference(kind, _SENTENCES[kind], {"listed": listed, "booked": booked})


def _amount(listed: Money, booked: Money) -> Difference:
    less = listed < booked
    by = booked - listed if less else listed - booked
    return Difference(Differs.AMOUNT, _LESS if less else _MORE, {"by": by, "listed": listed, "booked": booked})


def _days(listed: Payment, booked: Payment) -> int:
    return abs((listed.value_on - booked.value_on).days)


def _close(listed: Money, booked: Money) -> bool:
    return abs(listed.minor - booked.minor) * 100 <= CLOSE_PERCENT * max(listed.minor, booked.minor)


@dataclass
class _Books:
    """The deposits of our books, found by what a payment of the list has in common with them."""

    payments: Sequence[Payment]
    by_reference: dict[str, list[Payment]] = field(default_factory=lambda: defaultdict(list))
    by_amount: dict[tuple[Money, date], list[Payment]] = field(default_factory=lambda: defaultdict(list))
    by_contributor: dict[tuple[int | None, date], list[Payment]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for one in self.payments:
            self.by_reference[one.plain_reference].append(one)
            self.by_amount[one.received, one.value_on].append(one)
            self.by_contributor[one.contributor, one.value_on].append(one)

    def like(self, listed: Payment) -> list[Payment]:
        """Return the deposits a payment of the list may be."""
        found = {one.place: one for one in self._near(listed)}
        return [one for one in found.values() if may_match(listed, one)]

    def _near(self, listed: Payment) -> Iterator[Payment]:
        if listed.plain_reference:
            yield from self.by_reference.get(listed.plain_reference, ())
        for days in range(-NEAR_DAYS, NEAR_DAYS + 1):
            day = listed.value_on + timedelta(days=days)
            yield from self.by_amount.get((listed.received, day), ())
            if abs(days) <= CLOSE_DAYS:
                yield from self.by_contributor.get((listed.contributor, day), ())
