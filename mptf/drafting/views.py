"""Pages of the parts of a proposal: one part with its fields, and its versions."""

from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from mptf.drafting import pages, queries, service
from mptf.drafting.content import Typing
from mptf.drafting.forms import PartForm, place, question, stepped, typed_in
from mptf.drafting.parts import get_part, parts_of
from mptf.drafting.reading import Part
from mptf.policy import Permission
from mptf.proposals.models import Proposal
from mptf.proposals.pages import the_proposal
from mptf.web import (
    ActionForm,
    Form,
    asked,
    checked,
    commit,
    commit_answer,
    page_with,
    requires,
    the_viewer,
    tried,
)
from mptf.web.access import looked_at

bp = Blueprint("drafting", __name__, url_prefix="/f/<code>/proposals/<public_id>/parts")

ALONE = "alone"  # the page saves by itself, and its script reads the answer
SAVE = "save"


@bp.get("/")
@requires(Permission.DRAFTS_VIEW)
def parts(code: str, public_id: str) -> ResponseReturnValue:
    """Send to the first part."""
    proposal = the_proposal(public_id, Permission.DRAFTS_VIEW)
    first = parts_of(proposal)[0]
    return redirect(url_for(".part", code=code, public_id=proposal.public_id, part=first.kind.value))


@bp.get("/<part>")
@requires(Permission.DRAFTS_VIEW)
def part(code: str, public_id: str, part: str) -> ResponseReturnValue:
    """Show a part with what was typed into it."""
    proposal = the_proposal(public_id, Permission.DRAFTS_VIEW)
    found = get_part(part, proposal)
    looked_at(proposal, fund_id=proposal.fund_id, part=part)
    return _page(proposal, found, PartForm(), checked=asked.text("checked") == "yes")


@bp.post("/<part>")
@requires(Permission.PROPOSALS_WRITE)
def save(code: str, public_id: str, part: str) -> ResponseReturnValue:
    """Keep what was typed, joined with what others saved meanwhile."""
    proposal = the_proposal(public_id, Permission.PROPOSALS_WRITE)
    found = get_part(part, proposal)
    form, typed = PartForm(), typed_in(request.form.items(multi=True))
    step = request.form.get("do", SAVE)
    if ALONE in request.form:
        return _answer(proposal, found, form, typed, explicit=step == SAVE)
    if asks := question(found.shape, typed.content, step):
        return _page(proposal, found, form, typed=typed, asks=asks)
    before = typed.content
    typed = stepped(found.shape, typed, step, pages.fields_aside(proposal, found, by=the_viewer()))

    def keep() -> service.Saved:
        return service.save(proposal, found, typed, by=the_viewer(), explicit=step == SAVE)

    if checked(form, keep):
        asked_for = "yes" if step == SAVE else None
        to = place(found.shape, typed.content if step.startswith("add ") else before, step)
        return commit(url_for(".part", code=code, public_id=public_id, part=part, checked=asked_for) + to)
    return _page(proposal, found, form, typed=typed)


@bp.get("/<part>/versions")
@requires(Permission.DRAFTS_VIEW)
def versions(code: str, public_id: str, part: str) -> ResponseReturnValue:
    """List the versions of a part, and show how one differs from what stands."""
    proposal = the_proposal(public_id, Permission.DRAFTS_VIEW)
    found = get_part(part, proposal)
    looked_at(proposal, fund_id=proposal.fund_id, part=part)
    return _versions(proposal, found, ActionForm())


@bp.post("/<part>/versions/<int:number>")
@requires(Permission.PROPOSALS_WRITE)
def bring_back(code: str, public_id: str, part: str, number: int) -> ResponseReturnValue:
    """Let an earlier version stand again, as a new one."""
    proposal = the_proposal(public_id, Permission.PROPOSALS_WRITE)
    found = get_part(part, proposal)
    form = ActionForm()
    if done := checked(form, lambda: service.bring_back(proposal, found, number, by=the_viewer())):
        here = url_for(".versions", code=code, public_id=public_id, part=part)
        return commit(here, "Version {back} stands again, as version {number}.", back=number, number=done.result.number)
    return _versions(proposal, found, form)


def _answer(
    proposal: Proposal, part: Part[Any], form: Form, typed: Typing, *, explicit: bool
) -> ResponseReturnValue:  # fmt: skip
    """Answer the script of the page: what stands now, or why it was not saved."""
    by = the_viewer()
    if done := tried(form, lambda: service.save(proposal, part, typed, by=by, explicit=explicit)):
        return commit_answer(**pages.answer(proposal, part, done.result, by=by))
    return jsonify(refused=" ".join(form.form_errors)), form.refused_with


def _page(
    proposal: Proposal,
    part: Part[Any],
    form: Form,
    *,
    typed: Typing | None = None,
    checked: bool = False,
    asks: tuple[str, int] | None = None,
) -> ResponseReturnValue:
    """Show a part; `typed` is what a form brought that was not saved, `asks` a row to remove with how many below it."""
    content = typed.content if typed else None
    shown = pages.page(proposal, part, by=the_viewer(), typed=content, checked=checked)
    shown["asks"] = pages.asked(shown["state"], *asks) if asks else None
    if typed is None:
        form.version.data = str(shown["state"].number)
    return page_with("drafting/part.html", form, **shown)


def _versions(proposal: Proposal, part: Part[Any], form: Form) -> ResponseReturnValue:
    state = queries.state_of(proposal, part, queries.frame_of(proposal))
    number = asked.number("beside", 0)
    beside = queries.get_version(proposal, part.kind, number) if number else None
    return page_with(
        "drafting/versions.html",
        form,
        proposal=proposal,
        part=part,
        state=state,
        versions=queries.versions(proposal, part.kind, asked.page()),
        beside=beside,
        differences=pages.differences_of(state, beside) if beside else [],
        writable=pages.may_write(proposal, part, the_viewer()),
    )
