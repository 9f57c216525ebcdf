"""The deposits that ask for somebody's attention: the rules of `remarks`, asked of all of them at once.

A deposit that was reversed asks for nothing any more.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, Select, and_, case, func, select

from mptf.commitments.models import Agreement
from mptf.commitments.queries import may_see
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.paging import Page, offset, within
from mptf.core.waiting import Waiting
from mptf.deposits.alike import may_be_named_apart, named_apart
from mptf.deposits.counted import AGREEMENT, DEPOSIT, KEPT, OF_AGREEMENT, OWN, UNDER, UP_TO, told, under_agreements
from mptf.deposits.models import Deposit
from mptf.deposits.queries import LATEST_RECEIVED, whole, with_context
from mptf.deposits.remarks import DepositLine, Flag
from mptf.deposits.size import unusual_size_of
from mptf.deposits.usual import may_be_unusual_fee, unusual_fee, unusual_rate
from mptf.fund.models import Fund
from mptf.ledger import references
from mptf.ledger.models import Entry
from mptf.policy import Permission, Viewer, can

# A mark is the sum of the bits of the flags of a deposit.
BITS = {flag: 1 << number for number, flag in enumerate(Flag)}


@dataclass(frozen=True)
class Flagged:
    """A page of flagged deposits, and how many there are of each flag and in all."""

    page: Page[DepositLine]
    counts: dict[Flag, int]
    total: int


def flagged(viewer: Viewer, fund: Fund, only: Flag | None = None, *, page: int = 1) -> Flagged:
    """Return the deposits with a flag, or with this one, the latest value date first; for people who see all."""
    marks = _marks(fund)
    found = select(marks.c.id, marks.c.mark).where(marks.c.mark > 0)
    every = db.session.execute(found.order_by(marks.c.value_on.desc(), marks.c.id.desc())).all()
    marked = Counter(mark for _, mark in every)
    counts = {flag: sum(count for mark, count in marked.items() if mark & bit) for flag, bit in BITS.items()}
    keys = [key for key, mark in every if only is None or mark & BITS[only]]
    number = within(page, len(keys))
    chosen = keys[offset(number) : offset(number + 1)]
    mine = select(Deposit).where(may_see(viewer, fund, Deposit.organisation_id))
    seen = whole(mine.where(DEPOSIT.id.in_(chosen))).order_by(*LATEST_RECEIVED)
    listed: Sequence[Deposit] = db.session.scalars(seen).all()
    return Flagged(Page(with_context(viewer, fund, listed), number, len(keys)), counts, len(every))


def count_flagged(fund: Fund) -> int:
    """Return how many deposits have a flag; for people who see all."""
    marks = _marks(fund)
    return db.session.scalar(select(func.count()).select_from(marks).where(marks.c.mark > 0)) or 0


def more_than(fund: Fund, most: int) -> bool:
    """Tell whether a fund has more deposits than so many."""
    beyond = select(DEPOSIT.id).where(DEPOSIT.fund_id == fund.id).offset(most).limit(1)
    return db.session.scalar(beyond) is not None


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return that deposits are to be looked at, for the people who can have them put right."""
    count = count_flagged(fund) if can(viewer, Permission.CONTRIBUTIONS_RECORD, fund) else 0
    if not count:
        return []
    title = N_("Look at {count} deposits") if count > 1 else N_("Look at a deposit")
    context = N_("Recorded, with something that looks wrong or is not known")
    return [Waiting(title, context, "deposits.to_look_at", facts={"count": count})]


def _marks(fund: Fund) -> CTE:
    """Select every deposit that was not taken back with its mark, the sum of the bits of its flags.

    A rule that holds a deposit against others looks at these only where there is room for it, and all rules are asked
    once, or the engines ask them of what is listed a second time.
    """
    arrived_in = func.coalesce(DEPOSIT.original_currency, DEPOSIT.received_currency)
    other_currency = AGREEMENT.amount_currency.not_in([arrived_in, DEPOSIT.received_currency])
    rules: dict[Flag, Any] = {
        Flag.UNUSUAL_SIZE: unusual_size_of(fund),
        Flag.UNUSUAL_FEE: and_(may_be_unusual_fee(fund), unusual_fee()),
        Flag.UNUSUAL_RATE: unusual_rate(),
        Flag.NO_AGREEMENT: and_(DEPOSIT.agreement_id.is_(None), DEPOSIT.is_opening.is_(False)),
        Flag.OTHER_AGREEMENT: AGREEMENT.organisation_id != DEPOSIT.organisation_id,
        Flag.BEFORE_AGREEMENT: DEPOSIT.value_on < AGREEMENT.signed_on,
        Flag.OTHER_CURRENCY: other_currency,
        Flag.MORE_THAN_AGREED: and_(~other_currency, DEPOSIT.id.in_(_more_than_agreed(fund))),
        Flag.MAY_BE_SAME: and_(may_be_named_apart(fund), named_apart().is_not(None)),
        Flag.REFERENCE_TWICE: references.used_twice(fund, Deposit.__table__),
        Flag.CLOSED_MONTH: Entry.period > DEPOSIT.value_on,
    }
    mark: Any = sum(case((rules[flag], bit), else_=0) for flag, bit in BITS.items())
    kept = told(fund, DEPOSIT.id, DEPOSIT.value_on, mark.label("mark")).where(KEPT)
    posted = kept.join(Entry, and_(Entry.id == DEPOSIT.entry_id, Entry.fund_id == DEPOSIT.fund_id))
    return posted.outerjoin(Agreement, OF_AGREEMENT).cte("marks").prefix_with("MATERIALIZED")


def _more_than_agreed(fund: Fund) -> Select[Any]:
    """Select the deposits with which more came under an agreement than was agreed, of those that stand.

    They are looked for under the agreements under which more ever came, whatever was taken back since. Whose deposits
    these are is asked last, or SQLite looks through all deposits of a contributor for each of its agreements.
    """
    ever = (
        select(AGREEMENT.id)
        .join(Deposit, DEPOSIT.agreement_id == AGREEMENT.id)
        .where(AGREEMENT.fund_id == fund.id)
        .group_by(AGREEMENT.id)
        .having(func.sum(case((OWN, UNDER), else_=0)) > AGREEMENT.amount_minor)
    )
    stands = under_agreements(fund, DEPOSIT.id, AGREEMENT.amount_minor.label("agreed"), UP_TO.label("minor"))
    came = stands.where(DEPOSIT.agreement_id.in_(ever.correlate(None))).subquery("came")
    return select(came.c.id).where(came.c.minor > came.c.agreed)
