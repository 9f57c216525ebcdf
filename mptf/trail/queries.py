"""Read the two logs: what was changed, and who saw what."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, and_, func, or_, select
from sqlalchemy.orm import aliased

from mptf.core import audit, ids
from mptf.core.audit import AccessEvent, AuditDetail, AuditEvent, Broken
from mptf.core.clock import HasZone, Installation, end_of, start_of
from mptf.core.db import Base, db
from mptf.core.paging import Page, counted, offset
from mptf.core.search import SearchRow
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.people.models import Person

SIZE = 50
NAMES = ("short_name", "name", "title", "code")
_SOMEBODY = aliased(Person)  # the person an event is about, beside the one who did it


@dataclass(frozen=True)
class Wanted:
    """Which events somebody looks for; empty means all."""

    who: str = ""
    action: str = ""
    kind: str = ""
    subject: str = ""
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True)
class Recorded:
    """One event of a log as it is stored; `values` is its detail, None where that was erased."""

    number: int
    at: datetime
    who: str | None
    action: str
    kind: str
    subject_id: str
    fund_code: str | None
    currency: str | None
    title: str | None
    values: Mapping[str, Any] | None = field(default=None)

    @property
    def noun(self) -> str:
        """What the action is about: `deposit` of `deposit.recorded`."""
        return self.action.partition(".")[0]

    def column(self, key: str) -> Column[Any] | None:
        """Return the column of the object that holds what a detail tells of, if it is one."""
        table = Base.metadata.tables.get(self.kind)
        return table.c.get(key) if table is not None else None


@dataclass(frozen=True)
class Log:
    """One of the two logs, by its columns."""

    name: str
    number: Any
    at: Any
    actor: Any
    action: Any
    kind: Any
    subject: Any
    fund: Any
    body: Any

    def rows(self, fund: Fund | None, *columns: Any) -> Any:
        """Select columns of the log; of one fund, with what every fund shares, else of the whole installation."""
        rows = select(*columns).select_from(self.number.class_)
        if self.body.class_ is AuditDetail:
            rows = rows.join(AuditDetail, AuditDetail.event_seq == AuditEvent.seq)
        if fund is None:
            return rows.execution_options(across_funds=True)
        shared = and_(self.fund.is_(None), self.kind.in_(audit.SHARED))
        return rows.where(or_(self.fund == fund.id, shared))

    def narrowed(self, rows: Any, wanted: Wanted, place: HasZone) -> Any:
        """Keep what somebody looks for; days begin and end where `place` is."""
        for column, value in ((self.action, wanted.action), (self.kind, wanted.kind), (self.subject, wanted.subject)):
            if value:
                rows = rows.where(column == value)
        if wanted.from_on:
            rows = rows.where(self.at >= start_of(wanted.from_on, place))
        if wanted.until_on:
            rows = rows.where(self.at <= end_of(wanted.until_on, place))
        return rows.where(self._about(wanted.who, place)) if wanted.who else rows

    def _about(self, text: str, place: HasZone) -> Any:
        """Ask that somebody did it, or that its detail names them; by addresses only where the log shows them."""
        asked = (Person.name, Person.email) if isinstance(place, Installation) else (Person.name,)
        named = (column.icontains(text, autoescape=True) for column in asked)
        people = select(Person.id).where(or_(*named))
        return or_(self.actor.in_(people), self.body.icontains(text, autoescape=True))


CHANGES = Log(
    "changes", AuditEvent.seq, AuditEvent.recorded_at, AuditEvent.actor_id, AuditEvent.action,
    AuditEvent.subject_kind, AuditEvent.subject_id, AuditEvent.fund_id, AuditDetail.body,
)  # fmt: skip
LOOKS = Log(
    "looks", AccessEvent.id, AccessEvent.seen_at, AccessEvent.person_id, AccessEvent.what,
    AccessEvent.subject_kind, AccessEvent.subject_id, AccessEvent.fund_id, AccessEvent.detail,
)  # fmt: skip


def page_of(log: Log, wanted: Wanted, *, fund: Fund | None, page: int = 1) -> Page[Recorded]:
    """Return one page of what somebody looks for, the newest first; of one fund if given."""
    place: HasZone = fund or Installation()
    found = log.narrowed(log.rows(fund, log.number), wanted, place)
    number, total = counted(found, page, size=SIZE)
    columns = (
        log.number, log.at, Person.name, log.action, log.kind, log.subject, Fund.code, Fund.currency,
        func.coalesce(SearchRow.called, _SOMEBODY.name, Organisation.short_name), log.body,
    )  # fmt: skip
    rows = db.session.execute(
        log.narrowed(log.rows(fund, *columns), wanted, place)
        .outerjoin(Person, Person.id == log.actor)
        .outerjoin(Fund, Fund.id == log.fund)
        .outerjoin(SearchRow, and_(SearchRow.kind == log.kind, SearchRow.subject_id == log.subject))
        .outerjoin(_SOMEBODY, and_(log.kind == Person.__tablename__, _SOMEBODY.public_id == log.subject))
        .outerjoin(Organisation, and_(log.kind == Organisation.__tablename__, Organisation.public_id == log.subject))
        .order_by(log.number.desc())
        .limit(SIZE)
        .offset(offset(number, SIZE))
    )
    return Page([_recorded(*row) for row in rows], number, total, SIZE)


def choices(log: Log, fund: Fund | None) -> tuple[Sequence[str], Sequence[str]]:
    """Return the actions and the kinds of object that occur."""
    pairs = db.session.execute(log.rows(fund, log.action, log.kind).distinct()).all()
    return sorted({action for action, _kind in pairs}), sorted({kind for _action, kind in pairs})


def names_in(events: Sequence[Recorded], *, fund: Fund | None) -> Mapping[str, str]:
    """Return what is called what among the ids in the details, `jurisdiction 7` or a public id; mostly asks nothing.

    What a public id names is looked up in the fund the events are of, or in the installation.
    """
    numbers: dict[str, set[int]] = defaultdict(set)
    public: set[str] = set()
    for event in events:
        for key, value in _values(event.values or {}):
            column = event.column(key)
            if column is not None and column.foreign_keys:
                numbers[next(iter(column.foreign_keys)).column.table.name].add(value)
            elif isinstance(value, str) and ids.is_one(value):
                public.add(value)
    found = {f"{table} {number}": name for table in numbers for number, name in _named(table, numbers[table])}
    if public:
        named = select(SearchRow.subject_id, SearchRow.called).where(SearchRow.subject_id.in_(public))
        of_fund = named.where(SearchRow.fund_id == fund.id) if fund else named.execution_options(across_funds=True)
        found |= {row.subject_id: row.called for row in db.session.execute(of_fund)}
    return found


def check() -> tuple[int, Broken | None]:
    """Walk the whole chain; return how many events hold and the first that does not."""
    return audit.verify(db.session())


def end_of_chain() -> tuple[int, str]:
    """Return number and hash of the last event, to be compared with the anchor kept outside."""
    return audit.head(db.session())


def _recorded(*row: Any) -> Recorded:
    *facts, body = row
    return Recorded(*(*facts, json.loads(body) if body else None))


def _values(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each single value of a detail: those inside another, and both sides of a change."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _values(value)
        else:
            yield from ((key, part) for part in (value if isinstance(value, list) else [value]) if part is not None)


def _named(table_name: str, numbers: set[int]) -> Sequence[tuple[int, str]]:
    table = Base.metadata.tables[table_name]
    name = next((table.c[name] for name in NAMES if name in table.c), None)
    if name is None:
        return []
    return [(row[0], row[1]) for row in db.session.execute(select(table.c.id, name).where(table.c.id.in_(numbers)))]
