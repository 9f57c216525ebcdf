"""A restore: files first, then every row in one transaction that is committed only once it proves itself.

Goes into an empty database and content store alone. One that was killed on the way left at most files and empty tables
behind, and is simply run again. A backup of an older revision is brought up to ours after its rows are in, and taken
out again where that fails. What it was doing when it was made does not go on: that ends with the same transaction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from mptf.cli import backup, migrations
from mptf.cli.backup import Manifest
from mptf.cli.proof import prove
from mptf.cli.words import Refusal
from mptf.core import mail, schema
from mptf.core.files import Store
from mptf.signin import service as signin

BATCH = 1000

_HERE = "connamespace = current_schema()::regnamespace"
_REFERENCES = (
    f"SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable AND {_HERE}"  # noqa: S608
)
_NUMBERED = (
    "SELECT table_name, column_name FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND column_default LIKE 'nextval(%%'"
)


class CannotRestore(Refusal):
    """The backup was not restored; the sentence says why."""


@dataclass(frozen=True)
class Restored:
    """What came back, and how many sessions and mailed links ended with it."""

    manifest: Manifest
    sessions: int
    links: int


def read(folder: Path, engine: Engine, store: Store, *, without_missing: bool = False) -> Restored:
    """Restore a backup into the empty database and content store of an installation.

    One that lacks files of its own rows is refused, unless `without_missing` says to go on without them.
    """
    manifest = backup.read_manifest(folder)
    if manifest.missing_files and not without_missing:
        raise CannotRestore(
            f"{manifest.lost} Restore another backup, "
            "or say --without-missing-files: the pages stay, and these files cannot be opened."
        )
    _require_empty(engine, store, manifest)
    for sha256 in manifest.files:
        _copy(sha256, Store(folder / "files"), store)
    at_our_revision = manifest.revision == schema.expected()
    migrations.upgrade(manifest.revision or "base")
    with schema.unguarded(engine) as connection:
        _load(connection, folder, manifest)
        if at_our_revision:
            _compare(connection, manifest)
        sessions, links = signin.end_everything(connection)
        mail.put_off(connection)
    if not at_our_revision:
        _bring_up(engine, manifest)
    return Restored(manifest, sessions, links)


def _bring_up(engine: Engine, manifest: Manifest) -> None:
    """Bring the rows of an older revision up to ours and prove them; leave nothing where that fails."""
    try:
        migrations.upgrade()
        with backup.snapshot(engine) as connection:
            _compare(connection, manifest)
    except BaseException:
        migrations.downgrade("base", lose=True)
        raise


def _require_empty(engine: Engine, store: Store, manifest: Manifest) -> None:
    with backup.snapshot(engine) as connection:
        at = schema.current(connection)
        filled = [name for name in backup.table_names(connection) if _any_row(connection, name)]
    if filled:
        raise CannotRestore(f"The database is not empty: {', '.join(filled[:5])} have rows. Name an empty one.")
    if at not in (None, manifest.revision):
        raise CannotRestore(
            f"The database is at revision {at}, the backup at {manifest.revision}. Name a database without tables."
        )
    if {path.name for path in store.blobs()} - set(manifest.files):
        raise CannotRestore(f"{store.folder} holds other files. Name an empty data folder.")


def _any_row(connection: Connection, name: str) -> bool:
    return connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first() is not None  # noqa: S608 - its name


def _copy(sha256: str, source: Store, store: Store) -> None:
    with source.path(sha256).open("rb") as stream:
        blob = store.keep(stream, limit=source.path(sha256).stat().st_size)
    if blob.sha256 != sha256:
        raise CannotRestore(f"The file {sha256} changed while it was copied.")


def _load(connection: Connection, folder: Path, manifest: Manifest) -> None:
    """Put every row in; references are checked once all of them are there."""
    known = set(backup.table_names(connection))
    if missing := manifest.tables.keys() - known:
        raise CannotRestore(
            f"This code has no table {', '.join(sorted(missing))}. Use the code the backup was made with."
        )
    if left_out := known - manifest.tables.keys():
        raise CannotRestore(f"The backup lacks {', '.join(sorted(left_out))}: it was changed. Restore another backup.")
    postgresql = connection.dialect.name == "postgresql"
    references = _defer_references(connection) if postgresql else []
    put = _put_postgresql if postgresql else _put_sqlite
    for name, stored in manifest.tables.items():
        rows = put(connection, name, stored.columns, backup.rows_of(folder, name))
        if rows != stored.rows:
            raise CannotRestore(f"{name} came out with {rows} rows instead of {stored.rows}.")
    if postgresql:
        _check_references(connection, references)
        _renumber(connection)


def _compare(connection: Connection, manifest: Manifest) -> None:
    with Session(connection) as session:
        proof = prove(session)
    if proof != manifest.proof:
        raise CannotRestore(f"The database proves {proof}, the backup says {manifest.proof}.")


def _put_sqlite(connection: Connection, name: str, columns: list[str], rows: Iterator[list[Any]]) -> int:
    places = ", ".join("?" * len(columns))
    statement = f'INSERT INTO "{name}" ({_quoted(columns)}) VALUES ({places})'  # noqa: S608 - names of our tables
    count = 0
    while batch := [tuple(row) for row in islice(rows, BATCH)]:
        connection.exec_driver_sql(statement, batch)
        count += len(batch)
    return count


def _put_postgresql(connection: Connection, name: str, columns: list[str], rows: Iterator[list[Any]]) -> int:
    driver: Any = connection.connection.driver_connection
    count = 0
    with driver.cursor() as cursor, cursor.copy(f'COPY "{name}" ({_quoted(columns)}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def _quoted(columns: list[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _defer_references(connection: Connection) -> list[tuple[str, str]]:
    """Let rows come in any order, as SQLite does with its foreign keys off; return what was changed."""
    connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
    references = [(table, name) for table, name in connection.exec_driver_sql(_REFERENCES)]
    for table, name in references:
        connection.exec_driver_sql(f'ALTER TABLE {table} ALTER CONSTRAINT "{name}" DEFERRABLE INITIALLY DEFERRED')
    return references


def _check_references(connection: Connection, references: list[tuple[str, str]]) -> None:
    connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table, name in references:
        connection.exec_driver_sql(f'ALTER TABLE {table} ALTER CONSTRAINT "{name}" NOT DEFERRABLE')


def _renumber(connection: Connection) -> None:
    """Let new rows be numbered after the restored ones."""
    for table, column in connection.exec_driver_sql(_NUMBERED).all():
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{table}\"', '{column}'), "  # noqa: S608 - names of our tables
            f'coalesce(max("{column}"), 1), max("{column}") IS NOT NULL) FROM "{table}"'
        )
