"""Read exchange rates and the tables they came from."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Select, extract, func, select
from sqlalchemy.orm import joinedload

from mptf.core.db import db, one_of
from mptf.core.paging import PAGE_SIZE, Page, page_of
from mptf.fund.models import Fund
from mptf.rates.models import ExchangeRate, RateSource, RateUpload

# The UN operational rates are published at least monthly: an older one is not the rate of a day.
OPERATIONAL_RATE_LASTS = timedelta(days=31)


def in_force(currency: Any, day: Any, source: RateSource = RateSource.UNORE) -> Select[ExchangeRate]:
    """Select the rate of a currency in force on a day, the latest that began by then; both may be columns."""
    begun = (ExchangeRate.currency == currency, ExchangeRate.source == source, ExchangeRate.valid_from <= day)
    return select(ExchangeRate).where(*begun).order_by(ExchangeRate.valid_from.desc()).limit(1)


def operational(currency: Any, day: Any) -> Select[ExchangeRate]:
    """Select the UN operational rate of a day, if one of that time is known; both may be columns."""
    age = extract("epoch", day) - extract("epoch", ExchangeRate.valid_from)
    return in_force(currency, day).where(age <= OPERATIONAL_RATE_LASTS.total_seconds())


def find_rate(currency: str, valid_from: date, source: RateSource) -> ExchangeRate | None:
    """Return the rate that begins on exactly this day, if there is one."""
    wanted = select(ExchangeRate).filter_by(currency=currency, valid_from=valid_from, source=source)
    return db.session.scalars(wanted).first()


def get_rate(public_id: str) -> ExchangeRate:
    """Return an exchange rate, or raise NotFound."""
    return one_of(select(ExchangeRate).filter_by(public_id=public_id))


def rates(
    *, currency: str | None = None, source: RateSource | None = None, page: int = 1, size: int = PAGE_SIZE
) -> Page[ExchangeRate]:
    """Return a page of exchange rates, by currency and the newest first."""
    found = select(ExchangeRate).order_by(
        ExchangeRate.currency, ExchangeRate.valid_from.desc(), ExchangeRate.source, ExchangeRate.id
    )
    if currency:
        found = found.where(ExchangeRate.currency == currency)
    if source:
        found = found.where(ExchangeRate.source == source)
    return page_of(found, page, size=size)


def rates_in_force(day: date, source: RateSource = RateSource.UNORE) -> Sequence[ExchangeRate]:
    """Return for every currency with a rate the one in force on a day, by currency."""
    begun = (
        select(ExchangeRate.currency, func.max(ExchangeRate.valid_from).label("newest"))
        .where(ExchangeRate.source == source, ExchangeRate.valid_from <= day)
        .group_by(ExchangeRate.currency)
        .subquery()
    )
    in_force = select(ExchangeRate).join(
        begun, (ExchangeRate.currency == begun.c.currency) & (ExchangeRate.valid_from == begun.c.newest)
    )
    return db.session.scalars(in_force.where(ExchangeRate.source == source).order_by(ExchangeRate.currency)).all()


def rates_of(currencies: Iterable[str], source: RateSource) -> dict[tuple[str, date], int]:
    """Return the rates of these currencies as millionths, by currency and first day."""
    columns = ExchangeRate.currency, ExchangeRate.valid_from, ExchangeRate.millionths
    wanted = select(*columns).where(ExchangeRate.source == source, ExchangeRate.currency.in_(set(currencies)))
    return {(currency, day): millionths for currency, day, millionths in db.session.execute(wanted)}


def get_upload(fund: Fund, public_id: str) -> RateUpload:
    """Return a table of rates uploaded in a fund, or raise NotFound."""
    wanted = select(RateUpload).filter_by(fund_id=fund.id, public_id=public_id).options(joinedload(RateUpload.file))
    return one_of(wanted)
