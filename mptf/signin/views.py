"""Pages of the room."""

from flask import Blueprint, Flask

from mptf.signin import current

bp = Blueprint("signin", __name__)


def init_app(app: Flask) -> None:
    """Teach the application who is signed in."""
    current.init_app(app)
