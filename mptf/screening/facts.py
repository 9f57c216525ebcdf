"""What the system knows of a submission, shown beside the checklist: each a sentence, and whether it is as asked.

Nobody's judgement stands on it: a person answers every item.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mptf.attachments.part import read_attachments
from mptf.calls.deadline import Deadline
from mptf.calls.models import Call
from mptf.calls.wording import moment_text, money
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.drafting.concept import Concept, read_concept
from mptf.drafting.general import General, read_general
from mptf.proposals.models import PartKind, Stage
from mptf.screening.models import Fact
from mptf.submissions.snapshot import Snapshot


@dataclass(frozen=True)
class Seen:
    """A sentence of what is known, and whether that is as the call asks; None where only a person can tell."""

    fine: bool | None
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Known:
    """What is known of a submission: the call, when it came first, and what was sent.

    `begun_at` is when somebody pressed “Begin submission”, which gives the grace period.
    """

    call: Call
    submitted_at: datetime
    begun_at: datetime | None
    requested: Money
    sent: Snapshot

    @property
    def deadline(self) -> Deadline | None:
        """When what was sent was taken."""
        return self.call.concept_deadline if self.sent.stage is Stage.CONCEPT else self.call.deadline

    @property
    def closes_at(self) -> datetime | None:
        """Until when what was sent was taken."""
        return self.deadline.closes_at if self.deadline else None

    @property
    def project(self) -> General | Concept:
        """What General says of the project, or its concept note."""
        if self.sent.stage is Stage.CONCEPT:
            return read_concept(self.sent.contents[PartKind.CONCEPT], self.sent.frame).value
        return read_general(self.sent.contents[PartKind.GENERAL], self.sent.frame).value

    @property
    def attached(self) -> tuple[list[str], list[str]]:
        """The names of the needed documents that are attached, and of those that are not; of a concept note none."""
        if self.sent.stage is Stage.CONCEPT:
            return [], []
        files = read_attachments(self.sent.contents[PartKind.ATTACHMENTS], self.sent.frame).value
        needed = [(key, one.name) for key, one in self.sent.frame.documents.items() if one.needed]
        there = [name for key, name in needed if files.attached_as(key)]
        return there, [name for _, name in needed if name not in there]


def seen(known: Known) -> dict[Fact, Seen]:
    """Return what is known of a submission, by what it is about."""
    return {fact: tell(known) for fact, tell in _TELLERS.items()}


def limits_text(least: str, most: str) -> str:
    """Write what lies between two limits of which either may be absent; nothing where both are."""
    if least and most:
        return f"{least} to {most}"
    if least:
        return f"at least {least}"
    return f"at most {most}" if most else ""


def amounts_text(known: Known) -> str:
    """Write how much the call gives, at the submission; nothing where it says nothing."""
    return limits_text(money(known.sent.frame.grant_least), money(known.sent.frame.grant_most))


def months_text(known: Known) -> str:
    """Write how many months the call gives, at the submission; nothing where it says nothing."""
    frame = known.sent.frame
    text = limits_text(str(frame.months_least or ""), str(frame.months_most or ""))
    return f"{text} months" if text else ""


def _in_time(known: Known) -> Seen:
    call, came = known.call, known.submitted_at
    concept, deadline = known.sent.stage is Stage.CONCEPT, known.deadline
    values = {
        "came": moment_text(came, call.zone), "closed": moment_text(known.closes_at, call.zone),
        "begun": moment_text(known.begun_at, call.zone), "minutes": call.grace_minutes,
    }  # fmt: skip
    if deadline is None or came < deadline.closes_at:
        told = N_("First submitted {came}; the call closes {closed}.")
        return Seen(True, N_("First submitted {came}; concept notes end {closed}.") if concept else told, values)
    if deadline.may_finish(came, begun_at=known.begun_at):
        told = N_("First submitted {came}, within {minutes} minutes of grace after {closed}; begun {begun}.")
        return Seen(True, told, values)
    late = N_("First submitted {came}, after the call closed {closed}.")
    return Seen(False, N_("First submitted {came}, after concept notes ended {closed}.") if concept else late, values)


def _office(known: Known) -> Seen:
    told = N_("{office} was among the offices of the call when it began; no office is taken out of a published call.")
    return Seen(True, told, {"office": known.sent.office})


def _complete(known: Known) -> Seen:
    told = N_("Every part of version {version} said what is asked for; nothing else can be submitted.")
    return Seen(True, told, {"version": known.sent.version})


def _documents(known: Known) -> Seen:
    if known.sent.stage is Stage.CONCEPT:
        return Seen(None, N_("A concept note brings no document along."))
    there, lacking = known.attached
    if lacking:
        return Seen(False, N_("Not attached: {names}."), {"names": ", ".join(lacking)})
    if not there:
        return Seen(None, N_("The call asks for no document."))
    return Seen(None, N_("Attached: {names}. Open them to see whether they are valid."), {"names": ", ".join(there)})


def _amount(known: Known) -> Seen:
    frame, asked = known.sent.frame, known.requested
    values = {"asked": money(asked), "limits": amounts_text(known)}
    if not values["limits"]:
        return Seen(None, N_("{asked} is asked for; the call sets no limits."), values)
    low = frame.grant_least is not None and asked < frame.grant_least
    high = frame.grant_most is not None and frame.grant_most < asked
    return Seen(not (low or high), N_("{asked} is asked for; the call gives {limits}."), values)


def _duration(known: Known) -> Seen:
    frame, months = known.sent.frame, known.project.months
    values = {"months": months, "limits": months_text(known)}
    if months is None:
        return Seen(None, N_("How long it takes cannot be read."))
    if not values["limits"]:
        return Seen(None, N_("It takes {months} months; the call sets no limits."), values)
    fits = (frame.months_least or 0) <= months <= (frame.months_most or months)
    return Seen(fits, N_("It takes {months} months; the call gives {limits}."), values)


def _place(known: Known) -> Seen:
    offered = known.sent.frame.jurisdictions
    named = [offered[key] for key in known.project.jurisdictions if key in offered]
    if not named:
        return Seen(None, N_("No jurisdiction is named."))
    return Seen(True, N_("It works in {places}, which the call reaches."), {"places": ", ".join(named)})


_TELLERS: Mapping[Fact, Callable[[Known], Seen]] = {
    Fact.IN_TIME: _in_time,
    Fact.OFFICE: _office,
    Fact.COMPLETE: _complete,
    Fact.DOCUMENTS: _documents,
    Fact.AMOUNT: _amount,
    Fact.DURATION: _duration,
    Fact.PLACE: _place,
}
