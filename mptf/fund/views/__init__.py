"""Pages of the room: a fund's settings and calendar; the funds of the installation."""

from mptf.fund.views import calendar, funds, settings
from mptf.fund.views.shared import bp

__all__ = ["bp", "calendar", "funds", "settings"]
