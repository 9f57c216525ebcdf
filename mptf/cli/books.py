"""What must hold of the books of every fund, looked at row by row; each fault is a sentence.

The database refuses most of this when it is written (`mptf.ledger.guards`). This looks again, for whoever does not
trust the file: a cent changed in a copy past every trigger is found.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, groupby, pairwise
from typing import Any

from sqlalchemy import Executable, Select, and_, extract, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from mptf.cash.models import KINDS, CashDocument
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.desk.queries import DOCUMENTS
from mptf.fund.models import Fund
from mptf.ledger.chart import AA_FEE, CASH, CONTRIBUTIONS, EntryKind
from mptf.ledger.models import Account, Closing, Confirmation, Entry, Line, MonthSum, Unconfirmed
from mptf.ledger.periods import month_of, next_month

ACROSS_FUNDS = {"across_funds": True}  # an installation is proved as a whole
DEPOSIT = Deposit.__table__.c
DOCUMENT = CashDocument.__table__.c
REVERSED = aliased(Entry)


def faults(session: Session) -> Iterator[str]:
    """Yield what does not hold of the books, the gravest first."""
    rules = (
        _unbalanced,
        _lines,
        _reversals,
        _periods,
        _closings,
        _numbers,
        _confirmations,
        _months,
        _deposits,
        _fees,
        _cash_documents,
        _without_document,
        _kinds,
    )
    return chain.from_iterable(rule(session) for rule in rules)


def _unbalanced(session: Session) -> Iterator[str]:
    left = func.sum(Line.amount_minor)
    sums = select(Line.entry_id, Line.amount_currency, left).group_by(Line.entry_id, Line.amount_currency)
    for entry, currency, minor in _rows(session, sums.having(left != 0).order_by(Line.entry_id)):
        yield f"{_named(session, entry)} does not add up to zero: {Money(int(minor), currency)} is left."


def _lines(session: Session) -> Iterator[str]:
    bare = select(Entry.id).where(~select(Line.id).where(Line.entry_id == Entry.id).exists())
    for (entry,) in _rows(session, bare.order_by(Entry.id)):
        yield f"{_named(session, entry)} has no lines."
    other = or_(
        Line.fund_id != Entry.fund_id,
        Line.value_on != Entry.value_on,
        Line.recorded_at != Entry.recorded_at,
        Account.fund_id != Line.fund_id,
    )
    astray = select(Entry.id).join(Line, Line.entry_id == Entry.id).join(Account, Account.id == Line.account_id)
    for (entry,) in _rows(session, astray.where(other).distinct().order_by(Entry.id)):
        yield f"{_named(session, entry)} has a line with another fund, value date or time of recording."


def _reversals(session: Session) -> Iterator[str]:
    wrong = or_(REVERSED.reverses_id.is_not(None), REVERSED.value_on != Entry.value_on)
    both = select(Entry.id).join(REVERSED, REVERSED.id == Entry.reverses_id)
    for (entry,) in _rows(session, both.where(wrong).order_by(Entry.id)):
        yield f"{_named(session, entry)} takes back a reversal, or keeps another value date than what it takes back."
    left = func.sum(Line.amount_minor)
    pairs = select(Entry.id).join(Line, or_(Line.entry_id == Entry.id, Line.entry_id == Entry.reverses_id))
    remaining = pairs.where(Entry.reverses_id.is_not(None)).group_by(
        Entry.id, Line.account_id, Line.window_id, Line.amount_currency
    )
    for (entry,) in _rows(session, remaining.having(left != 0).order_by(Entry.id)):
        yield f"{_named(session, entry)} leaves something of the entry it takes back."


def _periods(session: Session) -> Iterator[str]:
    closed = and_(Closing.fund_id == Entry.fund_id, Closing.month >= Entry.period)
    after = select(Entry.id).join(Closing, closed).where(Entry.recorded_at > Closing.closed_at)
    for (entry,) in _rows(session, after.distinct().order_by(Entry.id)):
        yield f"{_named(session, entry)} posts in a month that was closed when it was recorded."
    early = and_(
        Entry.period <= Entry.value_on,
        or_(
            extract("year", Entry.period) != extract("year", Entry.value_on),
            extract("month", Entry.period) != extract("month", Entry.value_on),
        ),
    )
    for (entry,) in _rows(session, select(Entry.id).where(early).order_by(Entry.id)):
        yield f"{_named(session, entry)} posts in a month before that of its value date."


def _closings(session: Session) -> Iterator[str]:
    closed = select(Fund.code, Closing.month).join(Fund, Fund.id == Closing.fund_id)
    rows = _rows(session, closed.order_by(Fund.code, Closing.month))
    for code, months in groupby(rows, key=lambda row: str(row[0])):
        for (_, before), (_, after) in pairwise(months):
            if after != next_month(before):
                yield f"Between {before:%B %Y} and {after:%B %Y} a month of {code} is not closed."


def _numbers(session: Session) -> Iterator[str]:
    counted = select(Fund.code, func.max(Entry.number), func.count()).join(Fund, Fund.id == Entry.fund_id)
    for code, last, count in _rows(session, counted.group_by(Fund.code).order_by(Fund.code)):
        if last != count:
            yield f"The journal of {code} has {count} entries and goes up to number {last}."


def _confirmations(session: Session) -> Iterator[str]:
    both = select(Entry.id).outerjoin(Confirmation, Confirmation.entry_id == Entry.id)
    found = both.outerjoin(Unconfirmed, Unconfirmed.entry_id == Entry.id)
    wrong = Confirmation.id.is_(None) == Unconfirmed.entry_id.is_(None)
    for (entry,) in _rows(session, found.where(wrong).order_by(Entry.id)):
        yield f"{_named(session, entry)} is confirmed and waits for it, or neither."


def _months(session: Session) -> Iterator[str]:
    """Sums kept of the months of an account that are not those of its lines."""
    left: dict[tuple[int, str, date, date], int] = {}
    key = (MonthSum.account_id, MonthSum.amount_currency, MonthSum.value_month, MonthSum.recorded_month)
    for *month, minor in _rows(session, select(*key, MonthSum.amount_minor)):
        left[tuple(month)] = minor
    lines = select(Line.account_id, Line.amount_currency, Line.value_on, Line.recorded_at, Line.amount_minor)
    # A million lines are looked at one after the other, not held.
    for account, currency, day, moment, minor in session.execute(
        lines, execution_options={**ACROSS_FUNDS, "yield_per": 1000}
    ):
        cell = account, currency, month_of(day), month_of(moment.date())
        left[cell] = left.get(cell, 0) - minor
    for (account, currency, month, _), minor in sorted(one for one in left.items() if one[1]):
        found = select(Account.code, Fund.code).join(Fund, Fund.id == Account.fund_id).where(Account.id == account)
        for code, fund in _rows(session, found):
            off = Money(minor, currency)
            yield f"What is kept of {month:%B %Y} on account {code} of {fund} is not what its lines add up to: {off}."


def _deposits(session: Session) -> Iterator[str]:
    paid = and_(Account.code == CONTRIBUTIONS.code, Account.organisation_id == DEPOSIT.organisation_id)
    tied = _posted(DEPOSIT.entry_id, paid, -func.coalesce(func.sum(Line.amount_minor), 0))
    return _untied(session, select(DEPOSIT.public_id, DEPOSIT.entry_id).where(tied != DEPOSIT.received_minor))


def _fees(session: Session) -> Iterator[str]:
    tied = _posted(DEPOSIT.fee_entry_id, Account.code == AA_FEE.code, func.coalesce(func.sum(Line.amount_minor), 0))
    return _untied(
        session,
        select(DEPOSIT.public_id, DEPOSIT.fee_entry_id).where(tied != func.coalesce(DEPOSIT.fee_minor, 0)),
    )


def _posted(entry: Any, of: Any, total: Any) -> Any:
    """Return what an entry of a document posted on the accounts asked for, on the document's own value date."""
    lines = select(total).select_from(Line).join(Account, Account.id == Line.account_id)
    same_day = Line.value_on == DEPOSIT.value_on
    return lines.where(Line.entry_id == entry, same_day, of).correlate(Deposit.__table__).scalar_subquery()


