"""What a contributor sees first: what it gave, its share, what the pooled money did, and what is due of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from mptf.agreements import due
from mptf.agreements.due import Due, Wanted
from mptf.agreements.figures import Ageing
from mptf.core import clock
from mptf.core.money import Money, totals
from mptf.core.paging import Page
from mptf.fund.models import Fund
from mptf.ledger import stamps
from mptf.policy import Own, Permission, Viewer, reach
from mptf.statements import queries as statements
from mptf.statements.drawing import draw
from mptf.statements.figures import Drawn, Period
from mptf.statements.models import ContributionStatement, ContributorDocument
from mptf.statements.queries import Contributor

NEXT_DUE = 5


@dataclass(frozen=True)
class Given:
    """A contributor's statement as of now, the instalments still to come, and what was issued to it."""

    contributor: Contributor
    drawn: Drawn
    due: Page[Due]
    ages: Sequence[Ageing]
    issued: Sequence[ContributionStatement]
    documents: Sequence[ContributorDocument]

    @property
    def anything(self) -> bool:
        """Whether anything of it is recorded."""
        return bool(self.drawn.agreements or self.drawn.in_all.deposits or self.drawn.refunds or self.drawn.advised)

    @cached_property
    def overdue(self) -> list[Money]:
        """What is overdue per currency, never across; what is advised is not."""
        return [late for late in totals(row.late for row in self.ages).values() if late]

    @property
    def oldest(self) -> Due | None:
        """The instalment that is due first."""
        return next(iter(self.due.items), None)


def given(viewer: Viewer, fund: Fund) -> Given | None:
    """Return what a donor viewer's organisation gave; None to whoever looks after none."""
    if not isinstance(reach(viewer, Permission.STATEMENTS_VIEW, fund.id), Own):
        return None
    contributor = statements.own_contributor(viewer, fund)
    return Given(
        contributor,
        draw(fund, contributor.donor, Period(None, clock.today(fund)), stamps.moment(fund.id)),
        due.instalments(viewer, fund, Wanted.AWAITED, size=NEXT_DUE),
        due.ageing(viewer, fund),
        statements.latest_of(contributor),
        statements.latest_documents(viewer, fund, contributor.donor),
    )
