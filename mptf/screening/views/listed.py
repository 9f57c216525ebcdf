"""The submitted proposals of a call and what they come to, on a page and as a file."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from mptf.calls.models import Call
from mptf.lists.pages import take
from mptf.lists.taken import Taken
from mptf.policy import Permission
from mptf.proposals.listed import MOST_TAKEN, Asked
from mptf.screening import listed, sheets
from mptf.screening.forms import ScreeningFilter
from mptf.screening.listed import Listed
from mptf.screening.views.shared import bp, the_call
from mptf.web import asked, requires, send_csv, send_workbook, the_viewer


@bp.get("/calls/<public_id>/screening")
@requires(Permission.PROPOSALS_SCREEN)
def screening(code: str, public_id: str) -> ResponseReturnValue:
    """Show the submitted proposals of a call, how far their screening has come, and what they come to."""
    return _list(the_call(public_id))


@bp.get("/calls/<public_id>/screening.xlsx")
@requires(Permission.PROPOSALS_SCREEN)
def xlsx(code: str, public_id: str) -> ResponseReturnValue:
    """Send the proposals of a call, as the filters of the list stand, as a workbook."""
    call = the_call(public_id)
    taken = _taken(call, "XLSX")
    if taken is None:
        return _list(call, too_many=True)
    written, title = sheets.sheets(call, taken, listed.totals(the_viewer(), call)), f"{sheets.TITLE}, {call.reference}"
    return send_workbook(written, title=title, source=sheets.WHAT, name=sheets.file_name(call, taken), made_at=taken.at)


@bp.get("/calls/<public_id>/screening.csv")
@requires(Permission.PROPOSALS_SCREEN)
def csv(code: str, public_id: str) -> ResponseReturnValue:
    """Send the same as comma-separated values."""
    call = the_call(public_id)
    taken = _taken(call, "CSV")
    if taken is None:
        return _list(call, too_many=True)
    return send_csv(sheets.columns(taken.fund), sheets.rows(taken), name=sheets.file_name(call, taken))


def _taken(call: Call, written_as: str) -> Taken[Listed] | None:
    """Return the rows of the list as it is asked for, and note who took them (EXP-2); None where they are too many."""
    form = ScreeningFilter(request.args)
    rows = listed.whole(the_viewer(), call, _asked(call, form))
    return None if rows is None else take(rows, form, of=call, written_as=f"{sheets.TITLE}, {written_as}")


def _list(call: Call, *, too_many: bool = False) -> ResponseReturnValue:
    """Show a page of the proposals of a call; `too_many` says why no file was made of them."""
    form = ScreeningFilter(request.args)
    page = render_template(
        "screening/call.html", form=form, call=call, page=listed.page_of(the_viewer(), call, _asked(call, form)),
        totals=listed.totals(the_viewer(), call), too_many=too_many, most=MOST_TAKEN,
    )  # fmt: skip
    return page, 422 if too_many else 200


def _asked(call: Call, form: ScreeningFilter) -> Asked:
    return form.wanted(call.public_id, asked.text("words"), asked.page())
