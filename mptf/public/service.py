"""Publish and withdraw figures."""

from datetime import date

from mptf.core import audit, clock
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.money import Money
from mptf.fund.models import Fund
from mptf.policy import Viewer
from mptf.public.models import PublishedFigure, Topic


def publish_figure(
    fund: Fund,
    *,
    topic: Topic,
    as_of_on: date,
    as_of: str,
    label: str,
    printed: str,
    source: str,
    by: Viewer,
    amount: Money | None = None,
    exact: bool = False,
    headline: bool = False,
) -> PublishedFigure:
    """Show a figure on the fund's public page, as it was printed and with its source."""
    if as_of_on > clock.today(fund):
        raise RuleBroken(N_("A published figure is about a day that has passed."), field="as_of_on")
    if not source.strip():
        raise RuleBroken(N_("Say where the figure was published."), field="source")
    figure = PublishedFigure(
        fund_id=fund.id, topic=topic, as_of_on=as_of_on, as_of=as_of, label=label, printed=printed,
        amount=amount, exact=exact, headline=headline, source=source,
    )  # fmt: skip
    db.session.add(figure)
    db.session.flush()
    audit.record("published_figure.published", figure, by=by, fund_id=fund.id, label=label, printed=printed)
    return figure


def withdraw_figure(figure: PublishedFigure, *, by: Viewer) -> None:
    """Take a figure off the public page; it stays on record."""
    figure.withdrawn_at = clock.now()
    audit.record("published_figure.withdrawn", figure, by=by, fund_id=figure.fund_id, label=figure.label)
