"""Figures reported before corrections named a year come through; the way back is refused while one names it."""

import pytest
from flask import Flask
from sqlalchemy import text

from mptf.cli import migrations
from mptf.core import schema
from mptf.core.db import db

pytest_plugins = ["tests.support.demonstrated"]

BEFORE, CALLS_ALONE = "0017", "0027"
FIGURES = "SELECT id, year, category, version, amount_minor FROM reported_figure {} ORDER BY id"


def kept(which: str = "") -> list[tuple[object, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(FIGURES.format(which)))]


def test_figures_come_through_and_corrections_are_not_taken_for_figures_of_their_year(demonstration: Flask) -> None:
    everything, plain = kept(), kept("WHERE corrects_year IS NULL")
    assert len(everything) == len(plain) + 1
    migrations.downgrade(CALLS_ALONE, lose=True)  # its invitation would be refused first
    with pytest.raises(schema.Damage, match=r"Corrections \(1\) would no longer name the year they correct"):
        migrations.downgrade(BEFORE)
    assert kept() == everything
    migrations.downgrade(BEFORE, lose=True)
    assert kept() == plain
    migrations.upgrade()
    assert kept("WHERE corrects_year IS NULL") == plain
