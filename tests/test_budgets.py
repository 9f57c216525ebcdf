"""Rules of budgets, with the worked examples of the domain."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.core.money import Money
from mptf.ledger import budgets

cents = st.integers(0, 10**13)


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def test_indirect_cost_is_rounded_office_by_office() -> None:
    assert budgets.indirect_cost_of_offices([usd("100.07")] * 3, 700, "USD") == usd("21.00")
    assert budgets.indirect_cost(usd("300.21"), 700) == usd("21.01")


def test_half_a_cent_of_indirect_cost_is_a_cent() -> None:
    assert budgets.indirect_cost(usd("0.50"), 700) == usd("0.04")
    assert budgets.indirect_cost(usd("0.49"), 700) == usd("0.03")


def test_the_years_of_an_office_add_up_to_its_indirect_cost() -> None:
    years = {2026: usd("33.36"), 2027: usd("33.36"), 2028: usd("33.35")}
    assert budgets.indirect_cost_by_year(years, 700) == {2026: usd("2.34"), 2027: usd("2.33"), 2028: usd("2.33")}


@given(st.dictionaries(st.integers(2019, 2030), cents, min_size=1), st.integers(0, 10_000))
def test_no_cent_of_indirect_cost_is_lost_between_years(minors: dict[int, int], rate: int) -> None:
    years = {year: Money(minor, "USD") for year, minor in minors.items()}
    whole = Money(sum(minors.values()), "USD")
    given_out = budgets.indirect_cost_by_year(years, rate)
    assert sum(given_out.values(), Money.zero("USD")) == budgets.indirect_cost(whole, rate)


def test_small_changes_add_up_against_what_the_committee_approved() -> None:
    assert budgets.change(proposed=usd("110"), approved=usd("100")) == Decimal("10.00")
    assert budgets.change(proposed=usd("116"), approved=usd("110")) == Decimal("5.45")
    assert budgets.change(proposed=usd("116"), approved=usd("100")) == Decimal("16.00")
    assert budgets.is_for_the_committee(proposed=usd("116"), approved=usd("100"), tolerance=1500)


@pytest.mark.parametrize(
    "proposed,approved,asked",
    [
        ("115.00", "100.00", False),
        ("115.01", "100.00", True),
        ("85.00", "100.00", False),
        ("84.99", "100.00", True),
        ("115000.03", "100000.00", True),
        ("0.01", "0.00", True),
        ("0.00", "0.00", False),
    ],
)
def test_strictly_above_the_tolerance_is_for_the_committee(proposed: str, approved: str, asked: bool) -> None:
    assert budgets.is_for_the_committee(proposed=usd(proposed), approved=usd(approved), tolerance=1500) is asked


def test_a_change_from_nothing_has_no_percentage() -> None:
    assert budgets.change(proposed=usd("5"), approved=usd("0")) is None


def test_commitments_count_towards_the_next_tranche() -> None:
    amounts = {"spent": usd("330"), "committed": usd("50"), "transferred": usd("500")}
    assert budgets.bound(**amounts) == Decimal("76.00")
    assert budgets.is_next_tranche_due(**amounts, threshold=7500)


@pytest.mark.parametrize("spent,due", [("375.00", True), ("374.99", False)])
def test_the_threshold_itself_is_enough(spent: str, due: bool) -> None:
    amounts = {"spent": usd(spent), "committed": usd("0"), "transferred": usd("500")}
    assert budgets.is_next_tranche_due(**amounts, threshold=7500) is due
