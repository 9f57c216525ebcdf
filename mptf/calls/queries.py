"""Read calls: those a person may know of, and what is still missing before one goes out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from mptf.calls.amendments import CallAmendment, Follower
from mptf.calls.calendar import Amended
from mptf.calls.facts import Amounts, Basics, Dates, Reach
from mptf.calls.kinds import CallKind
from mptf.calls.models import DRAFT, PUBLISHED, WHOLE, Call, Criterion
from mptf.calls.terms import CallOffice, Ceiling
from mptf.calls.wording import moment_text
from mptf.core import clock
from mptf.core.db import db, one_of
from mptf.core.errors import N_, RuleBroken
from mptf.core.waiting import Awaited, Findable, awaited_columns, result_columns
from mptf.framework.models import FrameworkItem
from mptf.fund.models import DecisionBody, Fund
from mptf.organisations.models import Office
from mptf.people.models import Person, RoleGrant
from mptf.people.queries import held_today, in_any_role
from mptf.policy import Nothing, Opened, Permission, Role, Viewer, can, reach

CALL = Call.__table__.c


@dataclass(frozen=True)
class Missing:
    """What a call lacks before it may go out, and the page on which it is written."""

    part: str
    refusal: RuleBroken


def visible_to(viewer: Viewer, fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a person may know of a call; `Call.open_to` says the same of one."""
    reached = reach(viewer, Permission.CALLS_VIEW, fund.id)
    if isinstance(reached, Nothing):
        return false()
    here = CALL.fund_id == fund.id
    if not isinstance(reached, Opened):
        return here
    known = or_(CALL.kind == CallKind.OPEN, CALL.id.in_(_inviting(viewer, fund)))
    return and_(here, CALL.published_at.is_not(None), known)


def _inviting(viewer: Viewer, fund: Fund) -> Select[int]:
    """Select the keys of the calls the office of an officer may answer; of nobody else any."""
    held = viewer.role_in(fund.id)
    office_id = held.office_id if held and held.role is Role.PUNO_OFFICER else None
    return select(CallOffice.call_id).where(CallOffice.fund_id == fund.id, CallOffice.office_id == office_id)


def calls_of(viewer: Viewer, fund: Fund) -> Sequence[Call]:
    """Return the calls a person may know of: drafts first, then those that close last."""
    found = select(Call).where(visible_to(viewer, fund)).options(selectinload(Call.offices))
    ordered = found.order_by(CALL.published_at.is_not(None), CALL.closes_at.desc().nulls_first(), CALL.id.desc())
    return db.session.scalars(ordered).all()


def get_call(viewer: Viewer, fund: Fund, public_id: str) -> Call:
    """Return a call this person may know of with everything it says, or raise NotFound."""
    whole = (
        selectinload(Call.criteria).selectinload(Criterion.anchors),
        selectinload(Call.items).joinedload(FrameworkItem.framework),
        selectinload(Call.jurisdictions),
        selectinload(Call.offices).joinedload(Office.organisation),
        selectinload(Call.ceilings).options(
            joinedload(Ceiling.window), joinedload(Ceiling.jurisdiction), joinedload(Ceiling.organisation)
        ),
        selectinload(Call.documents),
    )
    return one_of(select(Call).where(visible_to(viewer, fund), CALL.public_id == public_id).options(*whole))


def get_call_out(viewer: Viewer, fund: Fund, public_id: str) -> Call:
    """Return a call that is out, without all it says, or raise NotFound: on a draft nothing is asked or submitted."""
    out = select(Call).where(visible_to(viewer, fund), CALL.public_id == public_id, CALL.published_at.is_not(None))
    return one_of(out)


def find_for(person_id: int, fund: Fund, public_id: str) -> Call | None:
    """Return a call somebody may know of in any of the roles held today, or None; for mail, which has no role."""
    return in_any_role(person_id, lambda viewer: get_call(viewer, fund, public_id))


