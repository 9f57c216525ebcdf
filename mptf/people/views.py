"""Pages of the room: people and their roles, and the audit log."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.core.errors import N_
from mptf.fund.models import Fund
from mptf.fund.queries import all_funds, organisations_of
from mptf.people import history, queries, service
from mptf.people.forms import HistoryForm, NameForm, RoleForm
from mptf.people.models import Person
from mptf.policy import Permission
from mptf.web import ActionForm, asked, checked, commit, page_with, requires, the_fund, the_viewer
from mptf.web.text import say

bp = Blueprint("people", __name__)


@bp.get("/admin/people")
@requires(Permission.PEOPLE_EDIT)
def people_list() -> ResponseReturnValue:
    """Show everybody, with the roles they hold today."""
    text, fund_code = asked.text("q"), asked.text("fund")
    found = queries.search_people(text, fund_code=fund_code, page=asked.page())
    rows = [(person, queries.standing_of(person)) for person in found.items]
    return render_template(
        "people/list.html", page=found, rows=rows, funds_to_choose=all_funds(), text=text, fund_code=fund_code
    )


@bp.get("/admin/people/<person_id>")
@requires(Permission.PEOPLE_EDIT)
def person(person_id: str) -> ResponseReturnValue:
    """Show one person and every role ever held."""
    return _person_page(queries.get_person(person_id), ActionForm())


def _person_page(who: Person, form: ActionForm) -> ResponseReturnValue:
    return page_with("people/person.html", form, person=who, standing=queries.standing_of(who))


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
    form.offer(all_funds(), organisations_of())

    def act() -> None:
        grant = service.give_role(who, by=the_viewer(), **form.asked())
        if who.joined_at is not None:
            service.tell_of_role(grant)

    if checked(form, act):
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


@bp.get("/admin/audit")
@requires(Permission.AUDIT_VIEW)
def audit_log() -> ResponseReturnValue:
    """Show every change of the installation."""
    return _history("people.audit_log", None)


@bp.get("/f/<code>/audit")
@requires(Permission.AUDIT_VIEW)
def fund_audit(code: str) -> ResponseReturnValue:
    """Show the changes of this fund."""
    return _history("people.fund_audit", the_fund(), code=code)


@bp.app_template_filter()
def event_words(line: history.Line) -> str:
    """Write what somebody did, in the reader's language."""
    return say(line.template, **line.values)


def _history(endpoint: str, fund: Fund | None, **place: Any) -> ResponseReturnValue:
    form = HistoryForm(request.args)
    log = history.LOOKS if request.args.get("log") == history.LOOKS.name else history.CHANGES
    form.offer(*history.choices(log, fund))
    wanted = form.wanted() if form.validate() else history.Wanted()
    page = history.page_of(log, wanted, fund=fund, page=asked.page())
    values: dict[str, Any] = {**place, "log": log.name} if log is history.LOOKS else place
    typed: dict[str, Any] = form.typed()
    return render_template(
        "people/audit.html",
        form=form,
        page=page,
        log=log.name,
        endpoint=endpoint,
        base=values,
        values={**values, **typed},
        address=url_for(endpoint, **values),
        changes_address=url_for(endpoint, **place),
        looks_address=url_for(endpoint, log=history.LOOKS.name, **place),
        check=history.check() if "check" in request.args else None,
        check_address=url_for(endpoint, **values, **typed, check=1),
        end=history.end_of_chain(),
    )
