"""Pages of views: keeping the filters that stand, renaming a view, taking it out. One's own alone."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from mptf.core.errors import N_, RuleBroken
from mptf.fund.current import the_fund
from mptf.lists import queries, service
from mptf.lists.forms import KeepForm, NameForm
from mptf.lists.kinds import TABLE, Listed
from mptf.lists.models import SavedView
from mptf.lists.pages import address_of, read
from mptf.policy import Permission
from mptf.web import ActionForm, Form, checked, commit, not_found, page_with, requires, the_viewer

bp = Blueprint("lists", __name__, url_prefix="/f/<code>/views")


@bp.route("/keep/<of>", methods=["GET", "POST"])
@requires(Permission.FUND_VIEW)
def keep(code: str, of: str) -> ResponseReturnValue:
    """Keep the filters that stand in a list under a name, or ask before another view is replaced by them."""
    listed, form = _listed(of), KeepForm(data={"asked": request.args.get("asked", "")})
    filters = read(listed, form.asked.data or "")
    valid = filters.validate()

    def act() -> SavedView:
        if not valid:
            raise RuleBroken(N_("A filter is not right, so this view cannot be kept. Mend it in the list first."))
        asked, replace = filters.address(), form.replaces_knowingly
        return service.keep(the_fund(), listed, form.name.data or "", asked, by=the_viewer(), replace=replace)

    if done := checked(form, act):
        told = N_("The view “{name}” is kept. It stands above the list, for you alone.")
        return commit(address_of(listed, done.result), told, name=done.result.name)
    there = queries.named_alike(queries.views_of(the_viewer(), the_fund(), listed.key), form.name.data or "")
    form.replaces.data = (form.name.data or "") if there else ""
    return page_with("lists/keep.html", form, listed=listed, told=filters.told() if valid else [], there=there)


@bp.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.FUND_VIEW)
def view(code: str, public_id: str) -> ResponseReturnValue:
    """Rename a view; its page says what it asks for."""
    listed, found = _own(public_id)
    form = NameForm(data={"name": found.name})

    def act() -> None:
        service.rename(the_fund(), found, form.name.data or "", by=the_viewer())

    if checked(form, act):
        return commit(address_of(listed, found), "The view has its new name.")
    return _shown(listed, found, form, form)


@bp.post("/<public_id>/remove")
@requires(Permission.FUND_VIEW)
def remove(code: str, public_id: str) -> ResponseReturnValue:
    """Take a view out."""
    listed, found = _own(public_id)
    form = ActionForm()
    whole = address_of(listed, found).partition("?")[0]
    if checked(form, lambda: service.remove(the_fund(), found, by=the_viewer())):
        return commit(whole, "The view is removed. The list is as it was.")
    return _shown(listed, found, form, NameForm(None, data={"name": found.name}))


def _shown(listed: Listed[Any], found: SavedView, form: Form, naming: NameForm) -> ResponseReturnValue:
    filters = listed.form(MultiDict(found.asked))
    gone = filters.drop_gone()
    address = address_of(listed, found)
    values = {"listed": listed, "found": found, "naming": naming, "told": filters.told(), "gone": gone}
    return page_with("lists/view.html", form, address=address, **values)


def _listed(key: str) -> Listed[Any]:
    """Return a list this person reads."""
    found = TABLE.get(key)
    if found is None or not found.open_to(the_viewer(), the_fund()):
        not_found()
    return found


def _own(public_id: str) -> tuple[Listed[Any], SavedView]:
    """Return a view this person keeps, of a list that is still open to them."""
    found = queries.get_view(the_viewer(), the_fund(), public_id)
    return _listed(found.list_key), found
