"""Slots: a job is due once in each period, and worked off once however many processes come to it.

Who looks at a job again and again (`process`) loses no slot to a database that was away for a while.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from mptf.core import clock, logs
from mptf.core.db import aside, db, transactions
from mptf.jobs.models import JobRun

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_ATTEMPTS = 3  # a slot whose process dies each time is left alone, with no end noted

log = logs.get(__name__)


@dataclass(frozen=True)
class Job:
    """Something due once in every period, `at` after its beginning in UTC; `run` returns what came of it.

    `run` begins and ends its own transactions and may be run again for the same slot after a crash.
    """

    name: str
    every: timedelta
    at: timedelta
    run: Callable[[], str]

    def slot(self, moment: datetime) -> datetime:
        """Return the latest moment, up to this one, at which the job was due."""
        first = EPOCH + self.at
        return first + (moment - first) // self.every * self.every


def claim(job: Job, slot: datetime, *, leader: str) -> bool:
    """Claim a slot: a new one, or one whose end was never noted, as its leader died or the database was away.

    A leader is at one slot of a job at a time: one of its own without an end is one it is no longer at.
    """
    now = clock.now()
    try:
        with aside() as connection:
            connection.execute(
                insert(JobRun).values(job=job.name, slot=slot, leader=leader, attempts=1, started_at=now)
            )
    except IntegrityError:
        with aside() as connection:
            left = connection.execute(
                update(JobRun)
                .where(JobRun.job == job.name, JobRun.slot == slot, JobRun.ended_at.is_(None))
                .where(JobRun.attempts < MOST_ATTEMPTS)
                .values(leader=leader, attempts=JobRun.attempts + 1, started_at=now)
            )
            return left.rowcount == 1
    return True


def fire(app: Flask, job: Job, *, leader: str) -> bool:
    """Work a job's present slot off, unless that was done; tell whether it was done here.

    A slot that cannot be claimed now, whose work met a database that was away or locked, or whose end cannot be noted,
    is taken up the next time.
    """
    with app.app_context():
        slot = job.slot(clock.now())
        try:
            if _ended(job, slot) or not claim(job, slot, leader=leader):
                return False
            _work_off(job, slot, leader)
        except DBAPIError as error:
            log.warning("job waits for the database", job=job.name, slot=slot.isoformat(), reason=str(error.orig))
            return False
        return True


def _ended(job: Job, slot: datetime) -> bool:
    """Look for a slot that was worked off, without taking a lock."""
    with transactions("read"):
        try:
            return db.session.scalar(select(JobRun.ended_at).filter_by(job=job.name, slot=slot)) is not None
        finally:
            db.session.remove()


def _work_off(job: Job, slot: datetime, leader: str) -> None:
    """Do the job and note what came of it; a database that is in the way is raised while a try is left."""
    note, error = None, None
    try:
        note = job.run()
    except Exception as failure:
        db.session.rollback()
        if isinstance(failure, OperationalError) and _tries_left(job, slot):
            raise
        error = f"{type(failure).__name__}: {failure}"
        log.exception("job failed", job=job.name, slot=slot.isoformat())
    else:
        log.info("job done", job=job.name, slot=slot.isoformat(), note=note)
    _end(job, slot, leader, note, error)


def _tries_left(job: Job, slot: datetime) -> bool:
    with transactions("read"):
        try:
            tried = db.session.scalar(select(JobRun.attempts).filter_by(job=job.name, slot=slot))
            return tried is not None and tried < MOST_ATTEMPTS
        finally:
            db.session.remove()


def _end(job: Job, slot: datetime, leader: str, note: str | None, error: str | None) -> None:
    with aside() as connection:
        connection.execute(
            update(JobRun)
            .where(JobRun.job == job.name, JobRun.slot == slot, JobRun.leader == leader)
            .values(ended_at=clock.now(), note=note, error=error)
        )


def forget_runs(before: datetime) -> int:
    """Remove the memory of runs that began before a moment."""
    with aside() as connection:
        return connection.execute(delete(JobRun).where(JobRun.started_at < before)).rowcount
