"""Post entries and confirm them; nothing posted is ever changed.

The caller asks for the permission and commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, insert, select

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money, totals
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.ledger import queries
from mptf.ledger.models import CHART, Account, ChartLine, Confirmation, ConfirmedBy, Entry, EntryKind, Line

audit.tell(
    {
        "ledger_entry.posted": N_("posted entry {number}"),
        "ledger_entry.confirmed": N_("confirmed entry {number}"),
    },
    names={"how": N_("confirmed by")},
    values={"ledger_entry.how": ConfirmedBy, "ledger_entry.number": str, "ledger_entry.document": audit.called},
)


@dataclass(frozen=True)
class Posting:
    """One line to be: an account of the chart and an amount, debits positive."""

    account: ChartLine
    amount: Money


def open_accounts(fund: Fund) -> dict[str, Account]:
    """Open the accounts of the chart the fund does not have yet; return all of its accounts by code."""
    accounts = {account.code: account for account in queries.accounts(fund)}
    for line in CHART:
        if line.code not in accounts:
            accounts[line.code] = Account(fund_id=fund.id, code=line.code, name=line.name, kind=line.kind)
            db.session.add(accounts[line.code])
    db.session.flush()
    return accounts


def post(
    fund: Fund,
    *,
    kind: EntryKind,
    value_on: date,
    lines: Sequence[Posting],
    source: audit.Subject,
    key: str,
    by: audit.Actor,
    memo: str = "",
    confirmed: ConfirmedBy | None = None,
) -> Entry:
    """Post a document: its lines first, the entry last, so that the database can check the whole.

    `key` names the fact; a second posting of the same fact is refused. `confirmed` says how the
    Administrative Agent confirmed it; without it the entry is advised.
    """
    lock(fund.id)
    _check(fund, lines, key)
    entry = Entry(
        id=_next_id(),
        fund_id=fund.id,
        number=_next_number(fund),
        kind=kind,
        value_on=value_on,
        recorded_at=clock.now(),
        by_id=by.id,
        source_kind=source.__tablename__,
        source_id=source.public_id,
        key=key,
        memo=memo,
    )
    db.session.execute(insert(Line), _rows(entry, lines, open_accounts(fund)))
    db.session.add(entry)
    db.session.flush()
    audit.record("ledger_entry.posted", entry, by=by, fund_id=fund.id, number=entry.number, document=entry.source_kind)
    if confirmed:
        confirm(entry, by=by, how=confirmed)
    return entry


def confirm(
    entry: Entry,
    *,
    by: audit.Actor,
    how: ConfirmedBy = ConfirmedBy.ADMINISTRATIVE_AGENT,
    note: str = "",
) -> Confirmation:
    """Record that the Administrative Agent has an entry in its books."""
    lock(entry.fund_id)
    if queries.find_confirmation(entry):
        raise RuleBroken(N_("Entry {number} is confirmed already."), number=entry.number)
    confirmation = Confirmation(
        entry_id=entry.id, fund_id=entry.fund_id, confirmed_at=clock.now(), by_id=by.id, how=how, note=note
    )
    db.session.add(confirmation)
    db.session.flush()
    db.session.expire(entry, ["confirmation"])
    audit.record("ledger_entry.confirmed", entry, by=by, fund_id=entry.fund_id, number=entry.number, how=how)
    return confirmation


def _check(fund: Fund, lines: Sequence[Posting], key: str) -> None:
    earlier = queries.find_entry_by_key(fund, key)
    if earlier:
        raise RuleBroken(N_("This was posted before, as entry {number}."), number=earlier.number)
    if not lines or not all(line.amount for line in lines):
        raise RuleBroken(N_("An entry needs lines, and each line an amount other than zero."))
    for rest in totals(line.amount for line in lines).values():
        if rest:
            raise RuleBroken(N_("The lines of an entry add up to zero; these leave {rest}."), rest=rest)


def _rows(entry: Entry, lines: Sequence[Posting], accounts: dict[str, Account]) -> list[dict[str, object]]:
    return [
        {
            "entry_id": entry.id,
            "account_id": accounts[line.account.code].id,
            "fund_id": entry.fund_id,
            "value_on": entry.value_on,
            "recorded_at": entry.recorded_at,
            "amount_minor": line.amount.minor,
            "amount_currency": line.amount.currency,
        }
        for line in lines
    ]


def _next_id() -> int:
    """Return the id of the entry to come: its lines name it before it exists."""
    if db.engine.dialect.name == "postgresql":
        return int(db.session.execute(select(func.nextval("ledger_entry_id_seq"))).scalar_one())
    last = select(func.coalesce(func.max(Entry.id), 0))  # the transaction holds SQLite's only write lock
    return int(db.session.execute(last, execution_options={"across_funds": True}).scalar_one()) + 1


def _next_number(fund: Fund) -> int:
    """Return the next number of the fund's journal, without gaps: the fund is locked."""
    last = select(func.coalesce(func.max(Entry.number), 0)).where(Entry.fund_id == fund.id)
    return int(db.session.execute(last).scalar_one()) + 1
