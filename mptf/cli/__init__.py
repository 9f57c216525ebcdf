"""Commands of the operator: `flask --help` lists them, each says in words what came of it."""

import click
from flask import Flask

from mptf.cli import checks, install, jobs, keeping, ledger
from mptf.core.db import db


def init_app(app: Flask) -> None:
    """Add the commands to `flask`; none of them needs a migrated database to be found."""
    for command in (*install.COMMANDS, *keeping.COMMANDS, *jobs.COMMANDS, *checks.COMMANDS, *ledger.COMMANDS):
        app.cli.add_command(command)
    if click.get_current_context(silent=True):  # a command runs: only then is Alembic worth its memory
        from flask_migrate import Migrate  # type: ignore[import-untyped]

        Migrate(app, db)
