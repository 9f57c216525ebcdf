"""Read opinions of SALW Commissions. Whoever asks has been let to the proposal before."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, literal, or_, select
from sqlalchemy.orm import defer, joinedload

from mptf.calls.models import CANCELLED, Call
from mptf.core.db import db, one_of
from mptf.core.paging import Page, keys_of
from mptf.opinions.models import Opinion, Says
from mptf.organisations.models import Jurisdiction
from mptf.policy import Permission, Viewer, can
from mptf.proposals.listed import LINES, OF_A_PAGE, Line, all_lines, lines_of
from mptf.proposals.models import Proposal, ProposalStatus
from mptf.proposals.queries import visible_to
from mptf.submissions.models import Submission, SubmissionPlace
from mptf.submissions.queries import sent_last

OPINION, SUBMISSION, PROPOSAL = Opinion.__table__.c, Submission.__table__.c, Proposal.__table__.c
PLACE = SubmissionPlace.__table__.c
SHOWN = 25  # on a page, each with a cell for every Commission
IN_ORDER = PROPOSAL.submitted_at, PROPOSAL.id
ANY = "any"  # of the Commissions a proposal is asked of; no public id
# Those that may still get an opinion.
UNDER_WAY = [one for one in ProposalStatus if one is not ProposalStatus.DRAFT and not one.final]
_WHOLE = select(Opinion).options(
    joinedload(Opinion.jurisdiction),
    joinedload(Opinion.submission).defer(Submission.content),
    joinedload(Opinion.letter),
    joinedload(Opinion.by),
)
_LINES_OF_A_PAGE = OF_A_PAGE.order_by(*IN_ORDER)
# Made once, as every list asks: of an opinion, that it stands; and which proposals lack an answer, told as
# `places_of_call` does of one, but for what a call says of the places of a region.
_LATER = Opinion.__table__.alias().c
_NAMED, _ASKED = Jurisdiction.__table__.alias("named"), Jurisdiction.__table__.alias("asked")
_STANDS = and_(
    OPINION.says != Says.TAKEN_BACK,
    ~exists().where(_LATER.fund_id == OPINION.fund_id, _LATER.replaces_id == OPINION.id),
)
_ANSWERED = (
    exists()
    .where(OPINION.fund_id == SUBMISSION.fund_id, OPINION.proposal_id == SUBMISSION.proposal_id)
    .where(OPINION.jurisdiction_id == _ASKED.c.id, _STANDS)
    .correlate(Submission, _ASKED)
)
_UNANSWERED = (
    select(SUBMISSION.proposal_id)
    .join(SubmissionPlace, and_(PLACE.submission_id == SUBMISSION.id, PLACE.fund_id == SUBMISSION.fund_id))
    .join(_NAMED, _NAMED.c.id == PLACE.jurisdiction_id)
    .join(_ASKED, ~_ASKED.c.regional)
    .where(sent_last(), ~_ANSWERED)
)
_WORKED_IN = (
    select(SUBMISSION.proposal_id, PLACE.jurisdiction_id)
    .join(SubmissionPlace, and_(PLACE.submission_id == SUBMISSION.id, PLACE.fund_id == SUBMISSION.fund_id))
    .where(SUBMISSION.fund_id == bindparam("fund"), SUBMISSION.proposal_id.in_(bindparam("proposals", expanding=True)))
    .where(sent_last())
)
_STANDING = (
    select(Opinion)
    .where(OPINION.fund_id == bindparam("fund"), OPINION.proposal_id.in_(bindparam("proposals", expanding=True)))
    .where(_STANDS)
    .options(defer(Opinion.text))
)


@dataclass(frozen=True)
class Place:
    """A jurisdiction with a SALW Commission; `asked` tells whether the proposal works there."""

    jurisdiction: Jurisdiction
    asked: bool


def history_of(proposal: Proposal) -> Mapping[int, Sequence[Opinion]]:
    """Return all that was recorded on a proposal by the key of the jurisdiction, the latest first."""
    mine = _WHOLE.where(OPINION.fund_id == proposal.fund_id, OPINION.proposal_id == proposal.id)
    found: dict[int, list[Opinion]] = defaultdict(list)
    for opinion in db.session.scalars(mine.order_by(OPINION.id.desc())):
        found[opinion.jurisdiction_id].append(opinion)
    return found


def find_newest(proposal: Proposal, jurisdiction: Jurisdiction) -> Opinion | None:
    """Return what was recorded last of a Commission on a proposal, or None."""
    mine = _WHOLE.where(
        OPINION.fund_id == proposal.fund_id,
        OPINION.proposal_id == proposal.id,
        OPINION.jurisdiction_id == jurisdiction.id,
    )
    return db.session.scalars(mine.order_by(OPINION.id.desc()).limit(1)).first()


def get_opinion(proposal: Proposal, public_id: str) -> Opinion:
    """Return an opinion on a proposal, one that was replaced too, or raise NotFound."""
    mine = _WHOLE.where(OPINION.fund_id == proposal.fund_id, OPINION.proposal_id == proposal.id)
    return one_of(mine.where(OPINION.public_id == public_id))


def numbers_of(proposal: Proposal) -> Sequence[int]:
    """Return the numbers of what was sent of a proposal, the latest first."""
    mine = SUBMISSION.fund_id == proposal.fund_id, SUBMISSION.proposal_id == proposal.id
    return db.session.scalars(select(SUBMISSION.number).where(*mine).order_by(SUBMISSION.number.desc())).all()


def places_of(proposal: Proposal) -> list[Place]:
    """Return the jurisdictions whose Commissions may say something: those the proposal works in first."""
    found = places_of_call(proposal.call, [proposal.id])[proposal.id]
    return sorted(found, key=lambda place: not place.asked)


def places_of_call(call: Call, proposals: Sequence[int]) -> Mapping[int, list[Place]]:
    """Return the same for some proposals of a call by their keys, by name, in one look at what was sent."""
    worked_in, of_call = _worked_in(call, proposals), {one.id for one in call.jurisdictions}
    every = of_call.union(*worked_in.values())
    known: Sequence[Jurisdiction] = call.jurisdictions
    if every != of_call:
        rows = select(Jurisdiction).where(Jurisdiction.id.in_(every)).order_by(Jurisdiction.name)
        known = db.session.scalars(rows).all()
    return {key: _places(known, worked_in.get(key, frozenset()), of_call) for key in proposals}


def under_way(viewer: Viewer, call: Call, page: int, missing: str = "") -> Page[Line]:
    """Return a page of the proposals of a call that may still get opinions, in the order they were submitted.

    `missing` narrows it to those without the answer of `ANY` Commission they are asked of, or of one by the public id
    of its jurisdiction.
    """
    keys = select(PROPOSAL.id).where(*_listed(viewer, call, missing)).order_by(*IN_ORDER)
    number, total, here = keys_of(keys, page, size=SHOWN)
    return Page(lines_of(_LINES_OF_A_PAGE, call.fund_id, here), number, total, SHOWN)


def whole(viewer: Viewer, call: Call, missing: str = "") -> Sequence[Line] | None:
    """Return all of them; None where there are too many for a file."""
    return all_lines(LINES.where(*_listed(viewer, call, missing)).order_by(*IN_ORDER))


def standing_on(call: Call, proposals: Sequence[int]) -> Mapping[tuple[int, int], Opinion]:
    """Return the opinions that stand on some proposals of a call, by the keys of proposal and jurisdiction."""
    rows = db.session.scalars(_STANDING, {"fund": call.fund_id, "proposals": proposals})
    return {(row.proposal_id, row.jurisdiction_id): row for row in rows}


def counted_on(viewer: Viewer, call: Call) -> Select[int]:
    """Select how many opinions stand on the proposals of a call, as far as a person may read them."""
    if not can(viewer, Permission.OPINIONS_VIEW, call.fund):
        return select(literal(0))
    return (
        select(func.count())
        .select_from(Opinion)
        .join(Proposal, and_(PROPOSAL.id == OPINION.proposal_id, PROPOSAL.fund_id == OPINION.fund_id))
        .where(OPINION.fund_id == call.fund_id, _STANDS, _under_way(viewer, call))
    )


def _listed(viewer: Viewer, call: Call, missing: str) -> Iterator[ColumnElement[bool]]:
    """Yield what a proposal of the list fulfils."""
    yield _under_way(viewer, call)
    if missing:
        yield _lacks(call, missing)


def _under_way(viewer: Viewer, call: Call) -> ColumnElement[bool]:
    """Return the condition that somebody may know of a proposal of a call, and that it may still get opinions."""
    return and_(visible_to(viewer, call.fund), PROPOSAL.call_id == call.id, PROPOSAL.status.in_(UNDER_WAY))


def _lacks(call: Call, missing: str) -> ColumnElement[bool]:
    """Tell of a proposal whether a Commission did not answer that it is asked of.

    Under a cancelled call no answer is waited for.
    """
    if call.status is CANCELLED:
        return PROPOSAL.id.is_(None)
    everywhere = and_(_NAMED.c.regional, _ASKED.c.id.in_([one.id for one in call.jurisdictions]))
    unanswered = _UNANSWERED.where(SUBMISSION.fund_id == call.fund_id, or_(_ASKED.c.id == _NAMED.c.id, everywhere))
    return PROPOSAL.id.in_(unanswered if missing == ANY else unanswered.where(_ASKED.c.public_id == missing))


def _worked_in(call: Call, proposals: Sequence[int]) -> dict[int, frozenset[int]]:
    """Return the keys of the jurisdictions proposals work in, as their latest submissions say."""
    found: dict[int, set[int]] = defaultdict(set)
    for key, place in db.session.execute(_WORKED_IN, {"fund": call.fund_id, "proposals": proposals}):
        found[key].add(place)
    return {key: frozenset(places) for key, places in found.items()}


def _places(known: Sequence[Jurisdiction], worked_in: Collection[int], of_call: Collection[int]) -> list[Place]:
    """Return the places that have a Commission: a region has none, and a project for one works in all of the call."""
    everywhere = any(one.regional and one.id in worked_in for one in known)
    asked = {*worked_in, *(of_call if everywhere else ())}
    return [Place(one, one.id in asked) for one in known if not one.regional]
