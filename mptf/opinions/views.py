"""Pages of opinions: record one, correct one, take its letter, and those of a call."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.calls.models import Call
from mptf.calls.queries import get_call_out
from mptf.core.errors import N_
from mptf.documents.pages import stored
from mptf.fund.current import the_fund
from mptf.lists.pages import take
from mptf.lists.taken import Taken as TakenAway
from mptf.opinions import pages, queries, service, sheets
from mptf.opinions.forms import CorrectForm, OpinionsFilter, RecordForm
from mptf.opinions.listed import Row, Table, table_of
from mptf.opinions.models import Opinion
from mptf.policy import Permission
from mptf.proposals.listed import MOST_TAKEN
from mptf.proposals.models import Proposal
from mptf.proposals.pages import the_proposal
from mptf.web import (
    asked,
    commit,
    not_found,
    page_with,
    requires,
    send_attachment,
    send_csv,
    send_workbook,
    the_viewer,
)
from mptf.web.access import looked_at
from mptf.web.text import sentence
from mptf.web.uploads import Taken, take_along

bp = Blueprint("opinions", __name__, url_prefix="/f/<code>")


@bp.get("/calls/<public_id>/opinions/")
@requires(Permission.OPINIONS_VIEW)
def of_call(code: str, public_id: str) -> ResponseReturnValue:
    """Show which Commissions said what of the proposals of a call, and which did not answer yet."""
    return _list(_call(public_id))


@bp.get("/calls/<public_id>/opinions.xlsx")
@requires(Permission.OPINIONS_VIEW)
def xlsx(code: str, public_id: str) -> ResponseReturnValue:
    """Send the same, as the filter of the list stands, as a workbook."""
    call = _call(public_id)
    if not (done := _taken(call, "XLSX")):
        return _list(call, too_many=True)
    table, rows = done
    title, name = f"{sheets.TITLE}, {call.reference}", sheets.file_name(call, rows)
    return send_workbook(
        sheets.sheets(call, table, rows), title=title, source=sheets.WHAT, name=name, made_at=rows.at
    )  # fmt: skip


@bp.get("/calls/<public_id>/opinions.csv")
@requires(Permission.OPINIONS_VIEW)
def csv(code: str, public_id: str) -> ResponseReturnValue:
    """Send the same as comma-separated values."""
    call = _call(public_id)
    if not (done := _taken(call, "CSV")):
        return _list(call, too_many=True)
    table, rows = done
    return send_csv(sheets.columns(table), sheets.rows(rows), name=sheets.file_name(call, rows))


@bp.route("/proposals/<public_id>/opinions/record", methods=["GET", "POST"])
@requires(Permission.OPINIONS_RECORD)
def record(code: str, public_id: str) -> ResponseReturnValue:
    """Record what a Commission says of a proposal."""
    found = the_proposal(public_id, Permission.OPINIONS_RECORD)
    numbers = queries.numbers_of(found)
    form = RecordForm(data={"place": asked.text("place"), "number": str(max(numbers, default=""))})
    form.offer(queries.places_of(found))
    form.offer_versions(numbers)

    def act(along: Taken[None] | None) -> Opinion:
        letter = stored(along) if along else None
        return service.record(found, form.chosen, form.given(), letter=letter, by=the_viewer())

    if done := take_along(form, act):
        told = N_("The opinion of {place} is recorded.")
        return commit(_address(found), told, place=done.result.jurisdiction.name)
    return page_with("opinions/record.html", form, proposal=found, refusal=sentence(service.why_not_record(found)))


@bp.route("/proposals/<public_id>/opinions/<opinion_id>/correct", methods=["GET", "POST"])
@requires(Permission.OPINIONS_RECORD)
def correct(code: str, public_id: str, opinion_id: str) -> ResponseReturnValue:
    """Correct an opinion; what stood before stays readable."""
    found = the_proposal(public_id, Permission.OPINIONS_RECORD)
    opinion = queries.get_opinion(found, opinion_id)
    form = CorrectForm.of(opinion)
    form.offer_versions(queries.numbers_of(found))

    def act(along: Taken[None] | None) -> bool:
        corrected = service.correct(
            opinion, form.given(), reason=form.reason.data or "", letter=stored(along) if along else None,
            without_letter=form.without_letter.data, by=the_viewer(),
        )  # fmt: skip
        return corrected is not None

    if done := take_along(form, act):
        told = N_("It is corrected; what stood before stays readable.")
        return commit(_address(found), told if done.result else N_("Nothing was changed."))
    refusal = sentence(service.why_not_record(found))
    return page_with("opinions/correct.html", form, proposal=found, opinion=opinion, refusal=refusal)


@bp.get("/proposals/<public_id>/opinions/<opinion_id>/letter")
@requires(Permission.OPINIONS_VIEW)
def letter(code: str, public_id: str, opinion_id: str) -> ResponseReturnValue:
    """Send the signed letter of an opinion, and note who took it."""
    opinion = queries.get_opinion(the_proposal(public_id, Permission.OPINIONS_VIEW), opinion_id)
    if opinion.letter is None:
        not_found()
    looked_at(opinion, what="file", fund_id=opinion.fund_id)
    return send_attachment(opinion.letter)


def _call(public_id: str) -> Call:
    return get_call_out(the_viewer(), the_fund(), public_id)


def _filter(call: Call) -> tuple[OpinionsFilter, list[str]]:
    """Return what this address asks for, and whether a Commission was left out that there is not."""
    form = OpinionsFilter(request.args)
    form.offer([one for one in call.jurisdictions if not one.regional])
    return form, form.drop_gone()


def _list(call: Call, *, too_many: bool = False) -> ResponseReturnValue:
    """Show a page of the proposals of a call; `too_many` says why no file was made of them."""
    form, gone = _filter(call)
    shown = pages.of_call(the_viewer(), call, asked.page(), form.missing.data or "")
    page = render_template(
        "opinions/of_call.html", call=call, form=form, gone=gone, too_many=too_many, most=MOST_TAKEN, **shown
    )  # fmt: skip
    return page, 422 if too_many else 200


def _taken(call: Call, written_as: str) -> tuple[Table, TakenAway[Row]] | None:
    """Return the list as it is asked for, and note who took it (EXP-2); None where it is too long."""
    form, _ = _filter(call)
    found = queries.whole(the_viewer(), call, form.missing.data or "")
    if found is None:
        return None
    table = table_of(call, found)
    return table, take(table.rows, form, of=call, written_as=f"{sheets.TITLE}, {written_as}")


def _address(found: Proposal) -> str:
    return url_for("proposals.proposal", code=found.fund.code, public_id=found.public_id, _anchor="opinions-h")
