"""Who this request comes from: the cookie's token, the session behind it, and what pages show of it."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, g, request, session
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user

from mptf.core.db import only_reads
from mptf.fund.models import Fund
from mptf.fund.queries import find_fund
from mptf.policy import Viewer
from mptf.signin import service
from mptf.signin.queries import Signed, find_signed
from mptf.web import config, find_viewer, place
from mptf.web.access import COOKIE_KEY, READING


class SignedUser(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """The owner of a living session; authenticated once every factor asked for was passed."""

    def __init__(self, signed: Signed) -> None:
        self.signed = signed
        self.viewer = signed.rights.viewer(signed.session.person, signed.session.chosen_grant_id)

    @property
    def is_authenticated(self) -> bool:
        """Whether the session reaches more than the second factor and sign-out."""
        return self.signed.complete

    def get_id(self) -> str:
        """Return the session's public id, never the person's."""
        return self.signed.session.public_id


@dataclass(frozen=True)
class RoleChoice:
    """One line of the role switcher."""

    key: str
    label: str
    current: bool


@dataclass(frozen=True)
class Shown:
    """The person as every page shows them."""

    id: int
    public_id: str
    name: str
    initials: str
    role_label: str
    roles: tuple[RoleChoice, ...]


def find_session() -> Signed | None:
    """Return the living session of this request, with all its factors passed or not."""
    signed: Signed | None = getattr(current_user, "signed", None)
    return signed


def find_open_fund(code: str) -> Fund | None:
    """Return the fund with this code, if there is one; to somebody signed in, only one they open may be known.

    Who only reads has read it with the session, in the same transaction.
    """
    signed = find_session()
    if signed is None or not only_reads():
        return find_fund(code)
    return next((fund for fund in signed.rights.funds if fund.code == code), None)


def remember(token: str) -> None:
    """Put a session's token into the cookie; nothing of an earlier visitor stays in it."""
    session.clear()
    session[COOKIE_KEY] = token


def forget() -> None:
    """Empty the cookie."""
    session.clear()


def _load(_request: Any) -> SignedUser | None:
    token = session.get(COOKIE_KEY)
    if not isinstance(token, str):
        return None
    signed = find_signed(token, idle_after=config().idle_after)
    return SignedUser(signed) if signed else None


def _note_activity() -> None:
    """Move the session's last use; not for public pages, and not for what a page fetches by itself."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "permission", None) is None:
        return
    by_itself = "HX-Request" in request.headers and request.method in READING
    signed = find_session()
    if signed and signed.complete and not by_itself:
        service.seen(signed.session)


def _for_templates() -> dict[str, Any]:
    if find_viewer() is None:
        return {"viewer": None, "funds": []}
    if "shown" not in g:
        g.shown = _shown(current_user.signed, current_user.viewer)
    return {"viewer": g.shown, "funds": list(current_user.signed.rights.funds)}


def _shown(signed: Signed, viewer: Viewer) -> Shown:
    fund = place()
    here = viewer.role_in(fund.fund_id if fund else None) or next(iter(viewer.held), None)
    labels = {held.grant.public_id: held.label for held in signed.rights.held}
    return Shown(
        id=viewer.id,
        public_id=viewer.public_id,
        name=viewer.name,
        initials=initials(viewer.name),
        role_label=here.role.label if here else "",
        roles=tuple(RoleChoice(key, label, bool(here and key == here.grant_id)) for key, label in labels.items()),
    )


def initials(name: str) -> str:
    """Return up to two initials of a name."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class _Manager(LoginManager):  # type: ignore[misc]  # the same
    """Flask-Login without its "remember me" cookie, whose bookkeeping would touch the session of every answer."""

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def init_app(app: Flask) -> None:
    """Teach the application who is signed in."""
    manager = _Manager()
    manager.session_protection = None  # the session row decides, not the visitor's address
    manager.anonymous_user = AnonymousUserMixin
    manager.request_loader(_load)
    manager.init_app(app, add_context_processor=False)
    app.before_request(_note_activity)
    app.context_processor(_for_templates)
