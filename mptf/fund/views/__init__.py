"""Pages of the room: a fund's settings, calendar and rates; the installation's funds and organisations."""

from mptf.fund.views import calendar, funds, organisations, rates, settings
from mptf.fund.views.shared import bp

__all__ = ["bp", "calendar", "funds", "organisations", "rates", "settings"]
