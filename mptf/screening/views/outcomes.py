"""What becomes of a proposal in screening: it is taken up, admitted, invited to submit in full, or refused."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from mptf.core.errors import N_
from mptf.policy import Permission
from mptf.proposals.cancelled import why_off
from mptf.proposals.models import PROPOSAL_FLOW
from mptf.proposals.pages import the_proposal
from mptf.screening import pages, service
from mptf.screening.forms import ChecklistForm, GroundsFilter, RefuseForm
from mptf.screening.letters import proposed_text
from mptf.screening.views.shared import address, bp, screening_page
from mptf.web import ActionForm, checked, commit, page_with, requires, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import sentence


@bp.post("/proposals/<public_id>/screening/begin")
@requires(Permission.PROPOSALS_SCREEN)
def take_up(code: str, public_id: str) -> ResponseReturnValue:
    """Take up the screening of a proposal."""
    return _with_proposal(public_id, service.take_up, N_("You took up the screening of {number}."))


@bp.post("/proposals/<public_id>/screening/admit")
@requires(Permission.PROPOSALS_SCREEN)
def admit(code: str, public_id: str) -> ResponseReturnValue:
    """Admit a proposal to technical review."""
    return _with_proposal(public_id, service.admit, N_("{number} is admitted to technical review."))


@bp.post("/proposals/<public_id>/screening/invite")
@requires(Permission.PROPOSALS_SCREEN)
def invite(code: str, public_id: str) -> ResponseReturnValue:
    """Invite the full proposal after a concept note."""
    told = N_("The full proposal of {number} is invited; who writes it is told by mail.")
    return _with_proposal(public_id, service.invite, told)


@bp.route("/proposals/<public_id>/screening/refuse", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def refuse(code: str, public_id: str) -> ResponseReturnValue:
    """Choose the reasons, write the letter, and declare a proposal ineligible."""
    found = the_proposal(public_id, Permission.PROPOSALS_SCREEN)
    looked_at(found, fund_id=found.fund_id)
    shown, wanted = pages.screened(found), GroundsFilter(request.args)
    chosen = wanted.chosen or shown.grounds
    words = [ground.value for ground in chosen]
    text = proposed_text(shown.known, chosen) if chosen else ""
    form = RefuseForm(data={"grounds": words, "text": text, "version": shown.opened_on})

    def act() -> str:
        form.refuse_opened_before(shown.opened_on)
        form.check()
        return service.refuse(found, form.chosen, form.text.data or "", by=the_viewer()).number

    if done := checked(form, act):
        told = N_("{number} is ineligible; the letter {letter} is issued and its writers are told by mail.")
        return commit(address(found), told, number=found.number, letter=done.result)
    if not wanted.chosen:
        wanted.grounds.data = words
    return page_with(
        "screening/refuse.html", form, proposal=found, wanted=wanted, shown=shown,
        writing=bool(wanted.chosen) or request.method == "POST", told=len(service.told_of_outcome(found)),
        possible=found.status in PROPOSAL_FLOW.steps["refuse"].sources, off=sentence(why_off(found)),
    )  # fmt: skip


def _with_proposal(public_id: str, act: Any, told: str) -> ResponseReturnValue:
    """Do what a button of the page of screening asks, or show that page with its refusal."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SCREEN), ActionForm()
    if checked(form, lambda: act(found, by=the_viewer())):
        return commit(address(found), told, number=found.number)
    shown = pages.screened(found)
    answers = ChecklistForm.of(shown.items, shown.stands, shown.opened_on, formdata=None)
    return screening_page(shown, answers.refused_as(form))
