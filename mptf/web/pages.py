"""The end of a request: one commit, attachments, error pages, headers."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, NoReturn, TypeVar
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from jinja2.filters import do_filesizeformat
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import RequestRedirect

from config import Config
from mptf.core import files, ids, logs
from mptf.core import once as form_tokens
from mptf.core.db import db
from mptf.core.errors import N_, DomainError, NotAllowed, NotFound, RuleBroken
from mptf.core.files import Store, StoredFile
from mptf.paper.calendar import CALENDAR_MEDIA_TYPE, Moment, write_calendar
from mptf.paper.delimited import write_csv
from mptf.paper.values import XLSX_MEDIA_TYPE, Column, Value
from mptf.paper.workbook import NotesSheet, TableSheet, write_workbook
from mptf.web.access import READING, WORLD, carries_session, find_viewer, page_of_form, place, to_sign_in
from mptf.web.forms import Form, new_token
from mptf.web.text import say, sentence

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
KEPT = "public, max-age=31536000, immutable"
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,40}")
REFERENCE_LENGTH = 8
# What the script of a page says beside a form of which it asks what sending it would do.
FORESEEN = "foreseen"
PUBLIC_ID = "~public-id~"  # stands where an address names something; no public id has such signs
SANDBOX = "default-src 'none'; sandbox"

log = logs.get(__name__)

T = TypeVar("T")


def once(form: Form) -> None:
    """Claim a posted form's token before anything else; a repeat ends here with the first result."""
    posted = str(form.token.data)
    token = posted if TOKEN.fullmatch(posted) else new_token()  # not one of ours: nothing to repeat
    g.form_token = form_tokens.claim(token, by=find_viewer())


@dataclass(frozen=True)
class Done(Generic[T]):
    """What came of a form that was posted and accepted."""

    result: T


def tried(form: Form, act: Callable[[], T]) -> Done[T] | None:
    """Validate a posted form and return what comes of it, without claiming its token.

    For what may be sent again, and for hashing, which must hold no lock. A refusal undoes what was
    begun, stands in the form, and returns None: render it again.
    """
    if request.method != "POST" or not form.validate():
        return None
    try:
        return Done(act())
    except RuleBroken as refusal:
        db.session.rollback()
        g.pop("form_token", None)
        form.refuse(refusal)
        return None


def checked(form: Form, act: Callable[[], T]) -> Done[T] | None:
    """Validate a posted form and do what it asks, once; None means: render it again."""

    def claimed() -> T:
        once(form)
        return act()

    return tried(form, claimed)


def foreseen(form: Form, act: Callable[[], T], template: str) -> ResponseReturnValue | None:
    """Answer a page that asks what sending a form would do: do it, show `done` in a part of a page, and undo it.

    None means: it was sent in earnest. A form that would be refused answers with nothing; the page then sends it.
    """
    if request.method != "POST" or FORESEEN not in request.form:
        return None
    try:
        done = tried(form, act)
        return render_template(template, done=done.result) if done else ("", form.refused_with)
    finally:
        db.session.rollback()


def page_with(template: str, form: Form, **values: Any) -> ResponseReturnValue:
    """Render a page with a form; one that was posted and refused answers with the status of its refusal."""
    return render_template(template, form=form, **values), form.refused_with if request.method == "POST" else 200


def commit(location: str, message: str = "", /, **values: object) -> ResponseReturnValue:
    """Commit everything the request did, and send the person to see it; a sentence says what was done."""
    _settle(location)
    if message:
        flash(say(message, **values))
    return redirect(location, code=303)


def commit_page(template: str, **values: Any) -> str:
    """Commit everything the request did, and show what this answer alone may show."""
    _settle(request.path)
    return render_template(template, **values)


def commit_answer(**values: Any) -> Response:
    """Commit everything the request did, and answer the script of the page."""
    _settle(request.path)
    return jsonify(values)


