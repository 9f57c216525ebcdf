"""What the pages of the room share: where they stand, the call of an address, the page of a screening."""

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from mptf.calls.models import Call
from mptf.calls.queries import get_call_out
from mptf.fund.current import the_fund
from mptf.proposals.models import Proposal
from mptf.screening import pages
from mptf.screening.pages import Screened
from mptf.web import Form, page_with, the_viewer

bp = Blueprint("screening", __name__, url_prefix="/f/<code>")


def the_call(public_id: str) -> Call:
    """Return the call of this address; of a draft there is nothing to screen."""
    return get_call_out(the_viewer(), the_fund(), public_id)


def address(found: Proposal) -> str:
    """Return where the screening of a proposal stands."""
    return url_for(".screen", code=the_fund().code, public_id=found.public_id)


def screening_page(shown: Screened, form: Form) -> ResponseReturnValue:
    """Show the screening of a proposal, with its checklist or a refusal of one of its buttons."""
    return page_with("screening/screen.html", form, proposal=shown.proposal, **pages.page_facts(shown, the_viewer()))
