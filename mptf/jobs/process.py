"""The jobs process: waits for the lead, then runs tasks, mail and the table of jobs until told to stop."""

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy.exc import DBAPIError

from mptf.core import ids, logs
from mptf.core.db import db
from mptf.jobs import chores, leader, sender, table
from mptf.jobs.leader import Lead
from mptf.jobs.runner import Runner
from mptf.jobs.schedule import fire

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

LOOK_EVERY = 0.4  # seconds between two looks for waiting tasks
SEND_EVERY = 2  # seconds between two looks into the outbox

log = logs.get(__name__)


def run(app: Flask, stop: threading.Event) -> None:
    """Lead whenever the lead is free, until told to stop."""
    with app.app_context():
        engine = db.engine
    while not stop.is_set():
        lead = leader.wait(engine, stop)
        if lead is None:
            return
        log.info("lead taken")
        try:
            _work(app, lead, stop)
        finally:
            lead.release()
            log.info("lead given up")


def _work(app: Flask, lead: Lead, stop: threading.Event) -> None:
    """Run everything while the lead is ours."""
    runner = Runner(app, table.TASKS)
    scheduler = _scheduler(app)
    try:
        runner.begin()
        scheduler.start()
        while not stop.is_set() and lead.held():
            try:
                runner.tick()
            except DBAPIError as error:
                log.warning("database does not answer", reason=str(error.orig))
            stop.wait(LOOK_EVERY)
    finally:
        runner.stop()
        if scheduler.running:
            scheduler.shutdown(wait=True)


def _scheduler(app: Flask) -> "BackgroundScheduler":
    """Return the clock of the table of jobs; each is looked at once at the start, to catch up."""
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.interval import IntervalTrigger

    us, now = ids.new(), datetime.now(UTC)
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in table.JOBS:
        due = IntervalTrigger(seconds=int(job.every.total_seconds()), start_date=job.slot(now), timezone=UTC)
        scheduler.add_job(fire, due, args=(app, job), kwargs={"leader": us}, id=job.name, next_run_time=now)
    sending = IntervalTrigger(seconds=SEND_EVERY, timezone=UTC)
    scheduler.add_job(_send, sending, args=(app,), id="mail", next_run_time=now)
    return scheduler


def _send(app: Flask) -> None:
    """Look at the ways back that were asked for, and send what waits in the outbox."""
    with app.app_context():
        chores.answer_resets()
    sender.send_due(app, table.LETTERS)
