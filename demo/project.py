"""What an office writes into the parts of a proposal, from compact data: texts, results, shares of a budget."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from mptf.budgets.grid import Place
from mptf.drafting.reading import Frame
from mptf.drafting.shape import CHOSEN, Content
from mptf.proposals.models import PartKind

STARTS_ON, MONTHS, YEARS = "1 November 2023", 24, 2
STEP = 500_00  # lines of a budget are planned in steps of so many cents
ROUNDED_IN = (2, 7)  # the year and the category that take what is left

# Out of 100 of the direct cost of each year, what goes to the categories 1 to 7.
PEOPLE_FIRST = (38, 4, 6, 26, 9, 9, 8)
THINGS_FIRST = (22, 9, 31, 19, 5, 8, 6)
FIRST_YEAR = 56  # percent


@dataclass(frozen=True)
class Shown:
    """An indicator: what is counted, its unit, baseline and target, where it is found, and the KPI it serves."""

    text: str
    unit: str
    baseline: str
    target: str
    means: str
    kpi: int | None = None


@dataclass(frozen=True)
class Work:
    """An activity in the quarters from one to another, by the office at a place of the list; maybe a milestone."""

    text: str
    first: int
    last: int
    milestone: str = ""
    office: int = 0


@dataclass(frozen=True)
class Brought:
    """An output with what shows it and what is done for it."""

    text: str
    shown: tuple[Shown, ...]
    work: tuple[Work, ...]


@dataclass(frozen=True)
class Story:
    """The sections of the narrative by their names."""

    summary: str
    situation: str
    approach: str
    beneficiaries: str
    coordination: str
    sustainability: str
    visibility: str


@dataclass(frozen=True)
class Project:
    """What a proposal says; `direct` are cents of direct cost by office, the lead office first.

    Outcomes are a text and their outputs; risks a category, the text, likelihood, impact, mitigation and owner; the
    team a function, its organisation and the share of full time.
    """

    title: str
    office: str
    direct: tuple[int, ...]
    places: tuple[str, ...]
    goals: tuple[int, ...]
    kpis: tuple[int, ...]
    targets: Mapping[str, int]
    gender: tuple[int, str]
    story: Story
    outcomes: tuple[tuple[str, tuple[Brought, ...]], ...]
    risks: tuple[tuple[str, str, int, int, str, str], ...]
    team: tuple[tuple[str, str, int], ...]
    beside: tuple[str, ...] = ()
    spread: tuple[int, ...] = PEOPLE_FIRST


def contents(project: Project, frame: Frame) -> dict[PartKind, Content]:
    """Return what is typed into each part but the attachments."""
    offices = [_key(frame.offices, name) for name in (project.office, *project.beside)]
    return {
        PartKind.GENERAL: _general(project, frame, offices),
        PartKind.NARRATIVE: asdict(project.story),
        PartKind.RESULTS: _results(project, frame),
        PartKind.WORKPLAN: _workplan(project, offices),
        PartKind.BUDGET: budget(project, offices),
        PartKind.RISKS: rows("risks", (_risk(*one) for one in project.risks)),
        PartKind.TEAM: rows("team", (_member(*one) for one in project.team)),
    }


def rows(name: str, found: Iterable[Mapping[str, str]]) -> Content:
    """Write the rows of a list, each with a key."""
    content: dict[str, str] = {}
    keys = []
    for place, row in enumerate(found, 1):
        keys.append(row_key(name, place))
        content |= {f"{name}.{keys[-1]}.{column}": text for column, text in row.items() if text}
    return {name: " ".join(keys), **content}


def row_key(name: str, place: int) -> str:
    """Return the key of a row, as long as keys are: the page would have thrown dice."""
    return f"{name[0]}{name[-2]}{place:04}"


def budget(project: Project, offices: list[str]) -> Content:
    """Plan the direct cost of each office by year and category, in steps, with the rest in one line."""
    cells: dict[str, str] = {}
    for office, direct in zip(offices, project.direct, strict=True):
        planned = {
            (year, category): direct * share * percent // 10_000 // STEP * STEP
            for year, percent in enumerate((FIRST_YEAR, 100 - FIRST_YEAR), 1)
            for category, share in enumerate(project.spread, 1)
        }
        planned[ROUNDED_IN] += direct - sum(planned.values())
        cells |= {Place(office, *place).field: typed(cents) for place, cents in planned.items()}
    return cells


def typed(cents: int) -> str:
    """Write an amount as officers type it: `12,000`, or `12,000.50`."""
    whole = f"{cents // 100:,}"
    return f"{whole}.{cents % 100:02}" if cents % 100 else whole


def _general(project: Project, frame: Frame, offices: list[str]) -> Content:
    goals, kpis = list(frame.goals), list(frame.kpis)
    chosen = (
        *(f"offices.{key}" for key in offices[1:]),
        *(f"jurisdictions.{_key(frame.jurisdictions, name)}" for name in project.places),
        *(f"goals.{goals[number - 1]}" for number in project.goals),
        *(f"kpis.{kpis[number - 1]}" for number in project.kpis),
    )
    marker, why = project.gender
    return {
        "title": project.title,
        "starts_on": STARTS_ON,
        "months": str(MONTHS),
        "gender": str(marker),
        "gender_why": why,
        **dict.fromkeys(chosen, CHOSEN),
        **rows("targets", ({"code": code, "focus": str(focus)} for code, focus in project.targets.items())),
    }


def _results(project: Project, frame: Frame) -> Content:
    kpis = list(frame.kpis)
    outputs = list(_outputs(project))
    shown = [(place, one) for place, (_above, output) in enumerate(outputs, 1) for one in output.shown]
    return {
        **rows("outcomes", ({"text": text} for text, _outputs_of_it in project.outcomes)),
        **rows("outputs", ({"of": row_key("outcomes", above), "text": output.text} for above, output in outputs)),
        **rows("indicators", (_indicator(row_key("outputs", place), one, kpis) for place, one in shown)),
    }


def _indicator(of: str, one: Shown, kpis: list[str]) -> Mapping[str, str]:
    kpi = kpis[one.kpi - 1] if one.kpi else ""
    said = {"text": one.text, "unit": one.unit, "baseline": one.baseline, "target": one.target, "means": one.means}
    return {"of": of, **said, "kpi": kpi}


def _workplan(project: Project, offices: list[str]) -> Content:
    return rows(
        "activities",
        (
            {
                "of": row_key("outputs", place), "text": work.text, "office": offices[work.office],
                "from": str(work.first), "to": str(work.last), "milestone": work.milestone,
                "due": str(work.last) if work.milestone else "",
            }
            for place, (_above, output) in enumerate(_outputs(project), 1)
            for work in output.work
        ),
    )  # fmt: skip


def _outputs(project: Project) -> Iterable[tuple[int, Brought]]:
    """Yield the outputs in their order, each with the place of its outcome."""
    for above, (_text, outputs) in enumerate(project.outcomes, 1):
        for output in outputs:
            yield above, output


def _risk(category: str, text: str, likelihood: int, impact: int, mitigation: str, owner: str) -> Mapping[str, str]:
    return {
        "category": category, "text": text, "likelihood": str(likelihood), "impact": str(impact),
        "mitigation": mitigation, "owner": owner,
    }  # fmt: skip


def _member(function: str, organisation: str, share: int) -> Mapping[str, str]:
    return {"function": function, "organisation": organisation, "share": str(share)}


def _key(offered: Mapping[str, str], name: str) -> str:
    return next(key for key, known in offered.items() if known == name)
