"""Remind who works on what is not sent yet that its call closes soon: 7 and 2 days before, each closing anew.

Concept notes and full proposals have a closing each.

A reminder whose time came while nothing ran is made up for as long as the call is open; of two that are due, the
nearer one alone. Who began after its time knows the closing and gets only the next. How many were reminded is said
nowhere: it would tell of drafts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from mptf.calls.models import PUBLISHED, Call
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.fund.service import lock
from mptf.people import notices
from mptf.people.models import RoleGrant
from mptf.people.notices import Notice
from mptf.people.queries import held_today
from mptf.policy import Role
from mptf.proposals.models import ClosingReminder, May, Proposal, ProposalPerson, ProposalStatus, Stage

CLOSING, CONCEPTS = "draft_closing", "concept_closing"
DISTANCES = (2, 7)  # days, the nearest first
WORKS = (May.WRITE, May.FINANCE)
OPEN = (ProposalStatus.DRAFT, ProposalStatus.INVITED)
STAGES = {CLOSING: Stage.FULL, CONCEPTS: Stage.CONCEPT}

notices.offer(
    Notice(
        CLOSING,
        N_("A call closes in 7 or 2 days, and I work on a draft for it"),
        frozenset({Role.PUNO_OFFICER}),
    ),
    Notice(
        CONCEPTS,
        N_("Concept notes for a call end in 7 or 2 days, and I work on one that is not submitted"),
        frozenset({Role.PUNO_OFFICER}),
    ),
)


def due_before(closes_at: datetime, now: datetime) -> int | None:
    """Return the distance in days whose reminder is due at a moment, or None before the first and from the closing."""
    if now >= closes_at:
        return None
    return next((days for days in DISTANCES if now >= closes_at - timedelta(days=days)), None)


def closing_soon() -> Sequence[Call]:
    """Return the published calls of every fund of which a reminder is due."""
    now = clock.now()
    until = now + timedelta(days=max(DISTANCES))
    soon = select(Call).where(
        Call.status == PUBLISHED,
        or_(*(and_(closing > now, closing <= until) for closing in (Call.closes_at, Call.concept_until))),
    )
    return db.session.scalars(soon.order_by(Call.id).execution_options(across_funds=True)).all()


def remind(call: Call) -> None:
    """Remind those who were not reminded of a closing; one that was moved or cancelled meanwhile is left alone."""
    lock(call.fund_id)
    db.session.refresh(call, ["status", "closes_at", "concept_until"])
    for kind, stage in STAGES.items():
        _remind(call, kind, stage, closing_of(call, stage))


def closing_of(call: Call, stage: Stage) -> datetime | None:
    """Return until when a published call takes concept notes, or proposals in full."""
    if call.status is not PUBLISHED:
        return None
    return call.concept_until if stage is Stage.CONCEPT else call.closes_at


def _remind(call: Call, kind: str, stage: Stage, closes_at: datetime | None) -> None:
    days = due_before(closes_at, clock.now()) if closes_at else None
    if closes_at is None or days is None:
        return
    working = working_on(call, stage, since_before=closes_at - timedelta(days=days))
    to_tell = notices.wanting(kind, set(working) - _reminded(call, days, closes_at))
    db.session.add_all(
        ClosingReminder(call_id=call.id, fund_id=call.fund_id, person_id=person_id, days=days, closes_at=closes_at)
        for person_id in to_tell
    )
    db.session.flush()
    notices.post(kind, to_tell, subject_id=call.public_id, fund_id=call.fund_id)


def working_on(call: Call, stage: Stage = Stage.FULL, *, since_before: datetime | None = None) -> Sequence[int]:
    """Return the keys of those who write what is not sent yet for a call, for mail alone: its officers today."""
    officers = select(RoleGrant.person_id).where(*held_today(call.fund, Role.PUNO_OFFICER))
    working = (
        select(ProposalPerson.person_id)
        .join(Proposal, and_(Proposal.id == ProposalPerson.proposal_id, Proposal.fund_id == call.fund_id))
        .where(
            ProposalPerson.fund_id == call.fund_id,
            Proposal.call_id == call.id,
            Proposal.status.in_(OPEN),
            Proposal.stage == stage,
            ProposalPerson.until_at.is_(None),
            ProposalPerson.may.in_(WORKS if stage is Stage.FULL else (May.WRITE,)),
            ProposalPerson.person_id.in_(officers),
        )
    )
    if since_before:
        working = working.where(ProposalPerson.from_at <= since_before)
    return sorted(set(db.session.scalars(working)))


def _reminded(call: Call, days: int, closes_at: datetime) -> set[int]:
    """Return the keys of those who were reminded of this closing at this distance."""
    told = select(ClosingReminder.person_id).where(
        ClosingReminder.fund_id == call.fund_id,
        ClosingReminder.call_id == call.id,
        ClosingReminder.days == days,
        ClosingReminder.closes_at == closes_at,
    )
    return set(db.session.scalars(told))
