"""Pages for the world, and the page on which the Secretariat keeps what they say.

The `public` blueprint is read by everybody and touches no session; `publishing` is the office's.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.calls import queries as of_calls
from mptf.calls.calendar import Amended, moments_of
from mptf.contributions.contributors import contributors
from mptf.contributions.figures import notes
from mptf.core.errors import N_, TooOften
from mptf.core.money import totals
from mptf.deposits.queries import confirmed_to, opened_to
from mptf.fund.current import the_fund
from mptf.fund.models import Fund
from mptf.organisations.queries import jurisdictions
from mptf.people.letters import address
from mptf.policy import Permission, can
from mptf.public import queries, service
from mptf.public.figures import Published
from mptf.public.forms import FigureForm
from mptf.public.models import Topic
from mptf.web import ActionForm, asked, commit, page_with, public, requires, send_calendar, the_viewer
from mptf.web import checked as accepted
from mptf.web.text import say, sentence

bp = Blueprint("public", __name__)
publishing = Blueprint("publishing", __name__)


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """Show the funds that publish; a single one is shown at once."""
    funds = queries.published_funds()
    if len(funds) == 1:
        return redirect(url_for("public.fund", code=funds[0].code))
    return render_template("public/index.html", funds=funds)


@bp.get("/funds/<code>")
@public
def fund(code: str) -> ResponseReturnValue:
    """Show what a fund has published."""
    return render_template("public/fund.html", **_page(queries.get_published_fund(code)))


@bp.get("/funds/<code>/calls.ics")
@public
def calendar(code: str) -> ResponseReturnValue:
    """Send when the calls of a fund open and close, as a calendar that can be subscribed to."""
    found = queries.get_published_fund(code)
    amended, page = of_calls.amended(found), address("public.fund", code=code)
    moments = [
        moment for call in queries.calls(found) for moment in moments_of(call, amended.get(call.id, Amended()), page)
    ]
    return send_calendar(moments, title=say(N_("Calls of {fund}"), fund=found.name), name=f"calls-{found.code}")


@bp.get("/check")
@public
def check() -> ResponseReturnValue:
    """Ask for the code of a statement."""
    typed = asked.text("typed")
    if typed:
        return redirect(url_for(".checked", typed=typed))
    return render_template("public/check.html", typed="", found=None, refusal="")


@bp.get("/check/<path:typed>")
@public
def checked(typed: str) -> ResponseReturnValue:
    """Say which statement has a code, and whether it is the latest; of an unknown code, that there is none."""
    try:
        found = service.check_statement(typed, address=request.remote_addr or "")
    except TooOften as refusal:
        return render_template("public/check.html", typed=typed, found=None, refusal=sentence(refusal)), 429
    return render_template("public/check.html", typed=typed, found=found, refusal=""), 200 if found else 404


@publishing.get("/f/<code>/public-page")
@requires(Permission.PUBLIC_PAGE_VIEW)
def figures(code: str) -> ResponseReturnValue:
    """List the published figures, for the Secretariat."""
    return _figures(the_fund(), ActionForm())


def _figures(place: Fund, form: ActionForm) -> ResponseReturnValue:
    may_edit = can(the_viewer(), Permission.PUBLIC_PAGE_EDIT, place)
    return page_with("public/figures.html", form, figures=queries.figures(place), may_edit=may_edit)


@publishing.route("/f/<code>/public-page/new", methods=["GET", "POST"])
@requires(Permission.PUBLIC_PAGE_EDIT)
def publish(code: str) -> ResponseReturnValue:
    """Publish a figure."""
    form = FigureForm()
    if accepted(form, lambda: service.publish_figure(the_fund(), form.figure(), by=the_viewer())):
        return commit(url_for("publishing.figures", code=code), "The figure is on the public page.")
    return page_with("public/publish.html", form)


@publishing.post("/f/<code>/public-page/<public_id>/withdraw")
@requires(Permission.PUBLIC_PAGE_EDIT)
def withdraw(code: str, public_id: str) -> ResponseReturnValue:
    """Take a figure off the public page."""
    figure, form = queries.get_figure(the_fund(), public_id), ActionForm()
    if accepted(form, lambda: service.withdraw_figure(figure, by=the_viewer())):
        return commit(url_for("publishing.figures", code=code), "The figure is no longer on the public page.")
    return _figures(the_fund(), form)


def _page(place: Fund) -> dict[str, Any]:
    """Collect what the public page of a fund shows."""
    published = Published(queries.figures(place))
    pledges = queries.pledges(place)
    money = contributors(place, confirmed=True)
    return {
        "fund": place,
        "headlines": published.headlines,
        "portfolio": published.about(Topic.PORTFOLIO),
        "donor_totals": published.about(Topic.DONOR_TOTALS),
        "over_time": published.over_time,
        "jurisdictions": [place for place in jurisdictions() if not place.regional],
        "money": money,
        "notes": notes(money.rows),
        "deposits_to": confirmed_to(place),
        "opened_to": opened_to(place),
        "pledges": [(pledge, pledge.source_host) for pledge in pledges],
        "announced": list(totals(pledge.amount for pledge in pledges).values()),
        "calls": bool(queries.calls(place)),
        "several": len(queries.published_funds()) > 1,
    }
