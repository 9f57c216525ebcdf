"""Publish and withdraw figures."""

from mptf.core import audit, clock, links
from mptf.core.changes import add, first_to_set
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.fund.models import Fund
from mptf.policy import Permission, Viewer, require
from mptf.public.models import Printed, PublishedFigure

audit.tell(
    {
        "published_figure.published": N_("published the figure “{label}”: {printed}"),
        "published_figure.withdrawn": N_("withdrew the figure “{label}”"),
    }
)


def publish_figure(fund: Fund, what: Printed, *, by: Viewer) -> PublishedFigure:
    """Show a figure on the fund's public page, as it was printed and with its source."""
    require(by, Permission.PUBLIC_PAGE_EDIT, fund)
    _check(fund, what)
    facts = {**vars(what), "source": what.source.name, "address": what.source.address}
    figure = PublishedFigure(fund_id=fund.id, **facts)
    add(figure, RuleBroken(N_("This figure stands on the public page already."), field="printed"))
    audit.record("published_figure.published", figure, by=by, fund_id=fund.id, label=what.label, printed=what.printed)
    return figure


def _check(fund: Fund, what: Printed) -> None:
    """Refuse a figure without its words or source, and one about a day to come."""
    needed(what.label, "label", N_("Say what the figure is."))
    needed(what.printed, "printed", N_("Write the figure as it was printed."))
    needed(what.as_of, "as_of", N_("Write the date as it was printed."))
    needed(what.source.name, "source", N_("Say where the figure was published."))
    if what.as_of_on > clock.today(fund):
        raise RuleBroken(N_("A published figure is about a day that has passed."), field="as_of_on")
    links.check(what.source.address, field="address")


def withdraw_figure(figure: PublishedFigure, *, by: Viewer) -> None:
    """Take a figure off the public page; it stays on record."""
    require(by, Permission.PUBLIC_PAGE_EDIT, figure)
    if first_to_set(figure, "withdrawn_at"):
        audit.record("published_figure.withdrawn", figure, by=by, fund_id=figure.fund_id, label=figure.label)
