"""The grid of a budget: what is typed becomes amounts, and every total agrees with every other."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.budgets import grid as grids
from mptf.budgets.grid import DIRECT, Budget, Grid, Office, Place, years_of
from mptf.budgets.limits import Limits, broken, organisations
from mptf.core.money import Money
from mptf.drafting.reading import Level

ALBANIA = Office("aaa", "UNDP Albania", "undp", "UNDP", 700)
KOSOVO = Office("kkk", "UNDP Kosovo*", "undp", "UNDP", 700)
VIENNA = Office("vvv", "UNODC Vienna", "unodc", "UNODC", 650)


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def read(content: Mapping[str, str], *offices: Office, years: int = 3) -> Budget:
    return grids.read(content, Grid(offices or (ALBANIA,), years, "USD"))


def told(budget: Budget, level: Level = Level.WRONG) -> dict[str, str]:
    """Return what is said at each cell."""
    return {problem.field: str(problem) for problem in budget.problems if problem.level is level}


def test_each_office_is_rounded_before_they_are_added_up() -> None:
    budget = read({f"b.{key}.1.1": "100.07" for key in ("aaa", "kkk", "ooo")}, ALBANIA, KOSOVO, office("ooo"))
    assert budget.all.indirect == usd("21.00")
    assert budget.total == usd("321.21")


def test_the_years_of_an_office_share_its_indirect_cost_by_the_largest_remainder() -> None:
    budget = read({"b.aaa.1.1": "33.36", "b.aaa.2.1": "33.36", "b.aaa.3.1": "33.35"})
    assert list(budget.offices["aaa"].indirect_by_year.values()) == [usd("2.34"), usd("2.33"), usd("2.33")]
    assert budget.offices["aaa"].total_by_year[1] == usd("35.70")


def test_a_budget_is_summed_by_office_year_and_category() -> None:
    budget = read(
        {"b.aaa.1.1": "62,000", "b.aaa.2.1": "64000.50", "b.aaa.1.5": "9,000", "b.vvv.3.7": "100"}, ALBANIA, VIENNA
    )
    own = budget.offices["aaa"]
    assert own.by_category[1] == usd("126,000.50")
    assert own.by_year == {1: usd("71,000"), 2: usd("64,000.50"), 3: usd("0")}
    assert own.direct == usd("135,000.50")
    assert own.indirect == usd("9,450.04")
    assert budget.offices["vvv"].indirect == usd("6.50"), "each office has its own rate"
    assert budget.all.by_category[7] == usd("100")
    assert budget.all.by_year[3] == usd("100")
    assert budget.total == usd("144,557.04")


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("12k", "“12k” is not an amount. Write 12000 or 12,000."),
        ("1.000,00", "“1.000,00” is not an amount. Write 1000.00 or 1,000.00."),
        ("1.000.000", "“1.000.000” is not an amount. Write 1000000 or 1,000,000."),
        ("USD 12,000", "“USD 12,000” is not an amount. Write 12000 or 12,000."),
        ("12,000 €", "“12,000 €” is not an amount. Write 12000 or 12,000."),
        ("1 000", "“1 000” is not an amount. Write 1000 or 1,000."),
        ("12,5", "“12,5” is not an amount. Write 12.50."),
        ("1.000", "“1.000” has more than 2 digits after the point."),
        ("tbd", "“tbd” is not an amount. Write digits with a point before the cents, such as 12000 or 12,000.50."),
        ("USD x", "“USD x” is not an amount. Write digits with a point before the cents, such as 12000 or 12,000.50."),
        ("-5", "“-5” is below 0. A budget has no negative amounts: write what is planned, or 0."),
        ("9" * 17, "“99999999999999999” is larger than any amount this system keeps."),
    ],
)
def test_a_cell_that_is_no_amount_counts_as_nothing_and_says_what_to_write(text: str, sentence: str) -> None:
    budget = read({"b.aaa.1.1": text, "b.aaa.1.2": "100"})
    assert told(budget) == {"b.aaa.1.1": sentence}
    assert budget.all.direct == usd("100")


def test_an_empty_cell_is_missing_and_a_zero_is_not() -> None:
    budget = read({"b.aaa.1.1": "0", "b.aaa.1.2": " ", "b.aaa.1.3": "−0"}, years=1)
    missing = told(budget, Level.MISSING)
    assert set(missing) == {f"b.aaa.1.{category}" for category in (2, 4, 5, 6, 7)}
    assert set(missing.values()) == {"Missing: write 0 if nothing is planned."}
    assert told(budget) == {}


def test_what_stands_for_an_office_or_year_that_is_gone_does_not_count_and_is_told() -> None:
    content = {"b.aaa.1.1": "100", "b.aaa.3.1": "20", "b.aaa.3.2": "5k", "b.ggg.1.1": "7", "b.ggg.1.2": "", "note": "x"}
    budget = read(content, years=2)
    assert budget.all.direct == usd("100")
    assert [(stray.office, stray.year, stray.fields, stray.amount) for stray in budget.strays] == [
        ("aaa", 3, ["b.aaa.3.1", "b.aaa.3.2"], usd("20")),
        ("ggg", 1, ["b.ggg.1.1"], usd("7")),
    ]
    assert read(content, ALBANIA, office("ggg")).strays == [], "with its office back, it counts again"


@pytest.mark.parametrize("months, years", [(1, 1), (12, 1), (13, 2), (24, 2), (30, 3), (36, 3), (999, 10)])
def test_a_project_has_a_year_for_every_twelve_months_begun(months: int, years: int) -> None:
    assert years_of(months) == years


def test_a_budget_without_offices_or_years_is_nothing() -> None:
    assert grids.read({"b.aaa.1.1": "5"}, Grid((), 3, "USD")).total == usd("0")
    assert read({}, years=0).total == usd("0")


@pytest.mark.parametrize("field", ["b.aaa.0.1", "b.aaa.1.8", "b.aaa.1", "b.AAA.1.1", "b.aaa.1.1.1", "c.aaa.1.1"])
def test_only_the_name_of_a_cell_is_one(field: str) -> None:
    assert Place.of(field) is None


def test_the_limits_of_a_call_are_told_with_their_figures() -> None:
    budget = read({"b.aaa.1.1": "500,000", "b.kkk.1.1": "400,000", "b.vvv.1.1": "10"}, ALBANIA, KOSOVO, VIENNA)
    limits = Limits(usd("1000"), usd("900,000"), {"undp": usd("600,000"), "unodc": usd("600,000")})
    assert [str(one).replace("\N{NO-BREAK SPACE}", " ") for one in broken(budget, limits)] == [
        (
            "The budget asks for USD 963,010.65; at most USD 900,000.00 is given to a proposal. "
            "Take at least USD 63,010.65 out of the budget."
        ),
        (
            "The offices of UNDP ask for USD 963,000.00 together; at most USD 600,000.00 is given to UNDP. "
            "Take at least USD 363,000.00 out of their budgets."
        ),
    ]
    assert [one.asked for one in organisations(budget, limits)] == [usd("963,000.00"), usd("10.65")]


def test_a_budget_of_exactly_a_limit_keeps_it_and_a_small_one_is_incomplete() -> None:
    exactly = read({"b.aaa.1.1": "100"})
    assert list(broken(exactly, Limits(usd("107"), usd("107"), {"undp": usd("107")}))) == []
    (small,) = broken(exactly, Limits(smallest=usd("200")))
    assert small.level is Level.MISSING
    assert str(small).startswith("The budget asks for USD\N{NO-BREAK SPACE}107.00; no less than USD")


def office(key: str) -> Office:
    return Office(key, f"Office {key}", "undp", "UNDP", 700)


amounts = st.integers(0, 10**12).map(lambda minor: f"{minor / 100:.2f}")
texts = st.one_of(
    amounts, st.integers(0, 500).map(lambda cents: f"{cents / 100:.2f}"), st.text(max_size=8), st.just("12k")
)


@st.composite
def budgets(draw: st.DrawFn) -> Budget:
    offices = [
        Office(f"o{n}", f"Office {n}", "undp", "UNDP", draw(st.integers(0, 2000)))
        for n in range(draw(st.integers(1, 3)))
    ]
    grid = Grid(offices, draw(st.integers(1, 5)), "USD")
    fields = [*sorted(grid.fields), "b.gone.1.1", "b.o0.9.1"]
    content = draw(st.dictionaries(st.sampled_from(fields), texts))
    return grids.read(content, grid)


@given(budgets())
def test_every_way_of_adding_up_gives_the_same(budget: Budget) -> None:
    zero, whole, offices = usd("0"), budget.all, list(budget.offices.values())
    assert sum((one.total for one in offices), zero) == budget.total
    assert sum(whole.total_by_year.values(), zero) == budget.total
    assert sum(whole.by_category.values(), zero) == whole.direct == sum(budget.cells.values(), zero)
    assert whole.direct + whole.indirect == budget.total
    for one in offices:
        assert sum(one.by_year.values(), zero) == sum(one.by_category.values(), zero) == one.direct
        assert sum(one.indirect_by_year.values(), zero) == one.indirect
        assert all(zero <= part for part in one.indirect_by_year.values())
    assert set(whole.by_category) == set(DIRECT)
