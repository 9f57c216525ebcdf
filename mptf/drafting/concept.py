"""The part Concept note: in short what is proposed, before the full proposal is invited."""

from collections.abc import Iterator
from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.core.money import Money, amount_text
from mptf.drafting.narrative import Section
from mptf.drafting.reading import Frame, Part, Read, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape
from mptf.drafting.telling import Block, Facts, Text, words
from mptf.proposals.models import PartKind

MOST_MONTHS = 120

SECTIONS = (
    Section("problem", N_("The problem"), N_("What is wrong, where and for whom, and how you know."), 2_000),
    Section("doing", N_("What the project would do"), N_("What it changes, and by which work."), 3_000),
    Section(
        "together", N_("Who would work together"),
        N_("Which offices, authorities and others, and what each would do."), 1_500,
    ),
)  # fmt: skip

SHAPE = Shape(
    (
        *(Field(section.name, section.title, Holds.LINES, section.most) for section in SECTIONS),
        Field("jurisdictions.*", N_("Jurisdictions"), Holds.MARK),
        Field("months", N_("Duration in months"), most=10),
        Field("amount", N_("Amount expected"), most=40),
    )
)


@dataclass(frozen=True)
class Concept:
    """What a concept note says; jurisdictions are public ids as the frame has them."""

    texts: dict[str, str]
    jurisdictions: tuple[str, ...]
    months: int | None
    amount: Money | None


def read_concept(content: Content, frame: Frame) -> Read[Concept]:
    """Read the concept note."""
    typed = Typed(content)
    texts = {
        section.name: typed.text(section.name, needed=N_("Write this section."), most=section.most)
        for section in SECTIONS
    }
    concept = Concept(
        texts={name: text for name, text in texts.items() if text},
        jurisdictions=typed.marks(
            "jurisdictions", frame.jurisdictions,
            needed=N_("Choose where it would work.") if frame.jurisdictions else None,
        ),
        months=typed.whole(
            "months", least=frame.months_least or 1, most=frame.months_most or MOST_MONTHS,
            needed=N_("Write how many months it would take."),
        ),
        amount=_amount(typed, frame),
    )  # fmt: skip
    return typed.read(concept)


def _amount(typed: Typed, frame: Frame) -> Money | None:
    """Read what it would cost, which the call allows."""
    amount = typed.amount("amount", frame.currency, needed=N_("Write the amount you expect to ask for."))
    if amount is None:
        return None
    least, most = frame.grant_least, frame.grant_most
    if amount.minor == 0:
        typed.wrong("amount", N_("Write an amount above zero."))
    elif least is not None and amount < least:
        typed.wrong("amount", N_("The smallest grant of the call is {least}."), least=_written(least))
    elif most is not None and most < amount:
        typed.wrong("amount", N_("The largest grant of the call is {most}."), most=_written(most))
    return amount


def _written(amount: Money) -> str:
    return f"{amount.currency} {amount_text(amount, cents=True)}"


def tell_concept(concept: Concept, frame: Frame) -> Iterator[Block]:
    """Say the concept note: where, how long and for how much, then its texts."""
    yield Facts(
        (
            (words(N_("Jurisdictions")), tuple(frame.jurisdictions[key] for key in concept.jurisdictions)),
            (words(N_("Duration in months")), concept.months),
            (words(N_("Amount expected")), concept.amount),
        )
    )
    for section in SECTIONS:
        yield Text(words(section.title), concept.texts.get(section.name, ""))


PART = Part(
    PartKind.CONCEPT, SHAPE, read_concept, tell_concept, "drafting/concept.html", {"concept_sections": SECTIONS}
)  # fmt: skip
