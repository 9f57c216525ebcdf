"""What the installation does for itself by the clock; each chore says in a few words what came of it."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, literal, select

from mptf.calls import queries as calls
from mptf.calls import service as closing
from mptf.calls.models import Call
from mptf.core import audit, clock, files, logs
from mptf.core.audit import AuditAnchor
from mptf.core.db import Base, db, transactions, unit_of_work
from mptf.core.errors import RuleBroken
from mptf.core.once import FormToken
from mptf.drafting import thinning
from mptf.jobs import schedule
from mptf.proposals import reminders
from mptf.signin import limits
from mptf.signin import service as signin
from mptf.signin.models import PasswordReset, ResetAsked, SigninSession
from mptf.web import store

# A form older than this is refused by its session anyway; until then its token must be known.
KEEP_FORM_TOKENS = timedelta(days=7)
# Long enough to answer "was that me?"; that somebody signed in stays in the audit log, without the address.
KEEP_SESSIONS = timedelta(days=90)
# A quarter of runs is enough to see since when a job fails.
KEEP_RUNS = timedelta(days=90)

log = logs.get(__name__)


def sweep_files() -> str:
    """Remove blobs no row has named for a day."""
    with transactions("read"):
        return f"{files.sweep(store())} loose files removed"


def check_files() -> str:
    """Compare every stored file with its hash (FIL-1); a damaged one fails the job."""
    with transactions("read"):
        damaged = files.damaged(store())
    if damaged:
        raise RuntimeError(f"{len(damaged)} stored files are missing or changed: {', '.join(damaged[:10])}")
    return "every stored file has its hash"


def close_calls() -> str:
    """Close the calls whose time is over, each in a unit of work of its own."""
    with transactions("read"):
        past = [call.id for call in calls.to_close()]
        db.session.remove()
    closed = 0
    for call_id in past:
        try:
            with unit_of_work():
                closing.close(db.session.get_one(Call, call_id))
        except RuleBroken:  # amended, cancelled or closed since it was looked for
            continue
        closed += 1
    return f"{closed} calls closed"


def remind_of_closing() -> str:
    """Remind who works on an open draft that its call closes soon; how many that were is said nowhere."""
    with transactions("read"):
        soon = [call.id for call in reminders.closing_soon()]
        db.session.remove()
    for call_id in soon:
        with unit_of_work():
            reminders.remind(db.session.get_one(Call, call_id))
    return "looked at the calls that close soon"


def print_anchor() -> str:
    """Print the end of the audit chain to the log, which is kept elsewhere, and remember it (AUD-1)."""
    today = clock.now().date()
    with unit_of_work():
        seq, digest = audit.head(db.session())
        if db.session.get(AuditAnchor, today) is None:
            db.session.add(AuditAnchor(printed_on=today, seq=seq, hash=digest))
    log.info("audit anchor", seq=seq, hash=digest)
    return f"{seq}:{digest}"


def answer_resets() -> int:
    """Send the ways back that were asked for; return how many addresses were looked at."""
    looked_at = 0
    while _any(ResetAsked):
        with unit_of_work():
            looked_at += signin.answer_reset()
    return looked_at


def _any(model: type[Base]) -> bool:
    """Look for a row without taking a lock."""
    with transactions("read"):
        try:
            return db.session.scalar(select(literal(1)).select_from(model).limit(1)) is not None
        finally:
            db.session.remove()


def thin_drafts() -> str:
    """Thin out what the pages of proposals saved by themselves, a little at a time."""
    with transactions("read"):
        gone = thinning.superfluous()
        db.session.remove()
    for place in range(0, len(gone), thinning.AT_ONCE):
        with unit_of_work():
            thinning.remove(gone[place : place + thinning.AT_ONCE])
    return f"{len(gone)} versions of parts thinned out"


def forget() -> str:
    """Remove technical rows whose time is over."""
    now = clock.now()
    runs = schedule.forget_runs(now - KEEP_RUNS)
    with unit_of_work():
        attempts = limits.forget_old()
        tokens = _delete(FormToken, FormToken.created_at < now - KEEP_FORM_TOKENS)
        sessions = _delete(SigninSession, SigninSession.expires_at < now - KEEP_SESSIONS)
        resets = _delete(PasswordReset, PasswordReset.expires_at < now - KEEP_SESSIONS)
    return (
        f"{runs} job runs, {tokens} form tokens, {attempts} sign-in attempts, {sessions} sessions "
        f"and {resets} reset links forgotten"
    )


def _delete(model: type[Base], condition: ColumnElement[bool]) -> int:
    gone = delete(model).where(condition).returning(literal(1)).execution_options(synchronize_session=False)
    return len(db.session.execute(gone).all())
