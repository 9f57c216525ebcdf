"""The first page after sign-in, the home of a fund, and search."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from mptf.policy import Permission
from mptf.web import requires

bp = Blueprint("desk", __name__)


@bp.get("/home")
@requires(Permission.OWN_ACCOUNT)
def start() -> ResponseReturnValue:
    """Show the first page."""
    return render_template("desk/home.html")


@bp.get("/f/<code>/")
@requires(Permission.FUND_VIEW)
def home(code: str) -> ResponseReturnValue:
    """Show the home of a fund."""
    return render_template("desk/home.html")


@bp.get("/f/<code>/search")
@requires(Permission.FUND_VIEW)
def search(code: str) -> ResponseReturnValue:
    """Search a fund."""
    return render_template("desk/home.html")
