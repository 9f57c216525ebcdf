"""The checklist a call begins with, from what it asks for, and what is said at its items."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mptf.calls.models import Call
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import at_most, named
from mptf.core.kosovo import keep_asterisk
from mptf.core.sentences import filled
from mptf.screening.models import LONGEST_GUIDANCE, Answer, Fact, Ground, ScreeningItem

LONGEST_QUESTION = 300


@dataclass(frozen=True)
class Question:
    """What an item asks, how it is answered, what a “no” means, and what the system shows beside it."""

    question: str
    guidance: str = ""
    ground: Ground | None = None
    fact: Fact | None = None

    @classmethod
    def of(cls, item: ScreeningItem) -> "Question":
        """Read what an item says."""
        return cls(item.question, item.guidance, item.ground, item.fact)

    def check(self) -> None:
        """Refuse an item that asks nothing."""
        named(self.question, "question")
        at_most(self.question, LONGEST_QUESTION, "question")
        at_most(self.guidance, LONGEST_GUIDANCE, "guidance")
        keep_asterisk(self.guidance, "guidance")

    def columns(self) -> dict[str, Any]:
        """Return what stands in the row of an item."""
        return {"question": self.question, "guidance": self.guidance, "ground": self.ground, "fact": self.fact}


@dataclass(frozen=True)
class Said:
    """What somebody says at an item, over which version of its answer; None is no answer."""

    item_id: int
    answer: Answer | None
    note: str
    version: int


def proposed(call: Call) -> Iterator[Question]:
    """Yield the items a call begins with, in their order."""
    yield Question(
        N_("Submitted in time"),
        N_("What is begun before the closing may be finished in the grace period."), Ground.LATE, Fact.IN_TIME,
    )  # fmt: skip
    yield Question(N_("The lead office is among those the call is open to"), "", Ground.OFFICE, Fact.OFFICE)
    yield Question(
        N_("Signed by the authorised officer of the lead office"),
        N_("Look for the signature among the attachments."), Ground.UNSIGNED,
    )  # fmt: skip
    yield Question(
        N_("Every part says what the call asks for"),
        N_("Where a part does not, return it with a reason: a “no” here is no ground to refuse."), None, Fact.COMPLETE,
    )  # fmt: skip
    yield from _documents(call)
    if call.smallest or call.largest:
        yield Question(N_("What is asked for lies within the limits"), "", Ground.AMOUNT, Fact.AMOUNT)
    if call.shortest_months or call.longest_months:
        yield Question(N_("The duration lies within the limits"), "", Ground.DURATION, Fact.DURATION)
    yield Question(N_("The project works where the call reaches"), "", Ground.PLACE, Fact.PLACE)
    yield Question(
        N_("The project serves the goals and KPIs it names"),
        N_("Whether it does, not how well: technical review judges that."), Ground.SCOPE,
    )  # fmt: skip
    yield Question(
        N_("It is not what was proposed or funded before"),
        N_("Likely duplicates stand beside the checklist."), Ground.DUPLICATE,
    )  # fmt: skip


def _documents(call: Call) -> Iterator[Question]:
    for document in call.documents:
        if document.needed:
            name = document.name
            asked = filled(N_("“{name}” is attached and valid"), {"name": name})
            if len(asked) > LONGEST_QUESTION:
                asked = name
            yield Question(asked, document.guidance[:LONGEST_GUIDANCE], Ground.DOCUMENT, Fact.DOCUMENTS)


def refuse_twice(question: Question, items: Iterable[ScreeningItem], besides: ScreeningItem | None = None) -> None:
    """Refuse a second item that asks the same."""
    others = {one.question.casefold() for one in items if one is not besides}
    if question.question.casefold() in others:
        raise RuleBroken(N_("The checklist asks this already."), field="question")


def field_of(item: ScreeningItem, what: str = "answer") -> str:
    """Return the name of a field of an item in the form of the checklist."""
    return f"{what}_{item.public_id}"
