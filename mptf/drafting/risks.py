"""The part Risks: what may go wrong, how likely and how grave it is, and what is done about it.

The level of a risk is its likelihood times its impact, 1 to 25; `LEVELS` says which products are of which level.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mptf.core.errors import N_
from mptf.core.status import Labelled, Status
from mptf.drafting.reading import Frame, Part, Read, Row, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape
from mptf.drafting.telling import Block, Column, Line, Said, Table, words
from mptf.proposals.models import PartKind

LIST = "risks"
MOST_RISKS = 50
LONGEST_TEXT = 1_000
LONGEST_OWNER = 120
SCALE = range(1, 6)

LIKELIHOODS = dict(
    zip(SCALE, (N_("Rare"), N_("Unlikely"), N_("Possible"), N_("Likely"), N_("Almost certain")), strict=True)
)
IMPACTS = dict(zip(SCALE, (N_("Negligible"), N_("Minor"), N_("Moderate"), N_("Major"), N_("Severe")), strict=True))


class Category(Labelled):
    """Where a risk comes from."""

    CONTEXT = "context", N_("Political and context")
    STRATEGY = "strategy", N_("Strategic")
    OPERATIONS = "operations", N_("Operational")
    ORGANISATION = "organisation", N_("Organisational")
    FINANCE = "finance", N_("Financial")
    LAW = "law", N_("Legal and regulatory")
    SOCIETY = "society", N_("Social and environmental")
    SECURITY = "security", N_("Safety and security")
    REPUTATION = "reputation", N_("Reputational")


class RiskLevel(Status):
    """How much a risk weighs."""

    LOW = "low", N_("Low"), "good", "circle-check"
    MEDIUM = "medium", N_("Medium"), "warn", "info-circle"
    HIGH = "high", N_("High"), "bad", "alert-triangle"
    VERY_HIGH = "very_high", N_("Very high"), "worst", "alert-circle"


# Each level with the lowest and the highest product that is of it.
LEVELS = {
    RiskLevel.LOW: (1, 4),
    RiskLevel.MEDIUM: (5, 9),
    RiskLevel.HIGH: (10, 16),
    RiskLevel.VERY_HIGH: (17, 25),
}

CATEGORIES = {one.value: one.label for one in Category}


def _choices(scale: Mapping[int, str]) -> dict[str, str]:
    return {str(number): f"{number} – {told}" for number, told in scale.items()}


SHAPE = Shape(
    (
        Field(LIST, N_("Risk"), Holds.ORDER, MOST_RISKS),
        Field("risks.*.category", N_("category"), choices=CATEGORIES),
        Field("risks.*.text", N_("description"), Holds.LINES, LONGEST_TEXT),
        Field("risks.*.likelihood", N_("likelihood"), choices=_choices(LIKELIHOODS)),
        Field("risks.*.impact", N_("impact"), choices=_choices(IMPACTS)),
        Field("risks.*.mitigation", N_("mitigation"), Holds.LINES, LONGEST_TEXT),
        Field("risks.*.owner", N_("owner"), most=LONGEST_OWNER),
    )
)


@dataclass(frozen=True)
class Risk:
    """One risk by its place in the list; what cannot be read is None, or empty."""

    key: str
    place: int
    category: Category | None
    text: str
    likelihood: int | None
    impact: int | None
    mitigation: str
    owner: str

    @property
    def product(self) -> int | None:
        """Its likelihood times its impact, where both are known."""
        return self.likelihood * self.impact if self.likelihood and self.impact else None

    @property
    def level(self) -> RiskLevel | None:
        """How much it weighs, where that is known."""
        return level_of(self.product) if self.product else None


@dataclass(frozen=True)
class Cell:
    """One field of the matrix: what all risks in it have in common, and these."""

    likelihood: int
    impact: int
    risks: tuple[Risk, ...]

    @property
    def product(self) -> int:
        """Likelihood times impact."""
        return self.likelihood * self.impact

    @property
    def level(self) -> RiskLevel:
        """How much a risk of this field weighs."""
        return level_of(self.product)


@dataclass(frozen=True)
class Risks:
    """The risks in their order, with the words of both scales and the bounds of the levels."""

    risks: tuple[Risk, ...]

    likelihoods = LIKELIHOODS
    impacts = IMPACTS
    levels = LEVELS

    def matrix(self) -> list[tuple[int, list[Cell]]]:
        """Return the rows of the matrix, the most likely first, each with its fields by growing impact."""
        return [(likelihood, [self._cell(likelihood, impact) for impact in SCALE]) for likelihood in reversed(SCALE)]

    def counts(self) -> dict[RiskLevel, int]:
        """Return how many risks there are of each level."""
        levels = [risk.level for risk in self.risks]
        return {level: levels.count(level) for level in RiskLevel}

    @property
    def by_key(self) -> dict[str, Risk]:
        """The risks by their key."""
        return {risk.key: risk for risk in self.risks}

    @property
    def unplaced(self) -> tuple[Risk, ...]:
        """The risks whose level is not known yet."""
        return tuple(risk for risk in self.risks if risk.level is None)

    def _cell(self, likelihood: int, impact: int) -> Cell:
        inside = (risk for risk in self.risks if (risk.likelihood, risk.impact) == (likelihood, impact))
        return Cell(likelihood, impact, tuple(inside))


def level_of(product: int) -> RiskLevel:
    """Return the level of a product of likelihood and impact."""
    return next(level for level, (least, most) in LEVELS.items() if least <= product <= most)


def read_risks(content: Content, _frame: Frame) -> Read[Risks]:
    """Read the risks; there is one at least, and each says everything."""
    typed = Typed(content)
    rows = typed.rows(LIST, needed=N_("Add at least one risk."), most=MOST_RISKS)
    return typed.read(Risks(tuple(_risk(typed, row) for row in rows)))


def _risk(typed: Typed, row: Row) -> Risk:
    category = typed.one_of(row.at("category"), list(Category), needed=N_("Choose a category."))
    return Risk(
        key=row.key,
        place=row.place,
        category=Category(category) if category else None,
        text=typed.text(row.at("text"), needed=N_("Say what may happen, and why."), most=LONGEST_TEXT),
        likelihood=typed.whole(row.at("likelihood"), least=1, most=5, needed=N_("Choose how likely it is.")),
        impact=typed.whole(row.at("impact"), least=1, most=5, needed=N_("Choose how grave it would be.")),
        mitigation=typed.text(
            row.at("mitigation"), needed=N_("Say what is done to prevent it, or if it happens."), most=LONGEST_TEXT
        ),
        owner=typed.text(row.at("owner"), needed=N_("Name the office or post that follows it up."), most=LONGEST_OWNER),
    )  # fmt: skip


def tell_risks(risks: Risks, _frame: Frame) -> Iterator[Block]:
    """Say each risk with its level and what makes it, and what is done about it."""
    heads = (
        Column(words(N_("No."))), Column(words(N_("Category")), share=2), Column(words(N_("Risk")), share=4),
        Column(words(N_("Level")), share=3), Column(words(N_("Mitigation")), share=4),
        Column(words(N_("Owner")), share=3),
    )  # fmt: skip
    yield Table(words(N_("Risks")), heads, tuple(map(_told, risks.risks)))


def _told(risk: Risk) -> Line:
    category = words(risk.category.label) if risk.category else None
    return Line((str(risk.place), category, risk.text, _level(risk), risk.mitigation, risk.owner))


def _level(risk: Risk) -> Said:
    """Say a level with the words of both scales, and the product it comes from."""
    if risk.level is None or risk.likelihood is None or risk.impact is None:
        return None
    likelihood, impact = words(LIKELIHOODS[risk.likelihood]), words(IMPACTS[risk.impact])
    made = N_("{likelihood} × {impact} = {product}")
    return (
        words(risk.level.label),
        words(made, likelihood=risk.likelihood, impact=risk.impact, product=risk.product),
        words(N_("likelihood: {words}"), words=likelihood),
        words(N_("impact: {words}"), words=impact),
    )


PART = Part(
    PartKind.RISKS, SHAPE, read_risks, tell_risks, "drafting/risks.html",
    offers={
        "risk_categories": CATEGORIES,
        "likelihoods": _choices(LIKELIHOODS), "impacts": _choices(IMPACTS),
    },
    figures="drafting/_risks_figures.html",
)  # fmt: skip
