"""Calls of SLW00: the third, whose days and eligible organisations are published, and one of the present to try out.

What the public record does not say of the third call, its words, amounts and criteria, is demonstration data. That six
projects were approved outside a call in 2022 is public; the invitation that shows how is demonstration data whole.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from demo.people import APPLICANT, HEAD, OFFICER, viewer_of
from mptf.calls import criteria, service
from mptf.calls.facts import Amounts, Basics, Dates, Limit, Papers, Reach, Wanted
from mptf.calls.models import Call
from mptf.calls.rubric import Rubric
from mptf.core import clock
from mptf.core.money import Money
from mptf.framework.queries import items_to_choose
from mptf.fund.models import Fund
from mptf.organisations.models import Office, Organisation, OrganisationKind
from mptf.organisations.queries import jurisdictions, offices_of

OPENED, CLOSED = date(2023, 3, 15), date(2023, 5, 16)  # seesac.org: the third call of the fund
DRAFTED = datetime(2023, 3, 1, 9, 0, tzinfo=UTC)

SCALE = ("Nothing is said", "Weak", "Partly convincing", "Convincing", "Very convincing", "Excellent")
CRITERIA = (
    Rubric("Relevance to the Roadmap", "Which goals and KPIs are served, and how far.", 5, 30, SCALE),
    Rubric("Results and method", "Whether outputs lead to outcomes, and activities to outputs.", 5, 30, SCALE),
    Rubric("Capacity of the office", "What it delivered before, and who works on it.", 5, 20, SCALE),
    Rubric("Value for money", "Whether the budget is reasonable for the results.", 5, 20, SCALE),
)
PAPERS = Papers(
    (
        Wanted("Letter of endorsement", "Signed by the institution that benefits"),
        Wanted("Theory of change", "One page, with a diagram", needed=False),
    )
)
SCOPE = """\
Demonstration data: the words of the third call are not public; its days and the organisations it was open to are.

Projects that carry the Roadmap forward in one jurisdiction or in the whole region: laws in line with those of the \
European Union, evidence on firearms, safe stores, fewer weapons in wrong hands."""
INVITED, ANSWERED = date(2022, 4, 4), date(2022, 5, 6)
WHY = """\
Demonstration data: this reason is invented.

The project before it ends in June, and the store cannot stand empty until the next call is decided. No other office \
works there."""
INVITED_SCOPE = """\
Demonstration data: this invitation is invented. Public is that six projects were approved outside a call in 2022.

One project that keeps the store of seized weapons in safe hands until it is handed over to the police."""
NEXT_SCOPE = """\
Demonstration data: this call is invented, to try out.

Projects that bring firearms investigations up to standard, from the scene to the court, and make stores of seized \
weapons safe. Proposals say how women and men benefit."""


def hold_invitation(fund: Fund) -> None:
    """Invite the office of the demonstration's applicant, and let the clock close the invitation."""
    with clock.at(at(fund, INVITED - timedelta(days=5), 9)):
        title, by = "Safe storage until it is handed over", viewer_of(OFFICER)
        offices = [office for office in offices_of(OrganisationKind.PUNO) if office.name == APPLICANT.office]
        call = service.invite(fund, offices, WHY, title=title, by=by, is_demo=True)
        decision = "Demonstration decision 2/4", date(2022, 3, 28)
        service.write(call, Basics(title, INVITED_SCOPE, *decision, WHY), by=by)
        _ask(fund, call, tuple(offices))
        service.write(call, _amounts(fund, 500_000, 100_000, 500_000), by=by)
        service.write(call, Dates(at(fund, INVITED, 9), at(fund, ANSWERED, 17), fund.zone, 30), by=by)
    with clock.at(at(fund, INVITED, 9)):
        service.publish(call, by=viewer_of(HEAD))
    close_in_time(call)


def publish_third(fund: Fund) -> Call:
    """Publish the third call on the day it opened."""
    with clock.at(DRAFTED):
        call = _draft(fund, "Third call for proposals", SCOPE, ("Demonstration decision 3/1", date(2023, 2, 20)))
        service.write(call, _amounts(fund, 11_000_000, 200_000, 3_000_000), by=viewer_of(OFFICER))
        service.write(call, Dates(at(fund, OPENED, 9), at(fund, CLOSED, 17), fund.zone, 30), by=viewer_of(OFFICER))
    with clock.at(at(fund, OPENED, 9)):
        service.publish(call, by=viewer_of(HEAD))
    return call


def close_in_time(call: Call) -> None:
    """Close a call as the clock does, when nothing that was begun can be finished any more."""
    if call.deadline:
        with clock.at(call.deadline.ends_at):
            service.close(call)


def publish_next(fund: Fund, organisations: dict[str, Organisation]) -> Call:
    """Publish a call that is open now."""
    today = clock.today(fund)
    opens, closes = today - timedelta(days=14), today + timedelta(days=28)
    with clock.at(at(fund, opens, 8)):
        decision = "Demonstration decision 9/2", opens - timedelta(days=10)
        call = _draft(fund, "Firearms investigation and safe storage", NEXT_SCOPE, decision)
        limits = (Limit(organisations["UNODC"], _usd(fund, 2_000_000)),)
        service.write(call, _amounts(fund, 4_500_000, 150_000, 900_000, limits), by=viewer_of(OFFICER))
        dates = Dates(at(fund, opens, 9), at(fund, closes, 17), fund.zone, 30, at(fund, closes - timedelta(14), 17))
        service.write(call, dates, by=viewer_of(OFFICER))
        service.publish(call, by=viewer_of(HEAD))
    return call


def at(fund: Fund, day: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment by the clock of the fund."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(fund.zone)).astimezone(UTC)


def _draft(fund: Fund, title: str, scope: str, decision: tuple[str, date]) -> Call:
    """Draft a call every office may answer, for every goal and place."""
    by = viewer_of(OFFICER)
    call = service.draft(fund, title=title, by=by, is_demo=True)
    service.write(call, Basics(title, scope, *decision), by=by)
    _ask(fund, call, tuple(offices_of(OrganisationKind.PUNO)))
    return call


def _ask(fund: Fund, call: Call, offices: tuple[Office, ...]) -> None:
    """Ask these offices for every goal and place, by the criteria and documents of the demonstration."""
    by = viewer_of(OFFICER)
    service.write(call, Reach(tuple(items_to_choose(fund)), tuple(jurisdictions()), offices), by=by)
    for one in CRITERIA:
        criteria.add(call, one, by=by)
    service.write(call, PAPERS, by=by)


def _amounts(fund: Fund, envelope: int, smallest: int, largest: int, limits: tuple[Limit, ...] = ()) -> Amounts:
    return Amounts(_usd(fund, envelope), _usd(fund, smallest), _usd(fund, largest), 12, 36, limits)


def _usd(fund: Fund, dollars: int) -> Money:
    return Money(dollars * 100, fund.currency)
