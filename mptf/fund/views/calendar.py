"""The working calendar of a fund: a year at a glance, its holidays, and the next working days."""

from itertools import islice

from flask import url_for
from flask.typing import ResponseReturnValue

from mptf.core import clock
from mptf.fund import queries, service
from mptf.fund.calendar import WorkingCalendar
from mptf.fund.current import the_fund
from mptf.fund.forms import HolidayForm
from mptf.fund.models import Fund
from mptf.fund.views.shared import bp
from mptf.fund.wording import months
from mptf.policy import Permission, can
from mptf.web import ActionForm, asked, checked, commit, page_with, requires, the_viewer

NEXT_DAYS = 10
FIRST_YEAR, LAST_YEAR = 2000, 2199


@bp.get("/f/<code>/settings/calendar")
@requires(Permission.SETTINGS_VIEW)
def show_calendar(code: str) -> ResponseReturnValue:
    """Show a year's holidays and working days."""
    return _calendar_page(the_fund(), HolidayForm())


@bp.post("/f/<code>/settings/calendar")
@requires(Permission.CALENDAR_EDIT)
def add_holiday(code: str) -> ResponseReturnValue:
    """Add a holiday."""
    fund, form = the_fund(), HolidayForm()

    def act() -> None:
        service.add_holiday(fund, falls_on=form.falls_on.day, name=form.name.data or "", by=the_viewer())

    if checked(form, act):
        return commit(_url(fund, form.falls_on.day.year), "The holiday is in the calendar.")
    return _calendar_page(fund, form)


@bp.post("/f/<code>/settings/calendar/<public_id>/remove")
@requires(Permission.CALENDAR_EDIT)
def remove_holiday(code: str, public_id: str) -> ResponseReturnValue:
    """Take a holiday out before it comes."""
    fund, form = the_fund(), ActionForm()
    holiday = queries.get_holiday(fund, public_id)
    if checked(form, lambda: service.remove_holiday(fund, holiday, by=the_viewer())):
        return commit(_url(fund, holiday.falls_on.year), "The holiday is taken out.")
    return _calendar_page(fund, HolidayForm(None).refused_as(form))


def _url(fund: Fund, year: int) -> str:
    return url_for(".show_calendar", code=fund.code, year=year)


def _calendar_page(fund: Fund, form: HolidayForm) -> ResponseReturnValue:
    today = clock.today(fund)
    year = min(max(asked.number("year", today.year), FIRST_YEAR), LAST_YEAR)
    every = queries.holidays(fund)
    calendar = WorkingCalendar.frozen(fund.zone, (holiday.falls_on for holiday in every))
    window = queries.settings_on(fund, today).no_objection_days
    return page_with(
        "fund/calendar.html",
        form,
        year=year,
        today=today,
        holidays=[holiday for holiday in every if holiday.falls_on.year == year],
        months=months(year, calendar, {holiday.falls_on: holiday for holiday in every}),
        next_days=list(islice(calendar.working_days_after(today), NEXT_DAYS)),
        window=window,
        window_ends=calendar.window_ends(clock.now(), window),
        may_edit=can(the_viewer(), Permission.CALENDAR_EDIT, fund),
    )
