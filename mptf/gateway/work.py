"""What the jobs process does for this room, `run(task, report)`: batches are committed as they are read.

The last unit of work is left open: the caller commits it together with the end of the task. `report` writes
in a transaction of its own, so it is only called while this process has none open.
"""

from itertools import islice
from pathlib import Path
from typing import Any

from mptf.core import tasks
from mptf.core.db import db, unit_of_work
from mptf.core.errors import N_, DomainError, RuleBroken
from mptf.core.tasks import Reporter, Task
from mptf.gateway import service
from mptf.gateway.models import ExtractStatus, GatewayExtract
from mptf.gateway.rows import SHAPE, GatewayRow, content_hash, digest, remarks
from mptf.paper.problems import Problems, error
from mptf.people.queries import viewer_of
from mptf.policy import Permission, require
from mptf.web import store

BATCH = 1_000


def check(task: Task, report: Reporter) -> dict[str, Any]:
    """Read the file of an extract, stage its rows in batches and keep what is wrong with them."""
    with unit_of_work():
        extract = _extract(task)
        tasks.ours(task.id, task.attempts)
        if extract.status is not ExtractStatus.UPLOADED:
            return {"figures": extract.figure_count}
        service.clear(extract)
        path = store().found(extract.file.sha256)
    problems, digests = _read_and_stage(path, extract, task, report)
    by, figures = viewer_of(task.by_id, task.role_id), len(digests)
    service.finish_check(_extract(task), problems, figures=figures, content_hash=content_hash(digests), by=by)
    return {"figures": figures, "errors": problems.errors, "warnings": problems.warnings}


def import_figures(task: Task, report: Reporter) -> dict[str, Any]:
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


def _read_and_stage(path: Path, extract: GatewayExtract, task: Task, report: Reporter) -> tuple[Problems, list[bytes]]:
    """Stage what can be imported; return what is wrong with the rest, and a digest of each staged row.

    An attempt that was overtaken ends before it stages beside the one that counts.
    """
    problems, digests = Problems(), list[bytes]()
    rows = SHAPE.rows(path, problems)
    try:
        while batch := list(islice(rows, BATCH)):
            for row, record in batch:
                problems.add(remarks(row, record))
            with unit_of_work():
                tasks.ours(task.id, task.attempts)
                service.stage([_staged(row, record.number, extract) for row, record in batch])
            digests += [digest(row) for row, _ in batch]
            report(len(digests), len(digests), N_("Reading the rows"))
    except RuleBroken as refusal:
        problems.add([error(refusal.template, **refusal.values)])
    return problems, digests


def _staged(row: GatewayRow, line: int, extract: GatewayExtract) -> dict[str, object]:
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
