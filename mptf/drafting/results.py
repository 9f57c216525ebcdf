"""The part Results framework: outcomes, the outputs that lead to them, and the indicators that show it.

An output stands below an outcome and an indicator below an output, each by the key of the row above (`of`). Rows are
numbered as they stand: outcome 2, output 2.1, indicator 2.1.3. One whose row above is gone stands apart until it gets
another: what was typed stays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import parse_decimal
from mptf.drafting.reading import Frame, Read, Row, Titled, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape, keys_of

MOST_OUTCOMES, MOST_OUTPUTS, MOST_INDICATORS = 20, 60, 200
LONGEST_STATEMENT = 500
LONGEST_VALUE = 200
LONGEST_MEANS = 500

SHAPE = Shape(
    (
        Field("outcomes", N_("Outcome"), Holds.ORDER, MOST_OUTCOMES),
        Field("outcomes.*.text", N_("statement"), Holds.LINES, LONGEST_STATEMENT),
        Field("outputs", N_("Output"), Holds.ORDER, MOST_OUTPUTS),
        Field("outputs.*.of", N_("outcome it leads to")),
        Field("outputs.*.text", N_("statement"), Holds.LINES, LONGEST_STATEMENT),
        Field("indicators", N_("Indicator"), Holds.ORDER, MOST_INDICATORS),
        Field("indicators.*.of", N_("output it measures")),
        Field("indicators.*.text", N_("indicator"), Holds.LINES, LONGEST_STATEMENT),
        Field("indicators.*.unit", N_("unit"), most=LONGEST_VALUE),
        Field("indicators.*.baseline", N_("baseline"), most=LONGEST_VALUE),
        Field("indicators.*.target", N_("target"), most=LONGEST_VALUE),
        Field("indicators.*.means", N_("means of verification"), Holds.LINES, LONGEST_MEANS),
        Field("indicators.*.kpi", N_("KPI")),
    )
)


@dataclass(frozen=True)
class Measured:
    """A baseline or a target as it was typed, and as a number where it is one."""

    text: str

    @property
    def number(self) -> Decimal | None:
        """The number, of `1,200` as of `40 %`; None of words."""
        try:
            return parse_decimal(self.text.rstrip("% "))
        except RuleBroken:
            return None


@dataclass(frozen=True)
class Indicator:
    """What shows whether an output came about; `kpi` is the public id of the KPI it serves, if it serves one."""

    key: str
    number: str
    text: str
    unit: str
    baseline: Measured
    target: Measured
    means: str
    kpi: str


@dataclass(frozen=True)
class Output:
    """What the project brings about, with the indicators that show it."""

    key: str
    number: str
    text: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Outcome:
    """What changes, with the outputs that lead to it."""

    key: str
    number: str
    text: str
    outputs: tuple[Output, ...]


@dataclass(frozen=True)
class Results:
    """The outcomes in their order; `loose` and `loose_indicators` stand below nothing."""

    outcomes: tuple[Outcome, ...] = ()
    loose: tuple[Output, ...] = ()
    loose_indicators: tuple[Indicator, ...] = ()

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Every output that stands below an outcome."""
        return tuple(output for outcome in self.outcomes for output in outcome.outputs)

    def named(self) -> dict[str, Titled]:
        """Return what the outputs are called, by key: the workplan stands on it."""
        return {output.key: Titled(output.number, output.text) for output in self.outputs}

    def counts(self) -> tuple[int, int, int]:
        """Return how many outcomes, outputs and indicators there are."""
        outputs = (*self.outputs, *self.loose)
        indicators = sum(len(output.indicators) for output in outputs) + len(self.loose_indicators)
        return len(self.outcomes), len(outputs), indicators


def read_results(content: Content, frame: Frame) -> Read[Results]:
    """Read the framework: an outcome at least, an output below each, an indicator below each of these."""
    typed = Typed(content)
    reader = _Reader(typed, frame)
    outcomes = tuple(map(reader.outcome, typed.rows("outcomes", needed=N_("Add at least one outcome."), most=MOST_OUTCOMES)))
    return typed.read(Results(outcomes, *reader.loose()))
