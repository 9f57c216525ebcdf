"""Results framework, workplan and risks: what their readers make of any texts, and when they call a part complete."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.drafting import results, workplan
from mptf.drafting.content import moved_row, rows_below, without_row
from mptf.drafting.quarters import MOST, quarters
from mptf.drafting.reading import Frame, Level, Read, Titled
from mptf.drafting.results import SHAPE as RESULTS
from mptf.drafting.results import Measured, read_results, with_outputs
from mptf.drafting.risks import LEVELS, Category, RiskLevel, level_of, read_risks
from mptf.drafting.risks import SHAPE as RISKS
from mptf.drafting.shape import Content, Holds, Shape, keys_of
from mptf.drafting.workplan import SHAPE as WORKPLAN
from mptf.drafting.workplan import read_workplan
from tests.support.whole import RESULTS as RESULTS_CONTENT
from tests.support.whole import RISKS as RISKS_CONTENT

pytestmark = pytest.mark.one_engine

KEYS = ["aaaaaa", "bbbbbb", "cccccc", "dddddd"]
OFFICES = {"office-a": "Agency A, Albania", "office-b": "Agency B, Serbia"}
FRAME = Frame(
    currency="USD", indirect_bp=700, kpis={"kpi-1": "KPI 1"}, offices=OFFICES, lead="office-a",
    taking_part=tuple(OFFICES), starts_on=date(2023, 4, 15), months=24,
    outputs={"aaaaaa": Titled("1.1", "Stores are safe"), "bbbbbb": Titled("1.2", "Marking is done")},
)  # fmt: skip

RISK = {name: text for name, text in RISKS_CONTENT.items() if name != "risks"}

WORKPLAN_CONTENT = {
    "activities": "cccccc dddddd",
    "activities.cccccc.of": "aaaaaa", "activities.cccccc.text": "Build fences", "activities.cccccc.office": "office-a",
    "activities.cccccc.from": "1", "activities.cccccc.to": "3",
    "activities.dddddd.of": "bbbbbb", "activities.dddddd.text": "Buy machines", "activities.dddddd.office": "office-b",
    "activities.dddddd.from": "2", "activities.dddddd.to": "8",
}  # fmt: skip


def said(read: Read[Any]) -> dict[str, str]:
    return {problem.field: str(problem) for problem in read.problems}


def without(content: Content, *names: str) -> dict[str, str]:
    return {name: text for name, text in content.items() if name not in names}


# Quarters


def test_the_quarters_are_counted_from_the_month_of_the_start() -> None:
    found = quarters(date(2023, 4, 15), 14)
    assert [one.label for one in found] == [
        "Q1, Apr–Jun 2023", "Q2, Jul–Sep 2023", "Q3, Oct–Dec 2023", "Q4, Jan–Mar 2024", "Q5, Apr–May 2024",
    ]  # fmt: skip


def test_a_quarter_over_the_end_of_a_year_names_both_and_one_of_a_month_names_it_once() -> None:
    assert [one.months for one in quarters(date(2023, 11, 30), 4)] == ["Nov 2023–Jan 2024", "Feb 2024"]


def test_without_a_start_quarters_have_numbers_alone_and_without_a_duration_those_that_are_named_are_there() -> None:
    assert [one.label for one in quarters(None, 6)] == ["Q1", "Q2"]
    assert len(quarters(None, None)) == 8
    assert len(quarters(None, None, named=11)) == 11


def test_a_quarter_that_is_named_after_the_end_is_shown_with_its_months() -> None:
    assert quarters(date(2023, 1, 1), 4, named=3)[-1].label == "Q3, Jul–Sep 2023"


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.integers(1, 120), st.integers(0, 60))
def test_quarters_follow_each_other_and_cover_the_duration(starts_on: date, months: int, named: int) -> None:
    found = quarters(starts_on, months, named)
    firsts = [one.first for one in found if one.first]
    lasts = [one.last for one in found if one.last]
    assert len(firsts) == len(lasts) == len(found) <= MOST
    assert firsts[0] == starts_on.replace(day=1)
    assert all(
        _next_month(last) == first for last, first in zip(lasts, firsts[1:], strict=False) if named * 3 <= months
    )
    covered = sum(
        (last.year - first.year) * 12 + last.month - first.month + 1 for first, last in zip(firsts, lasts, strict=True)
    )
    assert covered >= months
    assert covered == months or named * 3 > months


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


# Risks


def test_a_risk_that_says_everything_is_complete_and_has_its_level() -> None:
    read = read_risks(RISKS_CONTENT, FRAME)
    assert read.complete
    (risk,) = read.value.risks
    assert (risk.category, risk.product, risk.level) == (Category.SECURITY, 12, RiskLevel.HIGH)


def test_the_levels_cover_every_product_once_and_grow() -> None:
    bounds = list(LEVELS.values())
    assert list(LEVELS) == list(RiskLevel)
    assert (bounds[0][0], bounds[-1][1]) == (1, 25)
    assert all(most + 1 == least for (_, most), (least, _) in pairwise(bounds))
    assert [level_of(product) for product in (4, 5, 9, 10, 16, 20)] == [
        RiskLevel.LOW, RiskLevel.MEDIUM, RiskLevel.MEDIUM, RiskLevel.HIGH, RiskLevel.HIGH, RiskLevel.VERY_HIGH,
    ]  # fmt: skip


def test_the_matrix_holds_each_risk_once_and_names_those_it_cannot_place() -> None:
    second = {name.replace("aaaaaa", "bbbbbb"): text for name, text in RISK.items()}
    third = {name.replace("aaaaaa", "cccccc"): text for name, text in RISK.items()}
    content = {"risks": "bbbbbb aaaaaa cccccc", **RISK, **second, **third, "risks.cccccc.impact": "6"}
    risks = read_risks(content, FRAME).value
    rows = risks.matrix()
    assert [likelihood for likelihood, _ in rows] == [5, 4, 3, 2, 1]
    filled = {
        (cell.likelihood, cell.impact): [risk.place for risk in cell.risks]
        for _, row in rows
        for cell in row
        if cell.risks
    }
    assert filled == {(3, 4): [1, 2]}
    assert [risk.place for risk in risks.unplaced] == [3]
    assert risks.counts() == {RiskLevel.LOW: 0, RiskLevel.MEDIUM: 0, RiskLevel.HIGH: 2, RiskLevel.VERY_HIGH: 0}


def test_what_a_risk_does_not_say_is_missing_and_what_it_says_wrongly_is_wrong() -> None:
    assert said(read_risks({}, FRAME)) == {"risks": "Add at least one risk."}
    read = read_risks({**RISKS_CONTENT, "risks.aaaaaa.likelihood": "7", "risks.aaaaaa.owner": " "}, FRAME)
    assert [(problem.field, problem.level) for problem in read.problems] == [
        ("risks.aaaaaa.likelihood", Level.WRONG), ("risks.aaaaaa.owner", Level.MISSING),
    ]  # fmt: skip


# Results framework


def test_a_framework_is_numbered_as_it_stands() -> None:
    more = {
        "outcomes": "aaaaaa dddddd", "outcomes.dddddd.text": "Second", "outputs": "eeeeee bbbbbb ffffff",
        "outputs.eeeeee.of": "dddddd", "outputs.ffffff.of": "aaaaaa",
    }  # fmt: skip
    content = {**RESULTS_CONTENT, **more}
    read = read_results(content, FRAME)
    assert [(one.key, one.number) for one in read.value.outputs] == [
        ("bbbbbb", "1.1"),
        ("ffffff", "1.2"),
        ("eeeeee", "2.1"),
    ]
    assert results.called("indicators.cccccc.unit", content, FRAME) == "Indicator 1.1.1, unit"
    assert read.value.counts() == (2, 3, 1)


def test_a_framework_needs_an_outcome_an_output_and_an_indicator() -> None:
    assert said(read_results({}, FRAME)) == {"outcomes": "Add at least one outcome."}
    assert read_results(RESULTS_CONTENT, FRAME).complete
    bare = without(RESULTS_CONTENT, "indicators")
    assert said(read_results(bare, FRAME)) == {"outputs.bbbbbb": "Add an indicator that shows this output."}
    assert said(read_results(without(bare, "outputs"), FRAME)) == {
        "outcomes.aaaaaa": "Add an output that leads to this outcome."
    }


def test_what_stood_below_a_row_that_is_gone_stands_apart_and_is_a_problem() -> None:
    read = read_results({**RESULTS_CONTENT, "outputs.bbbbbb.of": "zzzzzz"}, FRAME)
    assert [one.text for one in read.value.loose] == ["Stores are safe"]
    assert [one.text for one in read.value.loose[0].indicators] == ["Stores with a fence"]
    assert said(read)["outputs.bbbbbb.of"] == "Choose the outcome this output leads to."
    alone = read_results({**RESULTS_CONTENT, "indicators.cccccc.of": ""}, FRAME)
    assert [one.text for one in alone.value.loose_indicators] == ["Stores with a fence"]
    assert said(alone)["indicators.cccccc.of"] == "Choose the output this indicator measures."


def test_a_kpi_may_be_linked_and_must_be_one_that_is_offered() -> None:
    linked = read_results({**RESULTS_CONTENT, "indicators.cccccc.kpi": "kpi-1"}, FRAME)
    assert linked.complete
    assert linked.value.outputs[0].indicators[0].kpi == "kpi-1"
    assert not read_results({**RESULTS_CONTENT, "indicators.cccccc.kpi": "kpi-2"}, FRAME).complete


@pytest.mark.parametrize(
    "text,number",
    [("1,200", Decimal(1200)), ("40 %", Decimal(40)), ("0.5", Decimal("0.5")), ("no rules", None), ("", None)],
)
def test_a_baseline_is_a_number_where_it_is_written_as_one(text: str, number: Decimal | None) -> None:
    assert Measured(text).number == number


# Workplan


def test_a_workplan_is_grouped_by_output_and_its_activities_are_numbered_there() -> None:
    read = read_workplan(WORKPLAN_CONTENT, FRAME)
    assert read.complete
    assert [(one.number, [a.number for a in one.activities]) for one in read.value.groups] == [
        ("1.1", ["1.1.1"]), ("1.2", ["1.2.1"]),
    ]  # fmt: skip
    assert [one.label for one in read.value.quarters][:2] == ["Q1, Apr–Jun 2023", "Q2, Jul–Sep 2023"]


def test_an_output_without_an_activity_is_a_problem() -> None:
    read = read_workplan({**WORKPLAN_CONTENT, "activities": "cccccc"}, FRAME)
    assert said(read) == {"outputs.bbbbbb": "Add an activity that leads to this output."}
    assert workplan.called("outputs.bbbbbb", {}, FRAME) == "Output 1.2"


@pytest.mark.parametrize(
    "field,text,sentence",
    [
        ("from", "", "Choose the quarter in which it begins."),
        ("to", "9", "Q9 lies after the end: the project has 8 quarters."),
        ("to", "1", "It ends before it begins: choose Q2 or a later one."),
        ("office", "office-c", "Choose one of the list."),
        ("due", "3", ""),
    ],
)
def test_an_activity_says_what_is_wrong_with_it(field: str, text: str, sentence: str) -> None:
    read = read_workplan({**WORKPLAN_CONTENT, f"activities.dddddd.{field}": text}, FRAME)
    at, told = ("milestone", "Say what is reached in this quarter.") if field == "due" else (field, sentence)
    assert said(read) == {f"activities.dddddd.{at}": told}


def test_a_quarter_after_the_end_is_shown_although_it_is_wrong() -> None:
    read = read_workplan({**WORKPLAN_CONTENT, "activities.dddddd.to": "9"}, FRAME)
    assert [one.name for one in read.value.quarters][-1] == "Q9"
    assert read.value.count == 8


def test_a_milestone_has_its_quarter() -> None:
    content = {**WORKPLAN_CONTENT, "activities.dddddd.milestone": "Machines delivered"}
    assert said(read_workplan(content, FRAME)) == {
        "activities.dddddd.due": "Choose the quarter in which it is reached."
    }
    assert read_workplan({**content, "activities.dddddd.due": "4"}, FRAME).complete


def test_the_one_office_of_a_project_need_not_be_chosen() -> None:
    alone = Frame(
        currency="USD",
        indirect_bp=700,
        offices=OFFICES,
        lead="office-a",
        taking_part=("office-a",),
        months=24,
        outputs=FRAME.outputs,
    )
    read = read_workplan(without(WORKPLAN_CONTENT, "activities.cccccc.office"), alone)
    assert read.complete
    assert {one.office for one in read.value.activities} == {"office-a"}


def test_a_workplan_is_not_complete_before_the_duration_and_the_outputs_are_known() -> None:
    bare = Frame(currency="USD", indirect_bp=700)
    assert [problem.level for problem in read_workplan({}, bare).problems] == [Level.MISSING, Level.MISSING]


def test_an_activity_of_an_output_that_is_gone_stands_apart() -> None:
    frame = with_outputs(FRAME, read_results({}, FRAME).value)
    read = read_workplan(WORKPLAN_CONTENT, frame)
    assert [one.text for one in read.value.loose] == ["Build fences", "Buy machines"]
    assert workplan.called("activities.cccccc.text", WORKPLAN_CONTENT, frame) == "Activity, description"


# Any texts

texts = st.one_of(
    st.text(max_size=40), st.sampled_from(["", " ", "3", "0", "-1", "12k", "\u0663", "security", "office-a", *KEYS])
)


def contents(shape: Shape) -> st.SearchStrategy[dict[str, str]]:
    """Contents of a part: some of its fields, for some rows, with any texts."""
    orders = {name: st.lists(st.sampled_from(KEYS)).map(" ".join) for name in shape.orders}
    fields = {
        field.name.replace("*", key): texts for field in shape.fields for key in KEYS if field.holds is not Holds.ORDER
    }
    return st.fixed_dictionaries({}, optional={**orders, **fields})


frames = st.builds(
    Frame, currency=st.just("USD"), indirect_bp=st.just(700), kpis=st.sampled_from([{}, {"kpi-1": "KPI 1"}]),
    offices=st.just(OFFICES), taking_part=st.sampled_from([(), ("office-a",), tuple(OFFICES)]),
    starts_on=st.none() | st.dates(date(1900, 1, 1), date(2199, 12, 31)), months=st.none() | st.integers(1, 120),
    outputs=st.sampled_from([{}, FRAME.outputs]),
)  # fmt: skip


def filled(content: Mapping[str, str], prefix: str, *names: str) -> bool:
    return all(content.get(f"{prefix}.{name}", "").strip() for name in names)


@given(contents(RISKS), frames)
def test_no_text_upsets_the_reader_of_risks_and_complete_ones_say_everything(
    content: dict[str, str], frame: Frame
) -> None:
    read = read_risks(content, frame)
    assert sum(len(cell.risks) for _, row in read.value.matrix() for cell in row) + len(read.value.unplaced) == len(
        read.value.risks
    )
    if read.complete:
        keys = content["risks"].split()
        assert keys
        assert all(
            filled(content, f"risks.{key}", "category", "text", "likelihood", "impact", "mitigation", "owner")
            for key in keys
        )
        assert all(risk.level and risk.category for risk in read.value.risks)


@given(contents(RESULTS), frames)
def test_no_text_upsets_the_reader_of_results_and_none_is_lost(content: dict[str, str], frame: Frame) -> None:
    read = read_results(content, frame)
    counts = tuple(len(set(content.get(name, "").split())) for name in ("outcomes", "outputs", "indicators"))
    assert read.value.counts() == counts
    if read.complete:
        assert all(counts)
        outcomes, outputs, indicators = (content[name].split() for name in ("outcomes", "outputs", "indicators"))
        assert all(filled(content, f"outcomes.{key}", "text") for key in outcomes)
        assert {content[f"outputs.{key}.of"] for key in outputs} == set(outcomes)
        assert {content[f"indicators.{key}.of"] for key in indicators} == set(outputs)
        assert all(filled(content, f"outputs.{key}", "text") for key in outputs)
        assert all(
            filled(content, f"indicators.{key}", "text", "unit", "baseline", "target", "means") for key in indicators
        )


@given(contents(WORKPLAN), frames)
def test_no_text_upsets_the_reader_of_the_workplan_and_none_is_lost(content: dict[str, str], frame: Frame) -> None:
    read = read_workplan(content, frame)
    keys = set(content.get("activities", "").split())
    assert sorted(one.key for one in read.value.activities) == sorted(keys)
    assert len(read.value.quarters) <= MOST
    if read.complete:
        assert frame.months is not None
        last = -(-frame.months // 3)
        assert {content[f"activities.{key}.of"] for key in keys} == set(frame.outputs) != set()
        for one in read.value.activities:
            assert one.first is not None
            assert one.last is not None
            assert 1 <= one.first <= one.last <= last
            assert one.office in frame.taking_part
            assert bool(one.milestone) == (one.due is not None)


@pytest.mark.parametrize(
    "read,content",
    [(read_risks, RISKS_CONTENT), (read_results, RESULTS_CONTENT), (read_workplan, WORKPLAN_CONTENT)],
)
def test_a_complete_part_from_which_any_text_is_taken_is_not_complete(
    read: Callable[[Content, Frame], Read[Any]], content: Content
) -> None:
    assert read(content, FRAME).complete
    assert [name for name in content if read(without(content, name), FRAME).complete] == []


@given(contents(RESULTS), st.sampled_from(RESULTS.orders), st.sampled_from(KEYS), st.sampled_from([-1, 1]))
def test_moving_a_row_loses_none_and_back_again_it_stands_where_it_stood(
    content: dict[str, str], name: str, key: str, by: int
) -> None:
    moved = moved_row(RESULTS, content, name, key, by)
    assert all(sorted(keys_of(moved, one)) == sorted(keys_of(content, one)) for one in RESULTS.orders)
    assert sorted(RESULTS.page_order(moved, name)) == sorted(keys_of(content, name))
    placed = key in keys_of(content, name) and bool(results.called(f"{name}.{key}", content, FRAME).split(" ")[1:])
    if placed and moved != content:
        back = moved_row(RESULTS, moved, name, key, -by)
        assert _numbered(back) == _numbered(content)


def _numbered(content: Content) -> list[tuple[str, str]]:
    """Return the rows of a framework that stand below something, with their keys, by number."""
    found = read_results(content, FRAME).value
    numbered = [(one.number, one.key) for one in found.outcomes] + [(one.number, one.key) for one in found.outputs]
    return numbered + [(one.number, one.key) for output in found.outputs for one in output.indicators]


@given(contents(RESULTS), st.sampled_from(RESULTS.orders), st.sampled_from(KEYS))
def test_as_many_rows_go_with_one_as_was_said(content: dict[str, str], name: str, key: str) -> None:
    below = rows_below(RESULTS, content, name, key)
    left = without_row(RESULTS, content, name, key)
    gone = sum(len(keys_of(content, one)) - len(keys_of(left, one)) for one in RESULTS.orders)
    assert gone == (below + 1 if key in keys_of(content, name) else 0)


@given(
    contents(RESULTS), contents(WORKPLAN), frames, st.text(max_size=30) | st.sampled_from(["", ".", "outputs.aaaaaa"])
)
def test_every_field_is_called_something(one: dict[str, str], other: dict[str, str], frame: Frame, name: str) -> None:
    for field in (*one, *other, name):
        assert isinstance(results.called(field, one, frame), str)
        assert isinstance(workplan.called(field, other, frame), str)
