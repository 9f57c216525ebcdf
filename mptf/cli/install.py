"""`flask prepare`, `flask demo` and `flask admin`: from an empty folder to somebody who can sign in."""

import importlib

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import Connection, select

from config import Config, Environment
from mptf.cli.words import in_words, served
from mptf.core import clock, schema
from mptf.core.clock import Installation
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.errors import RuleBroken
from mptf.core.sentences import day
from mptf.people.models import Person
from mptf.signin import mails, service
from mptf.web import config

demo = AppGroup("demo", help="The demonstration fund.")
admin = AppGroup("admin", help="The administrators of the installation.")


@click.command("prepare")
@with_appcontext
def prepare() -> None:
    """Bring the database to this code's revision; fill an empty demonstration installation."""
    settings = config()
    with in_words():
        settings.data_folder.mkdir(parents=True, exist_ok=True)
        with transactions("read"), db.engine.connect() as connection:
            found = schema.current(connection)
            if settings.environment is not Environment.TEST:
                _require_world(connection, settings)
        if found is None or found != schema.expected():
            _migrate(found)
    click.echo(f"The database is at revision {schema.expected()}.")
    if settings.demo:
        if _empty():
            _load_demo()
        _print_sign_ins()


@demo.command("load")
def load_demo() -> None:
    """Fill an empty demonstration installation; refused in production."""
    served()
    if config().environment is Environment.PRODUCTION:
        raise click.ClickException("This is a production installation: the demonstration is not loaded into it.")
    if not _empty():
        raise click.ClickException("There are people in this database already. The demonstration needs an empty one.")
    _load_demo()
    _print_sign_ins()


@admin.command("create")
@click.option("--name", required=True, help="How the person is shown.")
@click.option("--email", required=True, help="Where the person signs in from and gets mail.")
def create_admin(name: str, email: str) -> None:
    """Make the first administrator: prints an invitation that works once, and sends it by mail."""
    served()
    try:
        with unit_of_work():
            invitation, uninvited = service.create_first_administrator(name, email)
            service.send_invitation(invitation)
    except RuleBroken as refusal:
        raise click.ClickException(str(refusal)) from refusal
    for other in uninvited:
        click.echo(f"{other.name}, {other.email}, is invited no longer: the link sent there no longer works.")
    until = clock.local(invitation.expires_at, Installation())
    click.echo(f"{name} is invited until {day(until)}, {until:%H:%M} {Installation.zone}. Open this address:")
    click.echo(mails.link_to(invitation))


def _require_world(connection: Connection, settings: Config) -> None:
    try:
        schema.require_world(connection, demonstration=settings.demo)
    except schema.WrongWorld as wrong:
        raise click.ClickException(str(wrong)) from wrong


def _migrate(found: str | None) -> None:
    if found not in (None, *schema.known()):
        raise click.ClickException(
            f"The database is at revision {found}, which this code does not know: a newer version made it. "
            "Check that version out, or restore a backup into an empty database."
        )
    from mptf.cli import migrations

    try:
        migrations.upgrade()
    except schema.Damage as damage:
        raise click.ClickException(str(damage)) from damage


COMMANDS = (prepare, demo, admin)


def _empty() -> bool:
    """Tell whether nobody was ever added."""
    with transactions("read"):
        try:
            return db.session.scalar(select(Person.id).limit(1)) is None
        finally:
            db.session.remove()


def _load_demo() -> None:
    importlib.import_module("demo").load(current_app)


def _print_sign_ins() -> None:
    rows: list[tuple[str, str, str]] = importlib.import_module("demo").sign_ins()
    click.echo("\nDemonstration sign-ins: role, address, password")
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        click.echo("  " + "   ".join(word.ljust(width) for word, width in zip(row, wide, strict=True)).rstrip())
