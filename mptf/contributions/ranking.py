"""Contributors by what they gave net on a day, without those somebody names (DOMAIN 1: top three donors).

The system proposes, a person decides: equal amounts share a place, and no rule breaks a tie.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger.balances import by_party
from mptf.ledger.chart import CONTRIBUTIONS, CONTRIBUTOR_REFUNDS
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_by_key


@dataclass(frozen=True)
class Given:
    """What a contributor deposited by a day, before the Administrative Agent's fee, and what was refunded to it."""

    donor: Organisation
    deposits: Money
    refunds: Money

    @property
    def net(self) -> Money:
        """Deposits less refunds."""
        return self.deposits - self.refunds


@dataclass(frozen=True)
class Place:
    """A contributor with its place, which it may share; None for one that was left out."""

    given: Given
    place: int | None
    shared: bool = False


@dataclass(frozen=True)
class Ranking:
    """The places of a day, the first one first; then those that were left out."""

    places: Sequence[Place]

    def top(self, count: int) -> list[Place]:
        """Return who holds the first places: more than `count` where the last of them is shared."""
        return [place for place in self.places if place.place is not None and place.place <= count]

    def tie(self, count: int) -> list[Place]:
        """Return those among whom a person decides, because they share the last of so many places."""
        first = self.top(count)
        return [place for place in first if place.place == first[-1].place] if len(first) > count else []


def ranking(fund: Fund, on: date, without: Collection[str] = ()) -> Ranking:
    """Rank the contributors of a fund by net deposits on a day; `without` names those left out, by public id."""
    sums = by_party(fund, (CONTRIBUTIONS, CONTRIBUTOR_REFUNDS), as_at=on)
    donors = organisations_by_key({key for key, _ in sums})
    return ranked([_given(fund, donor, sums) for donor in donors], without)


def ranked(given: Sequence[Given], without: Collection[str] = ()) -> Ranking:
    """Give places by net amount; one place for equal amounts, and after it as many are skipped as share it."""
    ordered = sorted(given, key=lambda row: (-row.net.minor, row.donor.short_name))
    counted = [row for row in ordered if row.donor.public_id not in without]
    nets = [row.net.minor for row in counted]
    places = [Place(row, nets.index(row.net.minor) + 1, nets.count(row.net.minor) > 1) for row in counted]
    return Ranking([*places, *(Place(row, None) for row in ordered if row not in counted)])


def _given(fund: Fund, donor: Organisation, sums: Mapping[tuple[int, str], Money]) -> Given:
    zero = Money.zero(fund.currency)
    deposits = -sums.get((donor.id, CONTRIBUTIONS.code), zero)
    return Given(donor, deposits, sums.get((donor.id, CONTRIBUTOR_REFUNDS.code), zero))
