"""What contributions come to: sums by contributor, by agreement and by currency, with how sure they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mptf.commitments.models import Certainty
from mptf.contributions.shares import Contributed
from mptf.core.money import Money
from mptf.organisations.models import Organisation


@dataclass(frozen=True)
class Contributor:
    """What one contributor paid in all, and how sure that is; `fee` counts only what is stated."""

    donor: Organisation
    received: Money
    confirmed: Money
    probable: Money
    probable_confirmed: Money
    fee: Money
    fees_not_stated: int
    deposits: int
    notes: tuple[str, ...]
    is_demo: bool

    @property
    def certainty(self) -> Certainty:
        """How sure the sum is: no surer than its least sure part."""
        return Certainty.PROBABLE if self.probable else Certainty.CERTAIN

    @property
    def certain(self) -> Money:
        """The part that is sure to be this contributor's."""
        return self.received - self.probable

    @property
    def mixed(self) -> bool:
        """Whether one part is certain and another probable."""
        return bool(self.certain and self.probable)


def notes(rows: Iterable[Contributor]) -> list[tuple[bool, str]]:
    """Return how it is known who paid, each sentence once: whether it is about a probable figure, and the words."""
    return list(dict.fromkeys((bool(row.probable), note) for row in rows for note in row.notes))


@dataclass(frozen=True)
class Contributors:
    """All contributors of a fund, the largest first, and what they paid together; `counted` is what shares rest on."""

    rows: Sequence[Contributor]
    received: Money
    confirmed: Money
    probable: Money
    fee: Money
    fees_not_stated: int
    deposits: int
    counted: Contributed

    @property
    def is_demo(self) -> bool:
        """Whether a part of it was generated for the demonstration."""
        return any(row.is_demo for row in self.rows)

    def of(self, organisation_id: int | None) -> Contributor | None:
        """Return one contributor's row, or None if it paid nothing."""
        return next((row for row in self.rows if row.donor.id == organisation_id), None)

    def share(self, row: Contributor) -> Decimal | None:
        """Return a contributor's share of what counts, in percent."""
        return self.counted.share(row.donor.id)

    @property
    def ordered(self) -> list[Contributor]:
        """The contributors by what counts of each, the largest first; then by what it paid."""
        return sorted(self.rows, key=lambda row: -self.counted.of(row.donor.id).minor)

    def lengths(self, row: Contributor) -> tuple[Decimal, Decimal]:
        """Return the lengths of the certain and the probable part of what counts of one, in percent of the longest."""
        zero = Money.zero(self.received.currency)
        counts = max(self.counted.of(row.donor.id), zero)
        longest = max(self.counted.of(each.donor.id) for each in self.rows)
        probable = min(row.probable_confirmed, counts)
        return (counts - probable).percent_of(longest) or Decimal(0), probable.percent_of(longest) or Decimal(0)
