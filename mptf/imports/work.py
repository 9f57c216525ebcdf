"""What the jobs process does with a table: reads it again, and imports it in the unit of work the caller commits."""

from typing import Any

from mptf.core.db import unit_of_work
from mptf.core.errors import N_
from mptf.core.tasks import Reporter, Task
from mptf.imports import service
from mptf.imports.kinds import Row, TableKind
from mptf.people.queries import viewer_of
from mptf.web import store


def bring_in(kind: TableKind[Row], task: Task, report: Reporter) -> dict[str, Any]:
    """Import a table: all of its rows in one transaction, or none; done before, it is not done again."""
    assert task.fund_id is not None  # noqa: S101 - asked for in a fund
    with unit_of_work():
        path = store().found(service.locked(task.fund_id, task.params["table"]).file.sha256)
    content = kind.read(path)
    report(0, len(content.rows), N_("Importing the rows"))
    table = service.locked(task.fund_id, task.params["table"])
    if table.imported_at:
        return {"added": table.added, "known": table.known}
    return service.bring_in(table, kind, content, by=viewer_of(task.by_id, task.role_id))
