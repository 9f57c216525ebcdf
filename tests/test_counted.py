"""The one rule of what counts of contributions: every page and paper says the same share."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape

import pytest
from flask import Flask

from mptf.contributions.contributors import contributors
from mptf.contributions.shares import contributed
from mptf.core import clock
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.organisations.models import Organisation
from mptf.policy import Role
from mptf.statements.drawing import draw
from mptf.statements.figures import Period
from tests.factories import Make
from tests.support.money import Till

NOON = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund(published=True)


@pytest.fixture
def donors(app: Flask, make: Make, fund: Fund) -> dict[str, Organisation]:
    """Make a fund with all that makes shares differ: refunds, reversals that wait, deposits that are advised."""
    found = {name: make.organisation(name) for name in ("France", "Norway", "Sweden", "Spain")}
    france, norway, sweden, spain = found.values()
    with app.app_context():
        till = Till.of(make, fund)
        till.deposit(sweden, 300_00, DAY, fee=3_00)
        till.post(EntryKind.CONTRIBUTOR_REFUND, sweden, 100_00, date(2026, 4, 1))
        till.post(EntryKind.CONTRIBUTOR_REFUND, sweden, 7_00, date(2026, 4, 2), confirmed=False)
        till.take_back(till.deposit(norway, 150_00, DAY))
        till.deposit(france, 50_00, DAY)
        till.deposit(france, 900_00, DAY, confirmed=False)
        till.confirm_taken_back(till.take_back(till.deposit(france, 70_00, DAY))[0])
        till.deposit(spain, 80_00, DAY, confirmed=False)
        db.session.commit()
    return found


# Of 400.00 that count: 300 − 100 of Sweden, 150 of Norway until its reversal is confirmed, 50 of France.
SHARES = {"France": "12.50", "Norway": "37.50", "Sweden": "50.00", "Spain": "0.00"}
NET = {"Sweden": "200", "Norway": "150", "France": "50", "Spain": "0"}


def test_a_statement_and_every_sum_say_one_share(app: Flask, fund: Fund, donors: dict[str, Organisation]) -> None:
    with app.app_context():
        counted, period = contributed(fund), Period(None, NOON.date())
        drawn = {name: draw(fund, donor, period, clock.now()) for name, donor in donors.items()}
        whole, public = contributors(fund), contributors(fund, confirmed=True)
    assert {name: one.share for name, one in drawn.items()} == {name: Decimal(said) for name, said in SHARES.items()}
    for name, donor in donors.items():
        assert counted.share(donor.id) == drawn[name].share
        assert counted.of(donor.id) == drawn[name].contributed
    assert {one.everybody for one in drawn.values()} == {counted.everybody}
    assert {row.donor.short_name: str(whole.share(row)) for row in whole.rows} == SHARES
    shown = {row.donor.short_name: (row.received.minor, str(public.share(row))) for row in public.rows}
    assert shown == {"Sweden": (300_00, "50.00"), "Norway": (150_00, "37.50"), "France": (50_00, "12.50")}
    assert public.received - public.counted.refunded == counted.everybody


def test_every_page_says_it(app: Flask, make: Make, fund: Fund, donors: dict[str, Organisation]) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    for page, names in (
        (officer.get("/f/SLW00/contributions"), SHARES),
        (officer.get("/f/SLW00/"), SHARES),
        (app.test_client().get("/funds/SLW00"), {name: SHARES[name] for name in ("France", "Norway", "Sweden")}),
    ):
        assert _rows(page.text) == {name: (NET[name], share) for name, share in names.items()}
        assert list(_rows(page.text)) == [name for name in NET if name in names]
        assert re.search(r"<tfoot>.*?>400</td>.*?>100.00%</td>", page.text)
        assert "after refunds of USD\xa0100" in unescape(page.text)
        waits = re.findall(r"USD.\d+ (?:more is advised|of it is advised as taken back)", unescape(page.text))
        inside = [
            "USD\xa0150 of it is advised as taken back",
            "USD\xa0900 more is advised",
            "USD\xa080 more is advised",
        ]
        assert waits == (inside if "Spain" in names else [])
    for name, donor in donors.items():
        own = make.client(Role.DONOR_VIEWER, fund, donor)
        for address in ("/f/SLW00/contributions", "/f/SLW00/statements/"):
            assert f"{SHARES[name]}%" in own.get(address).text, (name, address)


def test_the_shares_of_all_are_a_whole_and_of_nothing_there_are_none(
    app: Flask, make: Make, fund: Fund, donors: dict[str, Organisation]
) -> None:
    with app.app_context():
        counted = contributed(fund)
        assert sum(counted.share(key) or Decimal(0) for key in counted.contributors) == counted.share() == Decimal(100)
        before = contributed(fund, as_at=date(2026, 3, 1))
        assert (before.contributors, before.share(), before.share(donors["Sweden"].id)) == (set(), None, None)


def _rows(page: str) -> dict[str, tuple[str, str]]:
    """Return the amount and the share of each contributor in the table of a page."""
    cell = r'<td class="num {}"[^>]*>([\d.]+){}</td>'
    row = rf'<th scope="row">(\w+)<.*?{cell.format("strong", "")}\s*{cell.format("muted", "%")}'
    return {name: (net, share) for name, net, share in re.findall(row, page, re.DOTALL)}
