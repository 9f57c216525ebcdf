"""Calls for tests, walked to their status through the real services."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from mptf.calls import criteria, service
from mptf.calls.facts import Amounts, Basics, Dates, Reach
from mptf.calls.kinds import CallKind
from mptf.calls.models import Call
from mptf.calls.rubric import Rubric
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.framework import queries as framework
from mptf.framework.service import Strategy, add_framework
from mptf.fund.models import Fund
from mptf.organisations.models import Office
from mptf.policy import Viewer

DECISION = ("SC1/D1", date(2026, 1, 15))


def rubric(name: str = "Relevance", weight: int = 100, *, most: int = 2) -> Rubric:
    """Return a criterion with an anchor for each number of points."""
    return Rubric(name, "", most, weight, tuple(f"{points} points" for points in range(most + 1)))


def open_for(days: int = 30, *, grace: int = 0, since: datetime | None = None) -> Dates:
    """Return the dates of a call that opened an hour ago, or at a moment, and is open for some days."""
    opens = since or clock.now().replace(second=0, microsecond=0) - timedelta(hours=1)
    return Dates(opens, opens + timedelta(days=days), "Europe/Belgrade", grace)


def whole_draft(
    fund: Fund,
    offices: Sequence[Office],
    *,
    by: Viewer,
    title: str = "Safe storage",
    dates: Dates | None = None,
    amounts: Amounts | None = None,
    kind: CallKind = CallKind.OPEN,
) -> Call:
    """Draft a call that lacks nothing; an invitation is outside a call because of its title."""
    fund = db.session.get_one(Fund, fund.id)
    offices = [db.session.get_one(Office, office.id) for office in offices]
    call = service.draft(fund, title=title, by=by, kind=kind)
    why = f"Why {title}." if kind is CallKind.INVITATION else ""
    service.write(call, Basics(title, f"The scope of {title}.", *DECISION, why), by=by)
    places = {office.jurisdiction.id: office.jurisdiction for office in offices}
    service.write(call, Reach(_served(fund, by), tuple(places.values()), tuple(offices)), by=by)
    usual = Amounts(
        Money(5_000_000_00, fund.currency), Money(10_000_00, fund.currency), Money(900_000_00, fund.currency), 6, 36
    )
    service.write(call, amounts or usual, by=by)
    service.write(call, dates or open_for(), by=by)
    criteria.add(call, rubric(), by=by)
    db.session.commit()  # tests make people and offices beside this session
    return call


def published(
    fund: Fund,
    offices: Sequence[Office],
    *,
    by: Viewer,
    title: str = "Safe storage",
    dates: Dates | None = None,
    amounts: Amounts | None = None,
    kind: CallKind = CallKind.OPEN,
) -> Call:
    """Draft a call and let it go out; `by` is the head."""
    call = whole_draft(fund, offices, by=by, title=title, dates=dates, amounts=amounts, kind=kind)
    service.publish(call, by=by)
    db.session.commit()
    return call


def _served(fund: Fund, by: Viewer) -> tuple:  # type: ignore[type-arg]  # goals and KPIs
    if not framework.every_item(fund):
        add_framework(fund, Strategy("Roadmap of tests", 2018, 2030, goals=2, kpis=2), by=by)
    return tuple(framework.items_to_choose(fund)[:2])
