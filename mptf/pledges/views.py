"""Pages of pledges: the list, the document of one and what became of it, and the form that records one."""

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.commitments.forms import WithdrawForm
from mptf.commitments.models import Agreement
from mptf.commitments.queries import every_agreement, get_agreement, sees_all
from mptf.core.errors import N_
from mptf.documents.pages import Documents
from mptf.fund.current import the_fund
from mptf.organisations.models import CONTRIBUTOR_KINDS
from mptf.organisations.queries import get_organisation, organisations_of
from mptf.pledges import service
from mptf.pledges.forms import PledgeForm, SignedForm
from mptf.pledges.models import Pledge
from mptf.pledges.queries import announced, get_pledge, page_of_pledges
from mptf.pledges.service import Announcement
from mptf.policy import Permission, can
from mptf.web import ActionForm, Form, asked, checked, commit, foreseen, page_with, requires, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import say

bp = Blueprint("pledges", __name__, url_prefix="/f/<code>/contributions")


@bp.get("/pledges")
@requires(Permission.CONTRIBUTIONS_VIEW)
def pledges(code: str) -> ResponseReturnValue:
    """List the pledges."""
    fund, viewer = the_fund(), the_viewer()
    return render_template(
        "pledges/pledges.html",
        page=page_of_pledges(viewer, fund, page=asked.page()),
        announced=announced(viewer, fund),
        sees_all=sees_all(viewer, fund),
        may_record=_may_record(),
    )


@bp.get("/pledges/<public_id>")
@requires(Permission.CONTRIBUTIONS_VIEW)
def pledge(code: str, public_id: str) -> ResponseReturnValue:
    """Show one pledge: its facts, and what became of it."""
    found = get_pledge(the_viewer(), the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    return _pledge(found, ActionForm(), WithdrawForm())


@bp.post("/pledges/<public_id>/signed")
@requires(Permission.CONTRIBUTIONS_RECORD)
def sign_pledge(code: str, public_id: str) -> ResponseReturnValue:
    """Note which agreement a pledge became."""
    found = get_pledge(the_viewer(), the_fund(), public_id)
    form = _signed_form(found)

    def act() -> None:
        form.same_version(_signed_form(found, formdata=None))
        service.sign_pledge(found, _chosen(form), by=the_viewer())

    if checked(form, act):
        return commit(url_for(".pledge", code=code, public_id=public_id), "What became of the pledge is noted.")
    return _pledge(found, form, WithdrawForm(None))


@bp.post("/pledges/<public_id>/withdrawn")
@requires(Permission.CONTRIBUTIONS_RECORD)
def withdraw_pledge(code: str, public_id: str) -> ResponseReturnValue:
    """Note that a contributor does not stand by a pledge."""
    found, form = get_pledge(the_viewer(), the_fund(), public_id), WithdrawForm()
    if checked(form, lambda: service.withdraw_pledge(found, reason=form.reason.data or "", by=the_viewer())):
        return commit(url_for(".pledge", code=code, public_id=public_id), "The pledge is withdrawn.")
    return _pledge(found, form, form)


def _signed_form(found: Pledge, **given: Any) -> SignedForm:
    stands = {"agreement": found.agreement.public_id if found.agreement else "", "version": found.version}
    form = SignedForm(data=stands, **given)
    every = every_agreement(the_viewer(), the_fund())
    form.offer(row for row in every if row.organisation_id == found.organisation_id)
    return form


def _chosen(form: SignedForm) -> Agreement | None:
    named = form.agreement.data
    return get_agreement(the_viewer(), the_fund(), named) if named else None


def _pledge(found: Pledge, form: Form, withdrawn: Form) -> ResponseReturnValue:
    """Show a pledge, and to those who record what became of it the forms that say so."""
    may_record = _may_record()
    signed = form if isinstance(form, SignedForm) or not may_record else _signed_form(found, formdata=None)
    return page_with(
        "pledges/pledge.html",
        form,
        pledge=found,
        signed=signed,
        withdrawn=withdrawn,
        may_record=may_record,
        attached=DOCUMENTS.card(found),
        names_people=sees_all(the_viewer(), the_fund()),
    )


DOCUMENTS = Documents(
    "pledge",
    Permission.CONTRIBUTIONS_VIEW,
    find=lambda public_id: get_pledge(the_viewer(), the_fund(), public_id),
    called=lambda found: say(N_("Pledge of {donor}, {when}"), donor=found.donor.short_name, when=found.announced),
)
DOCUMENTS.put_on(bp, "/pledges/<public_id>")


@bp.route("/pledges/new", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def record_pledge(code: str) -> ResponseReturnValue:
    """Record a pledge as it was announced."""
    fund, form = the_fund(), PledgeForm()
    form.offer(organisations_of(*CONTRIBUTOR_KINDS))

    def record() -> Pledge:
        return service.announce_pledge(fund, _announcement(form), by=the_viewer())

    if question := foreseen(form, record, "pledges/_pledge_question.html"):
        return question
    if checked(form, record):
        return commit(url_for(".pledges", code=code), "The pledge is recorded.")
    return page_with("pledges/record_pledge.html", form)


def _announcement(form: PledgeForm) -> Announcement:
    return Announcement(donor=get_organisation(form.donor.data), **form.values())


def _may_record() -> bool:
    return can(the_viewer(), Permission.CONTRIBUTIONS_RECORD, the_fund())
