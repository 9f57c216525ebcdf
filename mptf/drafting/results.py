"""The part Results framework: outcomes, the outputs that lead to them, and the indicators that show it.

An output stands below an outcome and an indicator below an output, each by the key of the row above (`of`). Rows are
numbered as they stand: outcome 2, output 2.1, indicator 2.1.3. One whose row above is gone stands apart until it gets
another: what was typed stays.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import parse_decimal
from mptf.core.sentences import cut
from mptf.drafting.reading import Frame, Part, Read, Row, Titled, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape, keys_of
from mptf.drafting.telling import Block, Column, Line, Table, words
from mptf.proposals.models import PartKind

MOST_OUTCOMES, MOST_OUTPUTS, MOST_INDICATORS = 20, 60, 200
LONGEST_STATEMENT = 500
LONGEST_VALUE = 200
LONGEST_MEANS = 500
LONGEST_CHOICE = 80

SHAPE = Shape(
    (
        Field("outcomes", N_("Outcome"), Holds.ORDER, MOST_OUTCOMES),
        Field("outcomes.*.text", N_("statement"), Holds.LINES, LONGEST_STATEMENT),
        Field("outputs", N_("Output"), Holds.ORDER, MOST_OUTPUTS, below="outcomes"),
        Field("outputs.*.of", N_("outcome it leads to")),
        Field("outputs.*.text", N_("statement"), Holds.LINES, LONGEST_STATEMENT),
        Field("indicators", N_("Indicator"), Holds.ORDER, MOST_INDICATORS, below="outputs"),
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
    """The outcomes in their order; `loose` and `loose_indicators` stand below nothing.

    `kpis` are names by public id.
    """

    outcomes: tuple[Outcome, ...] = ()
    loose: tuple[Output, ...] = ()
    loose_indicators: tuple[Indicator, ...] = ()
    kpis: Mapping[str, str] = field(default_factory=dict)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Every output that stands below an outcome."""
        return tuple(output for outcome in self.outcomes for output in outcome.outputs)

    def named(self) -> dict[str, Titled]:
        """Return what the outputs are called, by key: the workplan stands on it."""
        return {output.key: Titled(output.number, output.text) for output in self.outputs}

    @property
    def outcome_choices(self) -> dict[str, str]:
        """The outcomes to choose from, by key."""
        return {one.key: _choice(N_("Outcome"), one.number, one.text) for one in self.outcomes}

    @property
    def output_choices(self) -> dict[str, str]:
        """The outputs to choose from, by key."""
        return {one.key: _choice(N_("Output"), one.number, one.text) for one in (*self.outputs, *self.loose)}

    def counts(self) -> tuple[int, int, int]:
        """Return how many outcomes, outputs and indicators there are."""
        outputs = (*self.outputs, *self.loose)
        indicators = sum(len(output.indicators) for output in outputs) + len(self.loose_indicators)
        return len(self.outcomes), len(outputs), indicators


def _choice(kind: str, number: str, text: str) -> str:
    """Say what is to be chosen in one line: `Output 1.2: Stores are safe`."""
    whose = f"{kind} {number}".strip()
    return f"{whose}: {cut(text, LONGEST_CHOICE)}" if text else whose


def with_outputs(frame: Frame, results: Results) -> Frame:
    """Return the frame for the workplan: with the outputs its activities stand below."""
    return replace(frame, outputs=results.named())


def called(name: str, content: Content, _frame: Frame) -> str:
    """Say what people call a field: `Output 1.2, statement`; where it stands below nothing, `Output, statement`."""
    row, field = SHAPE.row_of(name), SHAPE.find(name)
    if row is None:
        return field.label if field else name
    kind = SHAPE.find(row[0])
    number = _number(content, *row)
    whose = " ".join(filter(None, (kind.label if kind else "", number)))
    return f"{whose}, {field.label}" if field else whose


def _number(content: Content, name: str, key: str) -> str:
    """Return the number of a row: that of the row above, and its place below this."""
    above, parent = SHAPE.above(name), content.get(f"{name}.{key}.of", "")
    keys = [other for other in keys_of(content, name) if not above or content.get(f"{name}.{other}.of", "") == parent]
    before = _number(content, above, parent) if above else ""
    if key not in keys or (above and not before):
        return ""
    return f"{before}.{keys.index(key) + 1}".removeprefix(".")


def read_results(content: Content, frame: Frame) -> Read[Results]:
    """Read the framework: an outcome at least, an output below each, an indicator below each of these."""
    typed = Typed(content)
    reader = _Reader(typed, frame)
    rows = typed.rows("outcomes", needed=N_("Add at least one outcome."), most=MOST_OUTCOMES)
    outcomes = tuple(reader.outcome(row) for row in rows)
    return typed.read(Results(outcomes, *reader.loose(), frame.kpis))


