"""Money: integer minor units and a currency, together; never a float (DOMAIN: Money)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from mptf.core.errors import N_, RuleBroken
from mptf.core.sentences import cut

# ISO 4217: currency and digits after the point, of the currencies contributions arrive in.
EXPONENTS = {
    "AUD": 2, "BAM": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2,
    "HUF": 2, "INR": 2, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "NOK": 2, "NZD": 2, "PLN": 2, "QAR": 2,
    "RON": 2, "RSD": 2, "SAR": 2, "SEK": 2, "SGD": 2, "THB": 2, "TRY": 2, "USD": 2, "ZAR": 2,
}  # fmt: skip

CENT_OF_PERCENT = Decimal("0.01")
MINUS = "\N{MINUS SIGN}"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

# The largest amount a ledger column is asked to hold: sums of many stay inside 64 bits.
LARGEST_MINOR = 10**15

# More characters than this are no amount, and a parser need not look at them.
LONGEST_NUMBER = 60

_PLAIN = re.compile(r"-?(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)?(?:\.\d+)?", re.ASCII)


def exponent(currency: str) -> int:
    """Return the digits after the point of a currency; refuse an unknown code."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise RuleBroken(
            N_("“{code}” is not a currency this system knows. Use a code such as USD, EUR or SEK."),
            code=currency,
        ) from None


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units of one currency."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.minor, int):
            raise TypeError("minor units are an integer")
        exponent(self.currency)

    @classmethod
    def parse(cls, text: str, currency: str, *, surplus_zeros: bool = False) -> Self:
        """Read an exact amount such as `1,234.50`; refuse anything else with a sentence.

        More digits than the currency has are refused, because 576.000 is a thousand times as much to some people; with
        `surplus_zeros` they are accepted when they are 0 (the Gateway writes three).
        """
        digits = exponent(currency)
        value = parse_decimal(text)
        minor = value.scaleb(digits)
        surplus = -int(value.as_tuple().exponent) > digits
        if minor != minor.to_integral_value() or (surplus and not surplus_zeros):
            raise RuleBroken(
                N_("“{text}” has more than {digits} digits after the point."),
                text=cut(text),
                digits=digits,
            )
        if abs(minor) > LARGEST_MINOR:
            raise RuleBroken(N_("“{text}” is larger than any amount this system keeps."), text=cut(text))
        return cls(int(minor), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return nothing of a currency."""
        return cls(0, currency)

    @property
    def decimal(self) -> Decimal:
        """The exact amount in whole units."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def __add__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.minor + other.minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same_currency(other)
        return type(self)(self.minor - other.minor, self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __lt__(self, other: Self) -> bool:
        self._same_currency(other)
        return self.minor < other.minor

    def __le__(self, other: Self) -> bool:
        self._same_currency(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def percent_of(self, whole: Self) -> Decimal | None:
        """Return this amount in percent of another, two decimals half-up; None of nothing."""
        self._same_currency(whole)
        if not whole:
            return None
        return (Decimal(100) * self.minor / whole.minor).quantize(CENT_OF_PERCENT, ROUND_HALF_UP)

    def __str__(self) -> str:
        return f"{self.currency}{NO_BREAK_SPACE}{amount_text(self, cents=True)}"

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")


def parse_decimal(text: str) -> Decimal:
    """Read an exact decimal number written with a point; refuse anything else with a sentence."""
    plain = text.strip().replace(MINUS, "-").removesuffix(".")
    if (
        len(plain) > LONGEST_NUMBER
        or not any(c.isascii() and c.isdigit() for c in plain)
        or not _PLAIN.fullmatch(plain)
    ):
        raise RuleBroken(
            N_("“{text}” is not an amount. Write digits with a point before the cents, such as 1234.50 or 1,234.50."),
            text=cut(text),
        )
    return Decimal(plain.replace(",", ""))


def amount_text(money: Money, *, cents: bool = False) -> str:
    """Write an amount without its currency: `1,661,314`, or with cents; minus is U+2212."""
    digits = exponent(money.currency)
    value = money.decimal if cents else money.decimal.quantize(Decimal(1), ROUND_HALF_UP)
    sign = MINUS if value < 0 else ""
    return f"{sign}{abs(value):,.{digits if cents else 0}f}"


def totals(amounts: Iterable[Money]) -> dict[str, Money]:
    """Add amounts up per currency, in the order of the codes."""
    sums: dict[str, int] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, 0) + money.minor
    return {currency: Money(sums[currency], currency) for currency in sorted(sums)}
