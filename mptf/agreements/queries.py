"""Read agreements with what they say of time: instalments, amendments, what they prefer; each as far as one may see it.

What came for the instalments is read in `plans` for an agreement or a contributor, in `due` for a whole fund.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased, joinedload

from mptf.agreements.figures import Planned
from mptf.agreements.models import Amendment, Instalment
from mptf.commitments.models import Agreement
from mptf.commitments.queries import AGREEMENT, NOT_WITHDRAWN, agreements_seen, found, visible
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.waiting import Findable
from mptf.deposits.counted import DEPOSIT, STANDS, told
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund, FundWindow
from mptf.pledges.models import Pledge
from mptf.policy import Permission, Viewer, can

INSTALMENT = Instalment.__table__.c


def get_agreement(viewer: Viewer, fund: Fund, public_id: str) -> Agreement:
    """Return an agreement this person may see with its contributor and window, or raise NotFound."""
    seen = agreements_seen(viewer, fund).where(AGREEMENT.public_id == public_id)
    around = (Agreement.donor, Agreement.window, Agreement.interest_term, Agreement.withdrawn_by)
    return one_of(seen.options(*map(joinedload, around)))


def deposit_under(fund: Fund, agreement: Agreement) -> Deposit | None:
    """Return the first deposit that names an agreement and stands in the books, whoever paid it."""
    under = told(fund, Deposit).where(STANDS, DEPOSIT.agreement_id == agreement.id)
    return db.session.scalars(under.order_by(DEPOSIT.value_on, DEPOSIT.id).limit(1)).first()


def pledge_signed(fund: Fund, agreement: Agreement) -> Pledge | None:
    """Return the first pledge that became an agreement, whoever may see it."""
    became = select(Pledge).where(Pledge.fund_id == fund.id, Pledge.agreement_id == agreement.id)
    return db.session.scalars(became.order_by(Pledge.id).limit(1)).first()


def instalments_of(fund: Fund, agreement: Agreement) -> Sequence[Instalment]:
    """Return the instalments in force of an agreement, by their days."""
    mine = select(Instalment).where(*in_force(fund), INSTALMENT.agreement_id == agreement.id)
    return db.session.scalars(mine.order_by(INSTALMENT.due_on, INSTALMENT.id)).all()


def in_force(fund: Fund, as_at: date | None = None, known_at: datetime | None = None) -> list[ColumnElement[bool]]:
    """Return the conditions on an instalment in force: of the last amendment, or signed where there is none."""
    amended = aliased(Amendment)
    last = select(func.max(amended.id)).where(
        amended.fund_id == INSTALMENT.fund_id, amended.agreement_id == INSTALMENT.agreement_id
    )
    stands = [INSTALMENT.fund_id == fund.id]
    if as_at is not None:
        last = last.where(amended.agreed_on <= as_at)
    if known_at is not None:
        last = last.where(amended.recorded_at <= known_at)
        stands.append(INSTALMENT.recorded_at <= known_at)
    latest = last.correlate(Instalment.__table__).scalar_subquery()
    return [*stands, func.coalesce(INSTALMENT.amendment_id, 0) == func.coalesce(latest, 0)]


def planned(instalment: Instalment) -> Planned:
    """Return an instalment as it was agreed."""
    return Planned(instalment.due_on, instalment.amount, instalment.condition)


def amendments(fund: Fund, agreement: Agreement) -> Sequence[Amendment]:
    """Return the amendments of an agreement, the latest first."""
    wanted = _amendments(fund, agreement).order_by(Amendment.number.desc())
    whole = (joinedload(Amendment.by), joinedload(Amendment.window_before), joinedload(Amendment.window_after))
    return db.session.scalars(wanted.options(*whole)).all()


def plans_by_amendment(fund: Fund, agreement: Agreement) -> dict[int | None, list[Instalment]]:
    """Return every plan an agreement had, by the key of its amendment; None is the one it was signed with."""
    wanted = select(Instalment).where(Instalment.fund_id == fund.id, Instalment.agreement_id == agreement.id)
    plans: dict[int | None, list[Instalment]] = defaultdict(list)
    for one in db.session.scalars(wanted.order_by(INSTALMENT.due_on, INSTALMENT.id)):
        plans[one.amendment_id].append(one)
    return plans


def last_amendment(fund: Fund, agreement: Agreement) -> Amendment | None:
    """Return the last amendment of an agreement, if it was ever amended."""
    return db.session.scalars(_amendments(fund, agreement).order_by(Amendment.number.desc()).limit(1)).first()


def _amendments(fund: Fund, agreement: Agreement) -> Select[Amendment]:
    return select(Amendment).where(Amendment.fund_id == fund.id, Amendment.agreement_id == agreement.id)


def pledges_of(viewer: Viewer, fund: Fund, agreement: Agreement) -> Sequence[Pledge]:
    """Return the pledges that became an agreement, as far as this person may see them."""
    became = visible(viewer, fund, Pledge).where(Pledge.agreement_id == agreement.id)
    return db.session.scalars(became.order_by(Pledge.announced_on, Pledge.id)).all()


def preferred(fund: Fund) -> list[tuple[FundWindow, list[Money]]]:
    """Return the windows of a fund by code, each with what agreements prefer it with, per currency."""
    prefers = and_(AGREEMENT.window_id == FundWindow.id, AGREEMENT.fund_id == FundWindow.fund_id, NOT_WITHDRAWN)
    part = func.sum(func.coalesce(AGREEMENT.preferred_minor, AGREEMENT.amount_minor))
    sums = select(FundWindow, AGREEMENT.amount_currency, part).outerjoin(Agreement, prefers)
    grouped = sums.where(FundWindow.fund_id == fund.id).group_by(FundWindow.id, AGREEMENT.amount_currency)
    amounts: dict[FundWindow, list[Money]] = {}
    for window, currency, minor in db.session.execute(grouped.order_by(FundWindow.code, AGREEMENT.amount_currency)):
        amounts.setdefault(window, []).extend([Money(int(minor), currency)] if currency else [])
    return list(amounts.items())


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the agreements that stand and this person may find."""
    if not can(viewer, Permission.CONTRIBUTIONS_VIEW, fund):
        return []
    seen = found(viewer, fund, Agreement, AGREEMENT.reference, AGREEMENT.amount_minor, AGREEMENT.amount_currency,
                 AGREEMENT.signed_on)  # fmt: skip
    return [Findable(Agreement.__tablename__, N_("Agreement"), "agreements.agreement", seen.where(NOT_WITHDRAWN))]