def get_criterion(call: Call, public_id: str) -> Criterion:
    """Return a criterion of a call, or raise NotFound."""
    mine = select(Criterion).where(Criterion.fund_id == call.fund_id, Criterion.call_id == call.id)
    return one_of(mine.where(Criterion.public_id == public_id).options(selectinload(Criterion.anchors)))


def amendments_of(call: Call) -> Sequence[CallAmendment]:
    """Return how a call was amended, the latest first."""
    mine = select(CallAmendment).where(CallAmendment.fund_id == call.fund_id, CallAmendment.call_id == call.id)
    return db.session.scalars(mine.options(joinedload(CallAmendment.by)).order_by(CallAmendment.number.desc())).all()


def amended(fund: Fund) -> Mapping[int, Amended]:
    """Return how often each call of a fund that was amended was, and when last, by the key of the call."""
    counted = select(CallAmendment.call_id, func.count(), func.max(CallAmendment.amended_at))
    rows = db.session.execute(counted.where(CallAmendment.fund_id == fund.id).group_by(CallAmendment.call_id))
    return {call_id: Amended(times, at) for call_id, times, at in rows}


def next_number(fund: Fund, year: int, kind: CallKind) -> int:
    """Return the number the next call of a kind gets in a year; ask with the fund locked."""
    of_year = select(func.count()).select_from(Call).where(
        CALL.fund_id == fund.id, CALL.kind == kind, CALL.reference.like(f"%/{year}/%")
    )  # fmt: skip
    return db.session.scalars(of_year).one() + 1


def missing(call: Call) -> Iterator[Missing]:
    """Yield what a call lacks before it may go out, in the order of its pages."""
    inviting = call.kind is CallKind.INVITATION
    no_why, no_offices = inviting and not call.why_outside, not call.offices
    for part, absent, told in (
        (Basics.key, not call.scope, N_("Say what the {kind} is about.")),
        (Basics.key, no_why, N_("Say why this is answered outside a call.")),
        (Basics.key, _lacks_decision(call), N_("Name the decision of the committee the {kind} rests on, and its day.")),
        (Reach.key, not call.items, N_("Choose the goals or KPIs it serves.")),
        (Reach.key, not call.jurisdictions, N_("Choose where projects may work.")),
        (Reach.key, no_offices and not inviting, N_("Choose the offices that may answer.")),
        (Reach.key, no_offices and inviting, N_("Choose the offices you invite.")),
        (Amounts.key, not call.envelope, N_("Give the envelope.")),
        (Dates.key, call.deadline is None, N_("Say when the {kind} opens and closes.")),
        (Dates.key, _closes_in_the_past(call), N_("The {kind} would close in the past. Choose a later day.")),
        (Dates.key, _no_time_for_concepts(call), N_("Concept notes would end in the past. Choose a later day.")),
        ("criteria", not call.criteria, N_("Write the criteria proposals are judged by.")),
        ("criteria", _weighs_otherwise(call), N_("The weights of the criteria come to 100 percent together.")),
    ):
        if absent:
            yield Missing(part, RuleBroken(told, kind=call.kind.word))


def followers(call: Call) -> int:
    """Return how many people are told what changes about a call; their names are nobody's business."""
    now = select(func.count()).select_from(Follower).where(
        Follower.fund_id == call.fund_id, Follower.call_id == call.id, Follower.until_at.is_(None)
    )  # fmt: skip
    return db.session.scalars(now).one()


def follower_ids(call: Call) -> Sequence[int]:
    """Return the keys of the people who are told what changes about a call, for mail alone."""
    now = select(Follower.person_id).where(
        Follower.fund_id == call.fund_id, Follower.call_id == call.id, Follower.until_at.is_(None)
    )
    return db.session.scalars(now.order_by(Follower.person_id)).all()


