"""The rows of a PostgreSQL database in a folder: put aside as they are, and brought back into emptied tables."""

from functools import cache
from pathlib import Path
from typing import cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, text

from mptf.core.db import Base

ENDING = ".rows"
NUMBERS = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"


def put_aside(connection: Connection, folder: Path) -> None:
    """Write the rows of every table that has any, and how far its numbers are."""
    for table in Base.metadata.tables:
        with _cursor(connection).copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
            content = b"".join(bytes(part) for part in copy)
        if content:
            (folder / f"{table}{ENDING}").write_bytes(content)
    numbers = [f"{name} {last}\n" for name, last in connection.execute(text(NUMBERS))]
    (folder / "numbers").write_text("".join(numbers))


def empty(connection: Connection) -> None:
    """Delete every row past the triggers; far quicker than TRUNCATE, which makes new files for tables and indexes."""
    connection.exec_driver_sql(_emptying())


@cache
def _emptying() -> str:
    replica = "SET LOCAL session_replication_role = replica"  # no trigger and no reference refuses
    deletes = (f"DELETE FROM {table}" for table in Base.metadata.tables)
    return "; ".join([replica, *deletes, "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"])


def bring_back(connection: Connection, folder: Path) -> None:
    """Let the tables hold what was put aside and nothing else."""
    empty(connection)
    for file in folder.glob(f"*{ENDING}"):
        with _cursor(connection).copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(file.stem))) as copy:
            copy.write(file.read_bytes())
    for line in (folder / "numbers").read_text().splitlines():
        name, last = line.split()
        connection.execute(text("SELECT setval(:name, :last)"), {"name": name, "last": int(last)})


def _cursor(connection: Connection) -> psycopg.Cursor[object]:
    return cast("psycopg.Cursor[object]", connection.connection.cursor())
