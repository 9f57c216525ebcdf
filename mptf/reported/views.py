"""Reported figures: what counts by year and organisation, how each figure came about, and the import of a table."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.imports.pages import Pages
from mptf.organisations.queries import get_organisation
from mptf.policy import Permission, can
from mptf.reported import queries
from mptf.reported.figures import CATEGORIES
from mptf.reported.forms import FiguresForm
from mptf.reported.service import FIGURES
from mptf.reported.table import HEADINGS, FigureRow
from mptf.web import asked, requires, the_viewer
from mptf.web.access import looked_at

bp = Blueprint("reported", __name__, url_prefix="/f/<code>/reported")

PAGES: Pages[FigureRow] = Pages(
    FIGURES,
    "reported/upload.html",
    "reported/preview.html",
    heads=[(heading.head, heading.key == "amount") for heading in HEADINGS],
)


@bp.get("/")
@requires(Permission.REPORTED_VIEW)
def figures(code: str) -> ResponseReturnValue:
    """List what counts of what was reported, by year and organisation."""
    fund, year = the_fund(), asked.number("year", 0)
    return render_template(
        "reported/figures.html",
        page=queries.years(fund, year=year or None, page=asked.page()),
        years=queries.years_reported(fund),
        year=year,
        may_import=can(the_viewer(), Permission.REPORTED_IMPORT, fund),
    )


@bp.get("/<public_id>/<int:year>")
@requires(Permission.REPORTED_VIEW)
def of_year(code: str, public_id: str, year: int) -> ResponseReturnValue:
    """Show every version of what an organisation reported for a year."""
    fund, organisation = the_fund(), get_organisation(public_id)
    found = queries.get_year(fund, organisation, year)
    looked_at(organisation, fund_id=fund.id, year=str(year))
    return render_template(
        "reported/year.html", found=found, page=queries.versions(fund, organisation, year, asked.page())
    )


@bp.route("/import", methods=["GET", "POST"])
@requires(Permission.REPORTED_IMPORT)
def imports(code: str) -> ResponseReturnValue:
    """Take in a table, to be looked at before anything is imported."""
    return PAGES.upload(FiguresForm(), categories=CATEGORIES)


@bp.get("/import/<public_id>")
@requires(Permission.REPORTED_IMPORT)
def table(code: str, public_id: str) -> ResponseReturnValue:
    """Show what an import would do, or what came of it."""
    return PAGES.show(public_id)


@bp.post("/import/<public_id>/import")
@requires(Permission.REPORTED_IMPORT)
def start_import(code: str, public_id: str) -> ResponseReturnValue:
    """Import a table that was looked at."""
    return PAGES.start(public_id)


@bp.post("/import/<public_id>/discard")
@requires(Permission.REPORTED_IMPORT)
def discard_import(code: str, public_id: str) -> ResponseReturnValue:
    """Give up a table that was not imported."""
    return PAGES.discard(public_id)


@bp.get("/import/<public_id>/progress")
@requires(Permission.REPORTED_IMPORT)
def import_progress(code: str, public_id: str) -> ResponseReturnValue:
    """Say how far the import is."""
    return PAGES.progress(public_id)


@bp.get("/import/<public_id>/file")
@requires(Permission.REPORTED_IMPORT)
def import_file(code: str, public_id: str) -> ResponseReturnValue:
    """Send the table as it was uploaded."""
    return PAGES.file(public_id)
