"""`flask ledger`: let the books be checked, by us and by another program."""

from collections.abc import Iterator

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from mptf.cli import books
from mptf.cli.words import served
from mptf.core.db import db, transactions
from mptf.core.errors import NotFound
from mptf.fund.queries import all_funds, get_fund
from mptf.ledger import beancount
from mptf.ledger.models import Entry, Line
from mptf.statements.freezing import digest, frozen
from mptf.statements.models import ContributionStatement
from mptf.statements.queries import every_statement
from mptf.statements.service import draw_again

ledger = AppGroup("ledger", help="Verify the books of every fund, and write them for Beancount.")
COMMANDS = (ledger,)


@ledger.command("verify")
def verify() -> None:
    """Look at every entry, line, reversal, closing and document, and draw every issued statement again.

    Say what does not hold, and end with 1.
    """
    served()
    with transactions("read"):
        found = [*books.faults(db.session()), *_changed_statements()]
        entries, lines, statements = (_count(model.id) for model in (Entry, Line, ContributionStatement))
        db.session.rollback()
    for sentence in found:
        click.echo(sentence)
    if found:
        raise click.exceptions.Exit(1)
    click.echo(f"The books hold: {entries:,} entries, {lines:,} lines, {statements:,} statements drawn again.")


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


def _changed_statements() -> Iterator[str]:
    """Issued statements that are not what was issued, or that the books as known then do not give any more (MON-7).

    Not among the faults of the books, which every backup looks for: each statement takes its time.
    """
    for fund in all_funds():
        for statement in every_statement(fund):
            if digest(statement.frozen) != statement.sha256:
                yield f"Statement {statement.number} was changed: its figures do not give its digest."
            elif frozen(draw_again(statement, fund)) != statement.frozen:
                yield f"Statement {statement.number} drawn again from the books says something else."


def _count(key: object) -> int:
    return db.session.scalar(select(func.count(key)), execution_options=books.ACROSS_FUNDS) or 0  # type: ignore[arg-type]
