"""What an operator types: each command says in a sentence what came of it, and none shows a stack trace."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, text

from config import Config, Environment
from mptf.cli import checks
from mptf.core import audit, schema
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.mail import OutboxMessage
from mptf.fund.models import Fund
from mptf.people.models import Person, RoleGrant
from mptf.signin.models import Invitation
from tests.factories import Make
from tests.support.migrated import empty_database, installation

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bare(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation over a database without tables, its data folder not made yet."""
    url = empty_database(engine, tmp_path / "data", "cli")
    with installation(url, tmp_path / "data", migrated=False) as app:
        yield app


@pytest.fixture
def ready(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation that was prepared; its tables are a copy, as the way there has tests of its own."""
    (tmp_path / "data").mkdir()
    with installation(empty_database(engine, tmp_path / "data", "cli"), tmp_path / "data") as app:
        assert run(app, "prepare").exit_code == 0
        yield app


def run(app: Flask, *args: str | Path) -> Result:
    result = app.test_cli_runner().invoke(args=[str(arg) for arg in args])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def become(app: Flask, environment: Environment) -> None:
    config: Config = app.extensions["config"]
    app.extensions["config"] = replace(config, environment=environment)


def test_prepare_makes_everything_and_does_nothing_the_second_time(bare: Flask) -> None:
    first, second = run(bare, "prepare"), run(bare, "prepare")
    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert f"at revision {schema.expected()}" in second.output
    with bare.app_context(), transactions("read"):
        assert db.session.scalars(select(Person)).all() == []


@pytest.mark.parametrize(
    "command",
    [
        ("jobs", "run"),
        ("backup", "somewhere"),
        ("audit", "verify"),
        ("admin", "create", "--name", "A", "--email", "a@example.org"),
    ],
)
def test_a_command_that_needs_tables_says_so(bare: Flask, command: tuple[str, ...]) -> None:
    run(bare, "check", "settings")
    Path(bare.extensions["config"].data_folder).mkdir(exist_ok=True)
    refused = run(bare, *command)
    assert refused.exit_code == 1
    assert "flask prepare" in refused.output


@pytest.mark.slow
def test_a_demonstration_is_filled_once_and_its_sign_ins_are_printed(bare: Flask) -> None:
    become(bare, Environment.DEMO)
    first = run(bare, "prepare")
    assert first.exit_code == 0, first.output
    assert "@example.org" in first.output
    with bare.app_context(), transactions("read"):
        people = len(db.session.scalars(select(Person)).all())
        assert db.session.scalars(select(Fund.code).order_by(Fund.code)).all()[0] == "SLW00"
    assert run(bare, "prepare").output.splitlines()[1:] == first.output.splitlines()[1:]
    assert "already" in run(bare, "demo", "load").output
    with bare.app_context(), transactions("read"):
        assert len(db.session.scalars(select(Person)).all()) == people
    assert run(bare, "audit", "verify").exit_code == 0


def test_production_takes_no_demonstration(ready: Flask) -> None:
    become(ready, Environment.PRODUCTION)
    assert run(ready, "prepare").exit_code == 0
    refused = run(ready, "demo", "load")
    assert refused.exit_code == 1
    assert "production" in refused.output
    with ready.app_context(), transactions("read"):
        assert db.session.scalars(select(Person)).all() == []


def test_a_demonstration_does_nothing_with_the_data_of_real_people(ready: Flask) -> None:
    with ready.app_context(), unit_of_work():
        db.session.add(Person(name="Real Person", email="real@example.org"))
    become(ready, Environment.DEMO)
    for command in (
        ["jobs", "run"],
        ["mail", "release"],
        ["admin", "create", "--name", "A", "--email", "a@example.org"],
    ):
        refused = run(ready, *command)
        assert refused.exit_code == 1
        assert "real people" in refused.output


def test_prepare_says_that_a_revision_is_of_newer_code(ready: Flask) -> None:
    with ready.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'newer'"))
    refused = run(ready, "prepare")
    assert refused.exit_code == 1
    assert "revision newer, which this code does not know" in refused.output


@pytest.mark.parametrize("command", [("backup",), ("restore",)])
def test_a_folder_that_cannot_be_is_told_in_a_sentence(ready: Flask, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    refused = run(ready, *command, tmp_path / "file" / "below")
    assert refused.exit_code == 1
    assert refused.output.startswith("Error: ")
    assert "Not a directory" in refused.output


def test_a_database_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    given = {"MPTF_ENV": "test", "MPTF_DATA": str(tmp_path), "SECRET_KEY": secrets.token_hex(32)}
    environment = {**os.environ, **given, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=3"}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "list"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The database ")
    assert "Traceback" not in done.stderr


def test_the_first_administrator_gets_a_link_once_and_no_second_one_comes(ready: Flask) -> None:
    made = run(ready, "admin", "create", "--name", "Demo Administrator 1", "--email", "admin1@example.org")
    assert made.exit_code == 0, made.output
    assert re.search(r"http://localhost/\S+", made.output)
    with ready.app_context(), transactions("read"):
        assert db.session.scalars(select(OutboxMessage.kind)).all() == ["invitation"]
        person = db.session.scalars(select(Person)).one()
    with ready.app_context(), unit_of_work():
        db.session.get_one(Person, person.id).joined_at = person.created_at
    refused = run(ready, "admin", "create", "--name", "Demo Administrator 2", "--email", "admin2@example.org")
    assert refused.exit_code == 1
    assert "administrator already" in refused.output


def test_a_mistyped_first_administrator_is_invited_no_longer(ready: Flask) -> None:
    """The link at the wrong address would let a stranger be administrator for seven days."""
    create = ("admin", "create", "--name", "Demo Administrator 1", "--email")
    run(ready, *create, "wrong@example.org")
    made = run(ready, *create, "right@example.org")
    assert made.exit_code == 0, made.output
    assert "Demo Administrator 1, wrong@example.org, is invited no longer" in made.output
    with ready.app_context(), transactions("read"):
        standing = {row.person.email: row.open for row in db.session.scalars(select(Invitation))}
        assert standing == {"wrong@example.org": False, "right@example.org": True}
        held = {row.person.email: row.ended_at is None for row in db.session.scalars(select(RoleGrant))}
        assert held == {"wrong@example.org": False, "right@example.org": True}
        events = list(db.session.scalars(select(audit.AuditEvent.action).order_by(audit.AuditEvent.seq)))
    assert [event for event in events if event in ("invitation.withdrawn", "role.ended")] == [
        "invitation.withdrawn", "role.ended",
    ]  # fmt: skip
    assert "no longer" not in run(ready, *create, "right@example.org").output


def test_the_audit_chain_is_verified_and_an_anchor_finds_a_cut(ready: Flask) -> None:
    with ready.app_context(), unit_of_work():
        fund = Fund(code="SLW00", name="Fund", short_name="F")
        db.session.add(fund)
        db.session.flush()
        for number in range(3):
            audit.record("fund.touched", fund, by=None, number=number)
    anchor = run(ready, "audit", "head").output.strip()
    assert run(ready, "audit", "verify", "--anchor", anchor).output == "3 events hold. The anchor is among them.\n"
    with ready.app_context(), schema.unguarded(db.engine) as connection:
        for statement in (
            "DELETE FROM audit_detail WHERE event_seq = 3",
            "DELETE FROM audit_event WHERE seq = 3",
            "UPDATE audit_head SET seq = 2, hash = (SELECT hash FROM audit_event WHERE seq = 2)",
        ):
            connection.execute(text(statement))
    assert run(ready, "audit", "verify").exit_code == 0, "a chain cut at its end holds in itself"
    cut = run(ready, "audit", "verify", "--anchor", anchor)
    assert cut.exit_code == 1
    assert "cut or rewritten" in cut.output
    assert run(ready, "audit", "verify", "--anchor", "no anchor").exit_code == 2


def test_a_damaged_file_is_named(app: Flask, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from io import BytesIO

    from mptf.core import files

    monkeypatch.setattr("mptf.cli.keeping.served", lambda: None)
    store = app.extensions["files"]
    person = make.person()
    blob = store.keep(BytesIO(b"as it was"), limit=100)
    with app.app_context(), unit_of_work():
        files.add(blob, name="paper.pdf", media_type="application/pdf", by=person, fund_id=None)
    assert run(app, "files", "verify").exit_code == 0
    store.path(blob.sha256).write_bytes(b"as it is not")
    damaged = run(app, "files", "verify")
    assert damaged.exit_code == 1
    assert blob.sha256 in damaged.output


def test_settings_are_shown_without_secrets(app: Flask) -> None:
    shown = run(app, "check", "settings")
    assert shown.exit_code == 0
    assert app.extensions["config"].secret_key not in shown.output


def test_a_diagram_that_differs_is_named(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "DIAGRAMS", tmp_path)
    assert run(app, "check", "diagrams").exit_code == 1
    assert run(app, "check", "diagrams", "--write").exit_code == 0
    assert run(app, "check", "diagrams").exit_code == 0
    first = min(tmp_path.glob("*.md"))
    first.write_text(first.read_text() + "more")
    differs = run(app, "check", "diagrams")
    assert differs.exit_code == 1
    assert first.stem in differs.output


def test_jobs_are_listed_with_what_came_of_them(ready: Flask) -> None:
    assert "never ran" in run(ready, "jobs", "list").output


def test_the_jobs_process_ends_well_when_told(ready: Flask) -> None:
    config: Config = ready.extensions["config"]
    environment = {
        **os.environ,
        "MPTF_ENV": "test",
        "MPTF_DATA": str(config.data_folder),
        "SECRET_KEY": config.secret_key,
        "DATABASE_URL": config.database_url,
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "jobs", "run"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    lines = iter(process.stderr.readline, "")
    assert any('"lead taken"' in line for line in lines)
    assert any('"job done"' in line for line in lines)
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "lead given up" in rest
    assert "audit.anchor" in run(ready, "jobs", "list").output


def test_only_a_command_loads_the_migrations_and_only_the_jobs_the_scheduler(tmp_path: Path) -> None:
    code = (
        "import sys; from mptf import create_app; create_app(); "
        "sys.exit(' '.join({'alembic', 'flask_migrate', 'apscheduler', 'pandas'} & set(sys.modules)))"
    )
    environment = {**os.environ, "MPTF_ENV": "test", "MPTF_DATA": str(tmp_path), "SECRET_KEY": secrets.token_hex(32)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
