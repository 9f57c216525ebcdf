"""Read the lists of a fund, what comparing them found, and which differences nobody has settled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from mptf.controls.models import REQUESTED, ControlRequest
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.files import StoredFile
from mptf.core.paging import Page, page_of
from mptf.core.sentences import filled
from mptf.core.waiting import Waiting
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund
from mptf.imports.models import TableImport
from mptf.ledger.models import Confirmation, Entry
from mptf.organisations.models import CONTRIBUTOR_KINDS
from mptf.organisations.queries import organisations_of
from mptf.policy import Permission, Viewer, can
from mptf.reconciliation.models import (
    DIFFERENCES,
    AgentList,
    AgentListRow,
    Finding,
    FindingKind,
    SettledHow,
    Settlement,
    holds,
)  # fmt: skip

Counts = dict[FindingKind, int]
Counted = tuple[FindingKind, int, int]  # a kind, how many findings there are of it, how many are settled


@dataclass(frozen=True)
class ListLine:
    """A list with what its comparison found: how many of its findings are matches, differences, and still open."""

    agent_list: AgentList
    matched: int
    differences: int
    open: int


def lists(viewer: Viewer, fund: Fund, *, page: int = 1) -> Page[ListLine]:
    """Return a page of the lists of a fund, the newest first; one not compared yet is for those who import."""
    seen = _lists(fund)
    if not can(viewer, Permission.RECONCILIATION_EDIT, fund):
        seen = seen.where(TableImport.imported_at.is_not(None))
    found = page_of(seen.order_by(AgentList.id.desc()), page)
    counts = _counts_of(fund.id, [one.id for one in found.items])
    rows = [_list_line(one, counts.get(one.id, ())) for one in found.items]
    return Page(rows, found.page, found.total, found.size)


def get_list(fund: Fund, public_id: str) -> AgentList:
    """Return a list of a fund by the public id of its table, or raise NotFound."""
    return one_of(_lists(fund).where(TableImport.public_id == public_id))


def list_of(table: TableImport) -> AgentList:
    """Return what an imported table says of itself."""
    wanted = select(AgentList).where(AgentList.fund_id == table.fund_id, AgentList.table_id == table.id)
    return db.session.scalars(wanted).one()


def find_same_file(fund: Fund, sha256: str) -> AgentList | None:
    """Return a list made from the same bytes that was not discarded."""
    same = _lists(fund).join(TableImport.file).where(StoredFile.sha256 == sha256, TableImport.discarded_at.is_(None))
    return db.session.scalars(same.order_by(AgentList.id)).first()


def contributors_by_name() -> dict[str, int]:
    """Return the keys of the contributors by their short and official names, in small letters."""
    found = organisations_of(*CONTRIBUTOR_KINDS)
    official = {one.official_name.casefold(): one.id for one in found}
    return official | {one.short_name.casefold(): one.id for one in found}


def in_books(fund: Fund, since: date, until: date) -> Sequence[Deposit]:
    """Return the deposits that stand, with a value date between two days; with the contributor of each."""
    reversal = aliased(Entry)
    taken_back = and_(reversal.reverses_id == Deposit.entry_id, reversal.fund_id == Deposit.fund_id)
    return db.session.scalars(
        select(Deposit)
        .outerjoin(reversal, taken_back)
        .where(Deposit.fund_id == fund.id, reversal.id.is_(None), Deposit.value_on.between(since, until))
        .options(joinedload(Deposit.donor))
        .order_by(Deposit.id)
    ).all()


def rows_of(agent_list: AgentList) -> Sequence[AgentListRow]:
    """Return the rows of a list, in the order of the file."""
    wanted = AgentListRow.fund_id == agent_list.fund_id, AgentListRow.list_id == agent_list.id
    return db.session.scalars(select(AgentListRow).where(*wanted).order_by(AgentListRow.line)).all()


def findings(agent_list: AgentList, kinds: Iterable[FindingKind], *, page: int = 1) -> Page[Finding]:
    """Return a page of what comparing a list found, of some kinds, down its rows."""
    wanted = Finding.fund_id == agent_list.fund_id, Finding.list_id == agent_list.id, Finding.kind.in_(list(kinds))
    return page_of(_whole().where(*wanted).order_by(AgentListRow.line.nulls_last(), Finding.id), page)


def every_finding(agent_list: AgentList) -> Sequence[Finding]:
    """Return everything comparing a list found."""
    wanted = Finding.fund_id == agent_list.fund_id, Finding.list_id == agent_list.id
    return db.session.scalars(_whole().where(*wanted).order_by(Finding.id)).unique().all()


def counts(agent_list: AgentList) -> ListLine:
    """Return a list with what its comparison found."""
    return _list_line(agent_list, _counts_of(agent_list.fund_id, [agent_list.id]).get(agent_list.id, ()))


def differences(fund: Fund, *, kind: FindingKind | None = None, page: int = 1) -> Page[Finding]:
    """Return a page of the differences nobody has settled, the oldest list first."""
    return page_of(_open(fund, kind).order_by(Finding.id), page)


def every_difference(fund: Fund) -> Sequence[Finding]:
    """Return all differences nobody has settled, the oldest list first."""
    return db.session.scalars(_open(fund).order_by(Finding.id)).unique().all()


def count_differences(fund: Fund) -> Counts:
    """Return how many differences of each kind nobody has settled."""
    unsettled = select(Finding.kind, func.count()).outerjoin(Settlement, _SETTLED).where(*_unsettled(fund))
    rows = db.session.execute(unsettled.group_by(Finding.kind))
    found: Counts = {row[0]: row[1] for row in rows}
    return {kind: found.get(kind, 0) for kind in DIFFERENCES}


def get_finding(fund: Fund, public_id: str) -> Finding:
    """Return a finding of a fund, or raise NotFound."""
    return one_of(_whole().where(Finding.fund_id == fund.id, Finding.public_id == public_id))


def left_open(agent_list: AgentList) -> Sequence[Finding]:
    """Return the open differences of the other lists of the fund."""
    unsettled = Finding.kind.in_(DIFFERENCES), Settlement.id.is_(None)
    return db.session.scalars(_elsewhere(agent_list).where(*unsettled)).unique().all()


def still_settled(agent_list: AgentList) -> Sequence[Finding]:
    """Return the differences of the other lists whose settlement goes on holding.

    What was explained or confirmed does; a reversal that was asked for does until somebody decides on it.
    """
    asked = (
        select(ControlRequest.id)
        .join(Deposit, and_(Deposit.entry_id == ControlRequest.entry_id, Deposit.fund_id == ControlRequest.fund_id))
        .where(
            ControlRequest.fund_id == agent_list.fund_id,
            ControlRequest.status == REQUESTED,
            Deposit.id == Finding.deposit_id,
        )
    )
    goes_on = or_(
        Settlement.how.in_((SettledHow.EXPLAINED, SettledHow.CONFIRMED)),
        and_(Settlement.how == SettledHow.REVERSAL, asked.exists()),
    )
    return db.session.scalars(_elsewhere(agent_list).where(goes_on)).unique().all()


def to_confirm(agent_list: AgentList, viewer: Viewer) -> Sequence[Deposit]:
    """Return the advised deposits a list matches in everything and this person may confirm."""
    confirmed = and_(Confirmation.entry_id == Deposit.entry_id, Confirmation.fund_id == Deposit.fund_id)
    reversal = aliased(Entry)
    taken_back = and_(reversal.reverses_id == Deposit.entry_id, reversal.fund_id == Deposit.fund_id)
    return db.session.scalars(
        select(Deposit)
        .join(Finding, and_(Finding.deposit_id == Deposit.id, Finding.fund_id == Deposit.fund_id))
        .outerjoin(Confirmation, confirmed)
        .outerjoin(reversal, taken_back)
        .where(
            Finding.fund_id == agent_list.fund_id,
            Finding.list_id == agent_list.id,
            Finding.kind == FindingKind.MATCHED,
            Confirmation.id.is_(None),
            reversal.id.is_(None),
            Deposit.by_id != viewer.id,
        )
        .options(joinedload(Deposit.entry), joinedload(Deposit.fee_entry), joinedload(Deposit.donor))
        .order_by(Deposit.id)
    ).all()


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the open differences as one thing to do, for those who settle them."""
    if not can(viewer, Permission.RECONCILIATION_EDIT, fund):
        return []
    found = count_differences(fund)
    count = sum(found.values())
    if not count:
        return []
    one = N_("Settle one difference with the Administrative Agent")
    many = N_("Settle {count} differences with the Administrative Agent")
    return [
        Waiting(
            title=one if count == 1 else many,
            context=N_("{what}"),
            endpoint="reconciliation.differences",
            facts={"count": count, "what": _counts(found)},
        )
    ]


