"""Workbooks and CSV files: numbers stay numbers, text stays text, the same inputs give the same bytes."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mptf.core.money import Money
from mptf.paper import workbook
from mptf.paper.delimited import neutral, open_csv, write_csv, written_as
from mptf.paper.values import KOSOVO_FOOTNOTE, Column, Formula, Kind, Value
from mptf.paper.workbook import BarChart, NotesSheet, TableSheet, write_workbook

MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
COLUMNS = (
    Column("Name"),
    Column("Budget", Kind.MONEY, "USD"),
    Column("Funds", Kind.INTEGER),
    Column("Rate", Kind.PERCENT),
    Column("Day", Kind.DAY),
    Column("Seen", Kind.MOMENT),
)
ROW: tuple[Value, ...] = ("UNDP", Money(-150050, "USD"), 3, Decimal("88.28"), date(2025, 12, 31), MOMENT)
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "http://example.org", "1234", "＝1"]
text = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=60)


def written(*sheets: TableSheet | NotesSheet) -> bytes:
    out = io.BytesIO()
    write_workbook(out, sheets, title="Title", source="Source", made_at=MOMENT)
    return out.getvalue()


def opened(*sheets: TableSheet | NotesSheet) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written(*sheets)))


def lines(*rows: Sequence[Value], columns: Sequence[Column] = COLUMNS) -> list[list[str]]:
    out = io.BytesIO()
    assert write_csv(out, columns, rows) == len(rows)
    return list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_each_kind_of_value_is_written_as_what_it_is() -> None:
    page = opened(TableSheet("Data", COLUMNS, [ROW]))["Data"]
    assert [cell.value for cell in page[1]] == ["Name", "Budget (USD)", "Funds", "Rate", "Day", "Seen"]
    name, budget, funds, rate, day, seen = page[2]
    assert (name.value, name.data_type) == ("UNDP", "s")
    assert (budget.value, budget.number_format) == (-1500.5, "#,##0.00")
    assert (funds.value, funds.number_format) == (3, "#,##0")
    assert (rate.value, rate.number_format) == (0.8828, "0.00%")
    assert (day.value, day.number_format) == (datetime(2025, 12, 31), "d mmm yyyy")  # noqa: DTZ001 - as Excel keeps it
    assert seen.value == datetime(2026, 11, 23, 9, 30)  # noqa: DTZ001 - as Excel keeps it


def test_a_table_can_be_read_filtered_and_printed() -> None:
    page = opened(TableSheet("Data", COLUMNS, [ROW, ROW], intro=("Title", "Basis"), total=ROW))["Data"]
    assert page["A1"].value == "Title"
    assert page.freeze_panes == "B5"
    assert page.auto_filter.ref == "A4:F6"
    assert page["B7"].value == -1500.5
    assert page["B7"].font.bold
    assert page.print_title_rows == "$4:$4"
    assert page.page_setup.orientation == "landscape"
    assert page.column_dimensions["B"].width > 15


def test_a_formula_of_ours_is_written_with_what_it_is_now() -> None:
    columns = (Column("Year 1", Kind.MONEY, "USD"), Column("Total", Kind.MONEY, "USD"))
    row = (Money(150050, "USD"), Formula("=SUM(A2:A2)", Money(150050, "USD")))
    content = written(TableSheet("Data", columns, [row], filtered=False))
    asked, known = (openpyxl.load_workbook(io.BytesIO(content), data_only=values)["Data"] for values in (False, True))
    assert (asked["B2"].value, known["B2"].value) == ("=SUM(A2:A2)", 1500.5)
    assert asked["B2"].number_format == "#,##0.00"
    assert asked.auto_filter.ref is None
    with pytest.raises(TypeError):
        written(TableSheet("Data", columns, [(None, Formula("=1", Money(1, "EUR")))]))


@pytest.mark.parametrize("evil", EVIL)
def test_text_never_becomes_a_formula_a_link_or_a_number_in_a_workbook(evil: str) -> None:
    book = opened(TableSheet("Data", (Column("A"),), [[evil]]), NotesSheet("Notes", [("x", evil)]))
    for cell in (book["Data"]["A2"], book["Notes"]["B1"]):
        assert (cell.data_type, cell.value.strip(), cell.hyperlink) == ("s", evil.strip(), None)


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "'=1"])
def test_text_never_starts_with_a_trigger_in_csv(evil: str) -> None:
    assert lines([evil], columns=(Column("A"),))[1] == ["'" + evil]


EVIL_INSIDE = ["y;=1+1;z", 'y;"=1+1;z', "y\t=1+1", "y\n=1+1", "y\r\n-1", ";＝1", "\t=1", "y;'=1", ";;+1", '\n"@x']
cells = st.text(st.sampled_from(";\t\r\n'\"=-@＋ a,"), max_size=8)


@pytest.mark.parametrize("evil", EVIL_INSIDE)
def test_a_formula_inside_a_text_stays_one_where_another_sign_parts_cells(evil: str) -> None:
    assert_harmless([evil, "x"], ["x", evil])


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=3))
def test_no_text_becomes_a_formula_whatever_parts_cells(rows: list[tuple[str, str]]) -> None:
    assert_harmless(*rows)


def assert_harmless(*rows: Sequence[str]) -> None:
    """No cell begins with a trigger, read with any of the signs that part cells."""
    out = io.BytesIO()
    write_csv(out, (Column("A"), Column("B")), rows)
    written = io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")
    for sign in ",;\t":
        written.seek(0)
        for row in csv.reader(written, delimiter=sign):
            assert not [cell for cell in row if cell.startswith(tuple("=+-@＝＋－＠"))], (sign, row)


@given(st.one_of(text, cells))
def test_what_was_made_neutral_is_read_as_it_was(value: str) -> None:
    assert written_as(neutral(value)) == value


def test_our_own_table_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    """The texts of an export come back through our importer, and so they are written alike again."""
    texts = [evil.strip() for evil in (*EVIL, *EVIL_INSIDE, "it's", "'=1", "''-1", "a;'b", "–", "0042")]
    path = tmp_path / "table.csv"
    with path.open("wb") as out:
        write_csv(out, (Column("Code"), Column("Text")), [("x", one) for one in texts])
    with open_csv(path) as sheet:
        read = [row.cells[1].text for row in sheet.rows]
    assert read == ["Text", *texts]


def test_numbers_keep_their_sign_in_csv() -> None:
    assert lines(ROW) == [
        ["Name", "Budget USD", "Funds", "Rate %", "Day", "Seen"],
        ["UNDP", "-1500.50", "3", "88.28", "2025-12-31", "2026-11-23T09:30:00Z"],
    ]


@given(text)
def test_neutral_text_begins_harmlessly(value: str) -> None:
    assert not neutral(value).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(text.filter(str.strip), st.integers(-(10**14), 10**14)), min_size=1, max_size=20))
def test_what_was_written_is_read_again(rows: list[tuple[str, int]]) -> None:
    columns = (Column("Name"), Column("Amount", Kind.MONEY, "USD"))
    page = opened(TableSheet("Data", columns, [(name, Money(minor, "USD")) for name, minor in rows]))["Data"]
    for line, (name, minor) in enumerate(rows, start=2):
        assert page.cell(line, 1).value == name
        assert Money.parse(format(page.cell(line, 2).value, ".2f"), "USD") == Money(minor, "USD")


def test_an_amount_too_long_for_a_workbook_keeps_every_digit_as_text() -> None:
    amount = Money(12345678901234567, "USD")
    cell = opened(TableSheet("Data", (Column("Amount", Kind.MONEY, "USD"),), [[amount]]))["Data"]["A2"]
    assert (cell.data_type, cell.value) == ("s", "123456789012345.67")


def test_the_same_inputs_give_the_same_bytes() -> None:
    sheets = (
        TableSheet("Data", COLUMNS, [ROW], chart=BarChart("Rates", labels=0, values=3)),
        NotesSheet("Notes", [("Basis", "cumulative")]),
    )
    assert written(*sheets) == written(*sheets)


def test_a_long_table_is_the_same_table(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = TableSheet("Data", COLUMNS, [ROW] * 5, total=ROW)
    usual = [[cell.value for cell in row] for row in opened(sheet)["Data"]]
    monkeypatch.setattr(workbook, "MANY_ROWS", 2)
    assert [[cell.value for cell in row] for row in opened(sheet)["Data"]] == usual


def test_a_chart_is_native_and_reads_the_cells_of_its_table() -> None:
    chart = BarChart("Rates", labels=0, values=3, flagged=frozenset({1}))
    page = opened(TableSheet("Data", COLUMNS, [ROW, ROW], chart=chart))["Data"]
    (drawn,) = page._charts
    (series,) = drawn.series
    assert drawn.barDir == "bar"
    assert series.cat.strRef.f == "Data!$A$2:$A$3"
    assert series.val.numRef.f == "Data!$D$2:$D$3"
    assert [point.idx for point in series.dPt] == [1]


def test_the_kosovo_footnote_is_printed_once_where_the_name_is() -> None:
    columns = (Column("Jurisdiction"),)
    named = TableSheet("Data", columns, [["Kosovo*"], ["Kosovo*"]])
    book = opened(named, NotesSheet("Notes", [("Basis", "x")]))
    cells = [cell.value for page in book for row in page for cell in row]
    assert cells.count(KOSOVO_FOOTNOTE) == 1
    assert [cell for page in opened(TableSheet("Data", columns, [["Albania"]])) for row in page for cell in row
            if cell.value == KOSOVO_FOOTNOTE] == []  # fmt: skip
    assert lines(["Kosovo*"], ["Kosovo*"], columns=columns)[-1] == [KOSOVO_FOOTNOTE]
    assert KOSOVO_FOOTNOTE not in str(lines(["Serbia"], columns=columns))


@pytest.mark.parametrize(
    "value,column",
    [
        (Decimal(1), Column("A", Kind.MONEY, "USD")),
        (Money(1, "EUR"), Column("A", Kind.MONEY, "USD")),
        (3, Column("A")),
        (datetime(2026, 1, 1), Column("A", Kind.MOMENT)),  # noqa: DTZ001 - the point of the test
    ],
)
def test_a_value_in_the_wrong_column_is_a_mistake_of_the_program(value: Value, column: Column) -> None:
    with pytest.raises(TypeError):
        written(TableSheet("Data", (column,), [[value]]))
    with pytest.raises(TypeError):
        lines([value], columns=(column,))
