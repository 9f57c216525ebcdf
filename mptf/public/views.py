"""Pages for the world, and the page on which the Secretariat keeps what they say.

The `public` blueprint is read by everybody and touches no session; `publishing` is the office's.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.contributions.figures import Contributors
from mptf.contributions.queries import contributors, latest_deposit_on
from mptf.core.money import Money, totals
from mptf.fund.models import Fund
from mptf.organisations.queries import jurisdictions
from mptf.policy import Permission, can
from mptf.public import queries, service
from mptf.public.forms import FigureForm
from mptf.public.models import PublishedFigure, Topic
from mptf.web import ActionForm, checked, commit, page_with, public, requires, the_fund, the_viewer

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
    if checked(form, lambda: service.publish_figure(the_fund(), form.figure(), by=the_viewer())):
        return commit(url_for("publishing.figures", code=code), "The figure is on the public page.")
    return page_with("public/publish.html", form)


@publishing.post("/f/<code>/public-page/<public_id>/withdraw")
@requires(Permission.PUBLIC_PAGE_EDIT)
def withdraw(code: str, public_id: str) -> ResponseReturnValue:
    """Take a figure off the public page."""
    figure, form = queries.get_figure(the_fund(), public_id), ActionForm()
    if checked(form, lambda: service.withdraw_figure(figure, by=the_viewer())):
        return commit(url_for("publishing.figures", code=code), "The figure is no longer on the public page.")
    return _figures(the_fund(), form)


def _page(place: Fund) -> dict[str, Any]:
    """Collect what the public page of a fund shows."""
    published = queries.figures(place)
    pledges = queries.announcements(place)
    money = contributors(place, confirmed=True)
    about = {topic: [figure for figure in published if figure.topic is topic] for topic in Topic}
    over_time = about[Topic.CONTRIBUTIONS]
    return {
        "fund": place,
        "headlines": [figure for topic in Topic for figure in about[topic] if figure.headline],
        "portfolio": about[Topic.PORTFOLIO],
        "donor_totals": about[Topic.DONOR_TOTALS],
        "over_time": list(zip(over_time, _lengths(over_time), strict=True)),
        "jurisdictions": [place for place in jurisdictions() if not place.regional],
        "money": money,
        "notes": _notes(money),
        "deposits_to": latest_deposit_on(place),
        "pledges": [(pledge, pledge.source_host) for pledge in pledges],
        "announced": list(totals(pledge.amount for pledge in pledges).values()),
        "several": len(queries.published_funds()) > 1,
    }


def _lengths(figures: Sequence[PublishedFigure]) -> list[Decimal]:
    """Return the length of each figure's bar in percent of the longest; nothing printed in numbers, no bar."""
    longest = max((f.amount for f in figures if f.amount), key=lambda amount: amount.minor, default=Money.zero("USD"))
    return [_length(figure.amount, longest) for figure in figures]


def _length(amount: Money | None, longest: Money) -> Decimal:
    """Return one bar's length; amounts in different currencies are not compared."""
    if amount is None or amount.currency != longest.currency:
        return Decimal(0)
    return amount.percent_of(longest) or Decimal(0)


def _notes(money: Contributors) -> list[tuple[bool, str]]:
    """Return the notes on the donors' figures once each: whether about probable ones, and the words."""
    notes = [(bool(row.probable), note) for row in money.rows for note in row.notes]
    return list(dict.fromkeys(notes))
