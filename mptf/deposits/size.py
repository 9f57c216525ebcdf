"""What is usual of the size of a deposit: no more than ten times what was known before it.

Known are the deposits recorded before it, of whomever, opening balances among them, and what its contributor agreed. So
the first deposit of a contributor is held against something too; the first of a fund without any agreement is not.
"""

from typing import Any

from sqlalchemy import ColumnElement, Float, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from mptf.commitments.models import Agreement
from mptf.core.money import EXPONENTS
from mptf.deposits.models import Deposit
from mptf.deposits.remarks import TIMES_KNOWN
from mptf.fund.models import Fund
from mptf.ledger.models import Entry
from mptf.rates.figures import MEASURE

_TABLE = Deposit.__table__
_DEPOSIT = _TABLE.c
_AGREEMENT = Agreement.__table__.c


def largest_before() -> ColumnElement[int | None]:
    """Return the largest deposit recorded before one of unusual size, 0 where it is the first; else null."""
    largest = _earlier(func.coalesce(func.max(_OTHER.received_minor), 0)).scalar_subquery()
    return case((unusual_size(), largest))


def unusual_size_of(fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a deposit of a fund is of unusual size, for all of them at once.

    A case is asked in its order: only the few that leave all before them far behind are held against each.
    """
    before = func.max(_OTHER.received_minor).over(
        partition_by=_OTHER.received_currency, order_by=_OTHER.id, rows=(None, -1)
    )
    every = _kept(_OTHER.id, _OTHER.received_minor, before.label("before"))
    kept = every.where(_OTHER.fund_id == fund.id).subquery()
    far = select(kept.c.id).where(kept.c.received_minor > func.coalesce(kept.c.before, 0) * TIMES_KNOWN)
    return case((_DEPOSIT.id.in_(far), unusual_size()), else_=False)


def unusual_size() -> ColumnElement[bool]:
    """Return the condition that a deposit is more than ten times everything known before it, if anything is.

    `unusual_size_of` says the same of all deposits of a fund.
    """
    earlier, agreed = _earlier(_OTHER.id), _agreed()
    near = earlier.where(_OTHER.received_minor * TIMES_KNOWN >= _DEPOSIT.received_minor)
    promised = agreed.where(_beside(_AGREEMENT) * TIMES_KNOWN >= _DEPOSIT.received_minor)
    known = or_(earlier.exists(), agreed.exists())
    return and_(_DEPOSIT.is_opening.is_(False), ~near.exists(), ~promised.exists(), known)


_OTHER = _TABLE.alias("earlier").c


def _earlier(column: Any) -> Select[Any]:
    """Select from the deposits recorded before one that were not taken back."""
    return (
        _kept(column)
        .where(
            _OTHER.fund_id == _DEPOSIT.fund_id,
            _OTHER.id < _DEPOSIT.id,
            _OTHER.received_currency == _DEPOSIT.received_currency,
        )
        .correlate(_TABLE)
    )


def _kept(*columns: Any) -> Select[Any]:
    """Select from the deposits that were not taken back.

    Not by an outer join: PostgreSQL thinks that nearly nothing is left of it, and sorts all there is for the first.
    """
    reversal = aliased(Entry)
    taken_back = select(reversal.id).where(reversal.reverses_id == _OTHER.entry_id, reversal.fund_id == _OTHER.fund_id)
    return select(*columns).where(~taken_back.correlate(_OTHER.id.table).exists())


def _agreed() -> Select[Any]:
    """Select the agreements of the contributor of a deposit it can be held against.

    Dollars are held against any currency as a number: of none is one worth ten dollars.
    """
    return (
        select(_AGREEMENT.id)
        .where(
            _AGREEMENT.fund_id == _DEPOSIT.fund_id,
            _AGREEMENT.organisation_id == _DEPOSIT.organisation_id,
            _AGREEMENT.withdrawn_at.is_(None),
            or_(_DEPOSIT.received_currency == MEASURE, _AGREEMENT.amount_currency == _DEPOSIT.received_currency),
        )
        .correlate(_TABLE)
    )


def _beside(agreement: Any) -> ColumnElement[float]:
    """Return the amount of an agreement as it is held against a deposit: of another currency as if it had cents."""
    cents = EXPONENTS[MEASURE]
    others = {code: 10.0 ** (cents - digits) for code, digits in EXPONENTS.items() if digits != cents}
    other = case(others, value=agreement.amount_currency, else_=1.0)
    same = agreement.amount_currency == _DEPOSIT.received_currency
    return cast(agreement.amount_minor, Float) * case((same, 1.0), else_=other)
