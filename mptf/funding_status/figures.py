"""A funding status drawn from what moved in the books and what was reported: in all, by year and by month."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.ledger import delivery
from mptf.ledger.balances import Movement
from mptf.ledger.chart import (
    AA_FEE,
    BANK_CHARGES,
    CONTRIBUTIONS,
    CONTRIBUTOR_REFUNDS,
    DIRECT_COST,
    DIRECT_COST_REFUNDS,
    FUND_INTEREST,
    FUND_TRANSFERS,
    OTHER_INCOME,
    PUNO_INTEREST,
    PUNO_REFUNDS,
    TRANSFERS,
    ChartLine,
)
from mptf.ledger.periods import next_month
from mptf.ledger.status import FundingStatus, Layout, Totals, funding_status
from mptf.reported.figures import Basis, Spent

# The line of the chart behind each total. What comes in stands on the credit side, as does what comes back.
DEBITS: dict[str, ChartLine] = {
    "refunds_to_contributors": CONTRIBUTOR_REFUNDS,
    "transfers_to_punos": TRANSFERS,
    "transfers_to_funds": FUND_TRANSFERS,
    "aa_fee": AA_FEE,
    "direct_cost": DIRECT_COST,
    "bank_charges": BANK_CHARGES,
}
CREDITS: dict[str, ChartLine] = {
    "contributions": CONTRIBUTIONS,
    "fund_interest": FUND_INTEREST,
    "puno_interest": PUNO_INTEREST,
    "other_income": OTHER_INCOME,
    "refunds_from_punos": PUNO_REFUNDS,
    "direct_cost_refunds": DIRECT_COST_REFUNDS,
}
BEHIND = {**DEBITS, **CREDITS}
REPORTED = "expenditure"
CERTIFIED_ONLY = N_("{what}, certified figures only")


@dataclass(frozen=True, slots=True)
class Span:
    """The value dates from one day to another, both included."""

    first: date
    last: date

    def of(self, moved: Iterable[Movement]) -> list[Movement]:
        """Return what moved in it; a month that it cuts short moved nothing after it."""
        return [one for one in moved if self.first <= one.month <= self.last]


@dataclass(frozen=True)
class Drawing:
    """What a funding status is drawn as: the end of which day, as known when, in which layout, of what."""

    as_at: date
    known_at: datetime
    layout: Layout
    layout_since: date
    confirmed_only: bool
    certified_only: bool = False

    def named(self, what: str) -> str:
        """Return the name of what rests on reported figures; where certified ones alone count, it says so."""
        return filled(CERTIFIED_ONLY, {"what": what}) if self.certified_only else what


@dataclass(frozen=True)
class Period:
    """A year or a month: what came in and went out in it, and what was left at its end.

    `leaves_out` says that interim figures were reported for it and are not counted.
    """

    first_day: date
    totals: Totals
    agent_balance: Money
    organisations_balance: Money
    organisations_opening: Money
    basis: Basis | None = None
    leaves_out: bool = False

    @property
    def annual_delivery(self) -> Decimal | None:
        """Annual delivery in percent; None where nothing was reported, or there was nothing to spend."""
        if self.basis is None:
            return None
        spent, opening = self.totals.expenditure, self.organisations_opening
        net_funded = self.organisations_balance + spent - opening
        return delivery.annual(expenditure=spent, opening_balance=opening, net_funded=net_funded)

    @property
    def is_delivery_unusual(self) -> bool:
        """Whether more was spent in it than there was to spend."""
        return self.basis is not None and self.organisations_balance.minor < 0

    @property
    def other_sources(self) -> Money:
        """Interest and other income, less refunds to contributors."""
        one = self.totals
        return one.fund_interest + one.puno_interest + one.other_income - one.refunds_to_contributors

    @property
    def source(self) -> Money:
        """Everything that came in."""
        return self.totals.contributions + self.other_sources

    @property
    def transfers(self) -> Money:
        """Transfers to participating organisations and other funds, less refunds."""
        one = self.totals
        return one.transfers_to_punos + one.transfers_to_funds - one.refunds_from_punos

    @property
    def costs(self) -> Money:
        """The fee of the Administrative Agent, direct cost net of its refunds, and bank charges."""
        one = self.totals
        return one.aa_fee + one.direct_cost - one.direct_cost_refunds + one.bank_charges

    @property
    def use(self) -> Money:
        """Everything that went out, less what came back."""
        return self.transfers + self.costs


@dataclass(frozen=True)
class Drawn:
    """A funding status as it was drawn, how it came about year by year, and through months where they are asked for."""

    drawing: Drawing
    totals: Totals
    status: FundingStatus
    spent: Spent
    years: Sequence[Period]
    months: Sequence[Period] = ()


def years_of(moved: Iterable[Movement], spent: Spent, as_at: date) -> list[Span]:
    """Return the years from the first in which something happened to that of the day, which ends with it."""
    known = [*spent.by_year, *spent.left_out, *(one.month.year for one in moved)]
    return [Span(date(year, 1, 1), min(date(year, 12, 31), as_at)) for year in _from(known, as_at)]


def months_of(years: Iterable[Span]) -> list[Span]:
    """Return the months of years, the last ending with the day."""
    found = []
    for year in years:
        for number in range(1, year.last.month + 1):
            first = date(year.first.year, number, 1)
            found.append(Span(first, min(next_month(first) - timedelta(days=1), year.last)))
    return found


def _from(years: Sequence[int], as_at: date) -> range:
    return range(min(years), as_at.year + 1) if years else range(0)


def draw(drawing: Drawing, years: Sequence[Span], moved: Sequence[Movement], spent: Spent, currency: str) -> Drawn:
    """Lay out what moved in each year and what was reported as spent."""
    nothing = Money.zero(currency)
    found, so_far = [], _totals((), nothing, currency)
    for span in years:
        year = span.first.year
        within = _totals(span.of(moved), spent.by_year.get(year, nothing), currency)
        one = _period(span.first, within, so_far, drawing.layout, spent.basis_of(year))
        found.append(replace(one, leaves_out=year in spent.left_out))
        so_far = _added(so_far, within)
    return Drawn(drawing, so_far, _named(funding_status(so_far, drawing.layout), drawing), spent, found)


def _named(status: FundingStatus, drawing: Drawing) -> FundingStatus:
    """Name each block that rests on what was reported, and the line of that itself, as they are drawn."""
    organisations, fund = status.organisations, status.fund
    lines = tuple(
        replace(line, label=drawing.named(line.label)) if line.of == (REPORTED,) else line
        for line in organisations.lines
    )
    return replace(
        status,
        organisations=replace(organisations, title=drawing.named(organisations.title), lines=lines),
        fund=replace(fund, title=drawing.named(fund.title)),
    )


def through_months(drawn: Drawn, months: Sequence[Span], moved: Sequence[Movement], currency: str) -> list[Period]:
    """Return the months in which something moved, of cash alone: what was spent is reported by year."""
    nothing, before = Money.zero(currency), _totals((), Money.zero(currency), currency)
    for one in drawn.years:
        if months and one.first_day < months[0].first:
            before = _added(before, one.totals)
    found, so_far = [], before
    for span in months:
        here = span.of(moved)
        within = _totals(here, nothing, currency)
        if here:
            found.append(_period(span.first, within, so_far, drawn.drawing.layout, None))
        so_far = _added(so_far, within)
    return found


def _totals(moved: Iterable[Movement], expenditure: Money, currency: str) -> Totals:
    sums: dict[str, int] = {}
    for one in moved:
        sums[one.code] = sums.get(one.code, 0) + one.amount.minor
    amounts = {name: Money(sums.get(line.code, 0), currency) for name, line in DEBITS.items()}
    amounts |= {name: Money(-sums.get(line.code, 0), currency) for name, line in CREDITS.items()}
    return Totals(**amounts, expenditure=expenditure)


def _added(one: Totals, other: Totals) -> Totals:
    return Totals(**{name.name: getattr(one, name.name) + getattr(other, name.name) for name in fields(Totals)})


def _period(first_day: date, within: Totals, before: Totals, layout: Layout, basis: Basis | None) -> Period:
    opening, then = (funding_status(one, layout) for one in (before, _added(before, within)))
    return Period(
        first_day, within, then.agent.balance, then.organisations.balance, opening.organisations.balance, basis
    )


@dataclass(frozen=True)
class Bars:
    """How long the bars of a period are and where they begin, in percent of the whole scale.

    Where more was returned than moved the length is negative: that bar lies before `zero`.
    """

    period: Period
    source: float
    use: float
    zero: float


def bars(periods: Sequence[Period]) -> list[Bars]:
    """Draw what came in and went out of each period to one scale, from the lowest amount to the highest."""
    amounts = [0, *(amount.minor for one in periods for amount in (one.source, one.use))]
    lowest = min(amounts)
    scale = max(amounts) - lowest or 1
    return [
        Bars(one, *(100 * minor / scale for minor in (one.source.minor, one.use.minor, -lowest))) for one in periods
    ]
