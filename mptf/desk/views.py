"""The first page after sign-in, the home of a fund and of the installation, and search."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.claims import queries as claims
from mptf.commitments.queries import sees_all
from mptf.contributions.contributors import contributors
from mptf.core import clock
from mptf.core.money import Money
from mptf.desk import navigation, queries
from mptf.desk.given import Given, given
from mptf.desk.quiet import words_for
from mptf.fund.calendar import WorkingCalendar
from mptf.fund.current import the_fund
from mptf.fund.models import Fund
from mptf.fund.queries import Timeline, all_funds, funds_for, holidays
from mptf.ledger import balances
from mptf.ledger.chart import CASH
from mptf.pledges.queries import announced
from mptf.policy import Permission, Viewer, can
from mptf.statements import wording
from mptf.trail.queries import end_of_chain
from mptf.web import asked, requires, the_role, the_viewer
from mptf.web.access import looked_at

bp = Blueprint("desk", __name__)


@bp.get("/home")
@requires(Permission.OWN_ACCOUNT)
def start() -> ResponseReturnValue:
    """Lead a person to the place of the role chosen in the account menu."""
    viewer = the_viewer()
    role = viewer.chosen or next(iter(viewer.held), None)
    if role is None:
        return render_template("desk/no_role.html")
    if role.fund_id is None:
        return redirect(url_for("desk.installation"))
    code = next(fund.code for fund in funds_for(viewer) if fund.id == role.fund_id)
    return redirect(url_for("desk.home", code=code))


@bp.get("/admin/")
@requires(Permission.INSTALLATION_VIEW)
def installation() -> ResponseReturnValue:
    """Show the installation at a glance."""
    return render_template("desk/installation.html", every_fund=all_funds(), chain=end_of_chain())


@bp.get("/f/<code>/")
@requires(Permission.FUND_VIEW)
def home(code: str) -> ResponseReturnValue:
    """Show what needs this person in a fund today."""
    fund, viewer = the_fund(), the_viewer()
    held, days, today = the_role(), holidays(fund), clock.today(fund)
    waiting = queries.waiting_for(viewer, fund)
    return render_template(
        "desk/home.html",
        today=today,
        working_day=WorkingCalendar.frozen(fund.zone, (day.falls_on for day in days)).is_working_day(today),
        next_dates=queries.next_dates(days, today),
        waiting=waiting,
        late=sum(1 for item in waiting if item.due_on and item.due_on < today),
        quiet=words_for(held.role),
        ways=navigation.elsewhere(),
        may_import=can(viewer, Permission.GATEWAY_IMPORT, fund),
        may_keep_calendar=can(viewer, Permission.CALENDAR_EDIT, fund),
        work=queries.recent_work(viewer, fund) if can(viewer, Permission.REPORTS_VIEW, fund) else None,
        money=_money(fund, viewer),
        given=_given(fund, viewer),
        wording=wording,
    )


@bp.get("/f/<code>/search")
@requires(Permission.FUND_VIEW)
def search(code: str) -> ResponseReturnValue:
    """Search a fund among what this person may see."""
    words = asked.text("q")
    results = queries.find(the_viewer(), the_fund(), words, asked.page())
    return render_template("desk/search.html", asked=words, results=results)


def _given(fund: Fund, viewer: Viewer) -> Given | None:
    """Collect what a contributor is told, where anything is recorded of it."""
    found = given(viewer, fund)
    if found is None or not found.anything:
        return None
    looked_at(found.contributor.donor, fund_id=fund.id)
    return found


def _money(fund: Fund, viewer: Viewer) -> dict[str, Any] | None:
    """Collect the figures at the head of the home page, for people who read the fund's contributions."""
    if not sees_all(viewer, fund):
        return None
    return {
        "contributors": contributors(fund),
        "balance": balances.of_line(fund, CASH).get(fund.currency, Money.zero(fund.currency)),
        "available": claims.availability(fund, rules=Timeline.of(fund.settings).on(clock.today(fund))),
        "announced": announced(viewer, fund),
    }
