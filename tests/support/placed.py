"""The place most tests about a proposal begin at: a fund, UNDP and its offices, who writes there and who screens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from mptf.calls.facts import Dates
from mptf.calls.models import Call
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.organisations.models import Office, OrganisationKind
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import Proposal
from tests.factories import Make
from tests.support.calls import published


@dataclass
class Place:
    """A fund, offices of UNDP, Ana and Ben of the first of them, and the Secretariat; `key` is Ana's proposal."""

    make: Make
    fund: Fund
    offices: Sequence[Office]
    ana: Viewer
    ben: Viewer
    officer: Viewer
    head: Viewer
    key: int = 0

    @property
    def office(self) -> Office:
        """The office that writes."""
        return self.offices[0]

    @property
    def proposal(self) -> Proposal:
        """The proposal as it stands."""
        return db.session.get_one(Proposal, self.key)

    @property
    def call(self) -> Call:
        """The call it answers, as it stands."""
        return self.proposal.call

    def start(self, dates: Dates, *, title: str = "Safe storage") -> Proposal:
        """Let a call go out to the offices, and let Ana start the proposal; Ben may join it."""
        call = published(self.fund, self.offices, by=self.head, dates=dates)
        proposal = proposals.start(call, db.session.get_one(Office, self.office.id), title=title, by=self.ana)
        db.session.commit()
        self.key = proposal.id
        return proposal


P = TypeVar("P", bound=Place)


def placed(kind: type[P], make: Make, fund: Fund, *offices: str) -> P:
    """Return the place before a call goes out, with offices of these names."""
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    made = [make.office(undp, name) for name in offices or ("UNDP Albania",)]
    ana, ben = (make.viewer(Role.PUNO_OFFICER, fund, office=made[0]) for _ in range(2))
    officer, head = (make.viewer(role, fund) for role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD))
    return kind(make, fund, made, ana, ben, officer, head)
