"""Read one uploaded table or workbook in a process of its own, whose memory no web worker keeps. Run by `apart`.

Writes JSON, one value a line: a list of the sheet's name and the remarks about it, a list for each row (of a workbook
that is read as a whole, the same for each sheet), and last an object: empty, or with the refusal that ended the
reading. Whatever the file is, the process ends before it takes the machine.
"""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mptf.core.errors import N_, RuleBroken
from mptf.paper.sheets import open_book, open_sheet
from mptf.paper.table import Row, Sheet

TOO_LARGE = N_("The table takes more memory than figures need. Copy it into a new workbook and upload that one.")

# openpyxl loads them where they are installed: 20 MB and half of the time, for what it is not asked here.
_UNUSED = ("numpy", "lxml")


# What is asked for: the table of a file, or all sheets of a workbook.
TABLE, BOOK = "table", "book"


def told(path: Path, what: str = TABLE) -> Iterator[list[Any] | dict[str, Any]]:
    """Yield what is written of a file."""
    try:
        if what == TABLE:
            with open_sheet(path) as sheet:
                yield from _told(sheet)
        else:
            with open_book(path) as sheets:
                for sheet in sheets:
                    yield from _told(sheet)
    except RuleBroken as refusal:
        yield {"template": refusal.template, "values": dict(refusal.values)}
    except MemoryError:
        yield {"template": TOO_LARGE, "values": {}}
    else:
        yield {}


def _told(sheet: Sheet) -> Iterator[list[Any]]:
    yield [sheet.name, [remark.plain() for remark in sheet.remarks]]
    yield from map(_plain, sheet.rows)


def _plain(row: Row) -> list[Any]:
    """Return a row as plain data; behind the text of a cell that cannot be used stands why."""
    cells = [[cell.text, cell.refusal] if cell.refusal else cell.text for cell in row.cells]
    return [row.number, cells, [problem.plain() for problem in row.problems]]


def bound(memory: int, seconds: int) -> None:
    """Let this process have so many bytes of memory and seconds of a processor, and not more."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str, memory: str, seconds: str, what: str = TABLE) -> None:
    """Write what a file holds to standard output."""
    bound(int(memory), int(seconds))
    sys.modules.update(dict.fromkeys(_UNUSED))  # type: ignore[arg-type]  # None: as if they were not there
    for value in told(Path(path), what):
        sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
