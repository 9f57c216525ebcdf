"""Pages of the Gateway extracts of a fund: upload, preview, progress, figures."""

from pathlib import Path
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.gateway import queries, service
from mptf.gateway.forms import ExtractForm, WithdrawForm
from mptf.gateway.models import EXTRACT_FLOW, HEADS, GatewayExtract, GatewayStagedFigure
from mptf.gateway.queries import Asked
from mptf.paper.problems import refused_rows
from mptf.policy import Permission, can
from mptf.web import (
    ActionForm,
    Form,
    asked,
    checked,
    commit,
    page_with,
    requires,
    send_attachment,
    the_viewer,
)  # fmt: skip
from mptf.web.access import looked_at
from mptf.web.uploads import Taken, take_in
from mptf.workflow import Choice

bp = Blueprint("gateway", __name__, url_prefix="/f/<code>/gateway")

# The heads whose cells stand in the preview, in the order of its columns, and whether they hold numbers.
PREVIEWED = [
    (HEADS[key], key != "organisation")
    for key in ("organisation", "budget", "net_funded", "expenditure", "published_hundredths")
]


@bp.get("/")
@requires(Permission.GATEWAY_VIEW)
def extracts(code: str) -> ResponseReturnValue:
    """List the extracts of the fund."""
    return render_template(
        "gateway/extracts.html",
        page=queries.extracts(the_fund(), page=asked.page()),
        may_import=can(the_viewer(), Permission.GATEWAY_IMPORT, the_fund()),
    )


@bp.route("/upload", methods=["GET", "POST"])
@requires(Permission.GATEWAY_IMPORT)
def upload(code: str) -> ResponseReturnValue:
    """Take in a file and send it to be checked."""
    form = ExtractForm()
    taken_in = take_in(form, _nothing_yet, lambda taken: _upload(taken, form))
    if taken_in:
        return commit(_url(taken_in.result))
    return page_with("gateway/upload.html", form, headings=HEADS)


def _nothing_yet(_path: Path) -> None:
    """Leave the reading to the background: an extract may be long."""


def _upload(taken: Taken[None], form: ExtractForm) -> GatewayExtract:
    return service.upload(the_fund(), taken.stored(), by=the_viewer(), **form.values())


@bp.get("/<public_id>")
@requires(Permission.GATEWAY_VIEW)
def extract(code: str, public_id: str) -> ResponseReturnValue:
    """Show an extract: how far its check is, what was found, or its figures."""
    found = queries.get_extract(the_fund(), public_id)
    return _show(found, ActionForm())


def _show(found: GatewayExtract, form: Form) -> ResponseReturnValue:
    """Render the page of an extract as it is now, with the form a person may send from there."""
    if found.status.working:
        return page_with("gateway/working.html", form, extract=found, choices=_choices(found))
    return _figures(found, _withdrawal(form)) if found.imported_at else _preview(found, form)


def _withdrawal(form: Form) -> WithdrawForm:
    """Return the form of an imported extract's page, with the refusal of a step that is no longer possible."""
    if isinstance(form, WithdrawForm):
        return form
    return WithdrawForm(None).refused_as(form)


def _preview(found: GatewayExtract, form: Form) -> ResponseReturnValue:
    problems = queries.problems(found)
    return page_with(
        "gateway/preview.html",
        form,
        extract=found,
        problems=problems,
        refused=refused_rows(problems),
        heads=PREVIEWED,
        rows=queries.preview(found),
        summary=queries.summary(found, GatewayStagedFigure),
        choices=_choices(found),
    )


def _figures(found: GatewayExtract, form: WithdrawForm) -> ResponseReturnValue:
    wanted = Asked(
        words=asked.text("q"),
        sort=request.args.get("sort", "budget"),
        order="ascending" if request.args.get("order") == "ascending" else "descending",
        unusual=request.args.get("unusual") == "1",
        page=asked.page(),
    )
    return page_with(
        "gateway/figures.html",
        form,
        extract=found,
        asked=wanted,
        page=queries.figures(found, wanted),
        summary=queries.summary(found),
        sorted=_sorts(found, wanted),
        choices=_choices(found),
        may_report=can(the_viewer(), Permission.REPORTS_VIEW, the_fund()),
    )


def _sorts(found: GatewayExtract, wanted: Asked) -> dict[str, dict[str, str | None]]:
    """Return for each column the address that sorts by it, and the order it is sorted in now."""
    here: dict[str, Any] = {"code": the_fund().code, "public_id": found.public_id, "q": wanted.words or None}
    return {
        key: {
            "url": url_for(
                ".extract", sort=key, order=wanted.turned(key), unusual=1 if wanted.unusual else None, **here
            ),
            "order": wanted.order if wanted.sort == key else None,
        }
        for key in queries.SORTS
    }


def _choices(found: GatewayExtract) -> dict[str, Choice]:
    return {choice.step.name: choice for choice in EXTRACT_FLOW.choices(found, the_viewer())}


def _url(found: GatewayExtract) -> str:
    return url_for(".extract", code=the_fund().code, public_id=found.public_id)


@bp.get("/<public_id>/progress")
@requires(Permission.GATEWAY_VIEW)
def progress(code: str, public_id: str) -> ResponseReturnValue:
    """Say how far the work is; when it has ended, let the page load itself anew."""
    found = queries.get_extract(the_fund(), public_id)
    ended = not found.status.working or queries.work_failed(found)
    headers = {"HX-Refresh": "true"} if ended else {}
    return render_template("gateway/_progress.html", extract=found), 200, headers


@bp.post("/<public_id>/import")
@requires(Permission.GATEWAY_IMPORT)
def start_import(code: str, public_id: str) -> ResponseReturnValue:
    """Import a checked extract."""
    found = queries.get_extract(the_fund(), public_id)
    form = ActionForm()
    if checked(form, lambda: service.start_import(found, by=the_viewer())):
        return commit(_url(found))
    return _show(found, form)


@bp.post("/<public_id>/discard")
@requires(Permission.GATEWAY_IMPORT)
def discard(code: str, public_id: str) -> ResponseReturnValue:
    """Discard an extract that was not imported."""
    found = queries.get_extract(the_fund(), public_id)
    form = ActionForm()
    if checked(form, lambda: service.discard(found, by=the_viewer())):
        return commit(url_for(".extracts", code=the_fund().code), "The extract was discarded.")
    return _show(found, form)


@bp.post("/<public_id>/withdraw")
@requires(Permission.GATEWAY_IMPORT)
def withdraw(code: str, public_id: str) -> ResponseReturnValue:
    """Withdraw imported figures."""
    found = queries.get_extract(the_fund(), public_id)
    form = WithdrawForm()
    if checked(form, lambda: service.withdraw(found, because=form.because.data or "", by=the_viewer())):
        return commit(_url(found), "The figures were withdrawn.")
    return _show(found, form)


@bp.get("/<public_id>/file")
@requires(Permission.GATEWAY_VIEW)
def file(code: str, public_id: str) -> ResponseReturnValue:
    """Send the file as it was uploaded."""
    found = queries.get_extract(the_fund(), public_id)
    looked_at(found, what="file", fund_id=found.fund_id, name=found.file.name)
    return send_attachment(found.file)
