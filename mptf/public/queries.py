"""Read what is published; every query names its fund."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from mptf.calls.kinds import CallKind
from mptf.calls.models import Call
from mptf.core.db import db, one_of
from mptf.fund.models import Fund
from mptf.pledges.models import Pledge
from mptf.pledges.queries import OPEN
from mptf.public.models import PublishedFigure


def published_funds() -> Sequence[Fund]:
    """Return the funds that have a public page, by name."""
    return db.session.scalars(select(Fund).filter_by(published=True).order_by(Fund.name, Fund.id)).all()


def get_published_fund(code: str) -> Fund:
    """Return a fund that has a public page."""
    return one_of(select(Fund).filter_by(published=True, code=code))


def calls(fund: Fund) -> Sequence[Call]:
    """Return the calls a fund has published, cancelled ones too, in the order in which they went out.

    No invitation is among them.
    """
    out = select(Call).where(Call.fund_id == fund.id, Call.kind == CallKind.OPEN, Call.published_at.is_not(None))
    return db.session.scalars(out.order_by(Call.published_at, Call.id)).all()


def figures(fund: Fund) -> Sequence[PublishedFigure]:
    """Return the published figures of a fund, oldest first, without the withdrawn ones."""
    return db.session.scalars(
        select(PublishedFigure)
        .filter_by(fund_id=fund.id, withdrawn_at=None)
        .order_by(PublishedFigure.as_of_on, PublishedFigure.id)
    ).all()


def get_figure(fund: Fund, public_id: str) -> PublishedFigure:
    """Return one published figure of a fund."""
    return one_of(select(PublishedFigure).filter_by(fund_id=fund.id, public_id=public_id, withdrawn_at=None))


def pledges(fund: Fund) -> Sequence[Pledge]:
    """Return the pledges that name a public source and are neither signed nor withdrawn, the latest first."""
    return db.session.scalars(
        select(Pledge)
        .where(Pledge.fund_id == fund.id, Pledge.source != "", *OPEN)
        .options(joinedload(Pledge.donor))
        .order_by(Pledge.announced_on.desc(), Pledge.id.desc())
    ).all()