def _cash_documents(session: Session) -> Iterator[str]:
    """Documents whose entry is of another kind, day or amount, or moves another account or window than they say."""
    for kind in KINDS:
        account, sign = (kind.debit, 1) if kind.credit is CASH else (kind.credit, -1)
        posted = select(func.coalesce(func.sum(Line.amount_minor), 0) * sign).select_from(Line)
        other = _same(Account.organisation_id, DOCUMENT.organisation_id) if kind.of_party else true()
        named = Account.reference == DOCUMENT.reference if kind.of_party else true()
        tied = posted.join(Account, Account.id == Line.account_id).where(
            Line.entry_id == DOCUMENT.entry_id,
            Line.value_on == DOCUMENT.value_on,
            Line.amount_currency == DOCUMENT.amount_currency,
            _same(Line.window_id, DOCUMENT.window_id),
            Account.code == account.code,
            other,
            named,
        )
        own = select(Entry.id).where(Entry.id == DOCUMENT.entry_id, Entry.kind == kind)
        wrong = or_(
            tied.correlate(CashDocument.__table__).scalar_subquery() != DOCUMENT.amount_minor,
            ~own.correlate(CashDocument.__table__).exists(),
        )
        found = select(DOCUMENT.public_id, DOCUMENT.entry_id).where(DOCUMENT.kind == kind, wrong)
        for document, entry in _rows(session, found.order_by(DOCUMENT.id)):
            yield f"Cash document {document} does not say what it posted: {_named(session, entry)}."


