"""Keep the Administrative Agent's lists, and settle what differs from our books; nothing found is ever changed."""

from datetime import date
from typing import Any

from mptf.controls import service as controls
from mptf.controls.models import ControlRequest
from mptf.core import audit
from mptf.core.db import db
from mptf.core.errors import N_, KnownAlready, RuleBroken
from mptf.core.facts import needed
from mptf.core.files import StoredFile
from mptf.core.sentences import cut
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.facts import not_ahead
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.imports import service as imports
from mptf.ledger.models import LONGEST_NOTE
from mptf.policy import Permission, Viewer, require
from mptf.reconciliation import queries
from mptf.reconciliation.comparing import KIND
from mptf.reconciliation.models import AgentList, Finding, FindingKind, SettledHow, Settlement

audit.tell(
    {
        "difference.explained": N_("explained a difference with the Administrative Agent: {reason}"),
        "difference.recorded": N_("recorded a deposit that was only in the Administrative Agent’s list"),
        "difference.reversal_asked": N_("asked for the reversal of a deposit that differs: {reason}"),
        "difference.confirmed": N_("confirmed a deposit although it differs from the list"),
        "agent_list.confirmed": N_("confirmed {count} deposits from a list"),
    },
    names={
        "agent_list": N_("list of the Administrative Agent"),
        "reconciliation_finding": N_("difference"),
        "complete_from": N_("complete from"),
        "complete_until": N_("complete up to"),
    },
)


def upload(
    fund: Fund,
    stored: StoredFile,
    *,
    complete_from: date | None,
    complete_until: date,
    by: Viewer,
    is_demo: bool = False,
) -> AgentList:
    """Keep a list to be looked at before it is compared; the same file twice adds nothing."""
    require(by, Permission.RECONCILIATION_EDIT, fund)
    if complete_from and complete_from > complete_until:
        raise RuleBroken(N_("The list ends before it begins. Check both days."), field="complete_until")
    not_ahead(fund, complete_until, "complete_until")
    lock(fund.id)
    if same := queries.find_same_file(fund, stored.sha256):
        raise KnownAlready(
            N_("This file is here already as “{name}”, uploaded by {person}. Nothing was added."),
            name=same.table.file.name, person=same.table.by.name, field="file",
            page=(KIND.endpoint, same.table.public_id),
        )  # fmt: skip
    table = imports.upload(fund, KIND, stored, by=by)
    agent_list = AgentList(
        fund_id=fund.id, table_id=table.id, complete_from=complete_from, complete_until=complete_until, is_demo=is_demo
    )
    db.session.add(agent_list)
    db.session.flush()
    return agent_list


def confirm_matched(agent_list: AgentList, *, by: Viewer) -> int:
    """Confirm every advised deposit the list matches in everything, for the Administrative Agent; return how many."""
    require(by, Permission.DEPOSITS_CONFIRM, agent_list)
    lock(agent_list.fund_id)
    deposits = queries.to_confirm(agent_list, by)
    if not deposits:
        raise RuleBroken(N_("No deposit of this list waits for your confirmation."))
    for deposit in deposits:
        confirm_deposit(deposit, by=by, note=_noted(agent_list))
    audit.record("agent_list.confirmed", agent_list, by=by, fund_id=agent_list.fund_id, count=len(deposits))
    return len(deposits)


def explain(finding: Finding, *, reason: str, by: Viewer) -> None:
    """Settle a difference by saying why both sides differ and are right."""
    require(by, Permission.RECONCILIATION_EDIT, finding)
    needed(reason, "reason", N_("Say why both sides differ."))
    _settle(finding, SettledHow.EXPLAINED, by, reason=reason)
    audit.record("difference.explained", finding, by=by, fund_id=finding.fund_id, reason=reason)


def record_missing(finding: Finding, what: Receipt, *, by: Viewer) -> Deposit:
    """Settle what is only in the list by recording the deposit, advised."""
    require(by, Permission.RECONCILIATION_EDIT, finding)
    if finding.kind is not FindingKind.ONLY_LIST:
        raise RuleBroken(N_("This deposit is in our books already."))
    _check_open(finding)
    deposit = record_deposit(db.session.get_one(Fund, finding.fund_id), what, by=by)
    _settle(finding, SettledHow.RECORDED, by, deposit_id=deposit.id)
    audit.record("difference.recorded", finding, by=by, fund_id=finding.fund_id)
    return deposit


def ask_reversal(finding: Finding, *, reason: str, by: Viewer) -> ControlRequest:
    """Settle a difference by asking that our deposit is taken back."""
    require(by, Permission.RECONCILIATION_EDIT, finding)
    if finding.deposit is None:
        raise RuleBroken(N_("This payment is in the list alone; there is nothing to reverse."))
    _check_open(finding)
    request = controls.ask_reversal(finding.deposit.entry, reason=reason, by=by)
    _settle(finding, SettledHow.REVERSAL, by, reason=reason, request_id=request.id)
    audit.record("difference.reversal_asked", finding, by=by, fund_id=finding.fund_id, reason=reason)
    return request


def confirm(finding: Finding, *, by: Viewer) -> None:
    """Settle a difference by confirming the deposit as our books have it, for the Administrative Agent."""
    require(by, Permission.DEPOSITS_CONFIRM, finding)
    if finding.deposit is None or finding.row is None:
        raise RuleBroken(N_("Only a deposit that is in the list and in our books is confirmed from the list."))
    _check_open(finding)
    confirm_deposit(finding.deposit, by=by, note=_noted(finding.agent_list))
    _settle(finding, SettledHow.CONFIRMED, by)
    audit.record("difference.confirmed", finding, by=by, fund_id=finding.fund_id)


def _noted(agent_list: AgentList) -> str:
    return cut(f"List {agent_list.table.file.name}", LONGEST_NOTE)


def _check_open(finding: Finding) -> None:
    lock(finding.fund_id)
    db.session.refresh(finding, ["settlement"])
    if not finding.open:
        raise RuleBroken(N_("This difference is settled already."))


def _settle(finding: Finding, how: SettledHow, by: Viewer, **facts: Any) -> None:
    _check_open(finding)
    db.session.add(Settlement(fund_id=finding.fund_id, finding_id=finding.id, how=how, by_id=by.id, **facts))
    db.session.flush()
    db.session.expire(finding, ["settlement"])
