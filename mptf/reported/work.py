"""What the jobs process does for this room: import a table of reported figures."""

from typing import Any

from mptf.core.tasks import Reporter, Task
from mptf.imports import work
from mptf.reported.service import FIGURES


def import_figures(task: Task, report: Reporter) -> dict[str, Any]:
    """Import the figures of a table: all of them in one transaction, or none."""
    return work.bring_in(FIGURES, task, report)
