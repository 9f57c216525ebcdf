"""What contributors of SLW00 are told: statements issued over the years, and documents beside them; all invented.

The figures are those of the books, which were published; that a statement was issued of them was not.
"""

from datetime import UTC, date, datetime

from demo import facts
from demo.papers import paper
from demo.people import HEAD, OFFICER, viewer_of
from mptf.core import clock
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.statements.figures import Period
from mptf.statements.models import DocumentKind
from mptf.statements.queries import Contributor
from mptf.statements.service import issue, upload_document

FIRST_ISSUE = datetime(2021, 1, 25, 10, 0, tzinfo=UTC)
REPORTS_CAME = datetime(2021, 5, 31, 10, 0, tzinfo=UTC)
ISSUED_AGAIN = datetime(2025, 1, 20, 10, 0, tzinfo=UTC)
HALF_YEAR_OVER = datetime(2026, 7, 9, 10, 0, tzinfo=UTC)
END_OF_2020 = Period(None, facts.END_OF_2020)
HALF_YEAR = Period(date(2026, 1, 1), date(2026, 6, 30))


def issue_statements(fund: Fund, donors: dict[str, Organisation]) -> None:
    """State the end of 2020 to two contributors, to one of them later once more, and then half a year to it."""
    for moment, donor, period in (
        (FIRST_ISSUE, "Sweden", END_OF_2020),
        (FIRST_ISSUE, "Norway", END_OF_2020),
        (ISSUED_AGAIN, "Sweden", END_OF_2020),
        (HALF_YEAR_OVER, "Sweden", HALF_YEAR),
    ):
        with clock.at(moment):
            issue(Contributor(fund, donors[donor]), period, by=viewer_of(HEAD))


def hand_out_documents(fund: Fund, donors: dict[str, Organisation]) -> None:
    """Upload the annual report of 2020 for all, and a certified statement for one contributor."""
    with clock.at(REPORTS_CAME):
        by, sweden = viewer_of(OFFICER), donors["Sweden"]
        report, certified = DocumentKind.ANNUAL_REPORT, DocumentKind.CERTIFIED_STATEMENT
        for title, kind, donor in (
            ("Annual report 2020", report, None),
            ("Certified statement 2020, Sweden", certified, sweden),
        ):
            upload_document(fund, paper(fund, title, by=by), kind=kind, year=2020, donor=donor, by=by)
