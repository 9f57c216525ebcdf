"""A fund with a million lines in its books, written by SQL alone: what the books say is of no matter, their size is."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from mptf.cash.models import OF_PROJECT
from mptf.core import schema
from mptf.core.db import db, transactions
from mptf.desk.queries import DOCUMENTS as POSTING
from mptf.fund.models import Fund
from mptf.ledger import service
from mptf.ledger.chart import CONTRIBUTIONS, CONTRIBUTOR_REFUNDS, EntryKind
from mptf.ledger.periods import month_of
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support import postgres, scope
from tests.support.migrated import empty_database, installation

LINES = 1_000_000
ADVISED = 500  # the newest entries wait for the Administrative Agent
DONORS, PROJECTS = 12, 120
DONOR = "Donor 00"  # one of them
FIRST, DAYS = date(2019, 3, 15), 2500
KNOWN_AT = datetime(2022, 8, 17, 12, tzinfo=UTC)  # half of it was recorded by then
DOCUMENTS = 60_000  # as many of the entries have a cash document, where they are of its kinds
REVERSED = 5000  # one entry in so many takes back the one before it, of the same day
SELDOM = 50  # one deposit in so many of the contributor above has a document: a statement is a paper of some pages
UNSIGNED = 10  # one entry of a deposit in so many came under no agreement
EACH = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :entries)"
# More comes in than is paid, and little comes back: a list of what looks wrong is as short as in a real office.
AMOUNT = (
    "((n.i % 125000 * 7919 % 100000 + 1) * CASE WHEN p.kind = 'deposit' THEN 200"
    " WHEN p.kind LIKE '%refund' THEN 1 ELSE 10 END)"
)
OF_ENTRY = "FROM n JOIN bench_day d ON d.i = n.i * :days / (:entries + 1) JOIN bench_pattern p ON p.i = n.i % :patterns"
STATEMENTS = (
    f"""{EACH} INSERT INTO ledger_line
        (id, entry_id, account_id, fund_id, value_on, recorded_at, amount_minor, amount_currency)
        SELECT 2 * n.i, n.i, p.debit, :fund, d.value_on, d.recorded_at, {AMOUNT}, 'USD' {OF_ENTRY}""",
    f"""{EACH} INSERT INTO ledger_line
        (id, entry_id, account_id, fund_id, value_on, recorded_at, amount_minor, amount_currency)
        SELECT 2 * n.i + 1, n.i, p.credit, :fund, d.value_on, d.recorded_at, -{AMOUNT}, 'USD' {OF_ENTRY}""",
    f"""{EACH} INSERT INTO ledger_entry
        (id, public_id, fund_id, number, kind, value_on, period, recorded_at, by_id, source_kind, source_id, key, memo,
            reverses_id)
        SELECT n.i, 'e' || n.i, :fund, n.i, p.kind, d.value_on, d.period, d.recorded_at, :by, p.source, 'd' || n.i,
            'k' || n.i, 'Notice ' || n.i, CASE WHEN n.i % :reversed = 100 THEN n.i - 1 END {OF_ENTRY}""",
    f"""{EACH} INSERT INTO cash_document
        (id, public_id, fund_id, kind, organisation_id, reference, other_fund, entry_id, amount_minor, amount_currency,
            value_on, bank_reference, plain_reference, basis, is_demo, recorded_at, by_id)
        SELECT n.i, 'd' || n.i, :fund, p.kind, p.organisation, p.reference,
            CASE p.kind WHEN 'fund_transfer' THEN 'Other fund' ELSE '' END, n.i, {AMOUNT}, 'USD',
            d.value_on, 'b' || n.i, 'b' || n.i, '', false, d.recorded_at, :by
        {OF_ENTRY} WHERE p.source = 'cash_document' AND n.i <= :documents""",
    """INSERT INTO exchange_rate (id, public_id, currency, valid_from, source, millionths, note, version)
        SELECT i, 'r' || i, 'EUR', value_on, 'unore', 900000, '', 1 FROM bench_day WHERE i % 30 = 0""",
    """INSERT INTO agreement
        (id, public_id, fund_id, organisation_id, kind, reference, signed_on, amount_minor, amount_currency, note,
            is_demo, recorded_at, by_id, withdrawn_reason, version)
        SELECT p.i * 100 + d.i / 365, 'a' || p.i || '-' || d.i, :fund, p.organisation, 'saa', p.i || '/' || d.i,
            d.value_on, 1000000000, 'USD', '', false, d.recorded_at, :by, '', 1
        FROM bench_pattern p JOIN bench_day d ON d.i % 365 = 0 WHERE p.kind = 'deposit'""",
    f"""{EACH} INSERT INTO deposit
        (id, public_id, fund_id, organisation_id, agreement_id, entry_id, received_minor, received_currency,
            original_minor, original_currency, fee_minor, fee_currency, value_on, bank_reference, plain_reference,
            certainty, certainty_note, basis, is_opening, is_demo, recorded_at, by_id)
        SELECT n.i, 'd' || n.i, :fund, p.organisation,
            CASE WHEN n.i / :patterns % :unsigned > 0 THEN p.i * 100 + d.i / 365 END, n.i, {AMOUNT}, 'USD',
            {AMOUNT} * 9 / 10, 'EUR', {AMOUNT} / 100, 'USD', d.value_on, 's' || n.i, 's' || n.i, 'certain', '', '',
            false, false, d.recorded_at, :by
        {OF_ENTRY} WHERE p.kind = 'deposit' AND n.i % :reversed <> 100
            AND (p.organisation <> :donor OR n.i / :patterns % :seldom = 1)""",
    f"""{EACH} INSERT INTO ledger_confirmation (id, public_id, entry_id, fund_id, confirmed_at, by_id, how, note)
        SELECT n.i, 'c' || n.i, n.i, :fund, d.recorded_at, :by, 'administrative_agent', ''
        FROM n JOIN bench_day d ON d.i = n.i * :days / (:entries + 1) WHERE n.i <= :entries - :advised""",
    """INSERT INTO ledger_unconfirmed (entry_id, fund_id)
        SELECT id, fund_id FROM ledger_entry WHERE fund_id = :fund AND id > :entries - :advised""",
    """INSERT INTO ledger_month
        (fund_id, account_id, amount_currency, value_month, recorded_month, amount_minor, last_line_id)
        SELECT l.fund_id, l.account_id, l.amount_currency, d.period, d.period, sum(l.amount_minor), max(l.id)
        FROM ledger_line l JOIN bench_day d ON d.value_on = l.value_on GROUP BY 1, 2, 3, 4, 5""",
)  # fmt: skip


@dataclass(frozen=True)
class Filled:
    """An installation with large books: the fund, and an officer who is signed in."""

    app: Flask
    fund: Fund
    client: FlaskClient


@dataclass(frozen=True)
class Pattern:
    """What many entries have in common: their kind, the accounts it moves, the party, and the table of the document."""

    kind: EntryKind
    debit: int
    credit: int
    party: Organisation | None
    reference: str

    def row(self, number: int) -> dict[str, object]:
        """Return it as the database joins it to entries."""
        return {
            "i": number, "kind": self.kind.value, "debit": self.debit, "credit": self.credit,
            "organisation": self.party.id if self.party else None, "reference": self.reference,
            "source": next(document.kind for document in POSTING if self.kind in document.posts),
        }  # fmt: skip


@contextmanager
def filled(engine: str) -> Iterator[Filled]:
    """Give such a fund, in an installation of an engine that is there inside the block."""
    postgres.begin_run()
    event.remove(Session, "do_orm_execute", scope.check)  # a test looks at statements, a desk sends them
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            installation(empty_database(engine, Path(folder), "books"), Path(folder)) as app,
        ):
            yield _fill(app)
    finally:
        event.listen(Session, "do_orm_execute", scope.check)
        postgres.stop()
        os.environ.pop(postgres.RUN, None)


def analyse(app: Flask) -> None:
    """Let the engine count what its tables and indexes hold, as an operator may."""
    with app.app_context():
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            counts = "VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE"
            connection.execute(text(counts))
        db.engine.dispose()  # SQLite reads what it counted when it opens the file


def _fill(app: Flask) -> Filled:
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
            _write(connection, fund, officer, donors[0], patterns)
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        analyse(app)  # as its own daemon does while a real office works
    return Filled(app, fund, make.client(Role.SECRETARIAT_OFFICER, fund))


def _patterns(fund: Fund, donor: Organisation, puno: Organisation, number: int) -> Iterator[Pattern]:
    """Open the accounts of a project and a contributor; yield what each kind of entry has of them."""
    for kind in EntryKind:
        of_donor = {kind.debit, kind.credit} & {CONTRIBUTIONS, CONTRIBUTOR_REFUNDS}
        party, reference = (donor, "") if of_donor else (puno, f"{number:08}")
        debit, credit = (
            service.open_account(fund, line, party if line.of_parties else None, reference)
            for line in (kind.debit, kind.credit)
        )
        yield Pattern(
            kind, debit.id, credit.id, party if kind.of_party else None, reference if kind in OF_PROJECT else ""
        )


def _write(connection: Connection, fund: Fund, officer: Viewer, donor: Organisation, patterns: list[Pattern]) -> None:
    """Write the entries by turns of the patterns, day after day."""
    connection.execute(
        text(
            "CREATE TEMPORARY TABLE bench_pattern (i INTEGER, kind TEXT, debit INTEGER, credit INTEGER,"
            " organisation INTEGER, reference TEXT, source TEXT)"
        )
    )
    connection.execute(
        text("INSERT INTO bench_pattern VALUES (:i, :kind, :debit, :credit, :organisation, :reference, :source)"),
        [pattern.row(number) for number, pattern in enumerate(patterns)],
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
    sizes = {
        "entries": LINES // 2, "days": DAYS, "patterns": len(patterns), "advised": ADVISED, "documents": DOCUMENTS,
        "reversed": REVERSED, "unsigned": UNSIGNED, "seldom": SELDOM, "donor": donor.id,
    }  # fmt: skip
    for statement in STATEMENTS:
        connection.execute(text(statement), {**sizes, "fund": fund.id, "by": officer.id})
    for table in ("bench_pattern", "bench_day"):
        connection.execute(text(f"DROP TABLE {table}"))
