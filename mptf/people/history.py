"""The audit log as people read it: each event in words, and whether the chain holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from mptf.core import audit
from mptf.core.audit import AccessEvent, AuditDetail, AuditEvent, Broken
from mptf.core.clock import HasZone
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.paging import Page, offset
from mptf.fund.models import Fund
from mptf.people.models import Person
from mptf.people.queries import Installation
from mptf.web.text import day

SIZE = 50


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
class Line:
    """One event as a page shows it."""

    seq: int
    at: datetime
    who: str | None
    template: str
    values: Mapping[str, Any]
    details: Sequence[tuple[str, str]]
    fund_code: str | None
    kind: str
    subject_id: str
    erased: bool


audit.tell(
    {
        "page": N_("opened the page"),
        "file": N_("took the file {name}"),
        "export": N_("exported"),
    },
    names={"from_on": N_("first day"), "until_on": N_("last day")},
)


@dataclass(frozen=True)
class Log:
    """One of the two logs, by its columns: what was changed, or who saw what."""

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
        """Select columns of the log; of one fund if given."""
        rows = select(*columns)
        if self.body.class_ is AuditDetail:
            rows = rows.select_from(AuditEvent).join(AuditDetail, AuditDetail.event_seq == AuditEvent.seq)
        return rows.where(self.fund == fund.id) if fund else rows

    def narrowed(self, rows: Any, wanted: Wanted, place: HasZone) -> Any:
        """Keep what somebody looks for; days begin and end where `place` is."""
        for column, value in ((self.action, wanted.action), (self.kind, wanted.kind), (self.subject, wanted.subject)):
            if value:
                rows = rows.where(column == value)
        if wanted.from_on:
            rows = rows.where(self.at >= _start(wanted.from_on, place))
        if wanted.until_on:
            rows = rows.where(self.at < _start(wanted.until_on + timedelta(days=1), place))
        return rows.where(self._about(wanted.who)) if wanted.who else rows

    def _about(self, text: str) -> Any:
        """Ask that somebody did it, or that its detail names them."""
        named = (place.icontains(text, autoescape=True) for place in (Person.name, Person.email))
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


def page_of(log: Log, wanted: Wanted, *, fund: Fund | None, page: int = 1) -> Page[Line]:
    """Return one page of what somebody looks for, the newest first; of one fund if given."""
    place: HasZone = fund or Installation()
    found = log.narrowed(log.rows(fund, log.number), wanted, place)
    total = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    number = min(max(page, 1), max(1, -(-total // SIZE)))
    columns = (log.number, log.at, Person.name, log.action, log.kind, log.subject, Fund.code, log.body)
    rows = db.session.execute(
        log.narrowed(log.rows(fund, *columns), wanted, place)
        .outerjoin(Person, Person.id == log.actor)
        .outerjoin(Fund, Fund.id == log.fund)
        .order_by(log.number.desc())
        .limit(SIZE)
        .offset(offset(number, SIZE))
    )
    return Page([_line(*row) for row in rows], number, total, SIZE)


def choices(log: Log, fund: Fund | None) -> tuple[Sequence[str], Sequence[str]]:
    """Return the actions and the kinds of object that occur."""
    actions, kinds = (
        db.session.scalars(log.rows(fund, column).distinct().order_by(column)).all()
        for column in (log.action, log.kind)
    )
    return actions, kinds


def check() -> tuple[int, Broken | None]:
    """Walk the whole chain; return how many events hold and the first that does not."""
    return audit.verify(db.session())


def end_of_chain() -> tuple[int, str]:
    """Return number and hash of the last event, to be compared with the anchor kept outside."""
    return audit.head(db.session())


def in_words(name: str) -> str:
    """Return an action, a kind of object or a detail as people read it: a `totp_secret` is a second factor."""
    return audit.WORDS.get(name) or name.replace("_", " ").replace(".", ": ")


def _start(day: date, place: HasZone) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(place.zone)).astimezone(UTC)


def _line(
    number: int,
    at: datetime,
    who: str | None,
    action: str,
    kind: str,
    subject_id: str,
    fund_code: str | None,
    body: str | None,
) -> Line:
    values: dict[str, Any] = json.loads(body) if body else {}
    template = audit.SENTENCES.get(action)
    if template is None or any(values.get(name) is None for name in _names(template)):
        template, values = "{what}", {**values, "what": in_words(action)}
    told = {**values, **{name: _shown(values[name]) for name in _names(template)}}
    said = {*_names(template), "what", *(["person"] if values.get("person") == who else [])}
    shown = [(in_words(name), _shown(value)) for name, value in values.items() if value and name not in said]
    return Line(
        seq=number, at=at, who=who, template=template, values=told, details=shown, fund_code=fund_code,
        kind=in_words(kind), subject_id=subject_id, erased=body is None,
    )  # fmt: skip


def _shown(value: object) -> str:
    """Write a value of a detail: days stand in it as 2026-11-23, a change as what stood and what stands."""
    if isinstance(value, list):
        return " → ".join(_shown(part) for part in value)
    try:
        return day(date.fromisoformat(str(value)))
    except ValueError:
        return str(value)


def _names(template: str) -> list[str]:
    return [name for _text, name, _spec, _conversion in Formatter().parse(template) if name]
