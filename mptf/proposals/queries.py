"""Read proposals: only those a person may know of, always."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import joinedload, selectinload

from mptf.core.db import db, one_of
from mptf.fund.models import Fund
from mptf.organisations.models import Office
from mptf.policy import Nothing, Permission, Viewer, reach
from mptf.proposals.models import SECRETARIAT, Proposal, ProposalPerson

PROPOSAL = Proposal.__table__.c


def visible_to(viewer: Viewer, fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a person may know of a proposal; `Proposal.open_to` says the same of one."""
    held = viewer.role_in(fund.id)
    if held is None or isinstance(reach(viewer, Permission.PROPOSALS_VIEW, fund.id), Nothing):
        return false()
    here = PROPOSAL.fund_id == fund.id
    if held.role in SECRETARIAT:
        return and_(here, PROPOSAL.submitted_at.is_not(None))
    invited = select(ProposalPerson.proposal_id).where(
        ProposalPerson.fund_id == fund.id, ProposalPerson.person_id == viewer.id, ProposalPerson.until_at.is_(None)
    )
    return and_(here, or_(PROPOSAL.office_id == held.office_id, PROPOSAL.id.in_(invited)))


def proposals_of(viewer: Viewer, fund: Fund) -> Sequence[Proposal]:
    """Return the proposals a person may know of, the latest started first."""
    mine = _whole(viewer, fund).order_by(PROPOSAL.started_at.desc(), PROPOSAL.id.desc())
    return db.session.scalars(mine).all()


def get_proposal(viewer: Viewer, fund: Fund, public_id: str) -> Proposal:
    """Return a proposal this person may know of, or raise NotFound."""
    return one_of(_whole(viewer, fund).where(PROPOSAL.public_id == public_id))


def _whole(viewer: Viewer, fund: Fund) -> Select[Proposal]:
    return (
        select(Proposal)
        .where(visible_to(viewer, fund))
        .options(
            joinedload(Proposal.call),
            joinedload(Proposal.organisation),
            joinedload(Proposal.office).joinedload(Office.jurisdiction),
            selectinload(Proposal.people).joinedload(ProposalPerson.person),
        )
    )
