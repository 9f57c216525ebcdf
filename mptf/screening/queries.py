"""Read checklists, what was found, and letters. Whoever asks has been let to it before."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, bindparam, exists, func, not_, select
from sqlalchemy.orm import joinedload, selectinload

from mptf.calls.models import Call
from mptf.core import clock
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.waiting import MOST_READ, Awaited, Waiting, awaited_columns, oldest_of
from mptf.fund.models import Fund
from mptf.policy import Nothing, Permission, Viewer, can, reach
from mptf.proposals.models import RETURNED, SCREENING, SUBMITTED, May, Proposal
from mptf.proposals.queries import CALL, PERSON, PROPOSAL, going_on, near_to, visible_to
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
from mptf.submissions.queries import SUBMISSION, sent_last

ITEM, ANSWER, LETTER = ScreeningItem.__table__.c, ScreeningAnswer.__table__.c, IneligibilityLetter.__table__.c


def _found(sent: Select[int]) -> Select[int, Ground | None, Answer, int]:
    """Select the checklist of a call with what was found at each item of some submissions, the newest last."""
    given = and_(ANSWER.item_id == ITEM.id, ANSWER.fund_id == ITEM.fund_id, ANSWER.submission_id.in_(sent))
    return (
        select(ITEM.id, ITEM.ground, ANSWER.answer, SUBMISSION.proposal_id)
        .select_from(ScreeningItem)
        .outerjoin(ScreeningAnswer, given)
        .outerjoin(Submission, and_(SUBMISSION.id == ANSWER.submission_id, SUBMISSION.fund_id == ANSWER.fund_id))
        .where(ITEM.fund_id == bindparam("fund"), ITEM.call_id == bindparam("call"))
        .order_by(ANSWER.version)
    )


# Made once, as lists ask: of what was sent last of some proposals, or of all of a call.
_SENT = select(SUBMISSION.id).where(SUBMISSION.fund_id == bindparam("fund"), sent_last())
_FOUND = _found(_SENT.where(SUBMISSION.proposal_id.in_(bindparam("proposals", expanding=True))))
_FOUND_OF_CALL = _found(
    _SENT.join(Proposal, and_(PROPOSAL.id == SUBMISSION.proposal_id, PROPOSAL.fund_id == SUBMISSION.fund_id)).where(
        PROPOSAL.call_id == bindparam("call")
    )
)


@dataclass(frozen=True)
class Progress:
    """How far the screening of what was submitted last has come: items asked and answered, and grounds a “no” gives."""

    asked: int = 0
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


def progress_of(call: Call, proposals: Collection[int] | None = None) -> Mapping[int, Progress]:
    """Return how far screening has come of what was sent last of some proposals of a call, or of all, by the key."""
    asked: dict[str, object] = {"fund": call.fund_id, "call": call.id}
    if proposals is None:
        rows = db.session.execute(_FOUND_OF_CALL, asked)
    else:
        rows = db.session.execute(_FOUND, {**asked, "proposals": list(proposals)})
    items, found = set(), defaultdict[int, dict[int, tuple[Answer, Ground | None]]](dict)
    for item_id, ground, answer, proposal_id in rows:
        items.add(item_id)
        if answer:
            found[proposal_id][item_id] = answer, ground
    progress = {key: _progress(len(items), list(by_item.values())) for key, by_item in found.items()}
    return defaultdict(lambda: Progress(len(items)), progress)


def _progress(items: int, given: Sequence[tuple[Answer, Ground | None]]) -> Progress:
    noes = [ground for answer, ground in given if answer is Answer.NO]
    return Progress(items, len(given), len(noes), frozenset(ground for ground in noes if ground))


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


def awaited(viewer: Viewer, fund: Fund) -> list[Awaited]:
    """Return the proposals that wait for the Secretariat: to be taken up, and in screening; no call is cancelled."""
    if not can(viewer, Permission.PROPOSALS_SCREEN, fund):
        return []
    kind = f"screening of {Proposal.__tablename__}"
    name = CALL.reference + " " + PROPOSAL.number + " " + PROPOSAL.title  # each call counts its own numbers
    waiting = (
        select(*awaited_columns(kind, PROPOSAL.public_id, name))
        .join(Call, and_(CALL.id == PROPOSAL.call_id, CALL.fund_id == PROPOSAL.fund_id))
        .where(visible_to(viewer, fund), PROPOSAL.status.in_((SUBMITTED, SCREENING)), going_on(fund))
    )
    return [
        Awaited(
            kind, N_("Screen the proposal {name}"), N_("Whether it meets the conditions of its call"),
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


def counted_on(viewer: Viewer, call: Call) -> Select[int]:
    """Select how many proposals were submitted under a call, as far as somebody may know of them."""
    return select(func.count()).select_from(Proposal).where(
        visible_to(viewer, call.fund), PROPOSAL.call_id == call.id, PROPOSAL.submitted_at.is_not(None)
    )  # fmt: skip
