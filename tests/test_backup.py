"""A backup taken while people work is one instant; it comes back whole, into either engine, or not at all (BAK-1)."""

import io
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text

from mptf.cli import keeping
from mptf.core import audit, clock, files, schema
from mptf.core import mail as outbox
from mptf.core.audit import AuditEvent
from mptf.core.clock import Installation
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.files import Store, StoredFile
from mptf.core.search import SearchRow, index, matches
from mptf.fund.models import Fund
from mptf.people import service as people
from mptf.people.models import AskedRole, Person
from mptf.policy import Role
from mptf.signin import service as signin
from mptf.signin.models import Invitation, PasswordReset, SigninSession
from mptf.trail import queries as trail
from mptf.trail.wording import shown
from tests.support.migrated import empty_database, installation

Database = Callable[[str], str]


@pytest.fixture
def database(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    """Return a way to make empty databases of this engine."""
    return lambda name: empty_database(engine, tmp_path, name)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation with a fund, people, files, words to search and an audit log."""
    with installation(database("office"), tmp_path / "office") as app:
        with app.app_context():
            fill(app)
        yield app


@pytest.fixture
def elsewhere(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation with empty tables, as a restore that was killed leaves it."""
    with installation(database("elsewhere"), tmp_path / "elsewhere") as app:
        yield app


@pytest.fixture
def bare(database: Database, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation without tables."""
    with installation(database("elsewhere"), tmp_path / "elsewhere", migrated=False) as app:
        yield app


@pytest.fixture(scope="module")
def taken(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Take a backup of such an office once, for the tests that do harm to one."""
    folder = tmp_path_factory.mktemp("taken")
    with installation(empty_database(engine, folder, "taken"), folder / "office") as app:
        with app.app_context():
            fill(app)
        assert run(app, "backup", folder / "kept").exit_code == 0
    return folder / "kept"


@pytest.fixture
def kept(taken: Path, tmp_path: Path) -> Path:
    """Return a copy of that backup."""
    return shutil.copytree(taken, tmp_path / "kept")


def store(app: Flask) -> Store:
    kept: Store = app.extensions["files"]
    return kept


def fill(app: Flask) -> None:
    blob = store(app).keep(io.BytesIO(b"an agreement, signed"), limit=1000)
    with unit_of_work():
        fund = Fund(
            code="SLW00", name="Façade “fund” – été\u2028", short_name="SLW00", established_on=date(2019, 3, 15)
        )
        db.session.add(fund)
        db.session.flush()
        person = add_person(0)
        files.add(blob, name="agreement.pdf", media_type="application/pdf", by=person, fund_id=fund.id)
        index("note", person.public_id, fund_id=fund.id, words="armoury storage")


def add_person(number: int) -> Person:
    """Add somebody with exactly one event in the audit log, in the running unit of work."""
    person = Person(name=f"Demo Person {number}", email=f"demo{number}@example.org")
    db.session.add(person)
    db.session.flush()
    audit.record("person.added", person, by=None, name=person.name)
    return person


def run(app: Flask, *args: str | Path) -> Result:
    return app.test_cli_runner().invoke(args=[str(arg) for arg in args])


def content(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with app.app_context(), transactions("read"), db.engine.connect() as connection:
        tables = [table for name, table in sorted(db.metadata.tables.items())]
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }


def assert_came_back(elsewhere: Flask, office: Flask) -> None:
    """Everything is as it was, and the log tells of the restore besides."""
    kept, came = content(office), content(elsewhere)
    assert kept.pop("audit_head") != came.pop("audit_head")
    assert {name: rows[: len(kept[name])] for name, rows in came.items()} == kept
    added = {name: len(rows) - len(kept[name]) for name, rows in came.items()}
    assert {name: count for name, count in added.items() if count} == {"audit_event": 1, "audit_detail": 1}


def test_everything_comes_back_and_is_proved(office: Flask, bare: Flask, tmp_path: Path) -> None:
    backed = run(office, "backup", tmp_path / "kept")
    assert backed.exit_code == 0, backed.output
    assert "1 files" in backed.output
    restored = run(bare, "restore", tmp_path / "kept")
    assert restored.exit_code == 0, restored.output
    assert_came_back(bare, office)
    for check in (("audit", "verify"), ("files", "verify")):
        assert run(bare, *check).exit_code == 0
    with bare.app_context():
        assert db.session.scalars(select(SearchRow).where(matches("armoury stor"))).one().kind == "note"
        with unit_of_work():
            assert add_person(1).id > 1, "new rows are numbered after the old ones"
    assert run(bare, "audit", "verify").output == "3 events hold.\n"


def test_nothing_goes_on_by_itself_in_what_a_backup_brings_back(
    office: Flask, elsewhere: Flask, tmp_path: Path
) -> None:
    with office.app_context(), unit_of_work():
        member, guest = add_person(1), add_person(2)
        member.joined_at = clock.now()
        signin.open_session(member, lasts=timedelta(days=1))
        with clock.at(clock.now() - timedelta(days=2)):
            signin.open_session(member, lasts=timedelta(days=1))  # over already
        signin.ask_for_reset(member.email)
        assert signin.answer_reset()
        signin.ask_for_reset(member.email)  # not looked at yet
        today = clock.today(Installation())
        people.give_role(guest, AskedRole(Role.ADMINISTRATOR, today), by=None)
        signin.send_invitation(signin.invite(guest, by=None))
    run(office, "backup", tmp_path / "kept")
    said = run(elsewhere, "restore", tmp_path / "kept").output
    assert "1 sessions ended and 2 mailed links stopped" in said
    assert "2 messages are held" in said
    with elsewhere.app_context(), transactions("read"):
        now = clock.now()
        sessions = db.session.scalars(select(SigninSession)).all()
        assert [row for row in sessions if row.ended_at is None and row.expires_at > now] == []
        links = [*db.session.scalars(select(Invitation)), *db.session.scalars(select(PasswordReset))]
        assert [row.open for row in links] == [False, False]
    with office.app_context(), unit_of_work():
        assert len(outbox.due()) == 2, "the original goes on"
    with elsewhere.app_context(), unit_of_work():
        assert outbox.due() == []
    assert run(elsewhere, "mail", "list").output.count(" held ") == 2
    assert "2 messages wait" in run(elsewhere, "mail", "release").output
    with elsewhere.app_context(), unit_of_work():
        assert len(outbox.due()) == 2
    with elsewhere.test_request_context():
        (event,) = trail.page_of(trail.CHANGES, trail.Wanted(action="installation.restored"), fund=None).items
        told = shown(event, {})
    assert re.fullmatch(r"restored the backup of \w{3} \d+ \w{3} \d{4}, .*", told.sentence), told.sentence
    assert (told.kind, told.title) == ("installation", None)
    assert dict(told.details) == {"sessions ended": "1", "links stopped": "2", "messages held": "2"}


def test_a_restore_killed_after_its_rows_are_in_lets_nothing_go_on(
    office: Flask, elsewhere: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office.app_context(), unit_of_work():
        member = add_person(1)
        member.joined_at = clock.now()
        signin.open_session(member, lasts=timedelta(days=1))
        signin.ask_for_reset(member.email)
        assert signin.answer_reset()
        signin.ask_for_reset(member.email)  # not looked at yet
    run(office, "backup", tmp_path / "kept")

    def kill(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keeping, "_tell_restored", kill)
    assert run(elsewhere, "restore", tmp_path / "kept").exit_code == 1
    with elsewhere.app_context(), unit_of_work():
        assert outbox.due() == []
        assert db.session.scalars(select(SigninSession)).one().ended_at is not None
        assert not db.session.scalars(select(PasswordReset)).one().open
    assert "1 messages wait" in run(elsewhere, "mail", "release").output
    with elsewhere.app_context(), unit_of_work():
        assert len(outbox.due()) == 1


def test_a_backup_of_an_older_revision_that_proves_otherwise_leaves_nothing(
    office: Flask, bare: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(office, "backup", tmp_path / "kept")
    monkeypatch.setattr(schema, "expected", lambda: "a later one")
    file = tmp_path / "kept" / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps({**manifest, "proof": {**manifest["proof"], "audit_hash": "0" * 64}}))
    assert "the backup says" in run(bare, "restore", tmp_path / "kept").output
    file.write_text(json.dumps(manifest))
    again = run(bare, "restore", tmp_path / "kept")
    assert again.exit_code == 0, again.output
    assert_came_back(bare, office)


def test_triggers_and_references_guard_the_restored_database(bare: Flask, kept: Path) -> None:
    assert run(bare, "restore", kept).exit_code == 0
    forbidden = (
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "UPDATE stored_file SET by_id = 999",
    )
    with bare.app_context():
        for statement in forbidden:
            with pytest.raises(Exception, match=r"never|FOREIGN KEY|foreign key"), db.engine.begin() as connection:
                connection.execute(text(statement))


@pytest.mark.slow
def test_a_backup_under_load_is_one_instant(office: Flask, elsewhere: Flask, tmp_path: Path) -> None:
    stop, written = threading.Event(), [0, 0, 0]

    def write(writer: int) -> None:
        with office.app_context():
            while not stop.is_set():
                number = 1 + 3 * written[writer] + writer
                blob = store(office).keep(io.BytesIO(f"paper {number}".encode()), limit=1000)
                with unit_of_work():
                    person = add_person(number)
                    files.add(blob, name="paper.txt", media_type="text/plain", by=person, fund_id=None)
                written[writer] += 1

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(len(written))]
    for one in writers:
        one.start()
    before = sum(written)
    results = [run(office, "backup", tmp_path / f"kept{number}") for number in range(3)]
    during = sum(written) - before
    stop.set()
    for one in writers:
        one.join()
    assert [result.exit_code for result in results] == [0, 0, 0], results
    assert during > 10, "nobody wrote while the backups were taken"
    assert run(elsewhere, "restore", tmp_path / "kept2").exit_code == 0
    with elsewhere.app_context(), transactions("read"):
        people_added, events, papers = (
            db.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Person, AuditEvent, StoredFile)
        )
    assert people_added == papers == events - 1, "people, files and events (but the restore's own) differ"
    assert run(elsewhere, "audit", "verify").exit_code == 0
    assert run(elsewhere, "files", "verify").exit_code == 0


def test_a_restore_goes_into_nothing_but_emptiness(office: Flask, elsewhere: Flask, tmp_path: Path) -> None:
    run(office, "backup", tmp_path / "kept")
    refused = run(office, "restore", tmp_path / "kept")
    assert refused.exit_code == 1
    assert "not empty" in refused.output
    store(elsewhere).keep(io.BytesIO(b"somebody else's"), limit=100)
    refused = run(elsewhere, "restore", tmp_path / "kept")
    assert refused.exit_code == 1
    assert "holds other files" in refused.output


def test_a_restore_that_was_killed_is_run_again(
    office: Flask, elsewhere: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mptf.cli import restore

    run(office, "backup", tmp_path / "kept")
    with monkeypatch.context() as patch:

        def kill(*_args: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(restore, "_compare", kill)
        assert run(elsewhere, "restore", tmp_path / "kept").exit_code == 1
    assert run(elsewhere, "restore", tmp_path / "kept").exit_code == 0
    assert_came_back(elsewhere, office)


def cut(victim: Path) -> None:
    victim.write_bytes(victim.read_bytes()[:-1])


def add_a_key(manifest: Path) -> None:
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "other": 1}))


