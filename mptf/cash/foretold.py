"""What will stand around the movements of a list once all of them are recorded, told before any is.

The books are asked as often whatever the number of movements. What is told here, `queries` and `around` read of the
documents afterwards; a test compares the two.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from mptf.cash import around
from mptf.cash.around import Whose
from mptf.cash.facts import Movement
from mptf.cash.models import COMES_BACK, OF_INTEREST
from mptf.cash.remarks import Around
from mptf.claims.models import InterestTerm
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger import references
from mptf.ledger.chart import CASH, ChartLine, EntryKind
from mptf.ledger.models import posts_late
from mptf.ledger.periods import posts_in
from mptf.ledger.queries import closed_to
from mptf.ledger.references import Seen, plain

OF_CASH: Whose = (CASH.code, None, "")


@dataclass(frozen=True)
class Listed:
    """A movement of a list, and the row in which it stands."""

    what: Movement
    row: int


@dataclass(frozen=True)
class Given:
    """What was read already: the terms by which interest is kept, and what of each direct cost is in force, by key."""

    terms: Sequence[InterestTerm]
    in_force: Mapping[int, Money]


def foretold(fund: Fund, listed: Sequence[Listed], given: Given, *, complete: bool) -> list[Around]:
    """Return what will stand around each movement of a list; of one that is not complete, no sum is told."""
    if not listed:
        return []
    names, closed = _Names(fund, listed), closed_to(fund)
    sums = _Sums(fund, [one.what for one in listed], given.in_force) if complete else None
    return [
        Around(
            **(sums.around(one.what) if sums else {}),
            reference_seen=names.seen(one),
            same_in_row=names.row(one),
            kept_for_nobody=_kept_for_nobody(one.what, given.terms),
            kept_on_other_days=_kept_on_other_days(one.what),
            posts_in=_posts_in(one.what, closed),
        )
        for one in listed
    ]


def _posts_in(what: Movement, closed: date | None) -> date | None:
    month = posts_in(what.value_on, closed)
    return month if posts_late(month, what.value_on) else None


def _kept_for_nobody(what: Movement, terms: Iterable[InterestTerm]) -> bool:
    if what.kind not in OF_INTEREST or what.kept_for is not None or what.of_fund:
        return False
    return any(term.keeps_on(what.value_on) for term in terms)


def _kept_on_other_days(what: Movement) -> bool:
    return what.kind in OF_INTEREST and what.kept_for is not None and not what.kept_for.keeps_on(what.value_on)


class _Names:
    """The bank references of a list: which of them stand in the books, and which in another row too."""

    def __init__(self, fund: Fund, listed: Sequence[Listed]) -> None:
        self._rows: dict[str, list[int]] = defaultdict(list)
        for one in listed:
            self._rows[plain(one.what.bank_reference)].append(one.row)
        self._books = references.standing(fund.id, self._rows.keys() - {""})

    def seen(self, one: Listed) -> Seen | None:
        return references.earliest(self._books.get(plain(one.what.bank_reference), ()))

    def row(self, one: Listed) -> int | None:
        reference = plain(one.what.bank_reference)
        return next((row for row in self._rows[reference] if reference and row != one.row), None)


class _Sums:
    """What the accounts a list moves will hold, day by day, with everything it posts on them."""

    def __init__(self, fund: Fund, movements: Sequence[Movement], in_force: Mapping[int, Money]) -> None:
        self._currency, self._in_force = fund.currency, in_force
        moved: dict[Whose, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        days = [what.value_on for what in movements]
        asked = {what.reference for what in movements if what.kind in COMES_BACK or what.claim}
        for whose, day, minor in around.moved(fund, asked, min(days), max(days)):
            moved[whose][day] += minor
        terms = {what.kept_for.id for what in movements if what.kept_for}
        for term_id, day, minor in around.paid_back(fund, terms, max(days)) if terms else ():
            moved[_term(term_id)][day] += minor
        for what in movements:
            for line, minor in ((what.kind.debit, what.amount.minor), (what.kind.credit, -what.amount.minor)):
                moved[_whose(line, what)][what.value_on] += minor
            if what.kept_for:
                moved[_term(what.kept_for.id)][what.value_on] += what.amount.minor * (1 if what.outgoing else -1)
        self._held = {whose: _running(by_day) for whose, by_day in moved.items()}

    def around(self, what: Movement) -> dict[str, Money | None]:
        """Return the sums around a movement at the end of its day."""
        sums = {
            "held": self._at(what.value_on, OF_CASH), "excess": self._excess(what), "over_claim": self._over(what),
            "over_kept": self._over_kept(what),
        }  # fmt: skip
        return {name: None if minor is None else Money(minor, self._currency) for name, minor in sums.items()}

    def _excess(self, what: Movement) -> int | None:
        if what.kind not in COMES_BACK:
            return None
        lines = (around.other_side(what.kind), around.other_side(COMES_BACK[what.kind]))
        return around.sign(what.kind) * sum(self._at(what.value_on, _whose(line, what)) for line in lines)

    def _over(self, what: Movement) -> int | None:
        if what.kind is not EntryKind.DIRECT_COST or what.claim is None:
            return None
        code = around.other_side(what.kind).code
        # A number is of one direct cost alone, whichever organisation was paid.
        paid = [whose for whose in self._held if (whose[0], whose[2]) == (code, what.reference)]
        return sum(self._at(what.value_on, whose) for whose in paid) - self._in_force[what.claim.id].minor

    def _over_kept(self, what: Movement) -> int | None:
        if what.kind is not EntryKind.CONTRIBUTOR_REFUND or what.kept_for is None:
            return None
        return self._at(what.value_on, _term(what.kept_for.id))

    def _at(self, day: date, whose: Whose) -> int:
        days, sums = self._held.get(whose, ((), ()))
        place = bisect_right(days, day)
        return sums[place - 1] if place else 0


def _running(by_day: Mapping[date, int]) -> tuple[Sequence[date], Sequence[int]]:
    """Return the days on which an account moved, and what it held at the end of each."""
    days = sorted(by_day)
    return days, list(accumulate(by_day[day] for day in days))


def _term(key: int) -> Whose:
    """Return where what is paid back under a term on interest is added up, beside the accounts."""
    return "interest", key, ""


def _whose(line: ChartLine, what: Movement) -> Whose:
    """Return which account of a line of the chart a movement moves, as it is opened when it is posted."""
    if not line.of_parties or what.party is None:
        return line.code, None, ""
    return line.code, what.party.id, what.reference
