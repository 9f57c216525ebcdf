"""Pages of agreements: the list, the document of one, what is recorded of it, what is due, and the fund's windows."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.agreements import due, queries, service, wording
from mptf.agreements.figures import Age, Planned
from mptf.agreements.forms import (
    AgreementFilter,
    AgreementForm,
    AmendmentForm,
    DueFilter,
    EqualFilter,
    PlanForm,
    RenameForm,
    WindowForm,
    rows_of,
    terms_of,
)
from mptf.agreements.listed import page_of_agreements
from mptf.agreements.models import Amendment
from mptf.agreements.plans import plan_of
from mptf.agreements.service import Change, Signature
from mptf.claims.queries import availability, interest_kept
from mptf.commitments.forms import WithdrawForm
from mptf.commitments.models import Agreement
from mptf.commitments.queries import sees_all
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.deposits.queries import deposits_under
from mptf.documents.pages import Documents
from mptf.fund import service as funds
from mptf.fund.current import the_fund
from mptf.fund.models import FundWindow
from mptf.fund.queries import get_window, windows
from mptf.organisations.models import CONTRIBUTOR_KINDS
from mptf.organisations.queries import get_organisation, organisations_of
from mptf.policy import Permission, can
from mptf.web import ActionForm, Form, asked, checked, commit, foreseen, page_with, requires, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import say, sentence

bp = Blueprint("agreements", __name__, url_prefix="/f/<code>/contributions")

MOST_DEPOSITS = 100

bp.app_template_global("advised_part")(wording.advised)


@bp.get("/agreements")
@requires(Permission.CONTRIBUTIONS_VIEW)
def agreements(code: str) -> ResponseReturnValue:
    """List the agreements that stand, or for those who see all the withdrawn ones."""
    fund, viewer, form = the_fund(), the_viewer(), AgreementFilter(request.args)
    return render_template(
        "agreements/agreements.html",
        form=form,
        page=page_of_agreements(viewer, fund, form.wanted, page=asked.page()),
        sees_all=sees_all(viewer, fund),
        may_record=_may_record(),
    )


@bp.get("/agreements/<public_id>")
@requires(Permission.CONTRIBUTIONS_VIEW)
def agreement(code: str, public_id: str) -> ResponseReturnValue:
    """Show an agreement: what was agreed and received, its instalments, deposits and amendments."""
    fund, viewer = the_fund(), the_viewer()
    found = queries.get_agreement(viewer, fund, public_id)
    looked_at(found, fund_id=found.fund_id)
    amendments, plans = queries.amendments(fund, found), queries.plans_by_amendment(fund, found)
    in_force = plans.get(amendments[0].id if amendments else None, [])
    return render_template(
        "agreements/agreement.html",
        agreement=found,
        plan=plan_of(fund, found, in_force),
        deposits=deposits_under(viewer, fund, found, most=MOST_DEPOSITS),
        most=MOST_DEPOSITS,
        amendments=amendments,
        plans=plans,
        interest_kept=_interest_kept(found),
        pledges=queries.pledges_of(viewer, fund, found),
        may_record=_may_record() and found.withdrawn_at is None,
        refusal=_refusal(found),
        names_people=sees_all(viewer, fund),
        attached=DOCUMENTS.card(found),
    )


def _refusal(found: Agreement) -> str:
    refusal = service.why_not_withdraw(the_fund(), found) if _may_record() else None
    return sentence(refusal) if refusal else ""


def _interest_kept(found: Agreement) -> Money | None:
    """Return what is kept of interest for the contributor, if anything is."""
    if found.interest_term_id is None:
        return None
    kept = interest_kept(the_fund()).get(found.interest_term_id)
    return kept if kept and kept.minor > 0 else None


DOCUMENTS = Documents(
    "agreement",
    Permission.CONTRIBUTIONS_VIEW,
    find=lambda public_id: queries.get_agreement(the_viewer(), the_fund(), public_id),
    called=lambda found: say(N_("Agreement {reference}"), reference=found.reference),
)
DOCUMENTS.put_on(bp, "/agreements/<public_id>")


@bp.route("/agreements/new", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def record_agreement(code: str) -> ResponseReturnValue:
    """Record an agreement that was signed."""
    fund, form = the_fund(), AgreementForm()
    form.offer(organisations_of(*CONTRIBUTOR_KINDS))
    form.offer_windows(window for window in windows(fund) if window.ended_on is None)

    def record() -> Agreement:
        return service.sign_agreement(fund, _signature(form), by=the_viewer())

    if question := foreseen(form, record, "agreements/_agreement_question.html"):
        return question
    if done := checked(form, record):
        return commit(_address(done.result), "The agreement is recorded. Plan its instalments next.")
    return page_with("agreements/record_agreement.html", form)


def _signature(form: AgreementForm) -> Signature:
    window = get_window(the_fund(), form.window.data) if form.window.data else None
    return Signature(donor=get_organisation(form.donor.data), window=window, **form.values())


@bp.route("/agreements/<public_id>/instalments", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def plan(code: str, public_id: str) -> ResponseReturnValue:
    """Plan the instalments of an agreement; equal ones are filled in on request."""
    fund, found = the_fund(), queries.get_agreement(the_viewer(), the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    equal = EqualFilter(request.args)
    form = PlanForm(data={"instalments": rows_of(_equal_parts(equal, found))})
    form.of_currency(found.amount.currency)
    if checked(form, lambda: service.plan_instalments(fund, found, form.planned(), by=the_viewer())):
        return commit(_address(found), "The instalments are planned.")
    planned = bool(queries.instalments_of(fund, found))
    return page_with("agreements/plan.html", form, agreement=found, equal=equal, planned=planned)


def _equal_parts(equal: EqualFilter, found: Agreement) -> Sequence[Planned]:
    """Return the equal instalments that are asked for; what cannot be is said at its field."""
    if request.method == "POST" or not request.args or not equal.validate():
        return []
    try:
        return equal.parts(found.amount)
    except RuleBroken as refusal:
        equal.refuse(refusal)
        return []


@bp.route("/agreements/<public_id>/amend", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def amend(code: str, public_id: str) -> ResponseReturnValue:
    """Record an amendment of an agreement."""
    fund, found = the_fund(), queries.get_agreement(the_viewer(), the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    stands = [queries.planned(one) for one in queries.instalments_of(fund, found)]
    form = AmendmentForm(data=terms_of(found, stands))
    form.offer(window for window in windows(fund) if window.ended_on is None or window.id == found.window_id)
    form.of_currency(found.amount.currency)

    def act() -> tuple[Amendment, Sequence[Planned], Sequence[Planned]]:
        form.opened_on(found)
        window = get_window(fund, form.window.data) if form.window.data else None
        change = Change(window=window, **form.values())
        return service.amend(fund, found, change, by=the_viewer()), stands, change.instalments

    if question := foreseen(form, act, "agreements/_amendment_question.html"):
        return question
    if checked(form, act):
        return commit(_address(found), "The amendment is recorded. What stood before is kept with it.")
    return page_with("agreements/amend.html", form, agreement=found, stands=stands)


@bp.route("/agreements/<public_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.CONTRIBUTIONS_RECORD)
def withdraw(code: str, public_id: str) -> ResponseReturnValue:
    """Withdraw an agreement that was recorded by mistake, with a reason."""
    fund, found = the_fund(), queries.get_agreement(the_viewer(), the_fund(), public_id)
    looked_at(found, fund_id=found.fund_id)
    form = WithdrawForm()
    if checked(form, lambda: service.withdraw(fund, found, reason=form.reason.data or "", by=the_viewer())):
        return commit(_address(found), "The agreement is withdrawn. It counts nowhere any more.")
    return page_with("agreements/withdraw.html", form, agreement=found, refusal=_refusal(found))


@bp.get("/instalments")
@requires(Permission.CONTRIBUTIONS_VIEW)
def instalments(code: str) -> ResponseReturnValue:
    """List what is due, and what is outstanding by how late it is."""
    fund, viewer, form = the_fund(), the_viewer(), DueFilter(request.args)
    ages = due.ageing(viewer, fund)
    form.offer({row.donor_id: row.donor for row in ages}.items())
    return render_template(
        "agreements/instalments.html",
        form=form,
        page=due.instalments(viewer, fund, form.wanted, donor=form.donor.data or "", page=asked.page()),
        ages=ages,
        buckets=list(Age),
        sees_all=sees_all(viewer, fund),
    )


@bp.get("/windows")
@requires(Permission.LEDGER_VIEW)
def show_windows(code: str) -> ResponseReturnValue:
    """Show the windows of the fund with what is available of each, and of what is kept apart for none."""
    return _windows(WindowForm())


@bp.post("/windows")
@requires(Permission.WINDOWS_EDIT)
def add_window(code: str) -> ResponseReturnValue:
    """Add a window."""
    fund, form = the_fund(), WindowForm()

    def act() -> FundWindow:
        return funds.add_window(fund, code=form.code.data or "", name=form.name.data or "", by=the_viewer())

    if checked(form, act):
        return commit(url_for(".show_windows", code=code), "The window is added.")
    return _windows(form)


@bp.route("/windows/<public_id>", methods=["GET", "POST"])
@requires(Permission.WINDOWS_EDIT)
def rename_window(code: str, public_id: str) -> ResponseReturnValue:
    """Give a window another name."""
    window = get_window(the_fund(), public_id)
    form = RenameForm(obj=window)

    def act() -> None:
        form.same_version(RenameForm(None, obj=window))
        funds.rename_window(window, name=form.name.data or "", by=the_viewer())

    if checked(form, act):
        return commit(url_for(".show_windows", code=code), "The window is renamed.")
    return page_with("agreements/rename_window.html", form, window=window)


@bp.post("/windows/<public_id>/end")
@requires(Permission.WINDOWS_EDIT)
def end_window(code: str, public_id: str) -> ResponseReturnValue:
    """Let nothing new prefer a window."""
    fund, action = the_fund(), ActionForm()
    window = get_window(fund, public_id)
    if checked(action, lambda: funds.end_window(fund, window, by=the_viewer())):
        return commit(url_for(".show_windows", code=code), "The window has ended. What is kept for it stays.")
    return _windows(WindowForm(None).refused_as(action))


def _windows(form: Form) -> ResponseReturnValue:
    fund = the_fund()
    return page_with(
        "agreements/windows.html",
        form,
        windows=queries.preferred(fund),
        found=availability(fund),
        may_edit=can(the_viewer(), Permission.WINDOWS_EDIT, fund),
    )


def _may_record() -> bool:
    return can(the_viewer(), Permission.CONTRIBUTIONS_RECORD, the_fund())


def _address(found: Agreement) -> str:
    return url_for(".agreement", code=the_fund().code, public_id=found.public_id)
