"""What differs between two versions of a part, field by field, word by word."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import NamedTuple

from mptf.core.errors import N_
from mptf.drafting.shape import CHOSEN, Content, Holds, Shape, keys_of

# Comparing words takes time that grows with the square of their number: longer texts are compared line by line.
MOST_WORDS = 1500
MOST_LINES = 1000
MOVED = N_("The rows stand in another order.")

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Fate(Enum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


class Piece(NamedTuple):
    """A piece of a text, and what became of it."""

    fate: Fate
    text: str


@dataclass(frozen=True)
class Difference:
    """A field that differs, as people call it, with the pieces of both its texts in their order."""

    label: str
    pieces: Sequence[Piece] = ()
    told: str = ""


def differences(
    shape: Shape, old: Content, new: Content, called: Callable[[str, Content], str]
) -> Iterator[Difference]:
    """Return the fields in which two contents differ, in the order of the page."""
    for name in _in_order(shape, old, new):
        before, after = old.get(name, ""), new.get(name, "")
        if before == after:
            continue
        field = shape.find(name)
        label = called(name, new if name in new else old)
        if field and field.holds is Holds.ORDER:
            if _moved(old, new, name):
                yield Difference(label, told=MOVED)
        elif field and field.holds is Holds.MARK:
            yield Difference(label, [Piece(Fate.NEW if after == CHOSEN else Fate.GONE, N_("chosen"))])
        else:
            yield Difference(label, pieces(before, after))


def pieces(old: str, new: str) -> list[Piece]:
    """Return what stayed, went and came between two texts."""
    units = _units(old, new)
    if units is None:
        return [piece for piece in (Piece(Fate.GONE, old), Piece(Fate.NEW, new)) if piece.text]
    before, after = units
    found: list[Piece] = []
    for _, start, stop, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, came = "".join(before[start:stop]), "".join(after[begin:end])
        if gone == came:
            found.append(Piece(Fate.SAME, gone))
        else:
            found += [piece for piece in (Piece(Fate.GONE, gone), Piece(Fate.NEW, came)) if piece.text]
    return found


def _units(old: str, new: str) -> tuple[list[str], list[str]] | None:
    """Cut two texts into words, or into lines where these are too many; None where those are too many as well."""
    for cut, most in ((_WORDS, MOST_WORDS), (_LINES, MOST_LINES)):
        before, after = cut.findall(old), cut.findall(new)
        if max(len(before), len(after)) <= most:
            return before, after
    return None


def _moved(old: Content, new: Content, name: str) -> bool:
    before, after = keys_of(old, name), keys_of(new, name)
    return [key for key in before if key in after] != [key for key in after if key in before]


def _in_order(shape: Shape, *contents: Content) -> list[str]:
    """Return the names of two contents as the page has them: by field, the rows of a list together."""
    places: Mapping[str, int] = {field.name: place for place, field in enumerate(shape.fields)}
    names = dict.fromkeys(name for content in contents for name in content)

    def place(name: str) -> tuple[int, int, int, str]:
        field, row = shape.find(name), shape.row_of(name)
        own = places[field.name] if field else len(places)
        if row is None:
            return own, 0, 0, name
        rows = next((keys[row[1]] for content in contents if row[1] in (keys := keys_of(content, row[0]))), 0)
        return places[row[0]], rows, own, name

    return sorted(names, key=place)
