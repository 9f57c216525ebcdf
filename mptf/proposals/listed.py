"""List what was submitted, for those who look over all of it; drafts are in no list but those of their own people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, literal, not_, select

from mptf.calls.models import Call
from mptf.core.db import db
from mptf.core.folding import folded
from mptf.core.money import Money
from mptf.core.paging import Page, keys_of
from mptf.fund.models import Fund
from mptf.organisations.models import Jurisdiction, Office, Organisation
from mptf.policy import Viewer
from mptf.proposals.models import Proposal, ProposalStatus, Stage
from mptf.proposals.queries import CALL, PROPOSAL, visible_to

SHOWN = 50
MOST_TAKEN = 10_000  # in a file; a worker holds them all while it writes
MOST_WORDS = 8
AT_HAND = case(  # as `Proposal.at_hand` says it of one
    (and_(CALL.concept_until.is_not(None), PROPOSAL.full_at.is_(None)), literal(Stage.CONCEPT, PROPOSAL.stage.type)),
    else_=literal(Stage.FULL, PROPOSAL.stage.type),
)
LATEST_FIRST = (PROPOSAL.submitted_at.desc(), PROPOSAL.id.desc())


@dataclass(frozen=True)
class Asked:
    """Which proposals somebody looks for; anything left empty asks for all."""

    call: str = ""
    organisation: str = ""
    place: str = ""
    stage: Stage | None = None
    status: ProposalStatus | None = None
    words: str = ""
    page: int = 1


class Line(NamedTuple):
    """What lists say of a proposal, on a page and in a file: rows of plain values, as they are many.

    `id` is its key; call, organisation, office and place are said in words.
    """

    id: int
    public_id: str
    title: str
    number: str
    call: str
    call_public_id: str
    organisation: str
    office: str
    place: str
    stage: Stage
    at_hand: Stage
    status: ProposalStatus
    requested: Money
    submitted_at: datetime
    answer_by: datetime | None
    is_demo: bool


# Made once, as every list asks, each in its order.
LINES = (
    select(
        PROPOSAL.id, PROPOSAL.public_id, PROPOSAL.title, PROPOSAL.number, CALL.reference, CALL.public_id,
        Organisation.short_name, Office.name, Jurisdiction.name, PROPOSAL.stage, AT_HAND, PROPOSAL.status,
        Proposal.requested, PROPOSAL.submitted_at, PROPOSAL.answer_by, PROPOSAL.is_demo,
    )
    .select_from(Proposal)
    .join(Proposal.call)
    .join(Proposal.organisation)
    .join(Proposal.office)
    .join(Office.jurisdiction)
)  # fmt: skip
OF_A_PAGE = LINES.where(PROPOSAL.fund_id == bindparam("fund"), PROPOSAL.id.in_(bindparam("proposals", expanding=True)))
_LATEST_OF_A_PAGE = OF_A_PAGE.order_by(*LATEST_FIRST)


def submitted(viewer: Viewer, fund: Fund, asked: Asked) -> Page[Line]:
    """Return a page of the proposals that were submitted, the latest first.

    Keys alone are counted and put in order; what stands around a proposal is read of those on the page.
    """
    keys = select(PROPOSAL.id).where(*fitting(viewer, fund, asked))
    number, total, here = keys_of(keys.order_by(*LATEST_FIRST), asked.page, size=SHOWN)
    return Page(lines_of(_LATEST_OF_A_PAGE, fund.id, here), number, total, SHOWN)


def whole(viewer: Viewer, fund: Fund, asked: Asked) -> list[Line] | None:
    """Return every line of the list as it is asked for, in its order; None where there are more than `MOST_TAKEN`."""
    return all_lines(LINES.where(*fitting(viewer, fund, asked)).order_by(*LATEST_FIRST))


def lines_of(of_a_page: Select[Any], fund_id: int, keys: Sequence[int]) -> list[Line]:
    """Return the lines of a page by the keys of its proposals, as `OF_A_PAGE` asks in some order."""
    return [Line(*row) for row in db.session.execute(of_a_page, {"fund": fund_id, "proposals": keys})]


def all_lines(lines: Select[Any]) -> list[Line] | None:
    """Return every line for a file; None where there are more than `MOST_TAKEN`."""
    found = db.session.execute(lines.limit(MOST_TAKEN + 1)).all()
    return None if len(found) > MOST_TAKEN else [Line(*row) for row in found]


def fitting(viewer: Viewer, fund: Fund, asked: Asked) -> Iterator[ColumnElement[bool]]:
    """Yield what a proposal of the list fulfils."""
    yield visible_to(viewer, fund)
    yield PROPOSAL.submitted_at.is_not(None)
    yield from _conditions(fund, asked)


def calls_out(fund: Fund) -> Sequence[tuple[str, str, bool]]:
    """Return the calls that ever went out, the latest first: public id, number with title, whether it takes notes."""
    out = select(CALL.public_id, CALL.reference + " " + CALL.title, CALL.concept_until.is_not(None)).where(
        CALL.fund_id == fund.id, CALL.published_at.is_not(None)
    )
    rows = db.session.execute(out.order_by(CALL.published_at.desc(), CALL.id.desc()))
    return [(row[0], row[1], bool(row[2])) for row in rows]


def _conditions(fund: Fund, asked: Asked) -> Iterator[ColumnElement[bool]]:
    if asked.call:
        yield PROPOSAL.call_id.in_(select(Call.id).where(CALL.fund_id == fund.id, CALL.public_id == asked.call))
    if asked.organisation:
        of = select(Organisation.id).where(Organisation.public_id == asked.organisation)
        yield PROPOSAL.organisation_id.in_(of)
    if asked.place:
        there = select(Office.id).join(Office.jurisdiction).where(Jurisdiction.public_id == asked.place)
        yield PROPOSAL.office_id.in_(there)
    if asked.stage:
        with_notes = select(Call.id).where(CALL.fund_id == fund.id, CALL.concept_until.is_not(None))
        concept = and_(PROPOSAL.full_at.is_(None), PROPOSAL.call_id.in_(with_notes))
        yield concept if asked.stage is Stage.CONCEPT else not_(concept)
    if asked.status:
        yield PROPOSAL.status == asked.status
    for word in folded(asked.words).split()[:MOST_WORDS]:
        yield (PROPOSAL.number + " " + PROPOSAL.plain_title).icontains(word, autoescape=True)