@pytest.mark.parametrize(
    "victim, harm, told",
    [
        ("tables/person.jsonl.gz", cut, "changed or damaged: person."),
        ("tables/person.jsonl.gz", Path.unlink, "changed or damaged: person."),
        ("files/*/*/*", cut, "changed or damaged: "),
        ("files/*/*/*", Path.unlink, "changed or damaged: "),
        ("manifest.json", Path.unlink, "has no manifest.json"),
        ("manifest.json", cut, "was cut or changed and cannot be read"),
        ("manifest.json", add_a_key, "was cut or changed and cannot be read"),
    ],
)
def test_a_damaged_backup_is_refused_and_nothing_is_restored(
    bare: Flask, kept: Path, victim: str, harm: Callable[[Path], object], told: str
) -> None:
    (found,) = kept.glob(victim)
    harm(found)
    refused = run(bare, "restore", kept)
    assert refused.exit_code == 1
    assert told in refused.output
    assert refused.exception is None or isinstance(refused.exception, SystemExit)
    with bare.app_context(), db.engine.connect() as connection:
        assert schema.current(connection) is None


def test_a_backup_without_one_of_its_tables_is_refused(elsewhere: Flask, kept: Path) -> None:
    file = kept / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest["tables"]["role_grant"]
    file.write_text(json.dumps(manifest))
    refused = run(elsewhere, "restore", kept)
    assert "The backup lacks role_grant: it was changed." in refused.output
    assert not any(content(elsewhere).values())