def _counts(found: Mapping[FindingKind, int]) -> str:
    """Say how many differences there are of each kind of which there are any."""
    told = {
        FindingKind.DIFFERS: N_("{count} differs") if found[FindingKind.DIFFERS] == 1 else N_("{count} differ"),
        FindingKind.ONLY_LIST: N_("{count} only in the Administrative Agent’s list"),
        FindingKind.ONLY_BOOKS: N_("{count} only in our books"),
    }
    return ", ".join(filled(told[kind], {"count": found[kind]}) for kind in DIFFERENCES if found[kind])


def _elsewhere(agent_list: AgentList) -> Select[Finding]:
    """Select what the other lists of the fund found, the oldest first."""
    other = Finding.fund_id == agent_list.fund_id, Finding.list_id != agent_list.id
    return _whole().where(*other).order_by(Finding.id)


_SETTLED = and_(Settlement.finding_id == Finding.id, Settlement.fund_id == Finding.fund_id, holds())


def _lists(fund: Fund) -> Select[AgentList]:
    """Select the lists of a fund with their tables, files and who uploaded them."""
    same = and_(TableImport.id == AgentList.table_id, TableImport.fund_id == AgentList.fund_id)
    table = contains_eager(AgentList.table)
    return (
        select(AgentList)
        .join(TableImport, same)
        .where(AgentList.fund_id == fund.id)
        .options(
            table.joinedload(TableImport.file), table.joinedload(TableImport.by), table.joinedload(TableImport.task)
        )
    )


