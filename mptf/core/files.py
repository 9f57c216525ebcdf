"""The content store: bytes named by their SHA-256, streamed to disk before any transaction.

A room that keeps files owns `StoredFile` rows by foreign key, checks who asks, and lets `web` send
them. Blobs no row names are removed after a day by the sweeper.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import mapped_column

from mptf.core import clock, logs
from mptf.core.audit import Actor
from mptf.core.db import Base, Key, Mapped, Name, PublicId, db
from mptf.core.errors import N_, DomainError, RuleBroken
from mptf.core.kosovo import with_asterisk
from mptf.core.signs import fit_for_a_name, seen

CHUNK = 1 << 16
SWEPT_AFTER = timedelta(hours=24)
LONGEST_NAME = 300
GONE = N_(
    "This file is missing in the store of the installation. Tell the administrator, who can look for it in a backup."
)

log = logs.get(__name__)


class Gone(DomainError):
    """The bytes of a stored file are no longer there."""

    def __init__(self) -> None:
        super().__init__(GONE)


class StoredFile(Base):
    """A named file; several may share one blob.

    `own_name` is the one it was given and is sent under, `name` what pages call it.
    """

    __tablename__ = "stored_file"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("fund.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    own_name: Mapped[Name] = mapped_column("name")
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64), index=True)

    @property
    def name(self) -> str:
        """What pages, papers and logs call it: Kosovo* keeps its asterisk in what others named."""
        return with_asterisk(self.own_name)


@dataclass(frozen=True)
class Blob:
    """Bytes that are safely on disk."""

    sha256: str
    size: int


class Store:
    """A folder of blobs, two levels deep by hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Return where the bytes with this hash stand."""
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def found(self, sha256: str) -> Path:
        """Return where the bytes with this hash stand; where they are gone, say so and note it in the log."""
        path = self.path(sha256)
        if not path.is_file():
            log.error("stored file is gone", sha256=sha256)
            raise Gone
        return path

    def keep(self, stream: IO[bytes], *, limit: int) -> Blob:
        """Stream bytes into the store; refuse more than `limit` of them and leave nothing behind."""
        self.folder.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix="incoming-", delete=False) as out:
            incoming = Path(out.name)
            try:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise RuleBroken(
                            N_("The file is larger than {megabytes} MB."), megabytes=f"{limit / 1_000_000:g}"
                        )
                    digest.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            except BaseException:
                incoming.unlink()
                raise
        final = self.path(digest.hexdigest())
        final.parent.mkdir(parents=True, exist_ok=True)
        incoming.replace(final)
        return Blob(digest.hexdigest(), size)

    def damaged(self, sha256: str) -> bool:
        """Tell whether the bytes are missing or no longer have their hash."""
        try:
            with self.path(sha256).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() != sha256
        except FileNotFoundError:
            return True

    def blobs(self) -> Iterator[Path]:
        """Walk the files of the store, unfinished ones included."""
        return (path for path in self.folder.rglob("*") if path.is_file())


def called(name: str) -> str:
    """Return what a file can be called everywhere: no path, no sign that cannot be shown, and something that is."""
    last = Path(fit_for_a_name(name).replace("\\", "/")).name.strip()
    return last[:LONGEST_NAME] if seen(last.strip(".")) else "file"


def add(blob: Blob, *, name: str, media_type: str, by: Actor, fund_id: int | None) -> StoredFile:
    """Give a blob a name in the running unit of work."""
    stored = StoredFile(
        own_name=called(name),
        media_type=media_type,
        sha256=blob.sha256,
        size=blob.size,
        by_id=by.id,
        fund_id=fund_id,
    )
    db.session.add(stored)
    db.session.flush()
    return stored


def sweep(store: Store) -> int:
    """Remove blobs that no row has named for a day; return how many."""
    kept = set(db.session.scalars(select(StoredFile.sha256)))
    oldest = (clock.now() - SWEPT_AFTER).timestamp()
    loose = [path for path in store.blobs() if path.name not in kept and path.stat().st_mtime < oldest]
    for path in loose:
        path.unlink()
    return len(loose)


def damaged(store: Store) -> list[str]:
    """Return the hashes of named files whose bytes are missing or changed."""
    return [h for h in db.session.scalars(select(StoredFile.sha256).distinct()) if store.damaged(h)]
