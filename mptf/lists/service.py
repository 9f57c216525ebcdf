"""Keep the filters that stand as a view, rename it, and take it out; `by` is the Viewer whose own it is.

What a view is called and asks for is its person's own: the audit log says that one was kept, and of which list.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, NotAllowed, NotFound, RuleBroken
from mptf.core.facts import at_most, named
from mptf.fund.models import Fund
from mptf.lists import queries
from mptf.lists.kinds import TABLE, Listed
from mptf.lists.models import LONGEST_NAME, SavedView
from mptf.people.service import lock
from mptf.policy import Viewer

MOST_VIEWS = 20  # of a list in a fund

audit.tell(
    {
        "saved_view.added": N_("kept a view of the list {list}"),
        "saved_view.replaced": N_("kept a view of the list {list} anew"),
        "saved_view.renamed": N_("renamed a view of the list {list}"),
        "saved_view.removed": N_("took out a view of the list {list}"),
    },
    values={"saved_view.list": TABLE.get},
)


def keep(
    fund: Fund, listed: Listed[Any], name: str, asked: Mapping[str, str], *, by: Viewer, replace: bool = False
) -> SavedView:
    """Keep what a list's form of filters was asked for under a name; `replace` lets it take the place of another."""
    _let_in(listed, fund, by)
    _check(name)
    if not asked:
        raise RuleBroken(
            N_("No filter stands, so this view would be the whole list. Choose a filter in the list first.")
        )
    views = queries.views_of(by, fund, listed.key)
    if there := queries.named_alike(views, name):
        if not replace:
            raise RuleBroken(
                N_("You keep a view called “{name}” already. Write another name, or replace that one."),
                name=there.name, field="name",
            )  # fmt: skip
        return _replace(there, name, asked, by)
    if len(views) >= MOST_VIEWS:
        raise RuleBroken(N_("You keep {most} views of this list, and no more fit. Remove one first."), most=MOST_VIEWS)
    view = SavedView(
        fund_id=fund.id, person_id=by.id, list_key=listed.key, name=name.strip(), asked=dict(asked), kept_at=clock.now()
    )
    db.session.add(view)
    db.session.flush()
    audit.record("saved_view.added", view, by=by, fund_id=fund.id, list=view.list_key)
    return view


def rename(fund: Fund, view: SavedView, name: str, *, by: Viewer) -> None:
    """Call a view otherwise; two of a list have different names."""
    _let_own(view, fund, by)
    _check(name)
    there = queries.named_alike(queries.views_of(by, fund, view.list_key), name)
    if there and there is not view:
        raise RuleBroken(
            N_("You keep another view called “{name}”. Write another name, or remove that view first."),
            name=there.name, field="name",
        )  # fmt: skip
    if view.name == name.strip():
        return
    view.name = name.strip()
    db.session.flush()
    audit.record("saved_view.renamed", view, by=by, fund_id=fund.id, list=view.list_key)


def remove(fund: Fund, view: SavedView, *, by: Viewer) -> None:
    """Take a view out; the list and what it lists stay as they are."""
    _let_own(view, fund, by)
    db.session.delete(view)
    db.session.flush()
    audit.record("saved_view.removed", view, by=by, fund_id=fund.id, list=view.list_key)


def _replace(view: SavedView, name: str, asked: Mapping[str, str], by: Viewer) -> SavedView:
    if (view.name, view.asked) != (name.strip(), asked):
        view.name, view.asked, view.kept_at = name.strip(), dict(asked), clock.now()
        db.session.flush()
        audit.record("saved_view.replaced", view, by=by, fund_id=view.fund_id, list=view.list_key)
    return view


def _let_in(listed: Listed[Any] | None, fund: Fund, by: Viewer) -> None:
    """Refuse who does not read the list; a person's views are counted and named by one at a time."""
    if listed is None or not listed.open_to(by, fund):
        raise NotAllowed
    lock(by.id)


def _let_own(view: SavedView, fund: Fund, by: Viewer) -> None:
    if (view.person_id, view.fund_id) != (by.id, fund.id):
        raise NotAllowed
    _let_in(TABLE.get(view.list_key), fund, by)
    if db.session.scalar(select(SavedView.id).filter_by(id=view.id, fund_id=fund.id)) is None:
        raise NotFound  # it was removed a moment ago, from another page


def _check(name: str) -> None:
    named(name, "name")
    at_most(name.strip(), LONGEST_NAME, "name")
