"""How a migration runs: in one transaction, with what the engines forget put back and counted.

Triggers are dropped first and put back last, foreign keys are checked at the end, and no table may
come out with fewer rows than it had (`mptf.core.schema.unguarded` says why).
"""

import warnings
from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, func, inspect, select, table
from sqlalchemy.schema import SchemaItem

from mptf.core import schema
from mptf.core.db import Base, UtcDateTime, db


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Leave the virtual tables of SQLite to `schema.install`."""
    return kind != "table" or not (name or "").startswith("search_words")


def include_object(item: SchemaItem, _name: str | None, kind: str, _reflected: bool, _to: SchemaItem | None) -> bool:
    """Leave indexes of one engine to `schema.install`."""
    return not (kind == "index" and isinstance(item, sa.Index) and _of_one_engine(item))


def _of_one_engine(index: sa.Index) -> bool:
    names = {one.name for model in Base.metadata.tables.values() for one in model.indexes if schema.of_one_engine(one)}
    return index.name in names


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write our column types as SQLAlchemy's own: a migration imports nothing that may change later."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def counts(connection: Connection) -> dict[str, int]:
    """Count the rows of every table."""
    names = [name for name in inspect(connection).get_table_names() if include_name(name, "table", None)]
    return {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in names}


def may_lose() -> bool:
    """Tell whether somebody said that what is lost on the way down is meant to be (`-x lose=rows`)."""
    return context.get_x_argument(as_dictionary=True).get("lose") == "rows"


def compare_counts(before: dict[str, int], after: dict[str, int]) -> None:
    """Refuse when rows would be lost, with their table or without it."""
    for name, had in before.items():
        left = after.get(name, 0)
        if name != schema.VERSION_TABLE and left < had:
            raise schema.Damage(
                f"{name} has {had} rows and would have {left} afterwards; nothing was changed. "
                "Restore a backup instead, or say `-x lose=rows`."
            )


def migrate(connection: Connection) -> None:
    """Migrate, or compare models and database, in a transaction that is open."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        include_name=include_name,
        include_object=include_object,
        render_item=render_item,
        may_lose=may_lose(),
    )
    before = counts(connection)
    with warnings.catch_warnings():
        # Alembic 1.20 says so of every expression index of PostgreSQL when SQLite is compared.
        warnings.filterwarnings("ignore", "autogenerate skipping .* expression-based index", UserWarning)
        context.run_migrations()
    if not may_lose():
        compare_counts(before, counts(connection))


with schema.unguarded(db.engine) as open_connection:
    migrate(open_connection)
