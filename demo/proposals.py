"""The eight proposals of the third call, written and submitted by their offices, and screened by the Secretariat.

On which day what was written, submitted, returned and admitted is demonstration data; that eight projects came of it is
not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from demo.calls import at
from demo.invented_projects import ALBANIA, KOSOVO, NORTH_MACEDONIA
from demo.known_projects import JUSTITIA, LEAD, SERBIA
from demo.montenegro_projects import MONTENEGRO, SURRENDER
from demo.papers import paper
from demo.people import OFFICER, OFFICERS, viewer_of
from demo.project import Project, contents, row_key
from mptf.attachments.service import attach
from mptf.calls.models import Call
from mptf.core import clock
from mptf.drafting import results, service
from mptf.drafting.content import Typing, without_row
from mptf.drafting.parts import get_part
from mptf.drafting.queries import frame_of, newest
from mptf.drafting.shape import Content
from mptf.policy import Viewer
from mptf.proposals import service as proposals
from mptf.proposals.listed import Asked, submitted
from mptf.proposals.models import PartKind, Proposal
from mptf.proposals.queries import get_proposal
from mptf.screening import service as screening
from mptf.screening.models import Answer
from mptf.screening.proposed import Said
from mptf.screening.queries import items_of
from mptf.submissions import service as submissions

MAY = partial(date, 2023, 5)
LETTER = "Letter of endorsement"
STAGES = 9  # what is written, attached and submitted, evenly between the first day and the last
UNDER_WAY = (PartKind.NARRATIVE, PartKind.RESULTS, PartKind.WORKPLAN, PartKind.BUDGET, PartKind.RISKS, PartKind.TEAM)

# What the proposal of UNDP Albania said before parts of it were returned: more money, and an indicator less.
FIRST_ALBANIA = replace(ALBANIA, direct=(1_158_000_00,))
LATE_INDICATOR = row_key("indicators", 2)
REASONS = {
    PartKind.RESULTS: (
        "The gender marker says that half of the keepers are to be women, but no indicator shows it. Add one below "
        "output 1.1, with the share of today."
    ),
    PartKind.BUDGET: (
        "Equipment and travel are higher than in earlier projects with as many stores. Check the prices of doors and "
        "safes with two offers, and take out what the stores that need no permit do not use."
    ),
}
# What is left to try screening with: one whose checklist is begun, and one that has just answered.
IN_SCREENING = (JUSTITIA.title, ALBANIA.title)
BEGUN_WITH = 4  # items of the checklist that are answered there
RETURNED, ANSWER_BY, ANSWERED = MAY(26), date(2023, 6, 9), date(2023, 6, 7)
REMARK = (
    "Indicator 1.1.2 is added. Prices of doors and safes follow two offers; the budget asks for less in every category."
)


@dataclass(frozen=True)
class Plan:
    """When a proposal was started, its submission begun and done, by day, hour and minute."""

    project: Project
    started: date
    last_day: date
    begun: tuple[int, int]
    submitted: tuple[int, int]


PLANS = (
    Plan(NORTH_MACEDONIA, date(2023, 3, 20), MAY(9), (10, 48), (11, 5)),
    Plan(FIRST_ALBANIA, date(2023, 3, 22), MAY(11), (15, 2), (15, 20)),
    Plan(MONTENEGRO, date(2023, 3, 27), MAY(12), (9, 31), (9, 40)),
    Plan(SERBIA, date(2023, 3, 23), MAY(15), (11, 26), (12, 12)),
    Plan(KOSOVO, date(2023, 4, 4), MAY(15), (16, 40), (16, 55)),
    Plan(LEAD, date(2023, 3, 29), MAY(16), (9, 50), (10, 2)),
    Plan(SURRENDER, date(2023, 4, 11), MAY(16), (16, 31), (16, 38)),  # in the last hour
    Plan(JUSTITIA, date(2023, 4, 3), MAY(16), (16, 52), (17, 14)),  # begun before the closing, done after it
)


def answer(call: Call) -> None:
    """Let the offices write and submit their proposals, each act at its moment."""
    acts = [act for plan in PLANS for act in _Writing(call, plan).acts()]
    for moment, act in sorted(acts, key=lambda one: one[0]):
        with clock.at(moment):
            act()


def screen_all(call: Call) -> None:
    """Take up the screening of all, admit most, and return parts of one, which answers with a second version."""
    by = viewer_of(OFFICER)
    lines = submitted(by, call.fund, Asked(call=call.public_id)).items
    sent = sorted((get_proposal(by, call.fund, line.public_id) for line in lines), key=_place)
    for place, proposal in enumerate(sent):
        day = MAY(18 + place // 4)
        with clock.at(at(call.fund, day, 9 + place, 10)):
            screening.take_up(proposal, by=by)
        with clock.at(at(call.fund, day + timedelta(days=5), 9 + place, 40)):
            _screen(proposal, by)
    returned = next(one for one in sent if one.title == ALBANIA.title)
    with clock.at(at(call.fund, RETURNED, 14, 20)):
        submissions.give_back(returned, REASONS, ANSWER_BY, by=by)
    with clock.at(at(call.fund, ANSWERED, 16, 5)):
        _answer_what_was_returned(returned)
    with clock.at(at(call.fund, ANSWERED + timedelta(days=1), 10, 15)):
        screening.take_up(returned, by=by)


def write(proposal: Proposal, kind: PartKind, content: Content, *, by: Viewer, explicit: bool = True) -> None:
    """Type a part over what stands."""
    stands = newest(proposal, kind)
    typing = Typing(content, version=stands.number if stands else 0)
    service.save(proposal, get_part(kind.value), typing, by=by, explicit=explicit)


def officer_of(office: str) -> Viewer:
    """Return the officer who writes for an office."""
    return viewer_of(next(one for one in OFFICERS if one.office == office))


class _Writing:
    """How one proposal is written from its start to its submission."""

    def __init__(self, call: Call, plan: Plan) -> None:
        self.call, self.plan = call, plan
        self.by = officer_of(plan.project.office)
        self.office = next(one for one in call.offices if one.name == plan.project.office)

    def acts(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        """Yield what is done, with its moment."""
        fund, plan = self.call.fund, self.plan
        yield at(fund, plan.started, 9, 25), self._start
        for place, kind in enumerate(UNDER_WAY, 1):
            yield self._moment(place), partial(self._write, kind)
        yield self._moment(STAGES - 1), self._attach
        yield at(fund, plan.last_day, *plan.begun), self._begin
        yield at(fund, plan.last_day, *plan.submitted), self._submit

    def _moment(self, place: int) -> datetime:
        """Return the moment of a stage, within hours of work."""
        days = (self.plan.last_day - self.plan.started).days * place // STAGES
        return at(self.call.fund, self.plan.started + timedelta(days), 9 + 3 * place % 8, 17 * place % 60)

    def _start(self) -> None:
        self.proposal = proposals.start(
            self.call, self.office, title=self.plan.project.title, by=self.by, is_demo=True
        )  # fmt: skip
        self.contents = contents(self.plan.project, frame_of(self.proposal))
        if self.plan.project is FIRST_ALBANIA:
            shape, whole = results.SHAPE, self.contents[PartKind.RESULTS]
            self.contents[PartKind.RESULTS] = without_row(shape, whole, "indicators", LATE_INDICATOR)
        self._write(PartKind.GENERAL)

    def _write(self, kind: PartKind) -> None:
        write(self.proposal, kind, self.contents[kind], by=self.by)

    def _attach(self) -> None:
        document = next(one for one in self.call.documents if one.name == LETTER)
        about = f"The institution that benefits supports the proposal “{self.plan.project.title}”."
        letter = paper(self.call.fund, f"{LETTER}, {self.office.name}", by=self.by, notes=(about,))
        attach(self.proposal, letter, document=document.public_id, by=self.by)

    def _begin(self) -> None:
        submissions.begin(self.proposal, by=self.by)

    def _submit(self) -> None:
        submissions.submit(self.proposal, by=self.by)


def _place(proposal: Proposal) -> datetime:
    """Return by what proposals stand in the order in which they came."""
    return proposal.submitted_at or clock.now()


def _screen(proposal: Proposal, by: Viewer) -> None:
    """Find everything in order and admit a proposal; of those left to try, begin with the checklist of one."""
    items = items_of(proposal.call)
    if proposal.title in IN_SCREENING:
        items = items[:BEGUN_WITH]
    screening.answer(proposal, [Said(item.id, Answer.YES, "", 0) for item in items], by=by)
    if proposal.title not in IN_SCREENING:
        screening.admit(proposal, by=by)


def _answer_what_was_returned(proposal: Proposal) -> None:
    by = officer_of(proposal.office.name)
    said = contents(ALBANIA, frame_of(proposal))
    for kind in REASONS:
        write(proposal, kind, said[kind], by=by)
    submissions.submit(proposal, by=by, remark=REMARK)
