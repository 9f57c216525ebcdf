"""Write workbooks: typed columns, native charts, a notes sheet; text stays text, numbers stay numbers.

A number of a workbook has 15 significant digits, which holds any amount below ten million million with
its cents; a longer one is written as text, so that no digit is lost. The same inputs give the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from mptf.core.money import Money, exponent
from mptf.paper.values import KOSOVO_FOOTNOTE, NUMBERS, Column, Formula, Kind, Value, checked, mentions_kosovo

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MANY_ROWS = 20_000
EXACT_DIGITS = 15
WIDEST = 60
NARROWEST = 9

INK, HEAD_FILL, LINE = "#1B2733", "#E8EEF4", "#C3CDD8"
BAR, FLAGGED, GRID = "#005A9C", "#B8731A", "#DDE3EA"
# The columns of a chart, in this order; the last is for what is left.
SERIES = (BAR, FLAGGED, "#3F7F5F", "#8A97A6")

_FONT = {"size": 9, "color": INK}
_GRID = {"visible": True, "line": {"color": GRID}}
_NUMBER_FORMATS = {
    Kind.INTEGER: "#,##0",
    Kind.PERCENT: "0.00%",
    Kind.RATE: "0.000000",
    Kind.DAY: "d mmm yyyy",
    Kind.MOMENT: 'd mmm yyyy hh:mm" UTC"',
}
_WIDTHS = {Kind.MONEY: 18, Kind.INTEGER: 11, Kind.PERCENT: 12, Kind.RATE: 14, Kind.DAY: 13, Kind.MOMENT: 20}


@dataclass(frozen=True)
class BarChart:
    """A native bar chart beside a table: one bar a row, of the table's own cells.

    `flagged` are row positions drawn in the second colour; the table says in words why.
    """

    title: str
    labels: int
    values: int
    flagged: frozenset[int] = frozenset()
    axis_format: str = "0%"


@dataclass(frozen=True)
class ColumnChart:
    """A native chart of upright columns below a table: for each row one of every column of `values`, or one of all."""

    title: str
    labels: int
    values: tuple[int, ...]
    axis_format: str = "#,##0"
    stacked: bool = False


@dataclass(frozen=True)
class TableSheet:
    """A sheet with one table; `intro` are lines above it, `total` the row below.

    A table somebody fills in is not `filtered`: sorted by another column, its rows would lose their order.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value | Formula]]
    total: Sequence[Value | Formula] | None = None
    intro: Sequence[str] = ()
    chart: BarChart | ColumnChart | None = None
    filtered: bool = True

    @property
    def head(self) -> int:
        """The line of the heads, counted from 0."""
        return len(self.intro) + 1 if self.intro else 0


@dataclass(frozen=True)
class NotesSheet:
    """A sheet of terms and what is said about each: text, or a figure, an amount with its currency in the term."""

    name: str
    notes: Sequence[tuple[str, str | Money | Decimal]]


@dataclass
class _Book:
    """The workbook being written, its formats made once, and whether the footnote is due."""

    file: "Workbook"
    formats: dict[tuple[Any, ...], "Format"] = field(default_factory=dict)
    of_cells: dict[tuple[Column, bool], "Format"] = field(default_factory=dict)
    kosovo: bool = False

    def style(self, **properties: Any) -> "Format":
        key = tuple(sorted(properties.items()))
        if key not in self.formats:
            base = {"font_name": "Calibri", "font_size": 10.5, "font_color": INK, "valign": "top"}
            self.formats[key] = self.file.add_format({**base, **properties})
        return self.formats[key]

    def of_cell(self, column: Column, look: Mapping[str, Any], *, text: bool) -> "Format":
        """Return how a value or a word stands in a column; of the many cells that look like no other it is kept."""
        known = None if look else self.of_cells.get((column, text))
        if known is None:
            known = self.style(**{**(_text_format(column) if text else _format(column)), **look})
            if not look:
                self.of_cells[column, text] = known
        return known


