"""Every migration goes up, down and up on both engines, and ends where the models are (MIG-1)."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import select, text

from config import Environment
from mptf.cli import migrations
from mptf.cli.inventory import inventory
from mptf.core import schema, search
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.search import SearchRow
from mptf.fund.models import Fund
from mptf.organisations.models import Jurisdiction, Office, Organisation, OrganisationKind
from mptf.people.models import Person
from mptf.web import health
from tests.support.migrated import copied_revisions, empty_database, installation

ROOT = Path(__file__).parents[1]
MIGRATE = """
import sys
from pathlib import Path
import mptf.application
from mptf.cli import migrations
from mptf.core import schema
schema.MIGRATIONS = Path(sys.argv[1])
with migrations.beside(sys.argv[2]):
    migrations.upgrade()
"""


HELD_MAIL = """
INSERT INTO person (id, public_id, name, email, created_at, version)
    VALUES (1, 'p', 'Demo', 'd', '2026-03-16 10:00:00', 1);
INSERT INTO outbox_message (public_id, kind, subject_id, to_person_id, state, created_at, next_try_at, attempts)
    VALUES ('m', 'invitation', 'i', 1, 'held', '2026-03-16 10:00:00', '2026-03-16 10:00:00', 0)
"""


OLD_WORDS = """
INSERT INTO search_row (kind, subject_id, fund_id, updated_at, words)
    SELECT 'pledge', 'p', id, '2026-03-16 10:00:00', 'Überblick Genève
ÖSTERREICH
überblick genève österreich' FROM fund
"""


def all_revisions() -> list[str]:
    """Return every committed revision, the first one first."""
    script = ScriptDirectory(str(schema.MIGRATIONS))
    return [revision.revision for revision in reversed(list(script.walk_revisions()))]


@pytest.fixture
def bare(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation over a database without tables."""
    with installation(empty_database(engine, tmp_path, "bare"), tmp_path, migrated=False) as app, app.app_context():
        yield app


def enforced() -> set[str]:
    with db.engine.connect() as connection:
        return inventory(connection)


def test_there_is_one_last_revision_and_the_code_knows_it() -> None:
    heads = ScriptDirectory(str(schema.MIGRATIONS)).get_heads()
    assert heads == [schema.expected()]


def test_every_revision_goes_up_down_and_up_and_all_go_back(bare: Flask) -> None:
    revisions, states = all_revisions(), [enforced()]
    for revision in revisions:
        migrations.upgrade(revision)
        states.append(enforced())
        assert states[-1] != states[-2], f"{revision} changes nothing"
    for revision, state in reversed(list(zip(revisions, states, strict=False))):
        migrations.downgrade("-1")
        assert enforced() == state, f"{revision} leaves something when it goes"
    migrations.upgrade()
    assert enforced() == states[-1], "something comes back otherwise"


@pytest.mark.both_engines
def test_migrations_end_where_the_models_are(bare: Flask) -> None:
    migrations.upgrade()
    migrated = enforced()
    migrations.downgrade("base")
    assert enforced() == set()
    with db.engine.begin() as connection:
        connection.execute(text(f"DROP TABLE {schema.VERSION_TABLE}"))
    migrations.create_from_models()
    assert migrated - enforced() == set(), "only in the migrations"
    assert enforced() - migrated == set(), "only in the models"


@pytest.mark.one_engine  # the command compares files of SQLite wherever it is typed
def test_the_command_agrees(app: Flask) -> None:
    checked = app.test_cli_runner().invoke(args=["check", "migrations"])
    assert checked.exit_code == 0, checked.output


@pytest.mark.both_engines
def test_words_to_search_are_folded_and_what_they_name_stays_as_written(bare: Flask) -> None:
    migrations.upgrade("0021")
    with unit_of_work():
        db.session.add(Fund(code="SLW00", name="Fund", short_name="F"))
    with db.engine.begin() as connection:
        connection.execute(text(OLD_WORDS))
    migrations.upgrade("0022")
    assert searched("geneve") == searched("osterreich") == ["Überblick Genève"]
    migrations.downgrade("0021")
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT words FROM search_row")).partition("\n")[0] == "Überblick Genève"
    migrations.upgrade("0022")
    assert searched("geneve") == ["Überblick Genève"]


def searched(words: str) -> list[str]:
    with transactions("read"):
        try:
            return list(db.session.scalars(select(SearchRow.called).where(search.matches(words))))
        finally:
            db.session.remove()


class TestNextRevision:
    """A revision a developer writes next, over a database with rows in it."""

    ALTER = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = {head!r}


def upgrade() -> None:
    {up}


def downgrade() -> None:
    pass
