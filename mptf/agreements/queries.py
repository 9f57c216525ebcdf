"""Read instalments with what arrived for them: of one agreement, of a contributor, and what is due in a fund.

Money goes to the oldest instalment first. `figures.give_out` does so for agreements one by one; `_standing` does the
same in the database, for lists that must not read every deposit. Both stand on the deposits that count.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from mptf.agreements.figures import (
    Age,
    Ageing,
    AgreementPlan,
    Arrival,
    InstalmentState,
    Plan,
    Planned,
    give_out,
    state_of,
)
from mptf.agreements.models import Amendment, Instalment
from mptf.contributions.models import Agreement, Pledge
from mptf.contributions.queries import AGREEMENT, DEPOSIT, counted_under, found, may_see, posted, visible
from mptf.core import clock
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, counted, offset
from mptf.core.status import Labelled
from mptf.core.waiting import Findable, Waiting
from mptf.fund.models import Fund, FundWindow
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, can

SOON = timedelta(days=90)

INSTALMENT = Instalment.__table__.c


class Wanted(Labelled):
    """Which instalments somebody asks for."""

    OVERDUE = "overdue", N_("Overdue")
    SOON = "soon", N_("Due in the next 90 days")
    OUTSTANDING = "outstanding", N_("All that is outstanding")
    EVERY = "every", N_("Every instalment")


@dataclass(frozen=True)
class Due:
    """An instalment of a fund with what it received."""

    instalment: Instalment
    received: Money
    today: date

    @property
    def outstanding(self) -> Money:
        """What is still to come of it."""
        return self.instalment.amount - self.received

    @property
    def state(self) -> InstalmentState:
        """How far it has come."""
        return state_of(self.instalment.due_on, self.instalment.amount, self.received, self.today)

    @property
    def days_late(self) -> int:
        """How many days ago it was due, while it is overdue."""
        return (self.today - self.instalment.due_on).days if self.state is InstalmentState.OVERDUE else 0


# One agreement


def get_agreement(viewer: Viewer, fund: Fund, public_id: str) -> Agreement:
    """Return an agreement this person may see with its contributor and window, or raise NotFound."""
    seen = visible(viewer, fund, Agreement).where(AGREEMENT.public_id == public_id)
    return one_of(seen.options(joinedload(Agreement.donor), joinedload(Agreement.window)))


def instalments_of(fund: Fund, agreement: Agreement) -> Sequence[Instalment]:
    """Return the instalments in force of an agreement, by their days."""
    mine = _in_force(fund, None, None).where(INSTALMENT.agreement_id == agreement.id)
    return db.session.scalars(mine.order_by(INSTALMENT.due_on, INSTALMENT.id)).all()


def plan_of(viewer: Viewer, fund: Fund, agreement: Agreement, in_force: Sequence[Instalment]) -> Plan:
    """Return the plan of an agreement, from its instalments in force, with what arrived by today."""
    arrived = db.session.execute(_arrivals(viewer, fund, [agreement.id], None, None))
    arrivals = [Arrival(on, Money(int(minor), agreement.amount.currency)) for _, on, minor in arrived]
    return give_out(agreement.amount, [planned(one) for one in in_force], arrivals, clock.today(fund))


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


def pledges_of(viewer: Viewer, fund: Fund, agreement: Agreement) -> Sequence[Pledge]:
    """Return the pledges that became an agreement, as far as this person may see them."""
    became = visible(viewer, fund, Pledge).where(Pledge.agreement_id == agreement.id)
    return db.session.scalars(became.order_by(Pledge.announced_on, Pledge.id)).all()


def planned(instalment: Instalment) -> Planned:
    """Return an instalment as it was agreed."""
    return Planned(instalment.due_on, instalment.amount, instalment.condition)


# The agreements of a contributor, or all


def plans(
    viewer: Viewer,
    fund: Fund,
    *,
    donor: Organisation | None = None,
    as_at: date | None = None,
    known_at: datetime | None = None,
) -> list[AgreementPlan]:
    """Return the agreements a person may see with their plans, or one contributor's, in the order of signing.

    `as_at` is the day they are looked at, `known_at` the moment of what was known: amounts and instalments as agreed on
    by that day and recorded by that moment, and so the money.
    """
    signed = visible(viewer, fund, Agreement)
    if donor is not None:
        signed = signed.where(AGREEMENT.organisation_id == donor.id)
    if as_at is not None:
        signed = signed.where(AGREEMENT.signed_on <= as_at)
    if known_at is not None:
        signed = signed.where(AGREEMENT.recorded_at <= known_at)
    ordered = signed.options(joinedload(Agreement.donor)).order_by(AGREEMENT.signed_on, AGREEMENT.id)
    return _plans(viewer, fund, db.session.scalars(ordered).all(), as_at, known_at)


@dataclass(frozen=True)
class Agreed:
    """An agreement as it stood by a day, as known at a moment: its amount and the instalments in force then."""

    agreement: Agreement
    amount: Money
    instalments: Sequence[Planned]


def agreed(fund: Fund, donor: Organisation, *, as_at: date, known_at: datetime) -> list[Agreed]:
    """Return what a contributor had agreed on by a day as known at a moment, in the order of signing; no money."""
    signed = select(Agreement).where(
        AGREEMENT.fund_id == fund.id,
        AGREEMENT.organisation_id == donor.id,
        AGREEMENT.signed_on <= as_at,
        AGREEMENT.recorded_at <= known_at,
    )
    rows = db.session.scalars(signed.order_by(AGREEMENT.signed_on, AGREEMENT.id)).all()
    keys = [row.id for row in rows]
    instalments = _planned_by_agreement(fund, keys, as_at, known_at)
    amounts = _amounts_before(fund, keys, as_at, known_at)
    return [Agreed(row, amounts.get(row.id, row.amount), instalments[row.id]) for row in rows]


def _planned_by_agreement(
    fund: Fund, keys: Sequence[int], as_at: date | None, known_at: datetime | None
) -> dict[int, list[Planned]]:
    instalments: dict[int, list[Planned]] = defaultdict(list)
    mine = _in_force(fund, as_at, known_at).where(INSTALMENT.agreement_id.in_(keys))
    for one in db.session.scalars(mine.order_by(INSTALMENT.due_on, INSTALMENT.id)):
        instalments[one.agreement_id].append(planned(one))
    return instalments


def _plans(
    viewer: Viewer, fund: Fund, agreements: Sequence[Agreement], as_at: date | None, known_at: datetime | None
) -> list[AgreementPlan]:
    """Read instalments, arrivals and amounts of all of these at once, and give out each by itself."""
    keys = [agreement.id for agreement in agreements]
    instalments = _planned_by_agreement(fund, keys, as_at, known_at)
    arrivals: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for key, on, minor in db.session.execute(_arrivals(viewer, fund, keys, as_at, known_at)):
        arrivals[key].append((on, int(minor)))
    amounts = _amounts_before(fund, keys, as_at, known_at)
    today = as_at or clock.today(fund)
    return [
        AgreementPlan(
            agreement,
            give_out(
                (amount := amounts.get(agreement.id, agreement.amount)),
                instalments[agreement.id],
                [Arrival(on, Money(minor, amount.currency)) for on, minor in arrivals[agreement.id]],
                today,
            ),
        )
        for agreement in agreements
    ]


def _arrivals(
    viewer: Viewer, fund: Fund, keys: Iterable[int], as_at: date | None, known_at: datetime | None
) -> Select[Any]:
    """Select what arrived under agreements in their currencies, of the deposits this person may see."""
    columns = (DEPOSIT.agreement_id, DEPOSIT.value_on, counted_under(DEPOSIT))
    arrived = posted(fund, *columns, as_at=as_at, known_at=known_at).where(DEPOSIT.agreement_id.in_(keys))
    mine = arrived.join(Agreement, AGREEMENT.id == DEPOSIT.agreement_id).where(
        may_see(viewer, fund, DEPOSIT.organisation_id)
    )
    return mine.order_by(DEPOSIT.value_on, DEPOSIT.id)


def _amounts_before(fund: Fund, keys: Iterable[int], as_at: date | None, known_at: datetime | None) -> dict[int, Money]:
    """Return the amounts that stood then, of the agreements amended since."""
    later: list[ColumnElement[bool]] = []
    if as_at is not None:
        later.append(Amendment.agreed_on > as_at)
    if known_at is not None:
        later.append(Amendment.recorded_at > known_at)
    if not later:
        return {}
    since = select(Amendment).where(Amendment.fund_id == fund.id, Amendment.agreement_id.in_(keys), or_(*later))
    rows = db.session.scalars(since.order_by(Amendment.number.desc()))
    return {amendment.agreement_id: amendment.amount_before for amendment in rows}


def _amendments(fund: Fund, agreement: Agreement) -> Select[Amendment]:
    return select(Amendment).where(Amendment.fund_id == fund.id, Amendment.agreement_id == agreement.id)


def _in_force(fund: Fund, as_at: date | None, known_at: datetime | None) -> Select[Instalment]:
    """Select the instalments in force: those of the last amendment, or those signed where there is none."""
    return select(Instalment).where(*_stands(fund, as_at, known_at))


def _stands(fund: Fund, as_at: date | None = None, known_at: datetime | None = None) -> list[ColumnElement[bool]]:
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
    in_force = last.correlate(Instalment.__table__).scalar_subquery()
    return [*stands, func.coalesce(INSTALMENT.amendment_id, 0) == func.coalesce(in_force, 0)]


# What is due in a fund


def due(
    viewer: Viewer,
    fund: Fund,
    wanted: Wanted = Wanted.OUTSTANDING,
    *,
    donor: str = "",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> Page[Due]:
    """Return a page of instalments with what they received, the earliest day first; `donor` names a contributor."""
    today = clock.today(fund)
    standing = _standing(viewer, fund)
    rows = select(standing).where(*_asked(standing, wanted, today))
    if donor:
        rows = rows.where(standing.c.donor == donor)
    number, total = counted(rows, page, size=size)
    ordered = rows.order_by(standing.c.due_on, standing.c.id).limit(size).offset(offset(number, size))
    received = {row.id: int(row.received) for row in db.session.execute(ordered)}
    whole = joinedload(Instalment.agreement).joinedload(Agreement.donor)
    mine = select(Instalment).where(Instalment.fund_id == fund.id, Instalment.id.in_(received)).options(whole)
    those = db.session.scalars(mine.order_by(INSTALMENT.due_on, INSTALMENT.id))
    items = [Due(one, Money(received[one.id], one.amount.currency), today) for one in those]
    return Page(items, number, total, size)


def ageing(viewer: Viewer, fund: Fund) -> list[Ageing]:
    """Return what is outstanding of every contributor a person may see, per currency, by how late it is."""
    today = clock.today(fund)
    standing = _standing(viewer, fund)
    aged = select(standing, _late(standing, today).label("age")).subquery("aged").c
    groups = (aged.donor, aged.donor_name, aged.currency, aged.age)
    sums = select(*groups, func.sum(aged.outstanding)).group_by(*groups)
    ages: dict[tuple[str, str, str], dict[Age, Money]] = {}
    rows = chain(db.session.execute(sums), db.session.execute(_without_day(viewer, fund)))
    for donor, name, currency, age, minor in rows:
        of_donor = ages.setdefault((name, donor, currency), dict.fromkeys(Age, Money.zero(currency)))
        of_donor[Age(age)] += Money(int(minor), currency)
    found_ages = [Ageing(donor, name, of_donor) for (name, donor, _), of_donor in sorted(ages.items())]
    return [row for row in found_ages if row.total]


def _standing(viewer: Viewer, fund: Fund) -> Subquery:
    """Select the instalments in force a person may see, each with what it received and what is outstanding.

    The sum of an agreement's instalments up to one says where in the money that arrived it begins and ends.
    """
    arrived = _arrived(viewer, fund)
    upto = func.sum(INSTALMENT.amount_minor).over(
        partition_by=INSTALMENT.agreement_id, order_by=(INSTALMENT.due_on, INSTALMENT.id)
    )
    begun = (
        select(
            INSTALMENT.id,
            INSTALMENT.due_on,
            INSTALMENT.amount_minor.label("amount"),
            INSTALMENT.amount_currency.label("currency"),
            Organisation.public_id.label("donor"),
            Organisation.short_name.label("donor_name"),
            (func.coalesce(arrived.c.minor, 0) - upto + INSTALMENT.amount_minor).label("left"),
        )
        .join(Agreement, and_(AGREEMENT.id == INSTALMENT.agreement_id, AGREEMENT.fund_id == INSTALMENT.fund_id))
        .join(Organisation, Organisation.id == AGREEMENT.organisation_id)
        .outerjoin(arrived, arrived.c.agreement_id == INSTALMENT.agreement_id)
        .where(*_stands(fund), may_see(viewer, fund, AGREEMENT.organisation_id))
        .subquery("begun")
    )
    left, amount = begun.c.left, begun.c.amount
    received = case((left <= 0, 0), (left >= amount, amount), else_=left)
    return select(begun, received.label("received"), (amount - received).label("outstanding")).subquery("standing")


def _arrived(viewer: Viewer, fund: Fund) -> Subquery:
    """Select what arrived under each agreement in its currency, of the deposits this person may see."""
    return (
        posted(fund, DEPOSIT.agreement_id, func.sum(counted_under(DEPOSIT)).label("minor"))
        .join(Agreement, AGREEMENT.id == DEPOSIT.agreement_id)
        .where(may_see(viewer, fund, DEPOSIT.organisation_id))
        .group_by(DEPOSIT.agreement_id)
        .subquery("arrived")
    )


def _without_day(viewer: Viewer, fund: Fund) -> Select[Any]:
    """Select what is outstanding of agreements beyond their instalments, so that no day says when it is due."""
    arrived = _arrived(viewer, fund)
    with_day = (
        select(INSTALMENT.agreement_id, func.sum(INSTALMENT.amount_minor).label("minor"))
        .where(*_stands(fund))
        .group_by(INSTALMENT.agreement_id)
        .subquery("with_day")
    )
    came, dated = func.coalesce(arrived.c.minor, 0), func.coalesce(with_day.c.minor, 0)
    left = AGREEMENT.amount_minor - case((came > dated, came), else_=dated)
    columns = (Organisation.public_id, Organisation.short_name, AGREEMENT.amount_currency)
    return (
        select(*columns, func.min(Age.NO_DAY.value), func.sum(left))
        .select_from(Agreement)
        .join(Organisation, Organisation.id == AGREEMENT.organisation_id)
        .outerjoin(arrived, arrived.c.agreement_id == AGREEMENT.id)
        .outerjoin(with_day, with_day.c.agreement_id == AGREEMENT.id)
        .where(AGREEMENT.fund_id == fund.id, may_see(viewer, fund, AGREEMENT.organisation_id), left > 0)
        .group_by(*columns)
    )


def _late(standing: Subquery, today: date) -> ColumnElement[str]:
    """Return the age of each instalment, with the bounds of `figures.age_of`."""
    due_on = standing.c.due_on
    return case(
        (due_on >= today, Age.NOT_YET_DUE.value),
        (due_on >= today - timedelta(days=30), Age.TO_30.value),
        (due_on >= today - timedelta(days=90), Age.TO_90.value),
        else_=Age.OVER_90.value,
    )


def _asked(standing: Subquery, wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    if wanted is Wanted.EVERY:
        return []
    outstanding = [standing.c.outstanding > 0]
    if wanted is Wanted.OVERDUE:
        outstanding.append(standing.c.due_on < today)
    if wanted is Wanted.SOON:
        outstanding += [standing.c.due_on >= today, standing.c.due_on <= today + SOON]
    return outstanding


def preferred(fund: Fund) -> list[tuple[FundWindow, list[Money]]]:
    """Return the windows of a fund by code, each with what agreements prefer it with, per currency."""
    prefers = and_(AGREEMENT.window_id == FundWindow.id, AGREEMENT.fund_id == FundWindow.fund_id)
    part = func.sum(func.coalesce(AGREEMENT.preferred_minor, AGREEMENT.amount_minor))
    sums = select(FundWindow, AGREEMENT.amount_currency, part).outerjoin(Agreement, prefers)
    grouped = sums.where(FundWindow.fund_id == fund.id).group_by(FundWindow.id, AGREEMENT.amount_currency)
    amounts: dict[FundWindow, list[Money]] = {}
    for window, currency, minor in db.session.execute(grouped.order_by(FundWindow.code, AGREEMENT.amount_currency)):
        amounts.setdefault(window, []).extend([Money(int(minor), currency)] if currency else [])
    return list(amounts.items())


# Home and search


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the overdue instalments, for those who keep the agreements; the oldest first."""
    if not can(viewer, Permission.CONTRIBUTIONS_RECORD, fund):
        return []
    return [
        Waiting(
            title=N_("{outstanding} of {donor} is overdue"),
            context=N_("Instalment of {amount}, agreement {reference}"),
            endpoint="agreements.agreement",
            values={"public_id": late.instalment.agreement.public_id},
            facts={
                "outstanding": late.outstanding,
                "donor": late.instalment.agreement.donor.short_name,
                "amount": late.instalment.amount,
                "reference": late.instalment.agreement.reference,
            },
            due_on=late.instalment.due_on,
        )
        for late in due(viewer, fund, Wanted.OVERDUE).items
    ]


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the agreements this person may find."""
    if not can(viewer, Permission.CONTRIBUTIONS_VIEW, fund):
        return []
    seen = found(viewer, fund, Agreement, AGREEMENT.reference, AGREEMENT.amount_minor, AGREEMENT.amount_currency,
                 AGREEMENT.signed_on)  # fmt: skip
    return [Findable(Agreement.__tablename__, N_("Agreement"), "agreements.agreement", seen)]
