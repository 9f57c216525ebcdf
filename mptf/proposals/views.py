"""Pages of proposals: those of one's own office or those that were submitted, one of them, and who works on it."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.calls.models import Call
from mptf.calls.queries import get_call, why_not_answer
from mptf.core.errors import N_, RuleBroken
from mptf.fund.current import the_fund
from mptf.lists.kinds import Listed, offer
from mptf.lists.pages import asked_of, standing, take
from mptf.lists.taken import Taken
from mptf.organisations.models import Office, OrganisationKind
from mptf.organisations.queries import jurisdictions, organisations_of
from mptf.policy import SECRETARIAT, Permission, can
from mptf.proposals import beside, listed, queries, service, sheets
from mptf.proposals.cancelled import why_off
from mptf.proposals.forms import CopyForm, MayForm, ProposalFilter, ShareForm, TitleForm
from mptf.proposals.models import Proposal
from mptf.proposals.pages import the_proposal
from mptf.web import (
    ActionForm,
    Form,
    asked,
    checked,
    commit,
    not_found,
    page_with,
    requires,
    send_csv,
    send_workbook,
    the_role,
    the_viewer,
)
from mptf.web.access import looked_at
from mptf.web.text import say, sentence

bp = Blueprint("proposals", __name__, url_prefix="/f/<code>/proposals")


def _filter(address: Any) -> ProposalFilter:
    form = ProposalFilter(address)
    form.offer(listed.calls_out(the_fund()), organisations_of(OrganisationKind.PUNO), jurisdictions())
    return form


SUBMITTED = offer(
    Listed(
        "proposals", N_("Submitted proposals"), "proposals.proposals", Permission.PROPOSALS_VIEW, _filter,
        frozenset(SECRETARIAT),
    )
)  # fmt: skip


@bp.app_template_global()
def list_of_proposals() -> str:
    """Return what the list of proposals is called to who reads the page: the way back from a proposal says it."""
    return say("Proposals") if the_role().role in SECRETARIAT else say("My proposals")


@bp.app_template_global()
def drafts_under(call: Call) -> int | None:
    """Return how many drafts the page of a call says there are to who reads it; the call knows nothing of proposals."""
    return queries.count_drafts(the_viewer(), call)


@bp.get("/")
@requires(Permission.PROPOSALS_VIEW)
def proposals(code: str) -> ResponseReturnValue:
    """List what an office writes to its officers, and to the Secretariat what was submitted."""
    fund, viewer = the_fund(), the_viewer()
    if SUBMITTED.open_to(viewer, fund):
        return _submitted()
    return render_template(
        "proposals/own.html",
        page=queries.page_of_own(viewer, fund, asked.page()),
        answerable=queries.calls_to_answer(fund, the_role().office_id),
    )


@bp.get("/submitted.xlsx")
@requires(Permission.PROPOSALS_VIEW)
def xlsx(code: str) -> ResponseReturnValue:
    """Send what was submitted, as the filters of the list stand, as a workbook."""
    taken = _taken("XLSX")
    if taken is None:
        return _submitted(too_many=True)
    title, name = f"{sheets.TITLE} {taken.fund.code}", sheets.file_name(taken)
    return send_workbook(sheets.sheets(taken), title=title, source=sheets.WHAT, name=name, made_at=taken.at)


@bp.get("/submitted.csv")
@requires(Permission.PROPOSALS_VIEW)
def csv(code: str) -> ResponseReturnValue:
    """Send the same as comma-separated values."""
    taken = _taken("CSV")
    if taken is None:
        return _submitted(too_many=True)
    return send_csv(sheets.columns(taken.fund), sheets.rows(taken), name=sheets.file_name(taken))


@bp.route("/start/<call_id>", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_START)
def start(code: str, call_id: str) -> ResponseReturnValue:
    """Start a proposal under a call, or say why one's office cannot."""
    call, form = get_call(the_viewer(), the_fund(), call_id), TitleForm()
    refusal = why_not_answer(call, the_role().office_id)

    def act() -> Proposal:
        return service.start(call, _office(refusal), title=form.title.data or "", by=the_viewer())

    if done := checked(form, act):
        return commit(_address(done.result), "The proposal is started. Only your office and whom you add see it.")
    return page_with(
        "proposals/start.html", form, call=call, office=queries.find_office(the_role()), refusal=sentence(refusal)
    )


