"""Pages about an entry, the months, and what one person asks of the books and another decides."""

from collections.abc import Callable

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.controls import queries, service
from mptf.controls.forms import ClosingForm, DeclineForm, ReversalForm
from mptf.controls.models import APPROVED, ControlRequest
from mptf.core import clock
from mptf.fund.current import the_fund
from mptf.ledger import queries as ledger
from mptf.ledger.models import Entry
from mptf.ledger.periods import last_over
from mptf.policy import Permission, can
from mptf.web import ActionForm, Form, asked, checked, commit, not_found, page_with, requires, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import sentence

bp = Blueprint("controls", __name__, url_prefix="/f/<code>/ledger")


@bp.get("/entries/<public_id>")
@requires(Permission.LEDGER_VIEW)
def entry(code: str, public_id: str) -> ResponseReturnValue:
    """Show an entry: its lines and document, who posted and confirmed it, what took it back, what is asked of it."""
    found = ledger.get_entry(the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    return _entry(found, ReversalForm())


@bp.post("/entries/<public_id>/reversal")
@requires(Permission.REVERSALS_ASK)
def ask_reversal(code: str, public_id: str) -> ResponseReturnValue:
    """Ask for the reversal of what the document of an entry posted."""
    found, form = ledger.get_entry(the_fund(), public_id), ReversalForm()
    if done := checked(form, lambda: service.ask_reversal(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(_address(done.result), "The reversal is asked for. Somebody else approves it.")
    return _entry(found, form)


@bp.post("/entries/<public_id>/confirm")
@requires(Permission.DEPOSITS_CONFIRM)
def confirm_reversal(code: str, public_id: str) -> ResponseReturnValue:
    """Confirm for the Administrative Agent that a document was taken back."""
    found, form = ledger.get_entry(the_fund(), public_id), ReversalForm(None)
    action = ActionForm()
    if checked(action, lambda: service.confirm_reversal(found, by=the_viewer())):
        return commit(url_for(".entry", code=code, public_id=public_id), "The reversal is confirmed.")
    return _entry(found, form.refused_as(action))


def _entry(found: Entry, form: Form) -> ResponseReturnValue:
    fund, viewer = the_fund(), the_viewer()
    document, waiting = queries.document_of(fund, found), queries.to_confirm(fund, found)
    may_confirm = can(viewer, Permission.DEPOSITS_CONFIRM, fund)
    refusal = service.why_not_confirm_reversal(found, by=viewer) if waiting and may_confirm else None
    return page_with(
        "controls/entry.html",
        form,
        entry=found,
        document=document,
        requests=queries.requests_about(fund, document),
        to_reverse=queries.to_reverse(fund, found),
        to_confirm=waiting,
        may_prepare=can(viewer, Permission.REVERSALS_ASK, fund),
        may_confirm=may_confirm,
        refusal=sentence(refusal),
    )


@bp.get("/months")
@requires(Permission.LEDGER_VIEW)
def months(code: str) -> ResponseReturnValue:
    """Show the closed months, and those that can be closed next."""
    return _months(_closing_form())


@bp.post("/months")
@requires(Permission.BOOKS_PREPARE)
def ask_closing(code: str) -> ResponseReturnValue:
    """Ask for the closing of the months up to one."""
    fund, form = the_fund(), _closing_form()
    if not form.until.choices:
        not_found()
    if done := checked(form, lambda: service.ask_closing(fund, form.month, note=form.note.data or "", by=the_viewer())):
        return commit(_address(done.result), "The closing is asked for. Somebody else approves it.")
    return _months(form)


def _closing_form() -> ClosingForm:
    fund, form = the_fund(), ClosingForm()
    form.offer(ledger.next_to_close(fund), last_over(clock.today(fund)))
    return form


def _months(form: ClosingForm) -> ResponseReturnValue:
    fund = the_fund()
    following = ledger.next_to_close(fund)
    return page_with(
        "controls/months.html",
        form,
        closings=ledger.closings(fund, asked.page()),
        following=following,
        asked=queries.open_closing(fund),
        may_prepare=can(the_viewer(), Permission.BOOKS_PREPARE, fund),
    )


@bp.get("/requests")
@requires(Permission.LEDGER_VIEW)
def requests(code: str) -> ResponseReturnValue:
    """List what is and was asked of the books."""
    return render_template("controls/requests.html", page=queries.requests(the_fund(), asked.page()))


@bp.get("/requests/<public_id>")
@requires(Permission.LEDGER_VIEW)
def request(code: str, public_id: str) -> ResponseReturnValue:
    """Show a request with what it would do, before anybody decides."""
    found = queries.get_request(the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    return _request(found, DeclineForm())


@bp.post("/requests/<public_id>/approve")
@requires(Permission.BOOKS_APPROVE)
def approve(code: str, public_id: str) -> ResponseReturnValue:
    """Do what was asked."""
    return _act(public_id, lambda found: service.approve(found, by=the_viewer()), "Approved: it is done in the books.")


@bp.post("/requests/<public_id>/decline")
@requires(Permission.BOOKS_APPROVE)
def decline(code: str, public_id: str) -> ResponseReturnValue:
    """Refuse what was asked."""
    found, form = queries.get_request(the_fund(), public_id), DeclineForm()
    if checked(form, lambda: service.decline(found, answer=form.answer.data or "", by=the_viewer())):
        return commit(_address(found), "The request is declined.")
    return _request(found, form)


@bp.post("/requests/<public_id>/withdraw")
@requires(Permission.REVERSALS_ASK)
def withdraw(code: str, public_id: str) -> ResponseReturnValue:
    """Take a request back."""
    return _act(public_id, lambda found: service.withdraw(found, by=the_viewer()), "The request is withdrawn.")


def _act(public_id: str, do: Callable[[ControlRequest], None], done: str) -> ResponseReturnValue:
    """Do something to a request that needs no words, and show it."""
    found, action = queries.get_request(the_fund(), public_id), ActionForm()
    if checked(action, lambda: do(found)):
        return commit(_address(found), done)
    return _request(found, DeclineForm(None).refused_as(action))


def _request(found: ControlRequest, form: Form) -> ResponseReturnValue:
    fund, viewer = the_fund(), the_viewer()
    return page_with(
        "controls/request.html",
        form,
        asked=found,
        to_reverse=queries.to_reverse(fund, found.entry) if found.entry and found.open else [],
        taken_back=queries.taken_back(fund, found.entry) if found.entry and found.status is APPROVED else [],
        closes=queries.closes(fund, found),
        period=ledger.next_open(fund),
        own=found.prepared_by_id == viewer.id,
        may_decide=can(viewer, Permission.BOOKS_APPROVE, fund),
        confirms=can(viewer, Permission.DEPOSITS_CONFIRM, fund),
    )


def _address(found: ControlRequest) -> str:
    return url_for(".request", code=the_fund().code, public_id=found.public_id)
