"""What the books held around each document at the end of its value date, and which of them that asks attention for.

`remarks` says the same in words.
"""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from mptf.cash.models import COMES_BACK, OF_INTEREST, OUTGOING, CashDocument, InterestOfFund
from mptf.claims.models import ClaimAccount, ClaimMove, InterestSpan, InterestTerm, KeptInterest
from mptf.claims.queries import TERM_STANDS
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.ledger import references
from mptf.ledger.chart import CASH, ChartLine, EntryKind
from mptf.ledger.models import Account, Entry, Line, MonthSum
from mptf.ledger.months import first_of_month
from mptf.ledger.periods import month_of

MOVE = ClaimMove.__table__.c
# An account: the code of its line of the chart and, where that has parties, the organisation and the reference.
Whose = tuple[str, int | None, str]
# A document that names a term on interest: what it paid back; below zero, what it brought.
_NAMED, _THEIRS = aliased(KeptInterest), CashDocument.__table__.alias("theirs").c
_PAID_BACK = case((_THEIRS.kind == EntryKind.CONTRIBUTOR_REFUND, _THEIRS.amount_minor), else_=-_THEIRS.amount_minor)


def flagged(fund: Fund) -> ColumnElement[bool]:
    """Return the condition that something asks for attention: what `DocumentLine` says in words."""
    overdrawn = _running(fund).subquery()
    below = select(overdrawn.c.value_on).where(overdrawn.c.held < 0)
    late = select(Entry.id).where(Entry.id == CashDocument.entry_id, Entry.period > CashDocument.value_on)
    direct = CashDocument.kind == EntryKind.DIRECT_COST
    return or_(
        and_(CashDocument.kind.in_(OUTGOING), CashDocument.value_on.in_(below)),
        *(_more_back(fund, kind) for kind in COMES_BACK),
        and_(direct, CashDocument.claim_id.is_(None)),
        and_(direct, CashDocument.claim_id.in_(_paid_beyond(fund)), over_claim() > 0),
        kept_for_nobody(),
        kept_on_other_days(),
        and_(CashDocument.kind == EntryKind.CONTRIBUTOR_REFUND, over_kept() > 0),
        references.used_twice(fund, CashDocument.__table__),
        late.exists(),
    )


def held(fund: Fund, days: Collection[date]) -> dict[date, int]:
    """Return what the fund held with the Administrative Agent at the end of these days, in minor units."""
    first, last = month_of(min(days, default=date.max)), max(days, default=date.min)
    before = select(func.coalesce(func.sum(MonthSum.amount_minor), 0)).where(
        MonthSum.fund_id == fund.id, MonthSum.account_id == _cash(fund), MonthSum.amount_currency == fund.currency,
        MonthSum.value_month < first,
    )  # fmt: skip
    running = _running(fund, Line.value_on.between(first, last)).subquery()
    balance = (running.c.held + before.scalar_subquery()).label("held")
    found = select(running.c.value_on, balance).where(running.c.value_on.in_(days))
    return {day: int(minor) for day, minor in db.session.execute(found)}


def moved(fund: Fund, named: Collection[str], first: date, last: date) -> Iterator[tuple[Whose, date, int]]:
    """Yield what moved the cash, and what the accounts of these references, day by day from the month of a day on.

    What moved before it stands on the first day of that month.
    """
    since, theirs = month_of(first), [other_side(kind).code for pair in COMES_BACK.items() for kind in pair]
    of_them = and_(Account.code.in_(theirs), Account.reference.in_(named))
    wanted = select(Account.id).where(Account.fund_id == fund.id, or_(Account.code == CASH.code, of_them))
    whole: Any = select(MonthSum.account_id, literal(since, Date()).label("day"), MonthSum.amount_minor.label("minor"))
    months = whole.where(
        MonthSum.fund_id == fund.id, MonthSum.account_id.in_(wanted), MonthSum.amount_currency == fund.currency,
        MonthSum.value_month < since,
    )  # fmt: skip
    days = select(Line.account_id, Line.value_on, Line.amount_minor).where(
        Line.fund_id == fund.id, Line.account_id.in_(wanted), Line.amount_currency == fund.currency,
        Line.value_on.between(since, last),
    )  # fmt: skip
    every = union_all(months, days).subquery()
    whose = (Account.code, Account.organisation_id, Account.reference)
    sums = select(*whose, every.c.day, func.sum(every.c.minor)).join(every, every.c.account_id == Account.id)
    for code, organisation_id, reference, day, minor in db.session.execute(sums.group_by(*whose, every.c.day)):
        yield (code, organisation_id, reference), day, int(minor)


