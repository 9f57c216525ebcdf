"""Whether this process lives, whether it can serve, and the refusal to serve another revision."""

import time

from flask import Blueprint, Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin
from sqlalchemy.exc import DBAPIError

from config import Environment
from mptf.core import schema
from mptf.core.db import db, transactions
from mptf.web.access import public
from mptf.web.pages import config

LOOK_EVERY = 2.0  # seconds between two looks at the revision of the database

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    """Answer that the process lives, whatever the database does."""
    return {"status": "ok"}


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Answer whether the database answers, at the revision of this code; why not stands in the log."""
    if (reason := refusal()) is None:
        return {"status": "ok"}
    current_app.logger.warning("not ready: %s", reason)
    return {"status": "not ready"}, 503


def require_current(app: Flask) -> None:
    """End the start of a web server whose database is at another revision (MIG-1)."""
    with app.app_context():
        try:
            reason = refusal()
        finally:
            db.engine.dispose()
    if reason:
        raise SystemExit(reason)


def guard(app: Flask) -> None:
    """Answer 503 as soon as somebody migrates the database under a running process."""
    next_look = 0.0

    def look() -> ResponseReturnValue | None:
        nonlocal next_look
        if request.blueprint == bp.name or time.monotonic() < next_look:
            return None
        if refusal() is None:
            next_look = time.monotonic() + LOOK_EVERY
            return None
        g._login_user = AnonymousUserMixin()  # noqa: SLF001 - the table of sessions may be another by now
        words = "The system is being updated. Try again in a few minutes; what you typed is still on your screen."
        return render_template("errors/error.html", code=503, sentence=words), 503, {"Retry-After": "60"}

    app.before_request_funcs.setdefault(None, []).insert(0, look)


def refusal() -> str | None:
    """Return why this process must not work on the database as it is."""
    try:
        with transactions("read"), db.engine.connect() as connection:
            schema.require_current(connection)
            settings = config()
            if settings.environment is not Environment.TEST:
                schema.require_world(connection, demonstration=settings.demo)
    except (schema.WrongRevision, schema.WrongWorld) as wrong:
        return str(wrong)
    except DBAPIError as error:
        return f"The database does not answer: {error.orig}"
    return None
