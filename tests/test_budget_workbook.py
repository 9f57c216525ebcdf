"""The workbook of a budget: taken, filled in elsewhere, and read again with what is wrong at its cells."""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mptf.budgets import grid as grids
from mptf.budgets.amounts import typed
from mptf.budgets.filled import FilledIn, changes, read_workbook
from mptf.budgets.grid import Grid, Office
from mptf.budgets.sheets import NOTES, Taken, sheets_of
from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.paper.workbook import write_workbook
from tests.test_paper_reading import OOXML, archive, computed

pytestmark = pytest.mark.one_engine

ALBANIA = Office("aaa", "UNDP Albania", "undp", "UNDP", 700)
KOSOVO = Office("kkk", "UNDP Kosovo*", "undp", "UNDP", 700)
GRID = Grid((ALBANIA, KOSOVO), 2, "USD")
PROPOSAL = "ppp"
FULL = {field: f"{number * 100}" for number, field in enumerate(sorted(GRID.fields))}
FIRST, LAST = 7, 13  # the rows of the categories

Change = Callable[[Any], None]
Back = Callable[..., FilledIn]


def taken(content: Mapping[str, str], grid: Grid = GRID, version: int = 12) -> bytes:
    out = io.BytesIO()
    source = Taken(PROPOSAL, "P03 Secure storage", version, "28 Nov 2026, 10:42 Europe/Belgrade")
    sheets = sheets_of(grids.read(content, grid), content, source)
    write_workbook(out, sheets, title="Budget", source="Demo", made_at=datetime(2026, 11, 28, tzinfo=UTC))
    return out.getvalue()


@pytest.fixture
def back(tmp_path: Path) -> Back:
    """Bring a workbook back that was filled in."""

    def bring(change: Change | None = None, *, content: Mapping[str, str] = FULL, grid: Grid = GRID) -> FilledIn:
        path = tmp_path / "a-blob"
        book = openpyxl.load_workbook(io.BytesIO(taken(content)))
        if change:
            change(book)
        book.save(path)
        return read_workbook(path, grid, PROPOSAL)

    return bring


def said(filled: FilledIn) -> list[str]:
    """Return what is wrong, each sentence with the cell it stands at."""
    return [
        f"{problem.place.sheet} {problem.place.column or ''}{problem.place.row or ''}: {problem}"
        for problem in filled.problems.in_order()
    ]


def test_a_sheet_for_each_office_has_numbers_and_formulas() -> None:
    book = openpyxl.load_workbook(
        io.BytesIO(taken({**FULL, "b.aaa.1.1": "12k", "b.aaa.2.1": "1,000.50", "b.aaa.1.2": ""}))
    )
    assert book.sheetnames == ["1 UNDP Albania", "Office 2", NOTES], "no sheet can be called by an asterisk"
    page = book["1 UNDP Albania"]
    assert [page[f"A{row}"].value for row in range(1, 5)] == [
        "Budget of UNDP Albania",
        "P03 Secure storage",
        "Version 12 of the budget, taken on 28 Nov 2026, 10:42 Europe/Belgrade",
        "Reference: ppp 12 aaa. The import finds the office by it: leave this line as it is.",
    ]
    assert [cell.value for cell in page[6]] == ["Category", "Year 1 (USD)", "Year 2 (USD)", "Total (USD)"]
    assert [cell.value for cell in page[FIRST]] == ["1 Staff and other personnel costs", "12k", 1000.5, "=SUM(B7:C7)"]
    assert page["B8"].value is None
    assert page["B9"].value == 200
    assert [cell.value for cell in page[14]] == ["Direct sub-total", "=SUM(B7:B13)", "=SUM(C7:C13)", "=SUM(D7:D13)"]
    assert page["D15"].value == "=ROUND(D14*700/10000,2)"
    assert page["D16"].value == "=D14+D15"
    assert page.auto_filter.ref is None


