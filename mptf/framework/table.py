"""Official texts as an uploaded table brings them: its heads, its rows, and what an import of it would do."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, PlainValidator, StringConstraints

from mptf.core.errors import N_, RuleBroken
from mptf.core.sentences import cut
from mptf.framework.models import MOST_NUMBERED, Framework, FrameworkItem, FrameworkText, ItemKind
from mptf.paper.fields import NeededLine, WholeNumber, WholeOrNone, kept
from mptf.paper.problems import refused, warning
from mptf.paper.shape import Comparison, ReadTable, Rule, Shape
from mptf.paper.table import Heading

MOST_TEXTS = 1_000
LONGEST_TEXT = 2_000

HEADINGS = (
    Heading("framework", "Framework"),
    Heading("kind", "Kind"),
    Heading("number", "Number"),
    Heading("text", "Text"),
    Heading("goal", "Goal", required=False),
    Heading("source", "Source"),
)


def _kind(text: str) -> ItemKind:
    try:
        return ItemKind(text.strip().lower())
    except ValueError:
        told = N_("“{text}” is neither a goal nor a KPI. Write goal or KPI.")
        raise refused(RuleBroken(told, text=cut(text))) from None


def _number(number: int | None) -> int | None:
    if number is not None and not 1 <= number <= MOST_NUMBERED:
        raise refused(RuleBroken(N_("Write a number from 1 to {most}."), most=MOST_NUMBERED))
    return number


class TextRow(BaseModel):
    """The text of one goal or indicator, as one row of a table."""

    framework: NeededLine
    kind: Annotated[ItemKind, PlainValidator(_kind)]
    number: Annotated[WholeNumber, AfterValidator(_number)]
    text: Annotated[str, StringConstraints(strip_whitespace=True), kept(LONGEST_TEXT, needed=True)]
    goal: Annotated[WholeOrNone, AfterValidator(_number)] = None
    source: NeededLine

    @property
    def framework_key(self) -> str:
        """The title of the framework, in the case in which titles are compared."""
        return self.framework.casefold()


SHAPE = Shape(
    TextRow,
    HEADINGS,
    key=("framework_key", "kind", "number"),
    twice=N_("The text of this goal or KPI stands in row {first} already. Keep one of them."),
    twice_at="number",
    most=MOST_TEXTS,
    key_cells=("framework", "kind", "number"),
)


@dataclass(frozen=True)
class Known:
    """What stands before an import: frameworks by title, their items by kind and number, the newest text of each."""

    frameworks: Mapping[str, Framework]
    items: Mapping[tuple[int, ItemKind, int], FrameworkItem]
    newest: Mapping[int, FrameworkText]

    def framework(self, row: TextRow) -> Framework:
        """Return the framework a row names; refused where the fund has none of that title."""
        found = self.frameworks.get(row.framework_key)
        if found is None:
            told = N_("This fund has no framework “{title}”. Write its title as it stands here, or add it first.")
            raise RuleBroken(told, title=cut(row.framework))
        return found

    def item(self, row: TextRow) -> FrameworkItem:
        """Return the goal or indicator a row names; refused where the framework has no such number."""
        found = self.items.get((self.framework(row).id, row.kind, row.number))
        if found is None:
            told = N_("“{title}” has no {kind} {number}.")
            raise RuleBroken(told, title=cut(row.framework), kind=row.kind.label, number=row.number)
        return found

    def number(self, row: TextRow) -> None:
        """Refuse a number its framework does not have; of a framework that is not there it is told already."""
        if row.framework_key in self.frameworks:
            self.item(row)

    def goal(self, row: TextRow) -> None:
        """Refuse a goal beside a goal, and one its framework does not have."""
        if row.goal is None or row.framework_key not in self.frameworks:
            return
        if row.kind is ItemKind.GOAL:
            raise RuleBroken(N_("A goal serves no other goal. Leave the cell empty."))
        if (self.framework(row).id, ItemKind.GOAL, row.goal) not in self.items:
            raise RuleBroken(N_("“{title}” has no goal {number}."), title=cut(row.framework), number=row.goal)

    def says(self, row: TextRow) -> bool:
        """Tell whether a text stands already as a row says it."""
        stands = self.newest.get(self.item(row).id)
        return stands is not None and (stands.text, stands.goal_number) == (row.text, row.goal)


def read_texts(path: Path) -> ReadTable[TextRow]:
    """Read the texts of a CSV file or workbook; a file that is no table is refused in words."""
    return SHAPE.read(path)


def compare(table: ReadTable[TextRow], known: Known) -> Comparison[TextRow]:
    """Tell new texts and new versions from known ones, and name those that take the place of another."""
    rules = [
        Rule(("framework",), known.framework),
        Rule(("number", "framework", "kind"), known.number),
        Rule(("goal", "framework", "kind"), known.goal),
    ]
    rows, problems = table.held_against(rules)
    new = []
    for row, record in rows:
        if known.says(row):
            continue
        new.append(row)
        if stands := known.newest.get(known.item(row).id):
            told = N_("Takes the place of version {version}: “{text}”")
            problems.add([warning(told, record.place("text"), version=stands.version, text=cut(stands.text))])
    return Comparison(new, len(rows) - len(new), problems)
