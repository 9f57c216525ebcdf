"""Calls that are out and proposals that were submitted, as their rows are, without walking there."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from mptf.calls.models import PUBLISHED, Call
from mptf.calls.terms import CallOffice
from mptf.core.db import db
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.organisations.models import Office
from mptf.policy import Viewer
from mptf.proposals.models import Proposal, ProposalStatus
from mptf.proposals.queries import visible_to

OPENS, CLOSES = datetime(2026, 3, 1, 8, tzinfo=UTC), datetime(2190, 5, 15, 15, tzinfo=UTC)


def call_out(
    fund: Fund, by_id: int, *offices: Office, number: int = 1, closes_at: datetime = CLOSES, title: str = "Third call"
) -> Call:
    """Put a published call into the running unit of work, open to these offices."""
    call = Call(
        fund_id=fund.id, title=title, zone=fund.zone, status=PUBLISHED, reference=f"{fund.code}/2026/{number}",
        envelope=Money(10_000_000_00, "USD"), opens_at=min(OPENS, closes_at - timedelta(days=60)), closes_at=closes_at,
        published_at=OPENS, by_id=by_id, drafted_at=OPENS,
    )  # fmt: skip
    db.session.add(call)
    db.session.flush()
    db.session.add_all(CallOffice(call_id=call.id, office_id=office.id, fund_id=fund.id) for office in offices)
    db.session.flush()
    return call


def proposals_known_to(viewer: Viewer, fund: Fund) -> list[Proposal]:
    """Return all proposals a person may know of, in the order they were started."""
    return list(db.session.scalars(select(Proposal).where(visible_to(viewer, fund)).order_by(Proposal.id)))


def submit(proposal: Proposal, *, number: int = 1, at: datetime = datetime(2026, 4, 1, 12, tzinfo=UTC)) -> None:
    """Let a proposal be one that was submitted, as the row of one is."""
    proposal.status, proposal.submitted_at, proposal.number = ProposalStatus.SUBMITTED, at, f"P{number}"
    proposal.requested = Money(500_000_00, "USD")
    db.session.flush()
