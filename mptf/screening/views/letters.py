"""The letter that declared a proposal ineligible, for everybody who may know of the proposal."""

from flask.typing import ResponseReturnValue

from mptf.fund.current import the_fund
from mptf.paper.pdf import PDF_MEDIA_TYPE
from mptf.policy import Permission
from mptf.proposals.queries import get_proposal
from mptf.screening import papers, queries
from mptf.screening.letters import thawed
from mptf.screening.views.shared import bp
from mptf.web import ActionForm, page_with, requires, send_made, the_viewer
from mptf.web.access import looked_at
from mptf.web.pages import let_go


@bp.get("/proposals/<public_id>/letter")
@requires(Permission.PROPOSALS_VIEW)
def letter(code: str, public_id: str) -> ResponseReturnValue:
    """Show the letter that declared a proposal ineligible, as it was issued."""
    found = get_proposal(the_viewer(), the_fund(), public_id)
    issued = queries.get_letter(found)
    looked_at(found, fund_id=found.fund_id)
    said = thawed(issued.content)
    return page_with(
        "screening/letter.html", ActionForm(None), proposal=found, issued=issued, letter=said,
        signed=papers.SIGNED, subject=papers.subject(said),
    )  # fmt: skip


@bp.get("/proposals/<public_id>/letter.pdf")
@requires(Permission.PROPOSALS_VIEW)
def letter_pdf(code: str, public_id: str) -> ResponseReturnValue:
    """Send the letter as a PDF file, and note who took it (EXP-2)."""
    found = get_proposal(the_viewer(), the_fund(), public_id)
    issued = queries.get_letter(found)
    looked_at(found, what="export", fund_id=found.fund_id, written_as="PDF")
    said, sha256, at = thawed(issued.content), issued.sha256, issued.issued_at
    let_go()
    return send_made(papers.pdf(said, sha256=sha256, made_at=at), papers.file_name(said), PDF_MEDIA_TYPE)
