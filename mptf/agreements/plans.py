"""Read the plans of agreements: instalments in force, each with what arrived for it and what is only advised.

The one rule of every page, paper and sum: `deposits.counted` says which deposits came and which wait, and
`figures.give_out` gives them to the oldest instalment first. `due` does the same in the database.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select

from mptf.agreements.figures import AgreementPlan, Arrival, Complete, Plan, Planned, give_out, latest
from mptf.agreements.models import Amendment, Instalment
from mptf.agreements.queries import in_force, planned
from mptf.commitments.models import Agreement
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.counted import COUNTS, UNDER, under_agreements
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation

AGREEMENT = Agreement.__table__.c
DEPOSIT = Deposit.__table__.c

# By the key of an agreement: what arrived, and what is advised.
Came = dict[int, tuple[list[Arrival], list[Arrival]]]


def plan_of(fund: Fund, agreement: Agreement, instalments: Sequence[Instalment]) -> Plan:
    """Return the plan of an agreement as of today, from its instalments in force."""
    arrived, advised = _came(fund, [agreement.id])[agreement.id]
    return give_out(agreement.amount, [planned(one) for one in instalments], arrived, clock.today(fund), advised)


def plans(
    fund: Fund,
    donor: Organisation,
    *,
    as_at: date,
    known_at: datetime,
    advised_apart: bool = True,
    complete: Complete = latest,
) -> list[AgreementPlan]:
    """Return what a contributor had agreed on by a day as known at a moment, with its plan, in the order of signing.

    Amounts and instalments are those agreed on by that day and recorded by that moment, and so is the money; an
    agreement counts until it was withdrawn. Without `advised_apart` what is only advised is left out; for `complete`
    see `give_out`.
    """
    signed = select(Agreement).where(
        AGREEMENT.fund_id == fund.id,
        AGREEMENT.organisation_id == donor.id,
        AGREEMENT.signed_on <= as_at,
        AGREEMENT.recorded_at <= known_at,
        or_(AGREEMENT.withdrawn_at.is_(None), AGREEMENT.withdrawn_at > known_at),
    )
    agreements = db.session.scalars(signed.order_by(AGREEMENT.signed_on, AGREEMENT.id)).all()
    keys = [agreement.id for agreement in agreements]
    instalments = _by_agreement(fund, keys, as_at, known_at)
    amounts = _amounts_before(fund, keys, as_at, known_at)
    came = _came(fund, keys, as_at, known_at)

    def plan(one: Agreement) -> Plan:
        arrived, advised = came[one.id]
        amount = amounts.get(one.id, one.amount)
        return give_out(
            amount, instalments[one.id], arrived, as_at, advised if advised_apart else (), complete=complete
        )

    return [AgreementPlan(one, plan(one)) for one in agreements]


def _by_agreement(fund: Fund, keys: Sequence[int], as_at: date, known_at: datetime) -> dict[int, list[Planned]]:
    found: dict[int, list[Planned]] = defaultdict(list)
    stands = select(Instalment).where(*in_force(fund, as_at, known_at), Instalment.agreement_id.in_(keys))
    for one in db.session.scalars(stands.order_by(Instalment.due_on, Instalment.id)):
        found[one.agreement_id].append(planned(one))
    return found


def _amounts_before(fund: Fund, keys: Sequence[int], as_at: date, known_at: datetime) -> dict[int, Money]:
    """Return the amounts that stood then, of the agreements amended since."""
    later: ColumnElement[bool] = or_(Amendment.agreed_on > as_at, Amendment.recorded_at > known_at)
    since = select(Amendment).where(Amendment.fund_id == fund.id, Amendment.agreement_id.in_(keys), later)
    rows = db.session.scalars(since.order_by(Amendment.number.desc()))
    return {amendment.agreement_id: amendment.amount_before for amendment in rows}


def _came(fund: Fund, keys: Sequence[int], as_at: date | None = None, known_at: datetime | None = None) -> Came:
    """Return what came under agreements in their currencies, the earliest first."""
    columns = (AGREEMENT.id, AGREEMENT.amount_currency, DEPOSIT.value_on, UNDER, COUNTS)
    mine = under_agreements(fund, *columns, under=keys, as_at=as_at, known_at=known_at).where(UNDER > 0)
    found: Came = defaultdict(lambda: ([], []))
    for key, currency, on, minor, counts in db.session.execute(mine.order_by(DEPOSIT.value_on, DEPOSIT.id)):
        arrived, advised = found[key]
        (arrived if counts else advised).append(Arrival(on, Money(int(minor), currency)))
    return found
