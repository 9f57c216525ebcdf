"""Exchange rates as people type and read them: units of a currency for one US dollar."""

from decimal import Decimal

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import exponent, parse_decimal
from mptf.core.sentences import cut

MEASURE = "USD"
MILLION = 1_000_000
LARGEST_MILLIONTHS = 10**7 * MILLION


def parse_rate(text: str) -> int:
    """Read units for one US dollar, such as 0.921 or 10.416667, as millionths; refuse anything else in words."""
    try:
        value = parse_decimal(text.replace(",", "?"))  # 10,416 is ten to some and ten thousand to others
    except RuleBroken:
        raise RuleBroken(
            N_("“{text}” is not a rate. Write units for one US dollar with a point, such as 0.921."),
            text=cut(text),
        ) from None
    millionths = value * MILLION
    if millionths != millionths.to_integral_value():
        raise RuleBroken(N_("A rate has at most six digits after the point."))
    if not 0 < millionths <= LARGEST_MILLIONTHS:
        raise RuleBroken(N_("A rate is more than 0 and at most 10,000,000 units for one US dollar."))
    return int(millionths)


def check_currency(currency: str) -> None:
    """Refuse a currency this system does not know, and the one rates are counted in."""
    exponent(currency)
    if currency == MEASURE:
        raise RuleBroken(N_("Rates are units for one US dollar; USD itself has none."))


def per_dollar(millionths: int) -> Decimal:
    """Return a rate as people write it."""
    return Decimal(millionths).scaleb(-6)


def rate_text(millionths: int) -> str:
    """Write a rate with its six digits after the point."""
    return f"{per_dollar(millionths):.6f}"
