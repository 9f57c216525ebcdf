"""The jobs process: waits for the lead, then runs tasks, mail and the table of jobs until told to stop.

It works on no database the web server would refuse (MIG-1): while it stands still another process may lead.
"""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from mptf.core import garbage, ids, logs
from mptf.core.db import db
from mptf.jobs import chores, leader, sender, table
from mptf.jobs.leader import Lead
from mptf.jobs.runner import Runner
from mptf.jobs.schedule import Job, fire
from mptf.web import health

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

LOOK_EVERY = 0.4  # seconds between two looks for waiting tasks
SEND_EVERY = 2  # seconds between two looks into the outbox
FIT_EVERY = 2.0  # seconds between two looks at whose database this is, and at which revision
# A job that could not begin, or whose end could not be noted, waits no longer than this for its next try.
AGAIN_AFTER = timedelta(minutes=1)

log = logs.get(__name__)


def run(app: Flask, stop: threading.Event) -> None:
    """Lead whenever the lead is free and the database is one to work on, until told to stop."""
    with app.app_context():
        engine = db.engine
    with garbage.only_between():
        _lead_and_work(app, engine, stop)


def _lead_and_work(app: Flask, engine: Engine, stop: threading.Event) -> None:
    while _wait_until_fit(app, stop):
        lead = leader.wait(engine, stop)
        if lead is None:
            return
        log.info("lead taken")
        try:
            _work(app, lead, stop)
        except DBAPIError as error:
            _say_away(error)
            stop.wait(leader.TRY_EVERY)
        finally:
            lead.release()
            log.info("lead given up")


def _wait_until_fit(app: Flask, stop: threading.Event) -> bool:
    """Stand still while the database is not one to work on; return whether it is, and not told to stop before."""
    told = None
    while not stop.is_set():
        reason = _refusal(app)
        if reason is None:
            if told:
                log.info("work goes on")
            return True
        if reason != told:
            log.warning("work stands still", reason=reason)
            told = reason
        stop.wait(FIT_EVERY)
    return False


def _work(app: Flask, lead: Lead, stop: threading.Event) -> None:
    """Run everything while the lead is ours; what a database that is away leaves running, the next leader takes up."""
    if _refusal(app):  # the lead may have come after days
        return
    runner, ending = Runner(app, table.TASKS), threading.Event()
    scheduler = _scheduler(app, ending)
    try:
        runner.begin()
        scheduler.start()
        for _ in _rounds(app, lead, stop):
            try:
                runner.tick()
            except DBAPIError as error:
                _say_away(error)
    finally:
        ending.set()
        runner.stop()
        if scheduler.running:
            scheduler.shutdown(wait=True)


def _rounds(app: Flask, lead: Lead, stop: threading.Event) -> Iterator[None]:
    """Go round, with a pause after each, while the lead is ours and the database one to work on."""
    next_look = time.monotonic() + FIT_EVERY
    while not stop.is_set() and lead.held():
        if time.monotonic() >= next_look:
            if _refusal(app):
                return
            next_look = time.monotonic() + FIT_EVERY
        yield
        garbage.look()
        stop.wait(LOOK_EVERY)


def _scheduler(app: Flask, ending: threading.Event) -> "BackgroundScheduler":
    """Return the clock of the table of jobs; each is looked at once at the start, to catch up, and again and again."""
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.interval import IntervalTrigger

    us, now = ids.new(), datetime.now(UTC)
    scheduler = BackgroundScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in table.JOBS:
        often = min(job.every, AGAIN_AFTER).total_seconds()
        look = IntervalTrigger(seconds=int(often), start_date=job.slot(now), timezone=UTC)
        scheduler.add_job(_fire, look, args=(app, job, us), id=job.name, next_run_time=now)
    sending = IntervalTrigger(seconds=SEND_EVERY, timezone=UTC)
    scheduler.add_job(_send, sending, args=(app, ending), id="mail", next_run_time=now)
    return scheduler


def _fire(app: Flask, job: Job, us: str) -> None:
    """Work a job's present slot off, unless that was done or the database is not one to work on."""
    if not _refusal(app):
        fire(app, job, leader=us)


def _send(app: Flask, ending: threading.Event) -> None:
    """Look at the ways back that were asked for, and send what waits in the outbox, until the lead is given up."""
    if _refusal(app):
        return
    try:
        with app.app_context():
            chores.answer_resets()
        sender.send_due(app, table.LETTERS, ending=ending.is_set)
    except DBAPIError as error:
        _say_away(error)


def _refusal(app: Flask) -> str | None:
    with app.app_context():
        return health.refusal()


def _say_away(error: DBAPIError) -> None:
    log.warning("database does not answer", reason=str(error.orig))
