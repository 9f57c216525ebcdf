"""Pages of the room: the audit log of the installation, and that of one fund."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from mptf.core.audit import AuditEvent
from mptf.fund.current import the_fund
from mptf.fund.models import Fund
from mptf.policy import Permission
from mptf.trail import queries
from mptf.trail.forms import LogFilter
from mptf.trail.queries import Log, Wanted
from mptf.trail.wording import shown
from mptf.web import asked, requires
from mptf.web.access import looked_at

bp = Blueprint("trail", __name__)

EVERYTHING = "installation"


@dataclass
class WholeLog:
    """The audit log itself, as something that somebody looks at."""

    public_id: str
    __tablename__: str = AuditEvent.__tablename__


@bp.get("/admin/audit")
@requires(Permission.AUDIT_VIEW)
def of_installation() -> ResponseReturnValue:
    """Show every event of the installation."""
    return _log("trail.of_installation", None)


@bp.get("/f/<code>/audit")
@requires(Permission.AUDIT_VIEW)
def of_fund(code: str) -> ResponseReturnValue:
    """Show the events of this fund."""
    return _log("trail.of_fund", the_fund(), code=code)


def _log(endpoint: str, fund: Fund | None, **place: Any) -> ResponseReturnValue:
    form = LogFilter(request.args)
    log = queries.LOOKS if request.args.get("log") == queries.LOOKS.name else queries.CHANGES
    form.offer(*queries.choices(log, fund))
    wanted = form.wanted() if form.validate() else Wanted()
    page = queries.page_of(log, wanted, fund=fund, page=asked.page())
    names = queries.names_in(page.items, fund=fund)
    _note(log, form, fund)
    return render_template(
        "trail/log.html",
        form=form,
        page=page,
        events=[shown(event, names) for event in page.items],
        log=log.name,
        check=queries.check() if "check" in request.args else None,
        end=queries.end_of_chain(),
        **_addresses(endpoint, log, form, place),
    )


def _note(log: Log, form: LogFilter, fund: Fund | None) -> None:
    """Note who reads the log, and of what; not the words they look for, which may be somebody's name."""
    looked_at(
        WholeLog(fund.public_id if fund else EVERYTHING),
        fund_id=fund.id if fund else None,
        log=log.name,
        **form.chosen(),
    )


def _addresses(endpoint: str, log: Log, form: LogFilter, place: dict[str, Any]) -> dict[str, Any]:
    """Return the addresses of the page: its own, those of both logs, and of the check of the chain."""
    base = {**place, "log": log.name} if log is queries.LOOKS else place
    typed: dict[str, Any] = form.typed()
    return {
        "endpoint": endpoint,
        "base": base,
        "values": {**base, **typed},
        "address": url_for(endpoint, **base),
        "changes_address": url_for(endpoint, **place),
        "looks_address": url_for(endpoint, log=queries.LOOKS.name, **place),
        "check_address": url_for(endpoint, **base, **typed, check=1),
    }
