"""Pages of submitting: begin, send, return parts, give time, go on without an answer, withdraw."""

from datetime import date, timedelta

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from mptf.core import clock
from mptf.fund.queries import working_calendar
from mptf.policy import Permission
from mptf.proposals.cancelled import why_off
from mptf.proposals.models import PROPOSAL_FLOW, RETURNED, Proposal, Stage
from mptf.proposals.pages import the_proposal
from mptf.submissions import pages, service
from mptf.submissions.forms import ReturnForm, SubmitForm, UntilForm, WithdrawForm
from mptf.submissions.looked import Unseen
from mptf.web import ActionForm, checked, commit, page_with, requires, the_viewer
from mptf.web.access import arrived_at
from mptf.web.text import sentence

bp = Blueprint("submissions", __name__, url_prefix="/f/<code>/proposals/<public_id>")

USUAL_DAYS = 10  # working days to answer what is returned, where nobody says otherwise


@bp.post("/begin")
@requires(Permission.PROPOSALS_SUBMIT)
def begin(code: str, public_id: str) -> ResponseReturnValue:
    """Begin the submission: from now on the grace period counts."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SUBMIT), ActionForm()
    if checked(form, lambda: service.begin(found, by=the_viewer(), at=arrived_at())):
        return commit(url_for(".submit", code=code, public_id=public_id))
    return _submit_page(found, SubmitForm(None).refused_as(form))


@bp.route("/submit", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SUBMIT)
def submit(code: str, public_id: str) -> ResponseReturnValue:
    """Show once more what is sent, and freeze it."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SUBMIT), SubmitForm()

    def act() -> str:
        remark, looked = form.remark.data or "", form.version.data or ""
        try:
            return service.submit(found, by=the_viewer(), remark=remark, at=arrived_at(), looked=looked).sha256
        except Unseen as refusal:
            form.look_again(refusal.stands)
            raise

    if done := checked(form, act):
        return commit(_address(found), "Submitted. Your receipt: SHA-256 {sha256}.", sha256=done.result)
    return _submit_page(found, form)


@bp.route("/return", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def give_back(code: str, public_id: str) -> ResponseReturnValue:
    """Return parts of a proposal with a reason for each."""
    found = the_proposal(public_id, Permission.PROPOSALS_SCREEN)
    form = ReturnForm(data={"until": _usual_day(found)})
    form.offer(found.stage.asks)

    def act() -> None:
        service.give_back(found, form.reasons, form.until.day, by=the_viewer())

    if checked(form, act):
        return commit(_address(found), "It is returned; those who write it are told by mail.")
    return page_with(
        "submissions/return.html",
        form,
        proposal=found,
        told=len(service.told_of_returning(found)),
        off=sentence(why_off(found)),
        possible=found.status in PROPOSAL_FLOW.steps["return"].sources,
    )


@bp.route("/more-time", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def give_time(code: str, public_id: str) -> ResponseReturnValue:
    """Let what was returned be answered until a later day."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SCREEN), UntilForm()
    if checked(form, lambda: service.give_time(found, form.until.day, by=the_viewer())):
        return commit(_address(found), "There is more time; who writes the proposal is told by mail.")
    return page_with(
        "submissions/more_time.html",
        form,
        proposal=found,
        told=len(service.told_of_returning(found)),
        off=sentence(why_off(found)),
        possible=found.status is RETURNED,
    )


@bp.post("/resume")
@requires(Permission.PROPOSALS_SCREEN)
def resume(code: str, public_id: str) -> ResponseReturnValue:
    """Go on with what was submitted, without an answer."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SCREEN), ActionForm()
    if checked(form, lambda: service.resume(found, by=the_viewer())):
        return commit(_address(found), "Screening goes on with what was submitted; who writes the proposal is told.")
    return page_with("submissions/refused.html", form, proposal=found)


@bp.route("/withdraw", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SUBMIT)
def withdraw(code: str, public_id: str) -> ResponseReturnValue:
    """Take a submitted proposal back, with a reason."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SUBMIT), WithdrawForm()
    if checked(form, lambda: service.withdraw(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(_address(found), "The {what} is withdrawn. It stays on record.", what=found.at_hand.word)
    return page_with(
        "submissions/withdraw.html",
        form,
        proposal=found,
        told=len(service.told_of_withdrawing(found)),
        colleagues=pages.names(found, service.told_beside(found, the_viewer())),
        possible=found.status in PROPOSAL_FLOW.steps["withdraw"].sources,
    )


def _submit_page(found: Proposal, form: SubmitForm) -> ResponseReturnValue:
    """Show what is sent; what is sent from this page is what it shows."""
    facts = pages.submit_facts(found)
    form.version.data = form.version.data or facts["looked"]
    return page_with(
        "submissions/submit.html",
        form,
        proposal=found,
        told=len(service.told_of_submitting(found)),
        colleagues=pages.names(found, service.told_beside(found, the_viewer())),
        **facts,
    )


def _usual_day(found: Proposal) -> date:
    """Return the day that is proposed to answer by; of a concept note one on which it can still be invited."""
    usual = working_calendar(found.fund).add_working_days(clock.today(found.fund), USUAL_DAYS)
    last = found.call.closes_on
    return min(usual, last - timedelta(days=1)) if last and found.stage is Stage.CONCEPT else usual


def _address(found: Proposal) -> str:
    return url_for("proposals.proposal", code=found.fund.code, public_id=found.public_id)
