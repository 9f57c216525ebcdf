"""Run the demonstration fund on this machine: its database, the web server and the jobs beside it.

Usage: python -m tools.run [COMMAND …]

A command, such as `backup FOLDER`, is one of `flask --app wsgi`, done in the same settings.

PORT and HOST choose the address, DATABASE_URL another database, MPTF_DATA another folder than
`instance/`. Ends with all it started when it is told to, or when one part ends by itself.
"""

import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parent.parent
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
GUNICORN = (sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--log-level", "warning")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LONGEST_START = 60.0
LONGEST_END = 10.0


class Trouble(Exception):
    """Why the fund cannot run, in words."""


def secret_key(folder: Path) -> str:
    """Return the key of this folder's sessions, made once and readable by its owner only."""
    path = folder / "secret_key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:  # noqa: PTH123 - made unreadable
            file.write(secrets.token_hex(32))
    return path.read_text()


def settings(given: Mapping[str, str], folder: Path, address: str) -> dict[str, str]:
    """Return the environment of the parts; an address or key that is set already stays.

    A database of real people that is given so is refused when it is prepared (`schema.require_world`).
    """
    ours = {"BASE_URL": address, "PYTHONUNBUFFERED": "1"}
    key = given.get("SECRET_KEY") or secret_key(folder)
    return {**ours, **given, "MPTF_ENV": "demo", "MPTF_DATA": str(folder), "SECRET_KEY": key}


def require_free(host: str, port: int) -> None:
    """Refuse a port that something else answers on."""
    try:
        socket.create_server((host, port)).close()
    except (OSError, OverflowError) as error:
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise Trouble(f"Port {port} on {host} cannot be used ({why}). Choose another: make run PORT=8080") from error


def start(command: tuple[str, ...], log: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start one part away from the terminal's Ctrl-C, which this program hands on in order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file, process_group=0)


def answers(host: str, port: int) -> bool:
    """Tell whether the web server is well."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def watch(parts: Mapping[Path, subprocess.Popen[bytes]]) -> None:
    """Raise Trouble, with the last lines of its log, as soon as a part has ended."""
    for log, part in parts.items():
        if part.poll() is not None:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise Trouble(f"{last}\nThe {log.stem} process ended with code {part.returncode}; its log is {log}.")


def end(parts: Mapping[Path, subprocess.Popen[bytes]]) -> None:
    """Ask every part to end, and insist after a while."""
    for part in parts.values():
        part.terminate()
    deadline = time.monotonic() + LONGEST_END
    for part in parts.values():
        try:
            part.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(part.pid, signal.SIGKILL)
            part.wait()


def prepare(environment: Mapping[str, str]) -> None:
    """Bring the database to this code's revision, fill an empty one and print who may sign in."""
    if subprocess.run([*FLASK, "prepare"], cwd=ROOT, env=environment, check=False).returncode:
        raise Trouble("The database could not be prepared.")


class Desk:
    """The running parts, each by its log, ended together."""

    def __init__(self, host: str, port: int, environment: Mapping[str, str], logs: Path) -> None:
        self.parts: dict[Path, subprocess.Popen[bytes]] = {}
        self._where = host, port
        self._environment = environment
        self._web, self._jobs = logs / "web.log", logs / "jobs.log"

    def open(self) -> None:
        """Prepare the database and serve it; one that was served before is served first, so that nobody waits.

        The web server refuses a database of another revision; then it is prepared after all.
        """
        if not self._web.exists():
            prepare(self._environment)
            self.serve()
            return
        try:
            self.serve()
        except Trouble:
            prepare(self._environment)
            self.serve()
        else:
            prepare(self._environment)

    def serve(self) -> None:
        """Start the web server and wait for its first answer."""
        host, port = self._where
        command = (*GUNICORN, "--bind", f"{host}:{port}", "wsgi:app")
        self.parts[self._web] = start(command, self._web, self._environment)
        deadline = time.monotonic() + LONGEST_START
        while not answers(host, port):
            watch(self.parts)
            if time.monotonic() > deadline:
                raise Trouble(f"The web server does not answer; its log is {self._web}.")
            time.sleep(0.05)
        print(f"\nTrust Fund Desk answers at {self._environment['BASE_URL']}/", flush=True)

    def work(self) -> None:
        """Start the jobs beside it, and stay until a part ends."""
        self.parts[self._jobs] = start((*FLASK, "jobs", "run"), self._jobs, self._environment)
        while True:
            watch(self.parts)
            time.sleep(0.3)


def run(host: str, port: int, environment: Mapping[str, str], logs: Path) -> None:
    """Run both parts until one ends or a signal comes."""
    desk = Desk(host, port, environment, logs)
    try:
        desk.open()
        print(f"\nLogs: {logs}   Mail: {logs.parent / 'mail'}   Ctrl-C ends it", flush=True)
        desk.work()
    finally:
        end(desk.parts)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)  # it is ending: once is enough
    raise SystemExit(0)


def main() -> None:
    """Run until told to end, or do one command."""
    for number in ENDING:
        signal.signal(number, _leave)
    host, wanted = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
    folder = Path(os.environ.get("MPTF_DATA") or ROOT / "instance").resolve()
    if sys.argv[1:]:
        ours = settings(os.environ, folder, f"http://127.0.0.1:{wanted}")
        sys.exit(subprocess.run([*FLASK, *sys.argv[1:]], cwd=ROOT, env=ours, check=False).returncode)
    try:
        if not wanted.isdecimal():
            raise Trouble(f"PORT is a number such as 8000, not “{wanted}”.")
        port = int(wanted)
        require_free(host, port)
        run(host, port, settings(os.environ, folder, f"http://127.0.0.1:{port}"), folder / "logs")
    except Trouble as trouble:
        sys.exit(f"{trouble}")


if __name__ == "__main__":
    main()
