"""Join what two people typed over the same version of a part, so that nobody's words are lost.

A field that only one of them changed takes that change. Where both changed a text of several lines, it is joined line
by line as long as their changes do not overlap. What cannot be joined collides: what is stored stays, and the typed
text is for whoever typed it to settle. A text one of them removed while the other changed it stays. So do rows, which
go by their keys: those both added, and one that one of them removed while the other changed it or something below it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from mptf.drafting.shape import Content, Holds, Shape, keys_of

# Comparing lines takes time that grows with the square of their number: longer texts are joined as a whole.
MOST_LINES = 1000
PARENT = "of"  # the field of a row that holds the key of the row it stands below


@dataclass(frozen=True)
class Collision:
    """A field both changed in ways that cannot be joined; `stored` stands now."""

    field: str
    stored: str
    typed: str


@dataclass(frozen=True)
class Joined:
    """What stands now, what collided, and what differs from what was typed, by field (`""`: emptied, or gone).

    A field that collided is not among the changed ones.
    """

    content: Content
    collisions: tuple[Collision, ...]
    changed: Content


class _Change(NamedTuple):
    """Lines of the base that were replaced by others; `start == stop` inserts."""

    start: int
    stop: int
    lines: tuple[str, ...]


def join(shape: Shape, *, base: Content, stored: Content, typed: Content) -> Joined:
    """Join what is stored with what was typed, both written over `base`."""
    versions = _Versions(shape, base, stored, typed)
    orders = {name: _join_rows(versions, name) for name in shape.orders}
    content = {name: " ".join(keys) for name, keys in orders.items() if keys}
    stays = {name: set(keys) for name, keys in orders.items()}
    collisions = []
    for name in dict.fromkeys([*stored, *typed]):
        row = shape.row_of(name)
        if name in orders or (row and row[1] not in stays[row[0]]):
            continue
        texts = versions.of_field(name, row)
        joined = _join_field(shape, name, *texts)
        if joined is None:
            collisions.append(Collision(name, texts[1], texts[2]))
        if text := texts[1] if joined is None else joined:
            content[name] = text
    return Joined(content, tuple(collisions), _changed(content, typed, {one.field for one in collisions}))


def join_lines(base: str, one: str, other: str) -> str | None:
    """Join two versions of a text line by line; None where their changes overlap."""
    texts = [text.split("\n") for text in (base, one, other)]
    if any(len(lines) > MOST_LINES for lines in texts):
        return None
    before = texts[0]
    changes = sorted({*_changes(before, texts[1]), *_changes(before, texts[2])})
    result: list[str] = []
    place = 0
    for index, change in enumerate(changes):
        if index and _overlap(changes[index - 1], change):
            return None
        result += [*before[place : change.start], *change.lines]
        place = change.stop
    return "\n".join([*result, *before[place:]])


def _join_field(shape: Shape, name: str, base: str, stored: str, typed: str) -> str | None:
    """Return the text of a field that stands after both changes; None where they collide."""
    if typed in (base, stored):
        return stored
    if stored == base:
        return typed
    if not stored or not typed:
        return stored or typed
    field = shape.find(name)
    return join_lines(base, stored, typed) if field and field.holds is Holds.LINES else None


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[_Change]:
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, start, stop, begin, end in matcher.get_opcodes():
        if what != "equal":
            yield _Change(start, stop, tuple(after[begin:end]))


def _overlap(first: _Change, second: _Change) -> bool:
    """Tell whether two different changes, the one that begins first named first, touch the same lines.

    Two insertions in one place have no order that is right; one beside lines that were replaced has.
    """
    if first.start == first.stop and second.start == second.stop:
        return first.start == second.start
    return second.start < first.stop


def _join_rows(versions: "_Versions", name: str) -> list[str]:
    """Return the keys of the rows of a list that stay, in their order."""
    before, ours, theirs = (list(keys[name]) for keys in versions.keys)
    removed = [set(before) - set(ours), set(before) - set(theirs)]
    needed = (versions.touched[0] & removed[1]) | (versions.touched[1] & removed[0])
    stays = (set(ours) | set(theirs)) - ((removed[0] | removed[1]) - needed)
    return _in_order(before, ours, theirs, stays)


def _in_order(before: list[str], ours: list[str], theirs: list[str], stays: set[str]) -> list[str]:
    """Put the keys that stay into one order, the same whoever of the two comes first.

    Who moved rows has the order; where both did or none, one of them, and the rows of the other follow those they stood
    behind.
    """
    moved = [_was_moved(before, keys) for keys in (ours, theirs)]
    first, second = sorted((ours, theirs)) if moved[0] == moved[1] else (ours, theirs) if moved[0] else (theirs, ours)
    order = [key for key in first if key in stays]
    placed = set(order)
    behind = -1
    for key in second:
        if key in placed:
            behind = order.index(key)
        elif key in stays:
            behind += 1
            order.insert(behind, key)
    return order


def _was_moved(before: list[str], after: list[str]) -> bool:
    kept = set(after) & set(before)
    return [key for key in before if key in kept] != [key for key in after if key in kept]


class _Versions:
    """The base, what is stored and what was typed, with the keys of their rows."""

    def __init__(self, shape: Shape, base: Content, stored: Content, typed: Content) -> None:
        self.all = (base, stored, typed)
        self.keys = [{name: keys_of(version, name) for name in shape.orders} for version in self.all]
        above = dict(self._above(shape))
        self.touched = [_touched(shape, base, version, self.keys[0], above) for version in (stored, typed)]

    def of_field(self, name: str, row: tuple[str, str] | None) -> tuple[str, str, str]:
        """Return the three texts of a field; who removed its row did not change the text."""
        before, ours, theirs = (version.get(name, "") for version in self.all)
        if row and row[1] not in self.keys[1][row[0]]:
            ours = before
        if row and row[1] not in self.keys[2][row[0]]:
            theirs = before
        return before, ours, theirs

    def _above(self, shape: Shape) -> Iterator[tuple[str, str]]:
        """Yield each row with the one it stands below once both changes are joined, by their keys."""
        rows = {(name, key) for keys in self.keys[1:] for name, listed in keys.items() for key in listed}
        for name, key in rows:
            field = f"{name}.{key}.{PARENT}"
            texts = self.of_field(field, (name, key))
            joined = _join_field(shape, field, *texts)
            if parent := texts[1] if joined is None else joined:
                yield key, parent


def _changed(content: Content, typed: Content, collided: Collection[str]) -> dict[str, str]:
    names = dict.fromkeys([*content, *typed])
    return {
        name: content.get(name, "")
        for name in names
        if content.get(name, "") != typed.get(name, "") and name not in collided
    }


def _touched(
    shape: Shape, base: Content, version: Content, old: Mapping[str, Collection[str]], above: Mapping[str, str]
) -> set[str]:
    """Return the keys of rows that a version adds or changes, and of those these stand below."""
    found = {key for name in shape.orders for key in keys_of(version, name) if key not in old[name]}
    for name in dict.fromkeys([*base, *version]):
        row = shape.row_of(name)
        if row and base.get(name, "") != version.get(name, ""):
            found.add(row[1])
    waiting = list(found)
    while waiting:
        parent = above.get(waiting.pop())
        if parent and parent not in found:
            found.add(parent)
            waiting.append(parent)
    return found
