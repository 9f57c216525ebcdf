"""The frame every import stands in: a shape, its rows, and what is wrong with the others at its cell."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated

import openpyxl
import pytest
from pydantic import BaseModel

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.paper.fields import NeededLine, WholeNumber, amount_in
from mptf.paper.problems import MOST_KEPT, ROWS_SHOWN, Place, Problem, Problems, error, refused_rows, warning
from mptf.paper.shape import Rule, Shape
from mptf.paper.table import Heading

HEAD = "Reference,Donor,Received,Pieces\n"


class Advice(BaseModel, arbitrary_types_allowed=True):
    """A row of a list an import of tomorrow might bring."""

    reference: NeededLine
    donor: NeededLine
    received: Annotated[Money, amount_in("USD")]
    pieces: WholeNumber


SHAPE = Shape(
    Advice,
    [Heading("reference", "Reference"), Heading("donor", "Donor"), Heading("received", "Received"),
     Heading("pieces", "Pieces")],
    key=("donor", "reference"),
    twice=N_("{donor} has “{reference}” in row {first} already, and again in row {row}."),
    twice_at="reference",
    most=40,
)  # fmt: skip

Reading = Callable[[str], tuple[list[Advice], Problems]]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    def read(rows: str) -> tuple[list[Advice], Problems]:
        path, problems = tmp_path / "table", Problems()
        path.write_text(HEAD + rows, "utf-8")
        return [row for row, _ in SHAPE.rows(path, problems)], problems

    return read


def told(problems: Problems) -> list[str]:
    return [f"{p.place.column or ''}{p.place.row or ''}: {p}" for p in problems.in_order()]


def test_rows_come_out_typed_and_problems_at_their_cells(reading: Reading) -> None:
    rows, problems = reading('A-1,Norway,"1,000.50",2\nA-2,,ten,3\nA-1,Sweden,5,1\nA-1,Norway,7,1\n')
    assert [(row.reference, row.donor, row.received) for row in rows] == [
        ("A-1", "Norway", Money(100050, "USD")), ("A-1", "Sweden", Money(500, "USD")),
    ]  # fmt: skip
    assert told(problems) == [
        "B3: The cell is empty. Fill it in.",
        "C3: “ten” is not an amount. Write digits with a point before the cents, such as 1234.50 or 1,234.50.",
        "A5: Norway has “A-1” in row 2 already, and again in row 5.",
    ]
    assert (problems.errors, problems.warnings, problems.count) == (3, 0, 3)


def test_a_refused_row_is_shown_as_it_stands_with_its_wrong_cells_marked(reading: Reading) -> None:
    _, problems = reading(f"A-1,Norway,5,1\nA-2,{'x' * 60},ten,3.5\n")
    (row,) = refused_rows(problems.in_order())
    assert row.number == 3
    assert row.cells == {"Reference": "A-2", "Donor": "x" * 39 + "…", "Received": "ten", "Pieces": "3.5"}
    assert row.marked == {"Received", "Pieces"}
    assert [problem.place.column for problem in row.problems] == ["C", "D"]


def test_a_row_that_repeats_another_is_told_so_whatever_else_is_wrong_with_it(reading: Reading) -> None:
    _, problems = reading("A-1,Norway,5,1\nA-1,Norway,ten,1\nA-2,,ten,1\nA-2,,5,1\n")
    assert [one.split(":")[0] for one in told(problems)] == ["C3", "A3", "B4", "C4", "B5"]


def test_every_mistake_of_a_row_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "table").write_text(
        HEAD + "A-1,Norway,5,1\nA-2,Atlantis,ten,9\nA-3,Atlantis,5,9\n,Atlantis,5,many\nA-5,Norway\n", "utf-8"
    )

    def known(row: Advice) -> None:
        if row.donor != "Norway":
            raise RuleBroken(N_("No donor {name}."), name=row.donor)

    def few(row: Advice) -> None:
        if row.pieces > 5:
            raise RuleBroken(N_("{donor} sends no {count} pieces."), donor=row.donor, count=row.pieces, field="donor")

    rules = [Rule[Advice](("donor",), known), Rule[Advice](("pieces", "donor"), few)]
    table = SHAPE.read(tmp_path / "table")
    rows, problems = table.held_against(rules)
    assert [row.reference for row, _ in rows] == ["A-1"]
    assert [(one.place.column, one.place.row, str(one).split()[0]) for one in problems.in_order()] == [
        ("C", 3, "“ten”"), ("B", 3, "No"), ("B", 3, "Atlantis"),
        ("B", 4, "No"), ("B", 4, "Atlantis"),
        ("A", 5, "The"), ("D", 5, "“many”"), ("B", 5, "No"),
        ("C", 6, "The"),
    ]  # fmt: skip
    assert (table.problems.errors, problems.errors) == (4, 9)
    assert [row.marked for row in refused_rows(problems.in_order())] == [
        {"Received", "Donor"}, {"Donor"}, {"Reference", "Pieces", "Donor"}, set(),
    ]  # fmt: skip


def test_a_cell_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["Reference", "Donor", "Received", "Pieces"])
    book.active.append(["A-1", "#REF!", "ten", "=1+1"])
    book.save(tmp_path / "table")
    problems = SHAPE.read(tmp_path / "table").problems
    assert {one.place.column for one in problems.in_order()} >= {"C", "D"}


def test_a_table_longer_than_the_import_takes_is_refused(reading: Reading) -> None:
    reading("".join(f"A-{n},Norway,5,1\n" for n in range(40)))
    with pytest.raises(RuleBroken, match="more than 40 rows"):
        reading("".join(f"A-{n},Norway,5,1\n" for n in range(41)))


@pytest.mark.parametrize(
    "head, refused",
    [
        ("Value date,Kind,Amount,Note", True),
        ("Reference,Kind,Amount,Note", True),
        ("Reference,Donor,Amount,Note", False),
        ("Reference,Donors,Receive,Note", False),
    ],
)
def test_another_table_is_refused_before_it_is_kept(tmp_path: Path, head: str, refused: bool) -> None:
    (tmp_path / "table").write_text(f"{head}\nA-1,Norway,5,1\n", "utf-8")
    if not refused:
        SHAPE.check(tmp_path / "table")
        return
    with pytest.raises(RuleBroken, match="must hold “Reference”, “Donor”, “Received”, “Pieces”"):
        SHAPE.check(tmp_path / "table")


def test_a_row_with_too_few_cells_is_shown_too(reading: Reading) -> None:
    _, problems = reading("A-1,Norway\n")
    (row,) = refused_rows(problems.in_order())
    assert row.cells == {"Reference": "A-1", "Donor": "Norway", "Received": "", "Pieces": ""}
    assert row.marked == set()


def test_every_problem_counts_and_the_first_are_kept(reading: Reading) -> None:
    _, problems = reading("".join(f"A-{n},Norway,ten,many\n" for n in range(40)))
    assert (problems.errors, len(problems.kept)) == (80, 80)
    assert [row.number for row in refused_rows(problems.kept)] == list(range(2, 2 + ROWS_SHOWN))
    many = Problems()
    many.add(error("{n}", Place(row=n), n=n) for n in range(MOST_KEPT + 5))
    assert (many.errors, len(many.kept)) == (MOST_KEPT + 5, MOST_KEPT)
    many.first(error("of the whole table"))
    assert (many.errors, len(many.kept), str(many.in_order()[0])) == (MOST_KEPT + 6, MOST_KEPT, "of the whole table")


def test_errors_come_before_warnings_and_then_down_the_rows() -> None:
    problems = Problems()
    problems.add([warning("w2", Place(row=2)), error("e9", Place(row=9)), error("e3", Place(row=3)), error("all")])
    assert [str(problem) for problem in problems.in_order()] == ["all", "e3", "e9", "w2"]


def test_a_day_in_a_problem_reads_as_people_write_it() -> None:
    assert str(Problem(error("").severity, "from {day}", {"day": date(2026, 11, 5)})) == "from 5 Nov 2026"
