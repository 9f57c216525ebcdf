"""Read checklists, what was found, letters, and what a proposal resembles. Whoever asks has been let to it before."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, exists, func, not_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.waiting import MOST_READ, Awaited, Waiting, awaited_columns, oldest_of
from mptf.fund.models import Fund
from mptf.organisations.models import Office
from mptf.policy import Nothing, Permission, Viewer, can, reach
from mptf.proposals.models import RETURNED, SCREENING, SUBMITTED, May, PartKind, Proposal
from mptf.proposals.queries import PERSON, PROPOSAL, going_on, near_to, visible_to
from mptf.screening.alike import NEAR, Match, Told, compare, shared, telling, words
from mptf.screening.models import (
    Answer,
    Ground,
    IneligibilityGround,
    IneligibilityLetter,
    ScreeningAnswer,
    ScreeningItem,
    TakenUp,
)
from mptf.submissions.models import BegunSubmission, Submission
from mptf.submissions.queries import SUBMISSION

ITEM, ANSWER, LETTER = ScreeningItem.__table__.c, ScreeningAnswer.__table__.c, IneligibilityLetter.__table__.c
EARLIER_SHOWN = 10
COMPARED = 40  # candidates whose titles are compared
READ = 8  # of these, the nearest whose summaries are read


@dataclass(frozen=True)
class Progress:
    """How far the screening of what was submitted last has come: items answered, and grounds a “no” gives."""

    answered: int = 0
    noes: int = 0
    grounds: frozenset[Ground] = frozenset()

    @property
    def named(self) -> list[Ground]:
        """Its grounds, in the order of the catalogue."""
        return [ground for ground in Ground if ground in self.grounds]


@dataclass(frozen=True)
class Version:
    """A version of a proposal that was sent: who took up its screening, and what was found, all versions by item."""

    sent: Submission
    taken_up: TakenUp | None
    found: Mapping[int, Sequence[ScreeningAnswer]]

    def at(self, item: ScreeningItem) -> ScreeningAnswer | None:
        """Return what counts at an item."""
        given = self.found.get(item.id, ())
        return given[-1] if given else None


@dataclass(frozen=True)
class Resembles:
    """Another proposal of the fund, and why it is likely the same."""

    row: Row[Any]
    match: Match


def items_of(call: Call) -> list[ScreeningItem]:
    """Return the checklist of a call in its order; nothing while it was not taken over."""
    mine = select(ScreeningItem).where(ITEM.fund_id == call.fund_id, ITEM.call_id == call.id)
    return list(db.session.scalars(mine.order_by(ITEM.position)))


def get_item(call: Call, public_id: str) -> ScreeningItem:
    """Return an item of the checklist of a call, or raise NotFound."""
    mine = select(ScreeningItem).where(ITEM.fund_id == call.fund_id, ITEM.call_id == call.id)
    return one_of(mine.where(ITEM.public_id == public_id))


def begun(call: Call) -> bool:
    """Tell whether something of a call was answered, so that its checklist is frozen."""
    given = exists().where(ANSWER.call_id == call.id, ANSWER.fund_id == call.fund_id)
    return bool(db.session.scalar(select(given)))


def versions_of(proposal: Proposal) -> tuple[list[Version], datetime | None]:
    """Return every version of a proposal with what was found of it, the latest first, and when it was begun."""
    sent = (
        select(Submission, TakenUp, BegunSubmission.begun_at)
        .outerjoin(TakenUp, and_(TakenUp.submission_id == Submission.id, TakenUp.fund_id == Submission.fund_id))
        .outerjoin(
            BegunSubmission,
            and_(
                BegunSubmission.proposal_id == Submission.proposal_id,
                BegunSubmission.fund_id == Submission.fund_id,
                BegunSubmission.stage == Submission.stage,
            ),
        )
        .where(SUBMISSION.fund_id == proposal.fund_id, SUBMISSION.proposal_id == proposal.id)
        .options(joinedload(Submission.by), joinedload(TakenUp.by))
        .order_by(SUBMISSION.number.desc())
    )
    rows = db.session.execute(sent).all()
    answers = select(ScreeningAnswer).where(
        ANSWER.fund_id == proposal.fund_id, ANSWER.submission_id.in_([row[0].id for row in rows])
    )
    found: dict[int, dict[int, list[ScreeningAnswer]]] = defaultdict(lambda: defaultdict(list))
    for one in db.session.scalars(answers.options(joinedload(ScreeningAnswer.by)).order_by(ANSWER.version)):
        found[one.submission_id][one.item_id].append(one)
    versions = [Version(row[0], row[1], found.get(row[0].id, {})) for row in rows]
    return versions, rows[0][2] if rows else None


def newest_answers(submission: Submission) -> dict[int, ScreeningAnswer]:
    """Return what counts of what was found of a submission, by the key of the item."""
    given = select(ScreeningAnswer).where(
        ANSWER.fund_id == submission.fund_id, ANSWER.submission_id == submission.id
    )  # fmt: skip
    return {one.item_id: one for one in db.session.scalars(given.order_by(ANSWER.version))}


def progress_of(fund_id: int, proposal_ids: Collection[int] | None, call_id: int | None = None) -> dict[int, Progress]:
    """Return how far screening has come of what was sent last of proposals, or of all of a call, by their keys."""
    mine = SUBMISSION.proposal_id.in_(proposal_ids) if proposal_ids is not None else PROPOSAL.call_id == call_id
    latest = select(func.max(SUBMISSION.id)).where(SUBMISSION.fund_id == fund_id, mine).group_by(SUBMISSION.proposal_id)
    if proposal_ids is None:
        latest = latest.join(Proposal, and_(PROPOSAL.id == SUBMISSION.proposal_id, PROPOSAL.fund_id == fund_id))
    given = (
        select(SUBMISSION.proposal_id, ANSWER.item_id, ANSWER.answer, ITEM.ground)
        .select_from(ScreeningAnswer)
        .join(Submission, and_(SUBMISSION.id == ANSWER.submission_id, SUBMISSION.fund_id == fund_id))
        .join(ScreeningItem, and_(ITEM.id == ANSWER.item_id, ITEM.fund_id == fund_id))
        .where(ANSWER.fund_id == fund_id, ANSWER.submission_id.in_(latest))
        .order_by(ANSWER.version)
    )
    counts: dict[int, dict[int, tuple[Answer, Ground | None]]] = defaultdict(dict)
    for proposal_id, item_id, answer, ground in db.session.execute(given):
        counts[proposal_id][item_id] = answer, ground
    return {key: _progress(list(by_item.values())) for key, by_item in counts.items()}


def _progress(given: Sequence[tuple[Answer, Ground | None]]) -> Progress:
    noes = [ground for answer, ground in given if answer is Answer.NO]
    return Progress(len(given), len(noes), frozenset(ground for ground in noes if ground))


def count_items(call_id: int, fund_id: int) -> int:
    """Return how many items the checklist of a call has."""
    mine = select(func.count()).select_from(ScreeningItem).where(ITEM.fund_id == fund_id, ITEM.call_id == call_id)
    return db.session.scalars(mine).one()


def find_letter(proposal: Proposal) -> IneligibilityLetter | None:
    """Return the letter that declared a proposal ineligible, or None."""
    mine = select(IneligibilityLetter).where(LETTER.fund_id == proposal.fund_id, LETTER.proposal_id == proposal.id)
    return db.session.scalars(mine.options(selectinload(IneligibilityLetter.grounds))).first()


def get_letter(proposal: Proposal) -> IneligibilityLetter:
    """Return the letter that declared a proposal ineligible, or raise NotFound."""
    mine = select(IneligibilityLetter).where(LETTER.fund_id == proposal.fund_id, LETTER.proposal_id == proposal.id)
    whole = mine.options(selectinload(IneligibilityLetter.grounds), joinedload(IneligibilityLetter.by))
    return one_of(whole)


def next_in(fund: Fund, year: int) -> int:
    """Return the number the next letter of a year gets; ask with the fund locked."""
    last = select(func.coalesce(func.max(LETTER.sequence), 0)).where(LETTER.fund_id == fund.id, LETTER.year == year)
    return int(db.session.scalar(last) or 0) + 1


def grounds_of(viewer: Viewer, call: Call) -> dict[Ground, int]:
    """Return how many proposals of a call each ground made ineligible, as far as somebody may know of them."""
    counted = (
        select(IneligibilityGround.ground, func.count())
        .join(
            IneligibilityLetter,
            and_(LETTER.id == IneligibilityGround.letter_id, LETTER.fund_id == IneligibilityGround.fund_id),
        )
        .join(Proposal, and_(PROPOSAL.id == LETTER.proposal_id, PROPOSAL.fund_id == LETTER.fund_id))
        .where(
            IneligibilityGround.fund_id == call.fund_id, PROPOSAL.call_id == call.id, not_(near_to(viewer, call.fund))
        )
        .group_by(IneligibilityGround.ground)
    )
    rows = db.session.execute(counted)
    counts: dict[Ground, int] = {row[0]: row[1] for row in rows}
    return {ground: counts[ground] for ground in Ground if ground in counts}


def earlier_of(proposal: Proposal, viewer: Viewer) -> tuple[Sequence[Proposal], int]:
    """Return the latest other proposals of its organisation, and how many there are, that somebody may know of."""
    other = aliased(Proposal)
    here = (
        other.fund_id == proposal.fund_id,
        other.organisation_id == proposal.organisation_id,
        other.submitted_at.is_not(None),
        other.id != proposal.id,
        not_(near_to(viewer, proposal.fund, other)),
    )
    count = select(func.count(other.id)).where(*here).scalar_subquery()
    first = select(other.id).where(*here).order_by(other.submitted_at.desc(), other.id.desc()).limit(EARLIER_SHOWN)
    some = select(Proposal, count).join(Proposal.call).where(
        PROPOSAL.fund_id == proposal.fund_id, PROPOSAL.id.in_(first)
    )  # fmt: skip
    around = (contains_eager(Proposal.call), joinedload(Proposal.office))
    rows = db.session.execute(
        some.options(*around).order_by(PROPOSAL.submitted_at.desc(), PROPOSAL.id.desc())
    ).all()  # fmt: skip
    return [row[0] for row in rows], rows[0][1] if rows else 0


def alike(proposal: Proposal, summary: str, viewer: Viewer) -> list[Resembles]:
    """Return the other proposals of the fund that are likely the same and somebody may know of, those most alike first.

    Compared are at most `COMPARED` of those that share a telling word of the title or are of the same office; the
    summaries of the nearest are read.
    """
    minor = proposal.requested.minor if proposal.requested else 0
    mine = Told(proposal.title, proposal.office_id, proposal.office.jurisdiction_id, minor, summary)
    rows = db.session.execute(_candidates(proposal, viewer)).all()
    near = sorted(rows, key=lambda row: _nearness(mine, row), reverse=True)
    texts = _summaries(proposal.fund_id, [row.id for row in near[:READ]])
    found = ((row, compare(mine, _of_row(row, texts.get(row.id, "")))) for row in near)
    return sorted(
        (Resembles(row, match) for row, match in found if match), key=lambda one: one.match.percent, reverse=True
    )


def _candidates(proposal: Proposal, viewer: Viewer) -> Select[Any]:
    """Select what is read of those to compare; which they are is told by keys alone, as a fund may have many."""
    titles = (
        select(PROPOSAL.id, PROPOSAL.office_id, _plain(PROPOSAL.title).label("title"))
        .where(
            PROPOSAL.fund_id == proposal.fund_id,
            PROPOSAL.submitted_at.is_not(None),
            PROPOSAL.id != proposal.id,
            not_(near_to(viewer, proposal.fund)),
        )
        .cte("titles")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    words_in = [case((titles.c.title.contains(word, autoescape=True), 2), else_=0) for word in telling(proposal.title)]
    of_office = case((titles.c.office_id == proposal.office_id, 1), else_=0)
    scored = select(titles.c.id, sum(words_in, start=of_office).label("score")).subquery()
    first = select(scored.c.id).where(scored.c.score > 0).order_by(scored.c.score.desc(), scored.c.id.desc())
    return (
        select(
            PROPOSAL.id, PROPOSAL.public_id, PROPOSAL.number, PROPOSAL.title, PROPOSAL.status, PROPOSAL.office_id,
            PROPOSAL.requested_minor, Office.name.label("office"), Office.jurisdiction_id.label("place_id"),
            Call.reference.label("call"),
        )
        .select_from(Proposal)
        .join(Office, Office.id == PROPOSAL.office_id)
        .join(Call, and_(Call.id == PROPOSAL.call_id, Call.fund_id == PROPOSAL.fund_id))
        .where(PROPOSAL.fund_id == proposal.fund_id, PROPOSAL.id.in_(first.limit(COMPARED)))
        .order_by(PROPOSAL.id.desc())
    )  # fmt: skip


def _plain(title: ColumnElement[str]) -> ColumnElement[str]:
    """Return a title for LIKE: in small letters, once; LIKE of SQLite heeds no case, and lowering there takes time."""
    return title if db.engine.dialect.name == "sqlite" else func.lower(title)


def _nearness(mine: Told, row: Row[Any]) -> int:
    """Return how near another proposal is before its summary is read: by its title, then by what is around it."""
    return 2 * shared(words(mine.title), words(row.title)) + (NEAR if row.office_id == mine.office_id else 0)


def _of_row(row: Row[Any], summary: str) -> Told:
    return Told(row.title, row.office_id, row.place_id, row.requested_minor or 0, summary)


def _summaries(fund_id: int, proposal_ids: Collection[int]) -> dict[int, str]:
    """Return the summaries of what was sent last of some proposals, by their keys."""
    if not proposal_ids:
        return {}
    sent = select(SUBMISSION.proposal_id, SUBMISSION.content).where(
        SUBMISSION.fund_id == fund_id, SUBMISSION.proposal_id.in_(proposal_ids)
    )
    latest = {row[0]: row[1] for row in db.session.execute(sent.order_by(SUBMISSION.number))}
    parts = ((key, json.loads(text)["parts"]) for key, text in latest.items())
    return {key: part.get(PartKind.NARRATIVE.value, {}).get("summary", "") for key, part in parts}


def awaited(viewer: Viewer, fund: Fund) -> list[Awaited]:
    """Return the proposals that wait for the Secretariat: to be taken up, and in screening; no call is cancelled."""
    if not can(viewer, Permission.PROPOSALS_SCREEN, fund):
        return []
    kind = f"screening of {Proposal.__tablename__}"
    name = PROPOSAL.number + " " + PROPOSAL.title
    waiting = select(*awaited_columns(kind, PROPOSAL.public_id, name)).where(
        visible_to(viewer, fund), PROPOSAL.status.in_((SUBMITTED, SCREENING)), going_on(fund)
    )
    return [
        Awaited(
            kind, N_("Screen the proposal {name}"), N_("Whether it can be admitted to technical review"),
            "screening.screen", waiting.order_by(PROPOSAL.submitted_at, PROPOSAL.id), N_("Screen more proposals"),
            "proposals.proposals",
        )
    ]  # fmt: skip


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the proposals this person writes that were returned, with the day to answer."""
    if isinstance(reach(viewer, Permission.PROPOSALS_WRITE, fund.id), Nothing):
        return []
    mine = select(PERSON.proposal_id).where(
        PERSON.fund_id == fund.id, PERSON.person_id == viewer.id, PERSON.until_at.is_(None),
        PERSON.may.in_((May.WRITE, May.FINANCE)),
    )  # fmt: skip
    returned = (
        select(Proposal)
        .where(PROPOSAL.fund_id == fund.id, PROPOSAL.status == RETURNED, PROPOSAL.id.in_(mine), going_on(fund))
        .order_by(PROPOSAL.answer_by, PROPOSAL.id)
        .limit(MOST_READ)
    )
    each = [_to_answer(proposal, fund) for proposal in db.session.scalars(returned)]
    others = N_("Proposals you write of which parts were returned")
    return oldest_of(each, Waiting(N_("Answer what was returned of more proposals"), others, "proposals.proposals"))


def _to_answer(proposal: Proposal, fund: Fund) -> Waiting:
    return Waiting(
        N_("Answer what was returned of {name}"),
        N_("Only the returned parts can be changed; the Secretariat waits for them"),
        "proposals.proposal",
        {"public_id": proposal.public_id},
        {"name": proposal.name},
        clock.local(proposal.answer_by, fund).date() if proposal.answer_by else None,
    )


def count_on(viewer: Viewer, call: Call) -> int:
    """Return how many proposals were submitted under a call, as far as somebody may know of them."""
    sent = select(func.count()).select_from(Proposal).where(
        visible_to(viewer, call.fund), PROPOSAL.call_id == call.id, PROPOSAL.submitted_at.is_not(None)
    )  # fmt: skip
    return db.session.scalars(sent).one()
