"""Compare a list of the Administrative Agent with our books: what is wrong with it, and what comparing it finds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import Table, insert

from mptf.core import clock, ids
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.tasks import Work
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund
from mptf.imports.kinds import TableKind
from mptf.imports.models import TableImport
from mptf.paper.problems import Problem, warning
from mptf.paper.shape import Comparison, ReadTable, Rule
from mptf.paper.table import Record
from mptf.policy import Permission, Viewer
from mptf.reconciliation import matching, queries
from mptf.reconciliation.matching import NEAR_DAYS, Payment
from mptf.reconciliation.models import (
    AgentList,
    AgentListRow,
    Finding,
    FindingKind,
    SettledHow,
    Settlement,
    booked,
)  # fmt: skip
from mptf.reconciliation.rows import SHAPE, AgentRow

COMPARE = Work(
    "reconciliation.compare", N_("Comparing a list of the Administrative Agent"), "mptf.reconciliation.work:compare"
)


def look(fund: Fund, table: ReadTable[AgentRow], _viewer: Viewer) -> Comparison[AgentRow]:
    """Say what is wrong with a list before it is compared."""
    known, listed = queries.contributors_by_name(), []
    rows, problems = table.held_against(_rules(fund))
    for row, record in rows:
        problems.add(_strangers(row, record, known))
        listed.append(row.model_copy(update={"line": record.number}))
    return Comparison(listed, 0, problems)


def _rules(fund: Fund) -> list[Rule[AgentRow]]:
    """Return what refuses a row of a list at its cells, each for itself."""
    return [
        Rule(("received",), lambda row: row.received_in(fund.currency)),
        Rule(("fee",), lambda row: row.fee_in(fund.currency)),
        Rule(("value_on",), lambda row: _has_come(fund, row)),
    ]


def _has_come(fund: Fund, row: AgentRow) -> None:
    if row.value_on > clock.today(fund):
        raise RuleBroken(N_("This day is still to come. Check the year."))


def _strangers(row: AgentRow, record: Record, known: Mapping[str, int]) -> Iterator[Problem]:
    if row.contributor.casefold() not in known:
        told = N_("“{name}” is no contributor known here; the row is compared by its reference, amount and day.")
        yield warning(told, record.place("contributor"), name=row.contributor)


def compare(table: TableImport, found: Comparison[AgentRow], by: Viewer) -> dict[str, Any]:
    """Keep the rows of a list, find each in our books, and end the earlier differences this list answers."""
    agent_list, fund = queries.list_of(table), db.session.get_one(Fund, table.fund_id)
    _keep_rows(agent_list, found.new, fund.currency)
    rows = {row.line: row for row in queries.rows_of(agent_list)}
    days = _Days.of(agent_list, rows.values())
    deposits = {one.id: one for one in queries.in_books(fund, days.since_near, days.until_near)}
    matched = matching.match((row.payment for row in rows.values()), map(booked, deposits.values()))
    kept = list(_findings(matched, rows, deposits, days))
    _insert(Finding, agent_list, kept)
    ended = _answer_earlier(agent_list, days, by)
    same = sum(one["kind"] is FindingKind.MATCHED for one in kept)
    return {"matched": same, "differences": len(kept) - same, "ended": ended}


@dataclass(frozen=True)
class _Days:
    """The days for which a list holds every deposit: those it was said to hold, and those of its rows."""

    since: date
    until: date

    @classmethod
    def of(cls, agent_list: AgentList, rows: Iterable[AgentListRow]) -> "_Days":
        days = [agent_list.complete_until, *(row.value_on for row in rows)]
        first = agent_list.complete_from
        return cls(date.min + timedelta(NEAR_DAYS) if first is None else min(first, *days), max(days))

    @property
    def since_near(self) -> date:
        return self.since - timedelta(NEAR_DAYS)

    @property
    def until_near(self) -> date:
        return self.until + timedelta(NEAR_DAYS)

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until


def _keep_rows(agent_list: AgentList, rows: Iterable[AgentRow], currency: str) -> None:
    known = queries.contributors_by_name()
    kept = []
    for row in rows:
        amounts = {"received": row.received_in(currency), "fee": row.fee_in(currency), "original": row.original}
        kept.append(
            {
                "line": row.line, "contributor": row.contributor, "value_on": row.value_on, "reference": row.reference,
                "organisation_id": known.get(row.contributor.casefold()),
                **{f"{name}_minor": None if amount is None else amount.minor for name, amount in amounts.items()},
                **{f"{name}_currency": None if amount is None else amount.currency for name, amount in amounts.items()},
            }
        )  # fmt: skip
    _insert(AgentListRow, agent_list, kept, public=False)


def _insert(kind: Any, agent_list: AgentList, rows: list[dict[str, Any]], *, public: bool = True) -> None:
    """Add rows of a list in one statement."""
    if rows:
        of_list = {"fund_id": agent_list.fund_id, "list_id": agent_list.id}
        named = [{**of_list, **({"public_id": ids.new()} if public else {}), **row} for row in rows]
        db.session.execute(insert(cast(Table, kind.__table__)), named)


def _findings(
    matched: matching.Matching, rows: Mapping[int, AgentListRow], deposits: Mapping[int, Deposit], days: _Days
) -> Iterator[dict[str, Any]]:
    """Yield what was found of each payment.

    Our deposits outside the days of the list, and opening balances, which stand for many payments, are not missed.
    """
    for pair in matched.pairs:
        kind = FindingKind.DIFFERS if pair.differences else FindingKind.MATCHED
        yield {"kind": kind, "row_id": rows[pair.listed.place].id, "deposit_id": pair.booked.place}
    for one in matched.only_listed:
        yield {"kind": FindingKind.ONLY_LIST, "row_id": rows[one.place].id, "deposit_id": None}
    for one in matched.only_booked:
        if one.value_on in days and not deposits[one.place].is_opening:
            yield {"kind": FindingKind.ONLY_BOOKS, "row_id": None, "deposit_id": one.place}


def _answer_earlier(agent_list: AgentList, days: _Days, by: Viewer) -> int:
    """End the open differences of other lists this one answers, and its own that are settled still; return how many."""
    found = queries.every_finding(agent_list)
    by_deposit = {one.deposit_id: one for one in found if one.deposit_id}
    by_row = {_told(one.row.payment): one for one in found if one.row}
    endings = []
    for earlier in queries.left_open(agent_list):
        listed = by_row.get(_told(earlier.row.payment)) if earlier.row else None
        same = by_deposit.get(earlier.deposit_id or 0) or listed
        if how := _ending(earlier, same, days):
            endings.append({"finding_id": earlier.id, "how": how, "reason": ""})
    before = {_both(one): one.settlement for one in queries.still_settled(agent_list)}
    endings += [
        {"finding_id": one.id, "how": SettledHow.SETTLED_BEFORE, "reason": settled.reason}
        for one in found
        if one.open and (settled := before.get(_both(one)))
    ]
    _insert(Settlement, agent_list, [{**one, "settled_at": clock.now(), "by_id": by.id} for one in endings])
    return len(endings)


def _ending(earlier: Finding, same: Finding | None, days: _Days) -> SettledHow | None:
    """Say how a later list ends an earlier difference, or None while it does not."""
    if same is not None:
        return SettledHow.MATCHED_LATER if same.kind is FindingKind.MATCHED else SettledHow.FOUND_AGAIN
    if earlier.deposit is not None and earlier.deposit.entry.reversal:
        return SettledHow.GONE
    if earlier.deposit is None and earlier.row is not None and earlier.row.value_on in days:
        return SettledHow.GONE
    return None


def _told(payment: Payment) -> tuple[object, ...]:
    """Return everything a list tells of a payment: what tells it from every other, in any list."""
    return (
        payment.name.casefold(), payment.value_on, payment.received, payment.plain_reference, payment.fee,
        payment.original,
    )  # fmt: skip


def _both(finding: Finding) -> tuple[object, ...]:
    return (finding.deposit_id, _told(finding.row.payment) if finding.row else None)


KIND: TableKind[AgentRow] = TableKind(
    key="agent_list",
    label=N_("Reconciliation"),
    permission=Permission.RECONCILIATION_EDIT,
    endpoint="reconciliation.table",
    work=COMPARE,
    check=SHAPE.check,
    read=SHAPE.read,
    compare=look,
    bring=compare,
)
