"""Exchange rates: the list, a rate typed or corrected, and the import of a table."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from mptf.core import clock
from mptf.core.errors import N_
from mptf.fund.current import the_fund
from mptf.fund.models import Fund
from mptf.paper.problems import refused_rows
from mptf.policy import Permission, can
from mptf.rates import queries, service
from mptf.rates.forms import CorrectRateForm, RateForm, RateTableForm
from mptf.rates.models import RateSource, RateUpload
from mptf.rates.service import NewRate
from mptf.rates.table import HEADINGS, SHAPE, read_rates
from mptf.web import ActionForm, asked, checked, commit, page_with, requires, the_viewer
from mptf.web.uploads import Taken, read_again, take_in

bp = Blueprint("rates", __name__)

SHOWN = 50


@bp.get("/f/<code>/rates")
@requires(Permission.SETTINGS_VIEW)
def rates(code: str) -> ResponseReturnValue:
    """List the rates, with a form for one more."""
    return _rates_page(the_fund(), RateForm())


@bp.post("/f/<code>/rates")
@requires(Permission.RATES_EDIT)
def record_rate(code: str) -> ResponseReturnValue:
    """Record a rate as it was typed."""
    fund, form = the_fund(), RateForm()

    def act() -> bool:
        rate = NewRate(form.currency.data, form.valid_from.day, form.rate.data, form.source.data, form.note.data or "")
        return service.record_rate(rate, fund=fund, by=the_viewer())[1]

    if new := checked(form, act):
        words = N_("The rate is kept.") if new.result else N_("This rate was known already; nothing changed.")
        return commit(url_for(".rates", code=code, currency=form.currency.data), words)
    return _rates_page(fund, form)


def _rates_page(fund: Fund, form: RateForm) -> ResponseReturnValue:
    currency, source = asked.text("currency") or None, asked.chosen(RateSource, "source")
    today = clock.today(fund)
    return page_with(
        "rates/rates.html",
        form,
        page=queries.rates(currency=currency, source=source, page=asked.page()),
        in_force=queries.rates_in_force(today),
        currency=currency,
        source=source,
        sources=list(RateSource),
        today=today,
        may_edit=can(the_viewer(), Permission.RATES_EDIT, fund),
    )


@bp.route("/f/<code>/rates/<public_id>", methods=["GET", "POST"])
@requires(Permission.RATES_EDIT)
def correct_rate(code: str, public_id: str) -> ResponseReturnValue:
    """Correct a rate that was typed wrongly."""
    rate, fund = queries.get_rate(public_id), the_fund()
    form = CorrectRateForm.of(rate, note="")  # why it is corrected now, not what was noted before

    def act() -> None:
        form.same_version(CorrectRateForm.of(rate, formdata=None))
        note = form.note.data or ""
        service.correct_rate(rate, millionths=form.rate.data, note=note, fund=fund, by=the_viewer())

    if checked(form, act):
        return commit(url_for(".rates", code=code, currency=rate.currency), "The rate is corrected.")
    return page_with("rates/correct.html", form, rate=rate)


@bp.route("/f/<code>/rates/import", methods=["GET", "POST"])
@requires(Permission.RATES_EDIT)
def upload_table(code: str) -> ResponseReturnValue:
    """Take in a table of rates, to be looked at before anything is imported."""
    form = RateTableForm()
    upload = take_in(form, SHAPE.check, lambda taken: _upload(taken, form))
    if upload:
        return commit(url_for(".import_table", code=code, public_id=upload.result.public_id))
    return page_with("rates/upload.html", form)


def _upload(taken: Taken[None], form: RateTableForm) -> RateUpload:
    return service.upload_table(the_fund(), taken.stored(), source=form.source.data, by=the_viewer())


@bp.route("/f/<code>/rates/import/<public_id>", methods=["GET", "POST"])
@requires(Permission.RATES_EDIT)
def import_table(code: str, public_id: str) -> ResponseReturnValue:
    """Show what an import would do, and do it."""
    form = ActionForm()
    upload = queries.get_upload(the_fund(), public_id)
    table = read_again(upload.file, read_rates)
    if done := checked(form, lambda: service.import_table(upload, table, fund=the_fund(), by=the_viewer())):
        new, known = len(done.result.new), done.result.known
        words = N_("Rates imported: {new}; known already: {known}.") if known else N_("Rates imported: {new}.")
        return commit(url_for(".rates", code=code), words, new=new, known=known)
    found = service.look_at(table, upload.source)
    problems = found.problems.in_order()
    return page_with(
        "rates/preview.html",
        form,
        upload=upload,
        found=found,
        problems=problems,
        refused=refused_rows(problems),
        heads=[(heading.head, heading.key == "millionths") for heading in HEADINGS],
        rows=found.new[:SHOWN],
    )
