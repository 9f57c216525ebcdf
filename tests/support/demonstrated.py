"""The demonstration at the newest revision, for tests of migrations: loaded once for each engine, copied for each test.

A file names it by `pytest_plugins = ["tests.support.demonstrated"]`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from demo import load
from tests.support import templates
from tests.support.migrated import empty_database, installation


@pytest.fixture
def demonstration(engine: str, tmp_path: Path) -> Iterator[Flask]:
    """Make an installation with the demonstration in it, whose files stay behind."""
    url = empty_database(engine, tmp_path, "demonstration")

    def build(template: str) -> None:
        with installation(template, tmp_path / "loaded") as app:
            load(app)

    templates.fill(url, build, "demonstration")
    with installation(url, tmp_path, migrated=False) as app, app.app_context():
        yield app
