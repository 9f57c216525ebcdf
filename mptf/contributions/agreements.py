"""Read agreements with what came under each; what they say of time is read in the room `agreements`."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from mptf.contributions.counted import came_under
from mptf.contributions.figures import AgreementLine
from mptf.contributions.models import Agreement, AgreementStanding
from mptf.contributions.queries import AGREEMENT, LATEST, NOT_WITHDRAWN, agreements_seen
from mptf.core.db import db, one_of
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, page_of
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.policy import Viewer


def page_of_agreements(
    viewer: Viewer,
    fund: Fund,
    standing: AgreementStanding = AgreementStanding.STANDS,
    *,
    page: int = 1,
    size: int = PAGE_SIZE,
) -> Page[AgreementLine]:
    """Return a page of the agreements a person may see, the latest first, with what arrived under each."""
    found = page_of(_latest_signed(viewer, fund, standing), page, size=size)
    return Page(_agreement_lines(fund, found.items), found.page, found.total, size)


def latest_agreements(viewer: Viewer, fund: Fund) -> Sequence[AgreementLine]:
    """Return the first agreements of the list, for the overview."""
    return _agreement_lines(fund, db.session.scalars(_latest_signed(viewer, fund).limit(LATEST)).all())


def _latest_signed(
    viewer: Viewer, fund: Fund, standing: AgreementStanding = AgreementStanding.STANDS
) -> Select[Agreement]:
    wanted = NOT_WITHDRAWN if standing is AgreementStanding.STANDS else ~NOT_WITHDRAWN
    seen = agreements_seen(viewer, fund).where(wanted).options(joinedload(Agreement.donor))
    return seen.order_by(AGREEMENT.signed_on.desc(), AGREEMENT.id.desc())


def _agreement_lines(fund: Fund, agreements: Sequence[Agreement]) -> list[AgreementLine]:
    """Add what arrived under agreements and what is advised, each in the agreement's currency."""
    under = came_under(fund, [one.id for one in agreements])
    came = {key: (int(arrived), int(in_all)) for key, arrived, in_all in db.session.execute(under)}

    def line(one: Agreement) -> AgreementLine:
        arrived, in_all = (Money(minor, one.amount.currency) for minor in came.get(one.id, (0, 0)))
        return AgreementLine(one, arrived, in_all - arrived)

    return [line(one) for one in agreements]


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
