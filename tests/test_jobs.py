"""Every due job runs once, whoever comes to it; a leader that falls is followed by another (JOB-1)."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from mptf.core import clock, tasks
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.ids import new
from mptf.core.tasks import Task, TaskState
from mptf.jobs import leader, process, table
from mptf.jobs.leader import Lead
from mptf.jobs.models import JobRun
from mptf.jobs.schedule import Job, claim, fire
from mptf.policy import Role
from tests.factories import Make
from tests.support.scheduler import NOTES
from tests.support.work import ended, until

ROOT = Path(__file__).parents[1]
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
    first = new()
    assert claim(nightly(), NIGHT, leader=first)
    assert not claim(nightly(), NIGHT, leader=first)
    assert [claim(nightly(), NIGHT, leader=new()) for _ in range(3)] == [True, True, False]


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
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, count: int) -> None:
        command = (sys.executable, "-m", "tests.support.scheduler", self._url, str(self._folder))
        for number in range(count):
            with (self._folder / f"log{number}").open("wb") as log:
                self.running.append(subprocess.Popen(command, cwd=ROOT, stderr=log))

    def notes(self) -> list[tuple[int, int]]:
        """Return (slot, process) of every run so far."""
        file = self._folder / NOTES
        lines = file.read_text().splitlines() if file.exists() else []
        return [(int(slot), int(pid)) for slot, pid in map(str.split, lines)]

    def waiting(self) -> int:
        """Return how many found that another leads, and wait."""
        return sum("waiting for the lead" in log.read_text() for log in self._folder.glob("log*"))

    def leader(self) -> subprocess.Popen[bytes]:
        pid = self.notes()[-1][1]
        return next(process for process in self.running if process.pid == pid)

    def stop(self) -> None:
        for started in self.running:
            started.terminate()
        for started in self.running:
            started.wait(60)


@pytest.fixture
def schedulers(app: Flask, tmp_path: Path) -> Iterator[Schedulers]:
    running = Schedulers(app, tmp_path)
    yield running
    running.stop()


@pytest.mark.slow
def test_of_four_processes_one_leads_and_works_each_second_off_once(schedulers: Schedulers) -> None:
    schedulers.start(4)
    until(lambda: schedulers.waiting() == 3)
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
    os.kill(fallen.pid, signal.SIGKILL)
    fallen.wait()
    until(lambda: schedulers.notes()[-1][1] != fallen.pid)
    until(lambda: len({slot for slot, pid in schedulers.notes() if pid != fallen.pid}) >= 2)
    slots = [slot for slot, _ in schedulers.notes()]
    assert slots == sorted(set(slots))


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

    def task() -> Task:
        with app.app_context(), transactions("read"):
            return db.session.get_one(Task, task_id)

    until(lambda: task().state.final)
    assert (task().state, task().attempts) == (TaskState.DONE, 2)
