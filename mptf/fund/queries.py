"""Read funds, their settings and their holidays."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from sqlalchemy import Select, case, select

from mptf.core.db import db, one_of
from mptf.core.errors import NotFound
from mptf.fund.calendar import WorkingCalendar
from mptf.fund.models import Fund, FundSettings, FundWindow, Holiday
from mptf.policy import Viewer


@dataclass(frozen=True)
class Timeline:
    """The settings of a fund through time, the earliest row first."""

    rows: tuple[FundSettings, ...]

    @classmethod
    def of(cls, rows: Iterable[FundSettings]) -> Self:
        """Put the rows of a fund into the order of their days."""
        return cls(tuple(sorted(rows, key=lambda row: row.valid_from)))

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
    rows = select(FundSettings).filter_by(fund_id=fund.id).execution_options(populate_existing=True)
    return Timeline.of(db.session.scalars(rows))


def settings_on(fund: Fund, day: date) -> FundSettings:
    """Return the settings of a fund in force on a day."""
    return timeline(fund).on(day)


def in_force(fund_id: Any, day: Any) -> Select[FundSettings]:
    """Select the settings of a fund in force on a day, as `Timeline.on` gives them; both may be columns."""
    begun = FundSettings.valid_from <= day
    latest_begun = case((begun, FundSettings.valid_from)).desc()
    ordered = (case((begun, 0), else_=1), latest_begun, FundSettings.valid_from)
    return select(FundSettings).where(FundSettings.fund_id == fund_id).order_by(*ordered).limit(1)


def get_settings(fund: Fund, public_id: str) -> FundSettings:
    """Return one row of a fund's settings, or raise NotFound."""
    return one_of(select(FundSettings).filter_by(fund_id=fund.id, public_id=public_id))


def holidays(fund: Fund) -> Sequence[Holiday]:
    """Return the holidays of a fund, by day."""
    return db.session.scalars(select(Holiday).filter_by(fund_id=fund.id).order_by(Holiday.falls_on)).all()


def get_holiday(fund: Fund, public_id: str) -> Holiday:
    """Return a holiday of a fund, or raise NotFound."""
    return one_of(select(Holiday).filter_by(fund_id=fund.id, public_id=public_id))


def windows(fund: Fund) -> Sequence[FundWindow]:
    """Return the windows of a fund, by code; those that ended too."""
    return db.session.scalars(select(FundWindow).filter_by(fund_id=fund.id).order_by(FundWindow.code)).all()


def get_window(fund: Fund, public_id: str) -> FundWindow:
    """Return a window of a fund, or raise NotFound."""
    return one_of(select(FundWindow).filter_by(fund_id=fund.id, public_id=public_id))


def working_calendar(fund: Fund) -> WorkingCalendar:
    """Return the days on which the fund's Secretariat works."""
    return WorkingCalendar.frozen(fund.zone, (holiday.falls_on for holiday in holidays(fund)))
