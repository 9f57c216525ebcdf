"""What the jobs process does for this room: write an export, with no transaction open while it writes."""

import tempfile
from datetime import datetime
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from mptf.core.db import db, transactions
from mptf.core.errors import N_
from mptf.core.tasks import Reporter, Task
from mptf.fund.models import Fund
from mptf.paper.delimited import write_csv
from mptf.paper.workbook import write_workbook
from mptf.people.queries import viewer_of
from mptf.policy import Viewer, require
from mptf.reports import service
from mptf.reports.contents import Made, Paper
from mptf.reports.models import ExportFormat, ReportExport
from mptf.reports.registry import get_report
from mptf.web import store

LARGEST_EXPORT = 1 << 30


def write(task: Task, report: Reporter) -> dict[str, Any]:
    """Write the file of an export; the rights of who asked for it are looked at again first."""
    report(0, 3, N_("Reading the figures"))
    with transactions("read"):
        export = _export(task)
        by, kind, made_at = viewer_of(task.by_id, task.role_id), export.format, export.created_at
        paper = _build(export, by, Made(by.name, made_at))
        db.session.remove()
    report(1, 3, N_("Writing the file"))
    with tempfile.TemporaryFile() as out:
        _write(out, paper, kind, made_at)
        out.seek(0)
        report(2, 3, N_("Keeping the file"))
        blob = store().keep(out, limit=LARGEST_EXPORT)
    name = f"{paper.stem}.{kind.value}"
    service.finish(_export(task), blob, name=name, rows=len(paper.rows), by=by)
    return {"file": name, "rows": len(paper.rows)}


def _export(task: Task) -> ReportExport:
    return db.session.scalars(
        select(ReportExport)
        .where(ReportExport.task_id == task.id, ReportExport.fund_id == task.fund_id)
        .options(joinedload(ReportExport.by))
    ).one()


def _build(export: ReportExport, by: Viewer, made: Made) -> Paper:
    kind = get_report(export.report_key)
    fund = db.session.get_one(Fund, export.fund_id)
    require(by, kind.permission, fund)
    return kind.build(fund, export.params["subject"], made)


def _write(out: IO[bytes], paper: Paper, kind: ExportFormat, made_at: datetime) -> None:
    if kind is ExportFormat.CSV:
        write_csv(out, paper.columns, paper.rows)
    else:
        write_workbook(out, paper.sheets, title=paper.title, source=paper.source, made_at=made_at)
