"""What people type about an object: values that are checked together and then written onto it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mptf.core.errors import N_, RuleBroken
from mptf.core.kosovo import keep_asterisk
from mptf.core.signs import keep_line, seen


@dataclass(frozen=True)
class Facts(ABC):
    """Values of one object."""

    @abstractmethod
    def check(self) -> None:
        """Refuse what breaks a rule, in words, at its field."""

    def values(self) -> Mapping[str, Any]:
        """Return the value of each attribute by its name."""
        return asdict(self)


def named(name: str, field: str) -> None:
    """Refuse an empty name, one that cannot be shown in a line, or one that drops the asterisk."""
    needed(name, field, N_("Write a name."))
    keep_line(name, field)


def needed(text: str, field: str, told: str) -> None:
    """Refuse a text that says nothing, in the words of `told`, or one that drops the asterisk."""
    if not seen(text):
        raise RuleBroken(told, field=field)
    keep_asterisk(text, field)


def at_most(text: str, longest: int, field: str) -> None:
    """Refuse a text that is longer than what keeps it."""
    if len(text) > longest:
        raise RuleBroken(N_("Use at most {longest:,} characters."), longest=longest, field=field)
