"""What a cell of a budget may hold, and how the amount is written that somebody probably meant by something else."""

import re

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money, amount_text
from mptf.core.sentences import cut

NEGATIVE = N_("“{text}” is below 0. A budget has no negative amounts: write what is planned, or 0.")
TWO_WAYS = N_("“{text}” is not an amount. Write {plain} or {grouped}.")
ONE_WAY = N_("“{text}” is not an amount. Write {plain}.")
NOT_READ = N_("“{text}” is not an amount. Write digits with a point before the cents, such as 12000 or 12,000.50.")

_NAMED = re.compile(r"(?:[A-Z]{3}|[$€£])\s*(\S.*)|(\S.*?)\s*(?:[A-Z]{3}|[$€£])")
_THOUSANDS = re.compile(r"([1-9]\d{0,8})\s?[kK]", re.ASCII)
# Thousands parted by points or in another way, and a comma before the cents. One point alone may mean either.
_WRITTEN = re.compile(
    r"([1-9]\d{0,2}(?:[ \u00a0\u202f'\u2019]\d{3})+)(?:[.,](\d{1,2}))?"
    r"|([1-9]\d{0,2}(?:\.\d{3}){2,})|([1-9]\d{0,2}(?:\.\d{3})+|\d+),(\d{1,2})",
    re.ASCII,
)


def amount_of(text: str, currency: str) -> Money:
    """Read one cell; refuse what is no amount of a budget with a sentence that says what to write."""
    try:
        amount = Money.parse(text, currency)
    except RuleBroken as refusal:
        raise _more_helpful(text, currency, refusal) from None
    if amount.minor < 0:
        raise RuleBroken(NEGATIVE, text=cut(text))
    return amount


def _more_helpful(text: str, currency: str, refusal: RuleBroken) -> RuleBroken:
    """Return a refusal with the amount that was probably meant; the given one where it says more than "no amount"."""
    try:
        Money.parse(plain := _meant(text), currency)
    except RuleBroken:
        return RuleBroken(NOT_READ, text=cut(text)) if "is not an amount" in refusal.template else refusal
    whole, point, cents = plain.partition(".")
    grouped = f"{int(whole):,}{point}{cents}"
    template = ONE_WAY if plain == grouped else TWO_WAYS
    return RuleBroken(template, text=cut(text), plain=plain, grouped=grouped)


def _meant(text: str) -> str:
    """Return the amount somebody probably meant by `12k`, `1.000,00` or `USD 1 000`; nothing where it is not clear."""
    plain = text.strip()
    if named := _NAMED.fullmatch(plain):
        plain = named[1] or named[2]
    if thousands := _THOUSANDS.fullmatch(plain):
        return f"{thousands[1]}000"
    written = _WRITTEN.fullmatch(plain)
    if written is None:
        return plain.replace(",", "") if plain != text.strip() else ""
    whole = re.sub(r"\D", "", written[1] or written[3] or written[4])
    cents = written[2] or written[5]
    return f"{int(whole)}.{cents.ljust(2, '0')}" if cents else whole


def typed(amount: Money) -> str:
    """Write an amount as somebody types it: `12,000`, or `12,000.50`."""
    whole, point, cents = amount_text(amount, cents=True).partition(".")
    return whole if not cents.strip("0") else f"{whole}{point}{cents}"
