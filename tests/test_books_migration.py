"""Books kept before accounts had parties come through with the same balances, and so they do on the way back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from demo import load
from mptf.cli import migrations
from mptf.contributions.queries import contributors
from mptf.core.db import db
from mptf.fund.queries import get_fund
from mptf.ledger import queries
from tests.support.migrated import empty_database, installation

WITHOUT_PARTIES = "0002"


@pytest.fixture
def demonstration(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation with the demonstration in it."""
    with installation(empty_database(engine, tmp_path, "demonstration"), tmp_path) as app:
        load(app)
        with app.app_context():
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


def by_account() -> dict[str, int]:
    """Return what stands on every account, by its title."""
    found = queries.balances(get_fund("SLW00"))
    held = {f"{row.account.code} {row.account.title}": row.amount.minor for row in found}
    db.session.rollback()  # a migration waits for whoever still reads
    return held


def accounts() -> int:
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT count(*) FROM ledger_account")) or 0


def test_the_demonstration_comes_through_with_the_same_balances(demonstration: Flask) -> None:
    before, each, many = sums(), by_account(), accounts()
    migrations.downgrade(WITHOUT_PARTIES, lose=True)
    assert (sums(), accounts()) == (before, len(before))
    migrations.upgrade()
    assert (sums(), by_account(), accounts()) == (before, each, many)


def test_every_contributor_gets_the_account_of_what_it_paid(demonstration: Flask) -> None:
    migrations.downgrade(WITHOUT_PARTIES, lose=True)
    migrations.upgrade()
    paid = {f"4000 Contributions · {row.donor.short_name}": -row.received.minor
            for row in contributors(get_fund("SLW00")).rows}  # fmt: skip
    assert len(paid) > 3
    assert paid.items() <= by_account().items()


def test_every_entry_posts_in_the_month_of_its_value_date(demonstration: Flask) -> None:
    migrations.downgrade(WITHOUT_PARTIES, lose=True)
    migrations.upgrade()
    with db.engine.connect() as connection:
        periods = connection.execute(text("SELECT DISTINCT value_on, period FROM ledger_entry")).all()
    assert [(str(day), str(month)) for day, month in periods] == [("2020-12-31", "2020-12-01")]
