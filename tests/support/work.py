"""Background work in tests: done here and now, by the functions the jobs process would call."""

import pkgutil

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
