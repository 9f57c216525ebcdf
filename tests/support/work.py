"""Background work in tests: done here and now by the functions the jobs process would call, or waited for."""

import pkgutil
import time
from collections.abc import Callable

from mptf.core import tasks
from mptf.core.db import unit_of_work
from mptf.jobs.child import perform
from mptf.jobs.table import TASKS


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


def until(condition: Callable[[], bool], within: float = 20.0) -> None:
    """Wait for something that must happen in another process, at most so many seconds."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
