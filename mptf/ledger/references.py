"""Bank references: what the bank calls a movement of cash, held against every document that carries one.

Documents stand in rooms of which one may not know the other; each says here that its table carries a reference. A
document that was reversed is compared with nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, literal, or_, select, union_all
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import aliased

from mptf.core.db import db
from mptf.fund.models import Fund
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
    """Return the columns that say on which day the reference of a document stands elsewhere, for `first_seen`.

    The day is taken through a function, or SQLite walks through all days of the fund to find the first.
    """
    return [
        others.with_only_columns(func.min(func.coalesce(day, day))).scalar_subquery()
        for others in _others(table)
        for day in [others.selected_columns.value_on]
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


def used_twice(fund: Fund, table: FromClause) -> ColumnElement[bool]:
    """Return the condition that the reference of a document of a fund stands elsewhere too.

    The other documents are looked at only where a reference stands twice, whatever became of either.
    """
    again = or_(*(table.c.plain_reference.in_(_references(fund, carrier, table)) for carrier in _CARRIERS))
    return case((again, or_(*(others.exists() for others in _others(table)))), else_=False)


def _references(fund: Fund, carrier: FromClause, table: FromClause) -> Select[Any]:
    """Select the references of a carrier that may stand on a document of `table` too: of itself, those used twice."""
    other = carrier.alias()
    found = select(other.c.plain_reference).where(other.c.fund_id == fund.id, other.c.plain_reference != "")
    return found.group_by(other.c.plain_reference).having(func.count() > 1) if carrier is table else found


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


@cache
def _same_in(carrier: FromClause, table: FromClause) -> Select[Any]:
    other, reversal = carrier.alias(), Entry.__table__.alias()
    taken_back = and_(reversal.c.reverses_id == other.c.entry_id, reversal.c.fund_id == other.c.fund_id)
    return (
        select(other.c.value_on)
        .select_from(other.outerjoin(reversal, taken_back))
        .where(
            table.c.plain_reference != "",
            other.c.fund_id == table.c.fund_id,
            other.c.plain_reference == table.c.plain_reference,
            other.c.entry_id != table.c.entry_id,
            reversal.c.id.is_(None),
        )
        .correlate(table)
    )
