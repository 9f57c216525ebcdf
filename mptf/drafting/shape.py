"""What a part of a proposal is made of: the names of its fields, what people call them and how much they hold.

The content of a part is flat: the name of a field and the text exactly as it was typed. An empty text and none are
the same. Rows that repeat are named `<list>.<key>.<field>`; the field `<list>` holds the keys in their order. A choice
of several is a field `<field>.<public id>` for each that is chosen, with the text `y`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from enum import Enum
from functools import cached_property

Content = Mapping[str, str]

CHOSEN = "y"
LONGEST_NAME = 120
_SEGMENT = r"[a-z0-9_-]{1,40}"


class Holds(Enum):
    """What the text of a field is."""

    LINE = "line"  # joined as a whole
    LINES = "lines"  # joined line by line
    MARK = "mark"  # `y` or nothing
    ORDER = "order"  # the keys of the rows of a list


@dataclass(frozen=True)
class Field:
    """A field of a part: a `*` in its name stands for the key of a row or a public id.

    `label` is what people call it; in the field of an order, one row of it (`Risk`). `most` is how many characters
    people are told it takes (in an order: how many rows); more is kept all the same, and is a problem. `below` is, in
    an order, the list below whose rows its rows stand: each names its own in the field `of`. `choices` are what the
    stored values of a choice are called.
    """

    name: str
    label: str
    holds: Holds = Holds.LINE
    most: int = 300
    below: str = ""
    choices: Mapping[str, str] = attribute(default_factory=dict)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What the names of this field look like."""
        return re.compile(re.escape(self.name).replace(r"\*", _SEGMENT), re.ASCII)


@dataclass(frozen=True)
class Shape:
    """The fields of a part, in the order of its page."""

    fields: tuple[Field, ...]

    def find(self, name: str) -> Field | None:
        """Return the field a name is of, or None where the part has none of it."""
        if len(name) > LONGEST_NAME:
            return None
        return self._plain.get(name) or next((one for one in self._repeated if one.pattern.fullmatch(name)), None)

    @cached_property
    def orders(self) -> tuple[str, ...]:
        """The names of the lists of rows."""
        return tuple(one.name for one in self.fields if one.holds is Holds.ORDER)

    def row_of(self, name: str) -> tuple[str, str] | None:
        """Return the list and the key of the row a field is of, or None where it is of none."""
        of_list, _, rest = name.partition(".")
        return (of_list, rest.partition(".")[0]) if rest and of_list in self._lists else None

    def called(self, name: str, content: Content) -> str:
        """Say what people call a field, `Risk 2, mitigation`, or a row as a whole: `Risk 2`."""
        field = self.find(name) or self._choices.get(name)
        label = field.label if field else name
        row = self.row_of(name)
        place = row and keys_of(content, row[0]).get(row[1])
        if not (row and place):
            return label
        whose = f"{self._plain[row[0]].label} {place}"
        return f"{whose}, {label}" if field else whose

    def page_order(self, content: Content, name: str) -> list[str]:
        """Return the keys of the rows of a list as they stand on the page: by the rows above, those of none last."""
        keys = list(keys_of(content, name))
        above = self.above(name)
        if above not in self._lists:
            return keys
        places = {key: place for place, key in enumerate(self.page_order(content, above))}
        return sorted(keys, key=lambda key: places.get(content.get(f"{name}.{key}.of", ""), len(places)))

    def above(self, name: str) -> str:
        """Return the list below whose rows the rows of a list stand, maybe one of another part; or nothing."""
        return self._plain[name].below

    @cached_property
    def _lists(self) -> frozenset[str]:
        return frozenset(self.orders)

    @cached_property
    def _plain(self) -> dict[str, Field]:
        return {one.name: one for one in self.fields if "*" not in one.name}

    @cached_property
    def _choices(self) -> dict[str, Field]:
        """The choices of several, by what their marks have in common: a problem may be of none of them."""
        return {one.name.removesuffix(".*"): one for one in self.fields if one.holds is Holds.MARK}

    @cached_property
    def _repeated(self) -> tuple[Field, ...]:
        return tuple(one for one in self.fields if "*" in one.name)


def keys_of(content: Content, name: str) -> dict[str, int]:
    """Return the keys of the rows of a list with their places, counted from 1."""
    return {key: place for place, key in enumerate(dict.fromkeys(content.get(name, "").split()), 1)}


def chosen(content: Content, name: str, known: Iterable[str]) -> Iterator[str]:
    """Return which of the known public ids of a choice of several are chosen, in the order they are known."""
    return (public_id for public_id in known if content.get(f"{name}.{public_id}") == CHOSEN)