def _counts_of(fund_id: int, lists: Sequence[int]) -> dict[int, list[Counted]]:
    counted = (
        select(Finding.list_id, Finding.kind, func.count(), func.count(Settlement.id))
        .outerjoin(Settlement, _SETTLED)
        .where(Finding.fund_id == fund_id, Finding.list_id.in_(lists))
        .group_by(Finding.list_id, Finding.kind)
    )
    found: dict[int, list[Counted]] = {}
    for row in db.session.execute(counted):
        found.setdefault(row[0], []).append((row[1], row[2], row[3]))
    return found


def _list_line(agent_list: AgentList, rows: Iterable[Counted]) -> ListLine:
    matched = differing = settled = 0
    for kind, count, ended in rows:
        if kind is FindingKind.MATCHED:
            matched = count
        else:
            differing, settled = differing + count, settled + ended
    return ListLine(agent_list, matched, differing, differing - settled)


def _unsettled(fund: Fund, kind: FindingKind | None = None) -> list[ColumnElement[bool]]:
    of_kind = Finding.kind.in_((kind,) if kind else DIFFERENCES)
    return [Finding.fund_id == fund.id, of_kind, Settlement.id.is_(None)]


def _open(fund: Fund, kind: FindingKind | None = None) -> Select[Finding]:
    return _whole().where(*_unsettled(fund, kind))


def _whole() -> Select[Finding]:
    """Select findings with both of their sides and how they were settled."""
    row = and_(AgentListRow.id == Finding.row_id, AgentListRow.fund_id == Finding.fund_id)
    deposit = joinedload(Finding.deposit)
    entry = deposit.joinedload(Deposit.entry)
    table = joinedload(Finding.agent_list).joinedload(AgentList.table)
    return (
        select(Finding)
        .outerjoin(AgentListRow, row)
        .outerjoin(Settlement, _SETTLED)
        .options(
            contains_eager(Finding.row),
            contains_eager(Finding.settlement).joinedload(Settlement.by),
            deposit.joinedload(Deposit.donor),
            entry.joinedload(Entry.confirmation),
            entry.joinedload(Entry.reversal),
            table.joinedload(TableImport.file),
        )
    )
