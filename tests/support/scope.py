"""Whose rows a SELECT reads: every table of a fund's own rows is asked about one fund, or says that it is not."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from sqlalchemy import Column, Executable, Table
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement

ROOT = Path(__file__).parents[2]
APPLICATION = str(ROOT / "mptf")
OURS = (APPLICATION, str(ROOT / "tests"))
MARK = "across_funds"

_found: dict[tuple[object, ...], list[str]] = {}


def check(state: ORMExecuteState) -> None:
    """Refuse a SELECT of the application on rows of funds that names none; a test itself may look at anything."""
    if not state.is_select or state.is_relationship_load or state.is_column_load or MARK in state.execution_options:
        return
    unscoped = _known(state.statement)
    if unscoped and _asked_by_the_application():
        raise AssertionError(f"no fund is named in a SELECT on {', '.join(unscoped)}: {state.statement}")


def _known(statement: Executable) -> list[str]:
    """Return the tables of a statement without a fund; of statements that are built alike, the first is looked at."""
    key = cast(ClauseElement, statement)._generate_cache_key()
    if key is None:
        return tables_without_a_fund(statement)
    if key.key not in _found:
        _found[key.key] = tables_without_a_fund(statement)
    return _found[key.key]


def tables_without_a_fund(statement: Executable) -> list[str]:
    """Return the tables of a statement that hold rows of funds, unless it gives the key of a fund or of a row."""
    tables: set[str] = set()
    for element in visitors.iterate(cast(ClauseElement, statement)):
        if isinstance(element, Table) and _of_a_fund(element):
            tables.add(element.name)
        elif isinstance(element, BinaryExpression) and any(_names_a_fund(column) for column in _compared(element)):
            return []
    return sorted(tables)


def _of_a_fund(table: Table) -> bool:
    return "fund_id" in table.c and not table.c.fund_id.nullable


def _compared(comparison: BinaryExpression[object]) -> Iterator[Column[object]]:
    """Yield the column that is compared with a value, also plus nothing; two columns side by side name no fund."""
    sides = [_plus_nothing(side) for side in (comparison.left, comparison.right)]
    columns = [side for side in sides if isinstance(side, Column)]
    if comparison.operator in (operators.eq, operators.in_op) and len(columns) == 1:
        yield from columns


def _plus_nothing(side: object) -> object:
    """Return the column of a sum, which keeps an engine from an index; anything else as it is."""
    return side.left if isinstance(side, BinaryExpression) and side.operator is operators.add else side


def _names_a_fund(column: Column[object]) -> bool:
    if column.name == "fund_id":
        return True
    table: object = column.table
    return isinstance(table, Table) and column.primary_key and (table.name == "fund" or _of_a_fund(table))


def _asked_by_the_application() -> bool:
    """Tell whether the nearest of our own frames is one of the application."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        frame = frame.f_back
        file = frame.f_code.co_filename
        if file.startswith(OURS) and "conftest" not in file:
            return file.startswith(APPLICATION)
    return False
