"""Ask for an export, and keep what came of it."""

from mptf.core import audit, files, tasks
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.files import Blob
from mptf.core.tasks import Work
from mptf.fund.models import Fund
from mptf.policy import Viewer, require
from mptf.reports.models import ExportFormat, ReportExport
from mptf.reports.registry import REPORTS, Report

WRITE = Work("reports.write", N_("Writing a report"), "mptf.reports.work:write")


audit.tell(
    {
        "report_export.asked": N_("asked for a report about {about}"),
        "report_export.written": N_("had a report written: {rows} rows"),
    },
    values={"report_export.report": REPORTS.get, "export.report": REPORTS.get},
)


def ask(fund: Fund, report: Report, *, subject: str, kind: ExportFormat, by: Viewer) -> ReportExport:
    """Ask for a report about one of its subjects as a file; it is written in the background."""
    require(by, report.permission, fund)
    chosen = next((known for known in report.subjects(fund) if known.public_id == subject), None)
    if chosen is None:
        raise RuleBroken(N_("Choose what the report is about from the list."), field="subject")
    task = tasks.ask(WRITE.kind, by=by, fund_id=fund.id, about=chosen.label)
    export = ReportExport(
        fund_id=fund.id,
        by_id=by.id,
        task_id=task.id,
        report_key=report.key,
        about=chosen.label,
        params={"subject": subject},
        format=kind,
    )
    db.session.add(export)
    db.session.flush()
    audit.record(
        "report_export.asked", export, by=by, fund_id=fund.id, report=report.key, about=chosen.label, format=kind
    )
    return export


def finish(export: ReportExport, blob: Blob, *, name: str, rows: int, by: Viewer) -> None:
    """Keep the written file with the number of rows in it."""
    stored = files.add(blob, name=name, media_type=export.format.media_type, by=by, fund_id=export.fund_id)
    export.file_id, export.rows = stored.id, rows
    audit.record("report_export.written", export, by=by, fund_id=export.fund_id, rows=rows, sha256=blob.sha256)
