"""Calendar files (RFC 5545): moments somebody may put into their own calendar, or have it fetch again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

CALENDAR_MEDIA_TYPE = "text/calendar"
PRODUCT = "-//Trust Fund Desk//EN"


@dataclass(frozen=True)
class Moment:
    """Something that happens at one moment; a later `sequence` of the same `uid` takes the place of an earlier one.

    `changed_at` is when it last became otherwise, so that what did not change is written alike.
    """

    uid: str
    title: str
    at: datetime
    changed_at: datetime
    sequence: int = 0
    cancelled: bool = False
    told: str = ""
    page: str = ""


def write_calendar(moments: Sequence[Moment], *, name: str) -> bytes:
    """Write a calendar; every moment stands in it in UTC, which each calendar shows on the clocks of its reader."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    for moment in moments:
        calendar.add_component(_event(moment))
    return bytes(calendar.to_ical())


def _event(moment: Moment) -> Any:
    from icalendar import Event

    event = Event()
    event.add("uid", moment.uid)
    event.add("summary", moment.title)
    event.add("dtstart", moment.at.astimezone(UTC))
    event.add("dtstamp", moment.changed_at.astimezone(UTC))
    event.add("last-modified", moment.changed_at.astimezone(UTC))
    event.add("sequence", moment.sequence)
    event.add("status", "CANCELLED" if moment.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if moment.told:
        event.add("description", moment.told)
    if moment.page:
        event.add("url", moment.page)
    return event
