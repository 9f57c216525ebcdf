"""Which revision the database is at, and which one this code was written for.

The code's revision is read from the names in `migrations/versions/` without loading Alembic, which
only commands need.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, Index, func, inspect, select, text

from mptf.core import ddl
from mptf.core.db import Base

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
VERSION_TABLE = "alembic_version"
_ASSIGNED = re.compile(r"^(revision|down_revision)\b[^=]*=\s*(.+?)\s*$", re.MULTILINE)
_QUOTED = re.compile(r"[\"'](\w+)[\"']")


LOCK = 0x6D707467  # two processes that change the schema at once: the second waits


class Damage(Exception):
    """What was being done would have lost or broken something; nothing was changed."""


class WrongRevision(Exception):
    """The database was made for another version of the code; the sentence says what to do."""


class WrongWorld(Exception):
    """A demonstration over real data, or the reverse; the sentence says what to do."""


def known() -> set[str]:
    """Return the revisions this code has a migration to."""
    return set(_revisions())


def _revisions() -> dict[str, list[str]]:
    """Return the revisions with those each follows."""
    found = {}
    for file in (MIGRATIONS / "versions").glob("*.py"):
        assigned = dict(_ASSIGNED.findall(file.read_text("utf-8")))
        parents = _QUOTED.findall(assigned.get("down_revision", ""))
        found.update(dict.fromkeys(_QUOTED.findall(assigned.get("revision", "")), parents))
    return found


@cache
def expected() -> str | None:
    """Return the revision this code was written for, or None while there is none."""
    parents = {parent for its in _revisions().values() for parent in its}
    heads = known() - parents
    if len(heads) > 1:
        raise WrongRevision(f"There are several last migrations: {', '.join(sorted(heads))}. Merge them.")
    return next(iter(heads), None)


def current(connection: Connection) -> str | None:
    """Return the revision the database is at, or None before the first."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 - our constant
    return found


def require_current(connection: Connection) -> None:
    """Refuse a database that is not at the revision of this code."""
    found, wanted = current(connection), expected()
    if found != wanted:
        raise WrongRevision(
            f"The database is at revision {found or 'none'}, this code needs {wanted}. "
            "Run `flask prepare` with the code that is to serve."
        )


def require_world(connection: Connection, *, demonstration: bool) -> None:
    """Refuse to run a demonstration, where anybody may sign in as anybody, over real people; and the reverse.

    Data are a demonstration's when one of its funds says so. An empty database is either's.
    """
    if not inspect(connection).has_table("fund"):
        return
    demo_funds = connection.scalar(text("SELECT count(*) FROM fund WHERE is_demo"))
    people = connection.scalar(text("SELECT count(*) FROM person"))
    if demonstration and people and not demo_funds:
        raise WrongWorld(
            "There are real people in this database, and in a demonstration anybody signs in as anybody. "
            "Choose an empty folder or database, or set MPTF_ENV=production."
        )
    if demo_funds and not demonstration:
        raise WrongWorld(
            "This database holds the demonstration, whose passwords are printed. "
            "Choose an empty folder or database for a production installation."
        )


@contextmanager
def unguarded(engine: Engine) -> Iterator[Connection]:
    """Open a transaction without triggers, and on SQLite without foreign keys; both are back at its end.

    For migrations and restores. SQLite alters a table by copying it, which with foreign keys on may
    delete what refers to it, and cannot switch them off inside a transaction.
    """
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
                drop_triggers(connection)
                yield connection
                install(connection)
                if sqlite:
                    _check_references(connection)
        finally:
            if sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        raise Damage(f"{len(broken)} rows would refer to rows that are not there; the first: {tuple(broken[0])}.")


def drop_triggers(connection: Connection) -> None:
    """Remove every trigger of ours, so that tables can be altered; `install` puts them back."""
    if connection.dialect.name == "sqlite":
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    found = connection.exec_driver_sql(
        "SELECT t.tgname, t.tgrelid::regclass::text, t.tgfoid::regprocedure::text FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    ).all()
    for trigger, table, function in found:
        connection.exec_driver_sql(f'DROP TRIGGER "{trigger}" ON {table}')
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}")


def install(connection: Connection) -> None:
    """Put in place what stands outside the revisions: triggers, virtual tables, indexes of one engine."""
    ddl.install(connection)
    there = set(inspect(connection).get_table_names())
    if "search_words" in there:  # its triggers were away for a while
        connection.exec_driver_sql("INSERT INTO search_words(search_words) VALUES ('rebuild')")
    for table in Base.metadata.sorted_tables:
        for index in table.indexes if table.name in there else ():
            if of_one_engine(index):
                index.create(connection, checkfirst=True)


def of_one_engine(index: Index) -> bool:
    """Tell whether an index exists on one engine alone (`ddl_if`)."""
    return getattr(index, "_ddl_if", None) is not None
