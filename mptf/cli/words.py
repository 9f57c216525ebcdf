"""What commands share: refusals as one sentence instead of a stack trace."""

import click

from mptf.core import schema
from mptf.core.db import db, transactions


class Refusal(Exception):
    """Why a command cannot do what was asked; the sentence says it."""


def served() -> None:
    """End the command unless the database is at the revision of this code."""
    with transactions("read"), db.engine.connect() as connection:
        try:
            schema.require_current(connection)
        except schema.WrongRevision as wrong:
            raise click.ClickException(str(wrong)) from wrong
