"""A task is done in a process of its own, and whatever happens to that process, half of it is never kept."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from mptf.core import clock, tasks
from mptf.core.db import aside, db, transactions, unit_of_work
from mptf.core.tasks import Task, TaskState
from mptf.fund.models import Fund
from mptf.jobs import child, runner
from mptf.jobs.runner import Runner
from mptf.people.queries import viewer_of
from mptf.policy import Role
from tests.factories import Make
from tests.support import trial_tasks
from tests.support.work import ended, until


class Bench:
    """The real runner with tasks for tests."""

    def __init__(self, app: Flask, make: Make) -> None:
        self.app = app
        self.runner = Runner(app, trial_tasks.TASKS)
        make.fund(name="Whole")
        self.by = make.viewer(Role.ADMINISTRATOR)

    def ask(self, kind: str, **params: Any) -> int:
        with self.app.app_context(), unit_of_work():
            return tasks.ask(kind, by=self.by, **params).id

    def see(self, task_id: int) -> Task:
        with self.app.app_context(), transactions("read"):
            return db.session.get_one(Task, task_id)

    def fund_name(self) -> str:
        with self.app.app_context(), transactions("read"):
            return db.session.query(Fund).one().name

    def tick_until(self, condition: Callable[[], bool]) -> None:
        def ticked() -> bool:
            self.runner.tick()
            return condition()

        until(ticked)

    def end(self, task_id: int) -> Task:
        self.tick_until(lambda: self.see(task_id).state.final)
        return self.see(task_id)


@pytest.fixture
def bench(app: Flask, make: Make) -> Iterator[Bench]:
    made = Bench(app, make)
    yield made
    made.runner.stop()


def test_a_task_ends_with_its_result(bench: Bench) -> None:
    task = bench.end(bench.ask("adds", numbers=[1, 2, 39]))
    assert (task.state, task.result, task.percent, task.attempts) == (TaskState.DONE, {"total": 42}, 100, 1)


def test_a_task_whose_process_is_killed_is_done_again_from_the_beginning(bench: Bench) -> None:
    task = bench.end(bench.ask("dies_once"))
    assert (task.state, task.result) == (TaskState.DONE, {"attempt": 2})


def test_a_task_that_kills_its_process_every_time_fails_after_three_and_changes_nothing(bench: Bench) -> None:
    task = bench.end(bench.ask("dies"))
    assert (task.state, task.attempts) == (TaskState.FAILED, 3)
    assert "interrupted" in (task.note or "")
    assert bench.fund_name() == "Whole"


def test_a_task_for_which_no_process_can_be_made_is_done_later(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "REST", 0.1)
    real, left = runner.processes.Process.start, [EOFError(), OSError("Cannot allocate memory")]

    def start(process: Any) -> None:
        if left:
            raise left.pop()
        real(process)

    monkeypatch.setattr(runner.processes.Process, "start", start)
    task = bench.end(bench.ask("adds", numbers=[1]))
    assert (task.state, task.attempts) == (TaskState.DONE, 3)


def test_a_refusal_reaches_the_person_in_its_own_words_and_nothing_is_kept(bench: Bench) -> None:
    task = bench.end(bench.ask("refuses"))
    assert (task.state, task.note, task.attempts) == (TaskState.FAILED, "Row 7 has no amount.", 1)
    assert bench.fund_name() == "Whole"


def test_a_mistake_in_the_code_tells_the_person_nothing_of_its_inside(bench: Bench) -> None:
    task = bench.end(bench.ask("breaks"))
    assert (task.state, task.note) == (TaskState.FAILED, child.BROKEN)
    assert bench.fund_name() == "Whole"


def test_an_unknown_kind_fails_at_once(bench: Bench) -> None:
    assert bench.end(bench.ask("nobody.knows")).state is TaskState.FAILED


def test_progress_is_seen_while_the_task_runs(bench: Bench, tmp_path: Path) -> None:
    task_id = bench.ask("waits", started=str(tmp_path / "started"), until=str(tmp_path / "until"))
    bench.tick_until(lambda: bench.see(task_id).percent == 50)
    (tmp_path / "until").touch()
    assert bench.end(task_id).percent == 100


@pytest.mark.both_engines
def test_two_tasks_run_at_once_and_the_third_waits(bench: Bench, tmp_path: Path) -> None:
    started = [tmp_path / f"started{number}" for number in range(3)]
    asked = [bench.ask("waits", started=str(file), until=str(tmp_path / "until")) for file in started]
    bench.tick_until(lambda: started[0].exists() and started[1].exists())
    bench.runner.tick()
    assert bench.see(asked[2]).state is TaskState.QUEUED
    (tmp_path / "until").touch()
    assert [bench.end(task).state for task in asked] == [TaskState.DONE] * 3


def test_what_a_fallen_leader_left_running_is_taken_up_at_once(bench: Bench) -> None:
    task_id = bench.ask("adds", numbers=[1])
    with bench.app.app_context(), unit_of_work():
        assert tasks.take()
    assert bench.runner.begin() == 1
    assert bench.end(task_id).attempts == 2


def test_who_was_overtaken_keeps_nothing(bench: Bench) -> None:
    task_id = bench.ask("refuses")
    with bench.app.app_context():
        with unit_of_work():
            assert tasks.take()

        def rename(_task: Task, _report: child.TaskReporter) -> dict[str, Any]:
            with aside() as connection:
                connection.execute(update(Task).where(Task.id == task_id).values(attempts=2))
            db.session.query(Fund).one().name = "late"
            return {}

        child.perform(rename, task_id, attempt=1)
        child.perform(rename, task_id, attempt=1)  # not even begun
    assert bench.see(task_id).state is TaskState.RUNNING
    assert bench.fund_name() == "Whole"


def test_progress_is_not_written_across_an_open_write(bench: Bench) -> None:
    task_id = bench.ask("adds", numbers=[])
    with bench.app.app_context(), unit_of_work():
        assert tasks.take()
        child.TaskReporter(task_id)(1, 2)  # would wait for the lock this very process holds
    assert bench.see(task_id).total == 0


def test_a_new_leader_gives_back_what_one_with_a_clock_ahead_of_ours_left_running(bench: Bench) -> None:
    task_id = bench.ask("adds", numbers=[])
    with bench.app.app_context(), clock.at(clock.now() + timedelta(hours=3)), unit_of_work():
        assert tasks.take()
    assert bench.runner.begin() == 1
    assert bench.see(task_id).state is TaskState.QUEUED


def test_a_child_that_does_not_end_in_time_is_ended_and_its_task_given_back(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LAST_WORDS", 0.2)
    task_id = bench.ask("waits", started=str(tmp_path / "started"), until=str(tmp_path / "never"))
    bench.tick_until((tmp_path / "started").exists)
    bench.runner.stop()
    assert ended((tmp_path / "started").read_text())
    assert bench.see(task_id).state is TaskState.QUEUED


def test_children_are_ended_also_where_the_database_is_away(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_child: runner.Child) -> None:
        raise OperationalError("", {}, Exception("the database is away"))

    monkeypatch.setattr(runner, "LAST_WORDS", 0.2)
    task_id = bench.ask("waits", started=str(tmp_path / "started"), until=str(tmp_path / "until"))
    bench.tick_until((tmp_path / "started").exists)
    with monkeypatch.context() as patch:
        patch.setattr(runner, "_give_back", away)
        bench.runner.stop()
    assert ended((tmp_path / "started").read_text())
    next_leader = Runner(bench.app, trial_tasks.TASKS)
    assert next_leader.begin() == 1
    assert bench.see(task_id).state is TaskState.QUEUED


def test_a_task_that_never_ends_is_ended(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LONGEST", 0.0)
    task = bench.end(bench.ask("waits", started=str(tmp_path / "started"), until=str(tmp_path / "never")))
    assert (task.state, task.attempts) == (TaskState.FAILED, 3)


def test_work_is_done_in_the_role_it_was_asked_in(app: Flask, make: Make) -> None:
    fund, donor, person = make.fund(), make.organisation(), make.person()
    make.grant(person, Role.DONOR_VIEWER, fund, donor)
    officer = make.grant(person, Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        viewer = viewer_of(person.id, officer.public_id)
        with unit_of_work():
            task = tasks.ask("gateway.check", by=viewer, fund_id=fund.id)
        assert task.role_id == officer.public_id
        held = viewer_of(task.by_id, task.role_id).role_in(fund.id)
        assert held is not None
        assert held.role is Role.SECRETARIAT_OFFICER
