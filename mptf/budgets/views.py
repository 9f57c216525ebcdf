"""Pages of the budget beside the part itself: the workbook that is taken, and brought back."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.budgets import service
from mptf.budgets.filled import FilledIn, read_workbook
from mptf.budgets.forms import WorkbookForm
from mptf.budgets.part import PART
from mptf.budgets.sheets import Taken, sheets_of
from mptf.core import clock
from mptf.core.errors import N_, RuleBroken
from mptf.drafting import pages, queries
from mptf.drafting.parts import get_part
from mptf.drafting.queries import State
from mptf.drafting.service import Saved
from mptf.paper.values import moment_text
from mptf.policy import Permission
from mptf.proposals.models import Proposal
from mptf.proposals.pages import the_proposal
from mptf.web import commit, page_with, requires, send_workbook, the_viewer
from mptf.web.access import looked_at
from mptf.web.pages import undo
from mptf.web.text import counted
from mptf.web.uploads import take_in

bp = Blueprint("budgets", __name__, url_prefix="/f/<code>/proposals/<public_id>/budget")

PROBLEMS_SHOWN = 100


@bp.get("/workbook")
@requires(Permission.DRAFTS_VIEW)
def workbook(code: str, public_id: str) -> ResponseReturnValue:
    """Send the budget as a workbook, and note who took it (EXP-2)."""
    proposal, at = _proposal(public_id, Permission.DRAFTS_VIEW), clock.now()
    state = _state(proposal)
    if not state.read.value.ready:
        raise RuleBroken(N_("Write the duration in the part General first: the workbook has a column for each year."))
    looked_at(proposal, what="export", fund_id=proposal.fund_id, written_as="XLSX", part=PART.kind.value)
    taken = Taken(proposal.public_id, proposal.name, state.number, moment_text(at, proposal.fund.zone))
    sheets = sheets_of(state.read.value.budget, state.content, taken)
    title = f"{PART.kind.label}, {proposal.name}"
    return send_workbook(sheets, title=title, source=proposal.fund.code, name=f"{code}-budget", made_at=at)


@bp.route("/workbook/back", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_WRITE)
def bring(code: str, public_id: str) -> ResponseReturnValue:
    """Take a workbook back: show what it changes first, and save it once somebody says so."""
    proposal, form = _proposal(public_id, Permission.PROPOSALS_WRITE), WorkbookForm()
    if not pages.may_write(proposal, PART, the_viewer()):
        raise RuleBroken(N_("This part cannot be changed now."))
    state, own = _state(proposal), proposal.public_id
    grid = state.read.value.budget.grid

    def act(filled: FilledIn) -> Saved | None:
        return service.bring_in(proposal, state, filled, by=the_viewer()) if form.confirmed.data else None

    if done := take_in(
        form, lambda path: read_workbook(path, grid, own), lambda taken: (taken.content, act(taken.content))
    ):
        filled, saved = done.result
        if saved:
            return commit(_part(code, public_id), "The workbook is saved: version {number}.", number=_number(saved))
        return _preview(proposal, form, filled)
    return page_with("budgets/back.html", form, proposal=proposal, filled=None)


def _preview(proposal: Proposal, form: WorkbookForm, filled: FilledIn) -> ResponseReturnValue:
    """Show what a workbook changes; nothing of this request is kept but the file, for a day."""
    undo()
    form.carry()
    found = service.foreseen(proposal, _state(proposal), filled)
    problems = filled.problems.in_order()
    return render_template(
        "budgets/back.html", form=form, proposal=proposal, filled=filled, changes=found,
        problems=problems[:PROBLEMS_SHOWN], more=len(problems) - PROBLEMS_SHOWN,
        unread=counted(filled.problems.errors, "cell", "cells"),
    )  # fmt: skip


def _proposal(public_id: str, permission: Permission) -> Proposal:
    """Return a proposal with a budget that this person may do something to; a concept note has none."""
    proposal = the_proposal(public_id, permission)
    get_part(PART.kind.value, proposal)
    return proposal


def _state(proposal: Proposal) -> State:
    return queries.state_of(proposal, PART, queries.frame_of(proposal))


def _number(saved: Saved) -> int:
    return saved.version.number if saved.version else 0


def _part(code: str, public_id: str) -> str:
    return url_for("drafting.part", code=code, public_id=public_id, part=PART.kind.value, checked="yes")
