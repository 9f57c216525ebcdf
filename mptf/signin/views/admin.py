"""What an administrator does about somebody's sign-in: invitations, sessions, a lost second factor."""

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from mptf.core import mail
from mptf.core.errors import N_
from mptf.fund.queries import all_funds, organisations_of
from mptf.people.forms import InviteForm
from mptf.people.queries import get_person
from mptf.policy import Permission
from mptf.signin import factors, queries, service
from mptf.signin.views.shared import bp, status_of
from mptf.web import checked, commit, config, not_found, requires, the_viewer
from mptf.web.text import say


@bp.route("/admin/people/invite", methods=("GET", "POST"))
@requires(Permission.PEOPLE_EDIT)
def invite() -> ResponseReturnValue:
    """Invite somebody, with the role that waits for them."""
    form = InviteForm()
    form.offer(all_funds(), organisations_of())
    invited: list[str] = []

    def act() -> None:
        person = service.welcome(
            name=str(form.name.data), email=str(form.email.data), wanted=form.asked(), by=the_viewer()
        )
        invited.append(person.public_id)

    if checked(form, act):
        return commit(
            url_for("people.person", person_id=invited[0]),
            say(N_("{email} gets a mail with the next step."), email=form.email.data),
        )
    return render_template("signin/invite.html", form=form), status_of(form)


@bp.get("/admin/people/<person_id>/access")
@requires(Permission.PEOPLE_EDIT)
def access_of(person_id: str) -> ResponseReturnValue:
    """Show how somebody signs in: invitation, second factor, sessions."""
    person = get_person(person_id)
    return render_template(
        "signin/access.html",
        person=person,
        invitation=queries.find_invitation(person.id),
        waits=service.waits(person),
        factor=factors.find_factor(person.id),
        codes_left=factors.recovery_codes_left(person.id),
        sessions=queries.living_sessions(person.id, idle_after=config().idle_after),
    )


@bp.post("/admin/people/<person_id>/invitation/send")
@requires(Permission.PEOPLE_EDIT)
def invite_again(person_id: str) -> ResponseReturnValue:
    """Send a new invitation; the earlier link stops working."""
    person = get_person(person_id)
    service.send_invitation(service.invite(person, by=the_viewer()))
    return commit(
        url_for("signin.access_of", person_id=person_id),
        say(N_("A new invitation goes to {email}."), email=person.email),
    )


@bp.post("/admin/people/<person_id>/invitation/withdraw")
@requires(Permission.PEOPLE_EDIT)
def withdraw(person_id: str) -> ResponseReturnValue:
    """Withdraw an invitation and the roles that waited for it."""
    person = get_person(person_id)
    if person.joined_at is not None:
        not_found()
    service.withdraw_invitation(person, by=the_viewer())
    return commit(
        url_for("signin.access_of", person_id=person_id), "The invitation is withdrawn and its roles are ended."
    )


@bp.post("/admin/people/<person_id>/sessions/end-all")
@requires(Permission.PEOPLE_EDIT)
def end_sessions_of(person_id: str) -> ResponseReturnValue:
    """End every session of somebody."""
    person = get_person(person_id)
    ended = service.end_all_sessions(person, by=the_viewer())
    words = N_("One session of {name} is ended.") if ended == 1 else N_("{count} sessions of {name} are ended.")
    return commit(url_for("signin.access_of", person_id=person_id), say(words, name=person.name, count=ended))


@bp.post("/admin/people/<person_id>/second-factor/remove")
@requires(Permission.PEOPLE_EDIT)
def remove_factor_of(person_id: str) -> ResponseReturnValue:
    """Remove a second factor somebody lost; the next sign-in sets up a new one."""
    person = get_person(person_id)
    service.refuse_own(person, by=the_viewer())
    factors.remove(person, by=the_viewer())
    service.end_all_sessions(person, by=the_viewer())
    mail.post("second_factor_changed", subject_id=person.public_id, to_person_id=person.id)
    return commit(
        url_for("signin.access_of", person_id=person_id),
        say(N_("The second factor of {name} is removed; the next sign-in sets up a new one."), name=person.name),
    )
