"""Pages of the room: the way in and out, one's own account, and what an administrator does about sign-ins."""

from flask import Flask

from config import Environment
from mptf.signin import current
from mptf.signin.passwords import Passwords
from mptf.signin.views import account, admin, demo, entrance
from mptf.signin.views.shared import bp

__all__ = ["account", "admin", "bp", "demo", "entrance", "init_app"]


def init_app(app: Flask) -> None:
    """Teach the application who is signed in, and how it hashes passwords."""
    cheap = app.extensions["config"].environment is Environment.TEST
    app.extensions["passwords"] = Passwords(memory_kib=64, passes=1, apart=False) if cheap else Passwords()
    current.init_app(app)
