"""What the pages of the room share."""

from flask import Blueprint, request

from mptf.web import Form

bp = Blueprint("signin", __name__)


def status_of(form: Form) -> int:
    """Answer 429 to one who tried too often, 422 to a form that was refused, 200 to one not sent yet."""
    if request.method != "POST" or not form.errors:
        return 200
    return 429 if getattr(form, "too_many", False) else 422


@bp.app_template_filter()
def browser_words(agent: str) -> str:
    """Write a browser's own description as people call it: `Firefox on Windows`."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "Another program")
    system = next((name for sign, name in _SYSTEMS if sign in agent), None)
    return f"{browser} on {system}" if system else browser


_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