def invited(call: Call) -> Sequence[Person]:
    """Return the officers of the offices that may answer a call, who are told when it goes out, by name."""
    offices = select(CallOffice.office_id).where(CallOffice.fund_id == call.fund_id, CallOffice.call_id == call.id)
    held = select(RoleGrant.person_id).where(
        *held_today(call.fund, Role.PUNO_OFFICER), RoleGrant.office_id.in_(offices)
    )  # fmt: skip
    return db.session.scalars(select(Person).where(Person.id.in_(held)).order_by(Person.name, Person.id)).all()


def to_close() -> Sequence[Call]:
    """Return the published calls of every fund whose time is over."""
    now = clock.now()
    past = select(Call).where(CALL.status == PUBLISHED, CALL.closes_at <= now).order_by(CALL.id)
    found = db.session.scalars(past.execution_options(across_funds=True))
    return [call for call in found if call.deadline and call.deadline.over(now)]


def may_answer(call: Call, office_id: int | None) -> bool:
    """Tell whether an office is among those a call is open to."""
    return any(office.id == office_id for office in call.offices)


def why_not_answer(call: Call, office_id: int | None) -> RuleBroken | None:
    """Return why an office cannot begin an answer to a call now, or None."""
    if office_id is None:
        return RuleBroken(N_("Your role is held for no office. Ask an administrator to give it for the office."))
    if not may_answer(call, office_id):
        return RuleBroken(N_("Your office is not among those this {kind} is open to."), kind=call.kind.word)
    if not call.takes:
        return RuleBroken(N_("This {kind} takes no proposals any more."), kind=call.kind.word)
    if not call.takes_new:
        told = N_("Concept notes were taken until {until}. Only who sent one by then can be invited to submit in full.")
        return RuleBroken(told, until=moment_text(call.concept_until, call.zone))
    return None


def awaited(viewer: Viewer, fund: Fund) -> list[Awaited]:
    """Return the calls that wait for this person: drafts, for who may let them go out."""
    if not can(viewer, Permission.CALLS_PUBLISH, fund):
        return []
    drafts = select(Call).where(CALL.fund_id == fund.id, CALL.status == DRAFT).order_by(CALL.id)
    missing_told = N_("A draft; its page says what is missing")
    return [
        Awaited(
            f"draft {kind.indexed}", title, missing_told, "calls.call",
            drafts.where(CALL.kind == kind).with_only_columns(
                *awaited_columns(f"draft {kind.indexed}", CALL.public_id, CALL.title)
            ),
            others, "calls.calls",
        )
        for kind, title, others in (
            (CallKind.OPEN, N_("Publish the call {name}"), N_("Publish the other drafts of calls")),
            (CallKind.INVITATION, N_("Send the invitation {name}"), N_("Send the other drafts of invitations")),
        )
    ]  # fmt: skip


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the calls this person may find."""
    if isinstance(reach(viewer, Permission.CALLS_VIEW, fund.id), Nothing):
        return []
    title = func.coalesce(CALL.reference + " ", "") + CALL.title
    return [
        Findable(
            kind.indexed, kind.label, "calls.call",
            select(
                *result_columns(
                    kind.indexed, CALL.public_id, title, names=(CALL.reference, CALL.title), minor=CALL.envelope_minor,
                    currency=CALL.envelope_currency, day=func.date(CALL.closes_at),
                )
            ).where(visible_to(viewer, fund), CALL.kind == kind),
        )
        for kind in CallKind
    ]  # fmt: skip


def _lacks_decision(call: Call) -> bool:
    """Tell whether a call lacks the decision it rests on; a fund decided by its donor agreement has no committee."""
    if call.fund.decision_body is DecisionBody.DONOR_AGREEMENT:
        return False
    return not (call.decision and call.decided_on)


def _closes_in_the_past(call: Call) -> bool:
    return call.closes_at is not None and call.closes_at <= clock.now()


def _no_time_for_concepts(call: Call) -> bool:
    return call.concept_until is not None and call.concept_until <= clock.now()


def _weighs_otherwise(call: Call) -> bool:
    return bool(call.criteria) and sum(one.weight for one in call.criteria) != WHOLE
