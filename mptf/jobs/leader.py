"""The lead: one process of an installation runs its jobs, the others wait for it to fall.

The database's own lock decides, so that a process killed without a word loses the lead at once: an
advisory lock of a PostgreSQL session, a file lock beside the file of SQLite. Behind a connection
pooler the advisory lock needs session pooling.
"""

import fcntl
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from mptf.core import logs

LOCK = 0x6D707466  # "mptf": the same number in every process of this product
TRY_EVERY = 1.0  # seconds

# A machine that vanished is noticed after about 25 s instead of two hours.
KEEPALIVES = "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3"

log = logs.get(__name__)


class Lead(Protocol):
    """The lead, while it is held."""

    def held(self) -> bool:
        """Tell whether the lead is still ours."""

    def release(self) -> None:
        """Let another process take it."""


class FileLead:
    """The lead over an SQLite file: a lock the kernel gives back when its holder ends."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @classmethod
    def take(cls, database: Path) -> "FileLead | None":
        """Take the lead if nobody has it."""
        file = database.with_name(f"{database.name}.leader").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return cls(file)

    def held(self) -> bool:
        """Tell whether the lead is still ours: a file lock is not lost while its holder lives."""
        return not self._file.closed

    def release(self) -> None:
        """Let another process take it."""
        self._file.close()


class SessionLead:
    """The lead over a PostgreSQL database: an advisory lock held by a connection kept for it alone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, engine: Engine) -> "SessionLead | None":
        """Take the lead if nobody has it."""
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            taken = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK})
            if taken:
                connection.exec_driver_sql(KEEPALIVES)
        except DBAPIError:
            connection.invalidate()  # it may hold the lock: it is not to be used for something else
            connection.close()
            raise
        if not taken:
            connection.close()
            return None
        connection.detach()
        return cls(connection)

    def held(self) -> bool:
        """Tell whether the session that holds the lock is still alive."""
        try:
            return bool(self._connection.scalar(text("SELECT true")))
        except DBAPIError:
            return False

    def release(self) -> None:
        """Let another process take it at once: the server notices a closed connection only a moment later."""
        with suppress(DBAPIError, PendingRollbackError), self._connection:  # a lost session holds nothing any more
            self._connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK})


def take(engine: Engine) -> Lead | None:
    """Take the lead over a database if nobody has it."""
    if engine.dialect.name == "sqlite":
        return FileLead.take(Path(str(engine.url.database)))
    return SessionLead.take(engine)


def wait(engine: Engine, stop: threading.Event) -> Lead | None:
    """Wait until the lead is ours; return None when told to stop before."""
    told = False
    while not stop.is_set():
        try:
            if lead := take(engine):
                return lead
        except DBAPIError as error:
            log.warning("database does not answer", reason=str(error.orig))
        if not told:
            log.info("waiting for the lead")
            told = True
        stop.wait(TRY_EVERY)
    return None