def _same(one: Any, other: Any) -> Any:
    """Return the condition that two columns say the same, or both nothing."""
    return or_(one == other, and_(one.is_(None), other.is_(None)))


def _untied(session: Session, wrong: Select[Any]) -> Iterator[str]:
    for deposit, entry in _rows(session, wrong.order_by(DEPOSIT.id)):
        posted = _named(session, entry) if entry else "nothing"
        yield f"Deposit {deposit} does not say what it posted: {posted}."


def _without_document(session: Session) -> Iterator[str]:
    """Entries that a document is said to have posted, and none knows."""
    of_deposit = or_(DEPOSIT.entry_id == Entry.id, DEPOSIT.fee_entry_id == Entry.id)
    documents = (
        ("deposit", Deposit.__tablename__, select(DEPOSIT.id).where(of_deposit, DEPOSIT.fund_id == Entry.fund_id)),
        (
            "cash document",
            CashDocument.__tablename__,
            select(DOCUMENT.id).where(DOCUMENT.entry_id == Entry.id, DOCUMENT.fund_id == Entry.fund_id),
        ),
    )
    for called, table, known in documents:
        orphans = select(Entry.id).where(Entry.source_kind == table, Entry.reverses_id.is_(None), ~known.exists())
        for (entry,) in _rows(session, orphans.order_by(Entry.id)):
            yield f"{_named(session, entry)} was posted by a {called} that is not there."


def _kinds(session: Session) -> Iterator[str]:
    """Entries that move another account than those of their kind, or that a document of another kind posted."""
    other = or_(
        *(and_(Entry.kind == kind, Account.code.not_in([kind.debit.code, kind.credit.code])) for kind in EntryKind)
    )
    moved = select(Entry.id).join(Line, Line.entry_id == Entry.id).join(Account, Account.id == Line.account_id)
    for (entry,) in _rows(session, moved.where(other).distinct().order_by(Entry.id)):
        yield f"{_named(session, entry)} moves an account its kind does not."
    for document in DOCUMENTS:
        others = select(Entry.id).where(Entry.source_kind == document.kind, Entry.kind.not_in(document.posts))
        for (entry,) in _rows(session, others.order_by(Entry.id)):
            yield f"{_named(session, entry)} is of a kind that its {document.label.lower()} does not post."


def _named(session: Session, entry_id: int) -> str:
    """Return what people call an entry; one that is not there has lines alone."""
    found = session.execute(
        select(Entry.number, Fund.code).join(Fund, Fund.id == Entry.fund_id).where(Entry.id == entry_id),
        execution_options=ACROSS_FUNDS,
    ).first()
    return f"Entry {found[0]} of {found[1]}" if found else "An entry that is not there"


def _rows(session: Session, wanted: Executable) -> Iterable[Any]:
    return session.execute(wanted, execution_options=ACROSS_FUNDS).all()
