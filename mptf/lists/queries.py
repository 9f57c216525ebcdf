"""Read the views somebody keeps: one's own alone, always."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select

from mptf.core.db import db, one_of
from mptf.fund.models import Fund
from mptf.lists.models import SavedView
from mptf.policy import Viewer


def views_of(viewer: Viewer, fund: Fund, key: str) -> Sequence[SavedView]:
    """Return the views somebody keeps of a list of a fund, by name."""
    mine = select(SavedView).filter_by(fund_id=fund.id, person_id=viewer.id, list_key=key)
    return sorted(db.session.scalars(mine), key=lambda view: (view.name.casefold(), view.id))


def get_view(viewer: Viewer, fund: Fund, public_id: str) -> SavedView:
    """Return a view this person keeps, or raise NotFound."""
    return one_of(select(SavedView).filter_by(fund_id=fund.id, person_id=viewer.id, public_id=public_id))


def named_alike(views: Iterable[SavedView], name: str) -> SavedView | None:
    """Return the one of these views that is called so, in any case, if there is one."""
    return next((view for view in views if view.name.casefold() == name.strip().casefold()), None)
