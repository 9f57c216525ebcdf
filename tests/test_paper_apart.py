"""A table is read by a process of its own: as here, word for word, and whatever becomes of that process is said."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from werkzeug.test import TestResponse

from mptf.core.errors import RuleBroken
from mptf.paper import apart
from mptf.paper.apart import BROKEN_OFF, LONG_ROW, TOO_SLOW, open_apart, read_book
from mptf.paper.reader import TOO_LARGE
from mptf.paper.sheets import open_book, open_sheet
from mptf.paper.table import Row, Sheet
from mptf.policy import Role
from tests.factories import Make
from tests.support.posting import post
from tests.test_paper_reading import OOXML, archive, workbook

pytestmark = pytest.mark.one_engine

RATES = b"Currency,Valid from,Units per US dollar\nEUR,1 Jan 2026,0.921\n"


def odd(book: Any) -> None:
    """Merge cells, and add a sheet that is hidden."""
    book.active.merge_cells("A4:B4")
    book.create_sheet("Notes").sheet_state = "hidden"


FILES = {
    "a table of Windows, its rows of different widths": "Agency;Amount\nÉtat;1;2\n\nx\n".encode("cp1252"),
    "a workbook of everything": workbook(["Code", 1], ["=A1", None], ["#N/A", 2.675], ["007", True], change=odd),
    "a quotation mark that is not closed": b'Agency,Amount\nx,1\n"y,2\n',
    "another kind of file": b"%PDF-1.7 x",
    "a bomb": archive(**OOXML, **{"xl/big.xml": b" " * (30 << 20)}),
    "a damaged workbook": archive(**OOXML, **{"xl/worksheets/sheet1.xml": b"<a/>"}),
}


def said(way: Callable[[Path], AbstractContextManager[Sheet]], path: Path) -> list[Any]:
    """Return everything a way of reading tells of a file."""
    told: list[Any] = []
    try:
        with way(path) as sheet:
            told += [sheet.name, *sheet.remarks]
            told += [Row(row.number, list(row.cells), list(row.problems)) for row in sheet.rows]
    except RuleBroken as refusal:
        told += [refusal.template, dict(refusal.values)]
    return told


def test_a_book_is_told_as_by_reading_it_here(tmp_path: Path) -> None:
    def two(book: Any) -> None:
        book.create_sheet("Two").append(["b", 12000.5, "=1+1"])
        book["Two"].merge_cells("A4:B4")

    path = tmp_path / "a-blob"
    path.write_bytes(workbook(["a", 1], [None, "c"], change=two))
    with open_book(path) as sheets:
        here = [(sheet.name, sheet.remarks, [list(row.cells) for row in sheet.rows]) for sheet in sheets]
    apart = [(sheet.name, sheet.remarks, [list(row.cells) for row in sheet.rows]) for sheet in read_book(path)]
    assert apart == here
    assert [name for name, _, _ in apart] == ["Sheet", "Two"]
    path.write_bytes(FILES["a bomb"])
    with pytest.raises(RuleBroken, match="unpacks to far more"):
        read_book(path)


@pytest.mark.parametrize("what", FILES)
def test_the_same_is_said_of_a_file_as_by_reading_it_here(tmp_path: Path, what: str) -> None:
    path = tmp_path / "a-blob"
    path.write_bytes(FILES[what])
    assert said(open_apart, path) == said(open_sheet, path) != []


def test_memory_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "one-line"
    path.write_bytes(b"x" * (100 << 20))
    with pytest.raises(RuleBroken) as refused, open_apart(path, memory=64 << 20):
        pass
    assert refused.value.template == TOO_LARGE


def test_time_has_an_end(tmp_path: Path) -> None:
    path = tmp_path / "wide"
    path.write_bytes((b"1," * 255 + b"1\n") * 100_000)
    with pytest.raises(RuleBroken) as refused, open_apart(path, seconds=1) as sheet:
        for _ in sheet.rows:
            pass
    assert refused.value.template == TOO_SLOW


def test_a_reader_that_is_killed_is_said_and_one_that_is_left_ends(tmp_path: Path) -> None:
    path = tmp_path / "long"
    path.write_bytes(b"Currency,Rate\n" + b"EUR,0.921\n" * 100_000)
    with open_apart(path) as sheet:
        assert next(sheet.rows).number == 1
        [reader] = [one for one in psutil.Process().children() if str(path) in one.cmdline()]
        reader.kill()
        with pytest.raises(RuleBroken) as refused:
            list(sheet.rows)
    assert refused.value.template == BROKEN_OFF
    with open_apart(path) as sheet:
        assert next(sheet.rows).number == 1
    assert not [one for one in psutil.Process().children() if str(path) in one.cmdline()]


def test_a_row_that_no_worker_should_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "LONGEST_LINE", 1000)
    path = tmp_path / "long-row"
    path.write_text("Currency,Note\nEUR," + "x" * 2000 + "\n")
    with pytest.raises(RuleBroken) as refused, open_apart(path) as sheet:
        list(sheet.rows)
    assert (refused.value.template, refused.value.values) == (LONG_ROW, {"row": 1})


def test_a_reader_is_told_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of this installation")
    tells = "import json, os; print(json.dumps([' '.join([*os.environ, *os.environ.values()]), []])); print('{}')"
    monkeypatch.setattr(apart, "_READER", (sys.executable, "-c", tells))
    with open_apart(tmp_path) as sheet:
        assert "SECRET_KEY" not in sheet.name
        assert "a secret" not in sheet.name


def test_a_reader_that_breaks_is_a_sentence_on_each_page(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    client = make.client(Role.SECRETARIAT_OFFICER, make.fund())

    def upload() -> TestResponse:
        return post(client, "/f/SLW00/rates/import", file=(BytesIO(RATES), "rates.csv"), source="unore")

    kept = upload().location
    monkeypatch.setattr(apart, "_READER", (sys.executable, "-c", "print('[\"Sheet1\", []]', end='')"))
    assert "Reading the table broke off." in client.get(kept).text
    refused = upload()
    assert refused.status_code == 422
    assert "Reading the table broke off." in refused.text
