"""A transaction that waits in the middle, in whatever process it is: seen from outside, and killed there."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

PLACE = 20260315  # the number of an advisory lock nothing else takes
COUNTED = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted) SELECT n FROM counted"


@contextmanager
def held_before(engine: Engine, table: str, condition: str) -> Iterator[Callable[[], bool]]:
    """Let whoever inserts a row for which `condition` holds wait as long as the block lasts; ask whether one does."""
    with (_on_sqlite if engine.dialect.name == "sqlite" else _on_postgres)(engine, table, condition) as waits:
        yield waits


@contextmanager
def _on_sqlite(engine: Engine, table: str, condition: str) -> Iterator[Callable[[], bool]]:
    """Count for ever; whoever does so keeps the lock of the only writer."""
    _run(
        engine,
        f"CREATE TRIGGER held BEFORE INSERT ON {table} WHEN {condition} BEGIN SELECT max(n) FROM ({COUNTED}); END",
    )

    def waits() -> bool:
        other = sqlite3.connect(str(engine.url.database), timeout=2, isolation_level=None)
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:  # locked for two seconds, which nobody else does
            return True
        finally:
            other.close()
        return False

    try:
        yield waits
    finally:
        _run(engine, "DROP TRIGGER held")


@contextmanager
def _on_postgres(engine: Engine, table: str, condition: str) -> Iterator[Callable[[], bool]]:
    """Wait for a lock which the block holds."""
    _run(
        engine,
        "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS "
        f"'BEGIN PERFORM pg_advisory_xact_lock({PLACE}); RETURN NEW; END'",
        f"CREATE TRIGGER held BEFORE INSERT ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION held()",
    )

    def waits() -> bool:
        asked = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {PLACE} AND NOT granted"
        return bool(holder.exec_driver_sql(asked).scalar())

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        holder.exec_driver_sql(f"SELECT pg_advisory_lock({PLACE})")
        try:
            yield waits
        finally:
            holder.exec_driver_sql(f"SELECT pg_advisory_unlock({PLACE})")
            _run(engine, f"DROP TRIGGER held ON {table}", "DROP FUNCTION held()")


def _run(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
