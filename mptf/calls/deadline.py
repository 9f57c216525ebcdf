"""The one rule of a call's deadline, as pure functions of moments: services, jobs and pages ask here.

A call takes submissions from its opening until just before its closing. Who posted “Begin submission” before the
closing may finish until just before the end of the grace period; nobody else may.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta


class Phase(enum.Enum):
    """Where a moment lies."""

    BEFORE = "before"
    OPEN = "open"
    GRACE = "grace"
    OVER = "over"


@dataclass(frozen=True)
class Deadline:
    """When a call opens and closes, in aware moments, and how long what was begun may take."""

    opens_at: datetime
    closes_at: datetime
    grace: timedelta

    @property
    def ends_at(self) -> datetime:
        """The moment from which nothing is taken any more."""
        return self.closes_at + self.grace

    def phase(self, moment: datetime) -> Phase:
        """Tell where a moment lies."""
        if moment < self.opens_at:
            return Phase.BEFORE
        if moment < self.closes_at:
            return Phase.OPEN
        return Phase.GRACE if moment < self.ends_at else Phase.OVER

    def may_begin(self, moment: datetime) -> bool:
        """Tell whether a submission may be begun at a moment."""
        return self.phase(moment) is Phase.OPEN

    def may_finish(self, moment: datetime, *, begun_at: datetime | None) -> bool:
        """Tell whether a submission begun at a moment, if at all, may be finished at another."""
        if self.phase(moment) is Phase.OPEN:
            return True
        return self.phase(moment) is Phase.GRACE and begun_at is not None and self.may_begin(begun_at)

    def over(self, moment: datetime) -> bool:
        """Tell whether the clock closes the call: nothing that was begun can be finished."""
        return self.phase(moment) is Phase.OVER
