"""`flask ledger`: let the books be checked, by us and by another program."""

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from mptf.cli import books
from mptf.cli.words import served
from mptf.core.db import db, transactions
from mptf.core.errors import NotFound
from mptf.fund.queries import get_fund
from mptf.ledger import beancount
from mptf.ledger.models import Entry, Line

ledger = AppGroup("ledger", help="Verify the books of every fund, and write them for Beancount.")
COMMANDS = (ledger,)


@ledger.command("verify")
def verify() -> None:
    """Look at every entry, line, reversal, closing and document; say what does not hold, and end with 1."""
    served()
    with transactions("read"):
        found = list(books.faults(db.session()))
        entries, lines = (_count(model.id) for model in (Entry, Line))
        db.session.rollback()
    for sentence in found:
        click.echo(sentence)
    if found:
        raise click.exceptions.Exit(1)
    click.echo(f"The books hold: {entries:,} entries, {lines:,} lines.")


@ledger.command("beancount")
@click.argument("code")
def write(code: str) -> None:
    """Write the books of the fund with this CODE as plain text, which `bean-check` reads."""
    served()
    with transactions("read"):
        try:
            click.echo(beancount.export(get_fund(code)), nl=False)
        except NotFound:
            raise click.ClickException(f"There is no fund {code}.") from None
        finally:
            db.session.rollback()


def _count(key: object) -> int:
    return db.session.scalar(select(func.count(key)), execution_options=books.ACROSS_FUNDS) or 0  # type: ignore[arg-type]
