"""Read the table of an uploaded CSV file or workbook, or every sheet of a workbook, each cell with its place.

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
from itertools import repeat, zip_longest
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

# A workbook that is read as a whole is a form somebody filled in, and no table of thousands.
MOST_SHEETS = 60
MOST_ROWS_OF_A_FORM = 1_000

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


@contextmanager
def open_book(path: Path) -> Iterator[Iterator[Sheet]]:
    """Open every visible sheet of a workbook for reading, one after the other; a formula is the value kept with it."""
    if sniff(path) is FileKind.CSV:
        raise RuleBroken(NO_WORKBOOK)
    with path.open("rb") as stream, path.open("rb") as again, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # see `open_sheet`
        yield _sheets(stream, again)


def _open_workbook(stream: Any) -> Sheet:
    with _damage_told():
        book = _loaded(stream)
        chosen = _visible(book)[0]
        chosen.reset_dimensions()  # a wrong dimension would add cells that are not there
        remarks = [*_other_sheets(book, chosen.title), *_merged(stream, chosen)]
    return Sheet(chosen.title, _workbook_rows(chosen), remarks)


def _sheets(stream: Any, again: Any) -> Iterator[Sheet]:
    """Yield the sheets of a workbook that was opened twice: for its formulas, and for their values."""
    with _damage_told():
        book, computed = _loaded(stream), _loaded(again, values=True)
        for chosen in _visible(book)[:MOST_SHEETS]:
            values = computed[chosen.title]
            chosen.reset_dimensions()
            values.reset_dimensions()
            rows = _workbook_rows(chosen, values, most=MOST_ROWS_OF_A_FORM)
            yield Sheet(chosen.title, rows, list(_merged(stream, chosen)))


def _loaded(stream: Any, *, values: bool = False) -> "Workbook":
    import openpyxl

    return openpyxl.load_workbook(stream, read_only=True, data_only=values, keep_links=False)


def _visible(book: "Workbook") -> list[Any]:
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not visible:
        raise RuleBroken(N_("The workbook has no visible sheet. Show the one with the table and save it."))
    return visible


@contextmanager
def _damage_told() -> Iterator[None]:
    """Say of whatever openpyxl raises on a damaged part that the workbook is damaged."""
    try:
        yield
    except (RuleBroken, MemoryError):
        raise
    except Exception as damage:
        raise RuleBroken(DAMAGED) from damage


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


def _workbook_rows(sheet: Any, values: Any = None, most: int = MOST_ROWS) -> Iterator[Row]:
    """Yield the rows of a sheet; with `values`, the same sheet read for its values, a formula is what it computed."""
    with _damage_told():
        computed = values.iter_rows(max_col=MOST_COLUMNS) if values else repeat(())
        rows = zip(sheet.iter_rows(max_col=MOST_COLUMNS), computed, strict=False)
        for number, (cells, results) in enumerate(rows, start=1):
            if number > most:
                raise too_many_rows(most)
            filled = _filled(cells)
            pairs = zip_longest(filled, results[: len(filled)])
            yield Row(number, [_cell(cell, index, result) for index, (cell, result) in enumerate(pairs, start=1)])


def _filled(cells: "Sequence[ReadOnlyCell | EmptyCell]") -> "Sequence[ReadOnlyCell | EmptyCell]":
    """Return the cells up to the last one that holds something."""
    last = next((i for i in range(len(cells), 0, -1) if cells[i - 1].value is not None), 0)
    return cells[:last]


def _cell(cell: Any, index: int, computed: Any = None) -> Cell:
    """Return a cell; `computed` is the same one with the value of its formula."""
    column, value = letter(index), cell.value
    if value is None:
        return Cell("", column)
    if cell.data_type == "f":
        if computed is not None and computed.value is not None:
            return _cell(computed, index)
        return Cell(_formula(value), column, _FORMULA if computed is None else _NOT_COMPUTED)
    if cell.data_type == "e":
        return Cell(str(value), column, _ERROR_VALUE)
    return Cell(_text(value, cell), column)


_FORMULA = N_("The cell holds a formula, {text}. Copy the table, paste it as values only and upload that.")
_NOT_COMPUTED = N_(
    "The cell holds a formula without a value, {text}. Open the workbook in Excel or LibreOffice, save it there and "
    "upload it again, or write the amount."
)
_ERROR_VALUE = N_("The cell holds the error {text}. Correct it in the workbook and upload it again.")
NO_WORKBOOK = N_("This is no workbook. Save it as an Excel workbook (.xlsx) and upload that.")


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
