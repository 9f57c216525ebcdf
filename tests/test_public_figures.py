"""The bars of the public page: each in percent of the longest in its own currency."""

from decimal import Decimal

import pytest

from mptf.core.money import Money
from mptf.public.figures import lengths


@pytest.mark.parametrize(
    "amounts, expected",
    [
        ([], []),
        ([None], ["0"]),
        ([Money(0, "USD")], ["0"]),
        ([Money(50, "USD"), None, Money(200, "USD")], ["25", "0", "100"]),
        ([Money(1_000_000, "RSD"), Money(50, "USD"), Money(200, "USD")], ["100", "25", "100"]),
    ],
)
def test_amounts_in_different_currencies_are_not_compared(amounts: list[Money | None], expected: list[str]) -> None:
    assert lengths(amounts) == [Decimal(length) for length in expected]