def excess() -> Any:
    """Select what came back above what had been paid, by the organisation and reference of a document, up to its day.

    The lines of both kinds are added up, so that what was reversed is left out by itself.
    """
    both = [
        case(*((CashDocument.kind == back, other_side(one).code) for back, one in pairs))
        for pairs in (zip(COMES_BACK, COMES_BACK, strict=True), COMES_BACK.items())
    ]
    turned = case(*((CashDocument.kind == back, sign(back)) for back in COMES_BACK))
    accounts = select(func.coalesce(func.sum(_held_by(Account.id, Account)), 0) * turned).where(
        Account.fund_id == CashDocument.fund_id,
        Account.code.in_(both),
        Account.organisation_id == CashDocument.organisation_id,
        Account.reference == CashDocument.reference,
    )
    return accounts.correlate(CashDocument).scalar_subquery()


def over_claim() -> Any:
    """Select what was paid under the claim of a document above what is in force, up to its day."""
    paid = select(func.coalesce(func.sum(_held_by(ClaimAccount.account_id, ClaimAccount)), 0)).where(
        ClaimAccount.fund_id == CashDocument.fund_id, ClaimAccount.claim_id == CashDocument.claim_id
    )
    in_force = select(func.sum(MOVE.amount_minor)).where(
        MOVE.fund_id == CashDocument.fund_id, MOVE.claim_id == CashDocument.claim_id
    )
    return paid.correlate(CashDocument).scalar_subquery() - in_force.correlate(CashDocument).scalar_subquery()


def over_kept() -> Any:
    """Select what was paid back under the agreement a refund names above the interest it kept, up to its day.

    What was taken back is left out of both; null where the refund names none.
    """
    mine = aliased(KeptInterest)
    above = _under_terms(func.sum(_PAID_BACK)).join(mine, mine.term_id == _NAMED.term_id)
    of_one = above.where(
        mine.entry_id == CashDocument.entry_id,
        _NAMED.fund_id == CashDocument.fund_id,
        _THEIRS.value_on <= CashDocument.value_on,
    )
    return of_one.correlate(CashDocument).scalar_subquery()


def paid_back(fund: Fund, terms: Collection[int], last: date) -> Iterator[tuple[int, date, int]]:
    """Yield what was paid back under these terms on interest less what they kept, day by day until the last."""
    days = _under_terms(_NAMED.term_id, _THEIRS.value_on, func.sum(_PAID_BACK)).where(
        _NAMED.fund_id == fund.id, _NAMED.term_id.in_(terms), _THEIRS.value_on <= last
    )
    for term_id, day, minor in db.session.execute(days.group_by(_NAMED.term_id, _THEIRS.value_on)):
        yield term_id, day, int(minor)


def kept_for_nobody() -> ColumnElement[bool]:
    """Return the condition that a document is interest and names no agreement, on a day on which one kept interest.

    Where somebody said that it is the fund's as a whole, that is its word.
    """
    kept_then = _kept_then()
    named = select(KeptInterest.id).where(
        KeptInterest.fund_id == CashDocument.fund_id, KeptInterest.entry_id == CashDocument.entry_id
    )
    of_fund = select(InterestOfFund.id).where(InterestOfFund.document_id == CashDocument.id)
    said = or_(*(word.correlate(CashDocument).exists() for word in (named, of_fund)))
    unsaid = and_(kept_then.correlate(CashDocument).exists(), ~said)
    return case((CashDocument.kind.in_(OF_INTEREST), unsaid), else_=False)


def kept_on_other_days() -> ColumnElement[bool]:
    """Return the condition that a document is interest and names an agreement that kept none on its value date."""
    kept_then = _kept_then().where(InterestSpan.term_id == KeptInterest.term_id)
    named = select(KeptInterest.id).where(
        KeptInterest.fund_id == CashDocument.fund_id,
        KeptInterest.entry_id == CashDocument.entry_id,
        ~kept_then.correlate(CashDocument, KeptInterest).exists(),
    )
    return case((CashDocument.kind.in_(OF_INTEREST), named.correlate(CashDocument).exists()), else_=False)


def _kept_then() -> Select[Any]:
    """Select the spans of terms that stand in which the value date of a document falls."""
    return (
        select(InterestSpan.id)
        .join(InterestTerm, InterestTerm.id == InterestSpan.term_id)
        .where(
            InterestSpan.fund_id == CashDocument.fund_id,
            InterestSpan.kept_from <= CashDocument.value_on,
            func.coalesce(InterestSpan.kept_until, date.max) > CashDocument.value_on,
            TERM_STANDS,
        )
    )


def _under_terms(*columns: Any) -> Select[Any]:
    """Select from the documents that name a term on interest and were not taken back.

    Each is found by its entry alone: named again, the fund would let SQLite walk through all of its documents instead.
    """
    reversal = aliased(Entry)
    return (
        select(*columns)
        .select_from(_NAMED)
        .join(_THEIRS.id.table, _THEIRS.entry_id == _NAMED.entry_id)
        .outerjoin(reversal, reversal.reverses_id == _NAMED.entry_id)
        .where(reversal.id.is_(None))
    )


