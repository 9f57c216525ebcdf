"""Draw a contribution statement from the books: as at the end of its period, as known at a moment.

What counts by then, in sums and in lists alike, says `deposits.counted`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.orm import joinedload

from mptf.agreements.figures import AgreementPlan, InstalmentState, advised_last, latest
from mptf.agreements.plans import plans
from mptf.claims.queries import allocated
from mptf.contributions.shares import BY_PARTY, Contributed, of_sums
from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.deposits.counted import COUNTS, WAITS, told
from mptf.deposits.models import Deposit
from mptf.fund.models import Fund
from mptf.ledger.balances import Sum, add_up_accounts
from mptf.ledger.chart import PUNO_REFUNDS, TRANSFERS, ChartLine
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_by_key
from mptf.paper.values import written
from mptf.reported.figures import Basis, Spent
from mptf.reported.queries import spent
from mptf.statements import figures
from mptf.statements.figures import (
    BELOW_ZERO_TOO,
    FIRST_LAYOUT,
    LAYOUT,
    AgreementFigures,
    DepositFigures,
    Drawn,
    InstalmentFigures,
    Named,
    Period,
    Pool,
    Received,
)

DEPOSIT = Deposit.__table__.c
# What is said of the expenditure when only some years are certified; until the second layout as it was said then.
PARTLY_UNTIL_2, PARTLY = N_("certified; interim: {years}"), N_("certified, but interim for {years}")


@dataclass(frozen=True)
class Books:
    """What the books come to by then, by line of the chart and party; only what is confirmed counts."""

    currency: str
    sums: Sequence[Sum]

    def total(self, line: ChartLine) -> Money:
        """Return what a line of the chart holds; debits are positive."""
        held = (row for row in self.sums if row.of[0] == line.code and row.amount.currency == self.currency)
        return sum((row.confirmed for row in held), Money.zero(self.currency))

    def contributed(self) -> Contributed:
        """Return what each contributor deposited, and what was refunded to it."""
        return of_sums(self.currency, self.sums)


def draw(fund: Fund, donor: Organisation, period: Period, known_at: datetime, *, again: Drawn | None = None) -> Drawn:
    """Draw the statement of a contributor; `again` is one of its day, whose names and codes are kept."""
    books = _books(fund, period, known_at)
    contributed = books.contributed()
    codes, weights = _weights(contributed, again.codes if again else {})
    layout = again.layout if again else LAYOUT
    pool = _pool(fund, books, period, known_at, layout)
    before, deposits = _before(fund, donor, period, known_at), _deposits(fund, donor, period, known_at)
    return Drawn(
        layout=layout,
        fund=again.fund if again else Named(fund.public_id, fund.code, fund.name),
        donor=again.donor if again else Named(donor.public_id, donor.short_name, donor.official_name),
        period=period,
        known_at=known_at,
        drawn_on=again.drawn_on if again else clock.local(known_at, fund).date(),
        currency=fund.currency,
        agreements=_agreements(fund, donor, period, known_at, layout),
        before=before,
        deposits=deposits,
        in_all=before + figures.added_up(deposits, fund.currency),
        refunds=contributed.refunds_to(donor.id),
        contributed=contributed.of(donor.id),
        advised=_advised(fund, donor, period, known_at),
        everybody=contributed.everybody,
        share=contributed.share(donor.id),
        uses=figures.uses(pool, weights, again.donor.code if again else donor.short_name, layout),
        delivery=pool.delivery,
        certification=pool.certification,
        contributors=tuple(sorted(codes.items())),
        is_demo=again.is_demo if again else fund.is_demo,
        below_zero=layout >= BELOW_ZERO_TOO and figures.below_zero(weights),
    )


def _books(fund: Fund, period: Period, known_at: datetime) -> Books:
    return Books(fund.currency, add_up_accounts(fund, BY_PARTY, as_at=period.until, known_at=known_at))


def _pool(fund: Fund, books: Books, period: Period, known_at: datetime, layout: int) -> Pool:
    """Return what the fund did with the money; expenditure only where some was reported."""
    reported = spent(fund, as_at=period.until, known_at=known_at)
    promised = allocated(fund, as_at=period.until, known_at=known_at)
    if layout == FIRST_LAYOUT:
        promised = promised or Money.zero(fund.currency)
    return Pool(
        promised,
        books.total(TRANSFERS),
        -books.total(PUNO_REFUNDS),
        reported.in_all(fund.currency) if reported.by_year else None,
        _certification(reported, layout),
    )


def _certification(reported: Spent, layout: int) -> str:
    """Say of what was reported whether it is certified; nothing where nothing was reported."""
    interim = [year for year in reported.by_year if reported.basis_of(year) is Basis.INTERIM]
    if not reported.by_year:
        return ""
    if len(interim) == len(reported.by_year):
        return Basis.INTERIM.label
    partly = PARTLY if layout >= BELOW_ZERO_TOO else PARTLY_UNTIL_2
    return written(partly, years=", ".join(map(str, interim))) if interim else Basis.CERTIFIED.label


def _weights(contributed: Contributed, known: Mapping[str, str]) -> tuple[dict[str, str], dict[str, int]]:
    """Return the code of every contributor by public id, and what each contributed, by code."""
    parties = organisations_by_key(contributed.contributors)
    codes = {party.public_id: known.get(party.public_id, party.short_name) for party in parties}
    return codes, {codes[party.public_id]: contributed.of(party.id).minor for party in parties}


def _counting(fund: Fund, period: Period, known_at: datetime, *columns: Any) -> Select[Any]:
    """Select from the deposits that count by then."""
    return told(fund, *columns, as_at=period.until, known_at=known_at).where(COUNTS)


def _before(fund: Fund, donor: Organisation, period: Period, known_at: datetime) -> Received:
    """Add up what arrived before the period."""
    zero = Money.zero(fund.currency)
    if period.since is None:
        return Received(0, zero, zero, 0)
    sums = _counting(
        fund, period, known_at, func.count(), func.coalesce(func.sum(DEPOSIT.received_minor), 0),
        func.coalesce(func.sum(DEPOSIT.fee_minor), 0), func.count(DEPOSIT.fee_minor),
    )  # fmt: skip
    own = sums.where(DEPOSIT.organisation_id == donor.id, DEPOSIT.value_on < period.since)
    count, received, fee, stated = db.session.execute(own).one()
    return Received(count, Money(int(received), fund.currency), Money(int(fee), fund.currency), count - stated)


def _deposits(fund: Fund, donor: Organisation, period: Period, known_at: datetime) -> tuple[DepositFigures, ...]:
    """List what arrived in the period, the earliest first."""
    own = _counting(fund, period, known_at, Deposit).where(DEPOSIT.organisation_id == donor.id)
    if period.since is not None:
        own = own.where(DEPOSIT.value_on >= period.since)
    rows = db.session.scalars(own.options(joinedload(Deposit.agreement)).order_by(DEPOSIT.value_on, DEPOSIT.id))
    return tuple(
        DepositFigures(
            row.value_on, row.own_agreement.reference if row.own_agreement else "", row.original, row.effective_rate,
            row.received, row.fee, row.is_opening, row.certainty.label, row.certainty_note,
        )
        for row in rows
    )  # fmt: skip


def _advised(fund: Fund, donor: Organisation, period: Period, known_at: datetime) -> Money:
    """Add up what waits for the Administrative Agent."""
    sums = func.coalesce(func.sum(DEPOSIT.received_minor), 0)
    waiting = told(fund, sums, as_at=period.until, known_at=known_at).where(WAITS)
    return Money(int(db.session.scalar(waiting.where(DEPOSIT.organisation_id == donor.id)) or 0), fund.currency)


def _agreements(
    fund: Fund, donor: Organisation, period: Period, known_at: datetime, layout: int
) -> tuple[AgreementFigures, ...]:
    """List what was agreed by then, the earliest first, with what had arrived for each instalment and what waits."""
    had = plans(
        fund, donor, as_at=period.until, known_at=known_at, advised_apart=layout != FIRST_LAYOUT,
        complete=latest if layout >= BELOW_ZERO_TOO else advised_last,
    )  # fmt: skip
    return tuple(map(_agreement, had))


def _agreement(one: AgreementPlan) -> AgreementFigures:
    row, plan = one.agreement, one.plan
    lines = (
        InstalmentFigures(
            number, line.planned.due_on, line.planned.amount, line.received, line.planned.condition, line.state,
            line.days_late, line.advised,
        )
        for number, line in enumerate(plan.lines, start=1)
    )  # fmt: skip
    ages = [(age.label, amount) for age, amount in plan.ages.items() if amount]
    ages += [(InstalmentState.ADVISED.label, plan.advised)] if plan.advised else []
    return AgreementFigures(
        row.reference, row.kind.label, row.signed_on, plan.amount, plan.arrived, tuple(lines), tuple(ages), plan.advised
    )
