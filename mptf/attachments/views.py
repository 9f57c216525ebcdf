"""Pages of the attachments beside the part itself: a file that is attached, and one that is sent."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from mptf.attachments import service
from mptf.attachments.forms import FileForm
from mptf.attachments.part import PART, choices_of
from mptf.attachments.queries import get_file
from mptf.core.errors import N_, RuleBroken
from mptf.documents.pages import nothing_to_read, stored
from mptf.drafting import pages, queries
from mptf.policy import Permission
from mptf.proposals.pages import the_proposal
from mptf.web import commit, page_with, requires, send_attachment, the_viewer
from mptf.web.access import looked_at
from mptf.web.uploads import Taken, take_in

bp = Blueprint("attachments", __name__, url_prefix="/f/<code>/proposals/<public_id>/attachments")


@bp.route("/add", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_WRITE)
def attach(code: str, public_id: str) -> ResponseReturnValue:
    """Attach a file to a proposal; one that is refused leaves the draft as it is."""
    proposal, form = the_proposal(public_id, Permission.PROPOSALS_WRITE), FileForm()
    if not pages.may_write(proposal, PART, the_viewer()):
        raise RuleBroken(N_("This part cannot be changed now."))
    form.offer(choices_of(queries.frame_of(proposal).documents))

    def act(taken: Taken[None]) -> str:
        return service.attach(proposal, stored(taken), document=form.document.data or "", by=the_viewer())

    if done := take_in(form, nothing_to_read, act):
        part = url_for("drafting.part", code=code, public_id=public_id, part=PART.kind.value)
        return commit(f"{part}#files.{done.result}", "The file is attached.")
    return page_with("attachments/attach.html", form, proposal=proposal)


@bp.get("/<file_id>")
@requires(Permission.DRAFTS_VIEW)
def file(code: str, public_id: str, file_id: str) -> ResponseReturnValue:
    """Send a file on record, and note who took it; earlier versions name files that are attached no more."""
    proposal = the_proposal(public_id, Permission.DRAFTS_VIEW)
    found = get_file(proposal, file_id)
    looked_at(proposal, what="file", fund_id=proposal.fund_id, sha256=found.file.sha256)
    return send_attachment(found.file)
