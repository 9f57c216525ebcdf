"""Uploaded tables: what is read, what is refused, and where the sentence stands."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.paper.filekind import DAMAGED, OLD_OFFICE, PASSWORD, FileKind, sniff
from mptf.paper.headings import read_table
from mptf.paper.problems import Problem
from mptf.paper.sheets import MOST_ROWS_OF_A_FORM, digits_seen, open_book, open_sheet
from mptf.paper.table import Heading, Record, letter

HEADINGS = (Heading("code", "Agency code"), Heading("amount", "AMOUNT"), Heading("note", "Note", required=False))


@pytest.fixture
def upload(tmp_path: Path) -> Callable[[bytes | str], Path]:
    def keep(content: bytes | str) -> Path:
        path = tmp_path / "a-blob-without-a-name"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return keep


Upload = Callable[[bytes | str], Path]


def workbook(*rows: list[Any], change: Callable[[Any], None] | None = None) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(path: Path) -> tuple[list[dict[str, str]], list[Problem]]:
    with open_sheet(path) as sheet:
        table = read_table(sheet, HEADINGS)
        records: list[Record] = list(table.records)
    problems = [*table.problems, *(problem for record in records for problem in record.problems)]
    return [{key: cell.text for key, cell in record.cells.items()} for record in records], problems


def sentences(problems: list[Problem]) -> list[str]:
    return [f"{p.place.column or ''}{p.place.row or ''}: {p}" for p in problems]


# What a file is


SAVE_AS = "Save the table as CSV or as a workbook (.xlsx)."
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


@pytest.mark.parametrize(
    "content,sentence",
    [
        (b"", "The file is empty."),
        (b"  \n", "The file is empty."),
        (b"%PDF-1.7\n%\xe2\xe3", f"This file (PDF) is not a table. {SAVE_AS}"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", f"This file (PNG) is not a table. {SAVE_AS}"),
        (b"\xff\xfea\0", "The file is UTF-16 text. Save it as “CSV UTF-8” and try again."),
        (b"code\0amount", f"This is no table this system can read. {SAVE_AS}"),
        (b"<!DOCTYPE html><table>", f"This file (HTML or XML) is not a table. {SAVE_AS}"),
        (b"PK\x03\x04 cut off", DAMAGED),
        (OLE + bytes(600), OLD_OFFICE),
        (OLE + "EncryptedPackage".encode("utf-16-le"), PASSWORD),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(upload: Upload, content: bytes, sentence: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        sniff(upload(content))
    assert str(refusal.value) == sentence


def test_the_kind_is_decided_by_content(upload: Upload) -> None:
    assert sniff(upload("code;amount\n1;2\n")) is FileKind.CSV
    assert sniff(upload(workbook(["code"]))) is FileKind.XLSX


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return out.getvalue()


OOXML = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


@pytest.mark.parametrize(
    "members,beginning",
    [
        ({"letter.txt": b"hello"}, "This file (ZIP) is not"),
        ({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}, "This file (Word) is not"),
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "This file (OpenDocument) is not"),
        ({**OOXML, "xl/vbaProject.bin": b"x"}, "The workbook holds macros"),
        ({**OOXML, "xl/big.xml": b" " * (30 << 20)}, "The workbook unpacks to far more"),
        ({**OOXML, "xl/sharedStrings.xml": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'},
         "The workbook holds an XML document type"),
        ({**OOXML, "xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode("utf-16")},
         "The workbook holds an XML document type"),
    ],
)  # fmt: skip
def test_an_archive_that_is_no_plain_workbook_is_refused(
    upload: Upload, members: dict[str, bytes], beginning: str
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        sniff(upload(archive(**members)))
    assert str(refusal.value).startswith(beginning)


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_with_its_accents_and_leading_zeros(upload: Upload, encoding: str, separator: str) -> None:
    text = separator.join(["Agency Code", "Amount"]) + "\r\n" + separator.join(["002100", ".000"]) + "\r\n"
    rows, problems = read(upload((text + separator.join(["é", "1"])).encode(encoding)))
    assert rows == [{"code": "002100", "amount": ".000"}, {"code": "é", "amount": "1"}]
    assert problems == []


def test_windows_letters_are_read_with_a_remark(upload: Upload) -> None:
    rows, problems = read(upload("agency_code,amount\nMinistère,1\n".encode("cp1252")))
    assert rows[0]["code"] == "Ministère"
    assert [p.severity.value for p in problems] == ["warning"]
    assert "Windows-1252" in str(problems[0])


def test_letters_of_no_known_encoding_are_refused(upload: Upload) -> None:
    with pytest.raises(RuleBroken, match="letters"):
        read(upload(b"agency_code,amount\n\x81\x8d,1\n"))


def test_a_row_with_too_many_or_too_few_cells_is_refused_at_its_place(upload: Upload) -> None:
    _, problems = read(upload("agency_code,amount\n1,2,3\n\n4\n"))
    assert sentences(problems) == [
        "C2: The row has 3 cells, the head has 2. Set a text that holds the separator in quotation marks.",
        "B4: The row has 1 cells, the head has 2. Write every cell, also an empty one.",
    ]


def test_a_quotation_mark_that_is_not_closed_is_named_by_row(upload: Upload) -> None:
    with pytest.raises(RuleBroken, match="quotation mark"):
        read(upload('agency_code,amount\n1,"2\n'))


def test_an_empty_table_is_said_to_be_empty(upload: Upload) -> None:
    _, problems = read(upload(workbook()))
    assert [str(p) for p in problems] == ["The table is empty."]


# Heads


@pytest.mark.parametrize("head", ["agency_code", "AGENCY CODE", " Agency-Code ", "agency  code"])
def test_heads_may_differ_in_case_and_spaces(upload: Upload, head: str) -> None:
    rows, problems = read(upload(f"{head},amount\n1,2\n"))
    assert (rows, problems) == ([{"code": "1", "amount": "2"}], [])


def test_wrong_missing_repeated_and_unknown_heads_are_named(upload: Upload) -> None:
    rows, problems = read(upload("note,Note,AMOUNTS,colour\n1,2,3,4\n"))
    assert rows == []
    assert sentences(problems) == [
        "B1: The columns A, B are all called “Note”. Keep one.",
        "1: There is no column “Agency code”. Row 1 must hold the column names.",
        "C1: There is no column “AMOUNT”. If “AMOUNTS” is meant, call it “AMOUNT”.",
        "C1: The column “AMOUNTS” is not known to this import and was not read.",
        "D1: The column “colour” is not known to this import and was not read.",
    ]


@pytest.mark.parametrize("content", ["contributor,note,colour\n1,2,3\n", "\n002100,5.00\n", "note\nx\n"])
def test_another_table_is_told_in_one_sentence(upload: Upload, content: str) -> None:
    rows, problems = read(upload(content))
    assert rows == []
    row = 2 if content.startswith("\n") else 1
    (told,) = sentences(problems)
    assert told == (
        ": This is not the table asked for: most of its columns are missing. "
        f"Row {row} must hold “Agency code”, “AMOUNT”. The page where you upload it shows an example."
    )


# Workbooks


def test_a_workbook_gives_the_digits_its_maker_saw(upload: Upload) -> None:
    rows, problems = read(
        upload(workbook(["Agency code", "Amount", "Note"], ["002100", 2333254635.43, date(2025, 4, 29)],
                        [7, -0.1, True], ["x", 12345678901234, None]))
    )  # fmt: skip
    assert [row["amount"] for row in rows] == ["2333254635.43", "-0.1", "12345678901234"]
    assert [row["note"] for row in rows] == ["2025-04-29", "TRUE", ""]
    assert problems == []


def test_a_code_shown_with_leading_zeros_keeps_them(upload: Upload) -> None:
    def zeros(book: Any) -> None:
        book.active["A2"].number_format = "000000"

    rows, _ = read(upload(workbook(["Agency code", "Amount"], [2100, 1], change=zeros)))
    assert rows[0]["code"] == "002100"


def test_noise_of_a_float_is_no_digit() -> None:
    assert digits_seen(float("2333254635.4299998")) == "2333254635.43"
    assert digits_seen(0.1 + 0.2) == "0.3"


@given(st.integers(-(10**14), 10**14))
def test_any_amount_survives_the_way_through_a_workbooks_number(minor: int) -> None:
    amount = Money(minor, "USD")
    assert Money.parse(digits_seen(float(amount.decimal)), "USD") == amount


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_a_number_is_read_as_it_was_typed(value: Decimal) -> None:
    assert Decimal(digits_seen(float(value))) == value


def test_formulas_errors_and_merged_cells_are_refused_at_their_cells(upload: Upload) -> None:
    def spoil(book: Any) -> None:
        book.active["B2"] = "=1+1"
        book.active["B3"] = "#N/A"
        book.active.merge_cells("A4:B4")

    _, problems = read(upload(workbook(["Agency code", "Amount"], ["1", 0], ["2", 0], ["3", "4"], change=spoil)))
    assert sentences(problems) == [
        "A4: The cells A4 to B4 are merged. Unmerge them, so that every row has its own cells.",
        "B2: The cell holds a formula, =1+1. Copy the table, paste it as values only and upload that.",
        "B3: The cell holds the error #N/A. Correct it in the workbook and upload it again.",
    ]


def test_text_that_begins_like_a_formula_is_text(upload: Upload) -> None:
    def typed(book: Any) -> None:
        book.active["A2"].data_type = "s"

    rows, problems = read(upload(workbook(["Agency code", "Amount"], ["=cmd", 1], change=typed)))
    assert (rows[0]["code"], problems) == ("=cmd", [])


def test_other_and_hidden_sheets_are_named(upload: Upload) -> None:
    def more(book: Any) -> None:
        book.active.title = "Figures"
        book.create_sheet("Old").sheet_state = "hidden"
        book.create_sheet("Draft")

    _, problems = read(upload(workbook(["Agency code", "Amount"], ["1", 1], change=more)))
    assert [str(p) for p in problems] == [
        "The sheet “Old” is hidden and was not read; only “Figures” was.",
        "The sheet “Draft” was not read; only the first one, “Figures”, was.",
    ]


def test_a_row_far_below_the_last_is_refused_quickly(upload: Upload) -> None:
    def far(book: Any) -> None:
        book.active["A900000"] = "x"

    with pytest.raises(RuleBroken, match="200,000 rows"):
        read(upload(workbook(["Agency code", "Amount"], change=far)))


def test_columns_are_lettered_as_a_spreadsheet_letters_them() -> None:
    assert [letter(n) for n in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def test_a_book_is_read_sheet_by_sheet_with_the_values_of_its_formulas(upload: Upload) -> None:
    def two(book: Any) -> None:
        book.active.title = "One"
        book.create_sheet("Two").append(["b", 12000.5])
        book.create_sheet("Aside").sheet_state = "hidden"

    path = upload(computed(workbook(["a", "=2*3", "=1/0", 4], change=two), {"B1": "6", "C1": "#DIV/0!"}))
    with open_book(path) as sheets:
        found = {sheet.name: [cell for row in sheet.rows for cell in row.cells] for sheet in sheets}
    assert {name: [cell.text for cell in cells] for name, cells in found.items()} == {
        "One": ["a", "6", "#DIV/0!", "4"],
        "Two": ["b", "12000.5"],
    }
    refused = [cell for cell in found["One"] if cell.refusal]
    assert [cell.column for cell in refused] == ["C"]
    assert str(refused[0].refusal).startswith("The cell holds the error")


def test_a_formula_of_a_book_without_a_value_is_refused(upload: Upload) -> None:
    with open_book(upload(workbook(["a", "=2*3"]))) as sheets:
        (sheet,) = sheets
        (row,) = sheet.rows
    assert row.cells[1].text == "=2*3"
    assert row.cells[1].refusal is not None
    assert row.cells[1].refusal.startswith("The cell holds a formula without a value, {text}.")


def test_a_book_is_a_workbook_and_no_longer_than_a_form(upload: Upload) -> None:
    with pytest.raises(RuleBroken, match="This is no workbook"), open_book(upload("a,b\n1,2\n")):
        pass
    long = upload(workbook(*[[number] for number in range(MOST_ROWS_OF_A_FORM + 1)]))
    with open_book(long) as sheets:
        rows = next(sheets).rows
        with pytest.raises(RuleBroken, match="more than 1,000 rows"):
            list(rows)


def computed(content: bytes, values: dict[str, str]) -> bytes:
    """Return a workbook whose formulas were computed by its program: each with the value kept beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for cell, value in values.items():
                    kind = b' t="e"' if value.startswith("#") else b""
                    said = f"<v>{value}</v>".encode()
                    part, count = re.subn(
                        rb'<c r="%s"[^>]*><f>([^<]*)</f><v ?/?>(?:</v>)?</c>' % cell.encode(),
                        rb'<c r="%s"%s><f>\1</f>%s</c>' % (cell.encode(), kind, said),
                        part,
                    )
                    assert count == 1, part
            new.writestr(name, part)
    return out.getvalue()
