"""Background work: a row says what to do; the jobs process does it and reports progress here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, select, update
from sqlalchemy.orm import mapped_column

from mptf.core import clock
from mptf.core.audit import Actor
from mptf.core.db import Base, Key, Mapped, PublicId, aside, db
from mptf.core.errors import N_
from mptf.core.status import Status

MOST_ATTEMPTS = 3


class Overtaken(Exception):
    """Somebody else was given the task while this process was at it."""


class TaskState(Status):
    """Where a piece of background work is."""

    QUEUED = "queued", N_("Waiting"), "open", "clock"
    RUNNING = "running", N_("Running"), "info", "loader-2"
    DONE = "done", N_("Done"), "good", "circle-check", True
    FAILED = "failed", N_("Failed"), "bad", "alert-triangle", True


@dataclass(frozen=True)
class Work:
    """A kind of background work: its name in the rows, what people call it, and who does it.

    `function` names `run(task, report) -> dict` as `module:name`; only the child process that does the
    work imports it.
    """

    kind: str
    label: str
    function: str


class Reporter(Protocol):
    """Tells the person who waits how far the work is."""

    def __call__(self, done: int, total: int, note: str | None = None) -> None:
        """Note how many parts are done of how many, and what is being done."""


class GrantedRole(Protocol):
    """A role somebody works in, as far as background work is concerned."""

    @property
    def grant_id(self) -> str: ...


class Asker(Actor, Protocol):
    """Somebody who asks for work; it is done with the rights of the role asked in, if still held."""

    def role_in(self, fund_id: int | None) -> GrantedRole | None: ...


class Task(Base):
    """One piece of background work, asked for by a person."""

    __tablename__ = "task"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[str] = mapped_column(String(60))
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("fund.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role_id: Mapped[str | None] = mapped_column(String(26))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[TaskState] = mapped_column(default=TaskState.QUEUED)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    note: Mapped[str | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    __table_args__ = (
        Index("ix_task_waiting", "state", "id"),
        CheckConstraint("done >= 0 AND done <= total", name="progress"),
    )

    @property
    def about(self) -> str:
        """What the work is about, as people know it; empty where nobody said."""
        return str(self.params.get("about", ""))

    @property
    def percent(self) -> int:
        """How far the work is, in whole percent."""
        if self.state is TaskState.DONE:
            return 100
        return 100 * self.done // self.total if self.total else 0


def ask(kind: str, *, by: Asker, fund_id: int | None = None, **params: Any) -> Task:
    """Ask for a piece of background work in the running unit of work; `about` names its file or subject to people."""
    role = by.role_in(fund_id)
    task = Task(kind=kind, by_id=by.id, role_id=role.grant_id if role else None, fund_id=fund_id, params=params)
    db.session.add(task)
    db.session.flush()
    return task


def take() -> Task | None:
    """Claim the oldest waiting task for this process, if there is one."""
    task = db.session.scalars(
        select(Task).where(Task.state == TaskState.QUEUED).order_by(Task.id).limit(1).with_for_update(skip_locked=True)
    ).first()
    if task:
        task.state, task.attempts = TaskState.RUNNING, task.attempts + 1
        task.started_at = task.heartbeat_at = clock.now()
        task.done = task.total = 0
    return task


def progress(task_id: int, done: int, total: int, note: str | None = None) -> None:
    """Report how far a task is; a short transaction of its own, so that others see it at once."""
    with aside() as connection:
        connection.execute(
            update(Task)
            .where(Task.id == task_id)
            .values(done=min(done, total), total=total, note=note, heartbeat_at=clock.now())
        )


def finish(task: Task, result: dict[str, Any]) -> None:
    """Note that the work is done and what came of it."""
    task.state, task.result, task.ended_at, task.note = TaskState.DONE, result, clock.now(), None


def fail(task: Task, reason: str) -> None:
    """Note that the work failed, with a sentence for the person who asked."""
    task.state, task.note, task.ended_at = TaskState.FAILED, reason, clock.now()


def give_back(task: Task) -> None:
    """Put a task whose process died back into the queue, or fail it after the last attempt."""
    if task.attempts >= MOST_ATTEMPTS:
        fail(task, "The work was interrupted several times. Nothing was changed; ask for it again.")
    else:
        task.state = TaskState.QUEUED


def ours(task_id: int, attempt: int) -> Task:
    """Return the task, locked until this unit of work ends, while it is still this attempt that counts."""
    found = select(Task).where(Task.id == task_id).with_for_update().execution_options(populate_existing=True)
    task = db.session.scalars(found).one()
    if task.state is not TaskState.RUNNING or task.attempts != attempt:
        raise Overtaken
    return task


def requeue_running() -> int:
    """Give back every task that is marked as running, for who knows that none of them is; return how many.

    No clock is asked: the one that started them may have been ahead of ours.
    """
    left = db.session.scalars(select(Task).where(Task.state == TaskState.RUNNING).with_for_update()).all()
    for task in left:
        give_back(task)
    return len(left)
