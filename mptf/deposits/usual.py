"""What is usual of a deposit: a fee at the fund's rate, an exchange at about the UN operational rate.

Conditions on a row of `deposit`, for lists and single documents alike. An opening balance stands for many payments and
is held against neither.
"""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, cast, func, or_, select

from mptf.core.money import EXPONENTS
from mptf.deposits.models import Deposit
from mptf.deposits.remarks import FEE_TOLERANCE_BP, RATE_TOLERANCE_PERCENT
from mptf.fund.models import Fund, FundSettings
from mptf.fund.queries import in_force
from mptf.rates.figures import MEASURE, MILLION
from mptf.rates.models import ExchangeRate
from mptf.rates.queries import operational

WHOLE_BP = 10_000  # basis points of a whole

_TABLE = Deposit.__table__
_DEPOSIT = _TABLE.c


@cache
def context() -> tuple[ColumnElement[Any], ...]:
    """Return what an unusual deposit is held against, else nulls: basis points, millionths, and the day of the rate."""
    rate = unusual_rate()
    return (
        case((unusual_fee(), _fee_rate())),
        case((rate, _operational(ExchangeRate.millionths))),
        case((rate, _operational(ExchangeRate.valid_from))),
    )


@cache
def unusual_fee() -> ColumnElement[bool]:
    """Return the condition that a fee is far from the fund's rate on the value date: any fee, where that is nil.

    Less than a cent is rounding.
    """
    return and_(_DEPOSIT.is_opening.is_(False), _far(_fee_rate()))


def may_be_unusual_fee(fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a fee may be far from the rate of its day: others need no look at that day.

    What is near the fund's lowest and highest rate ever is near all between them.
    """
    rates = select(func.min(FundSettings.aa_fee_bp), func.max(FundSettings.aa_fee_bp))
    ends = (rates.with_only_columns(end).where(FundSettings.fund_id == fund.id) for end in rates.selected_columns)
    return or_(*(_far(end.scalar_subquery()) for end in ends))


def _far(rate: Any) -> ColumnElement[bool]:
    """Return the condition that a fee is not what a rate makes of it: in ten-thousandths of a cent, whole numbers."""
    received = _DEPOSIT.received_minor
    off = func.abs(_DEPOSIT.fee_minor * WHOLE_BP - received * rate)
    far = and_(off >= WHOLE_BP, off > received * FEE_TOLERANCE_BP)
    return or_(far, and_(rate == 0, _DEPOSIT.fee_minor > 0))


@cache
def unusual_rate() -> ColumnElement[bool]:
    """Return the condition that the effective rate is far from the UN operational rate of the day, if one is known.

    It is asked for once: divided by it, whole numbers of this size are still told apart exactly.
    """
    known = cast(_operational(ExchangeRate.millionths), Float)
    effective = func.round(cast(_DEPOSIT.original_minor, Float) * _per_cent() / cast(_DEPOSIT.received_minor, Float))
    return and_(
        _DEPOSIT.is_opening.is_(False),
        _DEPOSIT.received_currency == MEASURE,
        _DEPOSIT.original_currency != MEASURE,
        func.abs(effective * 100.0 / known - 100.0) > RATE_TOLERANCE_PERCENT,
    )


def _per_cent() -> ColumnElement[float]:
    """Return what makes millionths of minor units of the original currency for one cent: most have cents too."""
    cents = EXPONENTS[MEASURE]
    others = {code: MILLION * 10.0 ** (cents - digits) for code, digits in EXPONENTS.items() if digits != cents}
    return case(others, value=_DEPOSIT.original_currency, else_=float(MILLION))


def _fee_rate() -> ColumnElement[int]:
    """Return the fund's rate of the fee on the value date, in basis points."""
    settings = in_force(_DEPOSIT.fund_id, _DEPOSIT.value_on)
    return settings.with_only_columns(FundSettings.aa_fee_bp).correlate(_TABLE).scalar_subquery()


def _operational(column: Any) -> ColumnElement[Any]:
    rate = operational(_DEPOSIT.original_currency, _DEPOSIT.value_on)
    return rate.with_only_columns(column).correlate(_TABLE).scalar_subquery()
