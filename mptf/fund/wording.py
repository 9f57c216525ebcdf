"""Settings and calendar as people read them: values with their units, what differs between rows, sheets of a year."""

from calendar import Calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from mptf.core.money import Money
from mptf.fund.calendar import WorkingCalendar
from mptf.fund.models import FundSettings, Holiday
from mptf.fund.queries import Timeline
from mptf.fund.rules import RULES, Rule, Rules, Unit, changes, percent_text
from mptf.web.text import money, say


@dataclass(frozen=True)
class RuleShown:
    """One rule with its value in words."""

    label: str
    value: str
    applied: str


@dataclass(frozen=True)
class ChangeShown:
    """One rule that another value takes the place of."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Period:
    """One row of settings: from when until when it holds, and what it changed."""

    row: FundSettings
    until: date | None
    state: str
    changes: Sequence[ChangeShown]


@dataclass(frozen=True)
class DayShown:
    """One day of a month's sheet; `kind` is work, weekend or holiday."""

    day: date
    kind: str
    name: str


@dataclass(frozen=True)
class Month:
    """One month: its weeks from Monday, with None for days of other months."""

    first: date
    weeks: Sequence[Sequence[DayShown | None]]


def value_text(rule: Rule, value: Any, currency: str) -> str:
    """Write the value of a rule with its unit."""
    if rule.unit is Unit.PERCENT:
        return f"{percent_text(value)}%"
    if rule.unit is Unit.MONEY:
        return money(Money(value, currency))
    if rule.unit is Unit.WORKING_DAYS:
        return say("{count} working days", count=value) if value > 1 else say("1 working day")
    if rule.unit is Unit.LAYOUT:
        return say("Layout {number}", number=value)
    return say("Required") if value else say("Not required")


def shown(rules: Rules, currency: str) -> list[RuleShown]:
    """Return every rule with its value in words."""
    return [
        RuleShown(say(rule.label), value_text(rule, getattr(rules, rule.key), currency), say(rule.applied))
        for rule in RULES
    ]


def differences(before: Rules, after: Rules, currency: str) -> list[ChangeShown]:
    """Return what changes between two sets of rules, in words."""
    return [
        ChangeShown(
            say(change.rule.label),
            value_text(change.rule, getattr(before, change.rule.key), currency),
            value_text(change.rule, getattr(after, change.rule.key), currency),
        )
        for change in changes(before, after)
    ]


def periods(timeline: Timeline, today: date, currency: str) -> list[Period]:
    """Return the rows of a timeline, the latest first; the state is planned, current or past."""
    in_force, found = timeline.on(today), []
    for number, row in enumerate(timeline.rows):
        after = timeline.rows[number + 1] if number + 1 < len(timeline.rows) else None
        before = timeline.rows[number - 1].rules if number else row.rules
        state = "planned" if row.valid_from > today and row is not in_force else "past"
        found.append(
            Period(
                row,
                after.valid_from - timedelta(days=1) if after else None,
                "current" if row is in_force else state,
                differences(before, row.rules, currency),
            )
        )
    return found[::-1]


def months(year: int, calendar: WorkingCalendar, holidays: dict[date, Holiday]) -> list[Month]:
    """Return the sheets of a year, with the names of its holidays."""

    def sheet(day: date, month: int) -> DayShown | None:
        if day.month != month:
            return None
        if day in holidays:
            return DayShown(day, "holiday", holidays[day].name)
        return DayShown(day, "work" if calendar.is_working_day(day) else "weekend", "")

    return [
        Month(
            date(year, month, 1),
            [[sheet(day, month) for day in week] for week in Calendar().monthdatescalendar(year, month)],
        )
        for month in range(1, 13)
    ]
