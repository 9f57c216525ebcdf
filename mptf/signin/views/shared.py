"""What the pages of the room share."""

from flask import Blueprint, request, url_for

from mptf.core.errors import N_
from mptf.web.text import say

bp = Blueprint("signin", __name__)


def landing() -> str:
    """Return where somebody goes after signing in."""
    return wanted() or url_for("desk.start")


def wanted() -> str | None:
    """Return the page somebody wanted before signing in, if it is one of ours."""
    path = request.args.get("next", "")
    ours = path.startswith("/") and path[1:2] not in ("/", "\\")  # two strokes would name another host
    return path if ours and path.isprintable() else None


@bp.app_template_filter()
def browser_words(agent: str) -> str:
    """Write a browser's own description as people call it: `Firefox on Windows`."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "Another program")
    system = next((name for sign, name in _SYSTEMS if sign in agent), None)
    return say(N_("{browser} on {system}"), browser=browser, system=system) if system else browser


_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
