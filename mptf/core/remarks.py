"""Remarks on a record: what looks wrong or is not known, each a rule with its figures in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Remark:
    """A heading and a sentence with its values; `warn` asks for somebody's attention, `info` only says.

    `about` names the field it is about, where it is told of a row of a table.
    """

    title: str
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    tone: str = "warn"
    about: str = ""
