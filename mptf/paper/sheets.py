"""Read the table of an uploaded CSV file or workbook, row by row, each cell with its place.

Cells are text. A number of a workbook becomes the digits its maker saw: Excel keeps 15 significant
digits, so 2333254635.4299998 in the file is 2333254635.43, never a float's noise.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mptf.core.errors import N_, RuleBroken
from mptf.core.sentences import cut
from mptf.paper.delimited import open_csv
from mptf.paper.filekind import DAMAGED, FileKind, sniff
from mptf.paper.problems import Place, Problem, error, warning
from mptf.paper.table import MOST_COLUMNS, MOST_ROWS, Cell, Row, Sheet, letter, too_many_rows

if TYPE_CHECKING:
    from openpyxl.cell.read_only import EmptyCell, ReadOnlyCell
    from openpyxl.workbook.workbook import Workbook

MIDNIGHT = time()
EXCEL_DIGITS = ".15g"

_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s+ref=["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3}\d{1,7})["']""")
_MERGES_SHOWN = 20
_ZEROS = re.compile(r"0+")


@contextmanager
def open_sheet(path: Path) -> Iterator[Sheet]:
    """Open the table of a file for reading; refuse what is none with a sentence."""
    if sniff(path) is FileKind.CSV:
        with open_csv(path) as sheet:
            yield sheet
    else:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's remarks about parts that are not read here
            yield _open_workbook(stream)


def _open_workbook(stream: Any) -> Sheet:
    import openpyxl

    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not visible:
            raise RuleBroken(N_("The workbook has no visible sheet. Show the one with the table and save it."))
        chosen: Any = visible[0]
        chosen.reset_dimensions()  # a wrong dimension would add cells that are not there
        remarks = [*_other_sheets(book, chosen.title), *_merged(stream, chosen)]
    except (RuleBroken, MemoryError):
        raise
    except Exception as damage:  # a damaged part makes openpyxl raise whatever it meets
        raise RuleBroken(DAMAGED) from damage
    return Sheet(chosen.title, _workbook_rows(chosen), remarks)


def _other_sheets(book: "Workbook", chosen: str) -> Iterator[Problem]:
    for sheet in book.worksheets:
        if sheet.title != chosen:
            hidden = sheet.sheet_state != "visible"
            template = (
                N_("The sheet “{name}” is hidden and was not read; only “{chosen}” was.")
                if hidden
                else N_("The sheet “{name}” was not read; only the first one, “{chosen}”, was.")
            )
            yield warning(template, Place(sheet.title), name=sheet.title, chosen=chosen)


def _merged(stream: Any, sheet: Any) -> Iterator[Problem]:
    """Find merged cells in the text of the sheet: the read-only parser forgets them."""
    with zipfile.ZipFile(stream) as archive, archive.open(sheet._worksheet_path) as part:  # noqa: SLF001 - the reader has no public way to a sheet's part
        found = _MERGED.findall(part.read())
    for column, row, last in found[:_MERGES_SHOWN]:
        place = Place(sheet.title, int(row), column.decode())
        yield error(
            N_("The cells {first} to {last} are merged. Unmerge them, so that every row has its own cells."),
            place, first=f"{column.decode()}{int(row)}", last=last.decode(),
        )  # fmt: skip


def _workbook_rows(sheet: Any) -> Iterator[Row]:
    try:
        for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
            if number > MOST_ROWS:
                raise too_many_rows()
            yield Row(number, [_cell(cell, index) for index, cell in enumerate(_filled(cells), start=1)])
    except (RuleBroken, MemoryError):
        raise
    except Exception as damage:  # see `_open_workbook`
        raise RuleBroken(DAMAGED) from damage


def _filled(cells: "Sequence[ReadOnlyCell | EmptyCell]") -> "Sequence[ReadOnlyCell | EmptyCell]":
    """Return the cells up to the last one that holds something."""
    last = next((i for i in range(len(cells), 0, -1) if cells[i - 1].value is not None), 0)
    return cells[:last]


def _cell(cell: Any, index: int) -> Cell:
    column, value = letter(index), cell.value
    if value is None:
        return Cell("", column)
    if cell.data_type == "f":
        return Cell(_formula(value), column, _FORMULA)
    if cell.data_type == "e":
        return Cell(str(value), column, _ERROR_VALUE)
    return Cell(_text(value, cell), column)


_FORMULA = N_("The cell holds a formula, {text}. Copy the table, paste it as values only and upload that.")
_ERROR_VALUE = N_("The cell holds the error {text}. Correct it in the workbook and upload it again.")


def _formula(value: Any) -> str:
    return cut(str(getattr(value, "text", value) or ""))


def _text(value: Any, cell: Any) -> str:
    """Return what the maker of the workbook saw in the cell."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        shown = cell.number_format or ""
        return str(value).zfill(len(shown)) if _ZEROS.fullmatch(shown) else str(value)
    if isinstance(value, float):
        return digits_seen(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == MIDNIGHT else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def digits_seen(value: float) -> str:
    """Return a workbook's number with the 15 significant digits its program keeps."""
    seen = Decimal(format(value, EXCEL_DIGITS))
    return format(seen, "f") if seen.is_finite() else str(value)