def write_workbook(
    out: IO[bytes], sheets: Sequence[TableSheet | NotesSheet], *, title: str, source: str, made_at: datetime
) -> None:
    """Write the sheets in order as one workbook; `made_at` is the only moment in the file."""
    import xlsxwriter

    rows = max((len(sheet.rows) for sheet in sheets if isinstance(sheet, TableSheet)), default=0)
    file = xlsxwriter.Workbook(
        out,
        {
            "constant_memory": rows > MANY_ROWS,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        },
    )
    made = made_at.astimezone(UTC).replace(tzinfo=None)
    file.set_properties({"title": title, "comments": source, "created": made})
    book = _Book(file)
    for position, sheet in enumerate(sheets):
        page = file.add_worksheet(sheet.name)
        last = position == len(sheets) - 1
        if isinstance(sheet, TableSheet):
            _write_table(book, page, sheet, last=last)
        else:
            _write_notes(book, page, sheet, last=last)
    file.close()


def _write_table(book: _Book, page: "Worksheet", sheet: TableSheet, *, last: bool) -> None:
    for line, text in enumerate(sheet.intro):
        _text(book, page, line, 0, text, book.style(bold=line == 0, font_size=13 if line == 0 else 10.5))
    head = sheet.head
    for index, column in enumerate(sheet.columns):
        right = column.kind in NUMBERS
        style = book.style(bold=True, bg_color=HEAD_FILL, bottom=1, border_color=LINE, text_wrap=True,
                           align="right" if right else "left")  # fmt: skip
        page.write_string(head, index, _title(column), style)
        page.set_column(index, index, _width(column, index, sheet.rows))
    for offset, row in enumerate(sheet.rows, start=1):
        _write_row(book, page, head + offset, row, sheet.columns)
    end = head + len(sheet.rows)
    if sheet.total is not None:
        _write_row(book, page, end + 1, sheet.total, sheet.columns, bold=True, top=1, border_color=LINE)
    if last and book.kosovo:
        page.write_string(end + 3, 0, KOSOVO_FOOTNOTE, book.style(italic=True))
    page.freeze_panes(head + 1, 1)
    if sheet.rows and sheet.filtered:
        page.autofilter(head, 0, end, len(sheet.columns) - 1)
    _print_setup(page, head)
    if sheet.chart and sheet.rows:
        _insert_chart(book, page, sheet, head)


def _write_row(
    book: _Book, page: "Worksheet", line: int, row: Sequence[Value | Formula], columns: Sequence[Column], **look: Any
) -> None:
    for index, (value, column) in enumerate(zip(row, columns, strict=True)):
        if isinstance(value, Formula):
            checked(value.now, column)
            style = book.style(**{**_format(column), **look})
            page.write_formula(line, index, value.text, style, float(value.now.decimal))
        else:
            _write_cell(book, page, line, index, checked(value, column), column, look)


def _write_cell(
    book: _Book, page: "Worksheet", line: int, index: int, value: Value, column: Column, look: dict[str, Any]
) -> None:
    style = book.of_cell(column, look, text=isinstance(value, str))
    if value is None:
        page.write_blank(line, index, None, style)
    elif isinstance(value, str):
        _text(book, page, line, index, value, style)
    elif isinstance(value, Money):
        _number(page, line, index, value.decimal, style)
    elif isinstance(value, Decimal):
        _number(page, line, index, value.scaleb(-2) if column.kind is Kind.PERCENT else value, style)
    elif isinstance(value, datetime):
        page.write_datetime(line, index, value.astimezone(UTC), style)
    elif isinstance(value, date):
        page.write_datetime(line, index, datetime(value.year, value.month, value.day, tzinfo=UTC), style)
    else:
        _number(page, line, index, Decimal(value), style)


def _number(page: "Worksheet", line: int, index: int, value: Decimal, style: "Format") -> None:
    """Write an exact number, as text where a workbook's number could not hold it."""
    if len(value.normalize().as_tuple().digits) > EXACT_DIGITS:
        page.write_string(line, index, format(value, "f"), style)
    else:
        page.write_number(line, index, float(value), style)


def _text(book: _Book, page: "Worksheet", line: int, index: int, text: str, style: "Format") -> None:
    book.kosovo = book.kosovo or mentions_kosovo(text)
    page.write_string(line, index, text, style)


def _format(column: Column) -> dict[str, Any]:
    if column.kind is Kind.MONEY:
        digits = exponent(column.currency) if column.currency else 2
        return {"num_format": "#,##0" + ("." + "0" * digits if digits else "")}
    number = _NUMBER_FORMATS.get(column.kind)
    return {"num_format": number} if number else {"num_format": "@", "align": "left"}


