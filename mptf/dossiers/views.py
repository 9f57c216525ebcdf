"""Pages of what was sent: the submission itself, its bytes and files, what changed in it, and its dossier."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.core.files import StoredFile
from mptf.dossiers import pages, queries, service
from mptf.dossiers.papers import SNAPSHOT
from mptf.dossiers.queries import Reading
from mptf.fund.current import the_fund
from mptf.paper.pdf import PDF_MEDIA_TYPE
from mptf.policy import Permission
from mptf.proposals.models import Proposal
from mptf.proposals.queries import get_proposal
from mptf.submissions.queries import get_submission
from mptf.web import ActionForm, asked, checked, commit, not_found, page_with, requires, send_attachment, the_viewer
from mptf.web.access import looked_at
from mptf.web.pages import send_made

bp = Blueprint("dossiers", __name__, url_prefix="/f/<code>/proposals/<public_id>/submissions/<int:number>")

MEDIA_TYPES = {"pdf": PDF_MEDIA_TYPE, "zip": "application/zip"}


@bp.get("/")
@requires(Permission.PROPOSALS_VIEW)
def submission(code: str, public_id: str, number: int) -> ResponseReturnValue:
    """Show what was sent, as a document."""
    proposal, reading = _reading(public_id, number)
    looked_at(proposal, fund_id=proposal.fund_id, number=number)
    return _shown(proposal, reading, ActionForm(None))


@bp.get(f"/{SNAPSHOT}")
@requires(Permission.PROPOSALS_VIEW)
def snapshot(code: str, public_id: str, number: int) -> ResponseReturnValue:
    """Send the bytes the receipt tells the hash of, and note who took them (EXP-2)."""
    proposal = _proposal(public_id)
    sent = get_submission(proposal, number)
    looked_at(proposal, what="export", fund_id=proposal.fund_id, written_as="JSON", number=number)
    return send_made(sent.content.encode(), f"{code}-{proposal.number}-v{number}-{SNAPSHOT}", "application/json")


@bp.get("/files/<file_id>")
@requires(Permission.PROPOSALS_VIEW)
def file(code: str, public_id: str, number: int, file_id: str) -> ResponseReturnValue:
    """Send a file of this submission, and note who took it."""
    proposal = _proposal(public_id)
    found = queries.get_file(proposal, number, file_id)
    looked_at(proposal, what="file", fund_id=proposal.fund_id, sha256=found.file.sha256)
    return send_attachment(found.file)


@bp.get("/changes")
@requires(Permission.PROPOSALS_VIEW)
def changes(code: str, public_id: str, number: int) -> ResponseReturnValue:
    """Show what changed since the version before, or since another one."""
    proposal, reading = _reading(public_id, number)
    since = asked.number("since", 0) or max((one.number for one in reading.earlier), default=0)
    if since not in {one.number for one in reading.earlier}:
        not_found()
    looked_at(proposal, fund_id=proposal.fund_id, number=number, since=since)
    return render_template(
        "dossiers/changes.html", proposal=proposal, **pages.changes_facts(proposal, reading, since)
    )  # fmt: skip


@bp.route("/dossier", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_VIEW)
def dossier(code: str, public_id: str, number: int) -> ResponseReturnValue:
    """Have the dossier made; the page asks here how far it is."""
    proposal, reading = _reading(public_id, number)
    form, here = ActionForm(), url_for(".submission", code=code, public_id=public_id, number=number)
    if checked(form, lambda: service.ask(reading.sent, by=the_viewer())):
        return commit(f"{here}#dossier")
    if request.method == "POST":
        return _shown(proposal, reading, form)
    if "HX-Request" not in request.headers:
        return redirect(f"{here}#dossier")
    return render_template("dossiers/_dossier.html", proposal=proposal, sent=reading.sent, **_dossier(reading))


@bp.get("/dossier/<task_id>.<ending>")
@requires(Permission.PROPOSALS_VIEW)
def take(code: str, public_id: str, number: int, task_id: str, ending: str) -> ResponseReturnValue:
    """Send a dossier that was made, and note who took it (EXP-2)."""
    proposal = _proposal(public_id)
    task = queries.get_made(get_submission(proposal, number), the_viewer(), task_id)
    made = task.result or {}
    if ending not in MEDIA_TYPES:
        not_found()
    looked_at(proposal, what="export", fund_id=proposal.fund_id, written_as=ending.upper(), number=number)
    # No row names these bytes: they are swept after a day.
    file = StoredFile(own_name=f"{made['stem']}.{ending}", media_type=MEDIA_TYPES[ending], **made[ending])
    return send_attachment(file)


def _shown(proposal: Proposal, reading: Reading, form: ActionForm) -> ResponseReturnValue:
    facts = {**pages.reading_facts(reading), **_dossier(reading)}
    return page_with("dossiers/submission.html", form, proposal=proposal, **facts)


def _dossier(reading: Reading) -> pages.Shown:
    return pages.dossier_facts(queries.find_task(reading.sent, the_viewer()))


def _reading(public_id: str, number: int) -> tuple[Proposal, Reading]:
    proposal = _proposal(public_id)
    return proposal, queries.read(proposal, number)


def _proposal(public_id: str) -> Proposal:
    """Return a proposal this person may know of, or end the request as if there were none."""
    return get_proposal(the_viewer(), the_fund(), public_id)
