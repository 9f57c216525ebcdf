"""Pages of calls: the list, one call as everybody reads it, the pages it is written on, and what becomes of it."""

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from mptf.calls import criteria, queries, service
from mptf.calls.calendar import Amended, moments_of
from mptf.calls.facts import Amounts, Reach
from mptf.calls.forms import CriterionForm, InvitationForm, Offer, ReasonForm, TitleForm
from mptf.calls.kinds import CallKind
from mptf.calls.models import DRAFT, PUBLISHED, Call
from mptf.calls.parts import FORMS
from mptf.calls.service import PARTS
from mptf.calls.stages import stages_of
from mptf.core.errors import N_
from mptf.framework.queries import items_to_choose
from mptf.fund.current import the_fund
from mptf.fund.queries import windows
from mptf.organisations.models import OrganisationKind
from mptf.organisations.queries import jurisdictions, offices_of, organisations_of
from mptf.people.letters import address
from mptf.policy import Permission, can
from mptf.web import (
    ActionForm,
    Form,
    checked,
    commit,
    not_found,
    page_with,
    requires,
    send_calendar,
    the_role,
    the_viewer,
)
from mptf.web.text import sentence

bp = Blueprint("calls", __name__, url_prefix="/f/<code>/calls")


@bp.get("/")
@requires(Permission.CALLS_VIEW)
def calls(code: str) -> ResponseReturnValue:
    """List the calls of the fund this person may know of."""
    return _list(TitleForm())


@bp.post("/")
@requires(Permission.CALLS_EDIT)
def draft_call(code: str) -> ResponseReturnValue:
    """Begin a call."""
    fund, form = the_fund(), TitleForm()
    if done := checked(form, lambda: service.draft(fund, title=form.title.data or "", by=the_viewer())):
        return commit(_address(done.result), "The call is begun. Nobody outside the Secretariat sees it.")
    return _list(form)


@bp.route("/invite", methods=["GET", "POST"])
@requires(Permission.CALLS_EDIT)
def invite(code: str) -> ResponseReturnValue:
    """Begin an invitation of an office, or a few, to submit outside a call."""
    fund, form = the_fund(), InvitationForm()
    form.offer(Offer(offices_of(OrganisationKind.PUNO)))

    def act() -> Call:
        why, title = form.why_outside.data or "", form.title.data or ""
        return service.invite(fund, form.chosen, why, title=title, by=the_viewer())

    if done := checked(form, act):
        return commit(_address(done.result), "The invitation is begun. Nobody outside the Secretariat sees it.")
    return page_with("calls/invite.html", form)


@bp.get("/<public_id>")
@requires(Permission.CALLS_VIEW)
def call(code: str, public_id: str) -> ResponseReturnValue:
    """Show a call with everything it says."""
    return _shown(_get(public_id))


@bp.get("/<public_id>/calendar.ics")
@requires(Permission.CALLS_VIEW)
def calendar(code: str, public_id: str) -> ResponseReturnValue:
    """Send the moments of a published call as a calendar file."""
    found = _get(public_id)
    if found.reference is None:
        not_found()
    amended = queries.amended(the_fund()).get(found.id, Amended())
    page = address("calls.call", code=code, public_id=public_id)
    return send_calendar(
        list(moments_of(found, amended, page)), title=found.name, name=found.reference.replace("/", "-")
    )


@bp.get("/<public_id>/preview")
@requires(Permission.CALLS_EDIT)
def preview(code: str, public_id: str) -> ResponseReturnValue:
    """Show a call as an applicant reads it."""
    return _shown(_get(public_id), as_applicant=True)


@bp.route("/<public_id>/write/<part>", methods=["GET", "POST"])
@requires(Permission.CALLS_EDIT)
def write_part(code: str, public_id: str, part: str) -> ResponseReturnValue:
    """Write one part of a call: a draft as it is, a published one as an amendment."""
    found = _get(public_id)
    facts = next((one for one in PARTS if one.key == part), None) or not_found()
    form = _form_of(found, part)
    form.reason.flags.required = found.status is not DRAFT  # said at the field; the service asks for it

    def act() -> bool:
        form.same_version(_form_of(found, part, formdata=None))
        return service.write(found, form.facts(), reason=form.reason.data or "", by=the_viewer())

    if done := checked(form, act):
        told = N_("Nothing was changed.")
        if done.result:
            told = N_("It is written.") if found.status is DRAFT else N_("It is amended; who follows it is told.")
        return commit(f"{_address(found)}#{part}-h", told)
    return page_with(
        "calls/part.html", form, call=found, part=facts, drafting=found.status is DRAFT,
        refusal=sentence(None if found.status is DRAFT else service.why_not_amend(found)),
        followers=len(service.told_of_amending(found)),
    )  # fmt: skip


@bp.route("/<public_id>/criteria", methods=["GET", "POST"])
@requires(Permission.CALLS_EDIT)
def add_criterion(code: str, public_id: str) -> ResponseReturnValue:
    """Show the criteria of a draft, and add one."""
    found, form = _get(public_id), CriterionForm()
    if checked(form, lambda: criteria.add(found, form.rubric(), by=the_viewer())):
        return commit(_criteria(found), "The criterion is added.")
    return page_with("calls/criteria.html", form, call=found, drafting=found.status is DRAFT)


@bp.route("/<public_id>/criteria/<criterion_id>", methods=["GET", "POST"])
@requires(Permission.CALLS_EDIT)
def change_criterion(code: str, public_id: str, criterion_id: str) -> ResponseReturnValue:
    """Write a criterion of a draft anew."""
    found = _get(public_id)
    criterion = queries.get_criterion(found, criterion_id)
    form = CriterionForm.of(criterion)

    def act() -> None:
        form.same_version(CriterionForm.of(criterion, formdata=None))
        criteria.change(found, criterion, form.rubric(), by=the_viewer())

    if checked(form, act):
        return commit(_criteria(found), "The criterion is changed.")
    return page_with("calls/criterion.html", form, call=found, criterion=criterion)


