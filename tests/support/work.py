"""Background work in tests: done here and now by the functions the jobs process would call, or waited for."""

import pkgutil
import time
from collections.abc import Callable
from pathlib import Path

from mptf.core import tasks
from mptf.core.db import unit_of_work
from mptf.jobs.child import perform
from mptf.jobs.table import TASKS

PATIENCE = 120.0  # seconds


def work_off() -> int:
    """Do every waiting task in the running application context; return how many there were."""
    done = 0
    while True:
        with unit_of_work():
            task = tasks.take()
        if task is None:
            return done
        perform(pkgutil.resolve_name(TASKS[task.kind]), task.id, task.attempts)
        done += 1


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that must happen in another process, as long as a busy machine may take for it."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def ended(pid: int | str) -> bool:
    """Tell whether a process does nothing any more; one that ended stays listed until somebody asks how."""
    try:
        return "State:\tZ" in Path("/proc", str(pid), "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
