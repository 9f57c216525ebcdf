"""Which deposits count, wait or stand (DOMAIN 2): the one rule of every list, sum and paper.

What the Administrative Agent has confirmed by then counts, and nothing else: a deposit until it has confirmed the
reversal too. Which deposits a list or a sum is of says `told` with one of four conditions: KEPT, COUNTS, WAITS, STANDS.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from mptf.commitments.models import Agreement
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund
from mptf.ledger.models import Confirmation, Entry

DEPOSIT = Deposit.__table__.c
AGREEMENT = Agreement.__table__.c

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
