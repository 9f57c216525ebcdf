"""The part General: what the project is called, who carries it out, where, when, and what it serves."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from mptf.core.errors import N_
from mptf.drafting.reading import WHOLE, Frame, Part, Read, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape
from mptf.drafting.telling import Block, Column, Facts, Line, Table, Text, words
from mptf.proposals.models import LONGEST_TITLE, PartKind

LONGEST_WHY = 1500
MOST_TARGETS = 8
MOST_MONTHS = 120

MARKERS = {
    "0": N_("0: not expected to contribute to gender equality noticeably"),
    "1": N_("1: contributes to gender equality in a limited way"),
    "2": N_("2: gender equality is a significant objective"),
    "3": N_("3: gender equality is the main objective"),
}

SHAPE = Shape(
    (
        Field("title", N_("Title"), most=LONGEST_TITLE),
        Field("offices.*", N_("Other offices"), Holds.MARK),
        Field("jurisdictions.*", N_("Jurisdictions"), Holds.MARK),
        Field("starts_on", N_("Planned start"), most=30),
        Field("months", N_("Duration in months"), most=10),
        Field("goals.*", N_("Goals"), Holds.MARK),
        Field("kpis.*", N_("KPIs"), Holds.MARK),
        Field("targets", N_("SDG target"), Holds.ORDER, most=MOST_TARGETS),
        Field("targets.*.code", N_("target"), most=10),
        Field("targets.*.focus", N_("focus in %"), most=10),
        Field("gender", N_("Gender marker"), most=10, choices=MARKERS),
        Field("gender_why", N_("Why this gender marker"), Holds.LINES, most=LONGEST_WHY),
    )
)

# How many targets each Sustainable Development Goal numbers, and how many it letters (A/RES/70/1).
_TARGETS = (
    (5, 2), (5, 3), (9, 4), (7, 3), (6, 3), (6, 2), (3, 2), (10, 2), (5, 3), (7, 3), (7, 3), (8, 3), (3, 2), (7, 3),
    (9, 3), (10, 2), (19, 0),
)  # fmt: skip


def _codes() -> Iterator[str]:
    for goal, (numbered, lettered) in enumerate(_TARGETS, 1):
        yield from (f"{goal}.{number}" for number in range(1, numbered + 1))
        yield from (f"{goal}.{letter}" for letter in "abcd"[:lettered])


TARGETS = tuple(_codes())


@dataclass(frozen=True)
class Target:
    """A target of the Sustainable Development Goals, with how much of the project serves it in percent."""

    code: str
    focus: int


@dataclass(frozen=True)
class General:
    """What General says; offices are those beside the lead office, public ids as the frame has them."""

    title: str
    offices: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    starts_on: date | None
    months: int | None
    goals: tuple[str, ...]
    kpis: tuple[str, ...]
    targets: tuple[Target, ...]
    gender: int | None
    gender_why: str


def read_general(content: Content, frame: Frame) -> Read[General]:
    """Read the part General."""
    typed = Typed(content)
    general = General(
        title=typed.text("title", needed=N_("Write the title of the project."), most=LONGEST_TITLE),
        offices=typed.marks("offices", [office for office in frame.offices if office != frame.lead]),
        jurisdictions=typed.marks(
            "jurisdictions", frame.jurisdictions, needed=_if(frame.jurisdictions, N_("Choose where it works."))
        ),
        starts_on=typed.day("starts_on", needed=N_("Write the day on which it is planned to start.")),
        months=typed.whole(
            "months",
            least=frame.months_least or 1,
            most=frame.months_most or MOST_MONTHS,
            needed=N_("Write how many months it takes."),
        ),
        goals=typed.marks("goals", frame.goals, needed=_if(frame.goals, N_("Choose at least one goal it serves."))),
        kpis=typed.marks("kpis", frame.kpis, needed=_if(frame.kpis, N_("Choose at least one KPI it serves."))),
        targets=_targets(typed),
        gender=_marker(typed),
        gender_why=typed.text("gender_why", needed=N_("Say why this gender marker fits."), most=LONGEST_WHY),
    )
    return typed.read(general)


def framed(frame: Frame, general: General) -> Frame:
    """Return the frame for the other parts: with what General says of the project."""
    return replace(
        frame,
        title=general.title,
        taking_part=(frame.lead, *general.offices) if frame.lead else general.offices,
        starts_on=general.starts_on,
        months=general.months,
    )


def _if(offered: object, told: str) -> str | None:
    """Ask for a choice only where there is something to choose."""
    return told if offered else None


def _marker(typed: Typed) -> int | None:
    marker = typed.one_of("gender", MARKERS, needed=N_("Choose the gender marker."))
    return int(marker) if marker else None


def _targets(typed: Typed) -> tuple[Target, ...]:
    """Read the targets with their focus; together these are a hundred percent."""
    found: list[Target] = []
    for row in typed.rows("targets", needed=N_("Add at least one SDG target."), most=MOST_TARGETS):
        code = typed.text(row.at("code"), needed=N_("Write the number of the target, such as 16.4.")).lower()
        focus = typed.percent(row.at("focus"), needed=N_("Write its focus in percent."))
        if code and code not in TARGETS:
            typed.wrong(row.at("code"), N_("There is no SDG target of this number. Write one such as 16.4 or 16.a."))
        elif code in {target.code for target in found}:
            typed.wrong(row.at("code"), N_("This target stands above already."))
        elif code and focus is not None:
            found.append(Target(code, focus))
    total = sum(target.focus for target in found)
    if found and total != WHOLE:
        typed.wrong("targets", N_("The focus of the SDG targets adds up to {total} %, not 100 %."), total=total)
    return tuple(found)


def tell_general(general: General, frame: Frame) -> Iterator[Block]:
    """Say what the project is, whom it serves, and why it has its gender marker."""
    marker = None if general.gender is None else words(MARKERS[str(general.gender)])
    yield Facts(
        (
            (words(N_("Title")), general.title),
            (words(N_("Lead office")), frame.offices.get(frame.lead)),
            (words(N_("Other offices")), tuple(frame.offices[one] for one in general.offices) or words(N_("none"))),
            (words(N_("Jurisdictions")), tuple(frame.jurisdictions[one] for one in general.jurisdictions)),
            (words(N_("Planned start")), general.starts_on),
            (words(N_("Duration")), words(N_("{months} months"), months=general.months) if general.months else None),
            (words(N_("Goals")), tuple(frame.goals[one] for one in general.goals)),
            (words(N_("KPIs")), tuple(frame.kpis[one] for one in general.kpis)),
            (words(N_("Gender marker")), marker),
        )
    )
    yield Text(words(N_("Why this gender marker")), general.gender_why)
    heads = (Column(words(N_("SDG target")), share=1), Column(words(N_("Focus in %")), numeric=True))
    rows = tuple(Line((target.code, target.focus)) for target in general.targets)
    yield Table(words(N_("SDG targets")), heads, rows, title=words(N_("SDG targets")))


PART = Part(
    PartKind.GENERAL, SHAPE, read_general, tell_general, "drafting/general.html",
    offers={"sdg_targets": TARGETS, "gender_markers": MARKERS},
)  # fmt: skip


def title_of(content: Content) -> str:
    """Return what General calls the project, in one line as lists keep it; nothing where it says nothing."""
    return " ".join(content.get("title", "").split())[:LONGEST_TITLE]
