"""Ask every room what waits for a person, what the person may find, and which documents it posts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import Row, and_, select, union_all

from mptf.agreements import due
from mptf.agreements import queries as agreements
from mptf.calls import queries as calls
from mptf.cash import queries as cash
from mptf.cash.service import LIST as CASH_LIST
from mptf.controls import queries as controls
from mptf.core import search
from mptf.core.db import db
from mptf.core.money import Money
from mptf.core.paging import Page, counted, offset
from mptf.core.search import SearchRow
from mptf.core.tasks import Task
from mptf.core.waiting import MOST_READ, Awaited, Findable, Waiting
from mptf.deposits import flags
from mptf.deposits import queries as deposits
from mptf.dossiers import service as dossiers
from mptf.framework import queries as framework
from mptf.framework.service import TEXTS
from mptf.fund.models import Fund, Holiday
from mptf.gateway import queries as gateway
from mptf.gateway import service as gateway_work
from mptf.imports import queries as imports
from mptf.imports.kinds import TableKind
from mptf.ledger import queries as ledger
from mptf.ledger.models import DocumentKind
from mptf.organisations import queries as organisations
from mptf.pledges import queries as pledges
from mptf.pledges.models import Precision
from mptf.policy import Viewer
from mptf.proposals import queries as proposals
from mptf.questions import queries as questions
from mptf.reconciliation import queries as reconciliation
from mptf.reconciliation.comparing import KIND as AGENT_LISTS
from mptf.reported import service as reported
from mptf.reports import service as reports_work
from mptf.screening import queries as screening
from mptf.statements import queries as statements

PAGE_SIZE = 20
RECENT_WORK = 5
NEXT_DATES = 4

WAITING: tuple[Callable[[Viewer, Fund], Iterable[Waiting]], ...] = (
    screening.waiting_for,
    proposals.waiting_for,
    controls.waiting_for,
    deposits.waiting_for,
    flags.waiting_for,
    cash.waiting_for,
    due.waiting_for,
    reconciliation.waiting_for,
    gateway.waiting_for,
)
# What every room lets wait that is read in one statement.
AWAITED: tuple[Callable[[Viewer, Fund], Iterable[Awaited]], ...] = (
    calls.awaited,
    questions.awaited,
    screening.awaited,
)
FINDABLE: tuple[Callable[[Viewer, Fund], Iterable[Findable]], ...] = (
    deposits.findable,
    pledges.findable,
    cash.findable,
    agreements.findable,
    statements.findable,
    gateway.findable,
    organisations.findable,
    framework.findable,
    calls.findable,
    proposals.findable,
    questions.findable,
)
DOCUMENTS: tuple[DocumentKind, ...] = (*deposits.DOCUMENTS, *cash.DOCUMENTS)

# Every kind of table that is imported: it waits on the home page, and its import is background work.
IMPORTS: tuple[TableKind[Any], ...] = (AGENT_LISTS, CASH_LIST, reported.FIGURES, TEXTS)

# Every kind of background work: what people call it, and for the jobs process who does it.
WORK = {
    work.kind: work
    for work in (
        gateway_work.CHECK, gateway_work.IMPORT, reports_work.WRITE, dossiers.WRITE, *(kind.work for kind in IMPORTS),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """One result: what it is called, which kind it is, its page, and its amount and day where it has them.

    `when` is no more exact than it is known.
    """

    title: str
    label: str
    endpoint: str
    values: Mapping[str, str]
    amount: Money | None
    when: str


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return what waits for this person in a fund: what is due first, then the rest as the rooms give it."""
    asked = (ask(viewer, fund) for ask in WAITING)
    waiting = chain.from_iterable((*asked, imports.waiting_for(viewer, fund, IMPORTS), _awaited(viewer, fund)))
    return sorted(waiting, key=lambda item: (item.due_on is None, item.due_on))


def _awaited(viewer: Viewer, fund: Fund) -> Iterable[Waiting]:
    """Return what waits in the rooms that are read together, kind by kind."""
    kinds = list(chain.from_iterable(ask(viewer, fund) for ask in AWAITED))
    if not kinds:
        return []
    parts = (select(kind.rows.limit(MOST_READ).subquery()) for kind in kinds)
    rows = db.session.execute(union_all(*parts)).all()
    return chain.from_iterable(kind.waiting([row for row in rows if row.kind == kind.kind]) for kind in kinds)


def recent_work(viewer: Viewer, fund: Fund) -> list[tuple[str, Task]]:
    """Return the person's latest background work in a fund, each piece with its name."""
    mine = select(Task).filter_by(by_id=viewer.id, fund_id=fund.id).order_by(Task.id.desc()).limit(RECENT_WORK)
    return [(WORK[task.kind].label, task) for task in db.session.scalars(mine)]


def next_dates(holidays: Sequence[Holiday], today: date) -> list[Holiday]:
    """Return the next days on which the Secretariat does not work."""
    return [holiday for holiday in holidays if holiday.falls_on >= today][:NEXT_DATES]


def find(viewer: Viewer, fund: Fund, asked: str, page: int) -> Page[Found]:
    """Search a fund among what this person may see; the count knows of nothing else."""
    known = chain.from_iterable(ask(viewer, fund) for ask in FINDABLE)
    kinds = {kind.kind: kind for kind in (*known, *ledger.findable(viewer, fund, asked))}
    if not kinds:
        return Page([], 1, 0, PAGE_SIZE)
    seen = union_all(*(kind.seen for kind in kinds.values())).subquery("seen")
    indexed = and_(
        SearchRow.kind == seen.c.kind, SearchRow.subject_id == seen.c.public_id, SearchRow.fund_id == fund.id
    )
    matching = select(seen).outerjoin(SearchRow, indexed).where(search.matches(asked, title=seen.c.title))
    number, total = counted(matching, page, size=PAGE_SIZE)
    near = search.nearest(asked, seen.c.names, seen.c.title)
    first = matching.order_by(near, seen.c.day.desc().nulls_last(), seen.c.title, seen.c.public_id)
    rows = db.session.execute(first.limit(PAGE_SIZE).offset(offset(number, PAGE_SIZE)))
    return Page([_found(row, kinds[row.kind]) for row in rows], number, total, PAGE_SIZE)


def _found(row: Row[Any], kind: Findable) -> Found:
    amount = Money(row.minor, row.currency) if row.currency else None
    when = Precision(row.precision or Precision.DAY).written(row.day) if row.day else ""
    return Found(row.title, kind.label, kind.endpoint, {kind.names: row.public_id}, amount, when)
