"""Pages of the room."""

from flask import Blueprint, Flask

bp = Blueprint("signin", __name__)


def init_app(app: Flask) -> None:
    """Teach the application who is signed in."""
