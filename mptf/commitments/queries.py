"""What a person may see of contributions, and what of them a search finds.

Money readers see every contributor, a donor viewer its own organisation alone: `visible` derives both from
`policy.reach`, and the lists in `deposits`, `agreements` and `pledges` stand on it.
"""

from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Select, case, false, select, true

from mptf.contributions.models import Agreement, Deposit, Pledge
from mptf.core.errors import N_
from mptf.core.waiting import Findable, result_columns
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import DocumentKind
from mptf.organisations.models import Organisation
from mptf.policy import Everything, Own, Permission, Viewer, can, reach

Record = TypeVar("Record", Pledge, Agreement, Deposit)

LATEST = 10

# An agreement that was withdrawn counts nowhere from that moment on.
NOT_WITHDRAWN = Agreement.withdrawn_at.is_(None)

DOCUMENTS = (
    DocumentKind(
        Deposit.__tablename__, N_("Deposit"), (EntryKind.DEPOSIT, EntryKind.AA_FEE), "contributions.deposit"
    ),
)  # fmt: skip

# Columns of the amounts, which the models show as Money.
DEPOSIT = Deposit.__table__.c
AGREEMENT = Agreement.__table__.c
PLEDGE = Pledge.__table__.c


def sees_all(viewer: Viewer, fund: Fund) -> bool:
    """Tell whether a person reads the contributions of every organisation."""
    return isinstance(reach(viewer, Permission.CONTRIBUTIONS_VIEW, fund.id), Everything)


def visible(viewer: Viewer, fund: Fund, kind: type[Record]) -> Select[Record]:
    """Select the records of a fund this person may see."""
    return select(kind).where(kind.fund_id == fund.id, may_see(viewer, fund, kind.organisation_id))


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


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the deposits and pledges this person may find."""
    if not can(viewer, Permission.CONTRIBUTIONS_VIEW, fund):
        return []
    deposits = found(viewer, fund, Deposit, DEPOSIT.bank_reference, DEPOSIT.received_minor,
                      DEPOSIT.received_currency, DEPOSIT.value_on)  # fmt: skip
    pledges = found(viewer, fund, Pledge, PLEDGE.announced_as, PLEDGE.amount_minor, PLEDGE.amount_currency,
                     PLEDGE.announced_on, PLEDGE.precision)  # fmt: skip
    return [
        Findable(Deposit.__tablename__, N_("Deposit"), "contributions.deposit", deposits),
        Findable(Pledge.__tablename__, N_("Pledge"), "contributions.pledge", pledges),
    ]


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
    donor = Organisation.short_name
    title = case((reference == "", donor), else_=donor + ", " + reference)
    columns = result_columns(
        kind.__tablename__, kind.public_id, title, names=(reference,), minor=minor, currency=currency, day=day,
        precision=precision,
    )  # fmt: skip
    seen = visible(viewer, fund, kind).join(Organisation, Organisation.id == kind.organisation_id)
    return seen.with_only_columns(*columns)
