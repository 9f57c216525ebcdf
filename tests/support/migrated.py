"""Installations whose database was made by the migrations, as real ones are."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from mptf import create_app
from mptf.core import schema
from mptf.core.db import db
from tests.conftest import build_schema, configuration
from tests.support import postgres


def empty_database(engine: str, folder: Path, name: str) -> str:
    """Make an empty database of an engine, this worker's own, and return its address."""
    if engine == "sqlite":
        return f"sqlite:///{folder / name}.db"
    server, name = postgres.start(), f"{name}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    server.execute("CREATE DATABASE {}", name)
    return server.url(name)


@contextmanager
def copied_revisions(folder: Path) -> Iterator[Path]:
    """Use a copy of the migrations inside the block, into which a test may write the next one."""
    copy = folder / "migrations"
    shutil.copytree(schema.MIGRATIONS, copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", copy)
        schema.expected.cache_clear()
        yield copy
    schema.expected.cache_clear()


@contextmanager
def installation(url: str, folder: Path, *, migrated: bool = True) -> Iterator[Flask]:
    """Make an installation over an empty database."""
    if migrated:
        build_schema(url)
    app = create_app(configuration(url, folder))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
