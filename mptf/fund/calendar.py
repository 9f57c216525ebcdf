"""Working days of a fund, and when a window that is counted in them ends (DOMAIN: Calendar)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

WEEKEND = (5, 6)  # Saturday and Sunday, as date.weekday() counts
WINDOW_ENDS = time(17)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingCalendar:
    """The time zone and holidays of a fund as they stood at one moment.

    A clock that starts keeps the calendar it started with: holidays added later do not move its end.
    """

    zone: str
    holidays: frozenset[date]

    @classmethod
    def frozen(cls, zone: str, holidays: Iterable[date]) -> "WorkingCalendar":
        """Freeze a calendar."""
        return cls(zone, frozenset(holidays))

    def is_working_day(self, day: date) -> bool:
        """Tell whether people work on a day: neither weekend nor holiday."""
        return day.weekday() not in WEEKEND and day not in self.holidays

    def working_days_after(self, day: date) -> Iterator[date]:
        """Yield the working days that follow a day, without end."""
        while True:
            day += ONE_DAY
            if self.is_working_day(day):
                yield day

    def add_working_days(self, day: date, count: int) -> date:
        """Return the `count`-th working day after a day; day 1 is the next working day."""
        if count < 1:
            raise ValueError("a window has at least one working day")
        return next(islice(self.working_days_after(day), count - 1, None))

    def window_ends(self, sent_at: datetime, count: int) -> datetime:
        """Return when a window of `count` working days ends: 17:00 fund time on its last day, aware, in UTC.

        [ex] Sent Wed 23 Dec 2026, 5 days, holiday on the 25th: Thu 31 Dec 2026, 17:00.
        """
        if sent_at.tzinfo is None:
            raise ValueError("a window begins at an aware moment")
        place = ZoneInfo(self.zone)
        last = self.add_working_days(sent_at.astimezone(place).date(), count)
        return datetime.combine(last, WINDOW_ENDS, place).astimezone(UTC)