@bp.get("/<public_id>")
@requires(Permission.PROPOSALS_VIEW)
def proposal(code: str, public_id: str) -> ResponseReturnValue:
    """Show a proposal: how far it has come, and who works on it."""
    found = _get(public_id)
    looked_at(found, fund_id=found.fund_id)
    return _shown(found, ActionForm(None))


@bp.route("/<public_id>/copy", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_START)
def copy(code: str, public_id: str) -> ResponseReturnValue:
    """Start a proposal with the texts of an old one of one's office."""
    found = _get(public_id)
    if found.office_id != the_role().office_id:
        not_found()
    form = CopyForm(data={"title": found.title})
    form.offer(queries.calls_to_answer(the_fund(), the_role().office_id))

    def act() -> Proposal:
        title = form.title.data or ""
        return service.copy(found, form.chosen, found.office, title=title, by=the_viewer())

    if done := checked(form, act):
        told = "The proposal is started with the texts of {title}. Look at every part: calls ask for different things."
        return commit(_address(done.result), told, title=found.title)
    return page_with("proposals/copy.html", form, proposal=found)


@bp.route("/<public_id>/rename", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_WRITE)
def rename(code: str, public_id: str) -> ResponseReturnValue:
    """Call a proposal otherwise."""
    found = _written(public_id)
    form = TitleForm(obj=found)

    def act() -> None:
        form.same_version(TitleForm(obj=found, formdata=None))
        service.rename(found, title=form.title.data or "", by=the_viewer())

    if checked(form, act):
        return commit(_address(found), "The proposal has its new title.")
    return page_with("proposals/rename.html", form, proposal=found)


@bp.post("/<public_id>/drop")
@requires(Permission.PROPOSALS_WRITE)
def drop(code: str, public_id: str) -> ResponseReturnValue:
    """Throw away a draft that was never submitted."""
    found, form = _written(public_id), ActionForm()
    if checked(form, lambda: service.drop(found, by=the_viewer())):
        return commit(url_for(".proposals", code=code), "The draft is gone, with everything in it.")
    return _shown(found, form)


@bp.post("/<public_id>/join")
@requires(Permission.PROPOSALS_JOIN)
def join(code: str, public_id: str) -> ResponseReturnValue:
    """Write a proposal of one's office from now on."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_JOIN), ActionForm()
    if checked(form, lambda: service.join(found, by=the_viewer())):
        return commit(_address(found), "You work on this proposal now; those who were here before you are told.")
    return _shown(found, form)


@bp.route("/<public_id>/people", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_JOIN)
def add_person(code: str, public_id: str) -> ResponseReturnValue:
    """Let somebody work on a proposal."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_JOIN), ShareForm()
    colleagues = queries.colleagues(found, the_viewer(), the_role())
    form.offer(colleagues)

    def act() -> str:
        person = form.one() or queries.find_officer(the_fund(), form.email.data or "")
        return service.share(found, person, form.chosen, by=the_viewer()).person.name

    if done := checked(form, act):
        return commit(_address(found), "{name} works on this proposal now, and is told by mail.", name=done.result)
    return page_with("proposals/add_person.html", form, proposal=found, colleagues=colleagues)


