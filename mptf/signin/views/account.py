"""One's own account: password, second factor, sessions, the role one works in."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from mptf.people.models import Person
from mptf.people.queries import get_person
from mptf.policy import Permission
from mptf.signin import door, factors, passwords, qr, queries, service
from mptf.signin.current import find_session, forget, remember
from mptf.signin.forms import ChangePasswordForm, ConfirmedSetUpForm, PasswordAgainForm
from mptf.signin.queries import Signed
from mptf.signin.views.shared import bp
from mptf.web import (
    ActionForm,
    Form,
    checked,
    commit,
    commit_page,
    config,
    not_found,
    page_with,
    requires,
    the_viewer,
    tried,
)  # fmt: skip
from mptf.web.text import sentence


def me() -> Person:
    """Return the person signed in, in the running unit of work."""
    return get_person(the_viewer().public_id)


def mine() -> Signed:
    """Return the session of this request."""
    return find_session() or not_found()


@bp.get("/account/security")
@requires(Permission.OWN_ACCOUNT)
def security() -> ResponseReturnValue:
    """Show password, second factor, roles and sessions."""
    return _security_page(ActionForm())


def _security_page(form: Form) -> ResponseReturnValue:
    signed = mine()
    person_id = signed.session.person_id
    return page_with(
        "signin/security.html",
        form,
        person=signed.session.person,
        password_changed_at=queries.password_changed_at(person_id),
        factor=factors.find_factor(person_id),
        codes_left=factors.recovery_codes_left(person_id),
        held=signed.rights.held,
        sessions=queries.living_sessions(person_id, idle_after=config().idle_after),
        this_session=signed.session.public_id,
        factor_asked=_why_kept(signed),
    )


@bp.route("/account/password", methods=("GET", "POST"))
@requires(Permission.OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Change one's password; the other sessions end."""
    form, signed = ChangePasswordForm(), mine()
    chosen = tried(form, lambda: _confirmed_password(signed, form))
    done = checked(form, lambda: _replace_password(signed, chosen.result)) if chosen else None
    if done:
        remember(done.result)
        return commit(url_for("signin.security"), "Your password is changed, and your other sessions are ended.")
    least = passwords.least(second_factor=signed.second_factor_asked)
    return page_with("signin/change_password.html", form, least=least)


@bp.route("/account/second-factor", methods=("GET", "POST"))
@requires(Permission.OWN_ACCOUNT)
def renew_factor() -> ResponseReturnValue:
    """Set up a second factor, or another one; the earlier one, its recovery codes and the other sessions end."""
    form, signed = ConfirmedSetUpForm(), mine()
    seed = factors.seed_for(door.keys(), signed.session.person, signed.session.public_id)
    confirmed = tried(form, lambda: door.confirm_password(signed, str(form.current.data)))

    def act() -> tuple[list[str], str]:
        codes = factors.renew(me(), keys=door.keys(), seed=seed, code=str(form.code.data))
        return codes, service.keep_alone(door.living(signed))

    done = checked(form, act) if confirmed else None
    if done:
        codes, token = done.result
        remember(token)
        return commit_page("signin/new_codes.html", codes=codes)
    picture = qr.picture(door.keys(), seed, account=signed.session.person.email)
    return page_with("signin/renew_factor.html", form, picture=picture, enrolled=signed.enrolled)


@bp.route("/account/recovery-codes", methods=("GET", "POST"))
@requires(Permission.OWN_ACCOUNT)
def renew_codes() -> ResponseReturnValue:
    """Make new recovery codes; the earlier ones stop working."""
    form, signed = PasswordAgainForm(), mine()
    if not signed.enrolled:
        return redirect(url_for("signin.renew_factor"))
    confirmed = tried(form, lambda: door.confirm_password(signed, str(form.current.data)))
    codes = checked(form, lambda: factors.renew_codes(me(), keys=door.keys())) if confirmed else None
    if codes:
        return commit_page("signin/new_codes.html", codes=codes.result)
    return page_with("signin/renew_codes.html", form)


@bp.route("/account/second-factor/remove", methods=("GET", "POST"))
@requires(Permission.OWN_ACCOUNT)
def remove_factor() -> ResponseReturnValue:
    """Remove one's second factor, where neither role nor password asks for one."""
    form, signed = PasswordAgainForm(), mine()
    confirmed = tried(form, lambda: door.confirm_password(signed, str(form.current.data)))
    done = checked(form, lambda: factors.remove_own(signed)) if confirmed else None
    if done:
        return commit(url_for("signin.security"), "Your second factor is removed.")
    return page_with("signin/remove_factor.html", form, reason=_why_kept(signed))


@bp.post("/account/sessions/<session_id>/end")
@requires(Permission.OWN_ACCOUNT)
def end_session(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    person, form = me(), ActionForm()
    session = queries.get_session(person.id, session_id)
    if not checked(form, lambda: service.end_session(session, by=person)):
        return _security_page(form)
    if session.public_id == mine().session.public_id:
        forget()
    return commit(url_for("signin.security"), "That session is ended.")


@bp.post("/account/sessions/end-all")
@requires(Permission.OWN_ACCOUNT)
def end_all_sessions() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    person, form = me(), ActionForm()
    if not checked(form, lambda: service.end_all_sessions(person, by=person)):
        return _security_page(form)
    forget()
    return commit(url_for("signin.sign_in"), "You are signed out everywhere.")


@bp.post("/account/role")
@requires(Permission.OWN_ACCOUNT)
def switch_role() -> ResponseReturnValue:
    """Work in another of one's roles."""
    form, wanted, signed = ActionForm(), request.form.get("role", ""), mine()
    held = next((held for held in signed.rights.held if held.grant.public_id == wanted), None) or not_found()
    if not checked(form, lambda: service.choose_role(door.living(signed), held.grant)):
        return _security_page(form)
    home = url_for("desk.home", code=held.fund.code) if held.fund else url_for("desk.start")
    return commit(home, "You work as {role} now.", role=held.label)


def _confirmed_password(signed: Signed, form: ChangePasswordForm) -> door.NewPassword:
    door.confirm_password(signed, str(form.current.data))
    return door.new_password(signed.session.person, str(form.password.data))


def _replace_password(signed: Signed, chosen: door.NewPassword) -> str:
    service.change_password(me(), password_hash=chosen.password_hash, short=chosen.short)
    return service.keep_alone(door.living(signed))


def _why_kept(signed: Signed) -> str:
    """Say why the second factor has to stay, or nothing."""
    return sentence(factors.why_kept(signed))
