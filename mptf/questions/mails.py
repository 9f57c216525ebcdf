"""What the mail of this room says; it is written when it is sent, after asking again whether it may be."""

from collections.abc import Callable

from mptf.core.errors import N_
from mptf.core.mail import Letter, OutboxMessage
from mptf.people.letters import address, envelope, write
from mptf.questions import queries
from mptf.questions.models import QuestionStanding
from mptf.questions.service import ANSWERED, ASKED, DECLINED


def load_asked(message: OutboxMessage) -> Letter | None:
    """Tell the Secretariat of a question, unless it was answered or declined meanwhile."""
    return _written(message, N_("A question on a call waits for an answer"), QuestionStanding.WAITING)


def load_answered(message: OutboxMessage) -> Letter | None:
    """Tell who follows a call, and who asked, that a question is answered or its answer corrected."""
    return _written(message, N_("A question on a call is answered"), QuestionStanding.ANSWERED)


def load_declined(message: OutboxMessage) -> Letter | None:
    """Tell who asked that a question is declined."""
    return _written(message, N_("Your question on a call is not answered"), QuestionStanding.DECLINED)


def _written(message: OutboxMessage, subject: str, standing: QuestionStanding) -> Letter | None:
    """Write a letter about a question, unless its person may no longer know of it or it stands otherwise by now."""
    fund, person = envelope(message)
    question = queries.find_for(person.id, fund, message.subject_id, answering=message.kind == ASKED)
    if question is None or question.standing is not standing:
        return None
    link = address("questions.question", code=fund.code, public_id=question.public_id)
    return write(
        message.kind, subject, person=person, fund=fund, call=question.call, question=question,
        own=question.by_id == person.id, link=link,
    )  # fmt: skip


LOADERS: dict[str, Callable[[OutboxMessage], Letter | None]] = {
    ASKED: load_asked,
    ANSWERED: load_answered,
    DECLINED: load_declined,
}
