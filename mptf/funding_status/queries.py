"""Read what a funding status is drawn from: one statement on the books, one on what was reported."""

from datetime import date, datetime

from mptf.core import clock
from mptf.fund.models import Fund
from mptf.fund.queries import settings_on
from mptf.funding_status.figures import Drawing, Drawn, draw
from mptf.ledger import queries as ledger
from mptf.ledger.status import Layout
from mptf.reported import queries as reported


def funding_status(
    fund: Fund, *, as_at: date | None = None, known_at: datetime | None = None, confirmed_only: bool = False
) -> Drawn:
    """Return the funding status at the end of a day as known at a moment, in the layout in force on the day."""
    day, moment = as_at or clock.today(fund), known_at or clock.now()
    rules = settings_on(fund, day)
    drawing = Drawing(day, moment, Layout(rules.statement_layout), rules.valid_from, confirmed_only)
    moved = ledger.movements(fund, as_at=day, known_at=moment, confirmed_only=confirmed_only)
    return draw(drawing, moved, reported.spent(fund, as_at=day, known_at=moment), fund.currency)
