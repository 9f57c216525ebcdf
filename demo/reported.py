"""What the organisations of SLW00 report as spent: generated, because the public record has no such figures.

Every one of them is marked as demonstration data wherever it is shown.
"""

from datetime import UTC, datetime

from demo.people import OFFICER, viewer_of
from mptf.core import clock
from mptf.core.money import Money
from mptf.core.shares import apportion
from mptf.fund.models import Fund
from mptf.reported.service import take_in
from mptf.reported.table import FigureRow

NOTE = "Demonstration data"
# Out of 100 of direct cost, what goes to each category, and the indirect cost on top of them.
SHARES = {1: 34, 2: 6, 3: 9, 4: 27, 5: 7, 6: 10, 7: 7}
INDIRECT = 7

# When a table came, for which year and on which basis, and the direct cost of each organisation in US dollars.
TABLES = (
    (datetime(2022, 2, 14, 9, 0, tzinfo=UTC), 2021, "interim", {"UNDP": 930_000, "UNODC": 180_000}),
    (datetime(2022, 4, 28, 9, 0, tzinfo=UTC), 2021, "certified", {"UNDP": 921_460, "UNODC": 181_250}),
    (datetime(2023, 4, 27, 9, 0, tzinfo=UTC), 2022, "certified", {"UNDP": 1_387_900, "UNODC": 264_300}),
    (datetime(2024, 4, 29, 9, 0, tzinfo=UTC), 2023, "certified", {"UNDP": 1_702_150, "UNODC": 318_720}),
    (datetime(2025, 2, 17, 9, 0, tzinfo=UTC), 2024, "interim", {"UNDP": 1_455_000, "UNODC": 240_500}),
)

# What was found out about a certified year later: it enters the table of the year that is current then.
CORRECTIONS = {(2024, "UNDP"): (5, 2023, -3_180)}


def hear_reports(fund: Fund) -> None:
    """Take in each table on the day it came."""
    for came_at, year, basis, spent in TABLES:
        with clock.at(came_at):
            rows = [row for name, dollars in spent.items() for row in _rows(name, year, basis, dollars)]
            take_in(fund, rows, by=viewer_of(OFFICER), is_demo=True)


def _rows(organisation: str, year: int, basis: str, dollars: int) -> list[FigureRow]:
    direct = Money(dollars * 100, "USD")
    parts = {**apportion(direct, SHARES), 8: Money(dollars * INDIRECT, "USD")}
    rows = [_row(organisation, year, basis, category, amount) for category, amount in parts.items()]
    if correction := CORRECTIONS.get((year, organisation)):
        category, corrected, dollars = correction
        rows.append(
            _row(organisation, year, basis, category, Money(dollars * 100, "USD"), corrects_year=str(corrected))
        )
    return rows


def _row(organisation: str, year: int, basis: str, category: int, amount: Money, **more: str) -> FigureRow:
    return FigureRow.model_validate(
        {
            "organisation": organisation, "year": str(year), "category": str(category), "basis": basis,
            "amount": str(amount.decimal), "note": NOTE, **more,
        }
    )  # fmt: skip
