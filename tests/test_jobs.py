"""Every due job runs once, whoever comes to it; a leader that falls is followed by another (JOB-1)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, make_url, select, text
from sqlalchemy.exc import OperationalError

from config import Environment, Mail
from mptf.core import clock, mail, schema, tasks
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.ids import new
from mptf.core.mail import MailState
from mptf.core.tasks import Task, TaskState
from mptf.jobs import child, leader, process, runner, schedule, table
from mptf.jobs.leader import Lead
from mptf.jobs.models import JobRun
from mptf.jobs.runner import Runner
from mptf.jobs.schedule import Job, claim, fire
from mptf.policy import Role
from tests.factories import Make
from tests.support import scheduler, trial_tasks
from tests.support.scheduler import NOTES
from tests.support.work import ended, until
from tests.test_mail import LOADERS, Deciding, installed, post, see, served

DAY = timedelta(days=1)
NIGHT = datetime(2026, 11, 23, 1, 20, tzinfo=UTC)


def nightly(run: Callable[[], str] = lambda: "done") -> Job:
    return Job("test.nightly", every=DAY, at=timedelta(hours=1, minutes=20), run=run)


def counted() -> tuple[list[datetime], Job]:
    """Return a nightly job, and the list of moments it ran at."""
    ran: list[datetime] = []

    def run() -> str:
        ran.append(clock.now())
        return "done"

    return ran, nightly(run)


@pytest.mark.parametrize(
    "moment, slot",
    [
        (NIGHT, NIGHT),
        (NIGHT + timedelta(seconds=1), NIGHT),
        (NIGHT - timedelta(seconds=1), NIGHT - DAY),
        (NIGHT + timedelta(hours=23), NIGHT),
    ],
)
def test_a_slot_is_the_latest_moment_at_which_a_job_was_due(moment: datetime, slot: datetime) -> None:
    assert nightly().slot(moment) == slot


def test_a_slot_is_worked_off_once_and_the_next_one_again(app: Flask) -> None:
    ran, job = counted()
    with clock.at(NIGHT + timedelta(hours=2)):
        assert [fire(app, job, leader=new()) for _ in range(3)] == [True, False, False]
    with clock.at(NIGHT + DAY):
        assert fire(app, job, leader=new())
    assert len(ran) == 2


def test_a_slot_missed_while_nobody_led_is_caught_up_once(app: Flask) -> None:
    ran, job = counted()
    with clock.at(NIGHT):
        fire(app, job, leader=new())
    with clock.at(NIGHT + 5 * DAY + timedelta(hours=3)):
        assert fire(app, job, leader=new())
        assert not fire(app, job, leader=new())
    assert len(ran) == 2


def test_a_failure_is_kept_in_words_and_does_not_stop_the_next_slot(app: Flask) -> None:
    def fail() -> str:
        raise OSError("disk is full")

    with clock.at(NIGHT):
        assert fire(app, nightly(fail), leader=new())
    with app.app_context():
        run = db.session.scalars(select(JobRun)).one()
        assert (run.error, run.ended_at) == ("OSError: disk is full", NIGHT)
    with clock.at(NIGHT + DAY):
        assert fire(app, nightly(), leader=new())


def test_a_slot_at_which_a_leader_died_is_taken_by_the_next_but_not_for_ever(ctx: Flask) -> None:
    assert claim(nightly(), NIGHT, leader=new())
    assert [claim(nightly(), NIGHT, leader=new()) for _ in range(3)] == [True, True, False]


def fails_once(patch: pytest.MonkeyPatch, place: object, name: str) -> None:
    """Let the database be away the first time something is done."""
    real, left = getattr(place, name), [OperationalError("", {}, Exception("the database is away"))]

    def done(*args: Any, **named: Any) -> Any:
        if left:
            raise left.pop()
        return real(*args, **named)

    patch.setattr(place, name, done)


@pytest.mark.parametrize("step, times", [("claim", 1), ("_end", 2)])
def test_a_slot_that_met_a_database_that_was_away_is_worked_off_in_its_period(
    app: Flask, monkeypatch: pytest.MonkeyPatch, step: str, times: int
) -> None:
    (ran, job), us = counted(), new()
    fails_once(monkeypatch, schedule, step)
    with clock.at(NIGHT):
        assert [fire(app, job, leader=us) for _ in range(3)] == [False, True, False]
    assert len(ran) == times
    with app.app_context():
        run = db.session.scalars(select(JobRun)).one()
        assert (run.ended_at, run.note, run.attempts) == (NIGHT, "done", times)


@pytest.mark.parametrize("times, error", [(1, None), (3, "OperationalError")])
def test_a_job_whose_work_met_a_locked_database_is_tried_again_in_its_period(
    app: Flask, times: int, error: str | None
) -> None:
    left = [OperationalError("", {}, Exception("database is locked")) for _ in range(times)]

    def run() -> str:
        if left:
            raise left.pop()
        return "done"

    with clock.at(NIGHT):
        assert [fire(app, nightly(run), leader=new()) for _ in range(4)].count(True) == 1
    with app.app_context():
        ended = db.session.scalars(select(JobRun)).one()
        assert (ended.ended_at, (ended.error or "").partition(":")[0] or None) == (NIGHT, error)


@contextmanager
def working(app: Flask) -> Iterator[None]:
    """Let the jobs process work in a thread as long as the block lasts."""
    stop = threading.Event()
    running = threading.Thread(target=process.run, args=(app, stop))
    running.start()
    try:
        yield
        assert running.is_alive(), "the jobs process fell"
    finally:
        stop.set()
        running.join(30)
    assert not running.is_alive()


def ended_runs(app: Flask) -> list[str]:
    with app.app_context(), transactions("read"):
        return list(db.session.scalars(select(JobRun.note).where(JobRun.ended_at.is_not(None))))


def test_the_process_comes_back_to_a_daily_job_it_could_not_begin(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "AGAIN_AFTER", timedelta(seconds=1))
    monkeypatch.setattr(table, "JOBS", (nightly(),))
    fails_once(monkeypatch, schedule, "claim")
    with working(app):
        until(lambda: ended_runs(app) == ["done"])


def test_a_process_whose_database_is_away_when_it_begins_stands_down_and_leads_again(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "JOBS", (nightly(),))
    fails_once(monkeypatch, Runner, "begin")
    with working(app):
        until(lambda: ended_runs(app) == ["done"])


def test_a_process_that_is_told_to_end_waits_for_the_message_at_hand_alone(
    app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "JOBS", ())
    monkeypatch.setattr(table, "LETTERS", LOADERS)
    posted = post(app, make, *["greeting"] * 8)
    with served(app) as server:
        server.refusal = Deciding("", lambda: threading.Event().wait(0.5))
        with working(app):
            until(lambda: bool(server.deliveries))
    states = [see(app, message).state for message in posted]
    assert states.count(MailState.SENT) == len(server.deliveries) < 4
    with app.app_context(), unit_of_work():
        assert len(mail.due()) == len(posted) - len(server.deliveries), "the others are due, not claimed"


@contextmanager
def away(app: Flask) -> Iterator[None]:
    """Let the database end every connection and take no new one."""
    address = app.extensions["config"].database_url
    server = create_engine(make_url(address).set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = str(make_url(address).database)
    with server.connect() as outside:
        outside.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        outside.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :n"), {"n": name})
        try:
            yield
        finally:
            outside.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    server.dispose()


@pytest.mark.postgres
@pytest.mark.slow
def test_a_database_that_is_away_while_a_task_runs_ends_neither_the_process_nor_the_task(
    app: Flask, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "TASKS", trial_tasks.TASKS)
    monkeypatch.setattr(table, "JOBS", ())
    monkeypatch.setattr(runner, "LAST_WORDS", 0.2)
    started, finish = tmp_path / "started", tmp_path / "finish"
    person = make.viewer(Role.ADMINISTRATOR)
    with app.app_context(), unit_of_work():
        task_id = tasks.ask("waits", by=person, started=str(started), until=str(finish)).id
    with working(app):
        until(lambda: started.exists() and bool(started.read_text()))
        first = started.read_text()
        with away(app):
            until(lambda: ended(first))
            time.sleep(1.5)  # the process has no database when it stands down and looks again
        finish.touch()
        assert outcome_of(app, task_id) == (TaskState.DONE, 2)


def outcome_of(app: Flask, task_id: int) -> tuple[TaskState, int]:
    """Wait until a task has ended; return how, and at which attempt."""

    def task() -> Task:
        with app.app_context(), transactions("read"):
            return db.session.get_one(Task, task_id)

    until(lambda: task().state.final)
    return task().state, task().attempts


def is_free(app: Flask) -> bool:
    """Tell whether nobody leads."""
    with app.app_context():
        led = leader.take(db.engine)
    if led:
        led.release()
    return led is not None


@contextmanager
def another_revision(app: Flask) -> Iterator[None]:
    """Let somebody migrate the database; it is as it was after the block."""

    def set_to(revision: str | None) -> None:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": revision})

    set_to("of another")
    try:
        yield
    finally:
        set_to(schema.expected())


@pytest.mark.slow
def test_on_another_revision_the_process_stands_still_lets_others_lead_and_then_goes_on(
    app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(table, "LETTERS", LOADERS)
    monkeypatch.setattr(table, "JOBS", (nightly(),))
    monkeypatch.setattr(process, "FIT_EVERY", 0.2)
    with installed(app, Mail(), Environment.TEST), working(app):
        until(lambda: ended_runs(app) == ["done"])
        with another_revision(app):
            (message,) = post(app, make, "greeting")
            until(lambda: is_free(app))
            time.sleep(process.SEND_EVERY + 0.5)
            assert see(app, message).state is MailState.QUEUED
        until(lambda: see(app, message).state is MailState.SENT)
    said = capfd.readouterr().out
    assert "The database is at revision of another" in said
    assert "work goes on" in said


def test_one_process_leads(ctx: Flask) -> None:
    held = leader.take(db.engine)
    assert held
    assert held.held()
    assert leader.take(db.engine) is None
    held.release()
    again = leader.take(db.engine)
    assert again
    again.release()


def end_the_leaders_session() -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )


@pytest.mark.postgres
def test_a_leader_whose_session_the_server_ends_stands_down(ctx: Flask) -> None:
    held = leader.take(db.engine)
    assert held
    end_the_leaders_session()
    assert not held.held()
    held.release()
    again = leader.take(db.engine)
    assert again
    again.release()


@pytest.mark.postgres
@pytest.mark.slow
def test_a_process_that_lost_the_lead_goes_on_and_takes_it_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Lead | None] = []
    wait = leader.wait

    def noted(engine: Engine, stop: threading.Event) -> Lead | None:
        taken.append(wait(engine, stop))
        return taken[-1]

    monkeypatch.setattr(leader, "wait", noted)
    stop = threading.Event()
    running = threading.Thread(target=process.run, args=(app, stop))
    running.start()
    try:
        until(lambda: len(taken) == 1)
        with app.app_context():
            end_the_leaders_session()
        until(lambda: len(taken) == 2 and taken[1] is not None)
    finally:
        stop.set()
        running.join(20)
    assert not running.is_alive()


def test_every_real_job_works(app: Flask) -> None:
    for job in table.JOBS:
        assert fire(app, job, leader=new())
    with app.app_context():
        assert not db.session.scalars(select(JobRun.error).where(JobRun.error.is_not(None))).all()


def test_every_task_and_letter_of_the_tables_exists() -> None:
    import pkgutil

    assert all(callable(pkgutil.resolve_name(function)) for function in table.TASKS.values())
    assert all(callable(load) for load in table.LETTERS.values())


class Schedulers:
    """Real jobs processes over one database."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._url = app.extensions["config"].database_url
        self._folder = folder
        self.running: list[BaseProcess] = []

    def start(self, count: int) -> None:
        """Begin so many from one process that has loaded the application, as each would take a second to."""
        runner.processes.set_forkserver_preload([child.__name__, runner.LOADED])
        for number in range(count):
            given = (self._url, self._folder, self._folder / f"log{number}")
            self.running.append(runner.processes.Process(target=scheduler.main, args=given))
            self.running[-1].start()

    def notes(self) -> list[tuple[int, int]]:
        """Return (slot, process) of every run so far."""
        file = self._folder / NOTES
        lines = file.read_text().splitlines() if file.exists() else []
        return [(int(slot), int(pid)) for slot, pid in map(str.split, lines)]

    def waiting(self) -> int:
        """Return how many found that another leads, and wait."""
        return sum("waiting for the lead" in log.read_text() for log in self._folder.glob("log*"))

    def leader(self) -> BaseProcess:
        pid = self.notes()[-1][1]
        return next(process for process in self.running if process.pid == pid)

    def stop(self) -> None:
        for started in self.running:
            started.terminate()
        for started in self.running:
            started.join(60)


