"""Pages of screening: the proposals and the checklist of a call, the screening of one proposal, and its outcome."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.calls.models import Call
from mptf.calls.queries import get_call_out
from mptf.core import clock
from mptf.core.errors import N_
from mptf.fund.current import the_fund
from mptf.paper.pdf import PDF_MEDIA_TYPE
from mptf.policy import Permission
from mptf.proposals.listed import MOST_TAKEN, Asked
from mptf.proposals.models import PROPOSAL_FLOW, Proposal
from mptf.proposals.pages import the_proposal
from mptf.proposals.queries import get_proposal
from mptf.screening import checklist as writing
from mptf.screening import listed, pages, papers, queries, service, sheets
from mptf.screening.forms import ChecklistForm, GroundsFilter, ItemForm, RefuseForm, ScreeningFilter
from mptf.screening.letters import proposed_text, thawed
from mptf.screening.pages import Screened
from mptf.screening.proposed import proposed
from mptf.web import (
    ActionForm,
    Form,
    asked,
    checked,
    commit,
    page_with,
    requires,
    send_csv,
    send_made,
    send_workbook,
    the_viewer,
)
from mptf.web.access import looked_at
from mptf.web.pages import let_go
from mptf.web.text import sentence

bp = Blueprint("screening", __name__, url_prefix="/f/<code>")


@bp.get("/calls/<public_id>/screening")
@requires(Permission.PROPOSALS_SCREEN)
def screening(code: str, public_id: str) -> ResponseReturnValue:
    """Show the submitted proposals of a call, how far their screening has come, and what they come to."""
    return _list(_call(public_id))


@bp.get("/calls/<public_id>/screening.xlsx")
@requires(Permission.PROPOSALS_SCREEN)
def xlsx(code: str, public_id: str) -> ResponseReturnValue:
    """Send the proposals of a call, as the filters of the list stand, as a workbook."""
    call = _call(public_id)
    taken = _taken(call, "XLSX")
    if taken is None:
        return _list(call, too_many=True)
    written, title = sheets.sheets(taken, listed.totals(call)), f"{sheets.TITLE}, {call.reference}"
    return send_workbook(written, title=title, source=sheets.WHAT, name=sheets.file_name(taken), made_at=taken.at)


@bp.get("/calls/<public_id>/screening.csv")
@requires(Permission.PROPOSALS_SCREEN)
def csv(code: str, public_id: str) -> ResponseReturnValue:
    """Send the same as comma-separated values."""
    call = _call(public_id)
    taken = _taken(call, "CSV")
    if taken is None:
        return _list(call, too_many=True)
    return send_csv(sheets.columns(call.fund), sheets.rows(taken), name=sheets.file_name(taken))


def _taken(call: Call, written_as: str) -> sheets.Taken | None:
    """Return the rows of the list as it is asked for, and note who took them (EXP-2); None where they are too many."""
    form = ScreeningFilter(request.args)
    rows = listed.whole(the_viewer(), call, _asked(call, form))
    if rows is None:
        return None
    looked_at(
        call, what="export", fund_id=call.fund_id, written_as=f"{sheets.TITLE}, {written_as}",
        filter=form.in_words(), rows=len(rows),
    )  # fmt: skip
    return sheets.Taken(call, rows, form.told(), the_viewer().name, clock.now())


@bp.route("/calls/<public_id>/checklist", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def checklist(code: str, public_id: str) -> ResponseReturnValue:
    """Show what proposals of a call are screened by, and add an item."""
    call, form = _call(public_id), ItemForm()
    if checked(form, lambda: writing.add(call, form.said(), by=the_viewer())):
        return commit(_checklist_of(call), "The item is added.")
    return _checklist(call, form)


@bp.post("/calls/<public_id>/checklist/adopt")
@requires(Permission.PROPOSALS_SCREEN)
def adopt(code: str, public_id: str) -> ResponseReturnValue:
    """Take over the proposed checklist of a call, to change it."""
    call, form = _call(public_id), ActionForm()
    if checked(form, lambda: writing.adopt(call, by=the_viewer())):
        return commit(_checklist_of(call), "The checklist is taken over. It can be changed until the first answer.")
    return _checklist(call, ItemForm(None).refused_as(form))


@bp.route("/calls/<public_id>/checklist/<item_id>", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def change_item(code: str, public_id: str, item_id: str) -> ResponseReturnValue:
    """Write an item of a checklist anew."""
    call = _call(public_id)
    item = queries.get_item(call, item_id)
    form = ItemForm.of(item)

    def act() -> bool:
        form.same_version(ItemForm.of(item, formdata=None))
        return writing.change(call, item, form.said(), by=the_viewer())

    if done := checked(form, act):
        return commit(_checklist_of(call), "The item is changed." if done.result else N_("Nothing was changed."))
    return page_with("screening/item.html", form, call=call, item=item, refusal=sentence(writing.why_frozen(call)))


@bp.post("/calls/<public_id>/checklist/<item_id>/remove")
@requires(Permission.PROPOSALS_SCREEN)
def remove_item(code: str, public_id: str, item_id: str) -> ResponseReturnValue:
    """Take an item out of a checklist."""
    call, form = _call(public_id), ActionForm()
    item = queries.get_item(call, item_id)
    if checked(form, lambda: writing.remove(call, item, by=the_viewer())):
        return commit(_checklist_of(call), "The item is removed.")
    return _checklist(call, ItemForm(None).refused_as(form))


@bp.post("/calls/<public_id>/checklist/<item_id>/up")
@requires(Permission.PROPOSALS_SCREEN)
def move_item(code: str, public_id: str, item_id: str) -> ResponseReturnValue:
    """Let an item of a checklist stand before the one above it."""
    call, form = _call(public_id), ActionForm()
    item = queries.get_item(call, item_id)
    if checked(form, lambda: writing.move_up(call, item, by=the_viewer())):
        return commit(_checklist_of(call), "The item is moved up.")
    return _checklist(call, ItemForm(None).refused_as(form))


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
        return commit(f"{_address(found)}#checklist-h", told, count=done.result)
    return _screened(shown, form)


@bp.post("/proposals/<public_id>/screening/begin")
@requires(Permission.PROPOSALS_SCREEN)
def take_up(code: str, public_id: str) -> ResponseReturnValue:
    """Take up the screening of a proposal."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SCREEN), ActionForm()
    if checked(form, lambda: service.take_up(found, by=the_viewer())):
        return commit(_address(found), "You took up the screening of {number}.", number=found.number)
    return _again(found, form)


