"""The part Narrative: sections of text, each with what it should say and how long it may be."""

from collections.abc import Iterator
from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.drafting.reading import Frame, Part, Read, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape
from mptf.drafting.telling import Block, Text, words
from mptf.proposals.models import PartKind


@dataclass(frozen=True)
class Section:
    """A section of the narrative: the name of its field, its title, what it should say, and its most characters."""

    name: str
    title: str
    guidance: str
    most: int


SECTIONS = (
    Section(
        "summary", N_("Summary"),
        N_("What the project changes, for whom and how, in a form that can be read alone."), 1_500,
    ),
    Section(
        "situation", N_("Situation and needs"),
        N_("What the problem is, what is known about it and from where, and what was done about it so far."), 6_000,
    ),
    Section(
        "approach", N_("Approach"),
        N_("How the project brings the change about, why in this way, and what it rests on that others do."), 8_000,
    ),
    Section(
        "beneficiaries", N_("Who benefits"),
        N_("Who benefits directly and indirectly, women and men, and how they take part."), 3_000,
    ),
    Section(
        "coordination", N_("Coordination"),
        N_("Who does what, and how the work is agreed with authorities, the SALW Commission and other projects."),
        4_000,
    ),
    Section(
        "sustainability", N_("Sustainability"),
        N_("What stays after the project, who carries it on and who pays for it."), 4_000,
    ),
    Section(
        "visibility", N_("Visibility"),
        N_("How the work and its contributors are made known, and what must not be made public."), 2_500,
    ),
)  # fmt: skip

SHAPE = Shape(tuple(Field(section.name, section.title, Holds.LINES, section.most) for section in SECTIONS))


@dataclass(frozen=True)
class Narrative:
    """The text of each section by its name; those with no text are left out."""

    texts: dict[str, str]


def read_narrative(content: Content, _frame: Frame) -> Read[Narrative]:
    """Read the part Narrative."""
    typed = Typed(content)
    texts = {
        section.name: typed.text(section.name, needed=N_("Write this section."), most=section.most)
        for section in SECTIONS
    }
    return typed.read(Narrative({name: text for name, text in texts.items() if text}))


def tell_narrative(narrative: Narrative, _frame: Frame) -> Iterator[Block]:
    """Say each section under its title."""
    for section in SECTIONS:
        yield Text(words(section.title), narrative.texts.get(section.name, ""))


PART = Part(
    PartKind.NARRATIVE, SHAPE, read_narrative, tell_narrative, "drafting/narrative.html",
    {"narrative_sections": SECTIONS},
)  # fmt: skip
