"""Read requests, what each would do to the books, and what waits for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import aliased, joinedload

from mptf.controls.models import APPROVED, REQUESTED, ControlRequest, RequestKind
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.paging import PAGE_SIZE, Page, page_of
from mptf.core.waiting import Waiting
from mptf.fund.models import Fund
from mptf.ledger import balances
from mptf.ledger import queries as ledger
from mptf.ledger.balances import TrialBalance
from mptf.ledger.models import Confirmation, Entry
from mptf.ledger.periods import month_of, months_between, next_month
from mptf.ledger.queries import Posted
from mptf.policy import Permission, Viewer, can

TITLES = {
    RequestKind.REVERSAL: N_("Decide on the reversal of entry {number}"),
    RequestKind.CLOSING: N_("Decide on closing the months up to {month:%B %Y}"),
}
CONTEXTS = {
    RequestKind.REVERSAL: N_("{what}, {amount}, asked by {name}"),
    RequestKind.CLOSING: N_("Asked by {name}"),
}


@dataclass(frozen=True)
class Closes:
    """What a request closes: its months, what posted in those in which anything did, the balances of a single one."""

    months: Sequence[date]
    posted: Mapping[date, Posted]
    balances: TrialBalance | None

    @property
    def in_all(self) -> Posted:
        """What posted in all of them."""
        every = self.posted.values()
        return Posted(sum(one.entries for one in every), sum(one.advised for one in every))


def requests(fund: Fund, page: int) -> Page[ControlRequest]:
    """Return a page of the requests of a fund, the open ones first, then the latest."""
    open_first = case((ControlRequest.status == REQUESTED, 0), else_=1)
    return page_of(_whole(fund).order_by(open_first, ControlRequest.prepared_at.desc(), ControlRequest.id.desc()), page)


def get_request(fund: Fund, public_id: str) -> ControlRequest:
    """Return a request of a fund, or raise NotFound."""
    return one_of(_whole(fund).where(ControlRequest.public_id == public_id))


def requests_about(fund: Fund, entries: Sequence[Entry]) -> Sequence[ControlRequest]:
    """Return the requests about a document, by its entries; the latest first."""
    about = ControlRequest.entry_id.in_([entry.id for entry in entries])
    return db.session.scalars(_whole(fund).where(about).order_by(ControlRequest.id.desc())).all()


def open_reversal(fund: Fund, entries: Sequence[Entry]) -> ControlRequest | None:
    """Return the request to take back a document that waits for a decision, if there is one."""
    return next((request for request in requests_about(fund, entries) if request.open), None) if entries else None


def open_closing(fund: Fund) -> ControlRequest | None:
    """Return the request to close a month that waits for a decision, if there is one."""
    asked = ControlRequest.kind == RequestKind.CLOSING, ControlRequest.status == REQUESTED
    return db.session.scalars(_whole(fund).where(*asked)).first()


def document_of(fund: Fund, entry: Entry) -> Sequence[Entry]:
    """Return everything the document of an entry posted, with it."""
    return ledger.entries_of(fund, entry.source_kind, entry.source_id)


def to_reverse(fund: Fund, entry: Entry) -> list[Entry]:
    """Return what of an entry's document still stands: what a reversal takes back."""
    return [one for one in document_of(fund, entry) if one.reverses_id is None and one.reversal is None]


def taken_back(fund: Fund, entry: Entry) -> list[Entry]:
    """Return what of an entry's document was taken back, each with the entry that did so."""
    return [one for one in document_of(fund, entry) if one.reversal]


def to_confirm(fund: Fund, entry: Entry) -> list[Entry]:
    """Return the reversals of an entry's document that the Administrative Agent has not confirmed, but the reversed."""
    return [
        one
        for one in document_of(fund, entry)
        if one.reverses and one.reverses.confirmation and one.confirmation is None
    ]


def closes(fund: Fund, request: ControlRequest) -> Closes | None:
    """Return what a request closes or has closed; None where it was given up, and of a reversal."""
    if request.month is None or not (request.open or request.status is APPROVED):
        return None
    months = months_between(_first_month(fund, request) or request.month, request.month)
    single = balances.trial(fund, period=months[0]) if len(months) == 1 else None
    return Closes(months, ledger.posted_by_month(fund, months[0], months[-1]), single)


