"""The strategy SLW00 serves: the numbers of its goals and indicators are published, their official texts not here."""

from datetime import UTC, datetime

from demo.people import OFFICER, viewer_of
from mptf.core import clock
from mptf.framework.service import Strategy, add_framework
from mptf.fund.models import Fund

ADOPTED = datetime(2019, 3, 18, 9, 0, tzinfo=UTC)
ROADMAP = Strategy(
    "Roadmap 2018–2024", 2018, 2024, goals=7, kpis=14,
    source="Goals 1 to 7 and KPIs 1 to 14, as the pages of the projects number them (seesac.org)",
)  # fmt: skip


def add_roadmap(fund: Fund) -> None:
    """Add the Roadmap with its numbers; nobody invents its texts."""
    with clock.at(ADOPTED):
        add_framework(fund, ROADMAP, by=viewer_of(OFFICER))
