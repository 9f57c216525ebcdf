"""Write the criteria of a draft; once the call is out they are frozen, and the database refuses what is tried here.

`by` is the Viewer who does it.
"""

from typing import Any

from mptf.calls.kinds import CallKind
from mptf.calls.models import DRAFT, Anchor, Call, Criterion
from mptf.calls.rubric import MOST_CRITERIA, Rubric
from mptf.core import audit, places
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.fund.service import lock
from mptf.policy import Permission, Viewer, require

audit.tell(
    {
        "call_criterion.added": N_("added the criterion {name}"),
        "call_criterion.changed": N_("changed the criterion {name}"),
        "call_criterion.removed": N_("removed the criterion {name}"),
        "call_criterion.moved": N_("moved the criterion {name}"),
    },
    names={"call_criterion": N_("criterion"), "most_points": N_("points at most"), "weight": N_("weight in percent")},
)


def add(call: Call, rubric: Rubric, *, by: Viewer) -> Criterion:
    """Add a criterion as the last one."""
    _open(call, by)
    rubric.check()
    if len(call.criteria) >= MOST_CRITERIA:
        raise RuleBroken(N_("There are at most {most} criteria."), most=MOST_CRITERIA)
    _not_twice(call, rubric)
    criterion = Criterion(
        call_id=call.id, fund_id=call.fund_id, position=max((one.position for one in call.criteria), default=0) + 1,
        name=rubric.name, guidance=rubric.guidance, most_points=rubric.most_points, weight=rubric.weight,
    )  # fmt: skip
    db.session.add(criterion)
    db.session.flush()
    _anchor(criterion, rubric)
    audit.record("call_criterion.added", criterion, by=by, **_told(criterion, call))
    return criterion


def change(call: Call, criterion: Criterion, rubric: Rubric, *, by: Viewer) -> None:
    """Write a criterion anew."""
    _open(call, by)
    rubric.check()
    _not_twice(call, rubric, besides=criterion)
    criterion.name, criterion.guidance = rubric.name, rubric.guidance
    criterion.most_points, criterion.weight = rubric.most_points, rubric.weight
    for anchor in list(criterion.anchors):
        db.session.delete(anchor)
    db.session.flush()
    _anchor(criterion, rubric)
    audit.record("call_criterion.changed", criterion, by=by, **_told(criterion, call))


def remove(call: Call, criterion: Criterion, *, by: Viewer) -> None:
    """Take a criterion out."""
    _open(call, by)
    audit.record("call_criterion.removed", criterion, by=by, **_told(criterion, call))
    for anchor in criterion.anchors:
        db.session.delete(anchor)
    db.session.flush()
    db.session.delete(criterion)
    db.session.flush()
    db.session.expire(call, ["criteria"])


def move_up(call: Call, criterion: Criterion, *, by: Viewer) -> None:
    """Let a criterion stand before the one above it."""
    _open(call, by)
    places.move_up(call.criteria, criterion)
    audit.record("call_criterion.moved", criterion, by=by, **_told(criterion, call))


def _open(call: Call, by: Viewer) -> None:
    require(by, Permission.CALLS_EDIT, call)
    lock(call.fund_id)
    db.session.refresh(call, ["status"])
    if call.status is not DRAFT:
        raise RuleBroken(N_("The criteria were frozen when the {kind} went out."), kind=call.kind.word)
    call.version += 1


def _anchor(criterion: Criterion, rubric: Rubric) -> None:
    db.session.add_all(
        Anchor(criterion_id=criterion.id, fund_id=criterion.fund_id, points=points, text=text)
        for points, text in enumerate(rubric.anchors)
    )
    db.session.flush()
    db.session.expire(criterion, ["anchors"])


def _not_twice(call: Call, rubric: Rubric, *, besides: Criterion | None = None) -> None:
    others = (one.name.casefold() for one in call.criteria if one is not besides)
    if rubric.name.casefold() in others:
        raise RuleBroken(N_("There is a criterion {name} already."), name=rubric.name, field="name")


def _told(criterion: Criterion, call: Call) -> dict[str, Any]:
    """Return what the audit log says of a criterion; whoever reads the criteria next, reads them anew.

    It holds no words of an invitation.
    """
    db.session.expire(call, ["criteria"])
    named = {"name": criterion.name} if call.kind is CallKind.OPEN else {}
    return {
        "fund_id": call.fund_id, **named, "call": call.on_record(), "most_points": criterion.most_points,
        "weight": criterion.weight,
    }  # fmt: skip
