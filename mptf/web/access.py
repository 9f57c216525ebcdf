"""Who is asking, in which fund, and may they: closed unless a view says otherwise."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial, wraps
from typing import Any, Protocol

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from mptf.core import audit, clock
from mptf.core.clock import HasZone
from mptf.core.db import transactions
from mptf.core.errors import N_, NotFound
from mptf.policy import HeldRole, Permission, Viewer, can
from mptf.web.text import say

View = Callable[..., ResponseReturnValue]
WORLD = "public"
COOKIE_KEY = "sid"
READING = ("GET", "HEAD", "OPTIONS")
SAME_LOOK = timedelta(minutes=5)
LARGEST_NUMBER = 2**31 - 1


class FundLike(HasZone, Protocol):
    """A fund as far as pages in general are concerned."""

    @property
    def fund_id(self) -> int: ...
    @property
    def code(self) -> str: ...


def the_viewer() -> Viewer:
    """Return who is signed in; only views that require a permission may ask."""
    viewer = find_viewer()
    if viewer is None:
        raise NotFound
    return viewer


def the_role() -> HeldRole:
    """Return the role that counts in the fund of this address, for views behind a permission in it."""
    here = place()
    held = the_viewer().role_in(here.fund_id) if here else None
    if held is None:
        raise NotFound
    return held


def find_viewer() -> Viewer | None:
    """Return who is signed in with every factor asked for, or None; pages for the world never ask."""
    if request.blueprint in (None, WORLD):
        return None
    return current_user.viewer if current_user.is_authenticated else None


def carries_session() -> bool:
    """Tell whether a request brings the cookie of a session, living or not; pages for the world never ask."""
    return request.blueprint != WORLD and COOKIE_KEY in session


def place() -> FundLike | None:
    """Return the fund of this address as every page knows it, or None in the installation."""
    found: FundLike | None = g.get("fund")
    return found


def load_fund(find: Callable[[str], FundLike | None]) -> Callable[[], None]:
    """Make the step that loads the fund of `/f/<code>/…`; a fund not one's own does not exist."""

    def load() -> None:
        code = (request.view_args or {}).get("code")
        if code is None or not request.path.startswith("/f/"):
            return
        fund = find(code)
        if fund is None or not can(find_viewer(), Permission.FUND_VIEW, fund):
            if find_viewer() is None:
                return  # `requires` sends to sign-in, whether the fund exists or not
            raise NotFound
        g.fund = fund

    return load


def requires(permission: Permission) -> Callable[[View], View]:
    """Open a view to people who hold a permission in the fund of the address, or the installation."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
            viewer = find_viewer()
            if viewer is None:
                return to_sign_in()
            if not can(viewer, permission, _asked_of(permission)):
                raise NotFound
            g.looks = []
            answer = view(*args, **kwargs)
            for write in g.looks:
                write(by=viewer)
            return answer

        guarded.permission = permission  # type: ignore[attr-defined]  # read from the view where it is asked for
        return guarded

    return mark


def public(view: View) -> View:
    """Open a view to everybody, signed in or not."""
    view.permission = None  # type: ignore[attr-defined]  # the same
    return view


def ensure(permission: Permission, subject: Any) -> None:
    """Refuse a view its object as if it did not exist, unless the viewer holds the permission on it."""
    if not can(find_viewer(), permission, subject):
        raise NotFound


def looked_at(subject: audit.Subject, /, *, what: str = "page", fund_id: int | None = None, **detail: Any) -> None:
    """Note that this request shows something confidential; it is written once the answer is made, before it goes out.

    A page read again within a few minutes is the same look; every file and export that is taken is one of its own.
    A form that was refused shows its page once more to somebody who has read it.
    """
    if request.method in READING:
        again_after = SAME_LOOK if what == "page" else None
        g.looks.append(partial(audit.saw, what, subject, fund_id=fund_id, again_after=again_after, **detail))


def to_sign_in() -> ResponseReturnValue:
    """Send somebody to the sign-in page, and back to this address afterwards.

    What was typed into a form waits in the browser (`static/js/keep.js`) and comes back with its page.
    """
    if request.method in READING:
        return redirect(url_for("signin.sign_in", next=request.full_path.rstrip("?")))
    flash(say(N_("You were signed out meanwhile, and nothing was stored. Sign in again to go on.")), "warning")
    return redirect(url_for("signin.sign_in", next=page_of_form()))


def page_of_form() -> str | None:
    """Return the page a form was posted from, where its address is that of a page too."""
    methods = request.url_rule.methods if request.url_rule else None
    return request.path if "GET" in (methods or ()) else None


def arrived_at() -> datetime:
    """Return when this request came in: a deadline counts from here, not from when its unit of work had its turn."""
    arrived: datetime = g.arrived_at
    return arrived


def begin_request() -> None:
    """Note when a request came in, and begin every transaction of a reading one as a read-only one."""
    g.arrived_at = clock.now()
    if request.method in READING:
        scope = transactions("read")
        scope.__enter__()
        g.transactions = scope


def end_request(_error: BaseException | None) -> None:
    """Leave the mode of `begin_request`."""
    if scope := g.pop("transactions", None):
        scope.__exit__(None, None, None)


def closed_by_default() -> None:
    """Answer 404 at an endpoint that does not say who may use it."""
    if request.endpoint is None or request.endpoint == "static":
        return
    if not hasattr(current_app.view_functions[request.endpoint], "permission"):
        abort(404)


def refuse_nul() -> None:
    """Answer 404 at an address with a NUL, which no database keeps and PostgreSQL refuses to compare."""
    if "\0" in request.path or b"%00" in request.query_string:
        abort(404)


def refuse_huge() -> None:
    """Answer 404 at an address with a number no table has, which SQLite refuses to compare."""
    if any(isinstance(value, int) and value > LARGEST_NUMBER for value in (request.view_args or {}).values()):
        abort(404)


def init_app(app: Flask) -> None:
    """Put the access rules before every request."""
    app.before_request(begin_request)
    app.before_request(refuse_nul)
    app.before_request(refuse_huge)
    app.before_request(closed_by_default)
    app.teardown_request(end_request)


def _asked_of(permission: Permission) -> Any:
    return None if permission is Permission.OWN_ACCOUNT else place()
