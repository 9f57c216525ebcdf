"""The funds of the installation."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.fund import queries, service
from mptf.fund.forms import FundForm, NewFundForm
from mptf.fund.models import Fund
from mptf.fund.rules import Rules
from mptf.fund.views.shared import bp
from mptf.fund.wording import shown
from mptf.policy import Permission
from mptf.web import checked, commit, page_with, requires, the_viewer


@bp.get("/admin/funds")
@requires(Permission.FUND_CREATE)
def funds() -> ResponseReturnValue:
    """List the funds."""
    return render_template("fund/funds.html", funds=queries.all_funds())


@bp.route("/admin/funds/new", methods=["GET", "POST"])
@requires(Permission.FUND_CREATE)
def create_fund() -> ResponseReturnValue:
    """Add a fund."""
    form = NewFundForm()

    def act() -> Fund:
        return service.create_fund(
            form.code.data or "", form.facts(), currency=form.currency.data, rules=Rules(),
            valid_from=form.valid_from.day, by=the_viewer(),
        )  # fmt: skip

    if added := checked(form, act):
        code = added.result.code
        return commit(url_for(".settings", code=code), "The fund {code} is added.", code=code)
    return page_with("fund/fund_form.html", form, changed=None, rules=shown(Rules(), "USD"))


@bp.route("/admin/funds/<fund_code>", methods=["GET", "POST"])
@requires(Permission.FUND_CREATE)
def change_fund(fund_code: str) -> ResponseReturnValue:
    """Change what is said about a fund."""
    changed = queries.get_fund(fund_code)
    form = FundForm(obj=changed)

    def act() -> None:
        form.same_version(FundForm(None, obj=changed))
        service.change_fund(changed, form.facts(), by=the_viewer())

    if checked(form, act):
        return commit(url_for(".funds"), "{code} is changed.", code=changed.code)
    return page_with("fund/fund_form.html", form, changed=changed, rules=[])
