"""Bring a database to a revision, through Alembic and `migrations/env.py`; compare the result with the models."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from flask import Flask

from mptf.cli.inventory import inventory
from mptf.core import db as engines
from mptf.core import schema
from mptf.core.db import Base, db


def configuration(*, lose: bool = False) -> Config:
    """Return what Alembic needs to find the migrations; `lose` says that rows may go."""
    return Config(str(schema.MIGRATIONS / "alembic.ini"), cmd_opts=Namespace(x=["lose=rows"] if lose else []))


def upgrade(to: str = "head") -> None:
    """Bring the database of the running application up to a revision."""
    command.upgrade(configuration(), to)


def downgrade(to: str, *, lose: bool = False) -> None:
    """Bring the database of the running application down to a revision; `base` is before the first.

    Refused with `schema.Damage` where rows would be lost, unless `lose` says that they may.
    """
    command.downgrade(configuration(lose=lose), to)


def create_from_models() -> None:
    """Build an empty database from the models, as if there were no migrations."""
    with db.engine.begin() as connection:
        Base.metadata.create_all(connection)
        schema.install(connection)


@contextmanager
def beside(url: str) -> Iterator[None]:
    """Work on another database inside the block, under the same rules of its engine."""
    app = Flask("beside")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=engines.engine_options(url))
    engines.init_app(app)
    with app.app_context():
        try:
            yield
        finally:
            db.engine.dispose()


def differences(folder: Path) -> list[str]:
    """Compare the models with the migrations, each built into an SQLite file of its own in a folder."""
    with beside(f"sqlite:///{folder / 'migrated.db'}"):
        upgrade()
        with db.engine.connect() as connection:
            migrated = inventory(connection)
    with beside(f"sqlite:///{folder / 'models.db'}"):
        create_from_models()
        with db.engine.connect() as connection:
            modelled = inventory(connection)
    missing = [f"only in the models: {line}" for line in sorted(modelled - migrated)]
    return missing + [f"only in the migrations: {line}" for line in sorted(migrated - modelled)]
