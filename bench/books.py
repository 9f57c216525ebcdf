"""What people ask of large books: milliseconds on both engines, and how often the bare sum over the lines it takes."""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import cache, partial

from sqlalchemy import func, select

from bench.filled import DONOR, filled
from bench.measure import Measurement
from mptf.core import clock
from mptf.core.db import db, transactions
from mptf.fund.models import Fund
from mptf.funding_status.queries import funding_status
from mptf.ledger import balances, queries
from mptf.ledger.models import Line
from mptf.ledger.queries import Journal
from mptf.organisations.models import Organisation
from mptf.statements.drawing import draw
from mptf.statements.figures import Period

TIMES = 7
ENGINES = ("sqlite", "postgresql")
BARE = "bare"

QUESTIONS: Mapping[str, Callable[[Fund], object]] = {
    "trial-balance": balances.trial,
    "status": funding_status,
    "status-confirmed": partial(funding_status, confirmed_only=True),
    "statement": lambda fund: draw(fund, _donor(), Period(None, clock.today(fund)), clock.now()),
    "journal": lambda fund: queries.entries(fund, Journal()),
}


def _donor() -> Organisation:
    return db.session.scalars(select(Organisation).filter_by(short_name=DONOR)).one()


def _bare(fund: Fund) -> object:
    """Add up the lines of each account, as plainly as SQL can."""
    sums = select(Line.account_id, func.sum(Line.amount_minor)).where(Line.fund_id == fund.id)
    return db.session.execute(sums.group_by(Line.account_id)).all()


@cache
def _taken(engine: str) -> Mapping[str, float]:
    """Return the milliseconds of each question on an engine, the median of several, once for all figures."""
    with filled(engine) as fund:
        return {name: _median(partial(ask, fund)) for name, ask in {BARE: _bare, **QUESTIONS}.items()}


def _median(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        with transactions("read"):
            ask()
            db.session.remove()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[1:])


def _milliseconds(engine: str, name: str) -> float:
    return _taken(engine)[name]


def _ratio(engine: str, name: str) -> float:
    return _taken(engine)[name] / _taken(engine)[BARE]


MEASUREMENTS = {
    f"PERF-4-{name}-{engine}{suffix}": Measurement(partial(measure, engine, name), limit, unit, engine)
    for engine in ENGINES
    for name in QUESTIONS
    for suffix, measure, limit, unit in (
        ("", _milliseconds, 15.0 if name == "journal" else 200.0, "ms"),
        *((("-ratio", _ratio, 2.0, "times the bare sum"),) if name != "journal" else ()),
    )
}
