"""Ask, answer, correct and decline questions on a call; `by` is the Viewer who does it."""

from mptf.calls.models import CANCELLED, PUBLISHED, Call
from mptf.calls.wording import moment_text
from mptf.core import audit, clock, search
from mptf.core.db import db
from mptf.core.errors import N_, NotAllowed, RuleBroken
from mptf.core.facts import at_most, needed
from mptf.fund.service import lock
from mptf.people import notices
from mptf.people.notices import Notice
from mptf.people.queries import holding
from mptf.policy import SECRETARIAT, Permission, Role, Viewer, require
from mptf.questions import queries
from mptf.questions.facts import Reply
from mptf.questions.models import (
    LONGEST_QUESTION,
    CallAnswer,
    CallQuestion,
    QuestionRefusal,
    QuestionStanding,
)

ASKED, ANSWERED, DECLINED = "question_asked", "question_answered", "question_declined"
APPLICANTS = frozenset({Role.PUNO_OFFICER})

notices.offer(
    Notice(ASKED, N_("Somebody asked a question on a call"), frozenset(SECRETARIAT)),
    Notice(
        ANSWERED, N_("A question on a call I follow, or one I asked, is answered or its answer corrected"), APPLICANTS
    ),
    Notice(DECLINED, N_("A question I asked is declined"), APPLICANTS),
)

audit.tell(
    {
        "call_question.asked": N_("asked a question on {reference}"),
        "call_question.answered": N_("answered question {number} on {reference}"),
        "call_question.corrected": N_("corrected the answer to question {number} on {reference}"),
        "call_question.declined": N_("declined a question on {reference}"),
    },
    names={"call_question": N_("question on a call")},
)


def ask(call: Call, text: str, *, by: Viewer) -> CallQuestion:
    """Ask a question on a call for one's office; only the Secretariat learns who asked."""
    require(by, Permission.QUESTIONS_ASK, call.fund)
    require(by, Permission.CALLS_VIEW, call)
    if refusal := why_not_ask(call):
        raise refusal
    needed(text, "text", N_("Write your question."))
    at_most(text, LONGEST_QUESTION, "text")
    held = by.role_in(call.fund_id)
    if held is None:
        raise NotAllowed
    question = CallQuestion(
        call_id=call.id, fund_id=call.fund_id, text=text.strip(), by_id=by.id,
        organisation_id=held.organisation_id, office_id=held.office_id,
    )  # fmt: skip
    db.session.add(question)
    db.session.flush()
    audit.record("call_question.asked", question, by=by, fund_id=call.fund_id, reference=call.reference)
    notices.post(ASKED, told_of_question(call), subject_id=question.public_id, fund_id=call.fund_id)
    return question


def why_not_ask(call: Call) -> RuleBroken | None:
    """Return why no question can be asked on a call now, or None."""
    if call.status is CANCELLED:
        return RuleBroken(N_("The {kind} is cancelled, so no question is asked any more."), kind=call.kind.word)
    until = call.questions_until or call.closes_at
    if call.status is not PUBLISHED or until is None:
        return RuleBroken(N_("The {kind} takes no questions now."), kind=call.kind.word)
    if until <= clock.now():
        over = N_("Questions could be asked until {until}. What was asked before is still answered.")
        return RuleBroken(over, until=moment_text(until, call.zone))
    return None


def answer(question: CallQuestion, reply: Reply, *, by: Viewer) -> bool:
    """Publish an answer, or correct the one that stands with another version; return whether that says anything new."""
    require(by, Permission.CALLS_EDIT, question)
    reply = Reply(reply.question.strip(), reply.answer.strip())
    reply.check()
    _alone_with(question)
    before = question.answer
    if refusal := why_not_answer(question):
        raise refusal
    if before and Reply.of(before) == reply:
        return False
    number = before.number if before else queries.next_number(question.call)
    db.session.add(
        CallAnswer(
            question_id=question.id, call_id=question.call_id, fund_id=question.fund_id, number=number,
            version=question.version + 1, question=reply.question, answer=reply.answer, by_id=by.id,
        )
    )  # fmt: skip
    db.session.flush()
    db.session.expire(question, ["answers"])
    audit.record(
        "call_question.corrected" if before else "call_question.answered", question, by=by,
        fund_id=question.fund_id, reference=question.call.reference, number=number,
    )  # fmt: skip
    _index(question, number, reply)
    notices.post(ANSWERED, told_of_answer(question), subject_id=question.public_id, fund_id=question.fund_id)
    return True


def decline(question: CallQuestion, *, reason: str, by: Viewer) -> None:
    """Leave a question without an answer; only who asked is told, and reads why."""
    require(by, Permission.CALLS_EDIT, question)
    needed(reason, "reason", N_("Say why it is not answered; who asked reads it."))
    _alone_with(question)
    if question.standing is not QuestionStanding.WAITING:
        raise RuleBroken(N_("This question does not wait any more: it is answered or declined."))
    db.session.add(
        QuestionRefusal(question_id=question.id, fund_id=question.fund_id, reason=reason.strip(), by_id=by.id)
    )
    db.session.flush()
    db.session.expire(question, ["refusal"])
    audit.record(
        "call_question.declined", question, by=by, fund_id=question.fund_id, reference=question.call.reference
    )  # fmt: skip
    notices.post(DECLINED, told_of_refusal(question), subject_id=question.public_id, fund_id=question.fund_id)


def why_not_answer(question: CallQuestion) -> RuleBroken | None:
    """Return why a question is not answered and its answer not corrected, or None."""
    if question.refusal:
        return RuleBroken(N_("This question was declined."))
    if question.call.status is CANCELLED:
        told = N_("The {kind} is cancelled, so its questions are not answered any more.")
        return RuleBroken(told, kind=question.call.kind.word)
    return None


def told_of_question(call: Call) -> list[int]:
    """Return the keys of those who are told by mail of a question on a call."""
    return notices.wanting(ASKED, holding(call.fund, *SECRETARIAT))


def told_of_answer(question: CallQuestion) -> list[int]:
    """Return the keys of those who are told by mail of an answer to a question."""
    return notices.wanting(ANSWERED, queries.concerned(question))


def told_of_refusal(question: CallQuestion) -> list[int]:
    """Return the keys of those who are told by mail that a question is declined: who asked, or nobody."""
    return notices.wanting(DECLINED, [question.by_id])


def _alone_with(question: CallQuestion) -> None:
    """Let one writer at a time at the questions of a fund, and read anew what was written to this one."""
    lock(question.fund_id)
    db.session.expire(question, ["answers", "refusal"])
    db.session.refresh(question.call, ["status"])


def _index(question: CallQuestion, number: int, reply: Reply) -> None:
    """Let an answered question be found by what is published of it, never by its words as they were asked."""
    called = f"Question {number} on {question.call.reference}"
    search.index(
        question.__tablename__, question.public_id, fund_id=question.fund_id,
        words=f"{called}\n{reply.question}\n{reply.answer}",
    )  # fmt: skip
