"""Amounts are exact, and what is not one is refused in words (INP-2, DOMAIN: Money)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.core.errors import RuleBroken
from mptf.core.money import EXPONENTS, LARGEST_MINOR, Money, amount_text, totals

amounts = st.integers(-LARGEST_MINOR, LARGEST_MINOR)
currencies = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.parametrize(
    "text, minor",
    [
        ("1234.50", 123450), ("1,234.50", 123450), ("2701816494.23", 270181649423), (".5", 50), ("-.01", -1),
        (" 0 ", 0), ("−12.00", -1200), ("12.", 1200), ("1,000,000", 100000000),
    ],
)  # fmt: skip
def test_exact_amounts_are_read(text: str, minor: int) -> None:
    assert Money.parse(text, "USD") == Money(minor, "USD")


@pytest.mark.parametrize(
    "text",
    ["1.000,00", "NaN", "nan", "Infinity", "1e9", "1E9", "１２３", "", " ", ".", "-", "1,00", "12,34,567", "0,921",
     "0x10", "1 000", "$5", "+-1", "1.2.3", "1_000", "٣", "9" * 100],
)  # fmt: skip
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(RuleBroken, match="is not an amount"):
        Money.parse(text, "USD")


def test_a_third_digit_is_refused_even_if_it_is_nothing_but_where_a_published_table_writes_three() -> None:
    for text in ("576.000", "0.010", "1.0000"):
        with pytest.raises(RuleBroken, match="more than 2 digits after the point"):
            Money.parse(text, "USD")
    assert Money.parse("576.000", "USD", surplus_zeros=True) == Money(57600, "USD")
    assert Money.parse("576.000", "KWD") == Money(576000, "KWD")
    with pytest.raises(RuleBroken, match="more than 2 digits"):
        Money.parse("576.001", "USD", surplus_zeros=True)


def test_fractions_of_a_cent_and_giants_are_refused() -> None:
    with pytest.raises(RuleBroken, match="more than 2 digits after the point"):
        Money.parse("0.001", "USD")
    with pytest.raises(RuleBroken, match="larger than any amount"):
        Money.parse("99999999999999.99", "USD")


def test_unknown_currency_is_refused() -> None:
    with pytest.raises(RuleBroken, match="“XXX” is not a currency"):
        Money.parse("1", "XXX")


@given(amounts, currencies)
def test_what_is_written_can_be_read_again(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.parse(amount_text(money, cents=True), currency) == money


def test_currencies_never_mix() -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Money(1, "USD") + Money(1, "EUR")
    assert totals([Money(1, "USD"), Money(2, "EUR"), Money(3, "USD")]) == {
        "EUR": Money(2, "EUR"),
        "USD": Money(4, "USD"),
    }


def test_minor_units_are_whole() -> None:
    with pytest.raises(TypeError):
        Money(1.5, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("part, share", [(570_240, "0.99"), (2_880, "0.01"), (2_879, "0.00"), (-2_880, "-0.01")])
def test_a_part_in_percent_rounds_half_up(part: int, share: str) -> None:
    assert Money(part, "USD").percent_of(Money(57_600_000, "USD")) == Decimal(share)
    assert Money(part, "USD").percent_of(Money(0, "USD")) is None
