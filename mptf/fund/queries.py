"""Read funds, their settings, organisations, rates and holidays."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from mptf.core.db import db, one_of
from mptf.core.errors import NotFound
from mptf.core.paging import Page, page_of
from mptf.fund.models import (
    ExchangeRate,
    Fund,
    FundSettings,
    Holiday,
    Jurisdiction,
    Office,
    Organisation,
    OrganisationKind,
    RateSource,
    RateUpload,
)
from mptf.policy import Viewer


@dataclass(frozen=True)
class Timeline:
    """The settings of a fund through time, the earliest row first."""

    rows: tuple[FundSettings, ...]

    def on(self, day: date) -> FundSettings:
        """Return the row in force on a day; days before the first row follow the first too."""
        begun = [row for row in self.rows if row.valid_from <= day]
        return begun[-1] if begun else self.rows[0]

    def planned(self, today: date) -> Sequence[FundSettings]:
        """Return the rows whose day has not come, the next one first."""
        return [row for row in self.rows if row.valid_from > today]

    @property
    def version(self) -> str:
        """What changes whenever a row is added, replaced or withdrawn."""
        rows = ",".join(f"{row.public_id}.{row.version}" for row in self.rows)
        return hashlib.sha256(rows.encode()).hexdigest()[:16]


def find_fund(code: str) -> Fund | None:
    """Return the fund with this code, if there is one."""
    return db.session.scalars(select(Fund).filter_by(code=code)).first()


def get_fund(code: str) -> Fund:
    """Return the fund with this code, or raise NotFound."""
    fund = find_fund(code)
    if fund is None:
        raise NotFound
    return fund


def all_funds() -> Sequence[Fund]:
    """Return every fund of the installation by code."""
    return db.session.scalars(select(Fund).order_by(Fund.code)).all()


def funds_for(viewer: Viewer) -> Sequence[Fund]:
    """Return the funds a person may open, by code; a role in the installation opens all of them."""
    funds = select(Fund).order_by(Fund.code)
    if all(held.fund_id is not None for held in viewer.held):
        funds = funds.where(Fund.id.in_({held.fund_id for held in viewer.held}))
    return db.session.scalars(funds).all()


def timeline(fund: Fund) -> Timeline:
    """Return the settings of a fund through time; a fund has at least one row."""
    rows = db.session.scalars(
        select(FundSettings)
        .filter_by(fund_id=fund.id)
        .order_by(FundSettings.valid_from)
        .execution_options(populate_existing=True)
    )
    return Timeline(tuple(rows))


def settings_on(fund: Fund, day: date) -> FundSettings:
    """Return the settings of a fund in force on a day."""
    return timeline(fund).on(day)


def get_settings(fund: Fund, public_id: str) -> FundSettings:
    """Return one row of a fund's settings, or raise NotFound."""
    return one_of(select(FundSettings).filter_by(fund_id=fund.id, public_id=public_id))


def find_organisation(short_name: str) -> Organisation | None:
    """Return the organisation with this short name in any case, if there is one."""
    wanted = short_name.strip().lower()
    return db.session.scalars(select(Organisation).where(func.lower(Organisation.short_name) == wanted)).first()


def get_organisation(public_id: str) -> Organisation:
    """Return an organisation with its offices, or raise NotFound."""
    offices = selectinload(Organisation.offices).joinedload(Office.jurisdiction)
    return one_of(select(Organisation).filter_by(public_id=public_id).options(offices))


def organisations_of(*kinds: OrganisationKind) -> Sequence[Organisation]:
    """Return the organisations of these kinds, or of every kind, by short name."""
    wanted = select(Organisation).order_by(func.lower(Organisation.short_name), Organisation.id)
    if kinds:
        wanted = wanted.where(Organisation.kind.in_(kinds))
    return db.session.scalars(wanted).all()