@bp.route("/<public_id>/people/<member_id>", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_JOIN)
def change_person(code: str, public_id: str, member_id: str) -> ResponseReturnValue:
    """Change what somebody may do in a proposal."""
    found = the_proposal(public_id, Permission.PROPOSALS_JOIN)
    member = queries.get_member(found, member_id)
    form = MayForm.of(member)

    def act() -> None:
        form.same_version(MayForm.of(member, formdata=None))
        service.change(found, member, form.chosen, by=the_viewer())

    if checked(form, act):
        return commit(_address(found), "It is changed. Nobody is told by mail.")
    return page_with("proposals/change_person.html", form, proposal=found, member=member)


@bp.post("/<public_id>/people/<member_id>/remove")
@requires(Permission.PROPOSALS_JOIN)
def remove_person(code: str, public_id: str, member_id: str) -> ResponseReturnValue:
    """End the work of somebody on a proposal."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_JOIN), ActionForm()
    member = queries.get_member(found, member_id)
    if checked(form, lambda: service.remove(found, member, by=the_viewer())):
        stays = member.person_id != the_viewer().id or found.office_id == the_role().office_id
        told = N_("{name} does not work on this proposal any more.")
        return commit(_address(found) if stays else url_for(".proposals", code=code), told, name=member.person.name)
    return _shown(found, form)


def _submitted(*, too_many: bool = False) -> ResponseReturnValue:
    """Show a page of what was submitted; `too_many` says why no file was made of it."""
    views = standing(SUBMITTED)
    wanted = views.form.wanted(asked.text("words"), asked.page())
    page = render_template(
        "proposals/submitted.html",
        form=views.form,
        views=views,
        page=listed.submitted(the_viewer(), the_fund(), wanted),
        too_many=too_many,
        most=listed.MOST_TAKEN,
    )
    return page, 422 if too_many else 200


def _taken(written_as: str) -> Taken[listed.Line] | None:
    """Return every line of the list as its filters stand, and note who takes it (EXP-2); None of too many."""
    fund, viewer = the_fund(), the_viewer()
    if not SUBMITTED.open_to(viewer, fund):
        not_found()
    form = asked_of(SUBMITTED)
    found = listed.whole(viewer, fund, form.wanted(asked.text("words"), 1))
    return None if found is None else take(found, form, of=fund, written_as=f"{sheets.TITLE}, {written_as}")


def _shown(found: Proposal, form: Form) -> ResponseReturnValue:
    viewer, held = the_viewer(), the_role()
    of_office = held.office_id == found.office_id
    writes = found.written_by(viewer.id) and can(viewer, Permission.PROPOSALS_WRITE, found)
    return page_with(
        "proposals/proposal.html",
        form,
        proposal=found,
        cards=beside.cards_of(found, viewer),
        off=sentence(why_off(found)),
        offices=queries.offices_of_people(found),
        own=found.person_now(viewer.id),
        of_office=of_office,
        may_people=can(viewer, Permission.PROPOSALS_JOIN, found),
        may_rename=writes and found.is_unsent and not found.is_off,
        may_drop=writes and found.is_unsent,
        may_withdraw=not found.is_unsent and not found.status.final and can(viewer, Permission.PROPOSALS_SUBMIT, found),
        may_join=of_office and not found.written_by(viewer.id) and can(viewer, Permission.PROPOSALS_JOIN, found),
        may_copy=of_office and can(viewer, Permission.PROPOSALS_START, the_fund()),
    )


def _office(refusal: RuleBroken | None) -> Office:
    """Return the office one's role is held for, which answers a call."""
    office = queries.find_office(the_role())
    if office is None:
        raise refusal or RuleBroken(N_("Your role is held for no office."))
    return office


def _get(public_id: str) -> Proposal:
    return queries.get_proposal(the_viewer(), the_fund(), public_id)


def _written(public_id: str) -> Proposal:
    """Return a proposal this person writes all of."""
    found = the_proposal(public_id, Permission.PROPOSALS_WRITE)
    if not found.written_by(the_viewer().id):
        not_found()
    return found


def _address(found: Proposal) -> str:
    return url_for(".proposal", code=the_fund().code, public_id=found.public_id)
