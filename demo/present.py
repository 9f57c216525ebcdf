"""What goes on under the call that is open now, to try out: a draft of two colleagues, and questions; all invented."""

from datetime import timedelta

from demo.calls import at
from demo.people import APPLICANT, COLLEAGUE, OFFICER, viewer_of
from demo.project import rows
from demo.proposals import officer_of, write
from mptf.budgets.grid import Place
from mptf.calls.models import Call
from mptf.core import clock
from mptf.drafting.queries import frame_of
from mptf.drafting.shape import CHOSEN, Content
from mptf.proposals import service as proposals
from mptf.proposals.models import PartKind, Proposal
from mptf.questions import service as questions
from mptf.questions.facts import Reply

TITLE = "Demonstration: From the scene to the court"
MONTHS = 18
SUMMARY = (
    "Demonstration data: this draft is invented, to try out.\n\n"
    "Investigators, experts and prosecutors work on firearms cases by one list of steps, from the scene to the court."
)
SITUATION = (
    "Weapons are found at scenes and asked about late: the first question of a court is where a weapon lay, and who "
    "had it in hands since.\n\nTO WRITE: figures of the last two years, with their source."
)
# What is typed so far by year and category; nobody knows yet what travel costs, and one amount is a note.
COSTS = {
    (1, 1): "96,000", (2, 1): "48,000", (1, 2): "9,500", (2, 2): "4,000", (1, 3): "12k", (2, 3): "0",
    (1, 4): "120,000", (2, 4): "61,250.50", (1, 7): "14,000", (2, 7): "7,000",
}  # fmt: skip

ANSWERED = Reply(
    "May the duration go beyond the end of the Roadmap 2018–2024?",
    "Yes. A project may take 12 to 36 months from its start; it says which goals and KPIs it carries on.",
)
WAITING = "Can one office lead two proposals under this call, if each of them keeps to the largest amount?"


def try_out(call: Call) -> None:
    """Let two colleagues begin a draft, and two offices ask."""
    fund, today = call.fund, clock.today(call.fund)
    with clock.at(at(fund, today - timedelta(days=9), 11, 20)):
        asked = questions.ask(call, ANSWERED.question, by=officer_of("UNODC Regional"))
    with clock.at(at(fund, today - timedelta(days=7), 15, 5)):
        questions.answer(asked, ANSWERED, by=viewer_of(OFFICER))
    with clock.at(at(fund, today - timedelta(days=6), 10, 0)):
        proposal = _start(call)
    with clock.at(at(fund, today - timedelta(days=3), 13, 40)):
        _go_on(proposal)
    with clock.at(at(fund, today - timedelta(days=1), 16, 30)):
        questions.ask(call, WAITING, by=viewer_of(APPLICANT))


def _start(call: Call) -> Proposal:
    """Start a draft and write its part General; the targets do not add up yet."""
    by = viewer_of(APPLICANT)
    office = next(one for one in call.offices if one.name == APPLICANT.office)
    proposal = proposals.start(call, office, title=TITLE, by=by, is_demo=True)
    frame = frame_of(proposal)
    places, goals, kpis = (list(one) for one in (frame.jurisdictions, frame.goals, frame.kpis))
    general: Content = {
        "title": TITLE, "months": str(MONTHS), "gender": "1",
        f"jurisdictions.{places[0]}": CHOSEN, f"goals.{goals[1]}": CHOSEN, f"goals.{goals[2]}": CHOSEN,
        f"kpis.{kpis[2]}": CHOSEN,
        **rows("targets", [{"code": "16.4", "focus": "60"}, {"code": "16.3", "focus": "30"}]),
    }  # fmt: skip
    write(proposal, PartKind.GENERAL, general, by=by)
    return proposal


def _go_on(proposal: Proposal) -> None:
    """Let the colleague join, and both write; the page saved it, nobody asked for it."""
    colleague = viewer_of(COLLEAGUE)
    proposals.join(proposal, by=colleague)
    narrative = {"summary": SUMMARY, "situation": SITUATION}
    write(proposal, PartKind.NARRATIVE, narrative, by=colleague, explicit=False)
    lead = frame_of(proposal).lead
    costs = {Place(lead, *place).field: text for place, text in COSTS.items()}
    write(proposal, PartKind.BUDGET, costs, by=viewer_of(APPLICANT), explicit=False)