@bp.post("/proposals/<public_id>/screening/admit")
@requires(Permission.PROPOSALS_SCREEN)
def admit(code: str, public_id: str) -> ResponseReturnValue:
    """Admit a proposal to technical review."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SCREEN), ActionForm()
    if checked(form, lambda: service.admit(found, by=the_viewer())):
        return commit(_address(found), "{number} is admitted to technical review.", number=found.number)
    return _again(found, form)


@bp.post("/proposals/<public_id>/screening/invite")
@requires(Permission.PROPOSALS_SCREEN)
def invite(code: str, public_id: str) -> ResponseReturnValue:
    """Invite the full proposal after a concept note."""
    found, form = the_proposal(public_id, Permission.PROPOSALS_SCREEN), ActionForm()
    if checked(form, lambda: service.invite(found, by=the_viewer())):
        told = N_("The full proposal of {number} is invited; who writes it is told by mail.")
        return commit(_address(found), told, number=found.number)
    return _again(found, form)


@bp.route("/proposals/<public_id>/screening/refuse", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def refuse(code: str, public_id: str) -> ResponseReturnValue:
    """Choose the reasons, write the letter, and declare a proposal ineligible."""
    found = the_proposal(public_id, Permission.PROPOSALS_SCREEN)
    looked_at(found, fund_id=found.fund_id)
    shown, wanted = pages.screened(found), GroundsFilter(request.args)
    chosen = wanted.chosen or shown.grounds
    words = [ground.value for ground in chosen]
    text = proposed_text(shown.known, chosen) if chosen else ""
    form = RefuseForm(data={"grounds": words, "text": text, "version": shown.opened_on})

    def act() -> str:
        form.refuse_opened_before(shown.opened_on)
        form.check()
        return service.refuse(found, form.chosen, form.text.data or "", by=the_viewer()).number

    if done := checked(form, act):
        told = N_("{number} is ineligible; the letter {letter} is issued and its writers are told by mail.")
        return commit(_address(found), told, number=found.number, letter=done.result)
    if not wanted.chosen:
        wanted.grounds.data = words
    return page_with(
        "screening/refuse.html", form, proposal=found, wanted=wanted, shown=shown,
        writing=bool(wanted.chosen) or request.method == "POST", told=len(service.told_of_outcome(found)),
        possible=found.status in PROPOSAL_FLOW.steps["refuse"].sources,
    )  # fmt: skip


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


def _list(call: Call, *, too_many: bool = False) -> ResponseReturnValue:
    """Show a page of the proposals of a call; `too_many` says why no file was made of them."""
    form = ScreeningFilter(request.args)
    page = render_template(
        "screening/call.html", form=form, call=call, page=listed.page_of(the_viewer(), call, _asked(call, form)),
        totals=listed.totals(call), too_many=too_many, most=MOST_TAKEN,
    )  # fmt: skip
    return page, 422 if too_many else 200


def _asked(call: Call, form: ScreeningFilter) -> Asked:
    return form.wanted(call.public_id, asked.text("words"), asked.page())


def _screened(shown: Screened, form: Form) -> ResponseReturnValue:
    return page_with("screening/screen.html", form, proposal=shown.proposal, **pages.page_facts(shown))


def _again(found: Proposal, button: Form) -> ResponseReturnValue:
    """Show the page of screening with the refusal of one of its buttons."""
    shown = pages.screened(found)
    form = ChecklistForm.of(shown.items, shown.stands, shown.opened_on, formdata=None)
    return _screened(shown, form.refused_as(button))


def _checklist(call: Call, form: Form) -> ResponseReturnValue:
    items = queries.items_of(call)
    return page_with(
        "screening/checklist.html", form, call=call, items=items, proposed=[] if items else list(proposed(call)),
        refusal=sentence(writing.why_frozen(call)),
    )  # fmt: skip


def _call(public_id: str) -> Call:
    return get_call_out(the_viewer(), the_fund(), public_id)


def _address(found: Proposal) -> str:
    return url_for(".screen", code=the_fund().code, public_id=found.public_id)


def _checklist_of(call: Call) -> str:
    return url_for(".checklist", code=the_fund().code, public_id=call.public_id)
