"""Read what is set aside and what is left, as at a day and as known at a moment; from rows of the books alone.

Cash and payments count once the Administrative Agent has confirmed them: what is on its way is still set aside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from mptf.claims.available import Availability, Claimed, ClaimKind, available
from mptf.claims.models import Claim, ClaimAccount, ClaimMove, InterestSpan, InterestTerm, KeptInterest
from mptf.core import clock
from mptf.core.db import db, one_of
from mptf.core.errors import NotFound
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, counted, offset
from mptf.fund.models import Fund, FundSettings
from mptf.fund.queries import settings_on
from mptf.ledger import balances
from mptf.ledger.chart import CASH
from mptf.ledger.models import Account, Confirmation, Entry, Line
from mptf.ledger.months import then, waiting
from mptf.organisations.models import Organisation

MOVE = ClaimMove.__table__.c
NUMBER = "DC-{}"
# A term is withdrawn with its agreement, and counts nowhere from then on.
TERM_STANDS = InterestTerm.withdrawn_at.is_(None)


@dataclass(frozen=True)
class ClaimLine:
    """A claim with its number, what of it is in force, and what was paid, `confirmed` by the Administrative Agent.

    Only direct costs have a number: the first one of a fund is DC-1.
    """

    claim: Claim
    number: str
    in_force: Money
    paid: Money
    confirmed: Money

    @property
    def on_its_way(self) -> Money:
        """What was paid and is not confirmed: still counted as set aside."""
        return self.paid - self.confirmed

    @property
    def left(self) -> Money:
        """What may still be paid under it; below zero where more was paid than was set aside."""
        return self.in_force - self.paid

    @property
    def outstanding(self) -> Money:
        """What stands against the cash of the fund."""
        return Claimed(self.claim.kind, self.in_force, self.confirmed).outstanding


@dataclass(frozen=True)
class Payment:
    """An entry that moved an account of a claim, and by how much."""

    entry: Entry
    amount: Money


def availability(
    fund: Fund,
    *,
    as_at: date | None = None,
    known_at: datetime | None = None,
    rules: FundSettings | None = None,
) -> Availability:
    """Return what may still be set aside, in all and per window, by the reserve in force on the day (DOMAIN 2).

    `rules` are the settings of that day, where the caller has read them.
    """
    rules = rules or settings_on(fund, as_at or clock.today(fund))
    reserve = Money(rules.reserve_minor, fund.currency)
    cash = _confirmed_cash(fund, as_at, known_at)
    kept = interest_kept(fund, as_at=as_at, known_at=known_at).values()
    return available(cash, claims(fund, as_at=as_at, known_at=known_at), reserve, kept)


def interest_kept(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> dict[int, Money]:
    """Return the confirmed interest each agreement keeps less what was paid back, by the key of its term.

    What was taken back is counted with the entry it takes back. It may be below zero, and then none is kept.
    """
    by_then = then(fund, as_at, known_at)
    kept = select(KeptInterest.term_id, KeptInterest.entry_id).where(KeptInterest.fund_id == fund.id)
    reversal = and_(Entry.reverses_id == KeptInterest.entry_id, Entry.reverses_id.is_not(None))
    back = kept.with_only_columns(KeptInterest.term_id, Entry.id.label("entry_id")).join(Entry, reversal)
    named = kept.union_all(back).subquery()
    # The few entries by their keys: named again, the fund would let SQLite go through all of its lines instead.
    sums = (
        select(named.c.term_id, func.sum(Line.amount_minor))
        .join(Line, Line.entry_id == named.c.entry_id)
        .where(_of_cash(fund), Line.amount_currency == fund.currency, *by_then.limits())
        .where(Line.entry_id.not_in(waiting(fund, by_then.confirmed_at)))
    )
    rows = db.session.execute(sums.group_by(named.c.term_id))
    return {key: Money(int(minor), fund.currency) for key, minor in rows}


def interest_terms(fund: Fund, *, in_force: bool = False) -> Sequence[InterestTerm]:
    """Return the terms by which agreements of a fund keep interest, or ever kept it, by contributor and reference.

    One that was withdrawn with its agreement is none of them.
    """
    terms = select(InterestTerm).join(InterestTerm.contributor).where(InterestTerm.fund_id == fund.id, TERM_STANDS)
    wanted = terms.where(InterestTerm.spans.any(InterestSpan.kept_until.is_(None))) if in_force else terms
    ordered = wanted.order_by(Organisation.short_name, InterestTerm.reference)
    around = (contains_eager(InterestTerm.contributor), joinedload(InterestTerm.spans))
    return db.session.scalars(ordered.options(*around)).unique().all()


def standing_under(term: InterestTerm) -> Entry | None:
    """Return the first entry that brought interest under a term, or paid it back, and stands in the books.

    What was taken back stands until the Administrative Agent has confirmed that, if it had confirmed the entry.
    """
    given, back, back_given = aliased(Confirmation), aliased(Entry), aliased(Confirmation)
    stands = case((given.id.is_(None), back.id.is_(None)), else_=back_given.id.is_(None))
    named = select(KeptInterest.entry_id).where(KeptInterest.fund_id == term.fund_id, KeptInterest.term_id == term.id)
    found = (
        select(Entry)
        .outerjoin(given, given.entry_id == Entry.id)
        .outerjoin(back, back.reverses_id == Entry.id)
        .outerjoin(back_given, back_given.entry_id == back.id)
        .where(Entry.id.in_(named), stands)
    )
    return db.session.scalars(found.order_by(Entry.value_on, Entry.id).limit(1)).first()


def get_interest_term(fund: Fund, public_id: str) -> InterestTerm:
    """Return the term of an agreement that keeps interest, or raise NotFound."""
    wanted = select(InterestTerm).where(InterestTerm.fund_id == fund.id, InterestTerm.public_id == public_id)
    return one_of(wanted.options(joinedload(InterestTerm.contributor)))


def claims(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> list[Claimed]:
    """Return every claim that was made by then, with what of it is in force and what was paid."""
    set_aside = select(Claim.id, Claim.kind, Claim.window_id, MOVE.amount_currency, func.sum(MOVE.amount_minor)).join(
        ClaimMove, and_(MOVE.claim_id == Claim.id, MOVE.fund_id == Claim.fund_id)
    )
    moved = set_aside.where(Claim.fund_id == fund.id, *_by_then(as_at, known_at))
    rows = db.session.execute(moved.group_by(Claim.id, MOVE.amount_currency).order_by(Claim.id))
    paid = _paid(fund, as_at, known_at)
    return [
        Claimed(kind, Money(int(minor), currency), Money(paid.get((key, currency), 0), currency), window)
        for key, kind, window, currency, minor in rows
    ]


def allocated(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> Money | None:
    """Return what of all allocations was in force by then, in the currency of the fund; None where there was none."""
    sums = (
        select(func.sum(MOVE.amount_minor))
        .join(Claim, and_(Claim.id == MOVE.claim_id, Claim.fund_id == MOVE.fund_id))
        .where(Claim.fund_id == fund.id, Claim.kind == ClaimKind.ALLOCATION, *_by_then(as_at, known_at))
    )
    in_currency = sums.where(MOVE.amount_currency == fund.currency)
    found = db.session.scalar(in_currency)
    return None if found is None else Money(int(found), fund.currency)


def in_force(claim: Claim) -> Money:
    """Return what of a claim is in force, whatever its days."""
    rows = db.session.execute(
        select(MOVE.amount_currency, func.sum(MOVE.amount_minor))
        .where(MOVE.fund_id == claim.fund_id, MOVE.claim_id == claim.id)
        .group_by(MOVE.amount_currency)
    )
    ((currency, minor),) = rows
    return Money(int(minor), currency)


def find_owner(account: Account) -> Claim | None:
    """Return the claim that is paid by an account, if one is."""
    owned = and_(ClaimAccount.claim_id == Claim.id, ClaimAccount.fund_id == Claim.fund_id)
    return db.session.scalars(
        select(Claim)
        .join(ClaimAccount, owned)
        .where(Claim.fund_id == account.fund_id, ClaimAccount.account_id == account.id)
    ).first()


def number_of(claim: Claim) -> str:
    """Return the number of a direct cost: how many were made up to it. Claims are never removed."""
    earlier = select(func.count()).where(
        Claim.fund_id == claim.fund_id, Claim.kind == ClaimKind.DIRECT_COST, Claim.id <= claim.id
    )
    return NUMBER.format(db.session.scalar(earlier))


def direct_costs_by_number(fund: Fund) -> dict[str, Claim]:
    """Return the direct costs of a fund by their numbers, in the order in which they were approved."""
    return {number: claim for number, (claim, _) in direct_costs_in_force(fund).items()}


def direct_costs_in_force(fund: Fund) -> dict[str, tuple[Claim, Money]]:
    """Return the direct costs of a fund by their numbers, each with what of it is in force, whatever its days."""
    moved = select(func.sum(MOVE.amount_minor)).where(MOVE.fund_id == Claim.fund_id, MOVE.claim_id == Claim.id)
    made = select(Claim, moved.scalar_subquery()).where(Claim.fund_id == fund.id, Claim.kind == ClaimKind.DIRECT_COST)
    found = db.session.execute(made.options(joinedload(Claim.window)).order_by(Claim.id))
    return {
        NUMBER.format(number): (claim, Money(int(minor or 0), fund.currency))
        for number, (claim, minor) in enumerate(found, start=1)
    }


def claim_lines(fund: Fund, page: int = 1) -> Page[ClaimLine]:
    """Return a page of the claims of a fund with what was paid, the latest first."""
    found = _lines(fund)
    number, total = counted(found.with_only_columns(Claim.id), page)
    rows = found.order_by(Claim.id.desc()).limit(PAGE_SIZE).offset(offset(number))
    return Page([_claim_line(fund, row) for row in db.session.execute(rows)], number, total)


def get_claim(fund: Fund, public_id: str) -> ClaimLine:
    """Return a claim of a fund with its moves and what was paid, or raise NotFound."""
    wanted = _lines(fund).where(Claim.public_id == public_id)
    row = db.session.execute(wanted.options(selectinload(Claim.moves).joinedload(ClaimMove.by))).first()
    if row is None:
        raise NotFound
    return _claim_line(fund, row)


def payments(claim: Claim, page: int = 1) -> Page[Payment]:
    """Return a page of the entries that moved the accounts of a claim, the latest value date first."""
    same = and_(ClaimAccount.account_id == Line.account_id, ClaimAccount.fund_id == Line.fund_id)
    moved = (
        select(Line.entry_id, func.sum(Line.amount_minor).label("minor"), func.min(Line.amount_currency).label("code"))
        .join(ClaimAccount, same)
        .where(ClaimAccount.fund_id == claim.fund_id, ClaimAccount.claim_id == claim.id)
        .group_by(Line.entry_id)
        .subquery()
    )
    found = select(Entry, moved.c.minor, moved.c.code).join(moved, moved.c.entry_id == Entry.id)
    found = found.where(Entry.fund_id == claim.fund_id)
    number, total = counted(found.with_only_columns(Entry.id), page)
    back = joinedload(Entry.reverses).joinedload(Entry.confirmation)
    rows = found.options(joinedload(Entry.confirmation), joinedload(Entry.reversal), back)
    ordered = rows.order_by(Entry.value_on.desc(), Entry.number.desc()).limit(PAGE_SIZE)
    shown = db.session.execute(ordered.offset(offset(number)))
    return Page([Payment(entry, Money(int(minor), code)) for entry, minor, code in shown], number, total)


def _lines(fund: Fund) -> Select[Any]:
    """Select claims, each with its place among the direct costs, what is in force, and what was paid."""
    other = Claim.__table__.alias("other")
    place = select(func.count()).where(
        other.c.fund_id == Claim.fund_id, other.c.kind == ClaimKind.DIRECT_COST, other.c.id <= Claim.id
    )
    in_force = select(func.sum(MOVE.amount_minor)).where(MOVE.fund_id == Claim.fund_id, MOVE.claim_id == Claim.id)
    same = and_(ClaimAccount.account_id == Line.account_id, ClaimAccount.fund_id == Line.fund_id)
    paid = (
        select(func.coalesce(func.sum(Line.amount_minor), 0))
        .join(ClaimAccount, same)
        .where(ClaimAccount.fund_id == Claim.fund_id, ClaimAccount.claim_id == Claim.id)
    )
    confirmed = paid.join(
        Confirmation, and_(Confirmation.entry_id == Line.entry_id, Confirmation.fund_id == Line.fund_id)
    )
    columns = (part.correlate(Claim).scalar_subquery() for part in (place, in_force, paid, confirmed))
    return select(Claim, *columns).where(Claim.fund_id == fund.id).options(joinedload(Claim.window))


def _claim_line(fund: Fund, row: Any) -> ClaimLine:
    claim, place, *minors = row
    number = NUMBER.format(place) if claim.kind is ClaimKind.DIRECT_COST else ""
    return ClaimLine(claim, number, *(Money(int(minor), fund.currency) for minor in minors))


def _confirmed_cash(fund: Fund, as_at: date | None, known_at: datetime | None) -> dict[int | None, Money]:
    """Return the cash of each window that the Administrative Agent has confirmed."""
    in_currency = Line.amount_currency == fund.currency
    found = balances.add_up(fund, Line.window_id, _of_cash(fund), in_currency, as_at=as_at, known_at=known_at)
    return {row.of: row.confirmed for row in found}


def _of_cash(fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a line moved the cash with the Administrative Agent."""
    return Line.account_id.in_(select(Account.id).where(Account.fund_id == fund.id, Account.code == CASH.code))


def _paid(fund: Fund, as_at: date | None, known_at: datetime | None) -> dict[tuple[int, str], int]:
    """Return what left the fund under each claim, gross: what comes back posts on accounts of its own."""
    same = and_(ClaimAccount.account_id == Line.account_id, ClaimAccount.fund_id == Line.fund_id)
    found = balances.add_up(fund, ClaimAccount.claim_id, through=same, as_at=as_at, known_at=known_at)
    return {(row.of, row.amount.currency): row.confirmed.minor for row in found}


def _by_then(as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if as_at is not None:
        where.append(MOVE.value_on <= as_at)
    if known_at is not None:
        where.append(MOVE.recorded_at <= known_at)
    return where
