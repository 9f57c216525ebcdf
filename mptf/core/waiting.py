"""What waits for a person, and what a search may find: the same shape from every room."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, Label, Select, String, cast, func, literal, null
from sqlalchemy.types import TypeEngine

# So many of what waits in a room stand on Home one by one; a line leads to the others, unless it would stand for one.
AT_HOME = 10
MOST_READ = AT_HOME + 2


@dataclass(frozen=True)
class Waiting:
    """One thing somebody should do, with the page where it is done.

    `title` and `context` are templates; `facts` are the values of both.
    """

    title: str
    context: str
    endpoint: str
    values: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    due_on: date | None = None


@dataclass(frozen=True)
class Awaited:
    """A kind of thing that waits in a room; Home reads those of every room in one statement.

    `rows` selects `awaited_columns` of each, at most `MOST_READ` of them, the oldest first; `title` is a template of
    their `name`. Of more than fit on Home, a line called `others` leads to the page `listed`.
    """

    kind: str
    title: str
    context: str
    endpoint: str
    rows: Select[Any]
    others: str
    listed: str

    def waiting(self, found: Sequence[Any]) -> list[Waiting]:
        """Return what waits as Home shows it; `found` are the rows of this kind."""
        each = [
            Waiting(
                self.title, self.context, self.endpoint, {"public_id": row.public_id}, {"name": row.name}, row.due_on
            )
            for row in found
        ]
        return oldest_of(each, Waiting(self.others, self.context, self.listed))


def awaited_columns(kind: str, public_id: Any, name: Any, *, due_on: Any = None) -> tuple[Label[Any], ...]:
    """Return what Home reads of one thing that waits, alike for every kind."""
    return (
        literal(kind).label("kind"),
        public_id.label("public_id"),
        name.label("name"),
        _stated(due_on, Date()).label("due_on"),
    )


def oldest_of(waiting: Sequence[Waiting], others: Waiting) -> list[Waiting]:
    """Return what waits in a room one by one, then the line of all others; at most `MOST_READ` of it were read."""
    return list(waiting) if len(waiting) < MOST_READ else [*waiting[:AT_HOME], others]


@dataclass(frozen=True)
class Findable:
    """A kind of object a person may find in a fund: the page that shows one, and those this person may see.

    `seen` selects `result_columns` of each; `names` is what the page's address calls the object.
    """

    kind: str
    label: str
    endpoint: str
    seen: Select[Any]
    names: str = "public_id"


def result_columns(
    kind: str,
    public_id: Any,
    title: Any,
    *,
    names: Sequence[Any] = (),
    minor: Any = None,
    currency: Any = None,
    day: Any = None,
    precision: Any = None,
) -> tuple[Label[Any], ...]:
    """Return what a search shows of an object, alike for every kind: its title, amount and day, as they are now.

    `names` are those it has for itself, such as its reference: who types one of them means this object. `precision`
    says how exactly the day is known where that is less than the day itself.
    """
    return (
        literal(kind).label("kind"),
        public_id.label("public_id"),
        title.label("title"),
        _lines(names).label("names"),
        _stated(minor, BigInteger()).label("minor"),
        _stated(currency, String()).label("currency"),
        _stated(day, Date()).label("day"),
        cast(precision, String).label("precision"),
    )


def _lines(names: Iterable[Any]) -> Any:
    """Return names as one text, each in its line."""
    text: Any = literal("\n")
    for name in names:
        text += func.coalesce(name, "") + "\n"
    return text


def _stated(column: Any, kind: TypeEngine[Any]) -> Any:
    """Return the column, or nothing of its kind: PostgreSQL puts only like columns under one another."""
    return cast(null(), kind) if column is None else column
