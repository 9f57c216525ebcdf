"""A fund with a million lines in its books, written by SQL alone: what the books say is of no matter, their size is."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import Connection, text

from mptf.core import schema
from mptf.core.db import db, transactions
from mptf.fund.models import Fund
from mptf.ledger import service
from mptf.ledger.chart import CONTRIBUTIONS, CONTRIBUTOR_REFUNDS, EntryKind
from mptf.ledger.periods import month_of
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support import postgres
from tests.support.migrated import empty_database, installation

LINES = 1_000_000
ADVISED = 500  # the newest entries wait for the Administrative Agent
DONORS, PROJECTS = 12, 120
DONOR = "Donor 00"  # one of them
FIRST, DAYS = date(2019, 3, 15), 2500
EACH = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :entries)"
AMOUNT = "(n.i % 125000 * 7919 % 1000000 + 1)"
OF_ENTRY = "FROM n JOIN bench_day d ON d.i = n.i % :days JOIN bench_pattern p ON p.i = n.i % :patterns"
STATEMENTS = (
    f"""{EACH} INSERT INTO ledger_line
        (id, entry_id, account_id, fund_id, value_on, recorded_at, amount_minor, amount_currency)
        SELECT 2 * n.i, n.i, p.debit, :fund, d.value_on, d.recorded_at, {AMOUNT}, 'USD' {OF_ENTRY}""",
    f"""{EACH} INSERT INTO ledger_line
        (id, entry_id, account_id, fund_id, value_on, recorded_at, amount_minor, amount_currency)
        SELECT 2 * n.i + 1, n.i, p.credit, :fund, d.value_on, d.recorded_at, -{AMOUNT}, 'USD' {OF_ENTRY}""",
    f"""{EACH} INSERT INTO ledger_entry
        (id, public_id, fund_id, number, kind, value_on, period, recorded_at, by_id, source_kind, source_id, key, memo)
        SELECT n.i, 'e' || n.i, :fund, n.i, p.kind, d.value_on, d.period, d.recorded_at, :by, 'deposit', 'd' || n.i,
            'k' || n.i, '' {OF_ENTRY}""",
    f"""{EACH} INSERT INTO ledger_confirmation (id, public_id, entry_id, fund_id, confirmed_at, by_id, how, note)
        SELECT n.i, 'c' || n.i, n.i, :fund, d.recorded_at, :by, 'administrative_agent', ''
        FROM n JOIN bench_day d ON d.i = n.i % :days WHERE n.i <= :entries - :advised""",
    """INSERT INTO ledger_unconfirmed (entry_id, fund_id)
        SELECT id, fund_id FROM ledger_entry WHERE fund_id = :fund AND id > :entries - :advised""",
)  # fmt: skip


@contextmanager
def filled(engine: str) -> Iterator[Fund]:
    """Give such a fund, in an installation of an engine that is there inside the block."""
    postgres.begin_run()
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            installation(empty_database(engine, Path(folder), "books"), Path(folder)) as app,
        ):
            fund = _fill(app)
            with app.app_context():
                yield fund
    finally:
        postgres.stop()
        os.environ.pop(postgres.RUN, None)


def _fill(app: Flask) -> Fund:
    make = Make(app)
    fund = make.fund()
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    donors = [make.organisation(f"Donor {n:02}") for n in range(DONORS)]
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    with app.app_context():
        with transactions("write"):
            patterns = [pattern for n in range(PROJECTS) for pattern in _patterns(fund, donors[n % DONORS], undp, n)]
            db.session.commit()
        with schema.unguarded(db.engine) as connection:
            _write(connection, fund, officer, patterns)
        if db.engine.dialect.name == "postgresql":  # as its own daemon does while a real office works
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
    return fund


def _patterns(fund: Fund, donor: Organisation, puno: Organisation, number: int) -> Iterator[tuple[str, int, int]]:
    """Open the accounts of a project and a contributor; yield a kind, and the accounts it debits and credits."""
    for kind in EntryKind:
        of_donor = {kind.debit, kind.credit} & {CONTRIBUTIONS, CONTRIBUTOR_REFUNDS}
        party, reference = (donor, "") if of_donor else (puno, f"{number:08}")
        debit, credit = (
            service.open_account(fund, line, party if line.of_parties else None, reference)
            for line in (kind.debit, kind.credit)
        )
        yield kind.value, debit.id, credit.id


def _write(connection: Connection, fund: Fund, officer: Viewer, patterns: list[tuple[str, int, int]]) -> None:
    """Write the entries by turns of the patterns and the days."""
    connection.execute(
        text("CREATE TEMPORARY TABLE bench_pattern (i INTEGER, kind TEXT, debit INTEGER, credit INTEGER)")
    )
    connection.execute(
        text("INSERT INTO bench_pattern VALUES (:i, :kind, :debit, :credit)"),
        [{"i": i, "kind": kind, "debit": debit, "credit": credit} for i, (kind, debit, credit) in enumerate(patterns)],
    )
    moment = "TIMESTAMPTZ" if connection.dialect.name == "postgresql" else "DATETIME"
    connection.execute(
        text(f"CREATE TEMPORARY TABLE bench_day (i INTEGER, value_on DATE, period DATE, recorded_at {moment})")
    )
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    connection.execute(
        text("INSERT INTO bench_day VALUES (:i, :value_on, :period, :recorded_at)"),
        [
            {
                "i": i, "value_on": day.isoformat(), "period": month_of(day).isoformat(),
                "recorded_at": f"{day.isoformat()} 09:00:00.000000",
            }
            for i, day in enumerate(days)
        ],
    )  # fmt: skip
    sizes = {"entries": LINES // 2, "days": DAYS, "patterns": len(patterns), "advised": ADVISED}
    for statement in STATEMENTS:
        connection.execute(text(statement), {**sizes, "fund": fund.id, "by": officer.id})
    for table in ("bench_pattern", "bench_day"):
        connection.execute(text(f"DROP TABLE {table}"))
