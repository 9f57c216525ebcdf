"""What the jobs process does for this room."""

from typing import Any

from mptf.cash.service import LIST
from mptf.core.tasks import Reporter, Task
from mptf.imports import work


def import_list(task: Task, report: Reporter) -> dict[str, Any]:
    """Import a list of cash documents."""
    return work.bring_in(LIST, task, report)