def _first_month(fund: Fund, request: ControlRequest) -> date | None:
    """Return the month after the last one an earlier request closed, else that of the first entry."""
    if request.open:
        return ledger.next_to_close(fund)
    before = select(func.max(ControlRequest.month)).where(
        ControlRequest.fund_id == fund.id, ControlRequest.status == APPROVED, ControlRequest.id < request.id
    )
    closed: date | None = db.session.scalar(before)
    earliest = ledger.first_value_date(fund)
    return next_month(closed) if closed else earliest and month_of(earliest)


def asked_for(fund: Fund, entry: Entry) -> set[int]:
    """Return who asked for the reversal of an entry's document that was approved, by key."""
    found = requests_about(fund, document_of(fund, entry))
    return {request.prepared_by_id for request in found if request.status is APPROVED}


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the requests of others this person may decide, and their reversals that wait for the Agent's word."""
    return [*_to_decide(viewer, fund), *_reversals_to_confirm(viewer, fund)]


def _to_decide(viewer: Viewer, fund: Fund) -> list[Waiting]:
    if not can(viewer, Permission.BOOKS_APPROVE, fund):
        return []
    mine = _whole(fund).where(ControlRequest.status == REQUESTED, ControlRequest.prepared_by_id != viewer.id)
    found = mine.options(_WITH_LINES).order_by(ControlRequest.id).limit(PAGE_SIZE)
    return [
        Waiting(
            title=TITLES[request.kind],
            context=CONTEXTS[request.kind],
            endpoint="controls.request",
            values={"public_id": request.public_id},
            facts={
                "month": request.month,
                "name": request.prepared_by.name,
                **(_told(request.entry) if request.entry else {}),
            },
        )
        for request in db.session.scalars(found).unique()
    ]


# Joined, and not asked for apart: Home asks for much besides.
_WITH_LINES = joinedload(ControlRequest.entry).joinedload(Entry.lines)


def _told(entry: Entry) -> dict[str, Any]:
    """Return what tells an entry from others: its number, what posted and for whom, and how much it moved."""
    what = entry.kind.label if entry.memo == entry.kind.label else f"{entry.kind.label}, {entry.memo}"
    return {"number": entry.number, "what": what, "amount": ", ".join(map(str, entry.moved))}


def _reversals_to_confirm(viewer: Viewer, fund: Fund) -> list[Waiting]:
    if not can(viewer, Permission.DEPOSITS_CONFIRM, fund):
        return []
    return [
        Waiting(
            title=N_("Confirm that entry {number} was taken back"),
            context=N_("{what}, {amount}, value date {day}, reversed by entry {reversal}"),
            endpoint="controls.entry",
            values={"public_id": reversal.public_id},
            facts={**_told(reversed_), "day": reversed_.value_on, "reversal": reversal.number},
        )
        for reversal in db.session.scalars(_unconfirmed(viewer, fund)).unique()
        if (reversed_ := reversal.reverses)
    ]


def _unconfirmed(viewer: Viewer, fund: Fund) -> Select[Entry]:
    """Select the reversals of what the Agent had confirmed that it has not, each with what it takes back.

    Those of documents whose reversal this person asked for are left to somebody else.
    """
    before, after, asked = aliased(Confirmation), aliased(Confirmation), aliased(Entry)
    mine = (
        select(ControlRequest.id)
        .join(asked, (asked.id == ControlRequest.entry_id) & (asked.fund_id == ControlRequest.fund_id))
        .where(
            ControlRequest.fund_id == fund.id, ControlRequest.status == APPROVED,
            ControlRequest.prepared_by_id == viewer.id,
            asked.source_kind == Entry.source_kind, asked.source_id == Entry.source_id,
        )
        .correlate(Entry)
    )  # fmt: skip
    return (
        select(Entry)
        .join(before, (before.entry_id == Entry.reverses_id) & (before.fund_id == Entry.fund_id))
        .outerjoin(after, (after.entry_id == Entry.id) & (after.fund_id == Entry.fund_id))
        .where(Entry.fund_id == fund.id, after.id.is_(None), ~mine.exists())
        .options(joinedload(Entry.reverses).joinedload(Entry.lines))
        .order_by(Entry.number)
        .limit(PAGE_SIZE)
    )


def _whole(fund: Fund) -> Select[ControlRequest]:
    return (
        select(ControlRequest)
        .where(ControlRequest.fund_id == fund.id)
        .options(
            joinedload(ControlRequest.prepared_by),
            joinedload(ControlRequest.decided_by),
            joinedload(ControlRequest.entry),
        )
    )
