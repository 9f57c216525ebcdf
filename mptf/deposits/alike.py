"""When two deposits may be one payment that was recorded twice: refused if it surely is, flagged if it only may be.

Deposits are alike if contributor, value date and dollars are the same and their original amounts do not differ; an
original amount that one of them does not state may be the same. With different bank references they are two payments.
"""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, func, literal, or_, select, tuple_

from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund
from mptf.ledger.models import Entry

_TABLE = Deposit.__table__
_DEPOSIT = _TABLE.c


def original_may_be(original: Money | None) -> ColumnElement[bool]:
    """Return the condition that the original amount of a deposit may be this one."""
    minor, currency = (original.minor, original.currency) if original else (None, None)
    return _may_be(_DEPOSIT, literal(minor, BigInteger), literal(currency, String))


@cache
def named_apart() -> ColumnElement[str | None]:
    """Return the bank reference of a deposit that is alike, where one of both alone has one; null where none is."""
    other, reversal = _TABLE.alias("alike"), Entry.__table__.alias()
    taken_back = and_(reversal.c.reverses_id == other.c.entry_id, reversal.c.fund_id == other.c.fund_id)
    found = select(func.max(other.c.bank_reference)).select_from(other.outerjoin(reversal, taken_back))
    return (
        found.where(
            other.c.fund_id == _DEPOSIT.fund_id,
            other.c.value_on == _DEPOSIT.value_on,
            # Plus nothing, or SQLite looks through all deposits of the contributor, where those of the day are few.
            other.c.organisation_id + 0 == _DEPOSIT.organisation_id,
            other.c.received_minor == _DEPOSIT.received_minor,
            other.c.received_currency == _DEPOSIT.received_currency,
            other.c.is_opening == _DEPOSIT.is_opening,
            _may_be(other.c, _DEPOSIT.original_minor, _DEPOSIT.original_currency),
            (other.c.plain_reference == "") != (_DEPOSIT.plain_reference == ""),
            reversal.c.id.is_(None),
        )
        .correlate(_TABLE)
        .scalar_subquery()
    )


def may_be_named_apart(fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a deposit may be alike, with and without a bank reference: others need no look.

    Contributor, day and amount stand more than once, whatever became of either.
    """
    other = _TABLE.alias("other")
    same = (other.c.value_on, other.c.organisation_id, other.c.received_minor)
    again = select(*same).where(other.c.fund_id == fund.id).group_by(*same)
    apart = again.having(and_(func.min(other.c.plain_reference) == "", func.max(other.c.plain_reference) != ""))
    return tuple_(_DEPOSIT.value_on, _DEPOSIT.organisation_id, _DEPOSIT.received_minor).in_(apart)


def _may_be(deposit: Any, minor: Any, currency: Any) -> ColumnElement[bool]:
    same = and_(deposit.original_minor == minor, deposit.original_currency == currency)
    return or_(deposit.original_minor.is_(None), minor.is_(None), same)
