"""A proposal whose every part says what a submission needs, typed through the service as its officers do."""

from collections.abc import Mapping

from mptf.budgets.grid import DIRECT, Place, years_of
from mptf.core.db import db
from mptf.drafting import queries, service
from mptf.drafting.content import Typing
from mptf.drafting.narrative import SECTIONS
from mptf.drafting.parts import get_part
from mptf.drafting.reading import Frame
from mptf.drafting.shape import Content
from mptf.policy import Viewer
from mptf.proposals.models import PartKind, Proposal

MONTHS, CELL = 24, "5,000.00"

RESULTS = {
    "outcomes": "aaaaaa", "outcomes.aaaaaa.text": "Fewer weapons are diverted",
    "outputs": "bbbbbb", "outputs.bbbbbb.of": "aaaaaa", "outputs.bbbbbb.text": "Stores are safe",
    "indicators": "cccccc", "indicators.cccccc.of": "bbbbbb", "indicators.cccccc.text": "Stores with a fence",
    "indicators.cccccc.unit": "number", "indicators.cccccc.baseline": "0", "indicators.cccccc.target": "12",
    "indicators.cccccc.means": "Handover protocols",
}  # fmt: skip
RISKS = {
    "risks": "aaaaaa", "risks.aaaaaa.category": "security", "risks.aaaaaa.text": "Depots stay open",
    "risks.aaaaaa.likelihood": "3", "risks.aaaaaa.impact": "4", "risks.aaaaaa.mitigation": "Guards",
    "risks.aaaaaa.owner": "Project manager",
}  # fmt: skip
TEAM = {
    "team": "aaaaaa", "team.aaaaaa.function": "Project manager", "team.aaaaaa.organisation": "UNDP",
    "team.aaaaaa.share": "100",
}  # fmt: skip


def contents(proposal: Proposal, frame: Frame, *, cell: str = CELL) -> Mapping[PartKind, Content]:
    """Return what is typed into each part; `cell` is what each line of the budget asks for in each year."""
    general = {
        "title": proposal.title, "starts_on": "1 Jan 2027", "months": str(MONTHS), "gender": "2",
        "gender_why": "Women and men are asked alike.", "targets": "aaaaaa", "targets.aaaaaa.code": "16.4",
        "targets.aaaaaa.focus": "100",
    }  # fmt: skip
    for name, offered in (("jurisdictions", frame.jurisdictions), ("goals", frame.goals), ("kpis", frame.kpis)):
        general |= {f"{name}.{key}": "y" for key in list(offered)[:1]}
    years = range(1, years_of(MONTHS) + 1)
    budget = {Place(frame.lead, year, category).field: cell for year in years for category in DIRECT}
    workplan = {
        "activities": "dddddd", "activities.dddddd.of": "bbbbbb", "activities.dddddd.text": "Build fences",
        "activities.dddddd.office": frame.lead, "activities.dddddd.from": "1", "activities.dddddd.to": "3",
    }  # fmt: skip
    return {
        PartKind.GENERAL: general,
        PartKind.NARRATIVE: {section.name: f"{section.title} of {proposal.title}." for section in SECTIONS},
        PartKind.RESULTS: RESULTS,
        PartKind.WORKPLAN: workplan,
        PartKind.BUDGET: budget,
        PartKind.RISKS: RISKS,
        PartKind.TEAM: TEAM,
    }


def fill(proposal: Proposal, *, by: Viewer, cell: str = CELL) -> None:
    """Type every part of a draft whose call asks for no document, and commit."""
    for kind, content in contents(proposal, queries.frame_of(proposal), cell=cell).items():
        write(proposal, kind, content, by=by)
    db.session.commit()


def write(proposal: Proposal, kind: PartKind, content: Content, *, by: Viewer) -> None:
    """Type a part anew, over what stands."""
    part = get_part(kind.value)
    stands = queries.newest(proposal, kind)
    typing = Typing(content, version=stands.number if stands else 0)
    service.save(proposal, part, typing, by=by, explicit=True)