@bp.post("/<public_id>/criteria/<criterion_id>/remove")
@requires(Permission.CALLS_EDIT)
def remove_criterion(code: str, public_id: str, criterion_id: str) -> ResponseReturnValue:
    """Take a criterion out of a draft."""
    return _with_criterion(public_id, criterion_id, criteria.remove, N_("The criterion is removed."))


@bp.post("/<public_id>/criteria/<criterion_id>/up")
@requires(Permission.CALLS_EDIT)
def move_criterion(code: str, public_id: str, criterion_id: str) -> ResponseReturnValue:
    """Let a criterion of a draft stand before the one above it."""
    return _with_criterion(public_id, criterion_id, criteria.move_up, N_("The criterion is moved up."))


@bp.route("/<public_id>/publish", methods=["GET", "POST"])
@requires(Permission.CALLS_PUBLISH)
def publish(code: str, public_id: str) -> ResponseReturnValue:
    """Show what is missing and who will be told, then let a call go out."""
    found, form = _get(public_id), ActionForm()
    if checked(form, lambda: service.publish(found, by=the_viewer())):
        told = N_("The call is published as {reference}.")
        if found.kind is CallKind.INVITATION:
            told = N_("The invitation is sent as {reference}.")
        return commit(_address(found), told, reference=found.reference)
    informed = service.told_of_publishing(found)
    return page_with(
        "calls/publish.html", form, call=found, missing=list(queries.missing(found)),
        invited=[person for person in queries.invited(found) if person.id in informed],
    )  # fmt: skip


@bp.route("/<public_id>/cancel", methods=["GET", "POST"])
@requires(Permission.CALLS_PUBLISH)
def cancel(code: str, public_id: str) -> ResponseReturnValue:
    """Call off a published call."""
    found, form = _get(public_id), ReasonForm()
    if checked(form, lambda: service.cancel(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(_address(found), "The {kind} is cancelled.", kind=found.kind.word)
    told = len(service.told_of_cancelling(found))
    return page_with("calls/cancel.html", form, call=found, following=queries.followers(found), told=told)


@bp.post("/<public_id>/drop")
@requires(Permission.CALLS_EDIT)
def drop(code: str, public_id: str) -> ResponseReturnValue:
    """Throw a draft away."""
    found, form = _get(public_id), ActionForm()
    if checked(form, lambda: service.drop(found, by=the_viewer())):
        return commit(url_for(".calls", code=code), "The draft is dropped.")
    return _shown(found, form=form)


def _with_criterion(public_id: str, criterion_id: str, act: Any, told: str) -> ResponseReturnValue:
    found, form = _get(public_id), ActionForm()
    criterion = queries.get_criterion(found, criterion_id)
    if checked(form, lambda: act(found, criterion, by=the_viewer())):
        return commit(_criteria(found), told)
    refused = CriterionForm(None).refused_as(form)
    return page_with("calls/criteria.html", refused, call=found, drafting=found.status is DRAFT)


def _shown(found: Call, *, as_applicant: bool = False, form: Form | None = None) -> ResponseReturnValue:
    viewer = the_viewer()
    may_edit = can(viewer, Permission.CALLS_EDIT, found) and not as_applicant
    return page_with(
        "calls/call.html",
        form or ActionForm(None),
        call=found,
        as_applicant=as_applicant,
        may_edit=may_edit,
        may_write=may_edit
        and (found.status is DRAFT or (found.status is PUBLISHED and not service.why_not_amend(found))),
        may_publish=can(viewer, Permission.CALLS_PUBLISH, found) and not as_applicant,
        may_start=can(viewer, Permission.PROPOSALS_START, found.fund),
        why_not_start=sentence(queries.why_not_answer(found, the_role().office_id)),
        missing=list(queries.missing(found)) if found.status is DRAFT else [],
        stages=stages_of(found),
        parts={part.key: part for part in PARTS},
        amendments=queries.amendments_of(found),
        followers=queries.followers(found) if may_edit else None,
    )


def _list(form: Form) -> ResponseReturnValue:
    fund, viewer = the_fund(), the_viewer()
    found = queries.calls_of(viewer, fund)
    return page_with(
        "calls/calls.html", form, calls=found, may_edit=can(viewer, Permission.CALLS_EDIT, fund),
        own_office=the_role().office_id,
    )  # fmt: skip


def _form_of(found: Call, part: str, **kwargs: Any) -> Any:
    """Return the form of a part filled with what stands, with what may be chosen in it."""
    form = FORMS[part].of(found, **kwargs)
    if part == Reach.key:
        form.offer(Offer(items_to_choose(the_fund())), Offer(jurisdictions()), Offer(offices_of(OrganisationKind.PUNO)))
    if part == Amounts.key:
        form.offer(
            [
                (N_("Window"), Offer(windows(the_fund()))),
                (N_("Jurisdiction"), Offer(jurisdictions())),
                (N_("Organisation"), Offer(organisations_of(OrganisationKind.PUNO))),
            ]
        )
    return form


def _get(public_id: str) -> Call:
    return queries.get_call(the_viewer(), the_fund(), public_id)


def _address(found: Call) -> str:
    return url_for(".call", code=the_fund().code, public_id=found.public_id)


def _criteria(found: Call) -> str:
    return url_for(".add_criterion", code=the_fund().code, public_id=found.public_id)
