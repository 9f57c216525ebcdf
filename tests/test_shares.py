"""Parts add up to the whole, to the last cent (DOMAIN: Contribution statement, MON-5)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.core.errors import RuleBroken
from mptf.core.money import LARGEST_MINOR, Money
from mptf.core.shares import apportion

wholes = st.integers(-LARGEST_MINOR, LARGEST_MINOR).map(lambda minor: Money(minor, "USD"))
weight = st.integers(-LARGEST_MINOR, LARGEST_MINOR) | st.fractions(-100, 100, max_denominator=1000)
shared = st.dictionaries(st.text("ABCDE", min_size=1, max_size=3), weight, min_size=1).filter(
    lambda weights: sum(weights.values()) > 0
)


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


def test_one_hundred_among_three_equals() -> None:
    assert apportion(usd("100.00"), {"C": 1, "A": 1, "B": 1}) == {
        "A": usd("33.34"), "B": usd("33.33"), "C": usd("33.33"),
    }  # fmt: skip


def test_the_largest_remainder_comes_before_the_smaller_key() -> None:
    assert apportion(usd("0.10"), {"A": 3, "B": 4}) == {"A": usd("0.04"), "B": usd("0.06")}
    assert apportion(usd("0.10"), {"A": 333, "B": 667}) == {"A": usd("0.03"), "B": usd("0.07")}


def test_years_are_keys_too_and_the_order_of_the_weights_stays() -> None:
    assert list(apportion(usd("21.00"), {2027: 2, 2026: 1}).items()) == [(2027, usd("14.00")), (2026, usd("7.00"))]


def test_a_currency_without_cents_is_given_out_in_whole_units() -> None:
    assert apportion(Money(100, "JPY"), {"A": 1, "B": 1, "C": 1})["A"] == Money(34, "JPY")


def test_nothing_is_given_out_among_zeros_or_among_nobody_but_no_amount_is() -> None:
    assert apportion(usd("0"), {"A": 0, "B": 0}) == {"A": usd("0"), "B": usd("0")}
    assert apportion(usd("0"), {}) == {}
    with pytest.raises(RuleBroken, match=r"USD\s100.00 cannot be given out: nobody has a share"):
        apportion(usd("100.00"), {"A": 0})
    with pytest.raises(RuleBroken, match="nobody has a share"):
        apportion(usd("-0.01"), {})


def test_a_weight_below_zero_has_a_part_below_zero_and_the_others_more_than_the_whole() -> None:
    weights = {"Norway": -100, "Sweden": 300, "Turkey": 100}
    assert apportion(usd("1.00"), weights) == {
        "Norway": usd("-0.33"), "Sweden": usd("1.00"), "Turkey": usd("0.33"),
    }  # fmt: skip
    with pytest.raises(RuleBroken, match="nobody has a share"):
        apportion(usd("1.00"), {"A": 2, "B": -3})
    with pytest.raises(RuleBroken, match="nobody has a share"):
        apportion(usd("1.00"), {"A": 2, "B": -2})
    assert apportion(usd("0"), {"A": 2, "B": -2}) == {"A": usd("0"), "B": usd("0")}


def test_a_float_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError, match="exact"):
        apportion(usd("1.00"), {"A": 0.5})  # type: ignore[dict-item]


@given(wholes, shared)
def test_the_parts_add_up_to_the_whole(whole: Money, weights: dict[str, int | Fraction]) -> None:
    assert sum(part.minor for part in apportion(whole, weights).values()) == whole.minor


@given(wholes, shared)
def test_each_part_is_less_than_one_unit_from_the_exact_one(whole: Money, weights: dict[str, int | Fraction]) -> None:
    total = sum(map(Fraction, weights.values()))
    for key, part in apportion(whole, weights).items():
        assert abs(part.minor - whole.minor * Fraction(weights[key]) / total) < 1


@given(wholes.filter(lambda whole: whole.minor >= 0), shared)
def test_who_weighs_more_never_gets_less_and_who_weighs_nothing_gets_nothing(
    whole: Money, weights: dict[str, int | Fraction]
) -> None:
    parts = apportion(whole, weights)
    heaviest_first = sorted(weights, key=lambda key: (-weights[key], key))
    assert [parts[key].minor for key in heaviest_first] == sorted((part.minor for part in parts.values()), reverse=True)
    assert not any(parts[key] for key in weights if not weights[key])


@given(wholes, shared)
def test_a_debt_is_given_out_as_the_amount_with_its_sign(whole: Money, weights: dict[str, int | Fraction]) -> None:
    assert apportion(-whole, weights) == {key: -part for key, part in apportion(whole, weights).items()}


@given(wholes, shared)
def test_only_the_proportion_of_the_weights_counts(whole: Money, weights: dict[str, int | Fraction]) -> None:
    tripled: dict[str, int | Fraction] = {key: 3 * value for key, value in reversed(weights.items())}
    assert apportion(whole, tripled) == apportion(whole, weights)
