"""What counts of contributions, and what share of it is whose (DOMAIN 2): the one rule of every page and paper.

What the Administrative Agent has confirmed by then counts, and nothing else: a deposit until it has confirmed the
reversal too. A contributor's share is what it paid before the fee, less refunds to it, ÷ the same for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from mptf.contributions.models import Agreement, Deposit
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger.balances import add_up_accounts
from mptf.ledger.chart import CONTRIBUTIONS, CONTRIBUTOR_REFUNDS
from mptf.ledger.models import Account, Confirmation, Entry

DEPOSIT = Deposit.__table__.c
AGREEMENT = Agreement.__table__.c

CONFIRMED = Confirmation.id.is_not(None)


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
    sums = add_up_accounts(fund, (Account.code, Account.organisation_id), theirs, as_at=as_at, known_at=known_at)
    held = {row.of: row for row in sums if row.amount.currency == fund.currency}
    deposits = {key: row for (code, key), row in held.items() if code == CONTRIBUTIONS.code}
    refunds = {key: row.confirmed for (code, key), row in held.items() if code == CONTRIBUTOR_REFUNDS.code}
    advised = {key: -row.advised for key, row in deposits.items()}
    return Contributed(fund.currency, {key: -row.confirmed for key, row in deposits.items()}, refunds, advised)


def standing(fund: Fund, *columns: Any, as_at: date | None = None, known_at: datetime | None = None) -> Select[Any]:
    """Select from the deposits that stand: those that count, and those advised and not taken back; CONFIRMED tells."""
    back, reversal = aliased(Confirmation), aliased(Entry)
    given = [Confirmation.entry_id == DEPOSIT.entry_id, Confirmation.fund_id == DEPOSIT.fund_id]
    reversed_by = [reversal.reverses_id == DEPOSIT.entry_id, reversal.fund_id == DEPOSIT.fund_id]
    taken_back = [back.entry_id == reversal.id, back.fund_id == DEPOSIT.fund_id]
    stands = [DEPOSIT.fund_id == fund.id, or_(reversal.id.is_(None), and_(CONFIRMED, back.id.is_(None)))]
    if as_at is not None:
        stands.append(DEPOSIT.value_on <= as_at)
    if known_at is not None:
        given.append(Confirmation.confirmed_at <= known_at)
        reversed_by.append(reversal.recorded_at <= known_at)
        taken_back.append(back.confirmed_at <= known_at)
        stands.append(DEPOSIT.recorded_at <= known_at)
    return (
        select(*columns)
        .select_from(Deposit)
        .outerjoin(Confirmation, and_(*given))
        .outerjoin(reversal, and_(*reversed_by))
        .outerjoin(back, and_(*taken_back))
        .where(*stands)
    )


def counting(fund: Fund, *columns: Any, as_at: date | None = None, known_at: datetime | None = None) -> Select[Any]:
    """Select from the deposits that count, each with its confirmation."""
    return standing(fund, *columns, as_at=as_at, known_at=known_at).where(CONFIRMED)


def waiting(fund: Fund, *columns: Any, as_at: date | None = None, known_at: datetime | None = None) -> Select[Any]:
    """Select from the deposits that are only advised: they wait for the Administrative Agent and count in no sum."""
    return standing(fund, *columns, as_at=as_at, known_at=known_at).where(~CONFIRMED)


def under_agreements(
    fund: Fund, *columns: Any, as_at: date | None = None, known_at: datetime | None = None
) -> Select[Any]:
    """Select from the deposits that stand under agreements of their own contributors, with those agreements.

    What another contributor paid under one is flagged (`flags`) and pays nothing of it.
    """
    own = and_(
        Agreement.id == DEPOSIT.agreement_id,
        Agreement.fund_id == DEPOSIT.fund_id,
        Agreement.organisation_id == DEPOSIT.organisation_id,
    )
    return standing(fund, *columns, as_at=as_at, known_at=known_at).join(Agreement, own)


def came_under(fund: Fund) -> Select[Any]:
    """Select what arrived under each agreement in its currency, and what came in all, with what is advised."""
    minor = counted_under(DEPOSIT)
    arrived = func.sum(case((CONFIRMED, minor), else_=0)).label("arrived")
    sums = under_agreements(fund, DEPOSIT.agreement_id, arrived, func.sum(minor).label("in_all"))
    return sums.group_by(DEPOSIT.agreement_id)


def counted_under(deposit: Any) -> ColumnElement[int]:
    """Return what a deposit counts under its agreement: the amount that is in the agreement's currency."""
    return case(
        (deposit.original_currency == AGREEMENT.amount_currency, deposit.original_minor),
        (deposit.received_currency == AGREEMENT.amount_currency, deposit.received_minor),
        else_=0,
    )
