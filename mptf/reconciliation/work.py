"""What the jobs process does for this room: compare a list with our books, all of it or nothing."""

from typing import Any

from mptf.core.tasks import Reporter, Task
from mptf.imports import work
from mptf.reconciliation.comparing import KIND


def compare(task: Task, report: Reporter) -> dict[str, Any]:
    """Import a list and compare it with our books."""
    return work.bring_in(KIND, task, report)
