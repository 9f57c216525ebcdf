"""Post documents, confirm and reverse them, and close months; nothing posted is ever changed.

The caller asks for the permission and commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, insert, select

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import at_most, needed
from mptf.core.money import Money
from mptf.fund.models import Fund, FundWindow
from mptf.fund.service import lock
from mptf.ledger import queries, stamps
from mptf.ledger.chart import ChartLine, EntryKind
from mptf.ledger.models import LONGEST_MEMO, Account, Closing, Confirmation, ConfirmedBy, Entry, Line
from mptf.ledger.periods import last_over, months_between, posts_in
from mptf.organisations.models import Organisation


def _month(first_day: str) -> str:
    return f"{date.fromisoformat(first_day):%B %Y}"


audit.tell(
    {
        "ledger_entry.posted": N_("posted entry {number}"),
        "ledger_entry.confirmed": N_("confirmed entry {number}"),
        "ledger_entry.reversed": N_("reversed entry {number}"),
        "ledger_closing.closed": N_("closed {month}"),
    },
    names={"how": N_("confirmed by")},
    values={
        "ledger_entry.how": ConfirmedBy,
        "ledger_entry.number": str,
        "ledger_entry.by_entry": str,
        "ledger_entry.document": audit.called,
        "ledger_closing.month": _month,
    },
)


@dataclass(frozen=True)
class Document:
    """A fact to be posted: its kind says which accounts it moves, `party` and `reference` whose.

    `key` names the fact, so that it is posted once; `source` is the row that tells of it; `window` the part of the
    fund its money is kept apart for, and `part` how much of it is, where that is not all.
    """

    kind: EntryKind
    amount: Money
    value_on: date
    source: audit.Subject
    key: str
    party: Organisation | None = None
    reference: str = ""
    window: FundWindow | None = None
    part: Money | None = None
    memo: str = ""

    def by_window(self) -> list[tuple[int | None, Money]]:
        """Return the amount as it is kept apart: for the window, and the rest for none."""
        if self.window is None or self.part is None:
            return [(self.window.id if self.window else None, self.amount)]
        if not 0 <= self.part.minor <= self.amount.minor:
            raise ValueError(f"{self.part} is no part of {self.amount}")
        shares = [(self.window.id, self.part), (None, self.amount - self.part)]
        return [(window_id, share) for window_id, share in shares if share]


@dataclass(frozen=True)
class Posting:
    """One line to be: an account and an amount, debits positive, and the window it is kept apart for."""

    account_id: int
    amount: Money
    window_id: int | None


def post(fund: Fund, what: Document, *, by: audit.Actor, confirmed: ConfirmedBy | None = None) -> Entry:
    """Post a document.

    A second posting of the same fact is refused, until the first is reversed. `confirmed` says how the Administrative
    Agent confirmed it; without it the entry is advised.
    """
    lock(fund.id)
    if what.amount.minor <= 0:
        raise RuleBroken(N_("A document posts an amount above zero."))
    if (what.party is None) is what.kind.of_party:
        raise ValueError(f"{what.kind} is {'' if what.kind.of_party else 'not '}about an organisation")
    entry = _entry(
        fund, kind=what.kind, value_on=what.value_on, by_id=by.id, source_kind=what.source.__tablename__,
        source_id=what.source.public_id, key=_free(fund, what.key), memo=what.memo,
    )  # fmt: skip
    debit = open_account(fund, what.kind.debit, what.party, what.reference)
    credit = open_account(fund, what.kind.credit, what.party, what.reference)
    debits = [Posting(debit.id, share, window_id) for window_id, share in what.by_window()]
    _write(entry, [*debits, *(Posting(credit.id, -one.amount, one.window_id) for one in debits)])
    audit.record("ledger_entry.posted", entry, by=by, fund_id=fund.id, number=entry.number, document=entry.source_kind)
    if confirmed:
        confirm(entry, by=by, how=confirmed)
    return entry


def open_account(fund: Fund, line: ChartLine, party: Organisation | None, reference: str) -> Account:
    """Return the account of a line of the chart, opened when first used; where that has parties, of the party."""
    whose, told_apart = (party, reference) if line.of_parties else (None, "")
    account = queries.find_account(fund, line, whose, told_apart)
    if account is None:
        account = Account(
            fund_id=fund.id, code=line.code, name=line.name, kind=line.kind, reference=told_apart,
            organisation_id=whose.id if whose else None,
        )  # fmt: skip
        db.session.add(account)
        db.session.flush()
    return account


def confirm(
    entry: Entry,
    *,
    by: audit.Actor,
    how: ConfirmedBy = ConfirmedBy.ADMINISTRATIVE_AGENT,
    note: str = "",
) -> Confirmation:
    """Record that the Administrative Agent has an entry in its books; what it brought itself, whoever typed it."""
    if how is not ConfirmedBy.GATEWAY_IMPORT and (refusal := why_not_confirm(entry, by=by)):
        raise refusal
    lock(entry.fund_id)
    if queries.find_confirmation(entry):
        raise RuleBroken(N_("Entry {number} is confirmed already."), number=entry.number)
    if queries.find_reversal(entry):
        raise RuleBroken(N_("Entry {number} was reversed; there is nothing to confirm."), number=entry.number)
    if entry.reverses and not entry.reverses.confirmation:
        raise RuleBroken(
            N_("Entry {number} takes back what was never confirmed; there is nothing to confirm."), number=entry.number
        )
    confirmation = Confirmation(
        entry_id=entry.id,
        fund_id=entry.fund_id,
        confirmed_at=stamps.moment(entry.fund_id),
        by_id=by.id,
        how=how,
        note=note,
    )
    db.session.add(confirmation)
    db.session.flush()
    db.session.expire(entry, ["confirmation"])
    audit.record("ledger_entry.confirmed", entry, by=by, fund_id=entry.fund_id, number=entry.number, how=how)
    return confirmation


def why_not_confirm(entry: Entry, *, by: audit.Actor) -> RuleBroken | None:
    """Return why a person may not confirm an entry that waits for it, or None (MON-6: maker is not checker).

    A reversal is made by whoever asked for it: where that is done, it is refused too.
    """
    if entry.reverses_id is None and entry.by_id == by.id:
        return RuleBroken(N_("You recorded this; somebody else confirms it."))
    return None


def check_approver(prepared_by_id: int, *, by: audit.Actor) -> None:
    """Refuse that whoever prepared a change of the books approves it, as no role (MON-6)."""
    if prepared_by_id == by.id:
        raise RuleBroken(N_("You prepared this; somebody else approves it."))


def reverse(entry: Entry, *, reason: str, by: audit.Actor) -> Entry:
    """Take an entry back by one with its lines turned round; it keeps the value date and posts in an open month.

    What the Administrative Agent had confirmed, it confirms once more as taken back.
    """
    check_reason(reason)
    lock(entry.fund_id)
    if entry.reverses_id is not None:
        raise RuleBroken(N_("Entry {number} is a reversal itself. Post the document again."), number=entry.number)
    if queries.find_reversal(entry):
        raise RuleBroken(N_("Entry {number} is reversed already."), number=entry.number)
    reversal = _entry(
        queries.fund_of(entry), kind=entry.kind, value_on=entry.value_on, by_id=by.id, source_kind=entry.source_kind,
        source_id=entry.source_id, key=f"reversal of {entry.public_id}", memo=reason, reverses_id=entry.id,
    )  # fmt: skip
    _write(reversal, [Posting(line.account_id, -line.amount, line.window_id) for line in entry.lines])
    db.session.expire(entry, ["reversal"])
    audit.record(
        "ledger_entry.reversed", entry, by=by, fund_id=entry.fund_id, number=entry.number, by_entry=reversal.number,
        reason=reason,
    )  # fmt: skip
    return reversal


def check_reason(reason: str) -> None:
    """Refuse to reverse without a reason, or with one the entry has no room for."""
    needed(reason, "reason", N_("Say why it is reversed."))
    at_most(reason, LONGEST_MEMO, "reason")


def reverse_document(fund: Fund, source_kind: str, source_id: str, *, reason: str, by: audit.Actor) -> Sequence[Entry]:
    """Take back everything a document posted that still stands; return the reversals, in the order of posting."""
    standing = [
        entry for entry in queries.entries_of(fund, source_kind, source_id) if not (entry.reverses_id or entry.reversal)
    ]
    if not standing:
        raise RuleBroken(N_("Everything this document posted is reversed already."))
    return [reverse(entry, reason=reason, by=by) for entry in standing]


def close_months(
    fund: Fund, until: date, *, prepared_by: audit.Actor, by: audit.Actor, note: str = ""
) -> list[Closing]:
    """Close every open month of a fund's books up to one: what is heard of them later posts in the first open month."""
    lock(fund.id)
    following = check_closing(fund, until)
    check_approver(prepared_by.id, by=by)
    at = stamps.moment(fund.id)  # what was posted before was recorded before, whichever machine stamped it
    return [_close(fund, month, at, prepared_by, by, note) for month in months_between(following, until)]


