"""A backup: every table as of one instant, then the files those rows name, and a manifest of all of it.

The tables are read in one transaction that sees no later change and holds nobody up; blobs are
immutable and named by their hash, so copying them afterwards is still the same instant. The format
is the same for both engines: a backup of one can be restored into the other.

    manifest.json           written last: a folder without it is no backup
    tables/<table>.jsonl.gz one row a line, in the order of the primary key
    files/ab/cd/<sha256>    as in the content store

It holds personal data and password hashes, but not SECRET_KEY: keep both, apart from each other.
"""

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    cast,
    inspect,
    select,
)
from sqlalchemy.orm import Session

from mptf.cli.proof import Proof, prove
from mptf.cli.words import Refusal
from mptf.core import clock, schema
from mptf.core.db import transactions
from mptf.core.files import Store, StoredFile

FORMAT = 1
MANIFEST = "manifest.json"
MOMENT = "%Y-%m-%d %H:%M:%S.%f"  # in UTC, as both engines read it


class NoBackup(Refusal):
    """The folder cannot be written to as, or is not, a whole backup; the sentence says why."""


@dataclass(frozen=True)
class TableFile:
    """One table of a backup."""

    columns: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds, and what its database proved."""

    made_at: str
    engine: str
    revision: str | None
    tables: dict[str, TableFile]
    files: list[str]
    missing_files: list[str]
    proof: Proof
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(table.rows for table in self.tables.values())

    @property
    def lost(self) -> str:
        """What files it lacks, in words."""
        count = len(self.missing_files)
        return f"{count} files were missing or damaged when the backup was made; `{MANIFEST}` names them."


def write(folder: Path, engine: Engine, store: Store) -> Manifest:
    """Write a backup into a new or empty folder, read back what was written, and prove the database."""
    if folder.exists() and any(folder.iterdir()):
        raise NoBackup(f"{folder} is not empty. Give each backup a folder of its own.")
    (folder / "tables").mkdir(mode=0o700, parents=True)
    folder.chmod(0o700)
    with snapshot(engine) as connection:
        made_at = clock.now().isoformat()
        revision = schema.current(connection)
        tables = {table.name: _write_table(folder, connection, table) for table in _tables(connection)}
        named = sorted(set(connection.scalars(select(StoredFile.sha256))))
        with Session(connection) as session:
            proof = prove(session)
    missing = [sha256 for sha256 in named if not _copy_file(sha256, store, Store(folder / "files"))]
    kept = [sha256 for sha256 in named if sha256 not in set(missing)]
    manifest = Manifest(made_at, engine.dialect.name, revision, tables, kept, missing, proof)
    _write_safely(folder / MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    return manifest


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one instant and keeps nobody from writing."""
    with transactions("read"), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def table_names(connection: Connection) -> list[str]:
    """Return the tables that hold data: what `schema.install` makes from other tables is left out."""
    return sorted(
        name
        for name in inspect(connection).get_table_names()
        if name != schema.VERSION_TABLE and not name.startswith("search_words")
    )


def _tables(connection: Connection) -> Iterator[Table]:
    """Yield every table that holds data with its columns and its key, all of them asked for at once."""
    names, stored = table_names(connection), inspect(connection)
    columns = stored.get_multi_columns(filter_names=names)
    keys = stored.get_multi_pk_constraint(filter_names=names)
    for name in names:
        at = (None, name)
        key = PrimaryKeyConstraint(*keys[at]["constrained_columns"])
        yield Table(name, MetaData(), *(Column(found["name"], found["type"]) for found in columns[at]), key)


def rows_of(folder: Path, name: str) -> Iterator[list[Any]]:
    """Read the rows of one table of a backup."""
    with gzip.open(folder / "tables" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a backup and compare every file it names with its hash."""
    try:
        manifest = _parsed(json.loads((folder / MANIFEST).read_text("utf-8")))
    except FileNotFoundError as error:
        raise NoBackup(f"{folder} has no {MANIFEST}: it is no backup, or one that was not finished.") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoBackup(f"{folder / MANIFEST} was cut or changed and cannot be read. Restore another backup.") from error
    changed = [name for name, table in manifest.tables.items() if _table_sha256(folder, name) != table.sha256]
    changed += [sha256 for sha256 in manifest.files if Store(folder / "files").damaged(sha256)]
    if changed:
        raise NoBackup(f"The backup was changed or damaged: {', '.join(changed[:10])}.")
    return manifest


def _parsed(stored: dict[str, Any]) -> Manifest:
    """Read what a manifest says; whatever is not as it was written raises some error."""
    if stored.pop("format") != FORMAT:
        raise NoBackup("This backup was written by a newer version of this software. Restore it with that one.")
    tables = {name: TableFile(**table) for name, table in stored.pop("tables").items()}
    return Manifest(tables=tables, proof=Proof(**stored.pop("proof")), **stored)


def _table_sha256(folder: Path, name: str) -> str | None:
    """Return the hash of a table's file, or None where it is gone."""
    try:
        return _sha256(folder / "tables" / f"{name}.jsonl.gz")
    except FileNotFoundError:
        return None


def _write_table(folder: Path, connection: Connection, table: Table) -> TableFile:
    query = select(*map(_as_text_if_json, table.columns)).order_by(*table.primary_key.columns)
    file = folder / "tables" / f"{table.name}.jsonl.gz"
    count = 0
    with file.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=4, mtime=0) as out:
        os.fchmod(raw.fileno(), 0o600)
        for row in connection.execute(query, execution_options={"yield_per": 1000}):
            out.write(json.dumps(list(row), default=_plain, ensure_ascii=False).encode() + b"\n")
            count += 1
    return TableFile([column.name for column in table.columns], count, _sha256(file))


def _as_text_if_json(column: Column[Any]) -> Any:
    """Take JSON as it is written, so that null and nothing stay two things."""
    return cast(column, Text) if isinstance(column.type, JSON) else column


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).strftime(MOMENT)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a backup has no way to write {type(value).__name__}")


def _copy_file(sha256: str, source: Store, target: Store) -> bool:
    """Copy a blob and read the copy back; tell whether it is whole."""
    copy = target.path(sha256)
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        shutil.copyfile(source.path(sha256), copy)
    except FileNotFoundError:
        return False
    copy.chmod(0o600)
    if target.damaged(sha256):
        copy.unlink()
        return False
    return True


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        os.fsync(stream.fileno())
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_safely(file: Path, content: bytes) -> None:
    """Write a file that is whole or not there."""
    half = file.with_suffix(".half")
    with half.open("wb") as out:
        os.fchmod(out.fileno(), 0o600)
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)
