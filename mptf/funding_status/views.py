"""The funding status: its page with what lies behind each line, and the same as PDF and workbook."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.funding_status import papers, queries
from mptf.funding_status.figures import BEHIND, REPORTED, Drawn, bars
from mptf.funding_status.forms import StatusFilter
from mptf.paper.pdf import PDF_MEDIA_TYPE, write_pdf
from mptf.paper.values import MANAGEMENT
from mptf.policy import Permission
from mptf.web import asked, not_found, requires, send_made, send_workbook
from mptf.web.access import looked_at
from mptf.web.pages import let_go

bp = Blueprint("funding_status", __name__, url_prefix="/f/<code>/status")


@dataclass(frozen=True)
class Asked:
    """The status that was asked for, and the form that asks; none while the form is refused."""

    form: StatusFilter
    drawn: Drawn | None


def _asked() -> Asked:
    fund, form = the_fund(), StatusFilter(request.args)
    form.offer()
    if not form.validate():
        return Asked(form, None)
    drawn = queries.funding_status(
        fund, as_at=form.day(fund), known_at=form.known_at(fund), confirmed_only=form.confirmed_only,
        certified_only=form.certified_only,
    )  # fmt: skip
    return Asked(form, drawn)


@bp.get("/")
@requires(Permission.STATUS_VIEW)
def status(code: str) -> ResponseReturnValue:
    """Show both blocks and how they came about, year by year or through the months of a year."""
    fund, found = the_fund(), _asked()
    drawn, year = found.drawn, asked.number("year", 0)
    if drawn and year:
        drawn = queries.with_months(fund, drawn, year=year)
    periods = (drawn.months if year else drawn.years) if drawn else []
    page = render_template(
        "funding_status/status.html",
        form=found.form,
        drawn=drawn,
        year=year,
        periods=periods,
        drawn_bars=bars(periods),
        heads=papers.PERIOD_HEADS if year or drawn is None else papers.year_heads(drawn),
        by_year=papers.BY_YEAR,
        figures_of=papers.of_period if year else papers.of_year,
        notes=papers.notes(fund, drawn) if drawn else [],
        remarks=[*papers.certified_alone(drawn), *papers.remarks(drawn)] if drawn else [],
        basis_words=papers.basis_words,
        behind=BEHIND,
        reported=REPORTED,
    )
    return page, 200 if drawn else 422


@bp.get("/pdf")
@requires(Permission.STATUS_VIEW)
def pdf(code: str) -> Response:
    """Send the status as a PDF file; it is drawn while no transaction is open."""
    drawn, name = _taken("PDF")
    document = papers.on_paper(the_fund(), drawn)
    let_go()
    return send_made(write_pdf(document, made_at=drawn.drawing.known_at), f"{name}.pdf", PDF_MEDIA_TYPE)


@bp.get("/xlsx")
@requires(Permission.STATUS_VIEW)
def xlsx(code: str) -> Response:
    """Send the status as a workbook."""
    drawn, name = _taken("XLSX")
    sheets = papers.sheets(the_fund(), queries.with_months(the_fund(), drawn))
    title, source, made_at = papers.TITLE, MANAGEMENT, drawn.drawing.known_at
    return send_workbook(sheets, title=title, source=source, name=name, made_at=made_at)


def _taken(kind: str) -> tuple[Drawn, str]:
    """Return the status that is taken away and what its file is called, and note who took it (EXP-2)."""
    fund, found = the_fund(), _asked()
    if found.drawn is None:
        not_found()
    drawing = found.drawn.drawing
    looked_at(
        fund, what="export", fund_id=fund.id, written_as=f"{papers.TITLE}, {kind}", filter=found.form.address(),
        rows=sum(len(block.lines) for block in found.drawn.status.blocks),
    )  # fmt: skip
    kept = "-certified-figures-only" if drawing.certified_only else ""
    return found.drawn, f"{fund.code}-funding-status-{drawing.as_at.isoformat()}{kept}"
