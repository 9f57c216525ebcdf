"""The checklist of a call: what its proposals are screened by, written until the first answer."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from mptf.calls.models import Call
from mptf.core.errors import N_
from mptf.fund.current import the_fund
from mptf.policy import Permission
from mptf.screening import checklist as writing
from mptf.screening import queries
from mptf.screening.forms import ItemForm
from mptf.screening.proposed import proposed
from mptf.screening.views.shared import bp, the_call
from mptf.web import ActionForm, Form, checked, commit, page_with, requires, the_viewer
from mptf.web.text import sentence


@bp.route("/calls/<public_id>/checklist", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def checklist(code: str, public_id: str) -> ResponseReturnValue:
    """Show what proposals of a call are screened by, and add an item."""
    call, form = the_call(public_id), ItemForm()
    if checked(form, lambda: writing.add(call, form.said(), by=the_viewer())):
        return commit(_address(call), "The item is added.")
    return _page(call, form)


@bp.post("/calls/<public_id>/checklist/adopt")
@requires(Permission.PROPOSALS_SCREEN)
def adopt(code: str, public_id: str) -> ResponseReturnValue:
    """Take over the proposed checklist of a call, to change it."""
    call, form = the_call(public_id), ActionForm()
    if checked(form, lambda: writing.adopt(call, by=the_viewer())):
        return commit(_address(call), "The checklist is taken over. It can be changed until the first answer.")
    return _page(call, ItemForm(None).refused_as(form))


@bp.route("/calls/<public_id>/checklist/<item_id>", methods=["GET", "POST"])
@requires(Permission.PROPOSALS_SCREEN)
def change_item(code: str, public_id: str, item_id: str) -> ResponseReturnValue:
    """Write an item of a checklist anew."""
    call = the_call(public_id)
    item = queries.get_item(call, item_id)
    form = ItemForm.of(item)

    def act() -> bool:
        form.same_version(ItemForm.of(item, formdata=None))
        return writing.change(call, item, form.said(), by=the_viewer())

    if done := checked(form, act):
        return commit(_address(call), "The item is changed." if done.result else N_("Nothing was changed."))
    return page_with("screening/item.html", form, call=call, item=item, refusal=sentence(writing.why_frozen(call)))


@bp.post("/calls/<public_id>/checklist/<item_id>/remove")
@requires(Permission.PROPOSALS_SCREEN)
def remove_item(code: str, public_id: str, item_id: str) -> ResponseReturnValue:
    """Take an item out of a checklist."""
    return _with_item(public_id, item_id, writing.remove, N_("The item is removed."))


@bp.post("/calls/<public_id>/checklist/<item_id>/up")
@requires(Permission.PROPOSALS_SCREEN)
def move_item(code: str, public_id: str, item_id: str) -> ResponseReturnValue:
    """Let an item of a checklist stand before the one above it."""
    return _with_item(public_id, item_id, writing.move_up, N_("The item is moved up."))


def _with_item(public_id: str, item_id: str, act: Any, told: str) -> ResponseReturnValue:
    call, form = the_call(public_id), ActionForm()
    item = queries.get_item(call, item_id)
    if checked(form, lambda: act(call, item, by=the_viewer())):
        return commit(_address(call), told)
    return _page(call, ItemForm(None).refused_as(form))


def _page(call: Call, form: Form) -> ResponseReturnValue:
    items = queries.items_of(call)
    return page_with(
        "screening/checklist.html", form, call=call, items=items, proposed=[] if items else list(proposed(call)),
        refusal=sentence(writing.why_frozen(call)),
    )  # fmt: skip


def _address(call: Call) -> str:
    return url_for(".checklist", code=the_fund().code, public_id=call.public_id)