def _text_format(column: Column) -> dict[str, Any]:
    """Set a word in a column of numbers (n/a) where the numbers stand."""
    left = column.kind in (Kind.TEXT, Kind.DAY, Kind.MOMENT)
    return {"align": "left" if left else "right", "num_format": "@"}


def _title(column: Column) -> str:
    return f"{column.title} ({column.currency})" if column.currency else column.title


def _width(column: Column, index: int, rows: Sequence[Sequence[Value | Formula]]) -> int:
    if column.width:
        return column.width
    if column.kind in _WIDTHS:
        return _WIDTHS[column.kind]
    longest = max((len(str(row[index])) for row in rows[:MANY_ROWS]), default=0)
    return min(max(longest, len(column.title), NARROWEST) + 2, WIDEST)


def _print_setup(page: "Worksheet", head: int) -> None:
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    page.set_footer("&L&A&RPage &P of &N")


def _insert_chart(book: _Book, page: "Worksheet", sheet: TableSheet, head: int) -> None:
    """Set the chart below the table, over its full width."""
    assert sheet.chart is not None  # noqa: S101 - the caller asked
    spec, last = sheet.chart, head + len(sheet.rows)
    chart = _columns(book, sheet, spec, head) if isinstance(spec, ColumnChart) else _bars(book, sheet, spec, head)
    chart.set_title({"name": spec.title, "name_font": {"size": 12, "bold": True, "color": INK}})
    below = last + (3 if sheet.total is not None else 2)
    page.insert_chart(below, 0, chart, {"description": spec.title, "object_position": 2})


def _bars(book: _Book, sheet: TableSheet, spec: BarChart, head: int) -> Any:
    chart: Any = book.file.add_chart({"type": "bar"})
    points = [{"fill": {"color": FLAGGED}} if i in spec.flagged else None for i in range(len(sheet.rows))]
    chart.add_series(
        {
            **_series(sheet, spec.labels, spec.values, head),
            "fill": {"color": BAR},
            "points": points,
            "gap": 45,
            "data_labels": {"value": True, "num_format": "0.00%", "font": _FONT},
        }
    )
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True, "crossing": "max", "num_font": _FONT, "line": {"color": LINE}})
    chart.set_x_axis({"num_format": spec.axis_format, "min": 0, "major_gridlines": _GRID, "num_font": _FONT})
    chart.set_size({"width": 860, "height": 120 + 26 * len(sheet.rows)})
    return chart


def _columns(book: _Book, sheet: TableSheet, spec: ColumnChart, head: int) -> Any:
    chart: Any = book.file.add_chart({"type": "column", **({"subtype": "stacked"} if spec.stacked else {})})
    for values, colour in zip(spec.values, SERIES[: len(spec.values)], strict=True):
        chart.add_series({**_series(sheet, spec.labels, values, head), "fill": {"color": colour}, "gap": 60})
    chart.set_legend({"position": "bottom", "font": _FONT})
    chart.set_y_axis({"num_format": spec.axis_format, "major_gridlines": _GRID, "num_font": _FONT})
    chart.set_x_axis({"num_font": _FONT, "line": {"color": LINE}, "label_position": "low"})
    chart.set_size({"width": 860, "height": 320})
    return chart


def _series(sheet: TableSheet, labels: int, values: int, head: int) -> dict[str, Any]:
    first, last = head + 1, head + len(sheet.rows)
    return {
        "name": _title(sheet.columns[values]),
        "categories": [sheet.name, first, labels, last, labels],
        "values": [sheet.name, first, values, last, values],
    }


def _of_note(said: str | Money | Decimal) -> Column:
    """Return the column a figure of a note would stand in."""
    if isinstance(said, Money):
        return Column("", Kind.MONEY, said.currency)
    return Column("", Kind.PERCENT if isinstance(said, Decimal) else Kind.TEXT)


def _write_notes(book: _Book, page: "Worksheet", sheet: NotesSheet, *, last: bool) -> None:
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 96)
    line = 0
    for term, said in sheet.notes:
        _text(book, page, line, 0, term, book.style(bold=True, text_wrap=True))
        _write_cell(book, page, line, 1, said, _of_note(said), {"text_wrap": True, "align": "left"})
        line += 1
    if last and book.kosovo:
        page.write_string(line + 1, 0, KOSOVO_FOOTNOTE, book.style(italic=True))
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
