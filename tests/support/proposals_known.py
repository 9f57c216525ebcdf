"""What the history of proposals knows of each call and proposal: a plain model, told by nothing but what was done.

It knows what was sent as it was given back, and of each part whether it plainly is whole, plainly is not, or neither.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from mptf.budgets.grid import DIRECT, Budget
from mptf.core.money import Money
from mptf.proposals.models import DRAFT, PartKind, ProposalStatus, Stage
from mptf.submissions.snapshot import Snapshot

BEGUN = datetime(2026, 4, 20, 9, tzinfo=UTC)
CLOSES = BEGUN + timedelta(days=2)
GRACE = timedelta(minutes=30)
RATE = Decimal("0.07")
# What a call without concept notes asks for.
PARTS = tuple(kind for kind in PartKind if kind in Stage.FULL.asks)


@dataclass(frozen=True)
class Sent:
    """A submission as it was when it was sent: its row, and what it said when it was read then."""

    key: int
    content: str
    sha256: str
    minor: int
    said: Snapshot
    figures: Budget

    def adds_up(self) -> None:
        """Add up by hand what was typed: every cell of the lead office, and its indirect cost, half up."""
        lacking = {kind: part.read.problems for kind, part in self.said.parts.items() if not part.read.complete}
        assert lacking == {}
        assert set(self.said.contents) == set(PARTS)
        frame, typed = self.said.frame, self.said.contents[PartKind.BUDGET]
        direct = sum(
            Decimal(typed[f"b.{frame.lead}.{year}.{category}"].replace(",", ""))
            for year in (1, 2)
            for category in DIRECT
        )
        indirect = (direct * RATE).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert self.minor == int((direct + indirect) * 100) == self.said.requested.minor
        zero, sums = Money.zero(frame.currency), self.figures.all
        assert sum((office.total for office in self.figures.offices.values()), zero) == sums.total
        assert sum(sums.total_by_year.values(), zero) == sums.total
        assert sum(sums.by_category.values(), zero) + sums.indirect == sums.total


@dataclass
class Written:
    """A proposal as the model knows it; `plain` says of a part whether it is whole, None where that is not plain."""

    key: int
    call: int
    status: ProposalStatus = DRAFT
    plain: dict[PartKind, bool | None] = field(default_factory=lambda: dict.fromkeys(PARTS))
    begun_at: datetime | None = None
    answer_by: datetime | None = None
    reopened: frozenset[PartKind] = frozenset()
    left: frozenset[PartKind] = frozenset()  # what was written since stays with those who wrote it
    sent: list[Sent] = field(default_factory=list)
    off: bool = False

    @property
    def open_now(self) -> frozenset[PartKind]:
        if self.off:
            return frozenset()
        return frozenset(PARTS) if self.status is DRAFT else self.reopened


@dataclass
class Announced:
    """A call as the model knows it."""

    key: int
    closes: datetime = CLOSES
    grace: timedelta = GRACE
    needs: bool = False
    off: bool = False

    def takes(self, moment: datetime, begun_at: datetime | None) -> bool:
        in_time = begun_at is not None and begun_at < self.closes
        return not self.off and moment < (self.closes + self.grace if in_time else self.closes)
