"""What contributions come to: sums by contributor, by agreement and by currency, with how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mptf.contributions.counted import Contributed
from mptf.contributions.models import Agreement, Certainty, Payment, payment
from mptf.core.money import Money
from mptf.organisations.models import Organisation


@dataclass(frozen=True)
class Contributor:
    """What one contributor paid in all, and how sure that is; `fee` counts only what is stated."""

    donor: Organisation
    received: Money
    confirmed: Money
    probable: Money
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

    def length(self, row: Contributor, part: Money | None = None) -> Decimal:
        """Return the length of a contributor's bar, or of a part of it, in percent of the longest."""
        return (row.received if part is None else part).percent_of(self.rows[0].received) or Decimal(0)


@dataclass(frozen=True)
class Announced:
    """What was announced in one currency."""

    amount: Money
    count: int


@dataclass(frozen=True)
class AgreementLine:
    """An agreement, what arrived under it in its own currency, what more is advised, and what is still to come."""

    agreement: Agreement
    received: Money
    advised: Money

    @property
    def outstanding(self) -> Money:
        """What is still to come; negative when more arrived than was signed for."""
        return self.agreement.amount - self.received

    @property
    def payment(self) -> Payment:
        """How much of the commitment has arrived."""
        return payment(self.agreement.amount, self.received)
