"""Forms of the room: shape only; the rules stand in the service."""

from typing import Any, Self

from mptf.questions.facts import Reply
from mptf.questions.models import LONGEST_ANSWER, LONGEST_QUESTION, CallQuestion
from mptf.web import Form, TextAreaField
from mptf.web.forms import Needed


class QuestionForm(Form):
    """A question on a call."""

    text = TextAreaField(
        "Your question",
        longest=LONGEST_QUESTION,
        validators=[Needed("Write your question.")],
        description="One question at a time. Leave out what would tell who you are: others read the answer.",
    )


class AnswerForm(Form):
    """An answer, with its question as everybody reads it."""

    question = TextAreaField(
        "The question as everybody reads it",
        longest=LONGEST_QUESTION,
        validators=[Needed("Write the question as everybody is to read it.")],
        description="Reword it where it tells who asked. What was asked stays on record beside it.",
    )
    answer = TextAreaField("Answer", longest=LONGEST_ANSWER, validators=[Needed("Write the answer.")])

    @classmethod
    def of(cls, question: CallQuestion, **kwargs: Any) -> Self:
        """Return the form filled with the answer that stands, or with the question as it was asked."""
        stands = question.answer
        filled = {"question": stands.question if stands else question.text, "answer": stands.answer if stands else ""}
        return cls(data={**filled, "version": question.version}, **kwargs)

    def reply(self) -> Reply:
        """Return what was typed."""
        return Reply(self.question.data or "", self.answer.data or "")


class DeclineForm(Form):
    """Why a question is not answered."""

    reason = TextAreaField(
        "Reason",
        longest=2000,
        validators=[Needed("Say why it is not answered; who asked reads it.")],
        description="Only who asked reads it, and the Secretariat.",
    )
