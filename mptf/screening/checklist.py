"""Write the checklist of a published call until the first answer freezes it; `by` is the Viewer who does it."""

from typing import Any

from mptf.calls.models import Call
from mptf.core import audit, places
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.fund.service import lock
from mptf.policy import Permission, Viewer, require
from mptf.screening import queries
from mptf.screening.models import ScreeningItem
from mptf.screening.proposed import Question, proposed, refuse_twice

MOST_ITEMS = 40

audit.tell(
    {
        "screening_item.added": N_("added item {position} to the checklist of {call}"),
        "screening_item.changed": N_("changed item {position} of the checklist of {call}"),
        "screening_item.removed": N_("removed item {position} from the checklist of {call}"),
        "screening_item.moved": N_("moved an item of the checklist of {call} to place {position}"),
        "call.checklist_adopted": N_("took over the proposed checklist of {reference}"),
    },
    names={"screening_item": N_("item of a checklist")},
)


def adopt(call: Call, *, by: Viewer) -> list[ScreeningItem]:
    """Take over the checklist proposed for a call, unless it has one; return its items."""
    _alone_with(call, by)
    if there := queries.items_of(call):
        return there
    questions = enumerate(proposed(call), 1)
    db.session.add_all(
        ScreeningItem(call_id=call.id, fund_id=call.fund_id, position=at, **one.columns()) for at, one in questions
    )
    db.session.flush()
    audit.record("call.checklist_adopted", call, by=by, fund_id=call.fund_id, reference=call.reference)
    return queries.items_of(call)


def add(call: Call, question: Question, *, by: Viewer) -> ScreeningItem:
    """Add an item as the last one; to a proposed checklist, which is taken over by that."""
    items = _open(call, by) or adopt(call, by=by)
    question.check()
    refuse_twice(question, items)
    if len(items) >= MOST_ITEMS:
        raise RuleBroken(N_("A checklist has at most {most} items."), most=MOST_ITEMS)
    last = max((one.position for one in items), default=0)
    item = ScreeningItem(call_id=call.id, fund_id=call.fund_id, position=last + 1, **question.columns())
    db.session.add(item)
    db.session.flush()
    audit.record("screening_item.added", item, by=by, **_told(item, call))
    return item


def change(call: Call, item: ScreeningItem, question: Question, *, by: Viewer) -> bool:
    """Write an item anew; return whether that says anything else."""
    items = _open(call, by)
    question.check()
    refuse_twice(question, items, besides=item)
    if Question.of(item) == question:
        return False
    for column, value in question.columns().items():
        setattr(item, column, value)
    db.session.flush()
    audit.record("screening_item.changed", item, by=by, **_told(item, call))
    return True


def remove(call: Call, item: ScreeningItem, *, by: Viewer) -> None:
    """Take an item out; the last one stays."""
    if len(_open(call, by)) == 1:
        raise RuleBroken(N_("A checklist has at least one item. Add another before you remove this one."))
    audit.record("screening_item.removed", item, by=by, **_told(item, call))
    db.session.delete(item)
    db.session.flush()


def move_up(call: Call, item: ScreeningItem, *, by: Viewer) -> None:
    """Let an item stand before the one above it."""
    places.move_up(_open(call, by), item)
    audit.record("screening_item.moved", item, by=by, **_told(item, call))


def why_frozen(call: Call) -> RuleBroken | None:
    """Return why the checklist of a call is not changed any more, or None."""
    if queries.begun(call):
        return RuleBroken(N_("The checklist was frozen by the first answer: every proposal is asked the same."))
    return None


def _open(call: Call, by: Viewer) -> list[ScreeningItem]:
    _alone_with(call, by)
    if refusal := why_frozen(call):
        raise refusal
    return queries.items_of(call)


def _alone_with(call: Call, by: Viewer) -> None:
    require(by, Permission.PROPOSALS_SCREEN, call.fund)
    lock(call.fund_id)
    if call.published_at is None:
        raise RuleBroken(N_("The checklist is written once the call is published."))


def _told(item: ScreeningItem, call: Call) -> dict[str, Any]:
    """Return what the audit log says of an item: its number and no word: an invitation tells nobody what it asks."""
    return {"fund_id": call.fund_id, "call": call.reference, "position": item.position}
