"""One task in a process of its own: it can die without taking the scheduler along, and frees its memory."""

import multiprocessing
import multiprocessing.connection
import os
import pkgutil
import signal
import threading
import time
from typing import Any

from flask import Flask
from sqlalchemy.exc import OperationalError

from config import Config
from mptf.core import logs, tasks
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.errors import DomainError
from mptf.core.tasks import Overtaken, Task

REPORT_EVERY = 0.3  # seconds between two reports of progress
BROKEN = "The work failed because of an error in this system, which is in its log. Nothing was changed."

log = logs.get(__name__)


class TaskReporter:
    """Tells the person who waits how far the work is: `report(done, total, note)`."""

    def __init__(self, task_id: int) -> None:
        self._task_id = task_id
        self._next = 0.0

    def __call__(self, done: int, total: int, note: str | None = None) -> None:
        """Note the progress, unless it was noted just now or a transaction of ours would be in its way."""
        if time.monotonic() < self._next or _writing():
            return
        tasks.progress(self._task_id, done, total, note)
        self._next = time.monotonic() + REPORT_EVERY


def work(config: Config, factory: str, function: str, task_id: int, attempt: int) -> None:
    """Do one task from beginning to end; the process was started for it alone.

    `factory` and `function` name what they mean as `module:name`. Ends with an exit code other than
    zero when the work should be tried again.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_die_with_parent, daemon=True).start()
    logs.configure()
    app: Flask = pkgutil.resolve_name(factory)(config)
    with app.app_context():
        try:
            perform(pkgutil.resolve_name(function), task_id, attempt)
        finally:
            db.session.remove()
            db.engine.dispose()


def perform(run: Any, task_id: int, attempt: int) -> None:
    """Run a task's function and keep what came of it, in the function's last unit of work."""
    with transactions("read"):
        task = db.session.get_one(Task, task_id)
        db.session.remove()  # no transaction is open while the function prepares its work
    if task.attempts != attempt:
        log.warning("task overtaken", task=task_id, attempt=attempt)
        return
    try:
        with unit_of_work():
            result = run(task, TaskReporter(task_id))
            tasks.finish(tasks.ours(task_id, attempt), result)
    except Overtaken:
        log.warning("task overtaken", task=task_id, attempt=attempt)
    except DomainError as refusal:
        _failed(task_id, attempt, str(refusal))
    except OperationalError:
        raise  # the database was locked or away: the parent gives the task back
    except Exception:
        log.exception("task failed", task=task_id, kind=task.kind)
        _failed(task_id, attempt, BROKEN)


def _failed(task_id: int, attempt: int, reason: str) -> None:
    with unit_of_work():
        tasks.fail(tasks.ours(task_id, attempt), reason)


def _writing() -> bool:
    """Tell whether the session holds a lock that a write beside it might wait for."""
    session = db.session()
    if not session.in_transaction():
        return False
    if db.engine.dialect.name == "sqlite":
        return not session.connection().exec_driver_sql("PRAGMA query_only").scalar()
    return session.connection().exec_driver_sql("SELECT pg_current_xact_id_if_assigned()").scalar() is not None


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
