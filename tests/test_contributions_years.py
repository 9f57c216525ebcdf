"""Deposits by contributor and year, and by the months of a year."""

import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask

from mptf.contributions.years import spread
from mptf.core.db import db, unit_of_work
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund
from mptf.ledger import service as ledger
from mptf.policy import Role
from tests.factories import Make

# Contributor, day, whole dollars.
DEPOSITS = (
    ("Norway", date(2024, 3, 1), 100),
    ("Norway", date(2024, 3, 9), 50),
    ("Norway", date(2025, 7, 1), 50),
    ("Sweden", date(2025, 2, 1), 300),
    ("Germany", date(2025, 2, 2), 20),
    ("France", date(2025, 2, 3), 10),
    ("Estonia", date(2025, 2, 4), 20),
)


def usd(units: int) -> Money:
    return Money(units * 100, "USD")


@pytest.fixture
def fund(ctx: Flask, make: Make) -> Fund:
    """Make a fund with these deposits, and one more that was taken back."""
    fund = make.fund()
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    donors = {name: make.organisation(name) for name in dict.fromkeys(name for name, *_ in DEPOSITS)}

    def arrives(name: str, day: date, units: int, number: int) -> Deposit:
        what = Receipt(donors[name], usd(units), day, bank_reference=f"B{number}", is_demo=name == "Sweden")
        return record_deposit(fund, what, by=officer)

    with unit_of_work():
        for number, deposit in enumerate(DEPOSITS):
            arrives(*deposit, number)
        mistake = arrives("Norway", date(2023, 1, 1), 999, 99)
        ledger.reverse_document(fund, "deposit", mistake.public_id, reason="not ours", by=officer)
    return fund


def test_years_hold_what_counts_the_largest_contributor_first(fund: Fund) -> None:
    found = spread(fund)
    assert found.spans == [date(2024, 1, 1), date(2025, 1, 1)]
    assert [(row.donor.short_name, row.total) for row in found.rows] == [
        ("Sweden", usd(300)), ("Norway", usd(200)), ("Estonia", usd(20)), ("Germany", usd(20)), ("France", usd(10)),
    ]  # fmt: skip
    assert found.totals == {date(2024, 1, 1): usd(150), date(2025, 1, 1): usd(400)}
    assert found.total == usd(550)
    assert [row.is_demo for row in found.rows] == [True, False, False, False, False]


def test_a_year_is_spread_over_its_months(fund: Fund) -> None:
    found = spread(fund, year=2024)
    assert found.spans == [date(2024, 3, 1)]
    assert found.totals == {date(2024, 3, 1): usd(150)}


def test_the_parts_of_a_bar_follow_each_other_and_come_to_its_share_of_the_longest(fund: Fund) -> None:
    found = spread(fund)
    longest = found.bars(date(2025, 1, 1))
    assert [part.length for part in longest] == [Decimal(75), Decimal("12.5"), Decimal(5), Decimal("7.5")]
    assert [part.at for part in longest] == [Decimal(0), Decimal(75), Decimal("87.5"), Decimal("92.5")]
    assert [part.length for part in found.bars(date(2024, 1, 1))] == [0, Decimal("37.5"), 0, 0]


def test_a_fund_without_deposits_has_no_years(ctx: Flask, make: Make) -> None:
    found = spread(make.fund("EMPTY"))
    assert (found.spans, found.rows, found.total) == ([], [], usd(0))


def test_the_page_shows_years_and_the_months_of_one(fund: Fund, make: Make) -> None:
    db.session.rollback()
    auditor = make.client(Role.AUDITOR, fund)
    page = auditor.get("/f/SLW00/contributions/years").text
    assert ">2024<" in page
    assert "includes demonstration data" in page
    months = auditor.get("/f/SLW00/contributions/years?year=2024").text
    assert "Mar" in months
    assert "Sweden" not in months
    for odd in ("1999", "soon", "²"):
        assert auditor.get(f"/f/SLW00/contributions/years?year={odd}").status_code == 200


def test_the_workbook_holds_what_the_page_shows(fund: Fund, make: Make) -> None:
    db.session.rollback()
    auditor = make.client(Role.AUDITOR, fund)
    assert "/f/SLW00/contributions/years/xlsx?year=2024" in auditor.get("/f/SLW00/contributions/years?year=2024").text
    book = openpyxl.load_workbook(io.BytesIO(auditor.get("/f/SLW00/contributions/years/xlsx").data))
    assert book.sheetnames == ["By contributor", "By year", "Notes"]
    rows = list(book["By contributor"].iter_rows(min_row=5, values_only=True))
    assert rows[0] == ("Contributor", "2024 (USD)", "2025 (USD)", "In all (USD)", "Data")
    assert rows[1:3] == [("Sweden", 0, 300, 300, "includes demonstration data"), ("Norway", 150, 50, 200, "")]
    assert rows[-1][:4] == ("Total", 150, 400, 550)
    assert str(book["By contributor"]["A3"].value).startswith("Demonstration data")
    years = list(book["By year"].iter_rows(min_row=5, values_only=True))
    assert years[0][4:] == ("The other contributors (USD)", "Deposits (USD)")
    assert years[1:] == [("2024", 0, 150, 0, 0, 150), ("2025", 300, 50, 20, 30, 400)]
    (chart,) = book["By year"]._charts  # type: ignore[attr-defined]
    assert (chart.grouping, len(chart.series)) == ("stacked", 4)
    notes = {str(row[0]): str(row[1]) for row in book["Notes"].iter_rows(values_only=True)}
    assert notes["What it shows"].startswith("Deposits before the Administrative Agent's fee")


def test_the_workbook_of_a_year_holds_its_months_and_shows_nobody_else(fund: Fund, make: Make) -> None:
    db.session.rollback()
    auditor = make.client(Role.AUDITOR, fund)
    book = openpyxl.load_workbook(io.BytesIO(auditor.get("/f/SLW00/contributions/years/xlsx?year=2024").data))
    assert list(book["By month"].iter_rows(min_row=4, values_only=True)) == [
        ("Month", "Norway (USD)", "Deposits (USD)"),
        ("2024-03", 150, 150),
    ]
