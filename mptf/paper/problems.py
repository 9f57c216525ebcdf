"""Problems of an uploaded table: each a sentence at its sheet, row and column that says what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from mptf.core.errors import N_, RuleBroken
from mptf.core.status import Status

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails, PydanticCustomError

    from mptf.paper.table import Record

Model = TypeVar("Model", bound="BaseModel")

_RULE = "rule"

# What pydantic finds, in words for the person who made the table.
_SENTENCES = {
    "string_too_short": N_("The cell is empty. Fill it in."),
    "string_too_long": N_("The text is longer than {max_length} characters. Shorten it."),
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
    """One finding: a template with its values, at a place."""

    severity: Severity
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    place: Place = field(default_factory=Place)

    def __str__(self) -> str:
        return self.template.format(**self.values)


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


def read(model: type[Model], record: "Record") -> Model | list[Problem]:
    """Return the row as an instance of `model`, or what is wrong with each of its cells."""
    from pydantic import ValidationError

    try:
        return model.model_validate({key: cell.text for key, cell in record.cells.items()})
    except ValidationError as invalid:
        return [_told(detail, record) for detail in invalid.errors(include_url=False)]


def _told(detail: "ErrorDetails", record: "Record") -> Problem:
    """Translate one finding of pydantic into a sentence at its cell."""
    key = str(detail["loc"][0]) if detail["loc"] else ""
    at = record.place(key)
    context = detail.get("ctx", {})
    if detail["type"] == _RULE:
        return error(context["template"], at, **context["values"])
    values = {name: value for name, value in context.items() if isinstance(value, (int, str))}
    return error(_SENTENCES.get(detail["type"], _OTHERWISE), at, text=_shown(detail["input"]), **values)


def _shown(value: object) -> str:
    text = str(value).strip()
    return text if len(text) <= 40 else text[:39] + "…"
