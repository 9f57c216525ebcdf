"""What a person may see of the records of contributors, and which agreements may be chosen.

Money readers see every contributor, a donor viewer its own organisation alone: `visible` derives both from
`policy.reach`, and the lists of pledges, agreements and deposits stand on it.
"""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Select, case, false, func, select, true
from sqlalchemy.orm import contains_eager

from mptf.commitments.models import Agreement
from mptf.core.db import Base, db, one_of
from mptf.core.waiting import result_columns
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.policy import Everything, Own, Permission, Viewer, reach

# A pledge, an agreement or a deposit: a row of a fund and of a contributor.
Record = TypeVar("Record", bound=Base)

# So many records of a list stand on an overview.
LATEST = 10

# An agreement that was withdrawn counts nowhere from that moment on.
NOT_WITHDRAWN = Agreement.withdrawn_at.is_(None)

# Columns of the amounts, which the model shows as Money.
AGREEMENT = Agreement.__table__.c


def sees_all(viewer: Viewer, fund: Fund) -> bool:
    """Tell whether a person reads the contributions of every organisation."""
    return isinstance(reach(viewer, Permission.CONTRIBUTIONS_VIEW, fund.id), Everything)


def visible(viewer: Viewer, fund: Fund, kind: type[Record]) -> Select[Record]:
    """Select the records of a fund this person may see."""
    columns = kind.__table__.c
    return select(kind).where(columns.fund_id == fund.id, may_see(viewer, fund, columns.organisation_id))


def agreements_seen(viewer: Viewer, fund: Fund) -> Select[Agreement]:
    """Select the agreements of a fund this person may see; a withdrawn one, often another's, who sees all alone."""
    seen = visible(viewer, fund, Agreement)
    return seen if sees_all(viewer, fund) else seen.where(NOT_WITHDRAWN)


def may_see(viewer: Viewer, fund: Fund, organisation_id: Any) -> ColumnElement[bool]:
    """Return the condition on whose record it is: anybody's, one's own organisation's, or nobody's."""
    reached = reach(viewer, Permission.CONTRIBUTIONS_VIEW, fund.id)
    if isinstance(reached, Own):
        return cast(ColumnElement[bool], organisation_id == reached.organisation_id)
    return true() if isinstance(reached, Everything) else false()


def get_agreement(viewer: Viewer, fund: Fund, public_id: str) -> Agreement:
    """Return an agreement this person may see, or raise NotFound."""
    return one_of(agreements_seen(viewer, fund).where(AGREEMENT.public_id == public_id))


def every_agreement(viewer: Viewer, fund: Fund) -> Sequence[Agreement]:
    """Return every agreement a person may choose, by contributor and day of signing; a withdrawn one nobody may."""
    seen = agreements_seen(viewer, fund).join(Organisation, Organisation.id == AGREEMENT.organisation_id)
    ordered = seen.where(NOT_WITHDRAWN).order_by(Organisation.short_name, AGREEMENT.signed_on, AGREEMENT.id)
    return db.session.scalars(ordered.options(contains_eager(Agreement.donor))).all()


def find_agreement_by_reference(fund: Fund, donor: Organisation, reference: str) -> Agreement | None:
    """Return the agreement a contributor signed under this reference in any case, if one stands."""
    return db.session.scalars(
        select(Agreement).where(
            Agreement.fund_id == fund.id,
            Agreement.organisation_id == donor.id,
            func.lower(Agreement.reference) == func.lower(reference),
            NOT_WITHDRAWN,
        )
    ).first()


def found(
    viewer: Viewer,
    fund: Fund,
    kind: type[Record],
    reference: Any,
    minor: Any,
    currency: Any,
    day: Any,
    precision: Any = None,
) -> Select[Any]:
    """Select what a search shows of each record a person may see: `Norway, SAA-1`, its amount and its day."""
    row, donor = kind.__table__.c, Organisation.short_name
    title = case((reference == "", donor), else_=donor + ", " + reference)
    columns = result_columns(
        kind.__tablename__, row.public_id, title, names=(reference,), minor=minor, currency=currency, day=day,
        precision=precision,
    )  # fmt: skip
    seen = visible(viewer, fund, kind).join(Organisation, Organisation.id == row.organisation_id)
    return seen.with_only_columns(*columns)
