"""Tasks that succeed, refuse, break and die, as the jobs process knows them: `run(task, report) -> dict`."""

import os
import signal
import time
from pathlib import Path
from typing import Any

from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.tasks import Task
from mptf.fund.models import Fund
from mptf.jobs.child import TaskReporter

TASKS = {
    name: f"tests.support.trial_tasks:{name}" for name in ("adds", "dies_once", "dies", "refuses", "breaks", "waits")
}


def adds(task: Task, report: TaskReporter) -> dict[str, Any]:
    """Add what was given, telling how far it is."""
    numbers = task.params["numbers"]
    total = 0
    for done, number in enumerate(numbers):
        report(done, len(numbers), "Adding")
        total += number
    return {"total": total}


def dies_once(task: Task, _report: TaskReporter) -> dict[str, Any]:
    """End without a word the first time, in the middle of a transaction."""
    _rename_fund()
    if task.attempts == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"attempt": task.attempts}


def dies(_task: Task, _report: TaskReporter) -> dict[str, Any]:
    """End without a word every time."""
    _rename_fund()
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def refuses(_task: Task, _report: TaskReporter) -> dict[str, Any]:
    """Refuse in a sentence after touching something."""
    _rename_fund()
    raise RuleBroken(N_("Row {row} has no amount."), row=7)


def breaks(_task: Task, _report: TaskReporter) -> dict[str, Any]:
    """Fail as only a mistake in the code does, after touching something."""
    _rename_fund()
    raise ZeroDivisionError("secret figures")


def waits(task: Task, report: TaskReporter) -> dict[str, Any]:
    """Stay until a file appears, in no transaction."""
    Path(task.params["started"]).write_text(str(os.getpid()))
    while not Path(task.params["until"]).exists():
        report(1, 2)
        time.sleep(0.02)
    return {}


def _rename_fund() -> None:
    db.session.query(Fund).one().name = "half done"
    db.session.flush()