def test_what_its_formulas_say_is_what_the_page_says() -> None:
    values = openpyxl.load_workbook(io.BytesIO(taken(FULL)), data_only=True)["1 UNDP Albania"]
    sums = grids.read(FULL, GRID).offices["aaa"]
    assert values["B14"].value == float(sums.by_year[1].decimal)
    assert values["D15"].value == float(sums.indirect.decimal)
    assert values["D16"].value == float(sums.total.decimal)


def test_a_workbook_that_was_not_touched_changes_nothing(back: Back) -> None:
    content = {**FULL, "b.aaa.1.1": "1,000.50", "b.aaa.1.2": "0.10", "b.kkk.2.7": "", "b.kkk.2.6": "99999999999.99"}
    filled = back(content=content)
    assert said(filled) == []
    assert filled.version == 12
    assert set(filled.texts) == GRID.fields
    assert changes(content, filled, GRID) == {}


def test_what_is_no_amount_goes_along_as_text_and_is_named_when_it_comes_back(back: Back) -> None:
    filled = back(content={**FULL, "b.aaa.2.5": "12k"})
    assert said(filled) == ["1 UNDP Albania C11: “12k” is not an amount. Write 12000 or 12,000."]
    assert "b.aaa.2.5" not in filled.texts
    assert not filled.unusable


def test_amounts_come_back_as_somebody_types_them(back: Back) -> None:
    def fill(book: Any) -> None:
        page = book["1 UNDP Albania"]
        page["B7"], page["B8"], page["B9"], page["C9"] = 12000, 1234.5, "7,500.00", None

    filled = back(fill)
    assert changes(FULL, filled, GRID) == {
        "b.aaa.1.1": "12,000", "b.aaa.1.2": "1,234.50", "b.aaa.1.3": "7,500", "b.aaa.2.3": "",
    }  # fmt: skip


def test_rows_and_columns_may_stand_elsewhere(back: Back) -> None:
    def move(book: Any) -> None:
        page = book["1 UNDP Albania"]
        page.insert_rows(9, 2)
        page["A9"], page["B9"] = "2.1 of these, uniforms", 5
        page.insert_cols(2)
        page["B6"] = "Basis"
        book.move_sheet("Office 2", -1)
        book["Office 2"].title = "Prishtina"
        book.create_sheet("Workings")["A1"] = "1 Staff, day rates"

    filled = back(move)
    assert said(filled) == ["Workings : The sheet “Workings” was not read: it has no line “Reference: …”."]
    assert changes(FULL, filled, GRID) == {}


def test_every_cell_that_cannot_be_read_is_named_with_what_to_do(back: Back) -> None:
    def spoil(book: Any) -> None:
        page = book["Office 2"]
        page["B7"], page["B8"], page["B9"], page["B10"], page["B11"] = -5, "tbd", 100 / 3, "=B7*2", True

    filled = back(spoil)
    assert said(filled) == [
        "Office 2 B7: “-5” is below 0. A budget has no negative amounts: write what is planned, or 0.",
        (
            "Office 2 B8: “tbd” is not an amount. Write digits with a point before the cents, such as 12000 or "
            "12,000.50."
        ),
        (
            "Office 2 B9: “33.3333333333333” has more digits than USD has cents. Round it in the workbook, such as "
            "=ROUND(…, 2)."
        ),
        (
            "Office 2 B10: The cell holds a formula without a value, =B7*2. Open the workbook in Excel or LibreOffice, "
            "save it there and upload it again, or write the amount."
        ),
        (
            "Office 2 B11: “TRUE” is not an amount. Write digits with a point before the cents, such as 12000 or "
            "12,000.50."
        ),
    ]
    assert not filled.unusable
    assert {f"b.kkk.1.{category}" for category in range(1, 6)}.isdisjoint(filled.texts)


def test_a_formula_counts_with_the_value_its_program_computed(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(taken(FULL)))
    book["1 UNDP Albania"]["B7"] = "=ROUND(12*1250.5,2)"
    out = io.BytesIO()
    book.save(out)
    path = tmp_path / "a-blob"
    path.write_bytes(computed(out.getvalue(), {"B7": "15006"}))
    filled = read_workbook(path, GRID, PROPOSAL)
    assert said(filled) == []
    assert changes(FULL, filled, GRID) == {"b.aaa.1.1": "15,006"}


