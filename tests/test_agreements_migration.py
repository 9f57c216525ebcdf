"""Agreements and pledges recorded before they could be amended, linked or withdrawn come through unchanged."""

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from mptf.cli import migrations
from mptf.core.db import db

pytest_plugins = ["tests.support.demonstrated"]

BEFORE = "0011"


def kept() -> dict[str, list[tuple[object, ...]]]:
    """Return what both revisions say of agreements, pledges and deposits."""
    columns = {
        "agreement": "id, public_id, organisation_id, reference, signed_on, amount_minor, amount_currency",
        "pledge": "id, public_id, organisation_id, announced_on, amount_minor, amount_currency",
        "deposit": "id, public_id, agreement_id, received_minor, entry_id",
    }
    with db.engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.execute(text(f"SELECT {names} FROM {table} ORDER BY id"))]
            for table, names in columns.items()
        }


def test_what_was_recorded_comes_through(demonstration: Flask) -> None:
    before = kept()
    migrations.downgrade(BEFORE, lose=True)
    assert kept() == before
    migrations.upgrade()
    assert kept() == before
    with db.engine.connect() as connection:
        for table in ("agreement", "pledge", "fund_window"):
            assert {row[0] for row in connection.execute(text(f"SELECT version FROM {table}"))} <= {1}
        fresh = "SELECT count(*) FROM pledge WHERE agreement_id IS NULL AND withdrawn_reason = ''"
        assert connection.scalar(text(fresh)) == len(before["pledge"])


@pytest.mark.parametrize(
    "spoiled",
    [
        "UPDATE pledge SET withdrawn_reason = 'no day'",
        "UPDATE agreement SET preferred_minor = 1, preferred_currency = amount_currency, window_id = NULL",
    ],
)
def test_the_database_keeps_the_rules_after_the_way_back_and_forth(demonstration: Flask, spoiled: str) -> None:
    migrations.downgrade(BEFORE, lose=True)
    migrations.upgrade()
    with pytest.raises(DBAPIError, match="(?i)check"), db.engine.begin() as connection:
        connection.execute(text(spoiled))
