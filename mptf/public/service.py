"""Publish and withdraw figures; check the code of a statement for anybody."""

from dataclasses import dataclass

from mptf.core import audit, clock, links
from mptf.core.changes import add, first_to_set
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import needed
from mptf.fund.models import Fund
from mptf.policy import Permission, Viewer, require
from mptf.public.models import Printed, PublishedFigure
from mptf.signin import limits
from mptf.signin.limits import Origin
from mptf.signin.models import AttemptKind
from mptf.statements.models import ContributionStatement
from mptf.statements.queries import find_by_code

LONGEST_ADDRESS = 45

audit.tell(
    {
        "published_figure.published": N_("published the figure “{label}”: {printed}"),
        "published_figure.withdrawn": N_("withdrew the figure “{label}”"),
    }
)


@dataclass(frozen=True)
class Checked:
    """A statement somebody holds the code of, and its fund."""

    statement: ContributionStatement
    fund: Fund


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


def check_statement(typed: str, *, address: str) -> Checked | None:
    """Return what a statement's code stands for, or None; an address that guessed too often is told to wait.

    Only a code that is unknown is written down, so that reading changes nothing.
    """
    origin = Origin("", address[:LONGEST_ADDRESS])
    limits.refuse_more(AttemptKind.STATEMENT, origin)
    found = find_by_code(typed)
    if found is None:
        limits.admit(AttemptKind.STATEMENT, origin)
        return None
    return Checked(*found)
