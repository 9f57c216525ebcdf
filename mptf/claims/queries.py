"""Read what is promised and what is left, as at a day and as known at a moment; from rows of the books alone.

Cash and payments count once the Administrative Agent has confirmed them: what is on its way is still promised.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select

from mptf.claims.available import Availability, Claimed, available
from mptf.claims.models import Claim, ClaimAccount, ClaimMove
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.fund.queries import settings_on
from mptf.ledger import queries as ledger
from mptf.ledger.chart import CASH
from mptf.ledger.models import Account, Line

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
    """Return the cash of each window that the Administrative Agent has confirmed."""
    of_cash = Line.account_id.in_(select(Account.id).where(Account.fund_id == fund.id, Account.code == CASH.code))
    in_currency = Line.amount_currency == fund.currency
    found = ledger.sums(fund, Line.window_id, of_cash, in_currency, as_at=as_at, known_at=known_at)
    return {row.of: row.confirmed for row in found}


def _paid(fund: Fund, as_at: date | None, known_at: datetime | None) -> dict[tuple[int, str], int]:
    """Return what left the fund under each claim, gross: what comes back posts on accounts of its own."""
    owners = select(ClaimAccount.account_id, ClaimAccount.claim_id).where(ClaimAccount.fund_id == fund.id)
    claim_of = {row.account_id: row.claim_id for row in db.session.execute(owners)}
    owned = Line.account_id.in_(select(ClaimAccount.account_id).where(ClaimAccount.fund_id == fund.id))
    paid: dict[tuple[int, str], int] = defaultdict(int)
    for row in ledger.sums(fund, Line.account_id, owned, as_at=as_at, known_at=known_at):
        paid[claim_of[row.of], row.amount.currency] += row.confirmed.minor
    return paid


def _by_then(as_at: date | None, known_at: datetime | None) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if as_at is not None:
        where.append(MOVE.value_on <= as_at)
    if known_at is not None:
        where.append(MOVE.recorded_at <= known_at)
    return where
