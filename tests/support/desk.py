"""The whole desk as a new user gets it: `make run` in a folder of its own, with web server and jobs."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
SIGN_IN = re.compile(r"^ *(?P<role>[\w ]+?) {2,}(?P<email>\S+@example\.org) +(?P<password>\S+)$", re.MULTILINE)
# What this run set for itself, or make for it, must not reach the new user's desk.
STRANGE = ("MPTF_", "SECRET_KEY", "DATABASE_URL", "BASE_URL", "PYTEST_", "MAKE", "MFLAGS")


@dataclass(frozen=True)
class Desk:
    """A running desk and what it printed."""

    url: str
    folder: Path
    printed: str

    @property
    def sign_ins(self) -> dict[str, tuple[str, str]]:
        """Return address and password by the name of the role."""
        return {m["role"]: (m["email"], m["password"]) for m in SIGN_IN.finditer(self.printed)}

    def letter(self, to: str) -> str:
        """Return the newest mail to an address; the demonstration writes mail into its folder."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            letters = sorted(self.folder.glob("mail/*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
            for letter in letters:
                text = letter.read_text("utf-8")
                if f"To: {to}" in text or f"<{to}>" in text:
                    return text
            time.sleep(0.2)
        raise AssertionError(f"no mail to {to}")

    def flask(self, *arguments: str, folder: Path | None = None) -> str:
        """Run a command of the operator in this installation, or in the one of another folder."""
        settings = {
            "MPTF_ENV": "demo", "SECRET_KEY": (self.folder / "secret_key").read_text(), "BASE_URL": self.url,
        }  # fmt: skip
        return self._run([sys.executable, "-m", "flask", "--app", "wsgi", *arguments], folder, settings)

    def make(self, *arguments: str, folder: Path | None = None) -> str:
        """Type `make …` about this installation, or about the one in another folder, with nothing set."""
        return self._run(["make", *arguments], folder, {})

    def _run(self, command: list[str], folder: Path | None, settings: dict[str, str]) -> str:
        environment = {**clean(), **settings, "MPTF_DATA": str(folder or self.folder)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def clean() -> dict[str, str]:
    """Return the environment of somebody who has set nothing."""
    return {name: value for name, value in os.environ.items() if not name.startswith(STRANGE)}


def free_port() -> int:
    """Return a port nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def running(folder: Path) -> Iterator[Desk]:
    """Type `make run` and wait until it has said everything."""
    port, log = free_port(), folder.with_suffix(".log")
    with log.open("w") as out:
        process = subprocess.Popen(
            ["make", "run", f"PORT={port}"], cwd=ROOT, env={**clean(), "MPTF_DATA": str(folder)}, stdout=out,
            stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    try:
        yield Desk(f"http://127.0.0.1:{port}", folder, _printed(process, log))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _printed(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while "Ctrl-C ends it" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return log.read_text()
