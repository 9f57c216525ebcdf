"""Read what was submitted. Whoever asks has been let to the proposal before."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import defer, joinedload, selectinload

from mptf.core.db import db, one_of
from mptf.fund.models import Fund
from mptf.proposals.models import Proposal
from mptf.submissions.models import BegunSubmission, Submission, SubmissionReturn, Withdrawal

SUBMISSION = Submission.__table__.c
# Made once: what every list of proposals asks, and every page of one.
_LATER = Submission.__table__.alias().c
_SENT_LAST = ~exists().where(
    _LATER.fund_id == SUBMISSION.fund_id, _LATER.proposal_id == SUBMISSION.proposal_id,
    _LATER.number > SUBMISSION.number,
)  # fmt: skip
_SENT_OF = (
    select(Submission)
    .options(
        defer(Submission.content),
        joinedload(Submission.by),
        selectinload(Submission.returns).options(joinedload(SubmissionReturn.by), selectinload(SubmissionReturn.parts)),
    )
    .order_by(SUBMISSION.number.desc())
)


def begun_at(proposal: Proposal) -> datetime | None:
    """Return when the submission of a proposal was begun in its stage, or None."""
    mine = select(BegunSubmission.begun_at).where(
        BegunSubmission.fund_id == proposal.fund_id,
        BegunSubmission.proposal_id == proposal.id,
        BegunSubmission.stage == proposal.stage,
    )
    return db.session.scalar(mine)


def submissions_of(proposal: Proposal) -> Sequence[Submission]:
    """Return what was sent of a proposal and what was returned of it, the latest first, without the texts."""
    return db.session.scalars(_SENT_OF.where(_of(proposal))).all()


def get_submission(proposal: Proposal, number: int) -> Submission:
    """Return one thing that was sent of a proposal, or raise NotFound."""
    mine = select(Submission).where(_of(proposal), SUBMISSION.number == number)
    return one_of(mine.options(joinedload(Submission.by)))


def sent_last() -> ColumnElement[bool]:
    """Tell of a submission whether it is what was sent last of its proposal."""
    return _SENT_LAST


def contents_sent_last(fund_id: int, proposal_ids: Collection[int]) -> dict[int, str]:
    """Return the whole of what was sent last of some proposals, by their keys."""
    if not proposal_ids:
        return {}
    mine = SUBMISSION.fund_id == fund_id, SUBMISSION.proposal_id.in_(proposal_ids)
    rows = db.session.execute(select(SUBMISSION.proposal_id, SUBMISSION.content).where(*mine, sent_last()))
    return {row[0]: row[1] for row in rows}


def latest(proposal: Proposal) -> Submission:
    """Return what was sent last of a proposal, or raise NotFound."""
    return one_of(select(Submission).where(_of(proposal), sent_last()))


def find_sent(fund: Fund, public_id: str) -> Submission | None:
    """Return what was sent, by its own public id, with its proposal, or None; for mail."""
    mine = select(Submission).where(SUBMISSION.fund_id == fund.id, SUBMISSION.public_id == public_id)
    return db.session.scalars(mine.options(defer(Submission.content), joinedload(Submission.proposal))).first()


def find_return(proposal: Proposal) -> SubmissionReturn | None:
    """Return what was given back of a proposal last, with its parts, or None."""
    mine = (
        select(SubmissionReturn)
        .join(Submission, SubmissionReturn.submission_id == Submission.id)
        .where(SubmissionReturn.fund_id == proposal.fund_id, _of(proposal))
        .options(joinedload(SubmissionReturn.by), selectinload(SubmissionReturn.parts))
    )
    return db.session.scalars(mine.order_by(SubmissionReturn.id.desc()).limit(1)).first()


def find_withdrawal(proposal: Proposal) -> Withdrawal | None:
    """Return why a proposal was withdrawn, if it was."""
    mine = select(Withdrawal).where(Withdrawal.fund_id == proposal.fund_id, Withdrawal.proposal_id == proposal.id)
    return db.session.scalars(mine.options(joinedload(Withdrawal.by))).first()


def next_number(proposal: Proposal) -> int:
    """Return the number the next proposal that is submitted under the same call gets; ask with the fund locked."""
    there = select(func.count()).where(
        Proposal.fund_id == proposal.fund_id, Proposal.call_id == proposal.call_id, Proposal.number.is_not(None)
    )
    return db.session.scalars(there).one() + 1


def next_version(proposal: Proposal) -> int:
    """Return the number the next submission of a proposal gets; ask with the proposal held."""
    return db.session.scalars(select(func.count()).select_from(Submission).where(_of(proposal))).one() + 1


def _of(proposal: Proposal) -> ColumnElement[bool]:
    return and_(SUBMISSION.fund_id == proposal.fund_id, SUBMISSION.proposal_id == proposal.id)