def _running(fund: Fund, *of: ColumnElement[bool]) -> Select[Any]:
    """Select what lines of cash had come to at the end of each day on which it moved."""
    daily = (
        select(Line.value_on, func.sum(Line.amount_minor).label("moved"))
        .where(Line.fund_id == fund.id, Line.account_id == _cash(fund), Line.amount_currency == fund.currency, *of)
        .group_by(Line.value_on)
        .subquery()
    )
    return select(daily.c.value_on, func.sum(daily.c.moved).over(order_by=daily.c.value_on).label("held"))


def _cash(fund: Fund) -> Any:
    """Select the account of the cash with the Administrative Agent."""
    return select(Account.id).where(Account.fund_id == fund.id, Account.code == CASH.code).scalar_subquery()


def _more_back(fund: Fund, kind: EntryKind) -> ColumnElement[bool]:
    """Return the condition that more came back with a document of a kind than had been paid.

    A case is asked in its order: the sum of a document last, and only where its month leaves room for it.
    """
    return case((and_(CashDocument.kind == kind, _in_doubt(fund, kind)), excess() > 0), else_=False)


def _in_doubt(fund: Fund, kind: EntryKind) -> ColumnElement[bool]:
    """Return the condition that more may have come back by some day of the month of a document than had been paid.

    What came back by the end of that month is held against what was paid before it: only where that is more are the
    lines of the month asked for, day by day. What is reversed is taken back on its own day, so that no day's sum of
    either account is below zero.
    """
    back = other_side(kind).code
    monthly = (
        select(
            Account.organisation_id, Account.reference, MonthSum.value_month,
            func.sum(MonthSum.amount_minor).label("moved"),
            func.sum(case((Account.code == back, 0), else_=MonthSum.amount_minor)).label("paid"),
        )
        .join(MonthSum, and_(MonthSum.account_id == Account.id, MonthSum.fund_id == Account.fund_id))
        .where(Account.fund_id == fund.id, Account.code.in_((back, other_side(COMES_BACK[kind]).code)))
        .group_by(Account.organisation_id, Account.reference, MonthSum.value_month)
        .subquery()
    )  # fmt: skip
    whose = (monthly.c.organisation_id, monthly.c.reference)
    by_then = func.sum(monthly.c.moved).over(partition_by=whose, order_by=monthly.c.value_month)
    most = select(*whose, monthly.c.value_month, ((by_then - monthly.c.paid) * sign(kind)).label("most")).subquery()
    months = select(most.c.organisation_id, most.c.reference, most.c.value_month).where(most.c.most > 0)
    document = tuple_(CashDocument.organisation_id, CashDocument.reference, first_of_month(CashDocument.value_on))
    return document.in_(months)


def _paid_beyond(fund: Fund) -> Select[Any]:
    """Select the claims under which more was ever paid, whatever came back, than is in force."""
    paid = (
        select(ClaimAccount.claim_id, func.sum(MonthSum.amount_minor).label("minor"))
        .join(Account, and_(Account.id == ClaimAccount.account_id, Account.fund_id == ClaimAccount.fund_id))
        .join(MonthSum, and_(MonthSum.account_id == Account.id, MonthSum.fund_id == Account.fund_id))
        .where(ClaimAccount.fund_id == fund.id, Account.code == other_side(EntryKind.DIRECT_COST).code)
        .group_by(ClaimAccount.claim_id)
        .subquery()
    )
    in_force = select(func.sum(MOVE.amount_minor)).where(MOVE.fund_id == fund.id, MOVE.claim_id == paid.c.claim_id)
    return select(paid.c.claim_id).where(paid.c.minor > in_force.scalar_subquery())


def _held_by(account_id: Any, whose: Any) -> Any:
    """Select what an account held at the end of a document's day: account by account, or SQLite begins with the lines.

    `whose` is the table the account is found in.
    """
    month = first_of_month(CashDocument.value_on)
    before = select(func.coalesce(func.sum(MonthSum.amount_minor), 0)).where(
        MonthSum.fund_id == CashDocument.fund_id, MonthSum.account_id == account_id, MonthSum.value_month < month
    )
    since = select(func.coalesce(func.sum(Line.amount_minor), 0)).where(
        Line.fund_id == CashDocument.fund_id,
        Line.account_id == account_id,
        Line.value_on.between(month, CashDocument.value_on),
    )
    return sum(part.correlate(CashDocument, whose).scalar_subquery() for part in (before, since))


def sign(back: EntryKind) -> int:
    """Return what makes too much above zero: what goes back out stands as a debit, what comes back in as a credit."""
    return 1 if back in OUTGOING else -1


def other_side(kind: EntryKind) -> ChartLine:
    """Return the line of the chart a kind moves that is not cash."""
    return kind.debit if kind.credit is CASH else kind.credit