def _settle(location: str) -> None:
    if token := g.pop("form_token", None):
        token.location = location
    db.session.commit()


def config() -> Config:
    """Return the settings of the installation."""
    settings: Config = current_app.extensions["config"]
    return settings


def store() -> Store:
    """Return the content store of the installation."""
    found: Store = current_app.extensions["files"]
    return found


def send_attachment(stored: StoredFile) -> Response:
    """Send a file the caller has already checked, never to be opened in place."""
    name = files.called(stored.own_name)  # an older row may be called by what no header can say
    response = send_file(
        store().found(stored.sha256), mimetype=stored.media_type, as_attachment=True, download_name=name
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def undo() -> None:
    """Undo what a posted form did, its token included: it was a look, and is sent again in earnest."""
    db.session.rollback()
    g.pop("form_token", None)


def let_go() -> None:
    """End the transaction of a reading request before slow work that asks the database nothing."""
    db.session.rollback()


def send_made(content: bytes, name: str, media_type: str) -> Response:
    """Send a file that was made for this answer alone, never to be opened in place."""
    response = Response(content, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def send_workbook(
    sheets: Sequence[TableSheet | NotesSheet], *, title: str, source: str, name: str, made_at: datetime
) -> Response:
    """Send sheets as a workbook called `name`; it is written while no transaction is open."""
    let_go()
    out = io.BytesIO()
    write_workbook(out, sheets, title=title, source=source, made_at=made_at)
    return send_made(out.getvalue(), f"{name}.xlsx", XLSX_MEDIA_TYPE)


def send_csv(columns: Sequence[Column], rows: Iterable[Sequence[Value]], *, name: str) -> Response:
    """Send a table as comma-separated values called `name`; it is written while no transaction is open."""
    let_go()
    out = io.BytesIO()
    write_csv(out, columns, rows)
    return send_made(out.getvalue(), f"{name}.csv", "text/csv")


def send_calendar(moments: Sequence[Moment], *, title: str, name: str) -> Response:
    """Send moments as a calendar file called `name`."""
    let_go()
    return send_made(write_calendar(moments, name=title), f"{name}.ics", CALENDAR_MEDIA_TYPE)


def not_found() -> NoReturn:
    """End the request as if there were no such page."""
    raise NotFound


def _page(code: int, words: str = "", back: Sequence[tuple[str, str]] = (), reference: str = "") -> ResponseReturnValue:
    """Render an error without asking the database or who is reading, so that it works when they do not."""
    db.session.rollback()
    page = current_app.jinja_env.get_template("errors/error.html")
    ways = [*back, *_ways_on()]
    shown = page.render(
        code=code, sentence=words, installation=installation(), request=request, ways=ways, reference=reference,
        known=carries_session(),
    )  # fmt: skip
    return shown, code


def _ways_on() -> list[tuple[str, str]]:
    """Return where a person goes on from an error: the cookie alone decides, never what the address names (ACL-2)."""
    if carries_session():
        return [(say(N_("Home")), url_for("desk.start")), (say(N_("Your account")), url_for("signin.security"))]
    return [(say(N_("Start page")), url_for("public.index")), (say(N_("Sign in")), url_for("signin.sign_in"))]


def _absent(_error: Exception) -> ResponseReturnValue:
    return _page(404)


def _refused(refusal: DomainError) -> ResponseReturnValue:
    return _page(409, sentence(refusal))


def _gone(refusal: DomainError) -> ResponseReturnValue:
    return _page(410, sentence(refusal))


def _changed(_error: Exception) -> ResponseReturnValue:
    return _page(409)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    return _page(404 if error.code == 403 else error.code)


def _written_as_here() -> ResponseReturnValue | None:
    """Send to an address as it is written here, with its last slash: by its path, for anybody may name any host."""
    elsewhere = request.routing_exception
    if not isinstance(elsewhere, RequestRedirect):
        return None
    whole = urlsplit(elsewhere.new_url)
    path = f"/{whole.path.lstrip('/')}"  # two slashes would begin a host
    return redirect(f"{path}?{whole.query}" if whole.query else path, code=elsewhere.code)


def _too_large(_error: HTTPException) -> ResponseReturnValue:
    told = N_("A file may have at most {file}, and what is typed into a form {text}. Nothing was stored.")
    file, text = current_app.config["MAX_CONTENT_LENGTH"], current_app.config["MAX_FORM_MEMORY_SIZE"]
    back = page_of_form()
    ways = [(say(N_("Back to the form")), back)] if back else []
    return _page(413, say(told, file=do_filesizeformat(file), text=do_filesizeformat(text)), ways)


def _broken(error: Exception) -> ResponseReturnValue:
    reference = ids.new()[:REFERENCE_LENGTH]
    log.error("unhandled error", reference=reference, exc_info=error)
    return _page(500, reference=reference)


def _done_before(done: form_tokens.AlreadyDone) -> ResponseReturnValue:
    db.session.rollback()
    return redirect(done.location or request.path, code=303)


def _csrf(_refusal: CSRFError) -> ResponseReturnValue:
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "permission", None) and find_viewer() is None:
        return to_sign_in()
    return _page(400, "This page was open for too long, or you signed in anew since it was opened.")


def secure(response: Response) -> Response:
    """Set the headers every answer carries; nobody keeps a page but those for the world, and the assets."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if (request.endpoint != "static" and request.blueprint != WORLD) or request.method not in READING:
        response.headers["Cache-Control"] = "no-store"
    elif request.endpoint == "static" and "v" in request.args and response.status_code in (200, 304):
        response.headers["Cache-Control"] = KEPT  # the address of another content is another
    return response


def _assets_of(app: Flask) -> Callable[[str], str]:
    """Make what gives the address of a static file; another whenever a desk is started with another content."""
    folder = str(app.static_folder)  # asked for once: it is put together each time, and a page draws many icons
    return lambda name: _asset_at(request.script_root, folder, name)


@lru_cache(maxsize=256)
def _asset_at(_root: str, folder: str, name: str) -> str:
    """Put the address together, once for each place the desk is served at: a page draws many icons."""
    path = Path(folder) / name
    return url_for("static", filename=name, v=int(path.stat().st_mtime) if path.exists() else 0)


def _page_of(endpoint: str, code: str, public_id: str) -> str:
    """Return the address of the page of something in a fund; a table with many of them puts it together once."""
    before, after = _around(request.script_root, endpoint, code)
    return f"{before}{public_id}{after}"


@lru_cache(maxsize=1024)
def _around(_root: str, endpoint: str, code: str) -> tuple[str, str]:
    """Return what stands before and behind the public id in the addresses of an endpoint."""
    before, _, after = url_for(endpoint, code=code, public_id=PUBLIC_ID).rpartition(PUBLIC_ID)
    return before, after


def installation() -> dict[str, Any]:
    """Return what every page says of the installation."""
    return {"name": "Trust Fund Desk", "demo": config().demo}


def _for_templates() -> dict[str, Any]:
    return {
        "fund": place(),
        "viewer": find_viewer(),
        "installation": installation(),
    }


def init_app(app: Flask) -> None:
    """Answer errors in words, and set the headers."""
    app.register_error_handler(NotFound, _absent)
    app.register_error_handler(NotAllowed, _absent)
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(files.Gone, _gone)
    app.register_error_handler(StaleDataError, _changed)
    app.register_error_handler(form_tokens.AlreadyDone, _done_before)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(Exception, _broken)
    app.before_request(_written_as_here)
    app.add_template_global(_assets_of(app), "asset")
    app.add_template_global(_page_of, "page_of")
    app.add_template_global(new_token)
    app.context_processor(_for_templates)
    app.after_request(secure)
