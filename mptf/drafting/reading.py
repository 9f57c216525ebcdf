"""How the texts of a part become values: each reader is a pure function of the content and the frame.

    PART = Part(PartKind.RISKS, SHAPE, read_risks, tell_risks, template="drafting/risks.html")

    def read_risks(content: Content, frame: Frame) -> Read[Risks]:
        typed = Typed(content)
        ...
        return typed.read(Risks(...))

Nothing is refused here. What is not there or cannot be read is a problem at its field, and counts as nothing.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import date, datetime
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

from mptf.core.days import parse_day
from mptf.core.errors import N_, RuleBroken
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import Money
from mptf.core.sentences import cut, filled
from mptf.core.signs import keep_lines, seen
from mptf.drafting.shape import Content, Shape, chosen, keys_of
from mptf.drafting.telling import Block
from mptf.proposals.models import PartKind, Proposal

Value = TypeVar("Value")

LONGEST_WHOLE = 6
WHOLE = 100  # percent
FILL_IN = N_("Fill this in.")


class Titled(NamedTuple):
    """What stands in another part, by the number it has there and what it says."""

    number: str
    text: str


class Level(Enum):
    """How much a problem weighs: something is not there yet, or what is there cannot stand."""

    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True)
class Problem:
    """What keeps a part from being complete: a sentence at a field; a field of no name is the part as a whole."""

    field: str
    template: str
    values: Mapping[str, Any] = attribute(default_factory=dict)
    level: Level = Level.WRONG

    def __str__(self) -> str:
        return filled(self.template, self.values)


@dataclass(frozen=True)
class Read(Generic[Value]):
    """What the texts of a part say, as far as it can be read, and what is wrong with them."""

    value: Value
    problems: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing is missing and nothing wrong."""
        return not self.problems


@dataclass(frozen=True)
class Belongs:
    """The organisation an office belongs to, by public id and name, and what the call gives it at most, if it says."""

    organisation: str
    name: str
    ceiling: Money | None = None


class Asked(NamedTuple):
    """A document the call asks for; `needed` tells whether a proposal is incomplete without it."""

    name: str
    guidance: str
    needed: bool


class OnRecord(NamedTuple):
    """A file that was uploaded to the proposal."""

    name: str
    size: int
    sha256: str
    uploaded_at: datetime
    by: str


@dataclass(frozen=True)
class Frame:
    """What is given to whoever writes: the call that is answered, and what the part General says of the project.

    Goals, KPIs, jurisdictions and offices are names by public id, in the order people see them. `taking_part` are the
    public ids of the offices of the project, the lead office first; `starts_on` and `months` are None until they can be
    read. `outputs` are those of the results framework by their key, `organisations` says of each office whose it is,
    `documents` are what the call asks for and `files` what was uploaded, by public id. None in a limit is no limit.
    """

    currency: str
    indirect_bp: int
    goals: Mapping[str, str] = attribute(default_factory=dict)
    kpis: Mapping[str, str] = attribute(default_factory=dict)
    jurisdictions: Mapping[str, str] = attribute(default_factory=dict)
    offices: Mapping[str, str] = attribute(default_factory=dict)
    organisations: Mapping[str, Belongs] = attribute(default_factory=dict)
    lead: str = ""
    months_least: int | None = None
    months_most: int | None = None
    grant_least: Money | None = None
    grant_most: Money | None = None
    title: str = ""
    taking_part: tuple[str, ...] = ()
    starts_on: date | None = None
    months: int | None = None
    outputs: Mapping[str, Titled] = attribute(default_factory=dict)
    documents: Mapping[str, Asked] = attribute(default_factory=dict)
    files: Mapping[str, OnRecord] = attribute(default_factory=dict)


@dataclass(frozen=True)
class Part(Generic[Value]):
    """A part of a proposal: what it is made of, how it is read, what it says, and the template of its fields.

    `tell` says what was read as a small document, for whoever reads the proposal and does not write it.
    `offers` are the tables its template chooses from, by the names they have there. `figures` is a partial template
    that is drawn again after each save, such as totals; it gets `value`. `called` says what people call a field where
    its label is not enough. `given` adds to the frame what the part's room keeps of a proposal. `beside` is a template
    that stands above the form of the part, with a form of its own.
    """

    kind: PartKind
    shape: Shape
    read: Callable[[Content, Frame], Read[Value]]
    tell: Callable[[Value, Frame], Iterable[Block]]
    template: str
    offers: Mapping[str, Any] = attribute(default_factory=dict)
    figures: str = ""
    called: Callable[[str, Content, Frame], str] | None = None
    given: Callable[[Proposal, Frame], Frame] | None = None
    beside: str = ""

    def name_of(self, name: str, content: Content, frame: Frame) -> str:
        """Say what people call a field: `KPIs, KPI 3`."""
        if self.called:
            return self.called(name, content, frame)
        told = self.shape.called(name, content)
        known = {**frame.goals, **frame.kpis, **frame.jurisdictions, **frame.offices}
        of = known.get(name.rpartition(".")[2])
        return f"{told}, {of}" if of else told


class Row(NamedTuple):
    """A row of a list: its key, its place counted from 1, and the beginning of the names of its fields."""

    key: str
    place: int
    prefix: str

    @property
    def itself(self) -> str:
        """The row as a whole, where a problem is of no field of it."""
        return self.prefix.removesuffix(".")

    def at(self, name: str) -> str:
        """Return the name of a field of the row."""
        return f"{self.prefix}{name}"


