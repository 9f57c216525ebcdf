"""What people ask of large books: milliseconds on both engines, and how often the bare sum over the lines it takes.

Whole pages are asked through the application, by somebody signed in, as a worker of the web server answers them.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from itertools import chain

from flask.testing import FlaskClient
from sqlalchemy import func, select

from bench.filled import DONOR, KNOWN_AT, LINES, Filled, analyse, filled
from bench.measure import Measurement
from mptf.cash import queries as cash
from mptf.core import clock
from mptf.core.db import db, transactions
from mptf.fund.models import Fund
from mptf.funding_status.queries import funding_status
from mptf.ledger import balances
from mptf.ledger.models import Line
from mptf.organisations.models import Organisation
from mptf.statements.drawing import draw
from mptf.statements.figures import Period
from tests.support.statements import statements

TIMES = 15
ENGINES = ("sqlite", "postgresql")
BARE = "bare"
MOST_QUERIES = 8


def _statement(fund: Fund, *, known_at: datetime | None = None) -> object:
    """Draw a statement as known now, or again as it was known at a moment, when the books were half as long."""
    donor = db.session.scalars(select(Organisation).filter_by(short_name=DONOR)).one()
    until = known_at.date() if known_at else clock.today(fund)
    return draw(fund, donor, Period(None, until), known_at or clock.now())


QUESTIONS: Mapping[str, Callable[[Fund], object]] = {
    "trial-balance": balances.trial,
    "status": funding_status,
    "status-confirmed": partial(funding_status, confirmed_only=True),
    "statement": _statement,
    "statement-again": partial(_statement, known_at=KNOWN_AT),
}
# The journal, whole and narrowed: to nearly everything, to little, to nothing, and far from its beginning.
PAGES: Mapping[str, str] = {
    "whole": "",
    "far": f"?before=2020-01-15.{LINES // 4}",
    "back": f"?after=2020-01-15.{LINES // 4}",
    "cash": "?account=1000",
    "account": "?account=4000",
    "kind": "?kind=transfer",
    "month": "?period=2022-03",
    "kind-of-month": "?period=2022-03&kind=bank_charge",
    "days": "?since=2020-01-01&until=2020-01-31&account=5100",
    "document": "?document=cash_document",
    "corrections": "?corrections=yes",
    "standing": "?corrections=no",
    "nothing": "?kind=deposit&document=cash_document",
}
QUERIES = "queries"
# The cash documents, and how long at most: all of them, and those that ask for attention.
CASH: Mapping[str, tuple[cash.Asked, float]] = {
    "cash-list": (cash.Asked(), 200.0),
    "cash-flagged": (cash.Asked(flagged=True), 500.0),
}
# The pages of 38,000 deposits, and how long at most: the newest, some of the middle, and those that ask for attention.
DEPOSITS: Mapping[str, tuple[str, float]] = {
    "deposits": ("deposits", 50.0),
    "deposits-far": ("deposits?page=400", 50.0),
    "deposits-flagged": ("to-look-at", 500.0),
}


def _bare(fund: Fund) -> object:
    """Add up the lines of each account, as plainly as SQL can."""
    sums = select(Line.account_id, func.sum(Line.amount_minor)).where(Line.fund_id == fund.id)
    return db.session.execute(sums.group_by(Line.account_id)).all()


@cache
def _taken(engine: str) -> Mapping[str, float]:
    """Return the milliseconds of each question and page on an engine, and how many queries the pages send.

    The engine's statistics are as its owner may have left them: asked for once more, they must not make it worse. What
    is loaded is passed by when garbage is looked for, as in a worker of the web server.
    """
    with filled(engine) as books:
        gc.collect()
        gc.freeze()
        found = _asked(books)
        analyse(books.app)
        again = _asked(books)
    return {name: max(value, again[name]) for name, value in found.items()}


def _asked(books: Filled) -> dict[str, float]:
    lists = {name: partial(cash.documents, asked=asked) for name, (asked, _) in CASH.items()}
    questions: dict[str, Callable[[Fund], object]] = {BARE: _bare, **QUESTIONS, **lists}
    with books.app.app_context():
        times = {name: _median(partial(_read, partial(ask, books.fund))) for name, ask in questions.items()}
    pages = {name: f"/f/{books.fund.code}/ledger{query}" for name, query in PAGES.items()}
    pages |= {name: f"/f/{books.fund.code}/contributions/{page}" for name, (page, _) in DEPOSITS.items()}
    times |= {name: _median(partial(_open, books.client, page)) for name, page in pages.items()}
    return {**times, QUERIES: float(max(_sent(books, page) for page in pages.values()))}


def _read(ask: Callable[[], object]) -> None:
    with transactions("read"):
        ask()
        db.session.remove()


def _open(client: FlaskClient, page: str) -> None:
    answer = client.get(page)
    if answer.status_code != 200:
        raise OSError(f"{page} answers {answer.status_code}")


def _sent(books: Filled, page: str) -> int:
    """Count the statements of a page."""
    with statements(books.app) as sent:
        _open(books.client, page)
    return len(sent)


def _median(ask: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[1:])


def _figure(engine: str, name: str) -> float:
    return _taken(engine)[name]


def _ratio(engine: str, name: str) -> float:
    return _taken(engine)[name] / _taken(engine)[BARE]


def _measurements(engine: str) -> Iterator[tuple[str, Measurement]]:
    for name in QUESTIONS:
        yield f"PERF-4-{name}-{engine}", Measurement(partial(_figure, engine, name), 200.0, "ms", engine)
        ratio = partial(_ratio, engine, name)
        yield f"PERF-4-{name}-{engine}-ratio", Measurement(ratio, 2.0, "times the bare sum", engine)
    for name in PAGES:
        yield f"PERF-2-journal-{name}-{engine}", Measurement(partial(_figure, engine, name), 15.0, "ms", engine)
    yield f"PERF-1-pages-{engine}", Measurement(partial(_figure, engine, QUERIES), MOST_QUERIES, "queries", engine)
    for name, (_, limit) in (*CASH.items(), *DEPOSITS.items()):
        yield f"PERF-4-{name}-{engine}", Measurement(partial(_figure, engine, name), limit, "ms", engine)


MEASUREMENTS = dict(chain.from_iterable(_measurements(engine) for engine in ENGINES))
