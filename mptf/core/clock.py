"""What time it is: one source, which tests and the demonstration fund can set."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

_set_to: ContextVar[datetime | None] = ContextVar("clock", default=None)


class HasZone(Protocol):
    """Something that lives in a time zone, such as a fund."""

    @property
    def zone(self) -> str: ...


class Installation:
    """Where everything lives that belongs to no fund; its zone is a setting, told once when the process starts."""

    zone: ClassVar[str] = "Europe/Belgrade"


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _set_to.get() or datetime.now(UTC)


def today(place: HasZone) -> date:
    """Return the present day where `place` is."""
    return local(now(), place).date()


def local(moment: datetime, place: HasZone) -> datetime:
    """Return a moment on the clocks of `place`."""
    return moment.astimezone(ZoneInfo(place.zone))


def start_of(day: date, place: HasZone) -> datetime:
    """Return the first moment of a day on the clocks of `place`, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(place.zone)).astimezone(UTC)


def end_of(day: date, place: HasZone) -> datetime:
    """Return the last moment of a day on the clocks of `place`, in UTC."""
    return start_of(day + timedelta(days=1), place) - timedelta(microseconds=1)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the clock stand at an aware moment inside the block."""
    if moment.tzinfo is None:
        raise ValueError("the clock needs an aware moment")
    token = _set_to.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)
