"""Bank references: what the bank calls a movement of cash, held against every document that carries one.

Documents stand in rooms of which one may not know the other; each says here that its table carries a reference. A
document that was reversed is compared with nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import aliased

from mptf.core.db import db
from mptf.ledger.models import Entry

LONGEST_REFERENCE = 100


@dataclass(frozen=True)
class Seen:
    """Another document with the same bank reference: what it is, as a sentence calls it, and its value date."""

    document: str
    value_on: date


_CARRIERS: dict[FromClause, str] = {}


def carried_by(table: FromClause, called: str) -> None:
    """Compare the documents of a table too; it has `fund_id`, `entry_id`, `value_on` and `plain_reference`."""
    _CARRIERS[table] = called


def plain(reference: str) -> str:
    """Return a bank reference without its spaces and case, as it is compared."""
    return "".join(reference.split()).casefold()


def from_reference(row: DefaultExecutionContext) -> str:
    """Return what is kept beside the bank reference of a row that is written, so that both engines find it alike."""
    return plain(row.get_current_parameters().get("bank_reference") or "")  # type: ignore[no-untyped-call]


def seen(table: FromClause) -> list[ColumnElement[date | None]]:
    """Return the columns that say on which day the reference of a document stands elsewhere, for `first_seen`."""
    return [
        others.with_only_columns(func.min(others.selected_columns.value_on)).scalar_subquery()
        for others in _others(table)
    ]


def first_seen(days: Sequence[date | None]) -> Seen | None:
    """Return the earliest other document with the reference, from what the columns of `seen` hold."""
    return earliest(Seen(called, day) for called, day in zip(_CARRIERS.values(), days, strict=True) if day)


def earliest(found: Iterable[Seen]) -> Seen | None:
    """Return the document with the earliest value date, if there is any."""
    return min(found, key=lambda one: one.value_on, default=None)


def standing(fund_id: int, wanted: Collection[str]) -> dict[str, list[Seen]]:
    """Return where each of these references, as they are compared, stands: the earliest document of each table."""
    if not wanted:
        return {}
    found = defaultdict(list)
    for reference, called, day in db.session.execute(
        union_all(*(_earliest_in(table, called, fund_id, wanted) for table, called in _CARRIERS.items()))
    ):
        found[reference].append(Seen(called, day))
    return dict(found)


def used_twice(table: FromClause) -> ColumnElement[bool]:
    """Return the condition that the reference of a document stands elsewhere too."""
    return or_(*(others.exists() for others in _others(table)))


def _others(table: FromClause) -> list[Select[Any]]:
    """Select, from each table that carries references, what stands with that of a document of `table`."""
    return [_same_in(carrier, table) for carrier in _CARRIERS]


def _earliest_in(carrier: FromClause, called: str, fund_id: int, wanted: Collection[str]) -> Select[Any]:
    reversal = aliased(Entry)
    taken_back = and_(reversal.reverses_id == carrier.c.entry_id, reversal.fund_id == carrier.c.fund_id)
    return (
        select(carrier.c.plain_reference, literal(called), func.min(carrier.c.value_on))
        .select_from(carrier.outerjoin(reversal, taken_back))
        .where(carrier.c.fund_id == fund_id, carrier.c.plain_reference.in_(wanted), reversal.id.is_(None))
        .group_by(carrier.c.plain_reference)
    )


def _same_in(carrier: FromClause, table: FromClause) -> Select[Any]:
    other, reversal = carrier.alias(), aliased(Entry)
    taken_back = and_(reversal.reverses_id == other.c.entry_id, reversal.fund_id == other.c.fund_id)
    return (
        select(other.c.value_on)
        .select_from(other.outerjoin(reversal, taken_back))
        .where(
            table.c.plain_reference != "",
            other.c.fund_id == table.c.fund_id,
            other.c.plain_reference == table.c.plain_reference,
            other.c.entry_id != table.c.entry_id,
            reversal.id.is_(None),
        )
        .correlate(table)
    )
