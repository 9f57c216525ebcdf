"""Many rows for tests about long lists: what services made once, copied straight into the tables."""

from collections.abc import Iterator
from typing import Any, cast

from flask import Flask
from sqlalchemy import Column, Enum, Integer, Select, String, Table, UniqueConstraint, insert, select

from mptf.core import ids
from mptf.core.db import Base, db
from mptf.ledger.models import Entry, Line

CURRENCY_LENGTH = 3


def copy(app: Flask, times: int, *models: type[Base]) -> None:
    """Copy every row of these tables so many times; what points from one of them to another goes along.

    The tables are filled in the order given, as the database wants it (lines before their entry). What
    is unique gets a value of its own: a public id, a number further on, a text with the copy's number.
    """
    tables = [cast(Table, model.__table__) for model in models]
    with app.app_context(), db.engine.begin() as connection:
        stored = {table: [dict(row) for row in connection.execute(_in_order(table)).mappings()] for table in tables}
        spans = {table: max(row["id"] for row in rows) for table, rows in stored.items()}
        for table, rows in stored.items():
            changing = _changing(table, spans)
            made = [_copied(row, changing, number) for number in range(1, times + 1) for row in rows]
            connection.execute(insert(table), made)


def _in_order(table: Table) -> Select[Any]:
    """Select the rows as they were written: the kept sums of the books take lines in no other order."""
    return select(table).order_by(table.c.id)


def copy_entries(app: Flask, times: int) -> None:
    """Copy the entries of the ledger with their lines."""
    copy(app, times, Line, Entry)


def _copied(row: dict[str, Any], changing: dict[str, int], number: int) -> dict[str, Any]:
    copied = dict(row)
    for name, span in changing.items():
        if isinstance(row[name], int):
            copied[name] = row[name] + number * span
        elif row[name] is not None:
            copied[name] = ids.new() if name == "public_id" else f"{row[name]}-{number}"
    return copied


def _changing(table: Table, spans: dict[Table, int]) -> dict[str, int]:
    """Return the columns in which copies differ, with how far apart numbers of two copies stand."""
    followed = {column: _followed(column, spans) for column in table.columns}
    unique = set(_unique(table))
    return {
        column.name: spans[target] if target is not None else spans[table]
        for column, target in followed.items()
        if target is not None or (column in unique and not column.foreign_keys)
    }


def _followed(column: Column[Any], spans: dict[Table, int]) -> Table | None:
    """Return the table among those copied that a column points into."""
    targets = (key.column.table for key in column.foreign_keys if key.column.name == "id")
    return next((target for target in targets if target in spans), None)


def _unique(table: Table) -> Iterator[Column[Any]]:
    yield table.c.id
    constraints = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    for columns in (*constraints, *(index.columns for index in table.indexes if index.unique)):
        yield from (column for column in columns if _free(column))


def _free(column: Column[Any]) -> bool:
    """Tell whether a column may hold any value: a number or a text, no currency and none of an enumeration."""
    text = isinstance(column.type, String) and not isinstance(column.type, Enum)
    return isinstance(column.type, Integer) or (text and getattr(column.type, "length", None) != CURRENCY_LENGTH)
