"""What a part says, as a small document: for its page, for paper, and for whoever reads it in another place.

    def tell_risks(risks: Risks, _frame: Frame) -> Iterator[Block]:
        yield Table(head, rows)

Words of ours are `Words`, put into the reader's language where they are shown; a plain text is what somebody typed, and
is never taken for a sentence of ours. Nothing here is looked up: names come from the frame a part was written in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from mptf.core.errors import N_
from mptf.core.money import Money, amount_text
from mptf.core.sentences import day

NOTHING = "–"


Say = Callable[..., str]


@dataclass(frozen=True)
class Words:
    """Words of ours: a sentence and what is put into it, which may be words again."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def said(self, say: Say) -> str:
        """Say them in the reader's language."""
        values = {name: one.said(say) if isinstance(one, Words) else one for name, one in self.values.items()}
        return say(self.template, **values)


def words(template: str, /, **values: Any) -> Words:
    """Return words of ours with what is put into them."""
    return Words(template, values)


@dataclass(frozen=True)
class File:
    """A file by its name; `key` is its public id, where a page leads to it."""

    name: str
    key: str

    def said(self, _say: Say) -> str:
        """Say its name."""
        return self.name


@dataclass(frozen=True)
class Digest:
    """A SHA-256, which is compared sign by sign."""

    text: str

    def said(self, _say: Say) -> str:
        """Say it in full."""
        return self.text


@dataclass(frozen=True)
class Size:
    """How many bytes a file has."""

    bytes: int

    def said(self, say: Say) -> str:
        """Say it as people compare sizes: `312 bytes`, `48.2 kB`, `2.0 MB`."""
        if self.bytes < 1000:
            return say(N_("{count} bytes"), count=self.bytes)
        if self.bytes < 1_000_000:
            return say(N_("{kilo:.1f} kB"), kilo=self.bytes / 1000)
        return say(N_("{mega:.1f} MB"), mega=self.bytes / 1_000_000)


# What is said in one place; of several, each stands on a line of its own. None is nothing to say.
Said: TypeAlias = "Words | File | Digest | Size | Money | date | str | int | tuple[Said, ...] | None"


@dataclass(frozen=True)
class Column:
    """The head of a column; `currency` is what its amounts are in.

    `share` is how much it takes on paper of what the narrow columns leave, which have none.
    """

    head: Words
    numeric: bool = False
    currency: str = ""
    share: int = 0


@dataclass(frozen=True)
class Line:
    """A row of a table: an item, a group, a subtotal or a total. A row of one cell goes across."""

    cells: tuple[Said, ...]
    look: str = "item"


@dataclass(frozen=True)
class Facts:
    """Terms, each with what is said about it."""

    pairs: tuple[tuple[Words, Said], ...]
    title: Said = None


@dataclass(frozen=True)
class Text:
    """A text somebody wrote, under its heading."""

    title: Said
    text: str


@dataclass(frozen=True)
class Table:
    """Rows under the heads of their columns; the table has a name even where it has no heading of its own."""

    name: Words
    columns: tuple[Column, ...]
    rows: tuple[Line, ...]
    title: Said = None


Block = Facts | Text | Table


def lines_of(said: Said, say: Say, *, bare: bool = False) -> list[str]:
    """Return what stands in one place, line by line; a `bare` amount has its currency in the head of its column."""
    if isinstance(said, tuple):
        return [line for one in said for line in lines_of(one, say, bare=bare)] or [NOTHING]
    if isinstance(said, Words | File | Digest | Size):
        return [said.said(say)]
    if isinstance(said, Money):
        amount = amount_text(said, cents=True)
        return [amount if bare else f"{said.currency}\N{NO-BREAK SPACE}{amount}"]
    if isinstance(said, date):
        return [day(said)]
    return [NOTHING if said is None or said == "" else str(said)]


def line_of(said: Said, say: Say) -> str:
    """Return what stands in one place in one line."""
    return ", ".join(lines_of(said, say))
