"""Read questions and answers: those a person may know of, never who asked to whom that is not known."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, false, func, literal, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from mptf.calls import queries as calls
from mptf.calls.models import CANCELLED, Call
from mptf.core.db import db, one_of
from mptf.core.errors import N_
from mptf.core.paging import Page, page_of
from mptf.core.waiting import Awaited, Findable, awaited_columns, result_columns
from mptf.fund.models import Fund
from mptf.people.queries import in_any_role
from mptf.policy import Nothing, Opened, Permission, Viewer, can, reach
from mptf.questions.models import CallAnswer, CallQuestion, QuestionRefusal

PAGE_SIZE = 30
SHOWN_IN_A_LIST = 120  # signs of a question
QUESTION, ANSWER = CallQuestion.__table__.c, CallAnswer.__table__.c


def _replied(table: type[CallAnswer] | type[QuestionRefusal], fund: Fund) -> ColumnElement[bool]:
    kind = table.__table__.c
    return exists().where(kind.question_id == QUESTION.id, kind.fund_id == fund.id)


def _unsettled(fund: Fund) -> tuple[ColumnElement[bool], ...]:
    return ~_replied(CallAnswer, fund), ~_replied(QuestionRefusal, fund)


def visible_to(viewer: Viewer, fund: Fund) -> ColumnElement[bool]:
    """Return the condition that a person may know of a question; `CallQuestion.open_to` says the same of one."""
    reached = reach(viewer, Permission.CALLS_VIEW, fund.id)
    if isinstance(reached, Nothing):
        return false()
    here = QUESTION.fund_id == fund.id
    if not isinstance(reached, Opened):
        return here
    known = QUESTION.call_id.in_(select(Call.id).where(calls.visible_to(viewer, fund)))
    return and_(here, known, or_(_replied(CallAnswer, fund), QUESTION.by_id == viewer.id))


def answered_on(call: Call, page: int) -> Page[CallQuestion]:
    """Return a page of the answered questions of a call by their number; they are the same for everybody."""
    first = aliased(CallAnswer)
    published = (
        _whole()
        .join(first, and_(first.question_id == QUESTION.id, first.fund_id == call.fund_id, first.version == 1))
        .where(QUESTION.fund_id == call.fund_id, QUESTION.call_id == call.id)
    )
    return page_of(published.order_by(first.number), page, size=PAGE_SIZE)


def waiting_on(viewer: Viewer, call: Call) -> Sequence[CallQuestion]:
    """Return the questions of a call without an answer that a person may know of, the oldest first."""
    waiting = _of(viewer, call).where(*_unsettled(call.fund))
    return db.session.scalars(waiting.order_by(QUESTION.asked_at, QUESTION.id)).all()


def declined_on(viewer: Viewer, call: Call) -> Sequence[CallQuestion]:
    """Return the declined questions of a call that a person may know of, the oldest first."""
    declined = _of(viewer, call).where(_replied(QuestionRefusal, call.fund))
    return db.session.scalars(declined.order_by(QUESTION.asked_at, QUESTION.id)).all()


def counted_on(viewer: Viewer, call: Call) -> Select[int]:
    """Select how many questions of a call a person may know of."""
    counted = select(func.count()).select_from(CallQuestion)
    return counted.where(visible_to(viewer, call.fund), QUESTION.call_id == call.id)


def get_question(viewer: Viewer, fund: Fund, public_id: str) -> CallQuestion:
    """Return a question this person may know of with its answers, or raise NotFound."""
    return one_of(_whole().where(visible_to(viewer, fund), QUESTION.public_id == public_id))


def find_for(person_id: int, fund: Fund, public_id: str, *, answering: bool) -> CallQuestion | None:
    """Return a question somebody may know of in any of the roles held today, or None; for mail, which has no role.

    `answering` asks for a role in which it may be answered.
    """

    def find(viewer: Viewer) -> CallQuestion | None:
        question = get_question(viewer, fund, public_id)
        return question if not answering or can(viewer, Permission.CALLS_EDIT, question) else None

    return in_any_role(person_id, find)


def next_number(call: Call) -> int:
    """Return the number the next answered question of a call gets; ask with the fund locked."""
    highest = select(func.max(ANSWER.number)).where(ANSWER.fund_id == call.fund_id, ANSWER.call_id == call.id)
    return (db.session.scalar(highest) or 0) + 1


def concerned(question: CallQuestion) -> list[int]:
    """Return the keys of those whom an answer concerns: who follows the call, and who asked."""
    return sorted({*calls.follower_ids(question.call), question.by_id})


def awaited(viewer: Viewer, fund: Fund) -> list[Awaited]:
    """Return the questions that wait for the Secretariat; nothing is answered on a cancelled call."""
    if not can(viewer, Permission.CALLS_EDIT, fund):
        return []
    kind = CallQuestion.__tablename__
    waiting = (
        select(*awaited_columns(kind, QUESTION.public_id, Call.reference + " " + Call.title))
        .select_from(CallQuestion)
        .join(Call, and_(Call.id == QUESTION.call_id, Call.fund_id == fund.id, Call.status != CANCELLED))
        .where(QUESTION.fund_id == fund.id, *_unsettled(fund))
        .order_by(QUESTION.asked_at, QUESTION.id)
    )
    return [
        Awaited(
            kind, N_("Answer a question on {name}"), N_("Only the Secretariat sees it until it is answered"),
            "questions.answer", waiting, N_("Answer more questions on calls"), "calls.calls",
        )
    ]  # fmt: skip


def findable(viewer: Viewer, fund: Fund) -> list[Findable]:
    """Return the answered questions this person may find, by the wording in force."""
    if isinstance(reach(viewer, Permission.CALLS_VIEW, fund.id), Nothing):
        return []
    later, newest = aliased(CallAnswer), aliased(CallAnswer)
    title = (
        literal("Question ")
        + cast(newest.number, String)
        + " on "
        + Call.reference
        + ": "
        + func.substr(newest.question, 1, SHOWN_IN_A_LIST)
    )
    kind = CallQuestion.__tablename__
    seen = (
        select(*result_columns(kind, QUESTION.public_id, title, day=func.date(newest.answered_at)))
        .select_from(CallQuestion)
        .join(Call, and_(Call.id == QUESTION.call_id, Call.fund_id == fund.id))
        .join(newest, and_(newest.question_id == QUESTION.id, newest.fund_id == fund.id))
        .outerjoin(
            later,
            and_(later.question_id == QUESTION.id, later.fund_id == fund.id, later.version > newest.version),
        )
        .where(QUESTION.fund_id == fund.id, calls.visible_to(viewer, fund), later.id.is_(None))
    )
    return [Findable(kind, N_("Question on a call"), "questions.question", seen)]


def _of(viewer: Viewer, call: Call) -> Select[CallQuestion]:
    return _whole().where(visible_to(viewer, call.fund), QUESTION.call_id == call.id)


def _whole() -> Select[CallQuestion]:
    return select(CallQuestion).options(
        joinedload(CallQuestion.call),
        joinedload(CallQuestion.by),
        joinedload(CallQuestion.office),
        joinedload(CallQuestion.organisation),
        joinedload(CallQuestion.refusal).joinedload(QuestionRefusal.by),
        selectinload(CallQuestion.answers).joinedload(CallAnswer.by),
    )
