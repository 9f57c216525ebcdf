"""What the jobs process does for this room: import a table of official texts."""

from typing import Any

from mptf.core.tasks import Reporter, Task
from mptf.framework.service import TEXTS
from mptf.imports import work


def import_texts(task: Task, report: Reporter) -> dict[str, Any]:
    """Import the texts of a table: all of them in one transaction, or none."""
    return work.bring_in(TEXTS, task, report)
