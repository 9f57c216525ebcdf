"""Background work: takes waiting tasks, gives each a child process, and looks after it."""

import multiprocessing
import multiprocessing.forkserver
import time
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from mptf.core import clock, logs, tasks
from mptf.core.db import aside, db, transactions, unit_of_work
from mptf.core.tasks import Task, TaskState
from mptf.jobs import child
from mptf.web import config, health

FACTORY = "mptf:create_app"
LOADED = "mptf.application"  # once, before there is a task: each begins at once instead of a second later
MOST_AT_ONCE = 2
BEAT_EVERY = 10.0  # seconds
LONGEST = 30 * 60.0  # seconds a task may take before its process is ended
REST = 5.0  # seconds before another process is tried where none could be made
LAST_WORDS = 5.0  # seconds children have to end when the jobs process is told to

log = logs.get(__name__)
processes = multiprocessing.get_context("forkserver")


@dataclass(frozen=True)
class Child:
    """A task and the process that is at it."""

    task_id: int
    attempt: int
    process: multiprocessing.process.BaseProcess
    deadline: float


class Runner:
    """Keeps at most a few tasks running; `tick` is called often and returns at once."""

    def __init__(self, app: Flask, functions: Mapping[str, str]) -> None:
        self._app = app
        self._functions = functions
        self._children: list[Child] = []
        self._next_beat = self._next_start = 0.0
        processes.set_forkserver_preload([child.__name__, LOADED])
        multiprocessing.forkserver.ensure_running()

    def begin(self) -> int:
        """Give back what an earlier leader left running: its children ended with it."""
        with self._app.app_context(), unit_of_work():
            return tasks.requeue_running()

    def tick(self) -> None:
        """See to the children, then start what waits."""
        with self._app.app_context():
            self._reap()
            self._beat()
            while self._has_room() and _waiting():
                self._start()

    def stop(self) -> None:
        """Let the children end; what does not end in time is given back.

        Where the database is away, or another's by now, the next leader gives it back.
        """
        deadline = time.monotonic() + LAST_WORDS
        for running in self._children:
            running.process.join(max(0.0, deadline - time.monotonic()))
            running.process.kill()
            running.process.join()
        with self._app.app_context():
            if health.refusal():
                return
            try:
                self._reap()
            except DBAPIError as error:
                log.warning("database does not answer", reason=str(error.orig))

    def _reap(self) -> None:
        for running in list(self._children):
            if time.monotonic() > running.deadline:
                running.process.kill()
                running.process.join()
            if running.process.is_alive():
                continue
            if running.process.exitcode:
                log.warning("task process ended", task=running.task_id, code=running.process.exitcode)
                _give_back(running)
            self._children.remove(running)

    def _beat(self) -> None:
        """Show that the children live, whatever they are busy with."""
        if not self._children or time.monotonic() < self._next_beat:
            return
        self._next_beat = time.monotonic() + BEAT_EVERY
        alive = [running.task_id for running in self._children]
        with aside() as connection:
            connection.execute(
                update(Task).where(Task.id.in_(alive), Task.state == TaskState.RUNNING).values(heartbeat_at=clock.now())
            )

    def _has_room(self) -> bool:
        return len(self._children) < MOST_AT_ONCE and time.monotonic() >= self._next_start

    def _start(self) -> None:
        with unit_of_work():
            task = tasks.take()
            function = self._functions.get(task.kind) if task else None
            if task and not function:
                tasks.fail(task, child.BROKEN)
                log.error("task of unknown kind", task=task.id, kind=task.kind)
        if not task or not function:
            return
        process = processes.Process(
            target=child.work, args=(config(), FACTORY, function, task.id, task.attempts), daemon=True
        )
        begun = Child(task.id, task.attempts, process, time.monotonic() + LONGEST)
        try:
            process.start()
        except (OSError, EOFError) as error:  # no memory for one more, or what makes them was killed
            log.warning("task process not made", task=task.id, reason=repr(error))
            self._next_start = time.monotonic() + REST
            _give_back(begun)
            return
        self._children.append(begun)
        log.info("task started", task=task.id, kind=task.kind, attempt=task.attempts)


def _waiting() -> bool:
    """Look for waiting work without taking a lock."""
    with transactions("read"):
        try:
            return db.session.scalar(select(Task.id).where(Task.state == TaskState.QUEUED).limit(1)) is not None
        finally:
            db.session.remove()


def _give_back(dead: Child) -> None:
    with unit_of_work():
        task = db.session.get_one(Task, dead.task_id, with_for_update=True, populate_existing=True)
        if task.state is TaskState.RUNNING and task.attempts == dead.attempt:
            tasks.give_back(task)
