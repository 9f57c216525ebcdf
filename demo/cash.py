"""Cash of SLW00 beside its deposits: demonstration data, since no single transfer of the fund was published.

The project numbers are invented, and every document says that it is demonstration data.
"""

from datetime import UTC, date, datetime, time, timedelta

from demo.people import AGENT, HEAD, OFFICER, viewer_of
from mptf.cash.facts import Movement
from mptf.cash.service import confirm, record
from mptf.claims.service import approve_direct_cost
from mptf.core import clock
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.organisations.models import Organisation

BASIS = "Demonstration data: generated, not published."
FIRST, SECOND, THIRD = "00990001", "00990002", "00990003"

# Kind, organisation, project number, dollars, value date, bank reference; the last two wait for the Agent's word.
MOVEMENTS = (
    (EntryKind.TRANSFER, "UNDP", FIRST, 1_800_000, date(2021, 2, 10), "DEMO-T-001"),
    (EntryKind.TRANSFER, "UNDP", SECOND, 850_000, date(2021, 4, 22), "DEMO-T-002"),
    (EntryKind.TRANSFER, "UNODC", THIRD, 600_000, date(2021, 6, 3), "DEMO-T-003"),
    (EntryKind.FUND_INTEREST, "", "", 18_250, date(2021, 12, 31), ""),
    (EntryKind.BANK_CHARGE, "", "", 42, date(2021, 12, 31), ""),
    (EntryKind.TRANSFER, "UNDP", FIRST, 1_900_000, date(2022, 3, 15), "DEMO-T-004"),
    (EntryKind.TRANSFER, "UNODC", THIRD, 450_000, date(2022, 5, 11), "DEMO-T-005"),
    (EntryKind.PUNO_INTEREST, "UNDP", "", 3_900, date(2022, 12, 31), ""),
    (EntryKind.TRANSFER, "UNDP", FIRST, 1_850_000, date(2023, 2, 16), "DEMO-T-006"),
    (EntryKind.PUNO_REFUND, "UNODC", THIRD, 24_500, date(2023, 9, 14), "DEMO-R-001"),
    (EntryKind.TRANSFER, "UNDP", FIRST, 1_500_000, date(2024, 3, 7), "DEMO-T-007"),
    (EntryKind.TRANSFER, "UNODC", THIRD, 450_000, date(2024, 5, 8), "DEMO-T-008"),
    (EntryKind.PUNO_REFUND, "UNDP", SECOND, 851_000, date(2024, 11, 20), "DEMO-R-002"),
)
ADVISED = 2
APPROVED_AT = datetime(2024, 6, 3, 9, 0, tzinfo=UTC)


def move_cash(fund: Fund, organisations: dict[str, Organisation]) -> None:
    """Record each movement as the Secretariat hears of it; the Administrative Agent confirms all but the latest."""
    for number, (kind, name, reference, dollars, day, bank) in enumerate(MOVEMENTS):
        what = Movement(
            kind, Money(dollars * 100, "USD"), day, party=organisations.get(name), reference=reference,
            bank_reference=bank, basis=BASIS, is_demo=True,
        )  # fmt: skip
        _move(fund, what, confirmed=number < len(MOVEMENTS) - ADVISED)


def pay_evaluation(fund: Fund, organisations: dict[str, Organisation]) -> None:
    """Promise a direct cost, and pay a part of it."""
    with clock.at(APPROVED_AT):
        claim = approve_direct_cost(
            fund, label="Evaluation of the fund (demonstration data)", amount=Money(60_000_00, "USD"),
            basis="Demonstration data: invented decision", by=viewer_of(HEAD),
        )  # fmt: skip
    first = Movement(
        EntryKind.DIRECT_COST, Money(15_000_00, "USD"), date(2024, 9, 16), party=organisations["SEESAC"], claim=claim,
        bank_reference="DEMO-D-001", basis=BASIS, is_demo=True,
    )  # fmt: skip
    _move(fund, first, confirmed=True)


def _move(fund: Fund, what: Movement, *, confirmed: bool) -> None:
    heard_at = datetime.combine(what.value_on, time(15), UTC)
    with clock.at(heard_at):
        document = record(fund, what, by=viewer_of(OFFICER))
    if confirmed:
        with clock.at(heard_at + timedelta(days=3)):
            confirm(document, by=viewer_of(AGENT), note="Demonstration data")
