"""Have an uploaded table read by a process of its own (`reader`), and take its rows as they come.

A web worker loads no parser, and outlives whatever a file does to the process that reads it.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from mptf.core.errors import N_, RuleBroken
from mptf.paper.problems import Problem
from mptf.paper.table import Cell, Row, Sheet, letter

MOST_MEMORY = 768 << 20  # the longest workbook that is read takes a third of it
LONGEST = 120  # seconds of a processor; the longest workbook takes 20
LONGEST_LINE = 4 << 20

TOO_SLOW = N_("Reading the table took too long and was given up. Copy it into a new workbook and upload that one.")
BROKEN_OFF = N_("Reading the table broke off. Upload it again; if that does not help, save it as “CSV UTF-8” first.")
LONG_ROW = N_("The row after row {row} holds more text than a row of figures does. Shorten its cells.")

_ROOT = Path(__file__).resolve().parents[2]
_READER = (sys.executable, "-E", "-s", "-m", "mptf.paper.reader")


@contextmanager
def open_apart(path: Path, *, memory: int = MOST_MEMORY, seconds: int = LONGEST) -> Iterator[Sheet]:
    """Open the table of a file as `sheets.open_sheet` does; at the end of the block the reading ends, wherever it is.

    The process gets no environment: what parses the files of others knows no secret of this installation.
    """
    with _reading(path, str(memory), str(seconds)) as told:
        name, remarks = next(told)
        yield Sheet(name, map(_row, told), [Problem.of(remark) for remark in remarks])


def read_book(path: Path) -> list[Sheet]:
    """Return the visible sheets of a workbook as `sheets.open_book` reads them, with their rows."""
    sheets: list[tuple[Sheet, list[Row]]] = []
    with _reading(path, str(MOST_MEMORY), str(LONGEST), "book") as told:
        for value in told:
            if isinstance(value[0], str):
                rows: list[Row] = []
                sheets.append((Sheet(value[0], iter(()), [Problem.of(remark) for remark in value[1]]), rows))
            else:
                sheets[-1][1].append(_row(value))
    return [replace(sheet, rows=iter(rows)) for sheet, rows in sheets]


@contextmanager
def _reading(path: Path, *asked: str) -> Iterator[Iterator[list[Any]]]:
    """Start a reader, and yield what it tells; it ends with the block."""
    command = [*_READER, str(path.resolve()), *asked]
    with subprocess.Popen(command, cwd=_ROOT, env={}, stdout=subprocess.PIPE) as process:
        try:
            yield _told(process)
        finally:
            process.kill()


def _told(process: "subprocess.Popen[bytes]") -> Iterator[list[Any]]:
    """Yield the lists a reader writes; raise the refusal it ends with, or what its end means if it says none."""
    assert process.stdout  # noqa: S101 - it was asked for
    number = 0
    while isinstance(value := _value(process.stdout, number), list):
        yield value
        number = value[0] if isinstance(value[0], int) else number
    if value is None:
        raise RuleBroken(TOO_SLOW if process.wait() == -signal.SIGXCPU else BROKEN_OFF)
    if value:
        raise RuleBroken(value["template"], **value["values"])


def _value(out: IO[bytes], number: int) -> Any:
    """Return the next value; None where the reader ended in the middle."""
    line = out.readline(LONGEST_LINE)
    if line.endswith(b"\n"):
        return json.loads(line)
    if len(line) == LONGEST_LINE:
        raise RuleBroken(LONG_ROW, row=number)
    return None


def _row(plain: list[Any]) -> Row:
    number, cells, problems = plain
    return Row(number, [_cell(one, at) for at, one in enumerate(cells, 1)], [Problem.of(one) for one in problems])


def _cell(plain: str | list[str], at: int) -> Cell:
    text, refusal = (plain, None) if isinstance(plain, str) else plain
    return Cell(text, letter(at), refusal)
