"""What commands share: the settings, and refusals as one sentence instead of a stack trace."""

import click
from flask import current_app

from config import Config
from mptf.core import schema
from mptf.core.db import access, db


def config() -> Config:
    """Return the settings of the installation."""
    settings: Config = current_app.extensions["config"]
    return settings


def served() -> None:
    """End the command unless the database is at the revision of this code."""
    with access("read"), db.engine.connect() as connection:
        try:
            schema.require_current(connection)
        except schema.WrongRevision as wrong:
            raise click.ClickException(str(wrong)) from wrong
