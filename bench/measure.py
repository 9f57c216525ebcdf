"""How a measurement is taken and printed."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.support.desk import ROOT, SIGN_IN, clean, free_port

PATIENCE = 120.0


@dataclass(frozen=True)
class Figure:
    """One measured figure beside the limit it is held against; None where nothing could be measured.

    `seed` is that of what was measured on; None where nothing in it is random.
    """

    id: str
    verdict: str
    figure: float | None
    limit: float
    unit: str
    engine: str
    seed: int | None
    commit: str


@dataclass(frozen=True)
class Measurement:
    """How a figure is measured, the most it may be in its unit, and on which engine and seed it is taken."""

    measure: Callable[[], float]
    limit: float
    unit: str
    engine: str = "sqlite"  # what `make run` uses in a folder of its own
    seed: int | None = None


def take(name: str, measurement: Measurement) -> Figure:
    """Take a measurement: at most the limit is a pass; a desk that does not answer fails, with its reason beside."""
    value = None
    try:
        value = round(measurement.measure(), 2)
    except OSError as error:
        sys.stderr.write(f"{name}: {error}\n")
    verdict = "pass" if value is not None and value <= measurement.limit else "fail"
    return Figure(
        name, verdict, value, measurement.limit, measurement.unit, measurement.engine, measurement.seed, commit()
    )


def show(figure: Figure) -> None:
    """Print a figure as one JSON line."""
    sys.stdout.write(json.dumps(asdict(figure)) + "\n")
    sys.stdout.flush()


def commit() -> str:
    """Return the commit that was measured; `-dirty` says that the tree held more than it."""
    asked = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextmanager
def desk(
    data: Path, *, root: Path = ROOT, make: bool = True, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[str, float, int]]:
    """Run the desk; give its address, the seconds until its first answer, and its process id."""
    port = free_port()
    command = ["make", "run", f"PORT={port}"] if make else [sys.executable, "-m", "tools.run"]
    environment = {**clean(), **(settings or {}), "MPTF_DATA": str(data), "PORT": str(port)}
    began = time.monotonic()
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        url = f"http://127.0.0.1:{port}"
        yield url, _first_answer(url, began, process), process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def sign_ins(data: Path) -> dict[str, tuple[str, str]]:
    """Fill a folder with the demonstration; return address and password by the name of the role, as it prints them."""
    prepare = [sys.executable, "-m", "tools.run", "prepare"]
    environment = {**clean(), "MPTF_DATA": str(data)}
    printed = subprocess.run(prepare, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    return {found["role"]: (found["email"], found["password"]) for found in SIGN_IN.finditer(printed)}


def workers(pid: int) -> list[psutil.Process]:
    """Return the web workers below a process: the children of the web server."""
    below = psutil.Process(pid).children(recursive=True)
    servers = {process.pid: parent for process in below if (parent := _server(process))}
    return [process for process in below if servers.get(process.pid) in servers]


def _server(process: psutil.Process) -> int | None:
    """Return the parent of a process of the web server; None for another, and for one that has ended."""
    try:
        return process.ppid() if "gunicorn" in " ".join(process.cmdline()) else None
    except psutil.NoSuchProcess:
        return None


def _first_answer(url: str, began: float, process: "subprocess.Popen[bytes]") -> float:
    while process.poll() is None and time.monotonic() - began < PATIENCE:
        try:
            with urllib.request.urlopen(f"{url}/funds/SLW00", timeout=5):  # noqa: S310 - our own desk
                return time.monotonic() - began
        except OSError:
            time.sleep(0.02)
    raise TimeoutError("the desk does not answer")
