"""What the pages of the room share."""

from typing import Any, TypeVar

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from mptf.web import Form

bp = Blueprint("fund", __name__)

T = TypeVar("T")


def page_with(form: Form, template: str, **values: Any) -> ResponseReturnValue:
    """Render a page with a form; one that was posted and refused answers 422."""
    return render_template(template, form=form, **values), 422 if request.method == "POST" else 200


def number(name: str, otherwise: int = 1) -> int:
    """Return a number of the address, such as a page or a year; what is none is `otherwise`."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else otherwise


def text(name: str) -> str:
    """Return a text of the address, cut to a length a search can use."""
    return request.args.get(name, "").replace("\0", "").strip()[:200]


def chosen(kind: type[T], name: str) -> T | None:
    """Return a choice of the address, or None where there is none of that name."""
    try:
        return kind(request.args.get(name, ""))  # type: ignore[call-arg]
    except ValueError:
        return None
