"""Everything a database enforces, as lines of text: what two ways of building it are compared by."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Inspector, inspect

from mptf.core.schema import VERSION_TABLE

_SQLITE_TRIGGERS = (
    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' OR (type = 'table' AND sql LIKE '%VIRTUAL%')"
)
_POSTGRESQL_TRIGGERS = (
    "SELECT t.tgname, pg_get_triggerdef(t.oid) || p.prosrc FROM pg_trigger t "
    "JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid "
    "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
)


def inventory(connection: Connection) -> set[str]:
    """Return a line for each column, key, reference, check, index and trigger."""
    inspector = inspect(connection)
    lines = {line for table in inspector.get_table_names() if _ours(table) for line in _table(inspector, table)}
    query = _SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else _POSTGRESQL_TRIGGERS
    lines |= {f"trigger {name}: {_plain(text)}" for name, text in connection.exec_driver_sql(query)}
    return lines


def _ours(table: str) -> bool:
    return table != VERSION_TABLE and not table.startswith("search_words_")


def _table(inspector: Inspector, table: str) -> Iterator[str]:
    if table == "search_words":
        return  # its definition stands among the triggers
    for column in inspector.get_columns(table):
        null = "null" if column["nullable"] else "not null"
        yield f"{table}.{column['name']} {column['type']!s} {null} default {column['default']}"
    key = inspector.get_pk_constraint(table)
    yield f"{table} key {key['name']} {key['constrained_columns']}"
    for one in inspector.get_unique_constraints(table):
        yield f"{table} unique {one['name']} {one['column_names']}"
    for reference in inspector.get_foreign_keys(table):
        yield (
            f"{table} reference {reference['name']} {reference['constrained_columns']} to "
            f"{reference['referred_table']} {reference['referred_columns']} {sorted(reference['options'].items())}"
        )
    for check in inspector.get_check_constraints(table):
        yield f"{table} check {check['name']}: {_plain(check['sqltext'])}"
    for index in inspector.get_indexes(table):
        yield f"{table} index {index['name']} {_index(index)}"


def _index(index: Any) -> str:
    columns = index.get("expressions") or index["column_names"]
    options = {
        name: str(value) for name, value in index.get("dialect_options", {}).items() if str(value) not in ("", "[]")
    }
    return f"{columns} unique {bool(index['unique'])} {sorted(options.items())}"


def _plain(text: str) -> str:
    return " ".join(text.split())
