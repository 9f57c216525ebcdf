"""Comma-separated files: read as people's programs write them, and written so that nothing in them runs."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from mptf.core.errors import N_, RuleBroken
from mptf.paper.problems import Place, Problem, error, warning
from mptf.paper.table import MOST_COLUMNS, MOST_ROWS, Cell, Row, Sheet, letter, too_many_rows
from mptf.paper.values import KOSOVO_FOOTNOTE, Column, Value, mentions_kosovo, plain

WINDOWS_LETTERS = N_(
    "The file is not UTF-8 and was read as Windows-1252. Look at the accents; "
    "if one is wrong, save the table as “CSV UTF-8”."
)
UNREADABLE = N_("The letters of this file cannot be read. Save the table as “CSV UTF-8” and try again.")
BROKEN_ROW = N_("The row after row {row} cannot be read: {reason}. Look for a quotation mark that is not closed.")
TOO_MANY_COLUMNS = N_("The table has more than {most} columns. Upload the one table that is asked for.")
TOO_WIDE = N_(
    "The row has {found} cells, the head has {width}. Set a text that holds the separator in quotation marks."
)
TOO_NARROW = N_("The row has {found} cells, the head has {width}. Write every cell, also an empty one.")

# What a spreadsheet takes for the beginning of a formula or of a command: these signs, also in full width, and at
# the beginning of a cell what it takes away before it looks.
_SIGNS = r"=+\-@\uFF1D\uFF0B\uFF0D\uFF20"
# Where one would stand at the beginning of a cell: at that of ours, and behind what another program takes for the end
# of one, a quotation mark between them or not. Apostrophes count as well, so that a text is read as it was written.
_CELL_BEGINS = rf"(?:\A(?={{mark}}'*[{_SIGNS}\t\r\n])|(?<=[;\t\r\n])(?={{mark}}['\"]*[{_SIGNS}]))"
_TO_MARK = re.compile(_CELL_BEGINS.format(mark=""))
_MARKED = re.compile(_CELL_BEGINS.format(mark="'") + "'")


def neutral(text: str) -> str:
    """Return text that no spreadsheet takes for a formula: an apostrophe is set before every beginning of one.

    One stands at the beginning of the text, and also inside it behind a semicolon, a tab or the end of a line: where
    the semicolon is the local sign, our quotation marks keep nothing together.
    """
    return _TO_MARK.sub("'", text)


def written_as(text: str) -> str:
    """Return the text `neutral` made this of; one it did not make loses its apostrophes all the same."""
    return _MARKED.sub("", text) if "'" in text else text


def write_csv(out: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> int:
    """Write a table as UTF-8 CSV with a byte order mark; return the number of rows.

    Text is neutralised, numbers never are: -1500.00 keeps its sign. Units stand in the column head.
    """
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)  # a semicolon parts no cell where that is the local sign
    writer.writerow([neutral(column.head) for column in columns])
    count, kosovo = 0, False
    for row in rows:
        writer.writerow([_cell(value, column) for value, column in zip(row, columns, strict=True)])
        count, kosovo = count + 1, kosovo or any(map(mentions_kosovo, row))
    if kosovo:
        writer.writerow([KOSOVO_FOOTNOTE])
    text.detach()
    return count


def _cell(value: Value, column: Column) -> str:
    if value is None:
        return ""
    return neutral(value) if isinstance(value, str) else plain(value, column)


@contextmanager
def open_csv(path: Path) -> Iterator[Sheet]:
    """Open a CSV file: UTF-8 or, with a remark, Windows-1252; commas, semicolons or tabs."""
    encoding, remarks = _encoding(path)
    with path.open(encoding=encoding, newline="") as text:
        delimiter = _delimiter(text.readline())
        text.seek(0)
        yield Sheet("", _csv_rows(text, delimiter), remarks)


def _encoding(path: Path) -> tuple[str, list[Problem]]:
    if _decodes(path, "utf-8-sig"):
        return "utf-8-sig", []
    if _decodes(path, "cp1252"):
        return "cp1252", [warning(WINDOWS_LETTERS)]
    raise RuleBroken(UNREADABLE)


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as text:
            while text.read(1 << 16):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(first_line: str) -> str:
    """Return what parts the cells of the first line; a comma where nothing does."""
    return max(",;\t", key=lambda sign: (first_line.count(sign), sign == ","))


def _csv_rows(text: IO[str], delimiter: str) -> Iterator[Row]:
    """Yield the rows; one with too many or too few cells is refused at its first wrong cell."""
    width = 0
    lines = _Guarded(text, delimiter)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, values in enumerate(rows, start=1):
            if number > MOST_ROWS:
                raise too_many_rows()
            cells = [Cell(written_as(value).strip(), letter(index)) for index, value in enumerate(values, start=1)]
            width = width or len(cells)
            lines.signs = 0
            yield Row(number, cells, _wrong_width(number, cells, width) if cells else ())
    except csv.Error as mistake:
        raise RuleBroken(
            BROKEN_ROW,
            row=number, reason=str(mistake),
        ) from mistake  # fmt: skip


class _Guarded:
    """The lines of a text; a row of more cells than any table has is refused before they are made.

    A row may run over several lines, and its text hold the sign that parts cells: the reader of the rows
    sets `signs` back after each, and ten times the most columns are let through.
    """

    def __init__(self, text: IO[str], delimiter: str) -> None:
        self._text = text
        self._delimiter = delimiter
        self.signs = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self.signs += line.count(self._delimiter)
            if self.signs > 10 * MOST_COLUMNS:
                raise RuleBroken(TOO_MANY_COLUMNS, most=MOST_COLUMNS)
            yield line


def _wrong_width(number: int, cells: Sequence[Cell], width: int) -> Sequence[Problem]:
    if len(cells) == width:
        return ()
    at = Place("", number, letter(min(len(cells), width) + 1))
    return (error(TOO_WIDE if len(cells) > width else TOO_NARROW, at, found=len(cells), width=width),)