def put(cell: str, text: str) -> Change:
    return lambda page: page.__setitem__(cell, text)


@pytest.mark.parametrize(
    "change, sentence",
    [
        (lambda page: page.merge_cells("B7:C7"), "1 UNDP Albania B7: The cells B7 to C7 are merged. Unmerge them"),
        (lambda page: page.delete_cols(3), "1 UNDP Albania : There is no column “Year 2”. Name it as it was."),
        (lambda page: page.delete_rows(11), "1 UNDP Albania : There is no row “5 Travel”. Name it as it was."),
        (put("C6", "Year 1"), "1 UNDP Albania C6: There are two columns “Year 1”. Keep one."),
        (put("A8", "1 Again"), "1 UNDP Albania A8: There are two rows of category 1. Keep one."),
        (lambda page: page.delete_rows(6), "1 UNDP Albania : There is no row with the heads “Year 1” and so on."),
        (put("A4", "Reference: ppp 12 kkk."), "Office 2 : The sheet “Office 2” is of the same office as the sheet “1"),
    ],
)
def test_a_sheet_that_is_not_as_it_was_cannot_be_used(back: Back, change: Change, sentence: str) -> None:
    filled = back(lambda book: change(book["1 UNDP Albania"]))
    assert filled.unusable
    assert any(one.startswith(sentence) for one in said(filled)), said(filled)


def test_offices_and_years_that_went_meanwhile_are_left_out_with_a_word(back: Back) -> None:
    third = Office("ttt", "UNODC Vienna", "unodc", "UNODC", 700)
    filled = back(grid=Grid((ALBANIA, third), 1, "USD"))
    assert said(filled) == [
        "Office 2 : The office of the sheet “Office 2” does not take part any more. The sheet was not read.",
        " : There is no sheet of UNODC Vienna. Its amounts stay as they are.",
        "1 UNDP Albania C6: The project has no year 2. Its column was not read.",
    ]
    assert not filled.unusable
    assert set(filled.texts) == {f"b.aaa.1.{category}" for category in range(1, 8)}


def test_the_oldest_version_is_the_one_a_workbook_was_taken_over(back: Back) -> None:
    assert back(lambda book: book["Office 2"].__setitem__("A4", "Reference: ppp 9 kkk.")).version == 9


def other_proposal(path: Path) -> None:
    path.write_bytes(taken(FULL))
    book = openpyxl.load_workbook(path)
    book["Office 2"]["A4"] = "Reference: qqq 12 kkk."
    book.save(path)


def plain_workbook(path: Path) -> None:
    openpyxl.Workbook().save(path)


def of_bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (plain_workbook, "This is not a workbook of this budget: no sheet has its line “Reference: …”."),
        (other_proposal, "This workbook was taken from another proposal."),
        (of_bytes(b"MZ\x90\0" + bytes(200)), "This file (EXE) is not a table."),
        (of_bytes(b"Year 1,Year 2\n1,2\n"), "This is no workbook. Save it as an Excel workbook (.xlsx)"),
        (of_bytes(archive(**OOXML, **{"xl/big.xml": b" " * (30 << 20)})), "The workbook unpacks to far more than"),
        (of_bytes(archive(**OOXML, **{"xl/worksheets/sheet1.xml": b"<a/>"})), "The workbook is damaged"),
        (of_bytes(b""), "The file is empty."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_workbook_of_this_budget_is_refused(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "budget.xlsx"
    make(path)
    with pytest.raises(RuleBroken) as refused:
        read_workbook(path, GRID, PROPOSAL)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    "minor, text", [(0, "0"), (5, "0.05"), (1_200_000, "12,000"), (1_200_050, "12,000.50"), (100_000_000, "1,000,000")]
)
def test_an_amount_is_written_as_somebody_types_it(minor: int, text: str) -> None:
    assert typed(Money(minor, "USD")) == text
