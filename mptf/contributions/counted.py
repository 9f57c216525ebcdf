"""What counts of contributions, and what share of it is whose (DOMAIN 2): the one rule of every page and paper.

What the Administrative Agent has confirmed by then counts, and nothing else: a deposit until it has confirmed the
reversal too. A contributor's share is what it paid before the fee, less refunds to it, ÷ the same for all.

Which deposits a list or a sum is of says `told` with one of four conditions: KEPT, COUNTS, WAITS, STANDS.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from mptf.contributions.models import Agreement, Deposit
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger.balances import Sum, add_up_accounts
from mptf.ledger.chart import CONTRIBUTIONS, CONTRIBUTOR_REFUNDS
from mptf.ledger.models import Account, Confirmation, Entry

DEPOSIT = Deposit.__table__.c
AGREEMENT = Agreement.__table__.c
BY_PARTY = (Account.code, Account.organisation_id)

# What is told of a deposit: the Administrative Agent confirmed it, we took it back, the Agent confirmed that too.
GIVEN, REVERSAL, BACK = Confirmation.id.is_not(None), aliased(Entry), aliased(Confirmation)
KEPT = REVERSAL.id.is_(None)  # in our books: not taken back
COUNTS = and_(GIVEN, BACK.id.is_(None))  # in the Agent's: confirmed, until it has confirmed the reversal too
WAITS = and_(~GIVEN, KEPT)  # only advised
STANDS = or_(COUNTS, WAITS)  # what an agreement received, and what is announced to it

OF_AGREEMENT = and_(AGREEMENT.id == DEPOSIT.agreement_id, AGREEMENT.fund_id == DEPOSIT.fund_id)
# What a deposit counts under its agreement: the amount that is in the agreement's currency.
UNDER: ColumnElement[int] = case(
    (DEPOSIT.original_currency == AGREEMENT.amount_currency, DEPOSIT.original_minor),
    (DEPOSIT.received_currency == AGREEMENT.amount_currency, DEPOSIT.received_minor),
    else_=0,
)
# An agreement is paid by its own contributor alone: what another one paid under it is flagged and pays nothing of it.
OWN = AGREEMENT.organisation_id == DEPOSIT.organisation_id
# What came under the agreement of a deposit up to and with it; asked of the deposits that stand, null for another's.
UP_TO: ColumnElement[int | None] = case(
    (
        OWN,
        func.sum(case((OWN, UNDER), else_=0)).over(
            partition_by=DEPOSIT.agreement_id, order_by=(DEPOSIT.value_on, DEPOSIT.id)
        ),
    )
)


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


def told(
    fund: Fund,
    *columns: Any,
    under: Collection[int] | None = None,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> Select[Any]:
    """Select from the deposits of a fund, each with what is told of it by then, for one of the conditions above.

    `under` names the few agreements whose deposits are asked for, by their keys.
    """
    given = [Confirmation.entry_id == DEPOSIT.entry_id, Confirmation.fund_id == DEPOSIT.fund_id]
    reversed_by = [REVERSAL.reverses_id == DEPOSIT.entry_id, REVERSAL.fund_id == DEPOSIT.fund_id]
    taken_back = [BACK.entry_id == REVERSAL.id, BACK.fund_id == DEPOSIT.fund_id]
    recorded = [DEPOSIT.fund_id == fund.id]
    if under is not None:  # plus nothing, or SQLite looks through all deposits of the fund
        recorded = [DEPOSIT.fund_id + 0 == fund.id, DEPOSIT.agreement_id.in_(under)]
    if as_at is not None:
        recorded.append(DEPOSIT.value_on <= as_at)
    if known_at is not None:
        given.append(Confirmation.confirmed_at <= known_at)
        reversed_by.append(REVERSAL.recorded_at <= known_at)
        taken_back.append(BACK.confirmed_at <= known_at)
        recorded.append(DEPOSIT.recorded_at <= known_at)
    return (
        select(*columns)
        .select_from(Deposit)
        .outerjoin(Confirmation, and_(*given))
        .outerjoin(REVERSAL, and_(*reversed_by))
        .outerjoin(BACK, and_(*taken_back))
        .where(*recorded)
    )


def under_agreements(
    fund: Fund,
    *columns: Any,
    under: Collection[int] | None = None,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> Select[Any]:
    """Select from the deposits that stand under agreements of their own contributors, with those agreements."""
    stands = told(fund, *columns, under=under, as_at=as_at, known_at=known_at).where(STANDS)
    return stands.join(Agreement, and_(OF_AGREEMENT, OWN))


def came_under(fund: Fund, under: Collection[int] | None = None) -> Select[Any]:
    """Select what arrived under each agreement in its currency, and what came in all, with what is advised."""
    arrived = func.sum(case((COUNTS, UNDER), else_=0)).label("arrived")
    sums = under_agreements(fund, DEPOSIT.agreement_id, arrived, func.sum(UNDER).label("in_all"), under=under)
    return sums.group_by(DEPOSIT.agreement_id)
