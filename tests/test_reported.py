"""Reported figures: which version counts, and what an import adds, names and refuses."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from mptf.core import clock
from mptf.core.db import db
from mptf.core.errors import NotAllowed
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger import stamps
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.paper.shape import Comparison
from mptf.policy import Role, Viewer
from mptf.reported import figures, queries, service
from mptf.reported.figures import Basis, Cell, Figure
from mptf.reported.models import ReportedFigure
from mptf.reported.table import FigureRow, read_figures
from tests.factories import Make

HEAD = "Organisation,Project number,Year,Category,Basis,Amount USD,Note\n"
FIRST = datetime(2025, 4, 1, 9, tzinfo=UTC)
LATER, LAST = FIRST + timedelta(days=30), FIRST + timedelta(days=60)
END_2024 = date(2024, 12, 31)
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def usd(units: int) -> Money:
    return Money(units * 100, "USD")


def one(
    amount: int, *, year: int = 2024, basis: Basis = Basis.INTERIM, version: int = 1, at: datetime = FIRST,
    category: int = 1, project: str = "", organisation: int = 1, corrects: int | None = None,
) -> Figure:  # fmt: skip
    return Figure(Cell(organisation, project, category, year, basis, corrects), version, usd(amount), at)


def spent(found: Iterable[Figure], *, as_at: date = END_2024, known_at: datetime = LAST) -> dict[int, Money]:
    end_of_day = datetime(as_at.year, as_at.month, as_at.day, 23, 59, tzinfo=UTC)
    return figures.spent(found, as_at=as_at, end_of_day=end_of_day, known_at=known_at).by_year


def test_the_newest_version_known_at_a_moment_counts() -> None:
    found = [one(100), one(120, version=2, at=LATER)]
    assert spent(found, known_at=LATER - timedelta(seconds=1)) == {2024: usd(100)}
    assert spent(found, known_at=LATER) == {2024: usd(120)}


def test_nothing_counts_before_it_was_known() -> None:
    assert spent([one(100)], known_at=FIRST - timedelta(seconds=1)) == {}


def test_certified_wins_over_interim_for_its_year_and_organisation_alone() -> None:
    certified = one(90, basis=Basis.CERTIFIED, at=LATER, project="00123456")
    found = [one(100), one(7, category=5), certified, one(40, organisation=2), one(30, year=2023)]
    assert spent(found) == {2023: usd(30), 2024: usd(90 + 40)}
    assert spent(found, known_at=FIRST) == {2023: usd(30), 2024: usd(100 + 7 + 40)}


def test_a_restatement_counts_from_when_it_was_known() -> None:
    found = [one(90, basis=Basis.CERTIFIED), one(85, basis=Basis.CERTIFIED, version=2, at=LATER)]
    assert spent(found, known_at=FIRST) == {2024: usd(90)}
    assert spent(found) == {2024: usd(85)}


def test_of_a_year_that_is_not_over_only_what_had_been_reported_by_then_counts() -> None:
    found = [one(10, year=2025, at=FIRST), one(50, year=2025, version=2, at=LAST), one(5, year=2026, at=LAST)]
    assert spent(found, as_at=date(2025, 3, 31)) == {}
    assert spent(found, as_at=date(2025, 4, 1)) == {2025: usd(10)}
    assert spent(found, as_at=date(2025, 12, 31)) == {2025: usd(50)}


def test_a_year_is_certified_when_everything_in_it_is() -> None:
    found = [one(1, basis=Basis.CERTIFIED), one(2, year=2023, basis=Basis.CERTIFIED), one(3, year=2023, organisation=2)]
    whole = figures.spent(found, as_at=END_2024, end_of_day=LAST, known_at=LAST)
    assert [whole.basis_of(year) for year in (2022, 2023, 2024)] == [None, Basis.INTERIM, Basis.CERTIFIED]
    assert whole.in_all("USD") == usd(6)


def test_certified_figures_alone_leave_out_what_no_organisation_certified() -> None:
    certified = one(90, basis=Basis.CERTIFIED, at=LATER)
    found = [
        one(100),
        certified,
        one(40, organisation=2),
        one(30, year=2023),
        one(5, year=2024, organisation=2, version=2),
    ]

    def alone(known_at: datetime) -> figures.Spent:
        return figures.spent(found, as_at=END_2024, end_of_day=LAST, known_at=known_at, certified_only=True)

    assert (alone(LAST).by_year, alone(LAST).left_out) == ({2024: usd(90)}, {2023: usd(30), 2024: usd(5)})
    assert (alone(FIRST).by_year, alone(FIRST).left_out) == ({}, {2023: usd(30), 2024: usd(105)})
    assert alone(LAST).basis_of(2024) is Basis.CERTIFIED
    assert alone(LAST).basis_of(2023) is None


def test_a_correction_counts_in_its_own_year_beside_what_that_year_spent() -> None:
    certified = one(90, year=2023, basis=Basis.CERTIFIED)
    found = [certified, one(100), one(-7, corrects=2023), one(-9, corrects=2023, version=2, at=LATER)]
    whole = figures.spent(found, as_at=END_2024, end_of_day=LAST, known_at=LAST)
    assert whole.by_year == {2023: usd(90), 2024: usd(91)}
    assert whole.corrections == {(2024, 2023): usd(-9)}


def test_a_certified_correction_counts_beside_the_interim_figures_of_the_year_it_enters() -> None:
    before = one(300, year=2023, basis=Basis.CERTIFIED)
    found = [before, one(500), one(-10, basis=Basis.CERTIFIED, corrects=2023, at=LATER), one(800, version=2, at=LAST)]

    def whole(known_at: datetime, *more: Figure, alone: bool = False) -> figures.Spent:
        return figures.spent([*found, *more], as_at=END_2024, end_of_day=LAST, known_at=known_at, certified_only=alone)

    assert [whole(at).by_year[2024] for at in (FIRST, LATER, LAST)] == [usd(500), usd(490), usd(790)]
    assert [whole(LAST).basis_of(year) for year in (2023, 2024)] == [Basis.CERTIFIED, Basis.INTERIM]
    assert whole(LAST).corrections == {(2024, 2023): usd(-10)}
    alone = whole(LAST, alone=True)
    assert (alone.by_year, alone.left_out) == ({2023: usd(300), 2024: usd(-10)}, {2024: usd(800)})
    own = one(900, basis=Basis.CERTIFIED, at=LAST)
    assert (whole(LAST, own).by_year[2024], whole(LAST, own).basis_of(2024)) == (usd(890), Basis.CERTIFIED)


def test_certified_corrections_of_a_year_take_the_place_of_the_interim_ones_of_the_same_alone() -> None:
    certified = one(-10, basis=Basis.CERTIFIED, corrects=2023, at=LATER, category=2)
    found = [
        one(500),
        one(-8, corrects=2023),
        one(-3, corrects=2022),
        one(-1, organisation=2, corrects=2023),
        certified,
    ]
    assert spent(found, known_at=FIRST) == {2024: usd(500 - 8 - 3 - 1)}
    assert spent(found) == {2024: usd(500 - 10 - 3 - 1)}
    assert spent([*found, one(600, basis=Basis.CERTIFIED)]) == {2024: usd(600 - 10 - 1)}, "one is of another"


@given(
    st.lists(
        st.builds(
            one, st.integers(-50, 50), year=st.integers(2022, 2026), basis=st.sampled_from(Basis),
            version=st.integers(1, 4), at=st.sampled_from([FIRST, LATER, LAST]), category=st.integers(1, 2),
            organisation=st.integers(1, 2), corrects=st.sampled_from([None, 2020, 2021]),
        ),
        unique_by=lambda figure: (figure.cell, figure.version),
    ),
    st.sampled_from([FIRST, LATER]),
    st.dates(date(2022, 1, 1), date(2026, 12, 31)),
)  # fmt: skip
def test_what_is_heard_later_changes_nothing_that_was_known(found: list[Figure], then: datetime, as_at: date) -> None:
    known = [figure for figure in found if figure.recorded_at <= then]
    assert spent(found, as_at=as_at, known_at=then) == spent(known, as_at=as_at, known_at=then)


# ---- the import


@pytest.fixture
def fund(make: Make) -> Fund:
    make.organisation("UNDP", OrganisationKind.PUNO)
    make.organisation("UNODC", OrganisationKind.PUNO)
    return make.fund()


def look(fund: Fund, officer: Viewer, tmp_path: Path, *lines: str, head: str = HEAD) -> Comparison[FigureRow]:
    path = tmp_path / "figures.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines))
    with clock.at(NOW):
        return service.look_at(fund, read_figures(path), officer)


def take_in(
    fund: Fund, officer: Viewer, tmp_path: Path, *lines: str, at: datetime = NOW, head: str = HEAD
) -> Comparison[FigureRow]:
    found = look(fund, officer, tmp_path, *lines, head=head)
    with clock.at(at):
        service.take_in(fund, found.new, by=officer)
    db.session.commit()
    return found


def sentences(found: Comparison[FigureRow]) -> list[str]:
    return [f"{problem.place.row}{problem.place.column or ''}: {problem}" for problem in found.problems.in_order()]


def test_a_table_is_taken_in_once(ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path) -> None:
    lines = ("UNDP,00123456,2025,1,interim,1200.50,", "undp,,2024,8,INTERIM,10,")
    assert len(take_in(fund, officer, tmp_path, *lines).new) == 2
    again = take_in(fund, officer, tmp_path, *lines)
    assert (len(again.new), again.known) == (0, 2)
    rows = db.session.scalars(select(ReportedFigure).order_by(ReportedFigure.id)).all()
    assert [(row.project_number, row.category, row.version, row.amount) for row in rows] == [
        ("00123456", 1, 1, Money(1200_50, "USD")), ("", 8, 1, usd(10)),
    ]  # fmt: skip


def test_every_mistake_of_a_row_is_told_at_once(ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path) -> None:
    take_in(fund, officer, tmp_path, "UNDP,,2024,1,certified,100,")
    found = look(
        fund, officer, tmp_path,
        "Nobody,12,2027,1,interim,-1,", "Nobody,,2025,99,interim,-1,", "UNDP,00123456,2024,1,certified,5,Why",
    )  # fmt: skip
    assert [one.split(":")[0] for one in sentences(found)] == ["2B", "2A", "2C", "2F", "3D", "3A", "3F", "4B"]


def test_another_amount_is_the_next_version(ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path) -> None:
    take_in(fund, officer, tmp_path, "UNDP,,2025,1,interim,100,", at=FIRST)
    take_in(fund, officer, tmp_path, "UNDP,,2025,1,interim,120,", at=LATER)
    as_at = date(2025, 12, 31)
    assert queries.spent(fund, as_at=as_at, known_at=FIRST).in_all("USD") == usd(100)
    assert queries.spent(fund, as_at=as_at, known_at=LATER).in_all("USD") == usd(120)
    undp = db.session.scalars(select(Organisation).filter_by(short_name="UNDP")).one()
    versions = queries.versions(fund, undp, 2025).items
    assert [(one.row.version, one.counts) for one in versions] == [(2, True), (1, False)]


@pytest.mark.parametrize(
    "line, told",
    [
        ("Nobody,,2025,1,interim,1,", ("2A: “Nobody” is no participating UN organisation here. "
         "Write its short name, or add it first.")),
        ("UNDP,123456,2025,1,interim,1,", ("2B: “123456” is not a project number. "
         "Format the column as text and write 8 digits, such as 00123456.")),
        ("UNDP,,25,1,interim,1,", "2C: “25” is not a year. Write four digits, such as 2025."),
        ("UNDP,,2027,1,interim,1,", "2C: 2027 has not begun."),
        ("UNDP,,2025,9,interim,1,", "2D: There is no category 9. Write the number of a harmonised category, 1 to 8."),
        ("UNDP,,2025,1,final,1,",
         "2E: “final” does not say whether the figure is certified. Write interim or certified."),
        ("UNDP,,2025,1,interim,\"1.000,00\",", ("2F: “1.000,00” is not an amount. "
         "Write digits with a point before the cents, such as 1234.50 or 1,234.50.")),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_is_named_at_its_cell(
    ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path, line: str, told: str
) -> None:
    found = look(fund, officer, tmp_path, line)
    assert sentences(found) == [told]
    assert found.problems.errors == 1


def test_the_same_figure_twice_in_a_table_is_refused(ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path) -> None:
    found = look(fund, officer, tmp_path, "UNDP,,2025,1,interim,1,", "undp,,2025,1,interim,2,")
    assert sentences(found) == [
        (
            "3D: This organisation, project, year, category, basis and corrected year stand in row 2 already. "
            "Keep one of them."
        )
    ]


def test_a_certified_figure_is_restated_only_with_a_reason(
    ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path
) -> None:
    take_in(fund, officer, tmp_path, "UNDP,,2024,1,certified,100,")
    silent = look(fund, officer, tmp_path, "UNDP,,2024,1,certified,95,")
    assert silent.problems.errors == 1
    assert "restated only with a note" in sentences(silent)[0]
    told = look(fund, officer, tmp_path, "UNDP,,2024,1,certified,95,Restated by the Administrative Agent")
    assert [sentences(told), len(told.new)] == [["2F: Restates the certified USD\xa0100.00 by USD\xa0−5.00."], 1]


def test_what_a_certification_puts_aside_is_said_before(
    ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path
) -> None:
    take_in(fund, officer, tmp_path, "UNDP,,2024,1,interim,100,", "UNDP,,2024,5,interim,7,", "UNODC,,2024,1,interim,1,")
    found = look(fund, officer, tmp_path, "UNDP,,2024,1,certified,99,")
    assert sentences(found) == [
        "None: UNDP certifies 2024 here: interim figures of USD\xa07.00 that no row certifies count no more."
    ]
    take_in(fund, officer, tmp_path, "UNDP,,2024,1,certified,99,")
    late = look(fund, officer, tmp_path, "UNDP,,2024,5,interim,8,")
    assert sentences(late) == ["2E: UNDP certified 2024: this interim figure is kept and does not count."]


def test_a_certified_year_grows_only_with_a_reason(ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path) -> None:
    take_in(fund, officer, tmp_path, "UNDP,,2024,1,certified,100,")
    more = "UNDP,,2024,5,certified,33,"
    (told,) = sentences(look(fund, officer, tmp_path, more))
    assert told.startswith("2C: UNDP certified 2024 already. Enter the correction in a later year; a certified year")
    noted = look(fund, officer, tmp_path, f"{more}Left out by mistake")
    assert sentences(noted) == ["2F: Restates 2024, which UNDP certified, by USD\xa033.00."]
    assert service.take_in(fund, noted.new, by=officer) == 1
    nothing = look(fund, officer, tmp_path, "UNDP,,2024,6,certified,0,", "UNODC,,2024,1,certified,5,")
    assert (sentences(nothing), len(nothing.new)) == ([], 2)


def test_an_interim_figure_of_what_the_same_table_certifies_is_said_not_to_count(
    certified: Fund, officer: Viewer, tmp_path: Path
) -> None:
    lines = ("UNDP,2024,1,certified,90,,", "UNDP,2024,2,interim,7,,", "UNDP,2025,1,interim,5,,")
    corrections = ("UNDP,2025,1,certified,-3,2023,", "UNDP,2025,2,interim,-4,2023,")
    assert sentences(look(certified, officer, tmp_path, *lines, *corrections, head=CORRECTING)) == [
        "3D: UNDP certified 2024: this interim figure is kept and does not count.",
        "6D: UNDP certified what corrects 2023 in 2025: this interim figure is kept and does not count.",
    ]


TWICE = (
    "UNDP would have {basis} figures of single projects and of all its projects together for 2024: the same money "
    "counts twice. Keep one of both; figures that stand end by a row with 0."
)


def test_all_projects_together_stand_beside_no_single_one(
    ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path
) -> None:
    whole, single = "UNDP,,2024,1,certified,100,", "UNDP,00123456,2024,5,certified,60,Now by project"
    assert sentences(look(fund, officer, tmp_path, whole, single)) == [
        f"2A: {TWICE.format(basis='certified')}", f"3B: {TWICE.format(basis='certified')}",
    ]  # fmt: skip
    take_in(fund, officer, tmp_path, whole, "UNDP,00123456,2024,1,interim,70,", "UNODC,00123456,2024,1,certified,9,")
    against = look(fund, officer, tmp_path, whole, single)
    assert (sentences(against), against.known) == ([f"3B: {TWICE.format(basis='certified')}"], 1)
    assert sentences(look(fund, officer, tmp_path, "UNDP,,2024,1,interim,70,")) == [
        f"2A: {TWICE.format(basis='interim')}"
    ]
    by_project = take_in(fund, officer, tmp_path, "UNDP,,2024,1,certified,0,Now by project", single)
    assert by_project.problems.errors == 0
    spent = queries.spent(fund, as_at=date(2024, 12, 31), known_at=NOW)
    assert spent.by_year == {2024: usd(69)}


def test_only_the_secretariat_takes_figures_in(ctx: Flask, make: Make, fund: Fund) -> None:
    agent = make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    with pytest.raises(NotAllowed):
        service.take_in(fund, [], by=agent)


def test_a_fund_with_books_in_another_currency_is_told(
    ctx: Flask, make: Make, fund: Fund, tmp_path: Path, officer: Viewer
) -> None:
    euro = make.fund("EURO0", currency="EUR")
    found = look(euro, officer, tmp_path, "UNDP,,2025,1,interim,1,")
    assert "keeps its books in EUR" in sentences(found)[0]


@pytest.mark.both_engines
@pytest.mark.parametrize("statement", ["UPDATE reported_figure SET amount_minor = 1", "DELETE FROM reported_figure"])
def test_the_database_changes_no_figure(
    ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path, statement: str
) -> None:
    take_in(fund, officer, tmp_path, "UNDP,,2025,1,interim,100,")
    with pytest.raises(DBAPIError, match="reported_figure rows are never"):
        db.session.execute(text(statement))
    db.session.rollback()


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "figures.csv"
    path.write_text("Organisation,Year,Basis,Amount USD\nUNDP,2025,interim,1\n")
    assert ["Category" in str(problem) for problem in read_figures(path).problems.in_order()] == [True]


# ---- corrections of a certified year

UNCERTIFIED = (
    "a year that is not certified is corrected by a new version of its own figure. This one is imported as it stands."
)
CORRECTING = "Organisation,Year,Category,Basis,Amount USD,Corrects year,Note\n"


@pytest.fixture
def certified(ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path) -> Fund:
    """Return the fund, in which UNDP certified 2023 under categories 1 and 2."""
    take_in(fund, officer, tmp_path, "UNDP,,2023,1,certified,100,", "UNDP,,2023,2,certified,50,", at=FIRST)
    return fund


def test_a_correction_names_the_certified_year_and_leaves_it_as_it_is(
    certified: Fund, officer: Viewer, tmp_path: Path
) -> None:
    lines = ("UNDP,2025,1,interim,70,,", "UNDP,2025,1,interim,-20,2023,", "UNDP,2025,2,interim,3,2023,")
    found = take_in(certified, officer, tmp_path, *lines, at=LATER, head=CORRECTING)
    assert (sentences(found), len(found.new)) == ([], 3)
    assert look(certified, officer, tmp_path, *lines, head=CORRECTING).known == 3
    spent = queries.spent(certified, as_at=date(2025, 12, 31), known_at=LATER)
    assert (spent.by_year, spent.corrections) == ({2023: usd(150), 2025: usd(53)}, {(2025, 2023): usd(-17)})
    undp = db.session.scalars(select(Organisation).filter_by(short_name="UNDP")).one()
    assert queries.get_year(certified, undp, 2025).corrections == {2023: usd(-17)}
    assert queries.corrected_later(certified, undp, 2023) == {2025: usd(-17)}
    shown = [
        (one.row.category, one.row.corrects_year, one.counts) for one in queries.versions(certified, undp, 2025).items
    ]
    assert shown == [(1, None, True), (1, 2023, True), (2, 2023, True)]


@pytest.mark.parametrize(
    "line, told",
    [
        ("UNDP,2025,1,interim,-20,,", ("2E: The figure is below zero. "
         "Write the certified year it corrects under “Corrects year”.")),
        ("UNDP,2025,1,interim,-20,2025,", ("2F: 2025 is not before 2025. "
         "A correction counts in a later year than the one it corrects.")),
        ("UNDP,2025,1,interim,-20,last,", "2F: “last” is not a year. Write four digits, such as 2025."),
        ("UNDP,2025,1,interim,-20,0023,", "2F: “0023” is not a year. Write four digits, such as 2025."),
        ("UNDP,2023,1,certified,-20,2022,", ("2B: UNDP certified 2023 already. Enter the correction in a later year; "
         "a certified year is restated only with a note that says what this rests on.")),
    ],
)  # fmt: skip
def test_a_correction_that_is_malformed_is_refused_at_its_cell(
    certified: Fund, officer: Viewer, tmp_path: Path, line: str, told: str
) -> None:
    found = look(certified, officer, tmp_path, line, head=CORRECTING)
    assert (sentences(found), found.problems.errors, found.new) == ([told], 1, [])


def test_a_figure_below_zero_is_refused_in_a_table_without_the_column_too(
    certified: Fund, officer: Viewer, tmp_path: Path
) -> None:
    (told,) = sentences(look(certified, officer, tmp_path, "UNDP,,2025,1,interim,-20,"))
    assert told.startswith("2F: The figure is below zero.")


@pytest.mark.parametrize(
    "line, told",
    [
        ("UNDP,2025,1,interim,-20,2024,", f"2F: UNDP has not certified 2024; {UNCERTIFIED}"),
        ("UNODC,2025,1,interim,-20,2023,", f"2F: UNODC has not certified 2023; {UNCERTIFIED}"),
        ("UNDP,2025,5,interim,-20,2023,", ("2F: UNDP certified nothing under category 5 for 2023. "
         "It is imported as it stands.")),
        ("UNDP,2023,1,certified,-20,2022,The Agent restated it",
         "2E: Restates 2023, which UNDP certified, by USD\xa0−20.00."),
    ],
)  # fmt: skip
def test_a_correction_that_looks_wrong_is_stored_and_said(
    certified: Fund, officer: Viewer, tmp_path: Path, line: str, told: str
) -> None:
    found = look(certified, officer, tmp_path, line, head=CORRECTING)
    assert told in sentences(found)
    assert (found.problems.errors, len(found.new)) == (0, 1)


def test_a_year_certified_in_the_same_table_may_be_corrected(certified: Fund, officer: Viewer, tmp_path: Path) -> None:
    lines = ("UNDP,2024,1,certified,10,,", "UNDP,2025,1,interim,-2,2024,")
    assert sentences(look(certified, officer, tmp_path, *lines, head=CORRECTING)) == []


def test_a_restatement_shows_the_difference_in_the_history(certified: Fund, officer: Viewer, tmp_path: Path) -> None:
    take_in(certified, officer, tmp_path, "UNDP,,2023,1,certified,95,Restated by the Agent", at=LATER)
    undp = db.session.scalars(select(Organisation).filter_by(short_name="UNDP")).one()
    shown = [(one.row.version, one.restated_by) for one in queries.versions(certified, undp, 2023).items]
    assert shown == [(2, usd(-5)), (1, None), (1, None)]


@pytest.mark.both_engines
def test_the_database_keeps_a_correction_in_a_later_year(certified: Fund, officer: Viewer) -> None:
    row = FigureRow.model_validate(
        {"organisation": "UNDP", "year": "2025", "category": "1", "basis": "interim", "amount": "-1",
         "corrects_year": "2025"}
    )  # fmt: skip
    with pytest.raises(DBAPIError, match="corrects_year"):
        service.take_in(certified, [row], by=officer)
    db.session.rollback()


def test_years_of_certified_figures_alone_name_what_is_left_out(
    certified: Fund, officer: Viewer, tmp_path: Path
) -> None:
    take_in(certified, officer, tmp_path, "UNDP,,2025,1,interim,7,", "UNODC,,2023,1,interim,4,")
    found = queries.years(certified, certified_only=True)
    assert [(row.organisation.short_name, row.year) for row in found.page.items] == [("UNDP", 2023)]
    assert (len(found.left_out), found.not_certified("USD")) == (2, usd(11))
    everything = queries.years(certified)
    assert (everything.page.total, everything.left_out) == (3, [])


def test_a_certified_correction_certifies_nothing_of_the_year_it_enters(
    certified: Fund, officer: Viewer, tmp_path: Path
) -> None:
    def take(*lines: str) -> list[str]:
        return sentences(take_in(certified, officer, tmp_path, *lines, at=LATER, head=CORRECTING))

    assert take("UNDP,2025,1,interim,500,,", "UNDP,2025,1,certified,-10,2023,") == []
    assert take("UNDP,2025,1,interim,800,,") == []
    assert take("UNDP,2025,2,certified,-5,2023,") == [], "nothing certified is restated by another correction"
    undp = db.session.scalars(select(Organisation).filter_by(short_name="UNDP")).one()
    found = queries.get_year(certified, undp, 2025)
    assert (found.amount, found.basis, found.counting, found.superseded) == (usd(785), Basis.INTERIM, 3, 1)
    not_certified = take("UNDP,2026,1,interim,-1,2025,")
    assert not_certified == [f"2F: UNDP has not certified 2025; {UNCERTIFIED}"]
    assert take("UNDP,2025,2,certified,900,,") == [
        "None: UNDP certifies 2025 here: interim figures of USD\xa0800.00 that no row certifies count no more."
    ]
    found = queries.get_year(certified, undp, 2025)
    assert (found.amount, found.basis) == (usd(885), Basis.CERTIFIED)
    late = take("UNDP,2025,1,interim,-7,2023,")
    assert late == ["2D: UNDP certified 2025: this interim figure is kept and does not count."]


def test_a_correction_of_all_projects_together_stands_beside_a_year_of_single_ones(
    ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path
) -> None:
    take_in(fund, officer, tmp_path, "UNDP,,2023,1,certified,100,")
    head = HEAD.replace("Note", "Corrects year,Note")
    correction, year = "UNDP,,2024,1,certified,-10,2023,", "UNDP,00123456,2024,1,certified,480,,"
    assert sentences(take_in(fund, officer, tmp_path, correction, head=head)) == []
    assert sentences(take_in(fund, officer, tmp_path, year, head=head)) == []
    spent = queries.spent(fund, as_at=END_2024, known_at=NOW)
    assert spent.by_year == {2023: usd(100), 2024: usd(470)}
    again = "UNDP,00123456,2024,1,certified,-10,2023,The same by project"
    assert sentences(look(fund, officer, tmp_path, again, head=head)) == [f"2B: {TWICE.format(basis='certified')}"]


def test_what_certified_corrections_put_aside_is_said_before(certified: Fund, officer: Viewer, tmp_path: Path) -> None:
    lines = ("UNDP,2025,1,interim,500,,", "UNDP,2025,1,interim,-8,2023,", "UNDP,2025,2,interim,-3,2023,")
    take_in(certified, officer, tmp_path, *lines, head=CORRECTING)
    correction = "UNDP,2025,1,certified,-10,2023,"
    assert sentences(look(certified, officer, tmp_path, correction, head=CORRECTING)) == [
        (
            "None: UNDP certifies here what corrects 2023 in 2025: interim corrections of USD\xa0−3.00 that no row "
            "certifies count no more."
        )
    ]
    both = look(certified, officer, tmp_path, correction, "UNDP,2025,2,certified,400,,", head=CORRECTING)
    assert sentences(both) == [
        "None: UNDP certifies 2025 here: interim figures of USD\xa0497.00 that no row certifies count no more."
    ]
    take_in(certified, officer, tmp_path, correction, head=CORRECTING)
    assert sentences(look(certified, officer, tmp_path, "UNDP,2025,2,interim,-4,2023,", head=CORRECTING)) == [
        "2D: UNDP certified what corrects 2023 in 2025: this interim figure is kept and does not count."
    ]


def test_years_of_certified_figures_alone_hold_the_certified_corrections(
    certified: Fund, officer: Viewer, tmp_path: Path
) -> None:
    lines = ("UNDP,2025,1,interim,500,,", "UNDP,2025,1,certified,-10,2023,")
    take_in(certified, officer, tmp_path, *lines, head=CORRECTING)
    found = queries.years(certified, certified_only=True)
    shown = [(row.year, row.amount, row.basis, row.corrections) for row in found.page.items]
    assert shown == [
        (2025, usd(-10), Basis.CERTIFIED, {2023: usd(-10)}),
        (2023, usd(150), Basis.CERTIFIED, {}),
    ]
    spent = queries.spent(certified, as_at=date(2025, 12, 31), known_at=NOW, certified_only=True)
    assert {row.year: row.amount for row in found.page.items} == spent.by_year
    assert found.not_certified("USD") == usd(500) == spent.left_out[2025]
    (row, _) = queries.years(certified).page.items
    assert (row.amount, row.basis, row.counting) == (usd(490), Basis.INTERIM, 2)


# ---- another machine's clock is ahead


def test_what_a_faster_clock_stamped_is_followed_by_the_next_version(
    ctx: Flask, fund: Fund, officer: Viewer, tmp_path: Path
) -> None:
    undp = db.session.scalars(select(Organisation).filter_by(short_name="UNDP")).one()
    ahead = NOW + timedelta(seconds=30)
    take_in(fund, officer, tmp_path, "UNDP,,2025,1,interim,100,", at=ahead)
    with clock.at(NOW):
        assert queries.years(fund).page.items[0].amount == usd(100)
        assert [one.counts for one in queries.versions(fund, undp, 2025).items] == [True]
    take_in(fund, officer, tmp_path, "UNDP,,2025,1,interim,120,", at=NOW)
    rows = db.session.scalars(select(ReportedFigure).order_by(ReportedFigure.version)).all()
    assert [(row.version, row.amount, row.recorded_at) for row in rows] == [(1, usd(100), ahead), (2, usd(120), ahead)]
    with clock.at(NOW):
        assert stamps.moment(fund.id) == ahead, "a status that is drawn now counts it"
