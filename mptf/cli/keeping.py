"""`flask backup`, `restore`, `audit` and `files`: keeping what was entrusted, and proving that it was kept."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from flask.cli import AppGroup, with_appcontext

from mptf.cli import backup as backups
from mptf.cli.words import Refusal, TheInstallation, in_words, served
from mptf.core import audit, files, mail, schema
from mptf.core.db import db, transactions, unit_of_work
from mptf.core.errors import N_
from mptf.web import config, store

if TYPE_CHECKING:
    from mptf.cli.restore import Restored

Made = TypeVar("Made")

audit_log = AppGroup("audit", help="Verify the audit chain, and print its end.")
stored = AppGroup("files", help="Verify the stored files.")

audit.tell(
    {
        "installation.restored": N_("restored the backup of {made_at}"),
        "mail.released": N_("released the messages that a restore had held"),
        "mail.retried": N_("let {messages} messages that could not be sent be tried anew"),
    }
)


@click.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@with_appcontext
def backup(folder: Path) -> None:
    """Write the database and its files, as of one instant, into a new FOLDER, while people work."""
    served()
    manifest, seconds = _timed(lambda: backups.write(folder, db.engine, store()))
    click.echo(f"{_size(manifest)} written to {folder} in {seconds:.1f} s, and read back.")
    _show(manifest)
    if manifest.missing_files:
        raise click.ClickException(manifest.lost)


@click.command("restore")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--without-missing-files", is_flag=True, help="Restore a backup that lacks files, without them.")
@with_appcontext
def restore(folder: Path, *, without_missing_files: bool) -> None:
    """Read the backup in FOLDER into this installation, whose database and data folder must be empty.

    Nobody is signed in afterwards, mailed links have stopped, and mail that waited goes out only when released.
    """
    from mptf.cli import restore as restores

    with in_words():
        config().data_folder.mkdir(parents=True, exist_ok=True)
    restored, seconds = _timed(lambda: restores.read(folder, db.engine, store(), without_missing=without_missing_files))
    manifest = restored.manifest
    click.echo(f"{_size(manifest)} of {manifest.made_at} restored in {seconds:.1f} s, and proved.")
    _tell_restored(restored)
    _show(manifest)
    if manifest.missing_files:
        click.echo(manifest.lost)


@audit_log.command("verify")
@click.option(
    "--anchor", metavar="SEQ:HASH", help="An end of the chain that was kept outside, which must still be in it."
)
def verify_audit(anchor: str | None) -> None:
    """Walk the whole chain; with an anchor, find out also whether its end was cut off."""
    served()
    with transactions("read"):
        count, broken = audit.verify(db.session())
        if broken:
            raise click.ClickException(f"Event {broken.seq}: {broken.reason}. The {count} before it hold.")
        if anchor and not _holds(anchor):
            raise click.ClickException(f"The chain no longer holds {anchor}: it was cut or rewritten.")
    click.echo(f"{count} events hold." + (" The anchor is among them." if anchor else ""))


@audit_log.command("head")
def audit_head() -> None:
    """Print the end of the chain, to be kept outside."""
    served()
    with transactions("read"):
        seq, digest = audit.head(db.session())
    click.echo(f"{seq}:{digest}")


@stored.command("verify")
def verify_files() -> None:
    """Compare every stored file with its hash."""
    served()
    with transactions("read"):
        damaged = files.damaged(store())
    for sha256 in damaged:
        click.echo(sha256)
    if damaged:
        raise click.ClickException(f"{len(damaged)} stored files are missing or changed.")
    click.echo("Every stored file has its hash.")


COMMANDS = (backup, restore, audit_log, stored)


def _holds(anchor: str) -> bool:
    seq, _, digest = anchor.partition(":")
    if not seq.isdecimal():
        raise click.BadParameter("write it as it was printed, SEQ:HASH", param_hint="--anchor")
    if int(seq) == 0:
        return digest == audit.GENESIS
    event = db.session.get(audit.AuditEvent, int(seq))
    return event is not None and event.hash == digest


def _tell_restored(restored: "Restored") -> None:
    """Hold the mail that was put off, and say in the log and on the screen what no longer goes on by itself."""
    with unit_of_work():
        messages = mail.hold()
        audit.record(
            "installation.restored", TheInstallation(), by=None, made_at=restored.manifest.made_at,
            sessions_ended=restored.sessions, links_stopped=restored.links, messages_held=messages,
            files_missing=len(restored.manifest.missing_files) or None,
        )  # fmt: skip
    click.echo(
        f"{restored.sessions} sessions ended and {restored.links} mailed links stopped: everybody signs in anew."
    )
    if messages:
        click.echo(
            f"{messages} messages are held, because the original may have sent them. `flask mail list` shows them, "
            "`flask mail release` sends them."
        )


def _timed(act: Callable[[], Made]) -> tuple[Made, float]:
    """Return what comes of an act and how many seconds it took; a refusal ends the command with its sentence."""
    began = time.monotonic()
    try:
        with in_words():
            return act(), time.monotonic() - began
    except (Refusal, schema.Damage) as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _size(manifest: backups.Manifest) -> str:
    return f"{manifest.rows:,} rows of {len(manifest.tables)} tables and {len(manifest.files):,} files"


def _show(manifest: backups.Manifest) -> None:
    """Say what the database proved."""
    proof = manifest.proof
    click.echo(f"Audit chain: {proof.audit_seq:,} events hold, the last is {proof.audit_hash}.")
    for place, minor in sorted(proof.debits.items()):
        click.echo(f"Ledger {place}: debits equal credits, {minor:,} in minor units.")
