"""The canonical text a statement is frozen in: the same figures give the same bytes, in the layout of their day."""

import enum
import hashlib
import json
import types
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints

from mptf.statements.figures import FIRST_LAYOUT, Drawn


def frozen(statement: Drawn) -> str:
    """Write a statement as canonical JSON, without the figures its layout did not have yet."""
    plain = _plain(statement, statement.layout)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def thawed(text: str) -> Drawn:
    """Read a statement from its canonical text."""
    statement: Drawn = _typed(Drawn, json.loads(text))
    return statement


def digest(text: str) -> str:
    """Return the SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, layout: int) -> Any:
    """Return a value as JSON has it: amounts in minor units, days and moments in ISO, rates as text."""
    if is_dataclass(value) and not isinstance(value, type):
        had = (each for each in fields(value) if each.metadata.get("layout", FIRST_LAYOUT) <= layout)
        return {each.name: _plain(getattr(value, each.name), layout) for each in had}
    if isinstance(value, tuple):
        return [_plain(item, layout) for item in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value


def _typed(kind: Any, value: Any) -> Any:
    """Return a value of JSON as what it was."""
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (each for each in get_args(kind) if each is not type(None))
        return None if value is None else _typed(kind, value)
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        each = [kinds[0]] * len(value) if kinds[-1] is Ellipsis else kinds
        return tuple(_typed(one, item) for one, item in zip(each, value, strict=True))
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _typed(hints[name], item) for name, item in value.items()})  # type: ignore[operator]
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    return kind(value)
