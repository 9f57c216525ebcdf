"""List agreements with what came under each; what they say of time is read in `plans` and `due`."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select
from sqlalchemy.orm import joinedload

from mptf.commitments.models import Agreement, AgreementStanding
from mptf.commitments.queries import AGREEMENT, LATEST, NOT_WITHDRAWN, agreements_seen
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, page_of
from mptf.core.status import Status
from mptf.deposits.counted import came_under
from mptf.fund.models import Fund
from mptf.policy import Viewer


class Payment(Status):
    """How much of a commitment has arrived; computed from the deposits, never stored."""

    PENDING = "pending", N_("Pending"), "open", "clock"
    PARTLY_PAID = "partly_paid", N_("Partly paid"), "info", "coins"
    PAID = "paid", N_("Paid"), "good", "circle-check", True
    PAID_OVER = "paid_over", N_("Paid over"), "warn", "alert-triangle", True


@dataclass(frozen=True)
class AgreementLine:
    """An agreement, what arrived under it in its own currency, what more is advised, and what is still to come."""

    agreement: Agreement
    received: Money
    advised: Money

    @property
    def outstanding(self) -> Money:
        """What is still to come; negative when more arrived than was signed for."""
        return self.agreement.amount - self.received

    @property
    def payment(self) -> Payment:
        """How much of the commitment has arrived."""
        return payment(self.agreement.amount, self.received)


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


def payment(committed: Money, received: Money) -> Payment:
    """Say how much of a commitment has arrived; both in the currency of the agreement."""
    if received.minor <= 0:
        return Payment.PENDING
    if received < committed:
        return Payment.PARTLY_PAID
    return Payment.PAID if received == committed else Payment.PAID_OVER
