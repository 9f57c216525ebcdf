"""Read what was typed into the parts of a proposal. Whoever asks has been let to the proposal before."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload

from mptf.calls.models import Call
from mptf.calls.terms import Ceiling
from mptf.core import clock
from mptf.core.db import db, one_of
from mptf.core.paging import Page, page_of
from mptf.drafting.content import unpacked
from mptf.drafting.general import framed, read_general
from mptf.drafting.models import PartVersion
from mptf.drafting.parts import parts_of
from mptf.drafting.reading import Asked, Belongs, Frame, Part, Read
from mptf.drafting.results import read_results, with_outputs
from mptf.drafting.shape import Content
from mptf.framework.models import ItemKind
from mptf.framework.queries import newest_texts
from mptf.fund.queries import settings_on
from mptf.organisations.models import Office, Organisation
from mptf.proposals.models import PartKind, Proposal

VERSION = PartVersion.__table__.c
VERSIONS_SHOWN = 30
Found = Mapping[PartKind, PartVersion]


@dataclass(frozen=True)
class Aside:
    """What somebody typed over a text another had changed meanwhile, until its writer settles it."""

    number: int
    field: str
    typed: str


@dataclass(frozen=True)
class State:
    """How far a part has come: what stands, read in the frame; `version` is None where nothing was saved yet."""

    part: Part[Any]
    frame: Frame
    version: PartVersion | None
    content: Content
    read: Read[Any]

    @property
    def number(self) -> int:
        """The number of the version that stands; 0 of none."""
        return self.version.number if self.version else 0

    @property
    def begun(self) -> bool:
        """Whether anything stands in it."""
        return bool(self.content)


def newest(proposal: Proposal, kind: PartKind) -> PartVersion | None:
    """Return what stands of a part, or None where nothing was saved yet."""
    stands = _of_part(proposal, kind).where(VERSION.aside.is_(False)).options(joinedload(PartVersion.by))
    return db.session.scalars(stands.order_by(VERSION.number.desc()).limit(1)).first()


def newest_of(proposal: Proposal, kinds: Collection[PartKind] = tuple(PartKind)) -> dict[PartKind, PartVersion]:
    """Return what stands of several parts, by part; those nothing was saved of are left out."""
    last = (
        select(VERSION.part, func.max(VERSION.number).label("number"))
        .where(_of(proposal), VERSION.part.in_(kinds), VERSION.aside.is_(False))
        .group_by(VERSION.part)
        .subquery()
    )
    rows = db.session.scalars(
        select(PartVersion)
        .join(last, and_(VERSION.part == last.c.part, VERSION.number == last.c.number))
        .where(_of(proposal))
        .options(joinedload(PartVersion.by))
    )
    return {row.part: row for row in rows}


def content_of(version: PartVersion | None) -> dict[str, str]:
    """Return what a version holds; nothing of none."""
    return unpacked(version.content) if version else {}


def base_of(proposal: Proposal, kind: PartKind, number: int) -> dict[str, str]:
    """Return what a text was typed over; where that version was thinned out, the one before it.

    An earlier base never takes what others wrote for something that was removed: it makes more collide, and loses
    nothing.
    """
    before = _of_part(proposal, kind).where(VERSION.aside.is_(False), VERSION.number <= number)
    return content_of(db.session.scalars(before.order_by(VERSION.number.desc()).limit(1)).first())


def asides_of(proposal: Proposal, kind: PartKind, person_id: int) -> list[Aside]:
    """Return what somebody has to settle in a part, the earliest first."""
    mine = _of_part(proposal, kind).where(_waiting(), VERSION.by_id == person_id)
    return [aside_of(row) for row in db.session.scalars(mine.order_by(VERSION.number))]


def aside_rows(proposal: Proposal, kind: PartKind, person_id: int, numbers: Collection[int]) -> Sequence[PartVersion]:
    """Return the rows of some texts kept aside, as far as this person has them to settle."""
    mine = _of_part(proposal, kind).where(_waiting(), VERSION.by_id == person_id, VERSION.number.in_(numbers))
    return db.session.scalars(mine.order_by(VERSION.number)).all()


def aside_of(row: PartVersion) -> Aside:
    """Return the text a row keeps aside."""
    field, typed = next(iter(unpacked(row.content).items()))
    return Aside(row.number, field, typed)


def last_number(proposal: Proposal, kind: PartKind) -> int:
    """Return the number of the latest row of a part, whatever it is; 0 where there is none."""
    rows = select(func.max(VERSION.number)).where(_of(proposal), VERSION.part == kind)
    return db.session.scalar(rows) or 0


def versions(proposal: Proposal, kind: PartKind, page: int) -> Page[PartVersion]:
    """Return a page of the versions of a part, the newest first."""
    whole = _of_part(proposal, kind).options(joinedload(PartVersion.by)).order_by(VERSION.number.desc())
    return page_of(whole, page, size=VERSIONS_SHOWN)


def get_version(proposal: Proposal, kind: PartKind, number: int) -> PartVersion:
    """Return a version of a part, or raise NotFound."""
    found = _of_part(proposal, kind).where(VERSION.number == number)
    return one_of(found.options(joinedload(PartVersion.by)))


def frame_of(proposal: Proposal) -> Frame:
    """Return what the call that is answered gives to whoever writes; what was submitted keeps the rate of its day."""
    call, fund = proposal.call, proposal.fund
    rules = settings_on(fund, clock.local(proposal.sent_at or clock.now(), fund).date())
    items = {kind: {item.public_id: item.name for item in call.items if item.kind is kind} for kind in ItemKind}
    offices = {office.public_id: office.name for office in call.offices}
    return Frame(
        currency=fund.currency,
        indirect_bp=rules.indirect_cost_bp,
        goals=items[ItemKind.GOAL],
        kpis=items[ItemKind.KPI],
        jurisdictions={place.public_id: place.name for place in call.jurisdictions},
        offices={proposal.office.public_id: proposal.office.name, **offices},
        organisations=_organisations(call, [proposal.office, *call.offices]),
        lead=proposal.office.public_id,
        months_least=call.shortest_months,
        months_most=call.longest_months,
        grant_least=call.smallest,
        grant_most=call.largest,
        documents={one.public_id: Asked(one.name, one.guidance, one.needed) for one in call.documents},
    )


def official_texts(proposal: Proposal) -> dict[str, str]:
    """Return what the goals and KPIs of the call say, by their public ids; those without a text are left out."""
    texts = newest_texts(proposal.fund)
    return {item.public_id: texts[item.id].text for item in proposal.call.items if item.id in texts}


def _organisations(call: Call, offices: Iterable[Office]) -> dict[str, Belongs]:
    """Return whose each office is, with the ceiling of its organisation in a call."""
    wanted = {office.public_id: office.organisation_id for office in offices}
    of_call = and_(
        Ceiling.organisation_id == Organisation.id, Ceiling.call_id == call.id, Ceiling.fund_id == call.fund_id
    )
    rows = db.session.execute(
        select(Organisation.id, Organisation.public_id, Organisation.short_name, Ceiling.amount)
        .outerjoin(Ceiling, of_call)
        .where(Organisation.id.in_(set(wanted.values())))
    )
    found = {key: Belongs(public_id, name, ceiling) for key, public_id, name, ceiling in rows}
    return {office: found[organisation_id] for office, organisation_id in wanted.items()}


def state_of(proposal: Proposal, part: Part[Any], frame: Frame) -> State:
    """Return how far one part has come, with what the frame needs of others."""
    found = newest_of(proposal, {part.kind, PartKind.GENERAL, PartKind.RESULTS})
    return _state(proposal, part, found, _given(proposal, _in_whole(proposal, frame, found), [part]))


def states_of(proposal: Proposal, frame: Frame, parts: Collection[Part[Any]] | None = None) -> list[State]:
    """Return how far every part has come that is asked for, or some, in their order; all are read in one frame."""
    found, among = newest_of(proposal), parts_of(proposal) if parts is None else parts
    whole = _given(proposal, _in_whole(proposal, frame, found), among)
    return [_state(proposal, part, found, whole) for part in among]


def _state(proposal: Proposal, part: Part[Any], found: Found, frame: Frame) -> State:
    content = _content(proposal, part.kind, found)
    return State(part, frame, found.get(part.kind), content, part.read(content, frame))


def _given(proposal: Proposal, frame: Frame, parts: Iterable[Part[Any]]) -> Frame:
    """Return the frame with what the rooms of some parts keep of a proposal."""
    for part in parts:
        frame = part.given(proposal, frame) if part.given else frame
    return frame


def _content(proposal: Proposal, kind: PartKind, found: Found) -> Content:
    """Return what stands of a part; General begins with the title the proposal was started with."""
    if kind is PartKind.GENERAL and kind not in found:
        return {"title": proposal.title}
    return content_of(found.get(kind))


def _of(proposal: Proposal) -> ColumnElement[bool]:
    return and_(VERSION.fund_id == proposal.fund_id, VERSION.proposal_id == proposal.id)


def _of_part(proposal: Proposal, kind: PartKind) -> Select[PartVersion]:
    return select(PartVersion).where(_of(proposal), VERSION.part == kind)


def _waiting() -> ColumnElement[bool]:
    return and_(VERSION.aside.is_(True), VERSION.settled_at.is_(None))


def _in_whole(proposal: Proposal, frame: Frame, found: Found) -> Frame:
    """Return the frame with what General says of the project, and with the outputs of the results framework."""
    known = framed(frame, read_general(_content(proposal, PartKind.GENERAL, found), frame).value)
    return with_outputs(known, read_results(content_of(found.get(PartKind.RESULTS)), known).value)
