"""How proposals of a call are judged: the rubric, and who sees whose points; frozen once the call is out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from mptf.calls.models import (
    MOST_POINTS,
    MOST_REVIEWS,
    WHOLE,
    Call,
    RankingBasis,
    ReviewsShown,
    ScoresShown,
)
from mptf.calls.wording import Said, yes
from mptf.core.errors import N_, RuleBroken
from mptf.core.facts import named, needed
from mptf.core.kosovo import keep_asterisk

MOST_CRITERIA = 20


@dataclass(frozen=True)
class Judging:
    """How proposals are reviewed and ranked, and who sees whose points; frozen once the call is out."""

    key: ClassVar[str] = "judging"
    label: ClassVar[str] = N_("How proposals are judged")
    frozen: ClassVar[bool] = True

    reviews_required: int
    external_required: bool
    justification_required: bool
    ranking_basis: RankingBasis
    technical_weight: int
    reviews_shown: ReviewsShown
    scores_shown: ScoresShown

    @classmethod
    def of(cls, call: Call) -> Self:
        """Read the facts off a call."""
        return cls(
            call.reviews_required, call.external_required, call.justification_required, call.ranking_basis,
            call.technical_weight, call.reviews_shown, call.scores_shown,
        )  # fmt: skip

    def check(self) -> None:
        """Refuse a number of reviews nobody writes, or a weight that is none."""
        if not 1 <= self.reviews_required <= MOST_REVIEWS:
            raise RuleBroken(N_("Write a number from 1 to {most}."), most=MOST_REVIEWS, field="reviews_required")
        if self.ranking_basis is RankingBasis.WEIGHTED and not 0 < self.technical_weight < WHOLE:
            raise RuleBroken(
                N_("Write the weight of the technical review in percent, from 1 to 99; the rest is the committee’s."),
                field="technical_weight",
            )

    def columns(self) -> Mapping[str, Any]:
        """Return what stands in the call's own row."""
        whole = {RankingBasis.TECHNICAL: WHOLE, RankingBasis.COMMITTEE: 0}
        return {
            "reviews_required": self.reviews_required,
            "external_required": self.external_required,
            "justification_required": self.justification_required,
            "ranking_basis": self.ranking_basis,
            "technical_weight": whole.get(self.ranking_basis, self.technical_weight),
            "reviews_shown": self.reviews_shown,
            "scores_shown": self.scores_shown,
        }

    def said(self) -> Said:
        """Return the facts as people read them."""
        return (
            (N_("Reviews of each proposal"), str(self.reviews_required)),
            (N_("At least one of them external"), yes(self.external_required)),
            (N_("Points are justified in words"), yes(self.justification_required)),
            (N_("Ranking rests on"), self.ranking_basis.label),
            (N_("Weight of the technical review in percent"), str(self.columns()["technical_weight"])),
            (N_("Reviewers see each other’s reviews"), self.reviews_shown.label),
            (N_("Committee members see each other’s scores"), self.scores_shown.label),
        )


@dataclass(frozen=True)
class Rubric:
    """One criterion: what is asked, how many points it gives, how much it weighs, and what each number means."""

    name: str
    guidance: str
    most_points: int
    weight: int
    anchors: tuple[str, ...]

    def check(self) -> None:
        """Refuse a criterion that cannot be scored: without a name, or with a number whose meaning is not said."""
        named(self.name, "name")
        keep_asterisk(self.guidance, "guidance")
        if not 1 <= self.most_points <= MOST_POINTS:
            raise RuleBroken(N_("Write a number from 1 to {most}."), most=MOST_POINTS, field="most_points")
        if not 1 <= self.weight <= WHOLE:
            raise RuleBroken(N_("Write a weight in percent, from 1 to 100."), field="weight")
        if len(self.anchors) != self.most_points + 1:
            raise RuleBroken(
                N_("These are {lines} lines; write {needed}, one for each number of points from 0 to {most}."),
                lines=len(self.anchors), needed=self.most_points + 1, most=self.most_points, field="anchors",
            )  # fmt: skip
        for anchor in self.anchors:
            needed(anchor, "anchors", N_("Say of each number of points what it means."))
