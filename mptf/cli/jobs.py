"""`flask jobs` and `flask mail`: run what happens beside the web server, and see what it did."""

import signal
import threading
from email import message_from_bytes, policy
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from mptf.cli.words import TheInstallation, served
from mptf.core import audit, logs
from mptf.core import mail as outbox
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.mail import MailState, OutboxMessage
from mptf.jobs import process, table
from mptf.jobs.models import JobRun
from mptf.web import config

jobs = AppGroup("jobs", help="Run and list the jobs.")
mail = AppGroup("mail", help="See what waits in the outbox, and the mail of an installation without a mail server.")
COMMANDS = (jobs, mail)


@jobs.command("run")
def run_jobs() -> None:
    """Run tasks, mail and jobs while this process holds the lead; several may be started."""
    served()
    logs.configure()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    process.run(current_app._get_current_object(), stop)  # type: ignore[attr-defined]  # noqa: SLF001 - threads need it


@jobs.command("list")
def list_jobs() -> None:
    """List the jobs and what came of their last run."""
    served()
    with transactions("read"):
        for job in table.JOBS:
            last = db.session.scalars(select(JobRun).filter_by(job=job.name).order_by(JobRun.slot.desc())).first()
            click.echo(f"{job.name:<14} every {job.every}   {_outcome(last)}")


def _outcome(run: JobRun | None) -> str:
    if run is None:
        return "never ran"
    if run.ended_at is None:
        return f"running since {run.started_at:%Y-%m-%d %H:%M:%S} UTC"
    result = f"FAILED: {run.error}" if run.error else run.note
    return f"last {run.ended_at:%Y-%m-%d %H:%M:%S} UTC   {result}"


@mail.command("list")
def list_mail() -> None:
    """List the messages that wait, are held or could not be sent, without their text."""
    served()
    with transactions("read"):
        not_sent = (MailState.QUEUED, MailState.HELD, MailState.FAILED)
        waiting = select(OutboxMessage).where(OutboxMessage.state.in_(not_sent))
        for message in db.session.scalars(waiting.order_by(OutboxMessage.id)):
            click.echo(
                f"{message.public_id}  {message.kind:<20} {message.state.value:<7} "
                f"tried {message.attempts} times, next {message.next_try_at:%Y-%m-%d %H:%M} UTC  "
                f"{message.last_error or ''}"
            )


@mail.command("release")
def release_mail() -> None:
    """Let the messages go out that a restore held back."""
    served()
    with unit_of_work():
        released = outbox.release()
        audit.record("mail.released", TheInstallation(), by=None, messages=released)
    click.echo(f"{released} messages wait for the next run of the jobs.")


@mail.command("retry")
@click.argument("message_ids", nargs=-1)
@click.option("--failed", is_flag=True, help="Every message that could not be sent.")
def retry_mail(message_ids: tuple[str, ...], failed: bool) -> None:
    """Try messages anew that could not be sent: those with the ids of `flask mail list`, or all."""
    if failed == bool(message_ids):
        raise click.UsageError("Name messages by their ids, or say --failed.")
    served()
    with unit_of_work():
        again = outbox.retry(None if failed else message_ids)
        if again < len(set(message_ids)):
            raise click.ClickException(
                "Not each of these is a message that could not be sent: none is tried. `flask mail list` has the ids."
            )
        audit.record("mail.retried", TheInstallation(), by=None, messages=again)
    click.echo(f"{again} messages wait for the next run of the jobs.")


@mail.command("show")
@click.argument("message_id", required=False)
def show_mail(message_id: str | None) -> None:
    """Print the mail that was written to the data folder because there is no mail server; the last one first."""
    folder: Path = config().data_folder / "mail"
    written = sorted(folder.glob(f"{message_id or '*'}.eml"), key=lambda file: -file.stat().st_mtime)
    if not written:
        raise click.ClickException(f"No mail is kept in {folder}.")
    for file in written:
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",))
        click.echo(f"To: {message['To']}\nSubject: {message['Subject']}\nDate: {message['Date']}\n")
        click.echo(body.get_content() if body else "")
