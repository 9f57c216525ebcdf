"""The way in and out: password, second factor, invitation, reset."""

from collections.abc import Callable

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.people.models import Person
from mptf.signin import door, factors, qr, service
from mptf.signin.current import find_session, forget, remember
from mptf.signin.devices import remember_device
from mptf.signin.door import OpenedSession
from mptf.signin.forms import CodeForm, NewPasswordForm, ResetForm, SetUpForm, SignInForm
from mptf.signin.models import AnyLink, Invitation, PasswordReset
from mptf.signin.queries import Signed, demands_on
from mptf.signin.views.demo import invented_people
from mptf.signin.views.shared import bp, landing, wanted
from mptf.web import commit, commit_page, config, page_with, public, tried


@bp.route("/sign-in", methods=("GET", "POST"))
@public
def sign_in() -> ResponseReturnValue:
    """Ask for address and password."""
    form = SignInForm()
    opened = tried(form, lambda: door.pass_password(str(form.email.data), str(form.password.data)))
    if opened:
        return _enter(opened.result, str(form.email.data))
    signed = find_session()
    if signed and request.method == "GET":
        return redirect(landing() if signed.complete else _second_step())
    return page_with("signin/sign_in.html", form, minutes=_idle_minutes(), invented=invented_people())


@bp.route("/sign-in/second-factor", methods=("GET", "POST"))
@public
def second_factor() -> ResponseReturnValue:
    """Ask for the code of the second factor."""
    signed = find_session()
    if signed is None or signed.complete or not signed.enrolled:
        return redirect(_way_of(signed))
    form = CodeForm()
    token = tried(form, lambda: door.pass_code(signed, str(form.code.data)))
    if token:
        return _enter(OpenedSession(token.result, half=False), signed.session.person.email)
    person = signed.session.person
    return page_with("signin/second_factor.html", form, person=person, shown=_demo_code(person))


@bp.route("/sign-in/second-factor/set-up", methods=("GET", "POST"))
@public
def set_up() -> ResponseReturnValue:
    """Let somebody who must have a second factor, and has none, set one up."""
    signed = find_session()
    if signed is None or signed.complete or signed.enrolled:
        return redirect(_way_of(signed))
    form, person = SetUpForm(), signed.session.person
    seed = factors.seed_for(door.keys(), person, signed.session.public_id)
    done = tried(form, lambda: door.enrol(signed, seed, str(form.code.data)))
    if done:
        token, codes = done.result
        remember(token)
        page = make_response(commit_page("signin/recovery_codes.html", codes=codes, onward=landing()))
        remember_device(page, door.account_key(person.email))
        return page
    picture = qr.picture(door.keys(), seed, account=person.email)
    return page_with("signin/set_up.html", form, picture=picture)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session, whatever factors it passed."""
    signed = find_session()
    if signed:
        session = door.living(signed)
        service.end_session(session, by=session.person)
    forget()
    return commit(url_for("signin.sign_in"), "You are signed out.")


@bp.route("/invitation/<token>", methods=("GET", "POST"))
@public
def accept(token: str) -> ResponseReturnValue:
    """Let an invited person choose a password; reading the page changes nothing."""
    return _choose_password("signin/accept.html", door.look_up(Invitation, token), door.join)


@bp.route("/sign-in/reset", methods=("GET", "POST"))
@public
def ask_reset() -> ResponseReturnValue:
    """Ask where the way back goes; known and unknown addresses are told the same."""
    form = ResetForm()
    if tried(form, lambda: door.ask_for_reset(str(form.email.data))):
        return commit(url_for("signin.reset_sent"))
    return page_with("signin/ask_reset.html", form)


@bp.get("/sign-in/reset/sent")
@public
def reset_sent() -> ResponseReturnValue:
    """Say what happens next."""
    return render_template("signin/reset_sent.html")


@bp.route("/reset/<token>", methods=("GET", "POST"))
@public
def choose_password(token: str) -> ResponseReturnValue:
    """Let somebody choose a new password; reading the page changes nothing."""
    return _choose_password("signin/choose_password.html", door.look_up(PasswordReset, token), door.come_back)


def _choose_password(
    template: str, link: AnyLink | None, enter: Callable[[AnyLink, str], OpenedSession]
) -> ResponseReturnValue:
    """Show the page a mailed link leads to while it works, and go in with the password chosen there."""
    if link is None:
        return render_template("signin/link_dead.html"), 404
    form, person = NewPasswordForm(), link.person
    opened = tried(form, lambda: enter(link, str(form.password.data)))
    if opened:
        return _enter(opened.result, person.email)
    return page_with(template, form, person=person, least=demands_on(person).shortest_password)


def _enter(opened: OpenedSession, email: str) -> ResponseReturnValue:
    """Give the browser its new session, and go on: to the second factor, or to where the person wanted."""
    remember(opened.token)
    if opened.half:
        return commit(_second_step())
    answer = make_response(commit(landing()))
    remember_device(answer, door.account_key(email))
    return answer


def _way_of(signed: Signed | None) -> str:
    if signed is None:
        return url_for("signin.sign_in", next=wanted())
    return landing() if signed.complete else _second_step(enrolled=signed.enrolled)


def _second_step(*, enrolled: bool = True) -> str:
    return url_for("signin.second_factor" if enrolled else "signin.set_up", next=wanted())


def _demo_code(person: Person) -> str | None:
    """Return what the telephone of an invented person shows; nobody else has one here."""
    factor = factors.find_factor(person.id) if config().demo else None
    return factors.code_now(door.keys(), factor) if factor else None


def _idle_minutes() -> int:
    return int(config().idle_after.total_seconds() // 60)
