"""Record what contributors announce, and what becomes of it; `by` is the Viewer who does it."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm.exc import StaleDataError

from mptf.commitments.models import Agreement, Certainty
from mptf.commitments.service import check_stands, columns, index
from mptf.core import audit, clock, links
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken, Stale
from mptf.core.facts import needed
from mptf.core.money import Money
from mptf.fund.facts import above_zero, not_ahead
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.organisations.models import Organisation
from mptf.pledges.models import Pledge, Precision
from mptf.pledges.queries import find_pledge
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "pledge.announced": N_("recorded a pledge of {amount} from {donor}"),
        "pledge.signed": N_("noted that a pledge of {amount} became agreement {reference}"),
        "pledge.reopened": N_("noted that a pledge of {amount} is not signed"),
        "pledge.withdrawn": N_("noted that a pledge of {amount} was withdrawn"),
    }
)


@dataclass(frozen=True)
class Announcement:
    """A contribution somebody announced; of a month or year alone, `announced_on` is any day in it."""

    donor: Organisation
    amount: Money
    announced_on: date
    precision: Precision = Precision.DAY
    announced_as: str = ""
    usd_as_published: str = ""
    certainty: Certainty = Certainty.CERTAIN
    certainty_note: str = ""
    note: str = ""
    source: str = ""
    is_demo: bool = False


def announce_pledge(fund: Fund, what: Announcement, *, by: Viewer) -> Pledge:
    """Record an announced contribution."""
    require(by, Permission.CONTRIBUTIONS_RECORD, fund)
    above_zero(what.amount, "amount")
    day = what.precision.first_day(what.announced_on)
    not_ahead(fund, day, "announced_on")
    links.check(what.source, field="source")
    lock(fund.id)
    if find_pledge(fund, what.donor, amount=what.amount, announced_on=day, precision=what.precision):
        raise RuleBroken(
            N_("{donor}’s pledge of {amount} announced at that time is recorded already."),
            donor=what.donor.short_name,
            amount=what.amount,
            field="amount",
        )
    pledge = Pledge(fund_id=fund.id, by_id=by.id, **{**columns(what), "announced_on": day})
    db.session.add(pledge)
    db.session.flush()
    audit.record("pledge.announced", pledge, by=by, fund_id=fund.id, donor=what.donor.short_name, amount=what.amount)
    index(pledge, what.donor, what.announced_as, what.amount, what.usd_as_published, what.note, what.source)
    return pledge


def sign_pledge(pledge: Pledge, agreement: Agreement | None, *, by: Viewer) -> None:
    """Note which agreement a pledge became, so that it counts once; None notes that it is not signed after all."""
    require(by, Permission.CONTRIBUTIONS_RECORD, pledge)
    _not_withdrawn(pledge)
    if agreement is not None and agreement.organisation_id != pledge.organisation_id:
        raise RuleBroken(
            N_("The pledge is from {donor}, and agreement {reference} was signed by {signed_by}."),
            donor=pledge.donor.short_name,
            reference=agreement.reference,
            signed_by=agreement.donor.short_name,
            field="agreement",
        )
    if pledge.agreement_id == (agreement.id if agreement else None):
        raise RuleBroken(N_("That is noted already."), field="agreement")
    lock(pledge.fund_id)
    check_stands(agreement)
    pledge.agreement_id = agreement.id if agreement else None
    _settled(pledge)
    if agreement is None:
        audit.record("pledge.reopened", pledge, by=by, fund_id=pledge.fund_id, amount=pledge.amount)
    else:
        audit.record(
            "pledge.signed", pledge, by=by, fund_id=pledge.fund_id, amount=pledge.amount,
            reference=agreement.reference,
        )  # fmt: skip


def withdraw_pledge(pledge: Pledge, *, reason: str, by: Viewer) -> None:
    """Note that a contributor does not stand by a pledge; it stays on record and counts no more."""
    require(by, Permission.CONTRIBUTIONS_RECORD, pledge)
    needed(reason, "reason", N_("Say why it is withdrawn."))
    _not_withdrawn(pledge)
    if pledge.agreement_id is not None:
        raise RuleBroken(N_("It became an agreement. Note first that it is not signed."))
    pledge.withdrawn_at, pledge.withdrawn_reason = clock.now(), reason.strip()
    _settled(pledge)
    audit.record("pledge.withdrawn", pledge, by=by, fund_id=pledge.fund_id, amount=pledge.amount, reason=reason)


def _not_withdrawn(pledge: Pledge) -> None:
    if pledge.withdrawn_at is not None:
        raise RuleBroken(N_("It was withdrawn on {day}."), day=pledge.withdrawn_at)


def _settled(pledge: Pledge) -> None:
    try:
        db.session.flush()
    except StaleDataError:
        raise Stale from None
    db.session.expire(pledge, ["agreement"])
