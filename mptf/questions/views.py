"""Pages of questions: those of a call, one with every version of its answer, and how it is answered or declined."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.calls.models import Call
from mptf.calls.queries import get_call_out
from mptf.core.errors import N_
from mptf.fund.current import the_fund
from mptf.policy import Permission, can
from mptf.questions import queries, service
from mptf.questions.forms import AnswerForm, DeclineForm, QuestionForm
from mptf.questions.models import CallQuestion, QuestionStanding
from mptf.web import Form, asked, checked, commit, page_with, requires, the_viewer
from mptf.web.text import sentence

bp = Blueprint("questions", __name__, url_prefix="/f/<code>/calls")


@bp.get("/<public_id>/questions/")
@requires(Permission.CALLS_VIEW)
def questions(code: str, public_id: str) -> ResponseReturnValue:
    """Show the questions and answers of a call."""
    return _list(_call(public_id), QuestionForm())


@bp.post("/<public_id>/questions/")
@requires(Permission.QUESTIONS_ASK)
def ask(code: str, public_id: str) -> ResponseReturnValue:
    """Ask a question on a call."""
    call, form = _call(public_id), QuestionForm()
    if checked(form, lambda: service.ask(call, form.text.data or "", by=the_viewer())):
        told = N_("Your question is with the Secretariat. The answer is published here, and a mail tells you.")
        return commit(_of_call(call), told)
    return _list(call, form)


@bp.get("/questions/<public_id>")
@requires(Permission.CALLS_VIEW)
def question(code: str, public_id: str) -> ResponseReturnValue:
    """Show one question with every version of its answer."""
    found, viewer = _get(public_id), the_viewer()
    return render_template(
        "questions/question.html", question=found, call=found.call,
        own=found.by_id == viewer.id, may_answer=can(viewer, Permission.CALLS_EDIT, found),
        refusal=sentence(service.why_not_answer(found)),
    )  # fmt: skip


@bp.route("/questions/<public_id>/answer", methods=["GET", "POST"])
@requires(Permission.CALLS_EDIT)
def answer(code: str, public_id: str) -> ResponseReturnValue:
    """Answer a question, or correct its answer."""
    found = _get(public_id)
    form, first = AnswerForm.of(found), found.answer is None

    def act() -> bool:
        form.same_version(AnswerForm.of(found, formdata=None))
        return service.answer(found, form.reply(), by=the_viewer())

    if done := checked(form, act):
        told = N_("The answer is published.") if first else N_("The correction is published beside what stood before.")
        return commit(_address(found), told if done.result else N_("Nothing was changed."))
    return page_with(
        "questions/answer.html", form, question=found, call=found.call, told=len(service.told_of_answer(found)),
        refusal=sentence(service.why_not_answer(found)),
    )  # fmt: skip


@bp.route("/questions/<public_id>/decline", methods=["GET", "POST"])
@requires(Permission.CALLS_EDIT)
def decline(code: str, public_id: str) -> ResponseReturnValue:
    """Leave a question without an answer, with a reason."""
    found, form = _get(public_id), DeclineForm()
    if checked(form, lambda: service.decline(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(_of_call(found.call), "The question is declined; who asked reads why.")
    return page_with(
        "questions/decline.html", form, question=found, call=found.call, told=len(service.told_of_refusal(found)),
        waits=found.standing is QuestionStanding.WAITING,
    )  # fmt: skip


def _list(call: Call, form: Form) -> ResponseReturnValue:
    viewer = the_viewer()
    may_answer = can(viewer, Permission.CALLS_EDIT, call)
    return page_with(
        "questions/questions.html", form, call=call, page=queries.answered_on(call, asked.page()),
        waiting=queries.waiting_on(viewer, call), declined=queries.declined_on(viewer, call), may_answer=may_answer,
        may_ask=can(viewer, Permission.QUESTIONS_ASK, call.fund), refusal=sentence(service.why_not_ask(call)),
        told=len(service.told_of_question(call)),
    )  # fmt: skip


def _call(public_id: str) -> Call:
    return get_call_out(the_viewer(), the_fund(), public_id)


def _get(public_id: str) -> CallQuestion:
    return queries.get_question(the_viewer(), the_fund(), public_id)


def _address(found: CallQuestion) -> str:
    return url_for(".question", code=the_fund().code, public_id=found.public_id)


def _of_call(call: Call) -> str:
    return url_for(".questions", code=the_fund().code, public_id=call.public_id)
