"""Pages of what is available to allocate, and of what stands against it: allocations and direct costs approved."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.claims import queries, service
from mptf.claims.forms import CutForm, DirectCostForm
from mptf.claims.models import Claim
from mptf.claims.queries import ClaimLine
from mptf.fund.current import the_fund
from mptf.fund.queries import get_window, windows
from mptf.policy import Permission, can
from mptf.web import Form, asked, checked, commit, page_with, requires, the_viewer
from mptf.web.access import looked_at

bp = Blueprint("claims", __name__, url_prefix="/f/<code>/available")


@bp.get("")
@requires(Permission.CLAIMS_VIEW)
def available(code: str) -> ResponseReturnValue:
    """Show what is available to allocate, in all and part by part."""
    fund = the_fund()
    return render_template(
        "claims/available.html",
        found=queries.availability(fund),
        windows=windows(fund),
        may_approve=_may_approve(),
    )


@bp.get("/claims")
@requires(Permission.CLAIMS_VIEW)
def claims(code: str) -> ResponseReturnValue:
    """List what was approved and stands against the fund's cash."""
    page = queries.claim_lines(the_fund(), asked.page())
    return render_template("claims/claims.html", page=page, may_approve=_may_approve())


@bp.get("/claims/<public_id>")
@requires(Permission.CLAIMS_VIEW)
def claim(code: str, public_id: str) -> ResponseReturnValue:
    """Show one allocation or direct cost: its moves, and what was paid under it."""
    line = queries.get_claim(the_fund(), public_id)
    looked_at(line.claim, fund_id=the_fund().id)
    return _claim(line, _cut_form())


@bp.route("/direct-costs/new", methods=["GET", "POST"])
@requires(Permission.DIRECT_COSTS_RECORD)
def approve_direct_cost(code: str) -> ResponseReturnValue:
    """Record a direct cost that was approved."""
    fund, form = the_fund(), DirectCostForm()
    form.offer(fund, windows(fund))
    if done := checked(form, lambda: _approve(form)):
        return commit(_address(done.result), "The direct cost is recorded, and its cash set aside.")
    return page_with("claims/approve_direct_cost.html", form, found=queries.availability(fund), windows=windows(fund))


@bp.post("/claims/<public_id>/cut")
@requires(Permission.DIRECT_COSTS_RECORD)
def cut(code: str, public_id: str) -> ResponseReturnValue:
    """Give up a part of a direct cost."""
    fund, form = the_fund(), _cut_form()
    line = queries.get_claim(fund, public_id)
    if checked(form, lambda: _cut(line.claim, form)):
        return commit(_address(line.claim), "The direct cost is reduced.")
    return _claim(line, form)


def _approve(form: DirectCostForm) -> Claim:
    fund = the_fund()
    window = get_window(fund, form.window.data) if form.window.data else None
    amount, label, basis = form.amount.money(form), form.label.data or "", form.basis.data or ""
    return service.approve_direct_cost(fund, label=label, amount=amount, basis=basis, window=window, by=the_viewer())


def _cut(found: Claim, form: CutForm) -> None:
    amount, reason = form.amount.money(form), form.reason.data or ""
    service.cut_direct_cost(the_fund(), found, amount, reason=reason, by=the_viewer())


def _cut_form() -> CutForm:
    form = CutForm()
    form.amount.currency = the_fund().currency
    return form


def _claim(line: ClaimLine, form: Form) -> ResponseReturnValue:
    return page_with(
        "claims/claim.html",
        form,
        line=line,
        claim=line.claim,
        payments=queries.payments(line.claim, asked.page()),
        may_approve=_may_approve(),
        may_record=can(the_viewer(), Permission.CASH_RECORD, the_fund()),
    )


def _may_approve() -> bool:
    return can(the_viewer(), Permission.DIRECT_COSTS_RECORD, the_fund())


def _address(found: Claim) -> str:
    return url_for(".claim", code=the_fund().code, public_id=found.public_id)
