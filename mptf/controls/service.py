"""Ask for a reversal or a closing, and decide; whoever prepared it never does, as no role (MON-6)."""

from datetime import date

from mptf.controls import queries
from mptf.controls.models import REQUEST_FLOW, ControlRequest, RequestKind
from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.fund.models import Fund
from mptf.fund.service import lock
from mptf.ledger import service as ledger
from mptf.ledger.models import Entry
from mptf.ledger.queries import fund_of
from mptf.policy import Permission, Viewer, can, require

audit.tell(
    {
        "control_request.requested": N_("asked for: {kind} ({about})"),
        "control_request.approved": N_("approved: {kind} ({about})"),
        "control_request.declined": N_("declined: {kind} ({about})"),
        "control_request.withdrawn": N_("withdrew the request for: {kind} ({about})"),
    },
    names={"control_request": N_("request"), "about": N_("what it is about")},
)


def ask_reversal(entry: Entry, *, reason: str, by: Viewer) -> ControlRequest:
    """Ask that everything the document of an entry posted is taken back."""
    require(by, Permission.REVERSALS_ASK, entry)
    ledger.check_reason(reason)
    fund = fund_of(entry)
    lock(fund.id)
    if not queries.to_reverse(fund, entry):
        raise RuleBroken(N_("Everything this document posted is reversed already."))
    if any(earlier.open for earlier in queries.requests_about(fund, queries.document_of(fund, entry))):
        raise RuleBroken(N_("Its reversal is asked for already."))
    return _ask(ControlRequest(fund_id=fund.id, kind=RequestKind.REVERSAL, entry_id=entry.id, reason=reason), entry, by)


def ask_closing(fund: Fund, until: date, *, note: str = "", by: Viewer) -> ControlRequest:
    """Ask that every open month up to one is closed."""
    require(by, Permission.BOOKS_PREPARE, fund)
    lock(fund.id)
    ledger.check_closing(fund, until)
    if queries.open_closing(fund):
        raise RuleBroken(N_("Its closing is asked for already."))
    return _ask(ControlRequest(fund_id=fund.id, kind=RequestKind.CLOSING, month=until, reason=note), None, by)


def approve(request: ControlRequest, *, by: Viewer) -> None:
    """Do what was asked; the Administrative Agent's approval of a reversal confirms it too."""
    told = _told(request, request.entry)
    fund = _decide(request, by)
    REQUEST_FLOW.fire(request, "approve", by=by, **told)
    if request.entry is not None:
        ledger.reverse_document(fund, request.entry.source_kind, request.entry.source_id, reason=request.reason, by=by)
        if can(by, Permission.DEPOSITS_CONFIRM, fund):
            _confirm(fund, request.entry, by)
    if request.month is not None:
        ledger.close_months(fund, request.month, prepared_by=request.prepared_by, by=by, note=request.reason)


def decline(request: ControlRequest, *, answer: str, by: Viewer) -> None:
    """Refuse what was asked, saying why; the books stay as they are."""
    needed(answer, "answer", N_("Say why it is declined."))
    told = _told(request, request.entry)
    _decide(request, by)
    request.answer = answer
    REQUEST_FLOW.fire(request, "decline", by=by, answer=answer, **told)


def withdraw(request: ControlRequest, *, by: Viewer) -> None:
    """Take one's own request back before anybody decided."""
    _locked(request)
    if request.prepared_by_id != by.id:
        raise RuleBroken(N_("{name} asked for this, and alone withdraws it."), name=request.prepared_by.name)
    told = _told(request, request.entry)
    request.ended_at = clock.now()
    REQUEST_FLOW.fire(request, "withdraw", by=by, **told)


def confirm_reversal(entry: Entry, *, by: Viewer) -> None:
    """Record that the Administrative Agent has taken a document back in its books as well."""
    require(by, Permission.DEPOSITS_CONFIRM, entry)
    fund = fund_of(entry)
    lock(fund.id)
    if refusal := why_not_confirm_reversal(entry, by=by):
        raise refusal
    if not _confirm(fund, entry, by):
        raise RuleBroken(N_("No reversal of this document waits for a confirmation."))


def why_not_confirm_reversal(entry: Entry, *, by: Viewer) -> RuleBroken | None:
    """Return why a person may not confirm a reversal that waits for it, or None (MON-6: maker is not checker)."""
    if by.id in queries.asked_for(fund_of(entry), entry):
        return RuleBroken(N_("You asked for this reversal; somebody else confirms it."))
    return None


def _ask(request: ControlRequest, entry: Entry | None, by: Viewer) -> ControlRequest:
    request.prepared_by_id = by.id
    db.session.add(request)
    db.session.flush()
    audit.record("control_request.requested", request, by=by, fund_id=request.fund_id, **_told(request, entry))
    return request


def _decide(request: ControlRequest, by: Viewer) -> Fund:
    """Let another person than the one who prepared a request end it."""
    fund = _locked(request)
    require(by, Permission.BOOKS_APPROVE, request)
    ledger.check_approver(request.prepared_by_id, by=by)
    request.ended_at, request.decided_by_id = clock.now(), by.id
    return fund


def _locked(request: ControlRequest) -> Fund:
    """Lock the books and read the request as it is now, so that it is ended once."""
    lock(request.fund_id)
    db.session.refresh(request)
    return db.session.get_one(Fund, request.fund_id)


def _confirm(fund: Fund, entry: Entry, by: Viewer) -> bool:
    waiting = queries.to_confirm(fund, entry)
    for reversal in waiting:
        ledger.confirm(reversal, by=by)
    return bool(waiting)


def _told(request: ControlRequest, entry: Entry | None) -> dict[str, str]:
    """Return what the audit log says a request is about; asked before the request is half ended."""
    about = f"up to {request.month:%B %Y}" if request.month else f"{entry.number if entry else ''}"
    return {"kind": request.kind.value, "about": about}
