"""Working days: the worked example of the domain, what holds for every calendar, and who may keep one."""

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mptf.core import audit, clock
from mptf.core.db import db, unit_of_work
from mptf.core.errors import NotAllowed, NotFound, RuleBroken
from mptf.fund import queries, service
from mptf.fund.calendar import WorkingCalendar
from mptf.policy import Role
from tests.factories import Make
from tests.support.at_once import at_once

BELGRADE = ZoneInfo("Europe/Belgrade")
CHRISTMAS = date(2026, 12, 25)
NOON = datetime(2026, 12, 1, 11, tzinfo=UTC)

days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
calendars = st.builds(
    WorkingCalendar.frozen,
    st.sampled_from(["Europe/Belgrade", "UTC", "Pacific/Auckland", "America/New_York"]),
    st.sets(days, max_size=40),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
counts = st.integers(1, 60)


def test_the_window_of_the_domain_ends_on_thursday_at_five() -> None:
    calendar = WorkingCalendar.frozen("Europe/Belgrade", [CHRISTMAS])
    sent_at = datetime(2026, 12, 23, 10, 30, tzinfo=BELGRADE)
    assert calendar.window_ends(sent_at, 5) == datetime(2026, 12, 31, 17, tzinfo=BELGRADE)


@pytest.mark.parametrize(
    "sent, count, ends",
    [
        ("2026-11-20 23:59", 1, "2026-11-23 17:00"),  # a Friday
        ("2026-11-21 09:00", 1, "2026-11-23 17:00"),  # a Saturday
        ("2026-12-24 18:00", 1, "2026-12-28 17:00"),  # before the holiday
        ("2026-12-25 08:00", 1, "2026-12-28 17:00"),  # on the holiday
        ("2026-03-27 12:00", 1, "2026-03-30 17:00"),  # over the change to summer time
        ("2026-10-23 12:00", 1, "2026-10-26 17:00"),  # and back
    ],
)  # fmt: skip
def test_day_1_is_the_next_working_day_after_sending(sent: str, count: int, ends: str) -> None:
    calendar = WorkingCalendar.frozen("Europe/Belgrade", [CHRISTMAS])
    sent_at = datetime.fromisoformat(sent).replace(tzinfo=BELGRADE)
    assert calendar.window_ends(sent_at, count) == datetime.fromisoformat(ends).replace(tzinfo=BELGRADE)


def test_the_day_of_sending_is_the_day_in_the_fund() -> None:
    calendar = WorkingCalendar.frozen("Europe/Belgrade", [])
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # Tuesday 00:30 in Belgrade
    assert calendar.window_ends(late, 1) == datetime(2026, 11, 25, 16, tzinfo=UTC)


@given(calendar=calendars, sent_at=moments, count=counts)
def test_a_window_ends_at_five_on_a_working_day_with_count_working_days_inside(
    calendar: WorkingCalendar, sent_at: datetime, count: int
) -> None:
    ends = calendar.window_ends(sent_at, count)
    place = ZoneInfo(calendar.zone)
    first, last = sent_at.astimezone(place).date(), ends.astimezone(place).date()
    inside = [first + timedelta(n) for n in range(1, (last - first).days + 1)]
    assert ends.tzinfo is UTC
    assert ends.astimezone(place).strftime("%H:%M") == "17:00"
    assert calendar.is_working_day(last)
    assert sum(calendar.is_working_day(day) for day in inside) == count


@given(calendar=calendars, day=days, first=counts, second=counts)
def test_working_days_add_up(calendar: WorkingCalendar, day: date, first: int, second: int) -> None:
    assert calendar.add_working_days(calendar.add_working_days(day, first), second) == calendar.add_working_days(
        day, first + second
    )


@given(calendar=calendars, holiday=days, sent_at=moments, count=counts)
def test_a_holiday_never_shortens_a_window(
    calendar: WorkingCalendar, holiday: date, sent_at: datetime, count: int
) -> None:
    longer = WorkingCalendar.frozen(calendar.zone, {*calendar.holidays, holiday})
    assert longer.window_ends(sent_at, count) >= calendar.window_ends(sent_at, count)


def test_a_window_needs_a_day_and_an_aware_moment() -> None:
    calendar = WorkingCalendar.frozen("UTC", [])
    with pytest.raises(ValueError, match="at least one"):
        calendar.window_ends(NOON, 0)
    with pytest.raises(ValueError, match="aware"):
        calendar.window_ends(NOON.replace(tzinfo=None), 1)


def test_a_clock_that_runs_keeps_the_calendar_it_started_with(ctx: Flask, make: Make) -> None:
    fund = make.fund()
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with clock.at(NOON):
        launched = WorkingCalendar.frozen(fund.zone, [row.falls_on for row in queries.holidays(fund)])
        service.add_holiday(fund, falls_on=CHRISTMAS, name="Christmas Day", by=officer)
        db.session.commit()
        later = WorkingCalendar.frozen(fund.zone, [row.falls_on for row in queries.holidays(fund)])
    sent_at = datetime(2026, 12, 24, 9, tzinfo=UTC)
    assert launched.window_ends(sent_at, 1) == datetime(2026, 12, 25, 16, tzinfo=UTC)
    assert later.window_ends(sent_at, 1) == datetime(2026, 12, 28, 16, tzinfo=UTC)


def test_holidays_are_kept_by_fund_and_audited(ctx: Flask, make: Make) -> None:
    fund, other = make.fund(), make.fund("FWREG")
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with clock.at(NOON):
        holiday = service.add_holiday(fund, falls_on=CHRISTMAS, name="Christmas Day", by=officer)
        db.session.commit()
        assert [h.name for h in queries.holidays(fund)] == ["Christmas Day"]
        assert queries.holidays(other) == []
        with pytest.raises(NotFound):
            queries.get_holiday(other, holiday.public_id)
        with pytest.raises(RuleBroken, match="holiday already"):
            service.add_holiday(fund, falls_on=CHRISTMAS, name="Again", by=officer)
        service.remove_holiday(fund, holiday, by=officer)
        db.session.commit()
    assert queries.holidays(fund) == []
    events = db.session.query(audit.AuditEvent).order_by(audit.AuditEvent.seq)
    assert [event.action for event in events] == ["holiday.added", "holiday.removed"]


@pytest.mark.postgres
def test_a_holiday_removed_at_once_is_removed_once(app: Flask, make: Make) -> None:
    """On SQLite there is one writer, who reads after the one before."""
    fund = make.fund()
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context(), unit_of_work():
        day = clock.today(fund) + timedelta(days=40)
        holiday = service.add_holiday(fund, falls_on=day, name="Far away", by=officer).public_id
    everybody = threading.Barrier(6)

    def remove() -> None:
        here = queries.get_fund(fund.code)
        row = queries.get_holiday(here, holiday)
        everybody.wait(timeout=60)
        service.remove_holiday(here, row, by=officer)

    assert at_once(app, 6, remove) == ["done"] * 6
    with app.app_context():
        events = list(db.session.scalars(select(audit.AuditEvent.action).order_by(audit.AuditEvent.seq)))
    assert events == ["holiday.added", "holiday.removed"]


def test_the_past_of_a_calendar_stays(ctx: Flask, make: Make) -> None:
    fund = make.fund()
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with clock.at(NOON):
        holiday = service.add_holiday(fund, falls_on=CHRISTMAS, name="Christmas Day", by=officer)
        with pytest.raises(RuleBroken, match="past stays"):
            service.add_holiday(fund, falls_on=date(2026, 11, 30), name="Yesterday", by=officer)
    with clock.at(NOON + timedelta(days=24)), pytest.raises(RuleBroken, match="stays in the calendar"):
        service.remove_holiday(fund, holiday, by=officer)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATIVE_AGENT, Role.DONOR_VIEWER, Role.PUNO_OFFICER])
def test_nobody_else_keeps_the_calendar(ctx: Flask, make: Make, role: Role) -> None:
    fund = make.fund()
    with clock.at(NOON), pytest.raises(NotAllowed):
        service.add_holiday(fund, falls_on=CHRISTMAS, name="Christmas Day", by=make.viewer(role, fund))
