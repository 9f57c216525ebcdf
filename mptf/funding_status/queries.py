"""Read what a funding status is drawn from: the books year by year or month by month, and what was reported."""

from dataclasses import replace
from datetime import date, datetime

from mptf.core import clock
from mptf.fund.models import Fund
from mptf.fund.queries import settings_on
from mptf.funding_status.figures import Drawing, Drawn, Span, draw, months_of, through_months, years_of
from mptf.ledger import balances, stamps
from mptf.ledger.balances import Movement
from mptf.ledger.status import Layout
from mptf.reported import queries as reported


def funding_status(
    fund: Fund,
    *,
    as_at: date | None = None,
    known_at: datetime | None = None,
    confirmed_only: bool = False,
    certified_only: bool = False,
) -> Drawn:
    """Return the funding status at the end of a day as known at a moment, in the layout in force on the day.

    What will be known is not known now: a later moment is that of the fund's latest stamp. `confirmed_only` is about
    entries, `certified_only` about what was reported as spent.
    """
    latest = stamps.moment(fund.id)
    day, moment = as_at or clock.today(fund), min(known_at or latest, latest)
    rules = settings_on(fund, day)
    drawing = Drawing(day, moment, Layout(rules.statement_layout), rules.valid_from, confirmed_only, certified_only)
    spent = reported.spent(fund, as_at=day, known_at=moment, certified_only=certified_only)
    moved = _moved(fund, drawing)
    return draw(drawing, years_of(moved, spent, day), moved, spent, fund.currency)


def with_months(fund: Fund, drawn: Drawn, *, year: int | None = None) -> Drawn:
    """Return a funding status with the months of one of its years, or of all."""
    last = drawn.drawing.as_at
    years = [Span(one.first_day, min(one.first_day.replace(month=12, day=31), last)) for one in drawn.years]
    months = months_of(one for one in years if year in (None, one.first.year))
    return replace(drawn, months=through_months(drawn, months, _moved(fund, drawn.drawing), fund.currency))


def _moved(fund: Fund, drawing: Drawing) -> list[Movement]:
    return balances.movements(
        fund, as_at=drawing.as_at, known_at=drawing.known_at, confirmed_only=drawing.confirmed_only
    )