class Typed:
    """The texts of a part while they are read: values come out, problems are kept.

    `needed` is the sentence for a field that is empty; without it the field may be.
    """

    def __init__(self, content: Content) -> None:
        self.content = content
        self.problems: list[Problem] = []

    def read(self, value: Value) -> Read[Value]:
        """Return what was read together with the problems."""
        return Read(value, tuple(self.problems))

    def missing(self, name: str, template: str = FILL_IN, /, **values: Any) -> None:
        """Keep that something is not there yet."""
        self.problems.append(Problem(name, template, values, Level.MISSING))

    def wrong(self, name: str, template: str, /, **values: Any) -> None:
        """Keep that what is there cannot stand."""
        self.problems.append(Problem(name, template, values, Level.WRONG))

    def text(self, name: str, *, needed: str | None = None, most: int | None = None) -> str:
        """Return a text without the space around it; too long a one is a problem and returned whole."""
        text = self.content.get(name, "").strip()
        if not seen(text):
            self._empty(name, needed)
            return ""
        self._parsed(name, _shown_well, text)
        if most is not None and len(text) > most:
            over = len(text) - most
            self.wrong(name, N_("Use at most {most:,} characters: this is {over:,} more."), most=most, over=over)
        return text

    def amount(self, name: str, currency: str, *, needed: str | None = None, negative: bool = False) -> Money | None:
        """Return an amount; None where there is none to read."""
        amount = self._value(name, lambda text: Money.parse(text, currency), needed)
        if amount is not None and amount.minor < 0 and not negative:
            self.wrong(name, N_("Write an amount that is not below 0."))
            return None
        return amount

    def whole(
        self, name: str, *, least: int | None = None, most: int | None = None, needed: str | None = None
    ) -> int | None:
        """Return a whole number between two others; None where there is none."""
        return self._between(name, self._value(name, parse_whole, needed), least, most)

    def percent(self, name: str, *, needed: str | None = None) -> int | None:
        """Return a whole number of percent, typed with its sign or without; None where there is none."""
        return self._between(name, self._value(name, parse_percent, needed), 1, WHOLE)

    def _between(self, name: str, number: int | None, least: int | None, most: int | None) -> int | None:
        if number is None:
            return None
        if (least is not None and number < least) or (most is not None and number > most):
            self._outside(name, least, most)
            return None
        return number

    def day(self, name: str, *, needed: str | None = None) -> date | None:
        """Return a day; None where there is none to read."""
        return self._value(name, parse_day, needed)

    def one_of(self, name: str, known: Collection[str], *, needed: str | None = None) -> str:
        """Return the stored value of a choice; nothing where none is chosen, or one that is not offered."""
        text = self.content.get(name, "").strip()
        if not text:
            self._empty(name, needed)
        elif text not in known:
            self.wrong(name, N_("Choose one of the list."))
            return ""
        return text

    def marks(self, name: str, known: Collection[str], *, needed: str | None = None) -> tuple[str, ...]:
        """Return what is chosen of a choice of several."""
        found = tuple(chosen(self.content, name, known))
        if not found:
            self._empty(name, needed)
        return found

    def rows(self, name: str, *, needed: str | None = None, most: int | None = None) -> Iterator[Row]:
        """Return the rows of a list in their order."""
        keys = keys_of(self.content, name)
        if not keys:
            self._empty(name, needed)
        if most is not None and len(keys) > most:
            self.wrong(name, N_("Use at most {most} rows: these are {count}."), most=most, count=len(keys))
        return (Row(key, place, f"{name}.{key}.") for key, place in keys.items())

    def _value(self, name: str, parse: Callable[[str], Value], needed: str | None) -> Value | None:
        text = self.content.get(name, "").strip()
        if not text:
            self._empty(name, needed)
            return None
        return self._parsed(name, parse, text)

    def _parsed(self, name: str, parse: Callable[[str], Value], text: str) -> Value | None:
        try:
            return parse(text)
        except RuleBroken as refusal:
            self.wrong(name, refusal.template, **refusal.values)
            return None

    def _outside(self, name: str, least: int | None, most: int | None) -> None:
        if most is None:
            self.wrong(name, N_("Write a number of {least} or more."), least=least)
        elif least is None:
            self.wrong(name, N_("Write a number of at most {most}."), most=most)
        else:
            self.wrong(name, N_("Write a number from {least} to {most}."), least=least, most=most)

    def _empty(self, name: str, needed: str | None) -> None:
        if needed is not None:
            self.missing(name, needed)


def parse_whole(text: str) -> int:
    """Read a whole number; refuse anything else with a sentence."""
    plain = text.strip().replace(",", "")
    if not (plain.isascii() and plain.isdigit() and len(plain) <= LONGEST_WHOLE):
        raise RuleBroken(N_("“{text}” is not a whole number. Write one such as 24."), text=cut(text))
    return int(plain)


def parse_percent(text: str) -> int:
    """Read a whole number of percent: `60`, `60%` or `60 %`."""
    return parse_whole(text.strip().removesuffix("%"))


def _shown_well(text: str) -> None:
    """Refuse what cannot be shown, and Kosovo without its asterisk; most texts need no look at every sign and word."""
    if not text.replace("\n", "").isprintable():
        keep_lines(text)
    if "kosovo" in text.casefold():
        keep_asterisk(text)
