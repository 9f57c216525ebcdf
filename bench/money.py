"""Money: how long a funding status takes over a million lines of the books."""

import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast

from flask import Flask
from sqlalchemy import Table, insert, text

from bench.measure import Measurement, folder
from mptf import create_app
from mptf.core import schema
from mptf.core.db import db, transactions
from mptf.fund.models import Fund
from mptf.fund.queries import get_fund
from mptf.funding_status.queries import funding_status
from mptf.ledger.chart import AA_FEE, CASH, CONTRIBUTIONS, TRANSFERS, ChartLine, EntryKind
from mptf.ledger.models import Account, Confirmation, ConfirmedBy, Entry, Line
from mptf.organisations.models import OrganisationKind
from mptf.policy import Role
from tests.conftest import build_schema, configuration
from tests.factories import Make
from tests.support import postgres

SEED = 20261127
ENTRIES = 500_000
BATCH = 20_000
ADVISED = 1_000
FIRST = date(2021, 1, 1)
DAYS = 5 * 365
MOMENT = datetime(2021, 1, 2, 9, tzinfo=UTC)
USES = {CONTRIBUTIONS: EntryKind.DEPOSIT, AA_FEE: EntryKind.AA_FEE, TRANSFERS: EntryKind.TRANSFER}

Row = dict[str, Any]


def status(engine: str, *, confirmed_only: bool = False) -> Callable[[], float]:
    """PERF-4: milliseconds for a funding status by year and month over 1,000,000 lines; median of 5."""

    def measure() -> float:
        with folder() as data, _installation(engine, data) as app, app.app_context():
            _write(app)
            return _median(lambda: funding_status(get_fund("SLW00"), confirmed_only=confirmed_only))

    return measure


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(6):
        with transactions("read"):
            began = time.perf_counter()
            work()
            times.append(1000 * (time.perf_counter() - began))
            db.session.remove()
    return statistics.median(times[1:])


@contextmanager
def _installation(engine: str, data: Path) -> Iterator[Flask]:
    """Give an application over an empty database."""
    url = f"sqlite:///{data / 'mptf.db'}"
    if engine == "postgresql":
        server = postgres.start()
        postgres.create_template(server, build_schema)
        url = postgres.clone(server, "bench")
    else:
        build_schema(url)
    app = create_app(configuration(url, data))
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        postgres.stop()


def _write(app: Flask) -> None:
    """Fill the books: 12 contributors, 15 projects, and documents on every day of five years."""
    make = Make(app)
    fund = make.fund()
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    accounts = _accounts(make, fund)
    rows = _entries(random.Random(SEED), fund.id, by.id, accounts)
    with schema.unguarded(db.engine) as connection:
        while batch := list(islice(rows, BATCH)):
            for kind, place in ((Entry, 0), (Line, 1), (Confirmation, 2)):
                written = [row for one in batch for row in one[place]]
                if written:
                    connection.execute(insert(cast(Table, kind.__table__)), written)
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _accounts(make: Make, fund: Fund) -> list[tuple[ChartLine, int, int]]:
    """Return cash first, then the accounts that documents move it against, with the sign of what they move."""
    donors = [make.organisation(f"Donorland {number}") for number in range(12)]
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    wanted = [(CASH, None, "", 1), *((CONTRIBUTIONS, one, "", -1) for one in donors), (AA_FEE, None, "", 1)]
    wanted += [(TRANSFERS, undp, f"{number:08}", 1) for number in range(15)]
    found = []
    for line, party, reference, sign in wanted:
        account = Account(
            fund_id=fund.id, code=line.code, name=line.name, kind=line.kind, reference=reference,
            organisation_id=party.id if party else None,
        )  # fmt: skip
        db.session.add(account)
        db.session.flush()
        found.append((line, account.id, sign))
    db.session.commit()
    return found


def _entries(
    chance: random.Random, fund_id: int, by_id: int, accounts: list[tuple[ChartLine, int, int]]
) -> Iterator[tuple[list[Row], list[Row], list[Row]]]:
    """Yield each entry with its two lines and, but for the last ones, its confirmation."""
    (_cash, cash_id, _sign), *others = accounts
    for number in range(1, ENTRIES + 1):
        line, account_id, sign = chance.choice(others)
        day = FIRST + timedelta(days=chance.randrange(DAYS))
        recorded_at = MOMENT + timedelta(days=(day - FIRST).days, seconds=number % 3600)
        minor = sign * chance.randint(1, 10_000_000)
        entry: Row = {
            "id": number, "public_id": f"e{number}", "fund_id": fund_id, "number": number, "kind": USES[line],
            "value_on": day, "period": day.replace(day=1), "recorded_at": recorded_at, "by_id": by_id,
            "source_kind": "deposit", "source_id": f"d{number}", "key": f"k{number}", "memo": "",
        }  # fmt: skip
        same: Row = {
            "entry_id": number, "fund_id": fund_id, "value_on": day, "recorded_at": recorded_at,
            "amount_currency": "USD",
        }  # fmt: skip
        lines = [{**same, "account_id": account_id, "amount_minor": minor}]
        lines.append({**same, "account_id": cash_id, "amount_minor": -minor})
        confirmed: Row = {
            "public_id": f"c{number}", "entry_id": number, "fund_id": fund_id, "confirmed_at": recorded_at,
            "by_id": by_id, "how": ConfirmedBy.GATEWAY_IMPORT, "note": "",
        }  # fmt: skip
        yield [entry], lines, [confirmed] if number <= ENTRIES - ADVISED else []


MEASUREMENTS = {
    "PERF-4-status-sqlite": Measurement(status("sqlite"), 200.0, "ms", seed=SEED),
    "PERF-4-status-postgresql": Measurement(status("postgresql"), 200.0, "ms", "postgresql", SEED),
    "PERF-4-confirmed-sqlite": Measurement(status("sqlite", confirmed_only=True), 200.0, "ms", seed=SEED),
    "PERF-4-confirmed-postgresql": Measurement(
        status("postgresql", confirmed_only=True), 200.0, "ms", "postgresql", SEED
    ),
}
