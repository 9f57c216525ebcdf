"""`flask check`: what must agree does agree; each check ends with 1 and says what differs when not."""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from flask.cli import AppGroup

from mptf.core import schema
from mptf.core.db import db
from mptf.web import config
from mptf.workflow import Flow

DIAGRAMS = schema.MIGRATIONS.parent / "docs" / "diagrams"
check = AppGroup("check", help="Compare what must agree.")
COMMANDS = (check,)


@check.command("settings")
def check_settings() -> None:
    """Show the settings in force, without secrets; a wrong one would have stopped this command."""
    settings = config()
    database = db.engine.url.render_as_string(hide_password=True)
    mail = (
        f"{settings.mail.host}:{settings.mail.port}" if settings.mail.host else f"files in {settings.data_folder}/mail"
    )
    click.echo(f"environment  {settings.environment.value}\ndatabase     {database}")
    click.echo(f"data folder  {settings.data_folder}\naddress      {settings.base_url}\nmail         {mail}")
    click.echo(f"time zone    {settings.zone}")


@check.command("migrations")
def check_migrations() -> None:
    """Compare the migrations with the models, in two empty databases beside the real one."""
    from mptf.cli.migrations import differences

    with tempfile.TemporaryDirectory() as folder:
        _end(differences(Path(folder)), "Models and migrations agree.")


@check.command("diagrams")
@click.option("--write", is_flag=True, help="Write the diagrams instead of comparing them.")
def check_diagrams(*, write: bool) -> None:
    """Compare the committed diagrams of the flows with those drawn from the code."""
    drawn = dict(diagrams())
    if write:
        DIAGRAMS.mkdir(parents=True, exist_ok=True)
        for file in DIAGRAMS.glob("*.md"):
            file.unlink()
        for name, text in drawn.items():
            (DIAGRAMS / f"{name}.md").write_text(text, "utf-8")
    committed = {file.stem: file.read_text("utf-8") for file in DIAGRAMS.glob("*.md")}
    wrong = [name for name in sorted(drawn.keys() | committed.keys()) if drawn.get(name) != committed.get(name)]
    _end(
        [f"docs/diagrams/{name}.md differs: run `flask check diagrams --write`." for name in wrong],
        "The diagrams agree.",
    )


def flows() -> Iterator[Flow]:
    """Return every flow of the application; they stand beside their status, in models."""
    models = [module for name, module in sys.modules.items() if name.startswith("mptf.") and name.endswith(".models")]
    found = {id(value): value for module in models for value in vars(module).values() if isinstance(value, Flow)}
    yield from sorted(found.values(), key=lambda flow: flow.kind)


def diagrams() -> Iterator[tuple[str, str]]:
    """Draw every flow; yields file name and text."""
    for flow in flows():
        title = flow.kind.replace("_", " ").capitalize()
        yield flow.kind, f"# {title}: which status follows which\n\n```mermaid\n{flow.diagram()}```\n"


def _end(differences: Iterable[str], agreed: str) -> None:
    found = list(differences)
    for difference in found:
        click.echo(difference)
    if found:
        raise click.exceptions.Exit(1)
    click.echo(agreed)
