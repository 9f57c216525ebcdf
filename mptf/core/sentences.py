"""Sentences: a template with its values, and a day, as people read them."""

from collections.abc import Mapping
from datetime import date, datetime
from string import Formatter
from typing import Any


def day(value: date) -> str:
    """Write a day as `5 Nov 2026`, the one way days stand on pages, in mail and on paper (UX-4)."""
    return f"{value.day} {value:%b %Y}"


def moment(local: datetime, zone: str) -> str:
    """Write a moment on the clocks of a zone, as it is there: `Thu 26 Nov 2026, 17:00 Europe/Belgrade`."""
    return f"{local:%a} {day(local)}, {local:%H:%M} {zone}"


def filled(template: str, values: Mapping[str, Any]) -> str:
    """Put values into a template; a day, or the day of a moment, needs no format of its own there."""
    return _SENTENCES.vformat(template, (), values) if "{" in template or "}" in template else template


def cut(text: str, longest: int = 40) -> str:
    """Return what was typed without the space around it, cut to a length a sentence can carry."""
    plain = text.strip()
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


class _Sentences(Formatter):
    """Formats like `str.format`, but for days."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one value."""
        if isinstance(value, date) and not format_spec:
            return day(value)
        return str(super().format_field(value, format_spec))


_SENTENCES = _Sentences()
