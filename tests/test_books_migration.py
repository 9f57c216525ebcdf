"""Books kept before accounts had parties come through with the same balances, and so they do on the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from mptf.cli import migrations
from mptf.core import schema
from mptf.core.db import db
from mptf.fund.queries import get_fund
from mptf.ledger import balances
from mptf.ledger.chart import CONTRIBUTIONS
from tests.support.migrated import empty_database, installation

pytest_plugins = ["tests.support.demonstrated"]

WITHOUT_PARTIES = "0002"


@pytest.fixture
def bare(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation over a database without tables."""
    with installation(empty_database(engine, tmp_path, "bare"), tmp_path, migrated=False) as app, app.app_context():
        yield app


def sums() -> dict[str, int]:
    """Return what stands on every code of the chart, in cents; the columns every revision has."""
    with db.engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT account.code, sum(line.amount_minor) FROM ledger_line line"
                " JOIN ledger_account account ON account.id = line.account_id GROUP BY account.code"
            )
        )
        return {code: int(minor) for code, minor in rows}


def by_contributor() -> dict[str, int]:
    """Return what stands on the account of every contributor, by its title: the parties of that time."""
    found = balances.of_accounts(get_fund("SLW00"))
    held = {row.account.title: row.amount.minor for row in found if row.account.code == CONTRIBUTIONS.code}
    db.session.rollback()  # a migration waits for whoever still reads
    return held


def accounts() -> int:
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM ledger_account")) or 0


def test_the_demonstration_comes_through_with_the_same_balances(demonstration: Flask) -> None:
    before, each = sums(), by_contributor()
    migrations.downgrade(WITHOUT_PARTIES, lose=True)
    assert (sums(), accounts()) == (before, len(before))
    migrations.upgrade()
    assert (sums(), by_contributor()) == (before, each)


AT = "2026-03-16 10:00:00"
BEFORE_THE_BOOKS = f"""
INSERT INTO fund (id, public_id, code, name, short_name, purpose, currency, zone, decision_body, published, is_demo,
    version) VALUES (1, 'f', 'SLW00', 'Fund', 'Fund', '', 'USD', 'Europe/Belgrade', 'committee', FALSE, FALSE, 1);
INSERT INTO person (id, public_id, name, email, created_at, version) VALUES (1, 'p', 'Demo', 'd', '{AT}', 1);
INSERT INTO ledger_account (public_id, fund_id, code, name, kind) VALUES
    ('a1', 1, '1000', 'Cash', 'asset'), ('a2', 1, '4000', 'Contributions', 'source'), ('a3', 1, '5000', 'Fee', 'use');
"""
A_CONTRIBUTION = """
INSERT INTO organisation (id, public_id, short_name, official_name, kind, version)
    VALUES ({n}, 'o{n}', 'Donor {n}', 'Donor {n}', 'government', 1);
INSERT INTO ledger_line (entry_id, account_id, fund_id, value_on, recorded_at, amount_minor, amount_currency) VALUES
    ({entry}, 1, 1, '2026-03-15', '{at}', {minor}, 'USD'), ({entry}, 2, 1, '2026-03-15', '{at}', -{minor}, 'USD'),
    ({fee}, 3, 1, '2026-03-15', '{at}', {n}, 'USD'), ({fee}, 1, 1, '2026-03-15', '{at}', -{n}, 'USD');
INSERT INTO ledger_entry (id, public_id, fund_id, number, kind, value_on, recorded_at, by_id, source_kind, source_id,
    key, memo) VALUES
    ({entry}, 'e{entry}', 1, {entry}, 'deposit', '2026-03-15', '{at}', 1, 'deposit', 'd{n}', 'k{entry}', ''),
    ({fee}, 'e{fee}', 1, {fee}, 'aa_fee', '2026-03-15', '{at}', 1, 'deposit', 'd{n}', 'k{fee}', '');
INSERT INTO deposit (id, public_id, fund_id, organisation_id, entry_id, fee_entry_id, received_minor,
    received_currency, value_on, bank_reference, certainty, certainty_note, basis, is_opening, is_demo, recorded_at,
    by_id) VALUES ({n}, 'd{n}', 1, {n}, {entry}, {fee}, {minor}, 'USD', '2026-03-15', '', 'certain', '', '', FALSE,
    FALSE, '{at}', 1);
"""


def fill_before_the_books(contributors: int) -> None:
    """Fill a database of the revision before with a deposit and its fee from each contributor, as its code did."""
    script = BEFORE_THE_BOOKS + "".join(
        A_CONTRIBUTION.format(n=n, entry=2 * n, fee=2 * n + 1, minor=100 * n, at=AT) for n in range(1, contributors + 1)
    )
    with schema.unguarded(db.engine) as connection:
        for statement in script.split(";\n"):
            if statement.strip():
                connection.execute(text(statement))


@pytest.mark.parametrize("contributors", [1, 3])
def test_the_books_come_through_with_an_account_for_each_contributor(bare: Flask, contributors: int) -> None:
    migrations.upgrade(WITHOUT_PARTIES)
    fill_before_the_books(contributors)
    migrations.upgrade("0003")
    numbers = range(1, contributors + 1)
    fees, cash = ("5000", None, sum(numbers)), ("1000", None, 99 * sum(numbers))
    assert held("organisation_id") == {cash, fees, *(("4000", n, -100 * n) for n in numbers)}
    with db.engine.connect() as connection:
        months = connection.execute(text("SELECT DISTINCT period FROM ledger_entry")).scalars().all()
    assert [str(month) for month in months] == ["2026-03-01"]
    migrations.downgrade(WITHOUT_PARTIES, lose=True)
    assert held("NULL") == {cash, fees, ("4000", None, -100 * sum(numbers))}


def test_the_way_back_is_refused_while_an_entry_takes_back_another(bare: Flask) -> None:
    migrations.upgrade(WITHOUT_PARTIES)
    fill_before_the_books(1)
    migrations.upgrade("0003")
    with schema.unguarded(db.engine) as connection:
        connection.execute(text("UPDATE ledger_entry SET reverses_id = 2 WHERE id = 3"))
    with pytest.raises(schema.Damage, match=r"Entries that take back others \(1\) would no longer say which"):
        migrations.downgrade(WITHOUT_PARTIES)
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM ledger_entry WHERE reverses_id = 2")) == 1
    migrations.downgrade(WITHOUT_PARTIES, lose=True)


def held(party: str) -> set[tuple[str, int | None, int]]:
    """Return what stands on each account: its code, its party, its balance."""
    sums = (
        f"SELECT code, {party}, sum(amount_minor) FROM ledger_line"
        " JOIN ledger_account a ON a.id = account_id GROUP BY 1, 2"
    )
    with db.engine.connect() as connection:
        return {(code, whose, int(minor)) for code, whose, minor in connection.execute(text(sums))}
