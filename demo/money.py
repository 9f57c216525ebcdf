"""The money of SLW00: opening deposits, announcements and published figures, recorded when they were known."""

from datetime import UTC, date, datetime, time
from pathlib import Path

from demo import facts
from demo.people import AGENT, HEAD, OFFICER, viewer_of
from mptf.core import clock, files
from mptf.core.money import Money
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.imports import service as imports
from mptf.organisations.models import Organisation
from mptf.pledges.service import announce_pledge
from mptf.public.service import publish_figure
from mptf.reconciliation import service as reconciliation
from mptf.reconciliation.comparing import KIND
from mptf.web import store

AGENT_LIST = Path(__file__).parent / "data" / "aa-deposit-list-demonstration.csv"
LIST_COMPARED = datetime(2021, 1, 18, 9, 0, tzinfo=UTC)
BOOKS_OPENED = datetime(2021, 1, 11, 9, 0, tzinfo=UTC)
PAGE_WRITTEN = datetime(2025, 1, 13, 9, 0, tzinfo=UTC)


def open_books(fund: Fund, donors: dict[str, Organisation]) -> None:
    """Record and confirm what each donor had paid by the end of 2020."""
    with clock.at(BOOKS_OPENED):
        for donor, dollars, certainty, why in facts.CONTRIBUTIONS_END_2020:
            receipt = Receipt(
                donor=donors[donor],
                received=Money(dollars * 100, "USD"),
                value_on=facts.END_OF_2020,
                certainty=certainty,
                certainty_note=why,
                basis=facts.OPENING_BASIS,
                is_opening=True,
            )
            deposit = record_deposit(fund, receipt, by=viewer_of(OFFICER))
            confirm_deposit(deposit, by=viewer_of(AGENT), note="Opening balance, from the published report")


def compare_list(fund: Fund) -> None:
    """Compare a list of the Administrative Agent with the books: generated, and one amount differs from ours."""
    with clock.at(LIST_COMPARED), AGENT_LIST.open("rb") as file:
        kept, officer = store().keep(file, limit=1 << 20), viewer_of(OFFICER)
        stored = files.add(kept, name=AGENT_LIST.name, media_type="text/csv", by=officer, fund_id=fund.id)
        listed = reconciliation.upload(
            fund, stored, complete_from=None, complete_until=facts.END_OF_2020, by=officer, is_demo=True
        )
        content = KIND.read(store().path(stored.sha256))
        imports.bring_in(listed.table, KIND, content, by=officer)


def hear_announcements(fund: Fund, donors: dict[str, Organisation]) -> None:
    """Record each announcement on the day it was made, or the first it may have been."""
    for announcement in facts.announcements(donors):
        with clock.at(_noon(announcement.announced_on)):
            announce_pledge(fund, announcement, by=viewer_of(OFFICER))


def write_public_page(fund: Fund) -> None:
    """Publish the figures that were printed elsewhere."""
    with clock.at(PAGE_WRITTEN):
        for figure in (*facts.TOTALS, *facts.DONOR_TOTALS):
            publish_figure(fund, figure, by=viewer_of(HEAD))


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
