"""What waits for a person, and what a search may find: the same shape from every room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select


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
class Findable:
    """A kind of object a person may find in a fund: its page, and the public ids this person may see."""

    kind: str
    label: str
    endpoint: str
    visible: Select[str]
