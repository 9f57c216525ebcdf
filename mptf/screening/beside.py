"""Read what the applicant of a proposal submitted before, and which others are likely the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, not_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from mptf.calls.models import Call
from mptf.core.db import db
from mptf.organisations.models import Office
from mptf.policy import Viewer
from mptf.proposals.models import PartKind, Proposal
from mptf.proposals.queries import PROPOSAL, near_to, visible_to
from mptf.screening.alike import NEAR, Match, Told, compare, shared, telling, words
from mptf.submissions.queries import contents_sent_last
from mptf.submissions.snapshot import contents_of

EARLIER_SHOWN = 5
COMPARED = 40  # candidates whose titles are compared
READ = 8  # of these, the nearest whose summaries are read


@dataclass(frozen=True)
class Resembles:
    """Another proposal of the fund, and why it is likely the same."""

    row: Row[Any]
    match: Match


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
    other = visible_to(viewer, proposal.fund), PROPOSAL.submitted_at.is_not(None), PROPOSAL.id != proposal.id
    words_in = [
        case((PROPOSAL.plain_title.contains(word, autoescape=True), 2), else_=0) for word in telling(proposal.title)
    ]
    of_office = case((PROPOSAL.office_id == proposal.office_id, 1), else_=0)
    scored = select(PROPOSAL.id, sum(words_in, start=of_office).label("score")).where(*other).subquery()
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


def _nearness(mine: Told, row: Row[Any]) -> int:
    """Return how near another proposal is before its summary is read: by its title, then by what is around it."""
    return 2 * shared(words(mine.title), words(row.title)) + (NEAR if row.office_id == mine.office_id else 0)


def _of_row(row: Row[Any], summary: str) -> Told:
    return Told(row.title, row.office_id, row.place_id, row.requested_minor or 0, summary)


def _summaries(fund_id: int, proposal_ids: Sequence[int]) -> dict[int, str]:
    """Return the summaries of what was sent last of some proposals, by their keys."""
    sent = contents_sent_last(fund_id, proposal_ids)
    return {key: contents_of(text).get(PartKind.NARRATIVE, {}).get("summary", "") for key, text in sent.items()}
