"""Everything a database enforces, as lines of text: what two ways of building it are compared by."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Inspector, inspect
from sqlalchemy.engine.interfaces import TableKey

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
    names = [table for table in inspector.get_table_names() if _ours(table)]
    # Without a name everything would be asked for.
    lines = {f"{table}{line}" for (_, table), line in _lines(inspector, names)} if names else set()
    query = _SQLITE_TRIGGERS if connection.dialect.name == "sqlite" else _POSTGRESQL_TRIGGERS
    lines |= {f"trigger {name}: {_plain(text)}" for name, text in connection.exec_driver_sql(query)}
    return lines


def _ours(table: str) -> bool:
    """Tell whether a table is looked at; the definition of the words to search stands among the triggers."""
    return table != VERSION_TABLE and not table.startswith("search_words")


def _lines(inspector: Inspector, names: list[str]) -> Iterator[tuple[TableKey, str]]:
    """Yield the table and the text of each line, all tables asked at once."""
    for key, columns in inspector.get_multi_columns(filter_names=names).items():
        yield from ((key, f".{_column(column)}") for column in columns)
    for key, primary in inspector.get_multi_pk_constraint(filter_names=names).items():
        yield key, f" key {primary['name']} {primary['constrained_columns']}"
    for key, uniques in inspector.get_multi_unique_constraints(filter_names=names).items():
        yield from ((key, f" unique {one['name']} {one['column_names']}") for one in uniques)
    for key, references in inspector.get_multi_foreign_keys(filter_names=names).items():
        yield from ((key, f" reference {_reference(one)}") for one in references)
    for key, checks in inspector.get_multi_check_constraints(filter_names=names).items():
        yield from ((key, f" check {one['name']}: {_plain(one['sqltext'])}") for one in checks)
    for key, indexes in inspector.get_multi_indexes(filter_names=names).items():
        yield from ((key, f" index {one['name']} {_index(one)}") for one in indexes)


def _column(column: Any) -> str:
    null = "null" if column["nullable"] else "not null"
    return f"{column['name']} {column['type']!s} {null} default {column['default']}"


def _reference(reference: Any) -> str:
    there, options = reference["referred_columns"], sorted(reference["options"].items())
    return f"{reference['name']} {reference['constrained_columns']} to {reference['referred_table']} {there} {options}"


def _index(index: Any) -> str:
    columns = index.get("expressions") or index["column_names"]
    options = {
        name: str(value) for name, value in index.get("dialect_options", {}).items() if str(value) not in ("", "[]")
    }
    return f"{columns} unique {bool(index['unique'])} {sorted(options.items())}"


def _plain(text: str) -> str:
    return " ".join(text.split())
