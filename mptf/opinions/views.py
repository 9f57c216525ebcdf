"""Pages of opinions: record one, correct one, take its letter, and those of a call."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.calls.queries import get_call_out
from mptf.core.errors import N_
from mptf.documents.pages import stored
from mptf.fund.current import the_fund
from mptf.opinions import pages, queries, service
from mptf.opinions.forms import CorrectForm, RecordForm
from mptf.opinions.models import Opinion
from mptf.policy import Permission
from mptf.proposals.models import Proposal
from mptf.proposals.pages import the_proposal
from mptf.web import asked, commit, not_found, page_with, requires, send_attachment, the_viewer
from mptf.web.access import looked_at
from mptf.web.text import sentence
from mptf.web.uploads import Taken, take_along

bp = Blueprint("opinions", __name__, url_prefix="/f/<code>")


@bp.get("/calls/<public_id>/opinions/")
@requires(Permission.OPINIONS_VIEW)
def of_call(code: str, public_id: str) -> ResponseReturnValue:
    """Show which Commissions said what of the proposals of a call, and which did not answer yet."""
    call = get_call_out(the_viewer(), the_fund(), public_id)
    return render_template("opinions/of_call.html", call=call, **pages.of_call(the_viewer(), call, asked.page()))


@bp.route("/proposals/<public_id>/opinions/record", methods=["GET", "POST"])
@requires(Permission.OPINIONS_RECORD)
def record(code: str, public_id: str) -> ResponseReturnValue:
    """Record what a Commission says of a proposal."""
    found = the_proposal(public_id, Permission.OPINIONS_RECORD)
    numbers = queries.numbers_of(found)
    form = RecordForm(data={"place": asked.text("place"), "number": str(max(numbers, default=""))})
    form.offer(queries.places_of(found))
    form.offer_versions(numbers)

    def act(taken: Taken[None] | None) -> Opinion:
        letter = stored(taken) if taken else None
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

    def act(taken: Taken[None] | None) -> bool:
        corrected = service.correct(
            opinion, form.given(), reason=form.reason.data or "", letter=stored(taken) if taken else None,
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


def _address(found: Proposal) -> str:
    return url_for("proposals.proposal", code=found.fund.code, public_id=found.public_id, _anchor="opinions-h")
