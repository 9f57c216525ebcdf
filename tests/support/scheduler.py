"""A jobs process for tests: the real one, with a job due every second that notes its slots in a file."""

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from mptf import create_app
from mptf.core import logs
from mptf.core.db import db, transactions
from mptf.jobs import process, runner, table
from mptf.jobs.models import JobRun
from mptf.jobs.schedule import Job
from tests.conftest import configuration
from tests.support import trial_tasks

SECOND = timedelta(seconds=1)
NOTES = "slots.txt"


def main(url: str, folder: Path, log: Path) -> None:
    """Run until told to stop, and say what is logged in a file."""
    with log.open("wb") as said:
        os.dup2(said.fileno(), sys.stderr.fileno())

    def note() -> str:
        # The slot that was claimed, not the second it is by now: a busy machine comes late.
        claimed = select(JobRun.slot).filter_by(job="test.second", ended_at=None).order_by(JobRun.started_at.desc())
        with transactions("read"):
            slot = db.session.scalars(claimed.limit(1)).one()
            db.session.rollback()
        with (folder / NOTES).open("a") as file:
            file.write(f"{slot.timestamp():.0f} {os.getpid()}\n")
        return "noted"

    every_second = Job("test.second", every=SECOND, at=timedelta(0), run=note)
    table.JOBS = (every_second,)
    table.TASKS = trial_tasks.TASKS
    runner.LOADED = trial_tasks.__name__  # most have no task: none waits for a whole application
    logs.configure()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    process.run(create_app(configuration(url, folder)), stop)
