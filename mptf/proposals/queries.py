"""Read proposals: only those a person may know of, always; and who may work on them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from mptf.calls import queries as calls
from mptf.calls.kinds import CallKind
from mptf.calls.models import CANCELLED, CLOSED, PUBLISHED, Call
from mptf.calls.terms import CallOffice
from mptf.calls.wording import moment_text
from mptf.core import clock
from mptf.core.db import db, one_of
from mptf.core.errors import N_, NotFound
from mptf.core.paging import Page, page_of
from mptf.core.waiting import MOST_READ, Findable, Waiting, oldest_of, result_columns
from mptf.fund.models import Fund
from mptf.organisations.models import Office
from mptf.people.models import Person, RoleGrant
from mptf.people.queries import held_anywhere, held_today, holding, in_any_role
from mptf.policy import SECRETARIAT, HeldRole, Nothing, Permission, Role, Viewer, can, reach
from mptf.proposals.models import DRAFT, RETURNED, May, Proposal, ProposalPerson, ProposalStatus, Stage

PROPOSAL = Proposal.__table__.c
PERSON = ProposalPerson.__table__.c
CALL = Call.__table__.c
# Until when a proposal is sent: as a concept note, or in full.
CLOSES = case((PROPOSAL.stage == Stage.CONCEPT, CALL.concept_until), else_=CALL.closes_at)
OPEN = (ProposalStatus.DRAFT, ProposalStatus.INVITED)
ENDED = tuple(one for one in ProposalStatus if one.final)
SOON = timedelta(days=7)
OWN_SHOWN = 25
_WHOLE = (
    select(Proposal)
    .join(Proposal.call)
    .options(
        contains_eager(Proposal.call),
        joinedload(Proposal.organisation),
        joinedload(Proposal.office).joinedload(Office.jurisdiction),
        selectinload(Proposal.people).joinedload(ProposalPerson.person),
    )
)


def visible_to(viewer: Viewer, fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a person may know of a proposal; `Proposal.open_to` says the same of one."""
    held, here = viewer.role_in(fund.id), PROPOSAL.fund_id == fund.id
    if held is None or isinstance(reach(viewer, Permission.PROPOSALS_VIEW, fund.id), Nothing):
        return and_(here, PROPOSAL.id.is_(None))  # none; not `false()`, which would drop the fund
    if held.role in SECRETARIAT:
        return and_(here, PROPOSAL.submitted_at.is_not(None), not_(near_to(viewer, fund)))
    known = PROPOSAL.call_id.in_(select(Call.id).where(calls.visible_to(viewer, fund)))
    worked_on = and_(known, PROPOSAL.id.in_(_worked_on(viewer, fund)))
    return and_(here, or_(PROPOSAL.office_id == held.office_id, worked_on))


def near_to(viewer: Viewer, fund: Fund, of: Any = PROPOSAL) -> ColumnElement[bool]:
    """Return the condition that somebody cannot look at a proposal for others; `Proposal.is_near` says the same."""
    mine = select(PERSON.proposal_id).where(PERSON.fund_id == fund.id, PERSON.person_id == viewer.id)
    worked_on: ColumnElement[bool] = of.id.in_(mine)
    offices = {one.office_id for one in viewer.held if one.role is Role.PUNO_OFFICER}
    return or_(worked_on, of.office_id.in_(offices)) if offices else worked_on


def going_on(fund: Fund) -> ColumnElement[bool]:
    """Return the condition that the call of a proposal is not cancelled; `Proposal.is_off` says the opposite of one."""
    return PROPOSAL.call_id.not_in(select(CALL.id).where(CALL.fund_id == fund.id, CALL.status == CANCELLED))


def page_of_own(viewer: Viewer, fund: Fund, page: int) -> Page[Proposal]:
    """Return a page of what an officer may know of: first what has to be sent, the soonest at the top; then by call."""
    due = case(
        (and_(PROPOSAL.status == RETURNED, CALL.status != CANCELLED), PROPOSAL.answer_by),
        (and_(PROPOSAL.status.in_(OPEN), CALL.status == PUBLISHED), CLOSES),
    )
    ahead = due > clock.now()
    mine = _whole(viewer, fund).order_by(
        case((ahead, 0), (PROPOSAL.status.in_(OPEN), 1), else_=2), case((ahead, due)),
        CALL.closes_at.desc(), PROPOSAL.started_at.desc(), PROPOSAL.id.desc(),
    )  # fmt: skip
    return page_of(mine, page, size=OWN_SHOWN)


