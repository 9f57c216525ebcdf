"""What an address asks for: numbers, words and choices; nonsense asks for what everybody gets."""

from enum import StrEnum
from typing import TypeVar

from flask import request

from mptf.core.status import one_named

LONGEST_WORDS = 200
MOST_DIGITS = 6

T = TypeVar("T", bound=StrEnum)


def number(name: str, otherwise: int = 1) -> int:
    """Return a number of the address, such as a year; what is none is `otherwise`."""
    words = request.args.get(name, "")
    return int(words) if words.isascii() and words.isdigit() and len(words) <= MOST_DIGITS else otherwise


def page() -> int:
    """Return the page of a list; what is none is the first."""
    return max(number("page"), 1)


def text(name: str) -> str:
    """Return words of the address, cut to a length a search can use."""
    return request.args.get(name, "").strip()[:LONGEST_WORDS]


def chosen(kind: type[T], name: str) -> T | None:
    """Return a choice of the address, or None where there is none of that name."""
    return one_named(kind, request.args.get(name))
