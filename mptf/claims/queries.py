"""Read what is promised and what is left, as at a day and as known at a moment; from rows of the books alone.

Cash and payments count once the Administrative Agent has confirmed them: what is on its way is still promised.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select

from mptf.claims.available import Availability, Claimed, ClaimKind, available
from mptf.claims.models import Claim, ClaimAccount, ClaimMove
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.fund.queries import settings_on
from mptf.ledger.chart import CASH
from mptf.ledger.models import Account
from mptf.ledger.queries import confirmed_lines

MOVE = ClaimMove.__table__.c


def availability(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> Availability:
    """Return what may still be promised, in all and per window, by the reserve in force on the day (DOMAIN 2)."""
    rules = settings_on(fund, as_at or clock.today(fund))
    reserve = Money(rules.reserve_minor, fund.currency)
    cash = _confirmed_cash(fund, as_at, known_at)
    return available(cash, claims(fund, as_at=as_at, known_at=known_at), reserve)


def claims(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> list[Claimed]:
    """Return every claim that was made by then, with what of it is in force and what was paid."""
    promised = select(Claim.id, Claim.kind, Claim.window_id, MOVE.amount_currency, func.sum(MOVE.amount_minor)).join(
        ClaimMove, and_(MOVE.claim_id == Claim.id, MOVE.fund_id == Claim.fund_id)
    )
    moved = promised.where(Claim.fund_id == fund.id, *_by_then(as_at, known_at))
    rows = db.session.execute(moved.group_by(Claim.id, MOVE.amount_currency).order_by(Claim.id))
    paid = _paid(fund, as_at, known_at)
    return [
        Claimed(kind, Money(int(minor), currency), Money(paid.get((key, currency), 0), currency), window)
        for key, kind, window, currency, minor in rows
    ]


def allocated(fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None) -> Money:
    """Return what of all allocations was in force by then, in the currency of the fund."""
    sums = (
        select(func.coalesce(func.sum(MOVE.amount_minor), 0))
        .join(Claim, and_(Claim.id == MOVE.claim_id, Claim.fund_id == MOVE.fund_id))
        .where(Claim.fund_id == fund.id, Claim.kind == ClaimKind.ALLOCATION, *_by_then(as_at, known_at))
    )
    in_currency = sums.where(MOVE.amount_currency == fund.currency)
    return Money(int(db.session.scalar(in_currency) or 0), fund.currency)


def in_force(claim: Claim) -> Money:
    """Return what of a claim is in force, whatever its days."""
    rows = db.session.execute(
        select(MOVE.amount_currency, func.sum(MOVE.amount_minor))
        .where(MOVE.fund_id == claim.fund_id, MOVE.claim_id == claim.id)
        .group_by(MOVE.amount_currency)
    )
    ((currency, minor),) = rows
    return Money(int(minor), currency)


def accounts_of(claim: Claim) -> Sequence[Account]:
    """Return the accounts a claim is paid by."""
    owned = select(ClaimAccount.account_id).where(
        ClaimAccount.fund_id == claim.fund_id, ClaimAccount.claim_id == claim.id
    )
    return db.session.scalars(
        select(Account).where(Account.fund_id == claim.fund_id, Account.id.in_(owned)).order_by(Account.id)
    ).all()


def find_owner(account: Account) -> Claim | None:
    """Return the claim that is paid by an account, if one is."""
    owned = and_(ClaimAccount.claim_id == Claim.id, ClaimAccount.fund_id == Claim.fund_id)
    return db.session.scalars(
        select(Claim)
        .join(ClaimAccount, owned)
        .where(Claim.fund_id == account.fund_id, ClaimAccount.account_id == account.id)
    ).first()


def _confirmed_cash(fund: Fund, as_at: date | None, known_at: datetime | None) -> dict[int | None, Money]:
    lines = confirmed_lines(fund, as_at=as_at, known_at=known_at).subquery()
    cash = select(Account.id).where(Account.fund_id == fund.id, Account.code == CASH.code)
    sums = (
        select(lines.c.window_id, func.sum(lines.c.amount_minor))
        .where(lines.c.account_id.in_(cash), lines.c.amount_currency == fund.currency)
        .group_by(lines.c.window_id)
    )
    return {window: Money(int(minor), fund.currency) for window, minor in db.session.execute(sums)}


def _paid(fund: Fund, as_at: date | None, known_at: datetime | None) -> dict[tuple[int, str], int]:
    """Return what left the fund under each claim, gross: what comes back posts on accounts of its own."""
    lines = confirmed_lines(fund, as_at=as_at, known_at=known_at).subquery()
    sums = (
        select(ClaimAccount.claim_id, lines.c.amount_currency, func.sum(lines.c.amount_minor))
        .join(lines, lines.c.account_id == ClaimAccount.account_id)
        .where(ClaimAccount.fund_id == fund.id)
        .group_by(ClaimAccount.claim_id, lines.c.amount_currency)
    )
    return {(claim, currency): int(minor) for claim, currency, minor in db.session.execute(sums)}


def _by_then(as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if as_at is not None:
        where.append(MOVE.value_on <= as_at)
    if known_at is not None:
        where.append(MOVE.recorded_at <= known_at)
    return where