"""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        with copied_revisions(tmp_path) as copy:
            yield copy

    @pytest.fixture
    def filled(self, folder: Path, engine: str, tmp_path: Path) -> Iterator[Flask]:
        with installation(empty_database(engine, tmp_path, "filled"), tmp_path) as app, app.app_context():
            with unit_of_work():
                place = Jurisdiction(name="Demo", iati_code="XX")
                office = Office(name="Demo", jurisdiction=place)
                first = Organisation(short_name="O1", official_name="One", kind=OrganisationKind.PUNO, offices=[office])
                second = Organisation(short_name="O2", official_name="Two", kind=OrganisationKind.PUNO)
                db.session.add_all([first, second])
            db.session.remove()
            yield app

    def write(self, folder: Path, up: str) -> None:
        head = schema.expected()
        (folder / "versions" / "next.py").write_text(self.ALTER.format(head=head, up=up))
        schema.expected.cache_clear()

    def count(self, table: str) -> int:
        with db.engine.connect() as connection:
            return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0

    def test_altering_a_table_others_refer_to_keeps_rows_triggers_and_references(
        self, filled: Flask, folder: Path
    ) -> None:
        before = enforced()
        self.write(
            folder,
            "with op.batch_alter_table('organisation') as batch:\n"
            "        batch.alter_column('official_name', type_=sa.String(500), existing_type=sa.String(300))",
        )
        migrations.upgrade()
        assert (self.count("organisation"), self.count("office")) == (2, 1)
        lost = {line for line in before - enforced() if not line.startswith("organisation.official_name")}
        assert not [line for line in lost if "trigger" in line or "reference" in line or "unique" in line]
        with pytest.raises(Exception, match=r"FOREIGN KEY|foreign key"), db.engine.begin() as connection:
            connection.execute(text("DELETE FROM organisation WHERE id = 1"))

    def test_the_way_down_is_refused_while_there_are_rows(self, filled: Flask) -> None:
        at = schema.expected()
        with pytest.raises(schema.Damage, match="would have 0 afterwards; nothing was changed"):
            migrations.downgrade("base")
        with db.engine.connect() as connection:
            assert schema.current(connection) == at
            assert connection.scalar(text("SELECT count(*) FROM organisation")) == 2
        migrations.downgrade("base", lose=True)

    def test_the_way_down_is_refused_while_mail_is_held(self, bare: Flask) -> None:
        migrations.upgrade("0002")
        with schema.unguarded(db.engine) as connection:
            for statement in HELD_MAIL.split(";"):
                connection.execute(text(statement))
        with pytest.raises(schema.Damage, match=r"Mail that is held \(1\) would never be sent; nothing was changed"):
            migrations.downgrade("0001")
        migrations.downgrade("0001", lose=True)
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT state FROM outbox_message")) == "dropped"

    def test_a_revision_that_would_lose_rows_is_refused_and_changes_nothing(self, filled: Flask, folder: Path) -> None:
        at = schema.expected()
        self.write(folder, "op.execute('DELETE FROM organisation WHERE id = 2')")
        with pytest.raises(schema.Damage, match="organisation has 2 rows and would have 1"):
            migrations.upgrade()
        assert self.count("organisation") == 2
        with db.engine.connect() as connection:
            assert schema.current(connection) == at

    def test_a_revision_that_fails_half_way_changes_nothing(self, filled: Flask, folder: Path) -> None:
        before = enforced()
        self.write(folder, "op.drop_table('holiday'); op.execute('DELETE FROM office'); op.execute('SELECT nonsense')")
        with pytest.raises(Exception, match="nonsense"):
            migrations.upgrade()
        assert enforced() == before
        assert self.count("office") == 1

    def test_rows_left_without_what_they_refer_to_are_refused(self, filled: Flask, folder: Path) -> None:
        self.write(folder, "op.execute('UPDATE office SET organisation_id = 9')")
        with pytest.raises(Exception, match=r"refer to rows that are not there|foreign key"):
            migrations.upgrade()

    @pytest.mark.both_engines
    def test_two_that_migrate_at_once_do_it_once(self, bare: Flask, folder: Path) -> None:
        url = db.engine.url.render_as_string(hide_password=False)
        both = [subprocess.Popen([sys.executable, "-c", MIGRATE, str(folder), url], cwd=ROOT) for _ in range(2)]
        assert [one.wait(300) for one in both] == [0, 0]
        assert "person.email VARCHAR(254) not null default None" in enforced()


class TestServing:
    """The application refuses to serve a database of another revision."""

    @pytest.fixture
    def app_here(self, engine: str, tmp_path: Path) -> Iterator[Flask]:
        url = empty_database(engine, tmp_path, "served")
        with installation(url, tmp_path) as app:
            health.guard(app)
            yield app

    def test_demonstration_is_not_served_over_real_people_nor_the_reverse(
        self, app_here: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with app_here.app_context(), unit_of_work():
            db.session.add(Person(name="Real", email="real@example.org"))
        settings = app_here.extensions["config"]
        monkeypatch.setitem(app_here.extensions, "config", replace(settings, environment=Environment.DEMO))
        with pytest.raises(SystemExit, match="There are real people in this database"):
            health.require_current(app_here)
        monkeypatch.setitem(app_here.extensions, "config", replace(settings, environment=Environment.PRODUCTION))
        health.require_current(app_here)
        with app_here.app_context(), unit_of_work():
            db.session.add(Fund(code="DEM00", name="Demo", short_name="Demo", is_demo=True))
        with pytest.raises(SystemExit, match="holds the demonstration, whose passwords are printed"):
            health.require_current(app_here)

    def test_a_current_database_is_served(self, app_here: Flask) -> None:
        health.require_current(app_here)
        client = app_here.test_client()
        assert client.get("/readyz").status_code == 200
        assert client.get("/healthz").status_code == 200
        assert client.get("/sign-in").status_code == 200

    def test_another_revision_is_not_served_at_the_start(self, app_here: Flask) -> None:
        with app_here.app_context():
            migrations.downgrade("base")
        with pytest.raises(SystemExit, match="flask prepare"):
            health.require_current(app_here)

    def test_a_database_migrated_under_a_running_process_is_answered_with_503(
        self, app_here: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "LOOK_EVERY", 0.0)
        client = app_here.test_client()
        assert client.get("/sign-in").status_code == 200
        with app_here.app_context():
            migrations.downgrade("base")
        refused = client.get("/sign-in")
        assert refused.status_code == 503
        assert "being updated" in refused.text
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200

    def test_a_database_that_is_away_is_not_ready(self, tmp_path: Path) -> None:
        with installation(f"sqlite:///{tmp_path / 'no such folder' / 'x.db'}", tmp_path, migrated=False) as app:
            answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert "folder" not in answer.text
