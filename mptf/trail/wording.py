"""Events as people read them: the one place that turns an action, and each detail with its value, into words.

Rooms say in `audit.tell` what they call their actions and tables, and what is stored where no column
tells; everything else follows from the columns of the object an event is about.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from string import Formatter
from typing import Any

from mptf.core import audit, ids
from mptf.core.errors import N_
from mptf.core.kosovo import with_asterisk
from mptf.core.money import Money
from mptf.fund.rules import RULES
from mptf.fund.wording import value_text
from mptf.trail.queries import Recorded
from mptf.web.text import NOTHING, day, moment, money, percent, say, whole

_RULES = {rule.key: rule for rule in RULES}
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*")
_FINGERPRINT_SHOWN = 12
# What a key adds to a name to say how its value is stored.
_ENDINGS = ("_bp", "_minor", "_id")


@dataclass(frozen=True)
class EventShown:
    """One event as a page shows it; `details` are names and values its sentence does not say."""

    number: int
    at: datetime
    who: str | None
    sentence: str
    details: Sequence[tuple[str, str]]
    kind: str
    title: str | None
    subject_id: str
    fund_code: str | None
    erased: bool


def shown(event: Recorded, names: Mapping[str, str]) -> EventShown:
    """Write an event in words; `names` are those of the ids in its detail."""
    values = _told_once(event.values or {})
    template = audit.SENTENCES.get(event.action)
    if template is None or any(values.get(name) in (None, "") for name in _names(template)):
        sentence, said = in_words(event.action), set[str]()
    else:
        told = {name: _value(event, name, values[name], names) for name in _names(template)}
        sentence, said = say(template, **told), set(told)
    if values.get("person") == event.who:
        said.add("person")
    return EventShown(
        event.number, event.at, event.who, sentence, list(_details(event, values, said, names)),
        in_words(event.kind), event.title, event.subject_id, event.fund_code, event.values is None,
    )  # fmt: skip


def in_words(name: str) -> str:
    """Return an action, a kind of object or a detail as people read it: a `totp_secret` is a second factor."""
    if rule := _RULES.get(name):
        return say(rule.label)
    noun, dot, done = name.partition(".")
    if dot:
        return f"{in_words(noun)}: {done.replace('_', ' ')}"
    if name not in audit.WORDS:
        for ending in _ENDINGS:
            name = name.removesuffix(ending)
    return say(audit.called(name)) if name in audit.WORDS else audit.called(name)


def _told_once(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a detail with the two ends of a step as one change of status."""
    rest = dict(values)
    if "before" in rest and "after" in rest:
        rest["status"] = [rest.pop("before"), rest.pop("after")]
    return rest


def _details(
    event: Recorded, values: Mapping[str, Any], said: set[str], names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _details(event, value, said, names)
        elif key not in said and value not in (None, ""):
            words = _value(event, key, value, names)
            if words != NOTHING:
                yield in_words(key), words


def _value(event: Recorded, key: str, value: Any, names: Mapping[str, str]) -> str:
    """Write a value of a detail; a change as what stood and what stands, nothing as a dash."""
    if isinstance(value, list):
        return " → ".join(_value(event, key, part, names) for part in value)
    if value is None or value == "":
        return NOTHING
    return _by_column(event, key, value, names) or _by_kind(event, key, value, names)


def _by_column(event: Recorded, key: str, value: Any, names: Mapping[str, str]) -> str | None:
    """Write what a rule of the fund, a room, or the object's own column says of a value."""
    if rule := _RULES.get(key):
        return value_text(rule, value, event.currency or "USD")
    if told := audit.VALUES.get(f"{event.noun}.{key}"):
        return _told(told, value)
    column = event.column(key)
    if column is None:
        return None
    if column.foreign_keys:
        return names.get(f"{next(iter(column.foreign_keys)).column.table.name} {value}", NOTHING)
    kind = getattr(column.type, "enum_class", None)
    return _told(kind, value) if kind else None


def _told(tell: Callable[[Any], Any], value: Any) -> str | None:
    """Write what a value stands for: a member by its label; nothing for one that is known no more."""
    try:
        told = tell(value)
    except ValueError:
        return None
    return say(told.label) if hasattr(told, "label") else told


def _by_kind(event: Recorded, key: str, value: Any, names: Mapping[str, str]) -> str:
    """Write a value as its own kind is written."""
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, int):
        return _number(key, value, event.currency)
    return _text(str(value), names)


def _number(key: str, value: int, currency: str | None) -> str:
    if key.endswith("_bp"):
        return percent(Decimal(value) / 100)
    if key.endswith("_minor") and currency:
        return money(Money(value, currency), cents=True)
    return whole(value)


def _text(value: str, names: Mapping[str, str]) -> str:
    """Write a text: days and moments stand in a detail as ISO writes them, files by their whole fingerprint."""
    if ids.is_one(value):
        return names.get(value, NOTHING)
    if _FINGERPRINT.fullmatch(value):
        return f"{value[:_FINGERPRINT_SHOWN]}…"
    try:
        if _DAY.fullmatch(value):
            return day(date.fromisoformat(value))
        if _MOMENT.fullmatch(value):
            return moment(datetime.fromisoformat(value))
    except ValueError:
        pass  # it only looked like one
    return with_asterisk(value)


def _names(template: str) -> list[str]:
    return [name for _text, name, _spec, _conversion in Formatter().parse(template) if name]


audit.tell(
    {
        "page": N_("opened the page"),
        "file": N_("took the file {name}"),
        "export": N_("took the export"),
    },
    names={
        "audit_event": N_("audit log"),
        "action": N_("changes shown"),
        "from_on": N_("first day"),
        "until_on": N_("last day"),
        "iati_code": N_("IATI code"),
        "iati_identifier": N_("IATI identifier"),
        "sha256": N_("SHA-256"),
        "zone": N_("time zone"),
        "is_demo": N_("demonstration data"),
    },
    values={
        "page.log": {"changes": N_("what was changed"), "looks": N_("who saw what")}.get,
        "page.action": in_words,
        "page.kind": in_words,
    },
)
