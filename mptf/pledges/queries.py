"""Read pledges, and what of them is neither signed nor withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from mptf.commitments.queries import LATEST, found, visible
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, page_of
from mptf.core.waiting import Findable
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.pledges.models import Pledge, Precision
from mptf.policy import Permission, Viewer, can

PLEDGE = Pledge.__table__.c

# A pledge that is neither signed nor withdrawn: `Pledge.standing` says announced.
OPEN = (PLEDGE.agreement_id.is_(None), PLEDGE.withdrawn_at.is_(None))
LATEST_ANNOUNCED = (PLEDGE.announced_on.desc(), PLEDGE.id.desc())


@dataclass(frozen=True)
class Announced:
    """What was announced in one currency."""

    amount: Money
    count: int


def page_of_pledges(viewer: Viewer, fund: Fund, *, page: int = 1, size: int = PAGE_SIZE) -> Page[Pledge]:
    """Return a page of the pledges a person may see, the latest first."""
    seen = visible(viewer, fund, Pledge).options(joinedload(Pledge.donor))
    return page_of(seen.order_by(*LATEST_ANNOUNCED), page, size=size)


def latest_pledges(viewer: Viewer, fund: Fund) -> Sequence[Pledge]:
    """Return the first pledges of the list, for the overview."""
    seen = visible(viewer, fund, Pledge).options(joinedload(Pledge.donor))
    return db.session.scalars(seen.order_by(*LATEST_ANNOUNCED).limit(LATEST)).all()


def announced(viewer: Viewer, fund: Fund) -> list[Announced]:
    """Return what is pledged and neither signed nor withdrawn, added up per currency and never across currencies."""
    seen = (
        visible(viewer, fund, Pledge)
        .where(*OPEN)
        .with_only_columns(PLEDGE.amount_currency, func.sum(PLEDGE.amount_minor), func.count())
    )
    rows = db.session.execute(seen.group_by(PLEDGE.amount_currency).order_by(PLEDGE.amount_currency))
    return [Announced(Money(int(minor), currency), count) for currency, minor, count in rows]


def get_pledge(viewer: Viewer, fund: Fund, public_id: str) -> Pledge:
    """Return a pledge this person may see, or raise NotFound."""
    seen = visible(viewer, fund, Pledge).where(PLEDGE.public_id == public_id)
    return one_of(seen.options(joinedload(Pledge.donor), joinedload(Pledge.agreement)))


def find_pledge(
    fund: Fund, donor: Organisation, *, amount: Money, announced_on: date, precision: Precision
) -> Pledge | None:
    """Return the pledge of the same amount at the same time, if it is recorded."""
    return db.session.scalars(
        select(Pledge).where(
            Pledge.fund_id == fund.id,
            Pledge.organisation_id == donor.id,
            Pledge.announced_on == announced_on,
            Pledge.precision == precision,
            Pledge.amount == amount,
        )
    ).first()


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the pledges this person may find."""
    if not can(viewer, Permission.CONTRIBUTIONS_VIEW, fund):
        return []
    seen = found(viewer, fund, Pledge, PLEDGE.announced_as, PLEDGE.amount_minor, PLEDGE.amount_currency,
                 PLEDGE.announced_on, PLEDGE.precision)  # fmt: skip
    return [Findable(Pledge.__tablename__, N_("Pledge"), "pledges.pledge", seen)]
