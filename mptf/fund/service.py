"""Change funds, their settings and their holidays; every change is audited."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm.exc import StaleDataError

from mptf.core import audit, clock
from mptf.core.changes import add, change, differences, first_to_remove
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken, Stale
from mptf.core.facts import named, needed
from mptf.core.kosovo import keep_asterisk
from mptf.fund import queries
from mptf.fund.facts import FundFacts, check_new_fund
from mptf.fund.models import Fund, FundSettings, FundWindow, Holiday
from mptf.fund.rules import Rules
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "fund.created": N_("added the fund {code}"),
        "fund.changed": N_("changed what is said about the fund"),
        "settings.planned": N_("planned settings from {valid_from}"),
        "settings.replaced": N_("changed planned settings"),
        "settings.withdrawn": N_("withdrew the settings planned from {valid_from}"),
        "holiday.added": N_("added the holiday {name} on {falls_on}"),
        "holiday.removed": N_("removed the holiday {name} on {falls_on}"),
        "window.added": N_("added the window {name}"),
        "window.renamed": N_("renamed a window"),
        "window.ended": N_("ended the window {name} on {ended_on}"),
    },
    names={"fund_window": N_("window")},
)


# ---- funds and their settings


def lock(fund_id: int) -> None:
    """Let one writer at a time at what a fund keeps in order: its settings, its books, its extracts.

    The others wait until this unit of work ends; rows that only refer to the fund may be written
    meanwhile (`key_share`). Lock order: fund, rows by id, head of the audit chain.
    """
    db.session.execute(select(Fund.id).where(Fund.id == fund_id).with_for_update(key_share=True))


def create_fund(
    code: str,
    facts: FundFacts,
    *,
    currency: str,
    rules: Rules,
    valid_from: date,
    by: Viewer,
    basis: str = "",
    is_demo: bool = False,
) -> Fund:
    """Add a fund with its first row of settings."""
    require(by, Permission.FUND_CREATE)
    check_new_fund(code, currency)
    facts.check()
    rules.check()
    fund = Fund(code=code, currency=currency, is_demo=is_demo, **facts.values())
    fund.settings = [FundSettings(valid_from=valid_from, basis=basis, **rules.values())]
    add(fund, RuleBroken(N_("There is a fund {code} already."), code=code, field="code"))
    audit.record(
        "fund.created", fund, by=by, fund_id=fund.id, code=code, currency=currency, valid_from=valid_from,
        **facts.values(), rules=rules.values(),
    )  # fmt: skip
    return fund


def change_fund(fund: Fund, facts: FundFacts, *, by: Viewer) -> bool:
    """Change what is said about a fund; return whether anything changed."""
    require(by, Permission.FUND_CREATE)
    facts.check()
    return change("fund.changed", fund, facts.values(), by=by, fund_id=fund.id)


def change_settings(
    fund: Fund, rules: Rules, *, valid_from: date, basis: str, opened_on: str, by: Viewer
) -> FundSettings:
    """Let rules hold from a day on; `opened_on` is the version of the timeline the person looked at.

    The past is never rewritten: the day is today or later, and a row whose day has come stays as it is.
    A planned row of the same day is replaced.
    """
    require(by, Permission.SETTINGS_EDIT, fund)
    rules.check()
    keep_asterisk(basis, "basis")
    lock(fund.id)
    timeline = queries.timeline(fund)
    if timeline.version != opened_on:
        raise Stale
    today = clock.today(fund)
    if valid_from < today:
        raise RuleBroken(N_("The past is not rewritten. Choose today or a later day."), field="valid_from")
    row = next((row for row in timeline.rows if row.valid_from == valid_from), None)
    if row is None:
        return _plan(fund, timeline, rules, valid_from=valid_from, basis=basis, by=by)
    if row.valid_from <= today:
        raise RuleBroken(
            N_("The settings of {day} are in force already. Choose a later day."),
            day=valid_from, field="valid_from",
        )  # fmt: skip
    change("settings.replaced", row, {**rules.values(), "basis": basis}, by=by, fund_id=fund.id)
    return row


def withdraw_settings(row: FundSettings, *, by: Viewer) -> None:
    """Take back a planned row before its day comes."""
    fund = row.fund
    require(by, Permission.SETTINGS_EDIT, fund)
    lock(fund.id)
    if row.valid_from <= clock.today(fund):
        raise RuleBroken(N_("These settings are in force; a later change takes their place."))
    audit.record(
        "settings.withdrawn", row, by=by, fund_id=fund.id, valid_from=row.valid_from, basis=row.basis,
        rules=row.rules.values(),
    )  # fmt: skip
    db.session.delete(row)
    db.session.flush()


def _plan(
    fund: Fund, timeline: queries.Timeline, rules: Rules, *, valid_from: date, basis: str, by: Viewer
) -> FundSettings:
    before = timeline.on(valid_from).rules
    if before == rules:
        raise RuleBroken(N_("Nothing differs from the settings that hold on this day."), field="valid_from")
    row = FundSettings(fund_id=fund.id, valid_from=valid_from, basis=basis, **rules.values())
    add(row, RuleBroken(N_("There are settings from this day already."), field="valid_from"))
    audit.record(
        "settings.planned", row, by=by, fund_id=fund.id, valid_from=valid_from, basis=basis,
        **differences(before.values(), rules.values()),
    )  # fmt: skip
    return row


# ---- the working calendar


def add_holiday(fund: Fund, *, falls_on: date, name: str, by: Viewer) -> Holiday:
    """Add a day on which the Secretariat does not work; clocks that run already keep their calendar."""
    require(by, Permission.CALENDAR_EDIT, fund)
    named(name, "name")
    if falls_on < clock.today(fund):
        raise RuleBroken(N_("A day that is past stays what it was. Choose today or a later day."), field="falls_on")
    holiday = Holiday(fund_id=fund.id, falls_on=falls_on, name=name)
    add(holiday, RuleBroken(N_("This day is a holiday already."), field="falls_on"))
    audit.record("holiday.added", holiday, by=by, fund_id=fund.id, falls_on=falls_on, name=name)
    return holiday


def remove_holiday(fund: Fund, holiday: Holiday, *, by: Viewer) -> None:
    """Take a holiday out again before it comes; one that is out already stays so."""
    require(by, Permission.CALENDAR_EDIT, fund)
    if holiday.falls_on <= clock.today(fund):
        raise RuleBroken(N_("This holiday has begun or is past; it stays in the calendar."))
    if first_to_remove(holiday):
        audit.record("holiday.removed", holiday, by=by, fund_id=fund.id, falls_on=holiday.falls_on, name=holiday.name)


# ---- the windows contributions may prefer


def add_window(fund: Fund, *, code: str, name: str, by: Viewer) -> FundWindow:
    """Add a window; agreements may prefer it from now on."""
    require(by, Permission.WINDOWS_EDIT, fund)
    needed(code, "code", N_("Give it a code."))
    named(name, "name")
    window = FundWindow(fund_id=fund.id, code=code, name=name)
    add(window, RuleBroken(N_("There is a window {code} already."), code=code, field="code"))
    audit.record("window.added", window, by=by, fund_id=fund.id, code=code, name=name)
    return window


def rename_window(window: FundWindow, *, name: str, by: Viewer) -> bool:
    """Give a window another name; its code stays. Return whether it differs."""
    require(by, Permission.WINDOWS_EDIT, window)
    named(name, "name")
    return change("window.renamed", window, {"name": name}, by=by, fund_id=window.fund_id)


def end_window(fund: Fund, window: FundWindow, *, by: Viewer) -> None:
    """Let nothing new prefer a window from today on; the money that is kept for it stays."""
    require(by, Permission.WINDOWS_EDIT, window)
    if window.ended_on is not None:
        raise RuleBroken(N_("It ended on {day}."), day=window.ended_on)
    window.ended_on = clock.today(fund)
    audit.record("window.ended", window, by=by, fund_id=fund.id, name=window.name, ended_on=window.ended_on)
    try:
        db.session.flush()
    except StaleDataError:
        raise Stale from None
