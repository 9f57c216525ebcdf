"""Deposits by contributor and year, and by the months of one year: what arrived, before fees and refunds."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import case, extract, func

from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.counted import DEPOSIT, KEPT, told
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.organisations.queries import organisations_by_key

# So many contributors have a shade of their own in the chart; the rest share one.
LEADING = 3


@dataclass(frozen=True)
class Given:
    """What one contributor deposited in each span, and in all of them."""

    donor: Organisation
    amounts: Mapping[date, Money]
    total: Money
    is_demo: bool


@dataclass(frozen=True)
class Bar:
    """A part of the bar of a span: where it begins and how long it is, in percent of the longest bar."""

    at: Decimal
    length: Decimal


@dataclass(frozen=True)
class Spread:
    """Deposits spread over years or months, each named by its first day; the largest contributor first."""

    spans: Sequence[date]
    rows: Sequence[Given]
    totals: Mapping[date, Money]
    total: Money

    @property
    def leading(self) -> Sequence[Given]:
        """The contributors the chart tells apart."""
        return self.rows[:LEADING]

    @property
    def has_others(self) -> bool:
        """Whether there are contributors beside those the chart tells apart."""
        return len(self.rows) > LEADING

    def parts(self, span: date) -> list[Money]:
        """Return what each leading contributor deposited in a span, then what the rest did."""
        led = [row.amounts[span] for row in self.leading]
        return [*led, self.totals[span] - sum(led, Money.zero(self.total.currency))]

    def bars(self, span: date) -> list[Bar]:
        """Return the parts of a span's bar: each leading contributor's, then that of the rest."""
        longest = max(self.totals.values(), default=self.total)
        found, at = [], Decimal(0)
        for part in self.parts(span):
            length = part.percent_of(longest) or Decimal(0)
            found.append(Bar(at, length))
            at += length
        return found


def spread(fund: Fund, *, year: int | None = None) -> Spread:
    """Return what every contributor deposited year by year, or month by month in one year."""
    by_year, by_month = extract("year", DEPOSIT.value_on), extract("month", DEPOSIT.value_on)
    is_demo = func.max(case((DEPOSIT.is_demo, 1), else_=0))
    columns = (DEPOSIT.organisation_id, by_year, by_month, func.sum(DEPOSIT.received_minor), is_demo)
    sums = told(fund, *columns).where(KEPT)
    if year is not None:
        sums = sums.where(DEPOSIT.value_on.between(date(year, 1, 1), date(year, 12, 31)))
    given: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    generated = set()
    for donor, in_year, in_month, minor, demo in db.session.execute(
        sums.group_by(DEPOSIT.organisation_id, by_year, by_month)
    ):
        given[donor][date(int(in_year), int(in_month) if year else 1, 1)] += int(minor)
        generated |= {donor} if demo else set()
    return _spread(fund, given, generated)


def _spread(fund: Fund, given: Mapping[int, Mapping[date, int]], generated: set[int]) -> Spread:
    spans = sorted({span for of_donor in given.values() for span in of_donor})
    rows = [
        Given(
            donor,
            {span: Money(given[donor.id].get(span, 0), fund.currency) for span in spans},
            Money(sum(given[donor.id].values()), fund.currency),
            donor.id in generated,
        )
        for donor in organisations_by_key(set(given))
    ]
    rows.sort(key=lambda row: (-row.total.minor, row.donor.short_name))
    zero = Money.zero(fund.currency)
    totals = {span: sum((row.amounts[span] for row in rows), zero) for span in spans}
    return Spread(spans, rows, totals, sum(totals.values(), zero))
