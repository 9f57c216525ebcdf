"""Exchange rates: the list, a rate typed or corrected, and the import of a table."""

from pathlib import Path

from flask import url_for
from flask.typing import ResponseReturnValue

from mptf.core import clock, files
from mptf.core.errors import N_, RuleBroken
from mptf.fund import queries, service
from mptf.fund.forms import CorrectRateForm, RateForm, RateUploadForm
from mptf.fund.models import Fund, RateSource, RateUpload
from mptf.fund.rate_table import RateImport
from mptf.fund.rates import rate_text
from mptf.fund.service import NewRate
from mptf.fund.views.shared import bp
from mptf.paper.filekind import sniff
from mptf.policy import Permission, can
from mptf.web import ActionForm, asked, checked, commit, page_with, requires, store, the_fund, the_viewer
from mptf.web.text import day, say

LARGEST_TABLE = 1 << 20  # read while the officer waits; a day's rates of every currency take 10 kB
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
    added: list[bool] = []

    def act() -> None:
        rate = NewRate(form.currency.data, form.valid_from.day, form.rate.data, form.source.data, form.note.data or "")
        added.append(service.record_rate(rate, fund=fund, by=the_viewer())[1])

    if checked(form, act):
        words = N_("The rate is kept.") if added == [True] else N_("This rate was known already; nothing changed.")
        return commit(url_for(".rates", code=code, currency=form.currency.data), words)
    return _rates_page(fund, form)


def _rates_page(fund: Fund, form: RateForm) -> ResponseReturnValue:
    currency, source = asked.text("currency") or None, asked.chosen(RateSource, "source")
    today = clock.today(fund)
    return page_with(
        "fund/rates.html",
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
    form = CorrectRateForm.of(rate)

    def act() -> None:
        form.same_version(CorrectRateForm.of(rate, formdata=None))
        note = form.note.data or ""
        service.correct_rate(rate, millionths=form.rate.data, note=note, fund=fund, by=the_viewer())

    if checked(form, act):
        return commit(url_for(".rates", code=code, currency=rate.currency), "The rate is corrected.")
    return page_with("fund/rate_form.html", form, rate=rate)


@bp.route("/f/<code>/rates/import", methods=["GET", "POST"])
@requires(Permission.RATES_EDIT)
def upload_rates(code: str) -> ResponseReturnValue:
    """Take in a table of rates, to be looked at before anything is imported."""
    form = RateUploadForm()
    taken: list[RateUpload] = []
    if checked(form, lambda: taken.append(_take_in(form))):
        return commit(url_for(".import_rates", code=code, public_id=taken[0].public_id))
    return page_with("fund/rates_upload.html", form)


def _take_in(form: RateUploadForm) -> RateUpload:
    try:
        blob = store().keep(form.file.data.stream, limit=LARGEST_TABLE)
        service.read_import(store().path(blob.sha256), form.source.data)
    except RuleBroken as refusal:
        raise RuleBroken(refusal.template, field="file", **refusal.values) from None
    fund, name = the_fund(), form.file.data.filename or "rates"
    kind = sniff(store().path(blob.sha256))
    stored = files.add(blob, name=name, media_type=kind.media_type, by=the_viewer(), fund_id=fund.id)
    return service.upload_rates(fund, stored, source=form.source.data, by=the_viewer())


@bp.route("/f/<code>/rates/import/<public_id>", methods=["GET", "POST"])
@requires(Permission.RATES_EDIT)
def import_rates(code: str, public_id: str) -> ResponseReturnValue:
    """Show what an import would do, and do it."""
    fund, form = the_fund(), ActionForm()
    upload = queries.get_rate_upload(fund, public_id)
    done: list[RateImport] = []
    if checked(form, lambda: done.append(service.import_rates(upload, _path(upload), fund=fund, by=the_viewer()))):
        words = N_("{new} rates imported; {known} were known already.")
        return commit(url_for(".rates", code=code), words, new=len(done[0].new), known=done[0].known)
    found = service.read_import(_path(upload), upload.source)
    problems = [(problem, say(problem.template, **problem.values)) for problem in found.problems]
    rows = [(row.currency, day(row.valid_from), rate_text(row.millionths), row.note) for row in found.new[:SHOWN]]
    return page_with("fund/rates_import.html", form, upload=upload, found=found, problems=problems, rows=rows)


def _path(upload: RateUpload) -> Path:
    return store().path(upload.file.sha256)
