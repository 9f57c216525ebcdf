"""What the jobs process does for this room, `run(task, report)`: batches are committed as they are read.

The last unit of work is left open: the caller commits it together with the end of the task. `report` writes
in a transaction of its own, so it is only called while this process has none open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app

from mptf.core.db import db, unit_of_work
from mptf.core.errors import N_, DomainError, RuleBroken
from mptf.core.files import Store
from mptf.core.tasks import Report, Task
from mptf.gateway import service
from mptf.gateway.models import ExtractStatus, GatewayExtract
from mptf.paper.problems import Problem, Severity, error
from mptf.paper.sheets import open_sheet, read_table
from mptf.people.queries import viewer_of
from mptf.policy import Permission, require

if TYPE_CHECKING:
    from mptf.gateway.rows import GatewayRow, Reader
    from mptf.paper.table import Record

BATCH = 1_000


def check(task: Task, report: Report) -> dict[str, Any]:
    """Read the file of an extract, stage its rows in batches and keep what is wrong with them."""
    with unit_of_work():
        extract = _extract(task)
        if extract.status is not ExtractStatus.UPLOADED:
            return {"figures": extract.figure_count}
        service.clear(extract)
        store: Store = current_app.extensions["files"]
        path = store.path(extract.file.sha256)
    findings = _read_and_stage(path, extract, report)
    service.finish_check(
        _extract(task),
        found=findings.kept,
        errors=findings.errors,
        warnings=findings.warnings,
        figures=findings.figures,
        content_hash=findings.content_hash,
        by=viewer_of(task.by_id, task.role_id),
    )
    return {"figures": findings.figures, "errors": findings.errors, "warnings": findings.warnings}


def import_figures(task: Task, report: Report) -> dict[str, Any]:
    """Publish the staged rows of an extract: all of them in one transaction, or none."""
    report(0, 1, N_("Publishing the figures"))
    by, extract = viewer_of(task.by_id, task.role_id), _extract(task)
    if extract.status is not ExtractStatus.IMPORTING:
        return {"figures": extract.figure_count}
    try:
        require(by, Permission.GATEWAY_IMPORT, extract)
        return {"figures": service.publish(extract, by=by)}
    except DomainError as refusal:
        db.session.rollback()
        with unit_of_work():
            service.stop(_extract(task), reason=refusal, by=by)
        raise


def _extract(task: Task) -> GatewayExtract:
    assert task.fund_id is not None  # noqa: S101 - asked for in a fund
    return service.locked(task.fund_id, task.params["extract"])


@dataclass
class _Findings:
    """What a check has come to so far; of many problems the first ones are kept."""

    kept: list[Problem] = field(default_factory=list)
    errors: int = 0
    warnings: int = 0
    figures: int = 0
    content_hash: str = ""

    def add(self, problems: Sequence[Problem]) -> None:
        self.errors += service.count(problems, Severity.ERROR)
        self.warnings += service.count(problems, Severity.WARNING)
        self.kept += problems[: service.MOST_PROBLEMS_KEPT - len(self.kept)]


def _read_and_stage(path: Path, extract: GatewayExtract, report: Report) -> _Findings:
    from mptf.gateway.rows import HEADINGS, Reader

    findings, reader = _Findings(), Reader()
    try:
        with open_sheet(path) as sheet:
            table = read_table(sheet, HEADINGS)
            findings.add(table.problems)
            for batch in _batches(table.records, reader, findings):
                with unit_of_work():
                    service.stage([_staged(row, line, extract) for row, line in batch])
                findings.figures += len(batch)
                report(findings.figures, findings.figures, N_("Reading the rows"))
    except RuleBroken as refusal:
        findings.add([error(refusal.template, **refusal.values)])
    findings.content_hash = reader.content_hash
    return findings


def _batches(
    records: "Iterator[Record]", reader: "Reader", findings: _Findings
) -> "Iterator[list[tuple[GatewayRow, int]]]":
    batch: list[tuple[GatewayRow, int]] = []
    for record in records:
        row, problems = reader.read(record)
        findings.add(problems)
        if row is not None:
            batch.append((row, record.number))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch


def _staged(row: "GatewayRow", line: int, extract: GatewayExtract) -> dict[str, object]:
    amounts = {"budget": row.budget, "net_funded": row.net_funded, "expenditure": row.expenditure}
    return {
        "fund_id": extract.fund_id,
        "extract_id": extract.id,
        "line": line,
        "identity": row.identity,
        "agency_code": row.agency_code,
        "organisation": row.organisation or row.group_name,
        "group_code": row.group_code,
        "group_name": row.group_name,
        "published_hundredths": row.published_hundredths,
        "funds_count": row.funds_count,
        **{f"{name}_minor": amount.minor for name, amount in amounts.items()},
        **{f"{name}_currency": amount.currency for name, amount in amounts.items()},
    }
