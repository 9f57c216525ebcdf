"""Pages of a fund's settings: what holds today, what is planned, what was; and a change from a day on."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from mptf.core import clock
from mptf.fund import queries, service
from mptf.fund.current import the_fund
from mptf.fund.forms import SettingsForm
from mptf.fund.models import Fund, FundSettings
from mptf.fund.queries import Timeline
from mptf.fund.views.shared import bp
from mptf.fund.wording import periods, shown
from mptf.policy import Permission, can
from mptf.web import ActionForm, checked, commit, page_with, requires, the_viewer


@bp.get("/f/<code>/settings")
@requires(Permission.SETTINGS_VIEW)
def settings(code: str) -> ResponseReturnValue:
    """Show the rules in force today, the planned change and the history."""
    return _settings_page(the_fund(), ActionForm())


def _settings_page(fund: Fund, form: ActionForm) -> ResponseReturnValue:
    today = clock.today(fund)
    timeline = queries.timeline(fund)
    return page_with(
        "fund/settings.html",
        form,
        row=timeline.on(today),
        rules=shown(timeline.on(today).rules, fund.currency),
        periods=periods(timeline, today, fund.currency),
        may_edit=can(the_viewer(), Permission.SETTINGS_EDIT, fund),
    )


@bp.route("/f/<code>/settings/change", methods=["GET", "POST"])
@requires(Permission.SETTINGS_EDIT)
def change_settings(code: str) -> ResponseReturnValue:
    """Let other rules hold from a day on; `?row=` opens a planned change again."""
    fund = the_fund()
    timeline = queries.timeline(fund)
    form = _form(fund, timeline, _opened(fund, timeline))
    if checked(form, lambda: _save(fund, form)):
        return commit(url_for(".settings", code=code), "The change is kept.")
    rows = [row.valid_from for row in timeline.planned(clock.today(fund))]
    return page_with("fund/settings_form.html", form, planned=rows, row=_opened(fund, timeline))


def _opened(fund: Fund, timeline: Timeline) -> FundSettings:
    """Return the planned row the address names, else the one in force."""
    if public_id := request.args.get("row"):
        return queries.get_settings(fund, public_id)
    return timeline.on(clock.today(fund))


def _form(fund: Fund, timeline: Timeline, row: FundSettings) -> SettingsForm:
    """Fill the form from a row; the day and the basis only of one that is still to come."""
    ahead = row.valid_from > clock.today(fund)
    data = {"version": timeline.version, "valid_from": row.valid_from, "basis": row.basis}
    return SettingsForm(currency=fund.currency, rules=row.rules, data=data if ahead else {"version": timeline.version})


def _save(fund: Fund, form: SettingsForm) -> None:
    timeline = queries.timeline(fund)
    form.same_version(_stored(fund, timeline, form))
    service.change_settings(
        fund, form.rules(), valid_from=form.valid_from.day, basis=form.basis.data or "",
        opened_on=form.version.data or "", by=the_viewer(),
    )  # fmt: skip


def _stored(fund: Fund, timeline: Timeline, form: SettingsForm) -> SettingsForm:
    """Return the form as it would be filled with what holds, as things stand, on the day that was typed."""
    row = timeline.on(form.valid_from.day)
    basis = row.basis if row.valid_from == form.valid_from.day else form.basis.data
    data = {"version": timeline.version, "valid_from": form.valid_from.day, "basis": basis}
    return SettingsForm(None, currency=fund.currency, rules=row.rules, data=data)


@bp.post("/f/<code>/settings/<public_id>/withdraw")
@requires(Permission.SETTINGS_EDIT)
def withdraw_settings(code: str, public_id: str) -> ResponseReturnValue:
    """Take back a planned change."""
    fund = the_fund()
    row = queries.get_settings(fund, public_id)
    form = ActionForm()
    if checked(form, lambda: service.withdraw_settings(row, by=the_viewer())):
        return commit(url_for(".settings", code=code), "The planned change is withdrawn.")
    return _settings_page(fund, form)
