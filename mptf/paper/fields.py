"""The cells of a row model: text, exact amounts, whole numbers and rates, each refused in words.

Used as `Annotated` types of pydantic models. What a cell may hold is decided by the parsers of the
house (`core.money`), so that a file and a form refuse the same things with the same sentence.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, PlainValidator, StringConstraints

from mptf.core.errors import N_, RuleBroken
from mptf.core.kosovo import with_asterisk
from mptf.core.money import Money, parse_decimal
from mptf.core.sentences import cut
from mptf.core.signs import keep_line, seen
from mptf.paper.problems import in_a_cell, refused

MOST_HUNDREDTHS = 10**15


def kept(longest: int, *, needed: bool = False) -> AfterValidator:
    """Refuse text that cannot be shown or kept; what others wrote gets the asterisk of Kosovo*, and `shape` says so."""

    def keep(text: str) -> str:
        with in_a_cell():
            keep_line(text)
        if needed:
            _needed(text)
        kept = with_asterisk(text) if seen(text) else ""
        if len(kept) > longest:
            raise refused(RuleBroken(N_("The text is longer than {longest} characters. Shorten it."), longest=longest))
        return kept

    return AfterValidator(keep)


def amount_in(currency: str, *, surplus_zeros: bool = False) -> Any:
    """Return the cell type of an exact amount in one currency."""

    def parse(text: str) -> Money:
        _needed(text)
        with in_a_cell():
            return Money.parse(text, currency, surplus_zeros=surplus_zeros)

    return PlainValidator(parse)


def _needed(text: str) -> None:
    if not seen(text):
        raise refused(RuleBroken(N_("The cell is empty. Fill it in.")))


def _hundredths(text: str) -> int:
    """Read a rate in percent, such as 88.28 or .27, as hundredths of a percent."""
    _needed(text)
    try:
        value = parse_decimal(text).scaleb(2)
    except RuleBroken:
        told = N_("“{text}” is not a rate. Write percent with a point and two decimals, such as 88.28.")
        raise refused(RuleBroken(told, text=cut(text))) from None
    if value != value.to_integral_value() or abs(value) > MOST_HUNDREDTHS:
        told = N_("“{text}” has more than two decimals. Write the rate as it was published, such as 88.28.")
        raise refused(RuleBroken(told, text=cut(text)))
    return int(value)


def _whole(text: str) -> int:
    _needed(text)
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 9):
        told = N_("“{text}” is not a whole number. Write digits only, such as 12.")
        raise refused(RuleBroken(told, text=cut(plain)))
    return int(plain)


def _whole_or_none(text: str) -> int | None:
    return _whole(text) if seen(text) else None


Line = Annotated[str, StringConstraints(strip_whitespace=True), kept(300)]
NeededLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), kept(300, needed=True)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), kept(40, needed=True)]
WholeNumber = Annotated[int, PlainValidator(_whole)]
WholeOrNone = Annotated[int | None, PlainValidator(_whole_or_none)]
RateHundredths = Annotated[int, PlainValidator(_hundredths)]
