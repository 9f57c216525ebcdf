"""What commands share: refusals as one sentence instead of a stack trace."""

from dataclasses import dataclass

import click

from mptf.core import schema
from mptf.core.db import db, transactions


class Refusal(Exception):
    """Why a command cannot do what was asked; the sentence says it."""


@dataclass
class TheInstallation:
    """The installation itself, as the audit log names it."""

    public_id: str = "installation"
    __tablename__: str = "installation"


def served() -> None:
    """End the command unless the database is at the revision of this code."""
    with transactions("read"), db.engine.connect() as connection:
        try:
            schema.require_current(connection)
        except schema.WrongRevision as wrong:
            raise click.ClickException(str(wrong)) from wrong
