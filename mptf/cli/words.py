"""What commands share: refusals as one sentence instead of a stack trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
from sqlalchemy.exc import DBAPIError

from mptf.web import health


class Refusal(Exception):
    """Why a command cannot do what was asked; the sentence says it."""


@dataclass
class TheInstallation:
    """The installation itself, as the audit log names it."""

    public_id: str = "installation"
    __tablename__: str = "installation"


def served() -> None:
    """End the command unless the database answers, at the revision of this code, and is one of its installation."""
    if reason := health.refusal():
        raise click.ClickException(reason)


@contextmanager
def in_words() -> Iterator[None]:
    """End the command with a sentence where the database or the file system refuses what the block does."""
    try:
        yield
    except DBAPIError as error:
        raise click.ClickException(f"The database refused: {str(error.orig).splitlines()[0]}") from error
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise click.ClickException(f"{where}{error.strerror or error}.") from error
