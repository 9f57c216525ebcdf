"""Words people read instead of a stored value: each member of an enum carries its own."""

import enum
from collections.abc import Iterable
from typing import TypeVar

Choice = TypeVar("Choice", bound=enum.StrEnum)


class Labelled(enum.StrEnum):
    """A kind of something: each member is its stored value, with the name people know it by."""

    label: str

    def __new__(cls, value: str, label: str = "") -> "Labelled":
        """Make a member from its stored value and its name; `Kind(value)` finds one and comes without it."""
        if not label:
            raise TypeError(f"{cls.__name__} {value} has no label")
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Status(enum.StrEnum):
    """A status people read: each member carries its label, tone, icon and whether it is final."""

    label: str
    tone: str
    icon: str
    final: bool

    def __new__(cls, value: str, label: str, tone: str, icon: str, final: bool = False) -> "Status":
        """Make a member from its stored value and what people see of it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.tone, member.icon, member.final = label, tone, icon, final
        return member


def one_named(kinds: Iterable[Choice], word: str | None) -> Choice | None:
    """Return the one of these kinds that a word of an address names by its stored value; None where it names none."""
    return next((kind for kind in kinds if kind.value == word), None)