def _close(fund: Fund, month: date, at: datetime, prepared_by: audit.Actor, by: audit.Actor, note: str) -> Closing:
    closing = Closing(
        fund_id=fund.id, month=month, closed_at=at, prepared_by_id=prepared_by.id, approved_by_id=by.id, note=note,
    )  # fmt: skip
    db.session.add(closing)
    db.session.flush()
    audit.record("ledger_closing.closed", closing, by=by, fund_id=fund.id, month=month)
    return closing


def check_closing(fund: Fund, until: date) -> date:
    """Return the first month that would be closed; refuse one that is closed already, and one that is not over."""
    following = queries.next_to_close(fund)
    if following is None:
        raise RuleBroken(N_("Nothing is posted yet; there is no month to close."))
    if until < following:
        told = N_("{month:%B %Y} takes no entries any more; the next month to close is {following:%B %Y}.")
        raise RuleBroken(told, month=until, following=following, field="until")
    if until > last_over(clock.today(fund)):
        raise RuleBroken(N_("{month:%B %Y} is not over yet."), month=until, field="until")
    return following


def _free(fund: Fund, key: str) -> str:
    """Return the key a fact posts under; refuse one that stands already."""
    free, standing = queries.place_of(fund, key)
    if standing:
        raise RuleBroken(N_("This was posted before, as entry {number}."), number=standing.number)
    return free


