"""Installations whose database was made by the migrations, as real ones are."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from mptf import create_app
from mptf.cli import migrations
from mptf.core import schema
from mptf.core.db import db
from tests.conftest import build_schema, configuration
from tests.support import memory, postgres


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
    shutil.copytree(schema.MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", copy)
        schema.expected.cache_clear()
        yield copy
    schema.expected.cache_clear()


@cache
def _migrated() -> Path:
    """Return an SQLite file at the newest revision, made once for this process."""
    file = Path(tempfile.mkdtemp(prefix="mptf-migrated-", dir=memory.place())) / "mptf.db"
    build_schema(f"sqlite:///{file}")
    atexit.register(shutil.rmtree, file.parent, ignore_errors=True)
    return file


@contextmanager
def installation(url: str, folder: Path, *, migrated: bool = True) -> Iterator[Flask]:
    """Make an installation over an empty database."""
    file = url.removeprefix("sqlite:///")
    if migrated and file != url and not Path(file).exists():
        shutil.copyfile(_migrated(), file)
    app = create_app(configuration(url, folder))
    with app.app_context():
        if migrated:
            migrations.upgrade()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
