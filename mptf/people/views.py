"""Pages of the room: people and their roles, and the notices one gets oneself."""

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.core.errors import N_
from mptf.fund.current import the_fund
from mptf.fund.queries import all_funds
from mptf.organisations.queries import all_offices, organisations_of
from mptf.people import notices, queries, service
from mptf.people.forms import NameForm, NoticesForm, RoleForm
from mptf.people.models import Person
from mptf.policy import Permission
from mptf.web import ActionForm, asked, checked, commit, page_with, requires, the_viewer
from mptf.web.access import looked_at

bp = Blueprint("people", __name__)


@bp.get("/admin/people")
@requires(Permission.PEOPLE_EDIT)
def people_list() -> ResponseReturnValue:
    """Show everybody, with the roles they hold today."""
    text, fund_code = asked.text("q"), asked.text("fund")
    found = queries.search_people(text, fund_code=fund_code, page=asked.page())
    rows = [(person, queries.roles_of(person)) for person in found.items]
    return render_template(
        "people/list.html", page=found, rows=rows, funds_to_choose=all_funds(), text=text, fund_code=fund_code
    )


@bp.get("/admin/people/<person_id>")
@requires(Permission.PEOPLE_EDIT)
def person(person_id: str) -> ResponseReturnValue:
    """Show one person and every role ever held."""
    who = queries.get_person(person_id)
    looked_at(who)
    return _person_page(who, ActionForm())


def _person_page(who: Person, form: ActionForm) -> ResponseReturnValue:
    return page_with("people/person.html", form, person=who, roles=queries.roles_of(who))


@bp.route("/admin/people/<person_id>/name", methods=("GET", "POST"))
@requires(Permission.PEOPLE_EDIT)
def rename(person_id: str) -> ResponseReturnValue:
    """Change the name somebody is shown by."""
    who = queries.get_person(person_id)
    form = NameForm(obj=who)

    def act() -> None:
        form.same_version(NameForm(None, obj=who))
        service.rename(who, name=str(form.name.data), by=the_viewer())

    if checked(form, act):
        return commit(url_for("people.person", person_id=person_id), "The name is changed.")
    return page_with("people/rename.html", form, person=who)


@bp.route("/admin/people/<person_id>/roles/give", methods=("GET", "POST"))
@requires(Permission.PEOPLE_EDIT)
def give_role(person_id: str) -> ResponseReturnValue:
    """Give somebody one more role."""
    who = queries.get_person(person_id)
    form = RoleForm()
    form.offer(all_funds(), organisations_of(), all_offices())
    if checked(form, lambda: service.give_role(who, form.asked(), by=the_viewer(), tell=True)):
        return commit(url_for("people.person", person_id=person_id), "The role is given.")
    return page_with("people/give_role.html", form, person=who)


@bp.post("/admin/people/<person_id>/roles/<grant_id>/end")
@requires(Permission.PEOPLE_EDIT)
def end_role(person_id: str, grant_id: str) -> ResponseReturnValue:
    """End a role now."""
    who = queries.get_person(person_id)
    grant, form = queries.get_grant(who, grant_id), ActionForm()
    if checked(form, lambda: service.end_role(grant, by=the_viewer())):
        words = N_("The role is ended. {name} can no longer use it.")
        return commit(url_for("people.person", person_id=person_id), words, name=who.name)
    return _person_page(who, form)


@bp.get("/f/<code>/people")
@requires(Permission.PEOPLE_VIEW)
def in_fund(code: str) -> ResponseReturnValue:
    """Show who holds which role in this fund."""
    return render_template("people/in_fund.html", grants=queries.roles_in(the_fund()))


@bp.route("/account/notices", methods=("GET", "POST"))
@requires(Permission.OWN_ACCOUNT)
def own_notices() -> ResponseReturnValue:
    """Choose which notices come to oneself by mail."""
    viewer = the_viewer()
    offered = notices.offered_to(viewer.held)
    form = NoticesForm.of(offered, notices.choices_of(viewer.id))

    def act() -> bool:
        person = queries.get_person(viewer.public_id)
        return notices.choose(person, form.kinds.data or (), offered, by=viewer)

    if done := checked(form, act):
        told = N_("It is kept: the next notices come as you chose.") if done.result else N_("Nothing was changed.")
        return commit(url_for("people.own_notices"), told)
    return page_with("people/notices.html", form, offered=offered)