def search_organisations(
    text: str = "", *, kind: OrganisationKind | None = None, page: int = 1, size: int = 25
) -> Page[Organisation]:
    """Return a page of organisations whose names, identifier or offices hold a text, by short name."""
    found = select(Organisation).options(selectinload(Organisation.offices))
    if kind:
        found = found.where(Organisation.kind == kind)
    if text.strip():
        places = (Organisation.short_name, Organisation.official_name, Organisation.iati_identifier)
        matches = [place.icontains(text.strip(), autoescape=True) for place in places]
        matches.append(Organisation.offices.any(Office.name.icontains(text.strip(), autoescape=True)))
        found = found.where(or_(*matches))
    return page_of(found.order_by(func.lower(Organisation.short_name), Organisation.id), page, size=size)


def get_office(organisation: Organisation, public_id: str) -> Office:
    """Return an office of an organisation, or raise NotFound."""
    wanted = select(Office).filter_by(organisation_id=organisation.id, public_id=public_id)
    return one_of(wanted.options(joinedload(Office.jurisdiction)))


def jurisdictions() -> Sequence[Jurisdiction]:
    """Return the jurisdictions by name, the regional ones last."""
    return db.session.scalars(select(Jurisdiction).order_by(Jurisdiction.regional, Jurisdiction.name)).all()


def get_jurisdiction(public_id: str) -> Jurisdiction:
    """Return a jurisdiction, or raise NotFound."""
    return one_of(select(Jurisdiction).filter_by(public_id=public_id))


def offices_by_jurisdiction() -> dict[int, list[Office]]:
    """Return the offices of every organisation, grouped by the id of their jurisdiction."""
    grouped: dict[int, list[Office]] = defaultdict(list)
    for office in db.session.scalars(select(Office).order_by(Office.name, Office.id)):
        grouped[office.jurisdiction_id].append(office)
    return grouped


def rate_on(currency: str, day: date, source: RateSource = RateSource.UNORE) -> ExchangeRate | None:
    """Return the rate of a currency in force on a day, if one is known: the latest that began by then."""
    return db.session.scalars(
        select(ExchangeRate)
        .where(ExchangeRate.currency == currency, ExchangeRate.source == source, ExchangeRate.valid_from <= day)
        .order_by(ExchangeRate.valid_from.desc())
        .limit(1)
    ).first()


def find_rate(currency: str, valid_from: date, source: RateSource) -> ExchangeRate | None:
    """Return the rate that begins on exactly this day, if there is one."""
    wanted = select(ExchangeRate).filter_by(currency=currency, valid_from=valid_from, source=source)
    return db.session.scalars(wanted).first()


def get_rate(public_id: str) -> ExchangeRate:
    """Return an exchange rate, or raise NotFound."""
    return one_of(select(ExchangeRate).filter_by(public_id=public_id))


def rates(
    *, currency: str | None = None, source: RateSource | None = None, page: int = 1, size: int = 50
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


def rates_of(currencies: Iterable[str], source: RateSource) -> dict[tuple[str, date], ExchangeRate]:
    """Return the rates of these currencies by currency and first day."""
    wanted = select(ExchangeRate).where(ExchangeRate.source == source, ExchangeRate.currency.in_(set(currencies)))
    return {(rate.currency, rate.valid_from): rate for rate in db.session.scalars(wanted)}


def get_rate_upload(fund: Fund, public_id: str) -> RateUpload:
    """Return a table of rates uploaded in a fund, or raise NotFound."""
    wanted = select(RateUpload).filter_by(fund_id=fund.id, public_id=public_id).options(joinedload(RateUpload.file))
    return one_of(wanted)


def holidays(fund: Fund, *, year: int | None = None) -> Sequence[Holiday]:
    """Return the holidays of a fund, of one year if asked, by day."""
    found = select(Holiday).filter_by(fund_id=fund.id).order_by(Holiday.falls_on)
    if year:
        found = found.where(Holiday.falls_on.between(date(year, 1, 1), date(year, 12, 31)))
    return db.session.scalars(found).all()


def get_holiday(fund: Fund, public_id: str) -> Holiday:
    """Return a holiday of a fund, or raise NotFound."""
    return one_of(select(Holiday).filter_by(fund_id=fund.id, public_id=public_id))