def _entry(fund: Fund, *, value_on: date, **facts: object) -> Entry:
    return Entry(
        id=_next_id(),
        fund_id=fund.id,
        number=queries.last_number(fund) + 1,  # without gaps: the fund is locked
        value_on=value_on,
        period=posts_in(value_on, queries.closed_to(fund)),
        recorded_at=stamps.moment(fund.id),
        **facts,
    )


def _write(entry: Entry, lines: Sequence[Posting]) -> None:
    """Write the lines first and the entry last, so that the database can check the whole."""
    db.session.execute(
        insert(Line),
        [
            {
                "entry_id": entry.id,
                "account_id": line.account_id,
                "fund_id": entry.fund_id,
                "window_id": line.window_id,
                "value_on": entry.value_on,
                "recorded_at": entry.recorded_at,
                "amount_minor": line.amount.minor,
                "amount_currency": line.amount.currency,
            }
            for line in lines
        ],
    )
    db.session.add(entry)
    db.session.flush()


def _next_id() -> int:
    """Return the id of the entry to come: its lines name it before it exists."""
    if db.engine.dialect.name == "postgresql":
        return int(db.session.execute(select(func.nextval("ledger_entry_id_seq"))).scalar_one())
    last = select(func.coalesce(func.max(Entry.id), 0))  # the transaction holds SQLite's only write lock
    return int(db.session.execute(last, execution_options={"across_funds": True}).scalar_one()) + 1
