"""What is due in a fund: instalments in force with what came for them, and what is outstanding by how late it is.

`plans` gives out money agreement by agreement; here the database does the same for lists that must not read every
deposit. A property test holds the two against each other.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select
from sqlalchemy.orm import joinedload

from mptf.agreements.figures import AT_MOST, Age, Ageing, InstalmentLine
from mptf.agreements.models import Instalment
from mptf.agreements.queries import in_force, planned
from mptf.commitments.models import Agreement
from mptf.commitments.queries import NOT_WITHDRAWN, may_see
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.paging import PAGE_SIZE, Page, counted, offset
from mptf.core.status import Labelled
from mptf.core.waiting import MOST_READ, Waiting, oldest_of
from mptf.deposits.counted import came_under
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.policy import Permission, Viewer, can

SOON = timedelta(days=90)

AGREEMENT = Agreement.__table__.c
INSTALMENT = Instalment.__table__.c


class Wanted(Labelled):
    """Which instalments somebody asks for."""

    OVERDUE = "overdue", N_("Overdue")
    SOON = "soon", N_("Due in the next 90 days")
    AWAITED = "awaited", N_("All that is awaited, without what is advised")
    OUTSTANDING = "outstanding", N_("All that is outstanding")
    EVERY = "every", N_("Every instalment")


@dataclass(frozen=True)
class Due:
    """An instalment of an agreement with what came for it."""

    agreement: Agreement
    line: InstalmentLine


def instalments(
    viewer: Viewer,
    fund: Fund,
    wanted: Wanted = Wanted.OUTSTANDING,
    *,
    donor: str = "",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> Page[Due]:
    """Return a page of instalments with what came for them, the earliest day first; `donor` names a contributor."""
    rows = _due(viewer, fund, wanted)
    if donor:
        rows = rows.where(rows.selected_columns.donor == donor)
    number, total = counted(rows, page, size=size)
    return Page(_read_due(fund, rows.limit(size).offset(offset(number, size))), number, total, size)


def waiting_for(viewer: Viewer, fund: Fund) -> list[Waiting]:
    """Return the overdue instalments, for those who keep the agreements; the oldest first."""
    if not can(viewer, Permission.CONTRIBUTIONS_RECORD, fund):
        return []
    oldest = [
        Waiting(
            title=N_("{awaited} of {donor} is overdue"),
            context=N_("Instalment of {amount}, agreement {reference}"),
            endpoint="agreements.agreement",
            values={"public_id": late.agreement.public_id},
            facts={
                "awaited": late.line.awaited,
                "donor": late.agreement.donor.short_name,
                "amount": late.line.planned.amount,
                "reference": late.agreement.reference,
            },
            due_on=late.line.planned.due_on,
        )
        for late in _read_due(fund, _due(viewer, fund, Wanted.OVERDUE).limit(MOST_READ))
    ]
    others = N_("All of them, by how late they are")
    shown = {"show": Wanted.OVERDUE.value}
    return oldest_of(oldest, Waiting(N_("More instalments are overdue"), others, "agreements.instalments", shown))


def ageing(viewer: Viewer, fund: Fund) -> list[Ageing]:
    """Return what is outstanding of every contributor a person may see, per currency, by how late it is."""
    today = clock.today(fund)
    standing = _standing(viewer, fund)
    aged = select(standing, _late(standing, today).label("age")).subquery("aged").c
    groups = (aged.donor, aged.donor_name, aged.currency, aged.age)
    dated = select(*groups, func.sum(aged.awaited)).group_by(*groups)
    ages: dict[tuple[str, str, str], dict[Age, Money]] = {}
    advised: dict[tuple[str, str, str], Money] = {}
    for donor, name, currency, without_day, waits in db.session.execute(_whole(viewer, fund)):
        key, zero = (name, donor, currency), Money.zero(currency)
        ages[key] = {**dict.fromkeys(Age, zero), Age.NO_DAY: Money(int(without_day), currency)}
        advised[key] = Money(int(waits), currency)
    for donor, name, currency, age, minor in db.session.execute(dated):
        ages[name, donor, currency][Age(age)] += Money(int(minor), currency)
    rows = [Ageing(donor, name, ages[name, donor, code], advised[name, donor, code]) for name, donor, code in ages]
    return [row for row in rows if row.total]


def _due(viewer: Viewer, fund: Fund, wanted: Wanted) -> Select[Any]:
    standing = _standing(viewer, fund)
    rows = select(standing).where(*_asked(standing, wanted, clock.today(fund)))
    return rows.order_by(standing.c.due_on, standing.c.id)


def _read_due(fund: Fund, rows: Select[Any]) -> list[Due]:
    """Read whole instalments beside what came for each, in one statement."""
    asked, today = rows.subquery("asked"), clock.today(fund)
    whole = joinedload(Instalment.agreement).joinedload(Agreement.donor)
    mine = (
        select(Instalment, asked.c.received, asked.c.advised)
        .join(asked, asked.c.id == INSTALMENT.id)
        .where(Instalment.fund_id == fund.id)
        .options(whole)
        .order_by(INSTALMENT.due_on, INSTALMENT.id)
    )

    def due(one: Instalment, *came: int) -> Due:
        received, advised = (Money(int(minor), one.amount.currency) for minor in came)
        return Due(one.agreement, InstalmentLine(planned(one), received, advised, today))

    return [due(*row) for row in db.session.execute(mine)]


def _standing(viewer: Viewer, fund: Fund) -> Subquery:
    """Select the instalments in force a person may see, each with what came for it and what is awaited.

    The sum of an agreement's instalments up to one says where in the money that came it begins and ends.
    """
    came = came_under(fund).subquery("came")
    amount = INSTALMENT.amount_minor
    before = amount - func.sum(amount).over(
        partition_by=INSTALMENT.agreement_id, order_by=(INSTALMENT.due_on, INSTALMENT.id)
    )
    begun = (
        select(
            INSTALMENT.id,
            INSTALMENT.due_on,
            amount.label("amount"),
            INSTALMENT.amount_currency.label("currency"),
            Organisation.public_id.label("donor"),
            Organisation.short_name.label("donor_name"),
            (func.coalesce(came.c.arrived, 0) + before).label("arrived"),
            (func.coalesce(came.c.in_all, 0) + before).label("in_all"),
        )
        .join(Agreement, and_(AGREEMENT.id == INSTALMENT.agreement_id, AGREEMENT.fund_id == INSTALMENT.fund_id))
        .join(Organisation, Organisation.id == AGREEMENT.organisation_id)
        .outerjoin(came, came.c.agreement_id == INSTALMENT.agreement_id)
        .where(*in_force(fund), NOT_WITHDRAWN, may_see(viewer, fund, AGREEMENT.organisation_id))
        .subquery("begun")
    )
    received, covered = (_within(left, begun.c.amount) for left in (begun.c.arrived, begun.c.in_all))
    parts = (
        received.label("received"), (covered - received).label("advised"),
        (begun.c.amount - received).label("outstanding"), (begun.c.amount - covered).label("awaited"),
    )  # fmt: skip
    return select(begun.c.id, begun.c.due_on, begun.c.currency, begun.c.donor, begun.c.donor_name, *parts).subquery(
        "standing"
    )


def _whole(viewer: Viewer, fund: Fund) -> Select[Any]:
    """Select per contributor and currency what is awaited beyond all instalments, with no day, and what is advised."""
    came, amount = came_under(fund).subquery("came"), AGREEMENT.amount_minor
    dated = (
        select(INSTALMENT.agreement_id, func.sum(INSTALMENT.amount_minor).label("minor"))
        .where(*in_force(fund))
        .group_by(INSTALMENT.agreement_id)
        .subquery("dated")
    )
    in_all, with_day = func.coalesce(came.c.in_all, 0), func.coalesce(dated.c.minor, 0)
    without_day = amount - case((in_all > with_day, in_all), else_=with_day)
    advised = _within(in_all, amount) - _within(func.coalesce(came.c.arrived, 0), amount)
    groups = (Organisation.public_id, Organisation.short_name, AGREEMENT.amount_currency)
    sums = (func.sum(case((without_day > 0, without_day), else_=0)), func.sum(advised))
    return (
        select(*groups, *sums)
        .select_from(Agreement)
        .join(Organisation, Organisation.id == AGREEMENT.organisation_id)
        .outerjoin(came, came.c.agreement_id == AGREEMENT.id)
        .outerjoin(dated, dated.c.agreement_id == AGREEMENT.id)
        .where(AGREEMENT.fund_id == fund.id, NOT_WITHDRAWN, may_see(viewer, fund, AGREEMENT.organisation_id))
        .group_by(*groups)
        .order_by(Organisation.short_name, Organisation.public_id, AGREEMENT.amount_currency)
    )


def _within(left: Any, amount: Any) -> ColumnElement[int]:
    """Return what of an amount is left: no less than nothing, no more than all of it."""
    return case((left <= 0, 0), (left >= amount, amount), else_=left)


def _late(standing: Subquery, today: date) -> ColumnElement[str]:
    """Return the age of each instalment, as `figures.age_of` says it."""
    ages = ((standing.c.due_on >= today - timedelta(days), age.value) for age, days in AT_MOST)
    return case(*ages, else_=Age.OVER_90.value)


def _asked(standing: Subquery, wanted: Wanted, today: date) -> list[ColumnElement[bool]]:
    awaited, due_on = standing.c.awaited > 0, standing.c.due_on
    asked: dict[Wanted, list[ColumnElement[bool]]] = {
        Wanted.OVERDUE: [awaited, due_on < today],
        Wanted.SOON: [awaited, due_on >= today, due_on <= today + SOON],
        Wanted.AWAITED: [awaited],
        Wanted.OUTSTANDING: [standing.c.outstanding > 0],
        Wanted.EVERY: [],
    }
    return asked[wanted]