def count_drafts(viewer: Viewer, call: Call) -> int | None:
    """Return how many drafts there are under a call, which is all the Secretariat learns of them; None to all others.

    A call that is no draft itself and is not cancelled is looked at; under another nobody writes.
    """
    if call.status not in (PUBLISHED, CLOSED) or not can(viewer, Permission.PROPOSALS_SCREEN, call.fund):
        return None
    drafts = select(func.count()).select_from(Proposal).where(
        PROPOSAL.fund_id == call.fund_id, PROPOSAL.call_id == call.id, PROPOSAL.status == DRAFT
    )  # fmt: skip
    return db.session.scalars(drafts).one()


def get_proposal(viewer: Viewer, fund: Fund, public_id: str) -> Proposal:
    """Return a proposal this person may know of, or raise NotFound."""
    return one_of(_whole(viewer, fund).where(PROPOSAL.public_id == public_id))


def find_for(person_id: int, fund: Fund, public_id: str) -> Proposal | None:
    """Return a proposal somebody may know of in any of the roles held today, or None; for mail, which has no role."""
    return in_any_role(person_id, lambda viewer: get_proposal(viewer, fund, public_id))


def get_member(proposal: Proposal, public_id: str) -> ProposalPerson:
    """Return somebody who works on a proposal now, or raise NotFound."""
    found = next((one for one in proposal.people_now if one.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def find_office(held: HeldRole) -> Office | None:
    """Return the office a role is held for, if it is held for one."""
    return db.session.get(Office, held.office_id) if held.office_id else None


def calls_to_answer(fund: Fund, office_id: int | None) -> Sequence[Call]:
    """Return the calls an office may begin an answer to now, those that close first before others."""
    now = clock.now()
    asked = select(CallOffice.call_id).where(CallOffice.fund_id == fund.id, CallOffice.office_id == office_id)
    out = select(Call).where(
        CALL.fund_id == fund.id,
        CALL.status == PUBLISHED,
        CALL.closes_at > now,
        CALL.id.in_(asked),
        or_(CALL.concept_until.is_(None), CALL.concept_until > now),
    )
    return db.session.scalars(out.options(selectinload(Call.offices)).order_by(CALL.closes_at, CALL.id)).all()


def find_alike(call: Call, office: Office, title: str) -> Proposal | None:
    """Return the draft an office has under a call with this title, in any case, if there is one."""
    same = select(Proposal).where(
        PROPOSAL.fund_id == call.fund_id,
        PROPOSAL.call_id == call.id,
        PROPOSAL.office_id == office.id,
        PROPOSAL.submitted_at.is_(None),
        func.lower(PROPOSAL.title) == func.lower(title),
    )
    return db.session.scalars(same.order_by(PROPOSAL.id).limit(1)).first()


def officers(fund: Fund, *wanted: ColumnElement[bool]) -> Sequence[RoleGrant]:
    """Return the roles of PUNO officers held in a fund today, with the person and the office, by name."""
    held = (
        select(RoleGrant)
        .join(RoleGrant.person)
        .where(*held_today(fund, Role.PUNO_OFFICER), *wanted)
        .options(contains_eager(RoleGrant.person), joinedload(RoleGrant.office))
    )
    return db.session.scalars(held.order_by(Person.name, RoleGrant.id)).all()


def colleagues(proposal: Proposal, viewer: Viewer, held: HeldRole) -> Sequence[RoleGrant]:
    """Return the officers of one's own organisation who could be added to a proposal, by name; oneself joins it."""
    there = [viewer.id, *(one.person_id for one in proposal.people_now)]
    own = RoleGrant.organisation_id == held.organisation_id
    return officers(proposal.fund, own, RoleGrant.person_id.not_in(there), *_who_may(proposal.call))


def find_officer(fund: Fund, email: str) -> Person | None:
    """Return the PUNO officer of a fund who has this very address today, if there is one."""
    found = officers(fund, Person.email == email.strip().lower())
    return found[0].person if found else None


def may_be_let_in(proposal: Proposal, person_id: int) -> bool:
    """Tell whether somebody could work on a proposal: a PUNO officer of its fund today."""
    return bool(officers(proposal.fund, RoleGrant.person_id == person_id, *_who_may(proposal.call)))


def _who_may(call: Call) -> Sequence[ColumnElement[bool]]:
    """Return what is asked of the officers who work under a call: of an invitation, that their office is invited."""
    if call.kind is not CallKind.INVITATION:
        return ()
    return (RoleGrant.office_id.in_([office.id for office in call.offices]),)


def secretariat_of(proposal: Proposal) -> list[int]:
    """Return the keys of those of the Secretariat who may look at a proposal once it is submitted, for mail alone."""
    officers_of = select(RoleGrant.person_id).where(
        *held_anywhere(clock.today(proposal.fund), Role.PUNO_OFFICER), RoleGrant.office_id == proposal.office_id
    )
    near = {one.person_id for one in proposal.people}
    near.update(db.session.scalars(officers_of.execution_options(across_funds=True)))
    return [key for key in holding(proposal.fund, *SECRETARIAT) if key not in near]


def senders(proposal: Proposal) -> list[str]:
    """Return the names of those who may submit a proposal: who writes it and is an officer of its lead office today."""
    writing = [one.person_id for one in proposal.people_now if one.may is May.WRITE]
    found = officers(proposal.fund, RoleGrant.office_id == proposal.office_id, RoleGrant.person_id.in_(writing))
    return list(dict.fromkeys(grant.person.name for grant in found))


def offices_of_people(proposal: Proposal) -> Mapping[int, list[Office]]:
    """Return, for each who works on a proposal now and still is an officer of the fund, the offices, by person."""
    there = [one.person_id for one in proposal.people_now]
    found: dict[int, list[Office]] = defaultdict(list)
    for grant in officers(proposal.fund, RoleGrant.person_id.in_(there)):
        if grant.office:
            found[grant.person_id].append(grant.office)
    return found


def works_on_another(proposal: Proposal, person_id: int) -> bool:
    """Tell whether somebody works on another proposal under the same call that has not come to its end."""
    others = (
        select(PERSON.id)
        .join(Proposal, and_(PROPOSAL.id == PERSON.proposal_id, PROPOSAL.fund_id == PERSON.fund_id))
        .where(
            PROPOSAL.fund_id == proposal.fund_id,
            PROPOSAL.call_id == proposal.call_id,
            PROPOSAL.id != proposal.id,
            PROPOSAL.status.not_in(ENDED),
            PERSON.person_id == person_id,
            PERSON.until_at.is_(None),
        )
    )
    return db.session.scalar(select(exists(others))) or False


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the drafts somebody writes whose call closes within a week, those that close first before others."""
    if isinstance(reach(viewer, Permission.PROPOSALS_WRITE, fund.id), Nothing):
        return []
    now, held = clock.now(), viewer.role_in(fund.id)
    soon = (
        select(Proposal)
        .join(Proposal.call)
        .where(
            PROPOSAL.fund_id == fund.id,
            PROPOSAL.status.in_(OPEN),
            PROPOSAL.id.in_(_worked_on(viewer, fund, May.WRITE)),
            CALL.status == PUBLISHED,
            CLOSES.between(now + timedelta.resolution, now + SOON),
        )
        .options(contains_eager(Proposal.call), joinedload(Proposal.office))
        .order_by(CLOSES, PROPOSAL.id)
        .limit(MOST_READ)
    )
    first = [_to_submit(proposal, held) for proposal in db.session.scalars(soon)]
    others = N_("Drafts you write whose call closes within a week")
    return oldest_of(first, Waiting(N_("Submit more proposals"), others, "proposals.proposals"))


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the proposals this person may find, by number and title.

    They are not indexed while they are drafts: what the index calls an object stands in the audit log.
    """
    if isinstance(reach(viewer, Permission.PROPOSALS_VIEW, fund.id), Nothing):
        return []
    kind = Proposal.__tablename__
    title = func.coalesce(PROPOSAL.number + " ", "") + PROPOSAL.title
    columns = result_columns(
        kind, PROPOSAL.public_id, title, names=(PROPOSAL.number, PROPOSAL.title), day=func.date(PROPOSAL.submitted_at)
    )
    return [Findable(kind, N_("Proposal"), "proposals.proposal", select(*columns).where(visible_to(viewer, fund)))]


def _worked_on(viewer: Viewer, fund: Fund, may: May | None = None) -> Select[int]:
    """Select the keys of the proposals somebody works on now, in a way if asked."""
    mine = select(PERSON.proposal_id).where(
        PERSON.fund_id == fund.id, PERSON.person_id == viewer.id, PERSON.until_at.is_(None)
    )
    return mine.where(PERSON.may == may) if may else mine


def _whole(viewer: Viewer, fund: Fund) -> Select[Proposal]:
    return _WHOLE.where(visible_to(viewer, fund))


def _to_submit(proposal: Proposal, held: HeldRole | None) -> Waiting:
    """Say what waits of a draft: its lead office submits it, who else writes it has it written by then."""
    call = proposal.call
    leads = held is not None and held.office_id == proposal.office_id
    return Waiting(
        N_("Submit {title} before {closes}") if leads else N_("Write {title} before {closes}"),
        N_("Concept notes for {call} end; of {office}")
        if proposal.stage is Stage.CONCEPT
        else N_("The {kind} {call} closes; of {office}"),
        "proposals.proposal",
        {"public_id": proposal.public_id},
        {
            "title": proposal.title,
            "closes": moment_text(proposal.closes_at, call.zone),
            "kind": call.kind.word,
            "call": call.reference,
            "office": proposal.office.name,
        },
        proposal.closes_on,
    )
