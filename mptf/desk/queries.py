"""Ask every room what waits for a person, and what the person may find."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from sqlalchemy import and_, or_, select

from mptf.contributions import queries as contributions
from mptf.core import search
from mptf.core.db import db
from mptf.core.paging import Page, page_of
from mptf.core.search import SearchRow
from mptf.core.tasks import Task
from mptf.core.waiting import Findable, Waiting
from mptf.fund.models import Fund, Holiday
from mptf.gateway import queries as gateway
from mptf.gateway import service as gateway_work
from mptf.policy import Viewer
from mptf.reports import service as reports_work

PAGE_SIZE = 20
RECENT_WORK = 5
NEXT_DATES = 4

WAITING: tuple[Callable[[Viewer, Fund], Iterable[Waiting]], ...] = (contributions.waiting_for, gateway.waiting_for)
FINDABLE: tuple[Callable[[Viewer, Fund], Iterable[Findable]], ...] = (contributions.findable, gateway.findable)

WORK = {work.kind: work.label for work in (gateway_work.CHECK, gateway_work.IMPORT, reports_work.WRITE)}


@dataclass(frozen=True)
class Found:
    """One result, with the page where it stands."""

    title: str
    label: str
    endpoint: str
    row: SearchRow


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return what waits for this person in a fund: what is due first, then the rest as the rooms give it."""
    waiting = chain.from_iterable(ask(viewer, fund) for ask in WAITING)
    return sorted(waiting, key=lambda item: (item.due_on is None, item.due_on))


def recent_work(viewer: Viewer, fund: Fund) -> list[tuple[str, Task]]:
    """Return the person's latest background work in a fund, each piece with its name."""
    mine = select(Task).filter_by(by_id=viewer.id, fund_id=fund.id).order_by(Task.id.desc()).limit(RECENT_WORK)
    return [(WORK[task.kind], task) for task in db.session.scalars(mine)]


def next_dates(holidays: Sequence[Holiday], today: date) -> list[Holiday]:
    """Return the next days on which the Secretariat does not work."""
    return [holiday for holiday in holidays if holiday.falls_on >= today][:NEXT_DATES]


def find(viewer: Viewer, fund: Fund, asked: str, page: int) -> Page[Found]:
    """Search a fund among what this person may see; the count knows of nothing else."""
    kinds = {kind.kind: kind for ask in FINDABLE for kind in ask(viewer, fund)}
    allowed = [and_(SearchRow.kind == k.kind, SearchRow.subject_id.in_(k.visible)) for k in kinds.values()]
    where = and_(SearchRow.fund_id == fund.id, search.matches(asked), or_(False, *allowed))
    latest = select(SearchRow).where(where).order_by(SearchRow.updated_at.desc(), SearchRow.id.desc())
    rows = page_of(latest, page, size=PAGE_SIZE)
    return Page([_found(row, kinds[row.kind]) for row in rows.items], rows.page, rows.total, rows.size)


def _found(row: SearchRow, kind: Findable) -> Found:
    return Found(row.words.partition("\n")[0], kind.label, kind.endpoint, row)
