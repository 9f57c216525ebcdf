"""When two deposits may be one payment that was recorded twice: refused if it surely is, flagged if it only may be.

Deposits are alike if contributor, value date and dollars are the same and their original amounts do not differ; an
original amount that one of them does not state may be the same. With different bank references they are two payments.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, func, literal, or_, select
from sqlalchemy.orm import aliased

from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.ledger.models import Entry

_TABLE = Deposit.__table__
_DEPOSIT = _TABLE.c


def original_may_be(original: Money | None) -> ColumnElement[bool]:
    """Return the condition that the original amount of a deposit may be this one."""
    minor, currency = (original.minor, original.currency) if original else (None, None)
    return _may_be(_DEPOSIT, literal(minor, BigInteger), literal(currency, String))


def named_apart() -> ColumnElement[str | None]:
    """Return the bank reference of a deposit that is alike, where one of both alone has one; null where none is."""
    other, reversal = _TABLE.alias("alike"), aliased(Entry)
    taken_back = and_(reversal.reverses_id == other.c.entry_id, reversal.fund_id == other.c.fund_id)
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
            reversal.id.is_(None),
        )
        .correlate(_TABLE)
        .scalar_subquery()
    )


def _may_be(deposit: Any, minor: Any, currency: Any) -> ColumnElement[bool]:
    same = and_(deposit.original_minor == minor, deposit.original_currency == currency)
    return or_(deposit.original_minor.is_(None), minor.is_(None), same)