class _Reader:
    """Reads rows below rows: each list once, by the key of the row above."""

    def __init__(self, typed: Typed, frame: Frame) -> None:
        self.typed = typed
        self.frame = frame
        self.outputs = list(typed.rows("outputs", most=MOST_OUTPUTS))
        self.indicators = list(typed.rows("indicators", most=MOST_INDICATORS))

    def outcome(self, row: Row) -> Outcome:
        """Read an outcome with what stands below it."""
        number = str(row.place)
        text = self._statement(row, N_("Say what changes, and for whom."))
        outputs = self._below(row, self.outputs)
        if not outputs:
            self.typed.missing(row.itself, N_("Add an output that leads to this outcome."))
        return Outcome(row.key, number, text, tuple(self._output(one, f"{number}.{place}") for place, one in outputs))

    def loose(self) -> tuple[tuple[Output, ...], tuple[Indicator, ...]]:
        """Read the outputs and indicators whose row above is not there."""
        above = keys_of(self.typed.content, "outcomes"), keys_of(self.typed.content, "outputs")
        outputs = [row for row in self.outputs if self._of(row) not in above[0]]
        indicators = [row for row in self.indicators if self._of(row) not in above[1]]
        for row in outputs:
            self.typed.missing(row.at("of"), N_("Choose the outcome this output leads to."))
        for row in indicators:
            self.typed.missing(row.at("of"), N_("Choose the output this indicator measures."))
        return (
            tuple(self._output(row, "") for row in outputs),
            tuple(self._indicator(row, "") for row in indicators),
        )

    def _output(self, row: Row, number: str) -> Output:
        text = self._statement(row, N_("Say what the project brings about."))
        indicators = self._below(row, self.indicators)
        if not indicators:
            self.typed.missing(row.itself, N_("Add an indicator that shows this output."))
        found = tuple(self._indicator(one, number and f"{number}.{place}") for place, one in indicators)
        return Output(row.key, number, text, found)

    def _indicator(self, row: Row, number: str) -> Indicator:
        return Indicator(
            key=row.key,
            number=number,
            text=self._statement(row, N_("Say what is counted or observed.")),
            unit=self._value(row, "unit", N_("Write the unit, such as number or percent.")),
            baseline=Measured(self._value(row, "baseline", N_("Write the value at the start; 0 where there is none."))),
            target=Measured(self._value(row, "target", N_("Write the value at the end of the project."))),
            means=self.typed.text(row.at("means"), needed=N_("Say where the value is found."), most=LONGEST_MEANS),
            kpi=self.typed.one_of(row.at("kpi"), self.frame.kpis),
        )

    def _below(self, row: Row, rows: list[Row]) -> list[tuple[int, Row]]:
        return list(enumerate((one for one in rows if self._of(one) == row.key), 1))

    def _of(self, row: Row) -> str:
        return self.typed.content.get(row.at("of"), "")

    def _statement(self, row: Row, told: str) -> str:
        return self.typed.text(row.at("text"), needed=told, most=LONGEST_STATEMENT)

    def _value(self, row: Row, name: str, told: str) -> str:
        return self.typed.text(row.at(name), needed=told, most=LONGEST_VALUE)


def tell_results(results: Results, _frame: Frame) -> Iterator[Block]:
    """Say each outcome with its outputs and indicators; what stands below nothing comes last."""
    heads = (
        Column(words(N_("No."))), Column(words(N_("Indicator")), share=4), Column(words(N_("Unit")), share=2),
        Column(words(N_("Baseline")), share=2), Column(words(N_("Target")), share=2),
        Column(words(N_("Means of verification")), share=3), Column(words(N_("KPI")), share=2),
    )  # fmt: skip
    for outcome in results.outcomes:
        title = words(N_("Outcome {number}: {text}"), number=outcome.number, text=outcome.text)
        name = words(N_("Outputs and indicators of outcome {number}"), number=outcome.number)
        yield Table(name, heads, tuple(_told(outcome.outputs, results.kpis)), title=title)
    if results.loose or results.loose_indicators:
        apart = words(N_("Not assigned yet"))
        rows = (*_told(results.loose, results.kpis), *_measures(results.loose_indicators, results.kpis))
        yield Table(apart, heads, rows, title=apart)


def _told(outputs: Iterable[Output], kpis: Mapping[str, str]) -> Iterator[Line]:
    for output in outputs:
        yield Line((words(N_("Output {number}: {text}"), number=output.number, text=output.text),), "group")
        yield from _measures(output.indicators, kpis)


def _measures(indicators: Iterable[Indicator], kpis: Mapping[str, str]) -> Iterator[Line]:
    for one in indicators:
        yield Line(
            (
                one.number, one.text, one.unit, one.baseline.text, one.target.text, one.means,
                kpis.get(one.kpi),
            )
        )  # fmt: skip


PART = Part(PartKind.RESULTS, SHAPE, read_results, tell_results, "drafting/results.html", called=called)
