"""Pages of the reports: choose, preview, export, download."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.fund.models import Fund
from mptf.policy import Permission, can
from mptf.reports import queries, service
from mptf.reports.forms import ExportForm
from mptf.reports.models import ExportFormat
from mptf.reports.registry import Report, get_report, groups
from mptf.web import checked, commit, ensure, not_found, page_with, requires, send_attachment, the_viewer
from mptf.web.access import looked_at

bp = Blueprint("reports", __name__, url_prefix="/f/<code>/reports")


@bp.get("/")
@requires(Permission.REPORTS_VIEW)
def reports(code: str) -> ResponseReturnValue:
    """Open the first report."""
    first = next(iter(groups(the_viewer(), the_fund()).values()))[0]
    return redirect(url_for(".report", code=code, key=first.key))


@bp.get("/<key>")
@requires(Permission.REPORTS_VIEW)
def report(code: str, key: str) -> ResponseReturnValue:
    """Preview a report about one of its subjects, and show the latest downloads."""
    chosen = get_report(key)
    ensure(chosen.permission, the_fund())
    return _show(chosen, ExportForm(formdata=None))


def _show(chosen: Report, form: ExportForm) -> ResponseReturnValue:
    fund: Fund = the_fund()
    subjects = chosen.subjects(fund)
    asked = request.values.get("subject", "")
    subject = next((known for known in subjects if known.public_id == asked), subjects[0] if subjects else None)
    form.subject.data = subject.public_id if subject else ""
    return page_with(
        "reports/report.html",
        form,
        groups=groups(the_viewer(), fund),
        chosen=chosen,
        subjects=subjects,
        subject=subject,
        preview=chosen.preview(fund, subject.public_id) if subject else None,
        exports=queries.exports(the_viewer(), fund),
        formats=ExportFormat,
        may_upload=can(the_viewer(), Permission.GATEWAY_IMPORT, fund),
    )


@bp.post("/<key>/export")
@requires(Permission.REPORTS_VIEW)
def export(code: str, key: str) -> ResponseReturnValue:
    """Ask for the file of a report."""
    chosen = get_report(key)
    ensure(chosen.permission, the_fund())
    form = ExportForm()
    subject, by = form.subject.data or "", the_viewer()
    if checked(form, lambda: service.ask(the_fund(), chosen, subject=subject, kind=form.kind, by=by)):
        return commit(url_for(".report", code=code, key=key, subject=subject, _anchor="downloads"))
    return _show(chosen, form)


@bp.get("/downloads")
@requires(Permission.REPORTS_VIEW)
def downloads(code: str) -> ResponseReturnValue:
    """Show the latest downloads alone; the page asks for them while one is being written, nobody else."""
    if "HX-Request" not in request.headers:
        return redirect(url_for(".reports", code=code))
    return render_template("reports/_downloads.html", exports=queries.exports(the_viewer(), the_fund()))


@bp.get("/downloads/<public_id>")
@requires(Permission.REPORTS_VIEW)
def download(code: str, public_id: str) -> ResponseReturnValue:
    """Send the file of an export, and note who took it (EXP-2)."""
    found = queries.get_export(the_fund(), public_id)
    ensure(get_report(found.report_key).permission, found)
    if found.file is None:
        not_found()
    looked_at(
        found, what="export", fund_id=found.fund_id,
        report=found.report_key, about=found.about, filter=found.params, rows=found.rows,
    )  # fmt: skip
    return send_attachment(found.file)
