"""What is said of a question: its published wording and the answer, checked together."""

from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.core.facts import at_most, needed
from mptf.questions.models import LONGEST_ANSWER, LONGEST_QUESTION, CallAnswer


@dataclass(frozen=True)
class Reply:
    """An answer, with its question in the words everybody reads."""

    question: str
    answer: str

    @classmethod
    def of(cls, version: CallAnswer) -> "Reply":
        """Read what a version of an answer says."""
        return cls(version.question, version.answer)

    def check(self) -> None:
        """Refuse one that says nothing, or too much."""
        needed(self.question, "question", N_("Write the question as everybody is to read it."))
        at_most(self.question, LONGEST_QUESTION, "question")
        needed(self.answer, "answer", N_("Write the answer."))
        at_most(self.answer, LONGEST_ANSWER, "answer")
