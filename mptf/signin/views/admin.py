"""What an administrator does about somebody's sign-in: invitations, sessions, a lost second factor."""

from flask import url_for
from flask.typing import ResponseReturnValue

from mptf.core.errors import N_
from mptf.fund.queries import all_funds
from mptf.organisations.queries import all_offices, organisations_of
from mptf.people.forms import InviteForm
from mptf.people.models import Person
from mptf.people.queries import get_person
from mptf.policy import Permission
from mptf.signin import factors, queries, service
from mptf.signin.views.demo import mailed_link
from mptf.signin.views.shared import bp
from mptf.web import ActionForm, checked, commit, config, not_found, page_with, requires, the_viewer
from mptf.web.access import looked_at


@bp.route("/admin/people/invite", methods=("GET", "POST"))
@requires(Permission.PEOPLE_EDIT)
def invite() -> ResponseReturnValue:
    """Invite somebody, with the role that waits for them."""
    form = InviteForm()
    form.offer(all_funds(), organisations_of(), all_offices())

    def act() -> Person:
        return service.welcome(
            name=str(form.name.data), email=str(form.email.data), wanted=form.asked(), by=the_viewer()
        )

    if invited := checked(form, act):
        home = url_for("people.person", person_id=invited.result.public_id)
        return commit(home, "{email} gets a mail with the next step.", email=form.email.data)
    return page_with("signin/invite.html", form)


@bp.get("/admin/people/<person_id>/access")
@requires(Permission.PEOPLE_EDIT)
def access_of(person_id: str) -> ResponseReturnValue:
    """Show how somebody signs in: invitation, second factor, sessions."""
    person = get_person(person_id)
    looked_at(person)
    return _access_page(person, ActionForm())


def _access_page(person: Person, form: ActionForm) -> ResponseReturnValue:
    invitation = queries.find_invitation(person.id)
    return page_with(
        "signin/access.html",
        form,
        person=person,
        invitation=invitation,
        waits=service.waits(person),
        factor=factors.find_factor(person.id),
        codes_left=factors.recovery_codes_left(person.id),
        link=mailed_link(invitation),
        sessions=queries.living_sessions(person.id, idle_after=config().idle_after),
    )


@bp.post("/admin/people/<person_id>/invitation/send")
@requires(Permission.PEOPLE_EDIT)
def invite_again(person_id: str) -> ResponseReturnValue:
    """Send a new invitation; the earlier link stops working."""
    person, form = get_person(person_id), ActionForm()
    if checked(form, lambda: service.send_invitation(service.invite(person, by=the_viewer()))):
        return commit(_access_of(person), "A new invitation goes to {email}.", email=person.email)
    return _access_page(person, form)


@bp.post("/admin/people/<person_id>/invitation/withdraw")
@requires(Permission.PEOPLE_EDIT)
def withdraw(person_id: str) -> ResponseReturnValue:
    """Withdraw an invitation and the roles that waited for it."""
    person, form = get_person(person_id), ActionForm()
    if person.joined_at is not None:
        not_found()
    if checked(form, lambda: service.withdraw_invitation(person, by=the_viewer())):
        return commit(_access_of(person), "The invitation is withdrawn and its roles are ended.")
    return _access_page(person, form)


@bp.post("/admin/people/<person_id>/sessions/end-all")
@requires(Permission.PEOPLE_EDIT)
def end_sessions_of(person_id: str) -> ResponseReturnValue:
    """End every session of somebody."""
    person, form = get_person(person_id), ActionForm()
    if ended := checked(form, lambda: service.end_all_sessions(person, by=the_viewer())):
        count = ended.result
        words = N_("One session of {name} is ended.") if count == 1 else N_("{count} sessions of {name} are ended.")
        return commit(_access_of(person), words, name=person.name, count=count)
    return _access_page(person, form)


@bp.post("/admin/people/<person_id>/second-factor/remove")
@requires(Permission.PEOPLE_EDIT)
def remove_factor_of(person_id: str) -> ResponseReturnValue:
    """Remove a second factor somebody lost; the next sign-in sets up a new one."""
    person, form = get_person(person_id), ActionForm()
    if checked(form, lambda: factors.remove_lost(person, by=the_viewer())):
        words = N_("The second factor of {name} is removed; the next sign-in sets up a new one.")
        return commit(_access_of(person), words, name=person.name)
    return _access_page(person, form)


def _access_of(person: Person) -> str:
    return url_for("signin.access_of", person_id=person.public_id)
