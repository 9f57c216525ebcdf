"""The screening of a proposal: the checklist with what was found, answered as often as one likes."""

from flask.typing import ResponseReturnValue

from mptf.core.errors import N_
from mptf.policy import Permission
from mptf.proposals.pages import the_proposal
from mptf.screening import pages, service
from mptf.screening.forms import ChecklistForm
from mptf.screening.views.shared import address, bp, screening_page
from mptf.web import checked, commit, requires, the_viewer
from mptf.web.access import looked_at


@bp.route("/proposals/<public_id>/screening", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def screen(code: str, public_id: str) -> ResponseReturnValue:
    """Show the screening of a proposal, and keep what is found at the items of the checklist."""
    found = the_proposal(public_id, Permission.PROPOSALS_SCREEN)
    looked_at(found, fund_id=found.fund_id)
    shown = pages.screened(found)
    form = ChecklistForm.of(shown.items, shown.stands, shown.opened_on)

    def act() -> int:
        form.refuse_opened_before(shown.opened_on)
        form.settle(shown.now.found)
        return service.answer(found, form.said(), by=the_viewer())

    if done := checked(form, act):
        told = N_("It is saved; items answered anew: {count}.") if done.result else N_("Nothing was changed.")
        return commit(f"{address(found)}#checklist-h", told, count=done.result)
    return screening_page(shown, form)
