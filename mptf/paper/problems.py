"""Problems of an uploaded table: each a sentence at its sheet, row and column that says what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from mptf.core import sentences
from mptf.core.errors import N_, RuleBroken
from mptf.core.sentences import cut
from mptf.core.status import Status

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails, PydanticCustomError

    from mptf.paper.table import Record

Model = TypeVar("Model", bound="BaseModel")

MOST_KEPT = 500
ROWS_SHOWN = 20

_RULE = "rule"

# What pydantic finds, in words for the person who made the table.
_SENTENCES = {
    "string_too_short": N_("The cell is empty. Fill it in."),
    "int_parsing": N_("“{text}” is not a whole number. Write digits only, such as 12."),
    "int_type": N_("“{text}” is not a whole number. Write digits only, such as 12."),
    "greater_than_equal": N_("“{text}” is too small. The smallest value here is {ge}."),
    "less_than_equal": N_("“{text}” is too large. The largest value here is {le}."),
}
_OTHERWISE = N_("“{text}” does not belong here. Correct the cell and upload the file again.")


class Severity(Status):
    """Whether a problem stops the import."""

    ERROR = "error", N_("Error"), "bad", "alert-circle"
    WARNING = "warning", N_("Warning"), "warn", "alert-triangle"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a table something stands; `row` counts as a spreadsheet shows it, `column` is its letter."""

    sheet: str = ""
    row: int | None = None
    column: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: a template with its values, at a place; `cells` is the row it stands in, text by head."""

    severity: Severity
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    place: Place = field(default_factory=Place)
    cells: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return sentences.filled(self.template, self.values)

    def plain(self) -> list[Any]:
        """Return what another process makes the same finding of (`of`); values are text and whole numbers there."""
        return [self.severity.name, self.template, dict(self.values), list(astuple(self.place))]

    @classmethod
    def of(cls, plain: Sequence[Any]) -> "Problem":
        """Make a finding of what `plain` returned elsewhere."""
        severity, template, values, place = plain
        return cls(Severity[severity], template, values, Place(*place))


@dataclass
class Problems:
    """What is wrong with a table: how much in all, and the first findings.

    The first rows that are refused keep their cells, so that a preview can show them.
    """

    kept: list[Problem] = field(default_factory=list)
    errors: int = 0
    warnings: int = 0
    _rows: set[int] = field(default_factory=set)

    def add(self, found: Iterable[Problem], record: "Record | None" = None) -> None:
        """Add findings; `record` is the row they refuse."""
        for problem in found:
            self.errors += problem.severity is Severity.ERROR
            self.warnings += problem.severity is Severity.WARNING
            if len(self.kept) < MOST_KEPT:
                self.kept.append(replace(problem, cells=self._cells(record)) if record else problem)

    def first(self, problem: Problem) -> None:
        """Put an error of the whole table before everything else."""
        self.errors += 1
        self.kept = [problem, *self.kept][:MOST_KEPT]

    def _cells(self, record: "Record") -> Mapping[str, str]:
        if record.number not in self._rows and len(self._rows) >= ROWS_SHOWN:
            return {}
        self._rows.add(record.number)
        return {record.heads[key]: cut(cell.text) for key, cell in record.cells.items()}

    @property
    def count(self) -> int:
        """How many there are in all."""
        return self.errors + self.warnings

    @property
    def of_the_whole(self) -> Problem | None:
        """The error that concerns no row but the table: nothing of it can be read."""
        whole = (one for one in self.kept if one.severity is Severity.ERROR and one.place.row is None)
        return next(whole, None)

    def in_order(self) -> list[Problem]:
        """Return the findings that were kept: errors first, then down the rows."""
        return sorted(self.kept, key=lambda problem: (problem.severity is not Severity.ERROR, problem.place.row or 0))


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be imported, as it stands in the file: the text of its cells by head, and why."""

    number: int
    cells: Mapping[str, str]
    problems: Sequence[Problem]

    @property
    def marked(self) -> set[str]:
        """The heads of the cells that are wrong."""
        return {problem.place.name for problem in self.problems if problem.place.name}


def refused_rows(problems: Iterable[Problem]) -> list[RefusedRow]:
    """Return the refused rows whose cells were kept, in the order of the file."""
    rows: dict[int, list[Problem]] = {}
    for problem in problems:
        if problem.cells and problem.place.row is not None:
            rows.setdefault(problem.place.row, []).append(problem)
    return [RefusedRow(number, found[0].cells, found) for number, found in sorted(rows.items())]


def error(template: str, /, at: Place | None = None, **values: Any) -> Problem:
    """Return a problem that stops the import."""
    return Problem(Severity.ERROR, template, values, at or Place())


def warning(template: str, /, at: Place | None = None, **values: Any) -> Problem:
    """Return a problem that is shown but stops nothing."""
    return Problem(Severity.WARNING, template, values, at or Place())


def refused(refusal: RuleBroken) -> "PydanticCustomError":
    """Carry a refusal of the domain through a row model; `read` turns it into a problem again."""
    from pydantic_core import PydanticCustomError

    told = {"template": refusal.template, "values": dict(refusal.values)}
    return PydanticCustomError(_RULE, "{template}", told)


@contextmanager
def in_a_cell() -> Iterator[None]:
    """Carry a refusal of the house's parsers to the cell it concerns."""
    try:
        yield
    except RuleBroken as refusal:
        raise refused(refusal) from None


def read(model: type[Model], record: "Record") -> tuple[Model, list[Problem], frozenset[str]]:
    """Return the row as an instance of `model`, what is wrong with each of its cells, and the keys of those.

    Of a row with wrong cells only the good ones are there; what is asked of these may be asked nevertheless.
    """
    from pydantic import ValidationError

    refused_cells = {key for key, cell in record.cells.items() if cell.refusal}
    try:
        row = model.model_validate({key: cell.text for key, cell in record.cells.items()})
    except ValidationError as invalid:
        found = [(_key(detail), detail) for detail in invalid.errors(include_url=False)]
        problems = [_told(detail, record) for key, detail in found if key not in refused_cells]
        wrong = frozenset({key for key, _ in found} | refused_cells)
        return _part_of(model, record, wrong), [*record.problems, *problems], wrong
    wrong = frozenset(refused_cells)
    return (_part_of(model, record, wrong) if wrong else row), list(record.problems), wrong


def _part_of(model: type[Model], record: "Record", wrong: frozenset[str]) -> Model:
    """Return a row that has its good cells alone: asked for another, it fails."""
    part = model.model_construct()
    for key in wrong:
        part.__dict__.pop(key, None)
    for key in model.model_fields:
        if key in record.cells and key not in wrong:
            model.__pydantic_validator__.validate_assignment(part, key, record.cells[key].text)
    return part


def _key(detail: "ErrorDetails") -> str:
    return str(detail["loc"][0]) if detail["loc"] else ""


def _told(detail: "ErrorDetails", record: "Record") -> Problem:
    """Translate one finding of pydantic into a sentence at its cell."""
    at = record.place(_key(detail))
    context = detail.get("ctx", {})
    if detail["type"] == _RULE:
        return error(context["template"], at, **context["values"])
    values = {name: value for name, value in context.items() if isinstance(value, (int, str))}
    return error(_SENTENCES.get(detail["type"], _OTHERWISE), at, text=cut(str(detail["input"])), **values)
