"""The deposits that ask for somebody's attention: the rules of `remarks`, asked of all of them at once.

A deposit that was reversed asks for nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Subquery, and_, case, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from mptf.contributions.alike import named_apart
from mptf.contributions.counted import KEPT, OF_AGREEMENT, STANDS, UP_TO, told
from mptf.contributions.deposits import LATEST_RECEIVED, whole, with_context
from mptf.contributions.models import Agreement, Deposit
from mptf.contributions.queries import AGREEMENT, DEPOSIT, visible
from mptf.contributions.remarks import DepositLine, Flag
from mptf.contributions.size import unusual_size_of
from mptf.contributions.usual import unusual_fee, unusual_rate
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.paging import PAGE_SIZE, Page, offset
from mptf.core.waiting import Waiting
from mptf.fund.models import Fund
from mptf.ledger import references
from mptf.ledger.models import Entry
from mptf.policy import Permission, Viewer, can


@dataclass(frozen=True)
class Flagged:
    """A page of flagged deposits, and how many there are of each flag and in all."""

    page: Page[DepositLine]
    counts: dict[Flag, int]
    total: int


def flagged(viewer: Viewer, fund: Fund, only: Flag | None = None, *, page: int = 1) -> Flagged:
    """Return the deposits with a flag, or with this one, the latest value date first; for people who see all."""
    marks = _marks(fund)
    counts, total = _counts(marks)
    wanted = marks.c[only.value] == 1 if only else _any(marks)
    listed = counts[only] if only else total
    number = min(max(page, 1), max(1, -(-listed // PAGE_SIZE)))
    keys = select(marks.c.id).where(wanted).order_by(marks.c.value_on.desc(), marks.c.id.desc())
    chosen = db.session.scalars(keys.limit(PAGE_SIZE).offset(offset(number))).all()
    seen = whole(visible(viewer, fund, Deposit)).where(DEPOSIT.id.in_(chosen)).order_by(*LATEST_RECEIVED)
    found: Sequence[Deposit] = db.session.scalars(seen).all()
    return Flagged(Page(with_context(viewer, fund, found), number, listed), counts, total)


def count_flagged(fund: Fund) -> int:
    """Return how many deposits have a flag; for people who see all."""
    marks = _marks(fund)
    return db.session.scalar(select(func.count()).select_from(marks).where(_any(marks))) or 0


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return that deposits are to be looked at, for the people who can have them put right."""
    count = count_flagged(fund) if can(viewer, Permission.CONTRIBUTIONS_RECORD, fund) else 0
    if not count:
        return []
    title = N_("Look at {count} deposits") if count > 1 else N_("Look at a deposit")
    context = N_("Recorded, with something that looks wrong or is not known")
    return [Waiting(title, context, "contributions.to_look_at", facts={"count": count})]


def _counts(marks: Subquery) -> tuple[dict[Flag, int], int]:
    sums = [func.coalesce(func.sum(marks.c[flag.value]), 0) for flag in Flag]
    row = db.session.execute(select(*sums, func.coalesce(func.sum(case((_any(marks), 1), else_=0)), 0))).one()
    return {flag: int(count) for flag, count in zip(Flag, row, strict=False)}, int(row[-1])


def _any(marks: Subquery) -> ColumnElement[bool]:
    return or_(*(marks.c[flag.value] == 1 for flag in Flag))


def _marks(fund: Fund) -> Subquery:
    """Select every deposit that was not taken back with a 1 or 0 for each flag.

    What came under an agreement before one is a window over all that stand, also those that were taken back since.
    """
    arrived_in = func.coalesce(DEPOSIT.original_currency, DEPOSIT.received_currency)
    other_currency = AGREEMENT.amount_currency.not_in([arrived_in, DEPOSIT.received_currency])
    rules: dict[Flag, Any] = {
        Flag.UNUSUAL_SIZE: unusual_size_of(fund),
        Flag.UNUSUAL_FEE: unusual_fee(),
        Flag.UNUSUAL_RATE: unusual_rate(),
        Flag.NO_AGREEMENT: and_(DEPOSIT.agreement_id.is_(None), DEPOSIT.is_opening.is_(False)),
        Flag.OTHER_AGREEMENT: AGREEMENT.organisation_id != DEPOSIT.organisation_id,
        Flag.BEFORE_AGREEMENT: DEPOSIT.value_on < AGREEMENT.signed_on,
        Flag.OTHER_CURRENCY: other_currency,
        Flag.MORE_THAN_AGREED: and_(~other_currency, AGREEMENT.amount_minor < UP_TO),
        Flag.MAY_BE_SAME: named_apart().is_not(None),
        Flag.REFERENCE_TWICE: references.used_twice(Deposit.__table__),
        Flag.CLOSED_MONTH: Entry.period > DEPOSIT.value_on,
    }
    marks = [case((rule, 1), else_=0).label(flag.value) for flag, rule in rules.items()]
    stands = told(fund, DEPOSIT.id, DEPOSIT.value_on, KEPT.label("kept"), *marks).where(STANDS)
    posted = stands.join(Entry, and_(Entry.id == DEPOSIT.entry_id, Entry.fund_id == DEPOSIT.fund_id))
    every = posted.outerjoin(Agreement, OF_AGREEMENT).subquery("every")
    return select(every).where(every.c.kept).subquery("marks")
