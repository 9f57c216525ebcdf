"""Agreements of SLW00 with instalments and windows: demonstration data, because none of them was published."""

from datetime import UTC, date, datetime

from demo.people import OFFICER, viewer_of
from mptf.agreements.figures import Planned
from mptf.agreements.service import Change, Signature, amend, plan_instalments, sign_agreement
from mptf.core import clock
from mptf.core.money import Money
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund
from mptf.fund.service import add_window
from mptf.organisations.models import Organisation
from mptf.rates.service import NewRate, record_rate

SIGNED = datetime(2025, 11, 10, 9, 0, tzinfo=UTC)
RATE_CAME = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
FIRST_PAID = datetime(2026, 2, 18, 9, 0, tzinfo=UTC)
AMENDED = datetime(2026, 6, 22, 9, 0, tzinfo=UTC)

NOTE = "Demonstration data: no agreement of the fund is published."
RATE = "Demonstration data: invented in the place of the rate published for the month."
BASIS = "Demonstration data: no single deposit of the fund is published."


def sign(fund: Fund, donors: dict[str, Organisation]) -> None:
    """Sign two agreements with instalments; of one, money comes late, beside a rate, and an amendment adds to it."""
    by = viewer_of(OFFICER)
    with clock.at(SIGNED):
        window = add_window(fund, code="EVIDENCE", name="Evidence (demonstration)", by=by)
        sweden = sign_agreement(
            fund,
            Signature(donors["Sweden"], "DEMO-SE-1", date(2025, 11, 3), _sek(12_000_000), note=NOTE, is_demo=True),
            by=by,
        )
        thirds = [Planned(day, _sek(4_000_000)) for day in (date(2026, 2, 15), date(2026, 9, 15), date(2027, 2, 15))]
        plan_instalments(fund, sweden, thirds, by=by)
        norway = sign_agreement(
            fund,
            Signature(
                donors["Norway"], "DEMO-NO-1", date(2025, 11, 5), Money(9_000_000_00, "NOK"), window=window,
                preferred=Money(3_000_000_00, "NOK"), note=NOTE, is_demo=True,
            ),
            by=by,
        )  # fmt: skip
        halves = (
            Planned(date(2027, 1, 31), Money(4_500_000_00, "NOK")),
            Planned(date(2027, 8, 31), Money(4_500_000_00, "NOK"), "After the annual report of 2026"),
        )
        plan_instalments(fund, norway, halves, by=by)
    with clock.at(RATE_CAME):
        record_rate(NewRate("SEK", date(2026, 2, 1), 10_385_000, note=RATE), fund=fund, by=by)
    with clock.at(FIRST_PAID):
        receipt = Receipt(
            donors["Sweden"], Money(384_000_00, "USD"), date(2026, 2, 17), sweden, _sek(4_000_000),
            Money(3_801_60, "USD"), "DEMO-0001", basis=BASIS, is_demo=True,
        )  # fmt: skip
        record_deposit(fund, receipt, by=by)
    with clock.at(AMENDED):
        more = [*thirds, Planned(date(2027, 9, 15), _sek(2_000_000), "Cost extension")]
        what = Change(
            date(2026, 6, 15), "Cost extension of SEK 2,000,000, due in 2027.", _sek(14_000_000), instalments=more
        )
        amend(fund, sweden, what, by=by)


def _sek(kronor: int) -> Money:
    return Money(kronor * 100, "SEK")
