"""Reported figures: what counts by year and organisation, how each figure came about, and the import of a table."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.imports.models import TableImport
from mptf.imports.pages import Pages
from mptf.organisations.queries import get_organisation
from mptf.policy import Permission, can
from mptf.reported import queries
from mptf.reported.figures import CATEGORIES, Basis
from mptf.reported.forms import FiguresForm
from mptf.reported.service import FIGURES
from mptf.reported.table import HEADINGS, FigureRow
from mptf.web import asked, requires, the_viewer
from mptf.web.access import looked_at

bp = Blueprint("reported", __name__, url_prefix="/f/<code>/reported")


@bp.get("/")
@requires(Permission.REPORTED_VIEW)
def figures(code: str) -> ResponseReturnValue:
    """List what counts of what was reported, by year and organisation."""
    fund, year = the_fund(), asked.number("year", 0)
    certified_only = asked.chosen(Basis, "figures") is Basis.CERTIFIED
    return render_template(
        "reported/figures.html",
        found=queries.years(fund, year=year or None, certified_only=certified_only, page=asked.page()),
        years=queries.years_reported(fund),
        year=year,
        certified_only=certified_only,
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
        "reported/year.html",
        found=found,
        corrected_later=queries.corrected_later(fund, organisation, year),
        page=queries.versions(fund, organisation, year, asked.page()),
    )


class _Tables(Pages[FigureRow]):
    """The pages of a table of reported figures, which name the budget categories."""

    def beside(self, found: TableImport | None) -> dict[str, Any]:
        """Name the categories a figure may be of."""
        return {"categories": CATEGORIES}


PAGES = _Tables(
    FIGURES,
    FiguresForm,
    "reported/upload.html",
    "reported/preview.html",
    heads=[(heading.head, heading.key == "amount") for heading in HEADINGS],
)
PAGES.put_on(bp, "/import", "/import/<public_id>")