@pytest.fixture
def schedulers(app: Flask, tmp_path: Path) -> Iterator[Schedulers]:
    running = Schedulers(app, tmp_path)
    yield running
    running.stop()


@pytest.mark.slow
def test_of_three_processes_one_leads_and_works_each_second_off_once(schedulers: Schedulers) -> None:
    schedulers.start(3)
    until(lambda: schedulers.waiting() == 2)
    before = len(schedulers.notes())
    until(lambda: len(schedulers.notes()) >= before + 3)  # the others try as well meanwhile
    slots = [slot for slot, _ in schedulers.notes()]
    assert slots == sorted(set(slots)), "a slot was worked off twice"
    assert len({pid for _, pid in schedulers.notes()}) == 1, "two processes led"


@pytest.mark.slow
def test_when_the_leader_is_killed_the_other_takes_over(schedulers: Schedulers) -> None:
    schedulers.start(2)
    until(lambda: schedulers.waiting() == 1 and bool(schedulers.notes()))
    fallen = schedulers.leader()
    fallen.kill()
    fallen.join()
    until(lambda: schedulers.notes()[-1][1] != fallen.pid)
    until(lambda: len({slot for slot, pid in schedulers.notes() if pid != fallen.pid}) >= 2)
    slots = [slot for slot, _ in schedulers.notes()]
    assert slots == sorted(set(slots))


@pytest.mark.one_engine
@pytest.mark.slow
def test_a_task_whose_leader_is_killed_ends_with_it_and_is_done_again_by_the_next(
    schedulers: Schedulers, app: Flask, make: Make, tmp_path: Path
) -> None:
    started, finish = tmp_path / "started", tmp_path / "finish"
    person = make.viewer(Role.ADMINISTRATOR)
    with app.app_context(), unit_of_work():
        task_id = tasks.ask("waits", by=person, started=str(started), until=str(finish)).id
    schedulers.start(2)
    until(lambda: started.exists() and bool(started.read_text()) and bool(schedulers.notes()))
    first = started.read_text()
    schedulers.leader().kill()
    until(lambda: ended(first))
    until(lambda: started.read_text() not in ("", first))
    finish.touch()
    assert outcome_of(app, task_id) == (TaskState.DONE, 2)
