"""The audit log as people read it: each event in words, and whether the chain holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, joinedload

from mptf.core import audit
from mptf.core.audit import AuditDetail, AuditEvent, Broken
from mptf.core.clock import HasZone
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.paging import Page, offset
from mptf.fund.models import Fund
from mptf.people.models import Person
from mptf.people.queries import Installation

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


WORDS: dict[str, str] = {
    "person.added": N_("added {person}"),
    "person.renamed": N_("renamed {before} to {person}"),
    "role.given": N_("gave {person} the role {role}"),
    "role.ended": N_("ended the role {role} of {person}"),
    "invitation.made": N_("invited {person}"),
    "invitation.withdrawn": N_("withdrew the invitation of {person}"),
    "invitation.accepted": N_("accepted the invitation"),
    "password.passed": N_("gave the right password"),
    "password.changed": N_("changed the password"),
    "session.opened": N_("signed in"),
    "session.ended": N_("ended a session"),
    "reset.asked": N_("sent {person} a link to a new password"),
    "second_factor.set_up": N_("set up a second factor for {person}"),
    "second_factor.removed": N_("removed the second factor of {person}"),
    "recovery_codes.made": N_("made new recovery codes for {person}"),
}


def page_of_events(wanted: Wanted, *, fund: Fund | None, page: int = 1) -> Page[Line]:
    """Return one page of the events somebody looks for, the newest first; of one fund if given."""
    place: HasZone = fund or Installation()
    actor = aliased(Person)
    found = _narrowed(_of(fund, select(AuditEvent.seq)), wanted, place)
    total = db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
    number = min(max(page, 1), max(1, -(-total // SIZE)))
    shown: Any = select(AuditEvent, actor.name, Fund.code)
    rows = db.session.execute(
        _narrowed(_of(fund, shown), wanted, place)
        .outerjoin(actor, actor.id == AuditEvent.actor_id)
        .outerjoin(Fund, Fund.id == AuditEvent.fund_id)
        .options(joinedload(AuditEvent.detail))
        .order_by(AuditEvent.seq.desc())
        .limit(SIZE)
        .offset(offset(number, SIZE))
    )
    return Page([_line(event, who, code) for event, who, code in rows], number, total, SIZE)


def actions(fund: Fund | None) -> Sequence[str]:
    """Return the kinds of change there are."""
    return db.session.scalars(_of(fund, select(AuditEvent.action).distinct().order_by(AuditEvent.action))).all()


def kinds(fund: Fund | None) -> Sequence[str]:
    """Return the kinds of object that were changed."""
    kind = AuditEvent.subject_kind
    return db.session.scalars(_of(fund, select(kind).distinct().order_by(kind))).all()


def check() -> tuple[int, Broken | None]:
    """Walk the whole chain; return how many events hold and the first that does not."""
    return audit.verify(db.session())


def end_of_chain() -> tuple[int, str]:
    """Return number and hash of the last event, to be compared with the anchor kept outside."""
    return audit.head(db.session())


def in_words(kind: str) -> str:
    """Return an action or a kind of object as people read it: `role_grant` is a role grant."""
    return kind.replace("_", " ").replace(".", ": ")


def _of(fund: Fund | None, events: Any) -> Any:
    return events.where(AuditEvent.fund_id == fund.id) if fund else events


def _narrowed(events: Any, wanted: Wanted, place: HasZone) -> Any:
    if wanted.action:
        events = events.where(AuditEvent.action == wanted.action)
    if wanted.kind:
        events = events.where(AuditEvent.subject_kind == wanted.kind)
    if wanted.subject:
        events = events.where(AuditEvent.subject_id == wanted.subject)
    if wanted.from_on:
        events = events.where(AuditEvent.recorded_at >= _start(wanted.from_on, place))
    if wanted.until_on:
        events = events.where(AuditEvent.recorded_at < _start(wanted.until_on + timedelta(days=1), place))
    return _about(events, wanted.who) if wanted.who else events


def _about(events: Any, text: str) -> Any:
    """Keep events by somebody, or whose detail names them."""
    people = select(Person.id).where(
        or_(Person.name.icontains(text, autoescape=True), Person.email.icontains(text, autoescape=True))
    )
    named = select(AuditDetail.event_seq).where(AuditDetail.body.icontains(text, autoescape=True))
    return events.where(or_(AuditEvent.actor_id.in_(people), AuditEvent.seq.in_(named)))


def _start(day: date, place: HasZone) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(place.zone)).astimezone(UTC)


def _line(event: AuditEvent, who: str | None, fund_code: str | None) -> Line:
    body = event.detail.body
    values: dict[str, Any] = json.loads(body) if body else {}
    template = WORDS.get(event.action)
    if template is None or any(values.get(name) is None for name in _names(template)):
        template, values = "{what}", {**values, "what": in_words(event.action)}
    shown = [
        (in_words(name), str(value))
        for name, value in values.items()
        if value not in (None, "") and name != "what" and name not in _names(template)
    ]
    return Line(
        seq=event.seq,
        at=event.recorded_at,
        who=who,
        template=template,
        values=values,
        details=shown,
        fund_code=fund_code,
        kind=in_words(event.subject_kind),
        subject_id=event.subject_id,
        erased=body is None,
    )


def _names(template: str) -> list[str]:
    return [name for _text, name, _spec, _conversion in Formatter().parse(template) if name]