def test_a_backup_whose_manifest_tells_another_story_is_not_kept(elsewhere: Flask, kept: Path) -> None:
    file = kept / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["proof"]["audit_hash"] = "0" * 64
    file.write_text(json.dumps(manifest))
    refused = run(elsewhere, "restore", kept)
    assert "the backup says" in refused.output
    assert not any(content(elsewhere).values()), "rows stayed that were not proved"


def test_a_missing_file_is_told_and_the_rest_comes_back_only_knowingly(
    office: Flask, elsewhere: Flask, tmp_path: Path
) -> None:
    (blob,) = store(office).blobs()
    blob.unlink()
    backed = run(office, "backup", tmp_path / "kept")
    assert backed.exit_code == 1
    assert "1 files were missing" in backed.output
    refused = run(elsewhere, "restore", tmp_path / "kept")
    assert refused.exit_code == 1
    assert "1 files were missing" in refused.output
    assert "--without-missing-files" in refused.output
    assert not any(content(elsewhere).values())
    restored = run(elsewhere, "restore", "--without-missing-files", tmp_path / "kept")
    assert restored.exit_code == 0, restored.output
    assert "1 files were missing" in restored.output
    assert_came_back(elsewhere, office)


def test_a_backup_is_for_its_owner_only_and_never_mixed_with_another(office: Flask, tmp_path: Path) -> None:
    run(office, "backup", tmp_path / "kept")
    kept = tmp_path / "kept"
    assert kept.stat().st_mode & 0o777 == 0o700
    assert not any(path.stat().st_mode & 0o077 for path in kept.rglob("*") if path.is_file())
    assert "not empty" in run(office, "backup", kept).output


def test_an_unbalanced_ledger_or_broken_chain_is_no_backup(office: Flask, tmp_path: Path) -> None:
    with office.app_context(), schema.unguarded(db.engine) as connection:
        connection.execute(text("UPDATE audit_event SET action = 'nothing happened'"))
    refused = run(office, "backup", tmp_path / "kept")
    assert refused.exit_code == 1
    assert "audit chain does not hold at event 1" in refused.output
    assert not (tmp_path / "kept" / "manifest.json").exists()


@pytest.mark.both_engines
@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_backup_moves_to_the_other_engine(office: Flask, tmp_path: Path, target: str) -> None:
    run(office, "backup", tmp_path / "kept")
    with installation(empty_database(target, tmp_path, "moved"), tmp_path / "moved", migrated=False) as moved:
        restored = run(moved, "restore", tmp_path / "kept")
        assert restored.exit_code == 0, restored.output
        assert_came_back(moved, office)
