"""What differs between two things that were sent of a proposal: in its texts, word by word, and in its money.

Each is read in the frame it was sent in. Stored keys are told by the names they had there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mptf.budgets.grid import DIRECT, INDIRECT, Budget, Place, Sums
from mptf.budgets.telling import category
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.drafting.comparing import Difference, differences
from mptf.drafting.parts import every_part
from mptf.drafting.reading import Frame, Part
from mptf.drafting.shape import Content, Holds, keys_of
from mptf.drafting.telling import Said, words
from mptf.proposals.models import PartKind, Stage
from mptf.submissions.snapshot import Snapshot


@dataclass(frozen=True)
class RowChange:
    """A row of a list that came or went: what it is called, and what its fields say."""

    label: str
    came: bool
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PartChange:
    """What differs in the texts of a part."""

    kind: PartKind
    fields: tuple[Difference, ...]
    rows: tuple[RowChange, ...]


@dataclass(frozen=True)
class Amounts:
    """What an amount was and is."""

    label: Said
    before: Money
    after: Money

    @property
    def difference(self) -> Money:
        """How much more it is."""
        return self.after - self.before


@dataclass(frozen=True)
class MoneyChange:
    """What differs in a budget: by office, by year and by category, in all, and the cells that changed."""

    offices: tuple[Amounts, ...]
    years: tuple[Amounts, ...]
    categories: tuple[Amounts, ...]
    in_all: Amounts
    cells: tuple[Amounts, ...]

    def __bool__(self) -> bool:
        return bool(self.cells) or any(one.difference for one in (*self.offices, self.in_all))


def text_changes(before: Snapshot, after: Snapshot) -> list[PartChange]:
    """Return the parts whose texts differ; a budget differs in its money."""
    compared = (_Compared(part, before, after) for part in every_part() if part.kind is not PartKind.BUDGET)
    found = (PartChange(one.part.kind, tuple(one.fields()), tuple(one.rows())) for one in compared)
    return [one for one in found if one.fields or one.rows]


def money_changes(before: Snapshot, after: Snapshot) -> MoneyChange:
    """Return what differs between two budgets; of concept notes, in what they expect."""
    if after.stage is Stage.CONCEPT:
        return MoneyChange((), (), (), Amounts(words(N_("Expected in all")), before.requested, after.requested), ())
    old, new = before.budget, after.budget
    offices = {office.key: office.name for office in (*old.grid.offices, *new.grid.offices)}
    years = sorted({*old.grid.numbered, *new.grid.numbered})
    zero = Money.zero(new.grid.currency)

    def both(label: Said, old_ones: Mapping[Any, Money], new_ones: Mapping[Any, Money], key: Any) -> Amounts:
        return Amounts(label, old_ones.get(key, zero), new_ones.get(key, zero))

    totals = [{key: sums.total for key, sums in budget.offices.items()} for budget in (old, new)]
    by_year = old.all.total_by_year, new.all.total_by_year
    by_category = _by_category(old.all), _by_category(new.all)
    return MoneyChange(
        tuple(both(name, totals[0], totals[1], key) for key, name in offices.items()),
        tuple(both(words(N_("Year {year}"), year=year), *by_year, year) for year in years),
        tuple(both(category(key), *by_category, key) for key in (*DIRECT, INDIRECT)),
        Amounts(words(N_("Requested in all")), old.total, new.total),
        tuple(_cells(old, new, offices)),
    )


def _by_category(sums: Sums) -> dict[int, Money]:
    return {**sums.by_category, INDIRECT: sums.indirect}


def _cells(old: Budget, new: Budget, offices: Mapping[str, str]) -> Iterator[Amounts]:
    """Yield the cells that changed, office by office and row by row."""
    zero = Money.zero(new.grid.currency)
    order = list(offices)
    places = sorted({*old.cells, *new.cells}, key=lambda one: (order.index(one.office), one.category, one.year))
    for place in places:
        before, after = old.cells.get(place, zero), new.cells.get(place, zero)
        if before != after:
            yield Amounts(_cell(place, offices), before, after)


def _cell(place: Place, offices: Mapping[str, str]) -> Said:
    return words(
        N_("{office}: {category}, year {year}"),
        office=offices[place.office], category=category(place.category), year=place.year,
    )  # fmt: skip


class _Compared:
    """A part in two things that were sent, each with its frame."""

    def __init__(self, part: Part[Any], before: Snapshot, after: Snapshot) -> None:
        self.part = part
        self.old: Content = before.contents.get(part.kind, {})
        self.new: Content = after.contents.get(part.kind, {})
        self.frames = before.frame, after.frame

    @cached_property
    def came(self) -> list[tuple[str, str]]:
        """The rows that are only in the new one: list and key."""
        return list(_beside(self.part, self.new, self.old))

    @cached_property
    def went(self) -> list[tuple[str, str]]:
        """The rows that are only in the old one."""
        return list(_beside(self.part, self.old, self.new))

    def fields(self) -> Iterator[Difference]:
        """Yield the fields that differ in what both have."""
        old = self._worded(self.old, self.frames[0])
        new = self._worded(self.new, self.frames[1])
        same = {name: text for name, text in old.items() if self.old.get(name) == self.new.get(name)}

        def called(name: str, content: Content) -> str:
            raw, frame = (self.old, self.frames[0]) if content is old else (self.new, self.frames[1])
            return self.part.name_of(name, raw, frame)

        new = {**new, **{name: text for name, text in same.items() if name in new}}
        return differences(self.part.shape, old, new, called)

    def rows(self) -> Iterator[RowChange]:
        """Yield the rows that came, and those that went."""
        for rows, content, frame, came in (
            (self.came, self.new, self.frames[1], True), (self.went, self.old, self.frames[0], False),
        ):  # fmt: skip
            for name, key in rows:
                fields = tuple(self._fields_of(f"{name}.{key}.", content, frame))
                yield RowChange(self.part.name_of(f"{name}.{key}", content, frame), came, fields)

    def _fields_of(self, prefix: str, content: Content, frame: Frame) -> Iterator[tuple[str, str]]:
        for field in self.part.shape.fields:
            name = prefix + field.name.rpartition(".")[2]
            if field.name.count(".") == prefix.count(".") and self.part.shape.find(name) is field and content.get(name):
                yield field.label, said_of(self.part, name, content, frame)

    def _worded(self, content: Content, frame: Frame) -> dict[str, str]:
        """Return what both have of a content, stored keys told by their names."""
        apart = {*self.came, *self.went}
        return {
            name: self._in_both(name, text)
            if name in self.part.shape.orders
            else said_of(self.part, name, content, frame)
            for name, text in content.items()
            if self.part.shape.row_of(name) not in apart
        }

    def _in_both(self, name: str, text: str) -> str:
        """Return the keys of a list that both have, in their order."""
        both = keys_of(self.old, name).keys() & keys_of(self.new, name).keys()
        return " ".join(key for key in text.split() if key in both)


def said_of(part: Part[Any], name: str, content: Content, frame: Frame) -> str:
    """Say the text of a field: what people chose by its name, what they wrote as it was typed."""
    text, field = content[name], part.shape.find(name)
    if not text or field is None or field.holds is not Holds.LINE:
        return text
    if text in field.choices:
        return field.choices[text]
    row = part.shape.row_of(name)
    if row and name.endswith(".of"):
        return part.name_of(f"{part.shape.above(row[0])}.{text}", content, frame)
    return _names(frame).get(text, text)


def _names(frame: Frame) -> dict[str, str]:
    """Return what a frame calls what is chosen by its public id."""
    files = {key: file.name for key, file in frame.files.items()}
    return {**frame.offices, **frame.kpis, **{key: one.name for key, one in frame.documents.items()}, **files}


def _beside(part: Part[Any], content: Content, other: Content) -> Iterable[tuple[str, str]]:
    """Yield the rows of one content the other does not have, in their order."""
    for name in part.shape.orders:
        there = keys_of(other, name)
        yield from ((name, key) for key in part.shape.page_order(content, name) if key not in there)
