"""Have PDF files others made looked at and put behind a document of ours, each time by a process of its own."""

import enum
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_MEMORY = 768 << 20
LONGEST_LOOK, LONGEST_BINDING = 20, 120  # seconds of a processor
LATEST = 2  # times as long by the clock

_BINDER = Path(__file__).with_name("binder.py")


class NotBoundError(Exception):
    """Files that were fine one by one do not make a document together."""


class Unfit(enum.Enum):
    """Why the pages of a file are not put behind a document."""

    PROTECTED = "protected"
    BROKEN = "broken"


@dataclass(frozen=True)
class Behind:
    """A file whose pages follow a page of the document, counted from 1."""

    path: Path
    after: int


def pages_of(path: Path) -> int | Unfit:
    """Return how many pages a PDF file adds to a document, or why it cannot be added."""
    told = _asked({"path": str(path)}, seconds=LONGEST_LOOK)
    if told is None:
        return Unfit.BROKEN
    return Unfit(told["why"]) if "why" in told else int(told["pages"])


def bind(base: Path, files: Sequence[Behind], out: Path) -> None:
    """Write a document with the pages of files into another file; the same files give the same bytes."""
    order = {"base": str(base), "files": [(str(one.path), one.after) for one in files], "out": str(out)}
    told = _asked(order, seconds=LONGEST_BINDING)
    if told is None or "why" in told:
        raise NotBoundError


def _asked(order: dict[str, Any], *, seconds: int) -> dict[str, Any] | None:
    """Return what a binder says; None where it was given up, or ended in the middle. It gets no environment."""
    command = [sys.executable, "-I", str(_BINDER)]
    told = json.dumps({**order, "memory": MOST_MEMORY, "seconds": seconds}).encode()
    try:
        done = subprocess.run(
            command, input=told, capture_output=True, env={}, timeout=LATEST * seconds, check=False
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    found: dict[str, Any] | None = json.loads(done.stdout) if done.returncode == 0 else None
    return found
