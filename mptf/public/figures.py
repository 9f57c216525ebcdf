"""What the public page draws from published figures and from the contributors' sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mptf.core.money import Money
from mptf.public.models import PublishedFigure, Topic

NO_BAR = Decimal(0)


@dataclass(frozen=True)
class Published:
    """The published figures of a fund, by where the page shows them."""

    figures: Sequence[PublishedFigure]

    def about(self, topic: Topic) -> list[PublishedFigure]:
        """Return the figures about a topic, in their order."""
        return [figure for figure in self.figures if figure.topic is topic]

    @property
    def headlines(self) -> list[PublishedFigure]:
        """The figures at the head of the page."""
        return [figure for topic in Topic for figure in self.about(topic) if figure.headline]

    @property
    def over_time(self) -> list[tuple[PublishedFigure, Decimal]]:
        """The totals of contributions, each with the length of its bar."""
        totals = self.about(Topic.CONTRIBUTIONS)
        return list(zip(totals, lengths([figure.amount for figure in totals]), strict=True))


def lengths(amounts: Sequence[Money | None]) -> list[Decimal]:
    """Return the length of each bar in percent of the longest in its currency; nothing in numbers, no bar."""
    longest: dict[str, Money] = {}
    for amount in amounts:
        if amount is not None and not amount <= longest.get(amount.currency, Money.zero(amount.currency)):
            longest[amount.currency] = amount
    return [
        NO_BAR if amount is None or amount.currency not in longest
        else amount.percent_of(longest[amount.currency]) or NO_BAR
        for amount in amounts
    ]  # fmt: skip
