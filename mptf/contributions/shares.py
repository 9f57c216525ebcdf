"""What share of the contributions is whose (DOMAIN 2): the one rule of every page and paper.

What the Administrative Agent has confirmed by then counts, and nothing else. A contributor's share is what it paid
before the fee, less refunds to it, ÷ the same for all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger.balances import Sum, add_up_accounts
from mptf.ledger.chart import CONTRIBUTIONS, CONTRIBUTOR_REFUNDS
from mptf.ledger.models import Account

BY_PARTY = (Account.code, Account.organisation_id)


@dataclass(frozen=True)
class Contributed:
    """What counts of what each contributor deposited, and of what was refunded to it, by its key.

    `advised` is what of its deposits waits for the Administrative Agent, less what is only advised as taken back.
    """

    currency: str
    deposits: Mapping[int, Money]
    refunds: Mapping[int, Money]
    advised: Mapping[int, Money] = field(default_factory=dict)

    @property
    def contributors(self) -> set[int]:
        """The keys of all of whom anything counts."""
        return {key for sums in (self.deposits, self.refunds) for key, amount in sums.items() if amount}

    @property
    def everybody(self) -> Money:
        """What counts of all contributors together."""
        return sum((self.of(key) for key in self.contributors), self._zero)

    @property
    def refunded(self) -> Money:
        """What was refunded to all of them."""
        return sum(self.refunds.values(), self._zero)

    def of(self, organisation_id: int) -> Money:
        """Return what counts of one: deposits before the fee, less refunds."""
        return self.deposits.get(organisation_id, self._zero) - self.refunds_to(organisation_id)

    def deposited(self, organisation_id: int) -> Money:
        """Return what one deposited that stands in the books, whether confirmed or advised."""
        standing = self.deposits.get(organisation_id, self._zero)
        return standing + self.advised.get(organisation_id, self._zero)

    def refunds_to(self, organisation_id: int) -> Money:
        """Return what was refunded to one."""
        return self.refunds.get(organisation_id, self._zero)

    def share(self, organisation_id: int | None = None) -> Decimal | None:
        """Return the share of one, or of all together, in percent; None while nothing counts in all."""
        part = self.everybody if organisation_id is None else self.of(organisation_id)
        return part.percent_of(self.everybody) if self.everybody.minor > 0 else None

    @property
    def _zero(self) -> Money:
        return Money.zero(self.currency)


def contributed(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> Contributed:
    """Return what counts as contributed to a fund, from its ledger."""
    theirs = Account.code.in_((CONTRIBUTIONS.code, CONTRIBUTOR_REFUNDS.code))
    return of_sums(fund.currency, add_up_accounts(fund, BY_PARTY, theirs, as_at=as_at, known_at=known_at))


def of_sums(currency: str, sums: Iterable[Sum]) -> Contributed:
    """Return what counts as contributed, from sums of accounts BY_PARTY, also where they are of the whole chart."""
    held = {row.of: row for row in sums if row.amount.currency == currency}
    deposits = {key: row for (code, key), row in held.items() if code == CONTRIBUTIONS.code}
    refunds = {key: row.confirmed for (code, key), row in held.items() if code == CONTRIBUTOR_REFUNDS.code}
    advised = {key: -row.advised for key, row in deposits.items()}
    return Contributed(currency, {key: -row.confirmed for key, row in deposits.items()}, refunds, advised)
