"""Draft, publish, amend, close and cancel calls; `by` is the Viewer who does it, None the clock.

What is published was promised: criteria never change, everything else only as an amendment everybody is told of, and
no deadline is brought forward. All of it holds of an invitation too. The audit log keeps what was done to one, by its
number alone: who reads the log knows nothing of what it says.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from mptf.calls import queries
from mptf.calls.amendments import CallAmendment, Follower
from mptf.calls.facts import Amounts, Basics, Dates, Papers, Part, Reach
from mptf.calls.kinds import CallKind
from mptf.calls.models import CALL_FLOW, DRAFT, PUBLISHED, Call
from mptf.calls.rubric import Judging
from mptf.calls.terms import CallItem, CallJurisdiction, CallOffice, Ceiling, RequiredDocument
from mptf.core import audit, clock, search
from mptf.core.db import Base, db
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import named, needed
from mptf.fund.models import Fund, FundWindow
from mptf.fund.service import lock
from mptf.organisations.models import Jurisdiction, Office, Organisation
from mptf.people import notices
from mptf.people.notices import Notice
from mptf.policy import Permission, Role, Viewer, require

PARTS: tuple[type[Part], ...] = (Basics, Reach, Amounts, Dates, Judging, Papers)
OUT, AMENDED, OFF = "call_published", "call_amended", "call_cancelled"
ANSWERED_OFF = "answered_call_cancelled"
APPLICANTS = frozenset({Role.PUNO_OFFICER})

notices.offer(
    Notice(OUT, N_("A call my office may answer is published, or my office is invited to submit"), APPLICANTS),
    Notice(AMENDED, N_("A call or invitation I follow is amended: who starts a proposal follows its call"), APPLICANTS),
    Notice(
        OFF, N_("A call or invitation I was told of is cancelled: who works on a proposal is told always"), APPLICANTS
    ),
)

audit.tell(
    {
        "call.drafted": N_("began {called}"),
        "call.written": N_("wrote of {called}: {part}"),
        "call.dropped": N_("dropped the draft of {called}"),
        "call.published": N_("published {called}"),
        "call.amended": N_("amended {called}"),
        "call.closed": N_("closed {called}"),
        "call.cancelled": N_("cancelled {called}"),
    },
    names={"call": N_("call")},
)


def draft(
    fund: Fund, *, title: str, by: Viewer, kind: CallKind = CallKind.OPEN, is_demo: bool = False
) -> Call:  # fmt: skip
    """Begin a call; nobody outside the Secretariat knows of it."""
    require(by, Permission.CALLS_EDIT, fund)
    named(title, "title")
    call = Call(fund_id=fund.id, kind=kind, title=title, zone=fund.zone, by_id=by.id, is_demo=is_demo)
    db.session.add(call)
    db.session.flush()
    _index(call)
    audit.record("call.drafted", call, by=by, fund_id=fund.id, called=call.on_record())
    return call


def invite(fund: Fund, offices: Iterable[Office], why: str, *, title: str, by: Viewer, is_demo: bool = False) -> Call:
    """Begin an invitation of these offices to submit outside a call; they know of it once it is sent."""
    call = draft(fund, title=title, by=by, kind=CallKind.INVITATION, is_demo=is_demo)
    write(call, Basics(title, why_outside=why), by=by)
    write(call, Reach(offices=tuple(offices)), by=by)
    return call


def write(call: Call, facts: Part, *, by: Viewer, reason: str = "") -> bool:
    """Write one part of a call: of a draft as it is, of a published one as an amendment; return whether it changed."""
    require(by, Permission.CALLS_EDIT, call)
    facts.check()
    if isinstance(facts, Dates) and facts.concept_until and call.kind is CallKind.INVITATION:
        raise RuleBroken(N_("An invitation has no stage of concept notes."), field="concept_on")
    lock(call.fund_id)
    before = type(facts).of(call)
    changed = _changes(before, facts)
    if call.status is not DRAFT:
        _check_amendment(call, before, facts, reason)
    if not changed:
        return False
    told_before = {person.id for person in queries.invited(call)} if isinstance(facts, Reach) else set()
    _apply(call, facts)
    if call.status is DRAFT:
        audit.record(
            "call.written", call, by=by, fund_id=call.fund_id, called=call.on_record(), part=facts.label,
            changed=[label for label, *_ in changed],
        )  # fmt: skip
    else:
        _amended(call, changed, reason, by)
        if isinstance(facts, Reach):
            _tell(OUT, call, (one.id for one in queries.invited(call) if one.id not in told_before))
    _index(call)
    return True


def drop(call: Call, *, by: Viewer) -> None:
    """Throw a draft away; what was published is cancelled instead."""
    require(by, Permission.CALLS_EDIT, call)
    lock(call.fund_id)
    db.session.refresh(call, ["status"])
    if call.status is not DRAFT:
        raise RuleBroken(N_("This {kind} went out. Cancel it instead; it stays on record."), kind=call.kind.word)
    audit.record("call.dropped", call, by=by, fund_id=call.fund_id, called=call.on_record())
    search.forget(call.kind.indexed, call.public_id, fund_id=call.fund_id)
    for criterion in call.criteria:
        for anchor in criterion.anchors:
            db.session.delete(anchor)
        db.session.flush()
        db.session.delete(criterion)
    for table in (CallItem, CallJurisdiction, CallOffice, Ceiling, RequiredDocument):
        _clear(table, call)
    db.session.flush()
    db.session.expunge(call)
    db.session.execute(delete(Call).where(Call.id == call.id, Call.fund_id == call.fund_id))


def publish(call: Call, *, by: Viewer) -> None:
    """Let a call go out: from now on its criteria are frozen, and the offices that may answer are told."""
    require(by, Permission.CALLS_PUBLISH, call)
    lock(call.fund_id)
    db.session.refresh(call, ["status"])
    year = clock.today(call.fund).year
    reference = call.kind.reference(call.fund.code, year, queries.next_number(call.fund, year, call.kind))
    CALL_FLOW.fire(call, "publish", by=by, called=call.on_record(reference))
    call.reference, call.published_at = reference, clock.now()
    db.session.flush()
    _index(call)
    _tell(OUT, call, told_of_publishing(call))


def told_of_publishing(call: Call) -> list[int]:
    """Return the keys of those who are told that a call is out: the officers of the offices that may answer."""
    return notices.wanting(OUT, (person.id for person in queries.invited(call)))


def told_of_amending(call: Call) -> list[int]:
    """Return the keys of those who are told that a call is amended: who follows it."""
    return notices.wanting(AMENDED, queries.follower_ids(call))


def cancel(call: Call, *, reason: str, by: Viewer) -> None:
    """Call off what was published, and tell everybody who was told of it or works on a proposal for it.

    What becomes of a proposal one works on is no notice somebody could turn off.
    """
    require(by, Permission.CALLS_PUBLISH, call)
    needed(reason, "reason", N_("Say why it is cancelled; everybody who follows it reads it."))
    lock(call.fund_id)
    db.session.refresh(call, ["status"])
    CALL_FLOW.fire(call, "cancel", by=by, called=call.on_record(), **_aloud(call, reason))
    call.cancelled_at, call.cancelled_reason = clock.now(), reason.strip()
    db.session.flush()
    for kind, told in zip((ANSWERED_OFF, OFF), told_of_cancelling(call), strict=True):
        _tell(kind, call, told)


def told_of_cancelling(call: Call) -> tuple[list[int], list[int]]:
    """Return the keys of those who are told that a call is cancelled: who follows it, and who was invited besides."""
    following = sorted(queries.follower_ids(call))
    invited = (person.id for person in queries.invited(call))
    return following, notices.wanting(OFF, set(invited) - set(following))


def close(call: Call) -> None:
    """Close a call whose time is over; only the clock does."""
    lock(call.fund_id)
    db.session.refresh(call, ["status", "closes_at", "grace_minutes"])
    CALL_FLOW.fire(call, "close", by=None, called=call.on_record())
    call.closed_at = clock.now()
    db.session.flush()


def follow(call: Call, person_id: int) -> None:
    """Let somebody be told what changes about a call; who follows already, goes on."""
    if person_id not in queries.follower_ids(call):
        db.session.add(Follower(call_id=call.id, fund_id=call.fund_id, person_id=person_id))
        db.session.flush()


def unfollow(call: Call, person_id: int) -> None:
    """Let somebody be told no more."""
    mine = update(Follower).where(
        Follower.fund_id == call.fund_id, Follower.call_id == call.id, Follower.person_id == person_id
    )
    db.session.execute(mine.where(Follower.until_at.is_(None)).values(until_at=clock.now()))


@CALL_FLOW.guard("publish")
def _is_whole(call: Call, _by: Viewer | None) -> None:
    lacking = next(queries.missing(call), None)
    if lacking:
        raise lacking.refusal


@CALL_FLOW.guard("close")
def _is_over(call: Call, _by: Viewer | None) -> None:
    if call.deadline is None or not call.deadline.over(clock.now()):
        raise RuleBroken(N_("The {kind} takes submissions still."), kind=call.kind.word)


def why_not_amend(call: Call) -> RuleBroken | None:
    """Return why a published call cannot be amended, or None."""
    if call.status is PUBLISHED and call.deadline and call.deadline.may_begin(max(clock.now(), call.deadline.opens_at)):
        return None
    told = N_("The {kind} takes no submissions any more, so nothing of it is changed.")
    return RuleBroken(told, kind=call.kind.word)


def _check_amendment(call: Call, before: Part, after: Part, reason: str) -> None:
    if refusal := why_not_amend(call):
        raise refusal
    if after.frozen:
        raise RuleBroken(N_("How proposals are judged was frozen when the {kind} went out."), kind=call.kind.word)
    if isinstance(after, Basics) and call.kind is CallKind.INVITATION:
        needed(after.why_outside, "why_outside", N_("Say why this is answered outside a call."))
    needed(reason, "reason", N_("Say what you change and why; everybody who started a proposal is told."))
    if isinstance(before, Dates) and isinstance(after, Dates):
        _check_dates(before, after)
    if isinstance(before, Reach) and isinstance(after, Reach):
        left_out = [office.name for office in before.offices if office not in after.offices]
        if left_out:
            told = N_("{office} was told that it may answer. An office is not taken out once the {kind} went out.")
            raise RuleBroken(told, office=left_out[0], kind=call.kind.word, field="offices")


def _check_dates(before: Dates, after: Dates) -> None:
    """Refuse to take back a day people plan with."""
    now = clock.now()
    if after.opens_at != before.opens_at and before.opens_at and before.opens_at <= now:
        raise RuleBroken(N_("It is open already; its opening stays."), field="opens_on")
    if before.closes_at and (after.closes_at is None or after.closes_at < before.closes_at):
        raise RuleBroken(N_("A closing that was published is never brought forward."), field="closes_on")
    if after.grace_minutes < before.grace_minutes:
        raise RuleBroken(N_("A grace period that was published is never shortened."), field="grace_minutes")
    if after.concept_until != before.concept_until:
        _check_concepts(before.concept_until, after.concept_until)


def _check_concepts(before: datetime | None, after: datetime | None) -> None:
    """Refuse to add or take back a stage offices plan with, to end it earlier, and to open it again."""
    if before is None:
        told = N_("A stage of concept notes is not added once the call went out.")
    elif before <= clock.now():
        told = N_("Concept notes have ended already; their last moment stays.")
    elif after is None or after < before:
        told = N_("A last moment for concept notes that was published is never brought forward.")
    else:
        return
    raise RuleBroken(told, field="concept_on")


def _changes(before: Part, after: Part) -> list[list[str]]:
    """Return what differs as people read it: label, what stood, what stands instead."""
    return [
        [label, old, new]
        for (label, old), (_, new) in zip(before.said(), after.said(), strict=True)
        if old != new
    ]  # fmt: skip


def _amended(call: Call, changed: list[list[str]], reason: str, by: Viewer) -> None:
    number = len(queries.amendments_of(call)) + 1
    db.session.add(
        CallAmendment(
            call_id=call.id, fund_id=call.fund_id, number=number, reason=reason.strip(), changes=changed, by_id=by.id
        )
    )
    db.session.flush()
    audit.record(
        "call.amended", call, by=by, fund_id=call.fund_id, called=call.on_record(),
        changed=[label for label, *_ in changed], **_aloud(call, reason),
    )  # fmt: skip
    _tell(AMENDED, call, told_of_amending(call))


def _aloud(call: Call, reason: str) -> Mapping[str, str]:
    """Return a reason as the audit log holds it: of an invitation not at all."""
    return {"reason": reason.strip()} if call.kind is CallKind.OPEN else {}


def _apply(call: Call, facts: Part) -> None:
    """Write facts onto a call, and let whoever opened it before be told."""
    for column, value in facts.columns().items():
        setattr(call, column, value)
    call.version += 1
    if link := _LINKS.get(type(facts)):
        link(call, facts)
    db.session.flush()
    db.session.expire(call, ["items", "jurisdictions", "offices", "ceilings", "documents"])


def _link_reach(call: Call, facts: Reach) -> None:
    for table, column, rows in (
        (CallItem, "item_id", facts.items),
        (CallJurisdiction, "jurisdiction_id", facts.jurisdictions),
        (CallOffice, "office_id", facts.offices),
    ):
        _clear(table, call)
        links: Iterable[Any] = rows
        _put(table, call, ({column: row.id} for row in links))


def _link_ceilings(call: Call, facts: Amounts) -> None:
    columns = {FundWindow: "window_id", Jurisdiction: "jurisdiction_id", Organisation: "organisation_id"}
    _clear(Ceiling, call)
    _put(Ceiling, call, ({columns[type(one.of)]: one.of.id, "amount": one.amount} for one in facts.ceilings))


def _link_documents(call: Call, facts: Papers) -> None:
    """Write what proposals bring along; a document of the same name stays the one drafts say a file of theirs is."""
    gone = {document.name.casefold(): document for document in call.documents}
    for place, one in enumerate(facts.documents):
        document = gone.pop(one.name.casefold(), None) or RequiredDocument(call_id=call.id, fund_id=call.fund_id)
        document.position, document.name = place, one.name
        document.guidance, document.needed = one.guidance, one.needed
        db.session.add(document)
    for document in gone.values():
        db.session.delete(document)


_LINKS: Mapping[type[Part], Callable[[Call, Any], None]] = {
    Reach: _link_reach,
    Amounts: _link_ceilings,
    Papers: _link_documents,
}


def _clear(table: type[Base], call: Call) -> None:
    kind: Any = table
    mine = delete(table).where(kind.call_id == call.id, kind.fund_id == call.fund_id)
    db.session.execute(mine.execution_options(synchronize_session="fetch"))


def _put(table: type[Base], call: Call, rows: Iterable[Mapping[str, Any]]) -> None:
    db.session.add_all(table(call_id=call.id, fund_id=call.fund_id, **row) for row in rows)
    db.session.flush()


def _tell(kind: str, call: Call, person_ids: Iterable[int]) -> None:
    notices.post(kind, person_ids, subject_id=call.public_id, fund_id=call.fund_id)


def _index(call: Call) -> None:
    search.index(
        call.kind.indexed, call.public_id, fund_id=call.fund_id, words=f"{call.name}\n{call.title}\n{call.scope}"
    )
