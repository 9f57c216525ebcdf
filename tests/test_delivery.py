"""The three delivery rates, with the worked examples of the domain."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.core.money import Money
from mptf.ledger import delivery
from mptf.ledger.delivery import Flag

amounts = st.integers(-(10**14), 10**14).map(lambda minor: Money(minor, "USD"))


def usd(units: int) -> Money:
    return Money(units * 100, "USD")


def test_the_rate_of_the_worked_example() -> None:
    assert delivery.cumulative(expenditure=usd(200 + 350), net_funded=usd(600 + 100)) == Decimal("78.57")


def test_a_year_is_measured_against_what_there_was_to_spend_and_against_its_budget() -> None:
    spent, opening = usd(350), usd(600) - usd(200)
    assert delivery.annual(expenditure=spent, opening_balance=opening, net_funded=usd(100)) == Decimal("70.00")
    assert delivery.budget(expenditure=spent, approved=usd(380)) == Decimal("92.11")


def test_the_rate_of_many_is_sum_by_sum() -> None:
    assert delivery.of_all([(usd(90), usd(100)), (usd(0), usd(900))], "USD") == Decimal("9.00")
    assert delivery.of_all([], "USD") is None


def test_half_a_hundredth_is_rounded_up() -> None:
    assert delivery.rate(Money(5, "USD"), Money(100_000, "USD")) == Decimal("0.01")
    assert delivery.rate(Money(-5, "USD"), Money(100_000, "USD")) == Decimal("-0.01")


def test_two_currencies_have_no_rate() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        delivery.rate(Money(1, "USD"), Money(1, "EUR"))


@pytest.mark.parametrize(
    "spent,funded,expected",
    [
        (usd(90), usd(100), ()),
        (usd(100), usd(100), ()),
        (usd(101), usd(100), (Flag.ABOVE_ALL,)),
        (usd(0), usd(0), (Flag.NET_FUNDED_ZERO,)),
        (usd(98), usd(-133), (Flag.NET_FUNDED_NEGATIVE,)),
        (usd(-5), usd(-5), (Flag.NET_FUNDED_NEGATIVE, Flag.EXPENDITURE_NEGATIVE)),
    ],
)
def test_unusual_figures_are_flagged_in_words(spent: Money, funded: Money, expected: tuple[Flag, ...]) -> None:
    found = delivery.flags(expenditure=spent, net_funded=funded)
    assert found == expected
    assert all(flag.label for flag in found)


@given(amounts, amounts)
def test_a_rate_exists_exactly_when_something_was_funded(spent: Money, funded: Money) -> None:
    assert (delivery.rate(spent, funded) is None) == (not funded)


@given(amounts, amounts.filter(bool))
def test_a_rate_is_within_half_a_hundredth_of_the_truth(spent: Money, funded: Money) -> None:
    found = delivery.rate(spent, funded)
    assert found is not None
    assert abs(found * funded.minor - 100 * spent.minor) <= abs(funded.minor) * Decimal("0.005")
