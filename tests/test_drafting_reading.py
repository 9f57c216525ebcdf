"""The texts of a part become values and problems: pure functions of what was typed and of the call."""

from datetime import date
from typing import Any

import pytest

from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.drafting.comparing import Fate, Piece, differences, pieces
from mptf.drafting.content import cleaned, moved_row, new_key, packed, unpacked, with_row, without_row
from mptf.drafting.forms import stepped, typed_in
from mptf.drafting.general import SHAPE as GENERAL
from mptf.drafting.general import TARGETS, Target, framed, read_general
from mptf.drafting.narrative import SECTIONS, read_narrative
from mptf.drafting.parts import every_part, put
from mptf.drafting.reading import Frame, Level, Read, Typed
from mptf.drafting.shape import Field, Holds, Shape
from mptf.drafting.team import SHAPE as TEAM
from mptf.drafting.team import Member, read_team

FRAME = Frame(
    currency="USD", indirect_bp=700, goals={"g1": "Goal 1"}, kpis={"k3": "KPI 3"},
    jurisdictions={"al": "Albania", "xk": "Kosovo*"}, offices={"lead": "UNDP Albania", "other": "UNDP Serbia"},
    lead="lead", months_least=6, months_most=36,
)  # fmt: skip
WHOLE = {
    "title": "Safe stores", "offices.other": "y", "jurisdictions.xk": "y", "starts_on": "1 Mar 2027", "months": "24",
    "goals.g1": "y", "kpis.k3": "y", "targets": "aaaaaa bbbbbb", "targets.aaaaaa.code": "16.4",
    "targets.aaaaaa.focus": "70", "targets.bbbbbb.code": "5.2", "targets.bbbbbb.focus": "30", "gender": "2",
    "gender_why": "Women take part.",
}  # fmt: skip
NESTED = Shape(
    (
        Field("outcomes", "Outcome", Holds.ORDER), Field("outcomes.*.name", "name"),
        Field("outputs", "Output", Holds.ORDER, below="outcomes"), Field("outputs.*.of", "outcome"),
        Field("outputs.*.name", "name"),
    )
)  # fmt: skip


def told(read: Read[Any]) -> dict[str, str]:
    return {problem.field: str(problem) for problem in read.problems}


def levels(read: Read[Any]) -> set[Level]:
    return {problem.level for problem in read.problems}


def test_general_that_is_whole_is_read_as_it_was_typed() -> None:
    read = read_general(WHOLE, FRAME)
    assert read.complete
    general = read.value
    assert (general.title, general.starts_on, general.months, general.gender) == (
        "Safe stores", date(2027, 3, 1), 24, 2,
    )  # fmt: skip
    assert (general.offices, general.jurisdictions, general.goals, general.kpis) == (
        ("other",), ("xk",), ("g1",), ("k3",),
    )  # fmt: skip
    assert general.targets == (Target("16.4", 70), Target("5.2", 30))
    frame = framed(FRAME, general)
    assert (frame.title, frame.taking_part, frame.months) == ("Safe stores", ("lead", "other"), 24)


def test_an_empty_part_misses_all_that_is_needed_and_nothing_is_wrong() -> None:
    read = read_general({}, FRAME)
    assert levels(read) == {Level.MISSING}
    assert told(read)["months"] == "Write how many months it takes."
    assert "offices" not in told(read)


def test_a_call_that_names_no_goals_asks_for_none() -> None:
    frame = Frame(currency="USD", indirect_bp=700)
    assert {"goals", "kpis", "jurisdictions"} & told(read_general({}, frame)).keys() == set()


@pytest.mark.parametrize(
    "field,text,sentence",
    [
        ("months", "48", "Write a number from 6 to 36."),
        ("months", "2 years", "“2 years” is not a whole number. Write one such as 24."),
        ("starts_on", "03/04/2027", "“03/04/2027” can be read in two ways. Write the month as a word"),
        ("title", "Stores in Kosovo", "Write Kosovo* with its asterisk"),
        ("title", "x" * 203, "Use at most 200 characters: this is 3 more."),
        ("gender", "4", "Choose one of the list."),
        ("targets.aaaaaa.code", "16.99", "There is no SDG target of this number."),
        ("targets.bbbbbb.code", "16.4", "This target stands above already."),
        ("targets.aaaaaa.focus", "0", "Write a number from 1 to 100."),
    ],
)
def test_what_cannot_stand_is_told_at_its_field(field: str, text: str, sentence: str) -> None:
    read = read_general({**WHOLE, field: text}, FRAME)
    assert told(read)[field].startswith(sentence)


def test_the_focus_of_the_targets_adds_up_to_a_hundred() -> None:
    read = read_general({**WHOLE, "targets.aaaaaa.focus": "60"}, FRAME)
    assert told(read) == {"targets": "The focus of the SDG targets adds up to 90 %, not 100 %."}


@pytest.mark.parametrize("typed", ["60", "60%", " 60 % "])
def test_a_percentage_is_typed_with_its_sign_or_without(typed: str) -> None:
    rest = {**WHOLE, "targets.bbbbbb.focus": "40"}
    assert read_general({**rest, "targets.aaaaaa.focus": typed}, FRAME).value.targets[0] == Target("16.4", 60)
    assert "is not a whole number" in told(read_general({**WHOLE, "months": "24 %"}, FRAME))["months"]


def test_what_general_misses_is_told_in_the_order_of_its_page_by_the_names_it_has_there() -> None:
    problems = [problem.field for problem in read_general({}, FRAME).problems]
    assert problems == [
        "title",
        "jurisdictions",
        "starts_on",
        "months",
        "goals",
        "kpis",
        "targets",
        "gender",
        "gender_why",
    ]
    called = [GENERAL.called(name, {}) for name in ("jurisdictions", "goals", "kpis", "kpis.k3")]
    assert called == ["Jurisdictions", "Goals", "KPIs", "KPIs"]


def test_there_are_169_targets() -> None:
    assert len(TARGETS) == len(set(TARGETS)) == 169
    assert {"1.1", "3.d", "8.10", "16.10", "17.19"} <= set(TARGETS)


def test_a_choice_the_call_does_not_offer_counts_as_none() -> None:
    assert told(read_general({**WHOLE, "kpis.k3": "", "kpis.k9": "y"}, FRAME)) == {
        "kpis": "Choose at least one KPI it serves."
    }


def test_the_narrative_misses_its_empty_sections_and_warns_of_long_ones() -> None:
    first = SECTIONS[0]
    read = read_narrative({first.name: "x" * (first.most + 1)}, FRAME)
    assert told(read)[first.name] == "Use at most 1,500 characters: this is 1 more."
    assert len(read.problems) == len(SECTIONS)
    assert read_narrative({section.name: "Text" for section in SECTIONS}, FRAME).complete


def test_a_team_is_read_row_by_row_and_a_person_may_be_missing() -> None:
    content = {"team": "aaaaaa", "team.aaaaaa.function": "Manager", "team.aaaaaa.organisation": "UNDP"}
    read = read_team({**content, "team.aaaaaa.share": "50"}, FRAME)
    assert (read.complete, read.value.members) == (True, (Member("Manager", "", "UNDP", 50),))
    assert told(read_team({}, FRAME)) == {"team": "Add at least one function of the team."}
    assert TEAM.called("team.aaaaaa.share", content) == "Function 1, share of time in %"


def test_amounts_that_cannot_be_read_count_as_none() -> None:
    typed = Typed({"a": "12k", "b": "-5", "c": "1,200.50"})
    assert typed.amount("a", "USD") is None
    assert typed.amount("b", "USD") is None
    assert typed.amount("b", "USD", negative=True) == Money(-500, "USD")
    assert typed.amount("c", "USD") == Money(120_050, "USD")
    assert typed.amount("d", "USD") is None
    assert [problem.field for problem in typed.problems] == ["a", "b"]


def test_a_part_is_put_once_and_parts_come_in_their_order() -> None:
    kinds = [part.kind.value for part in every_part()]
    assert kinds.index("general") < kinds.index("narrative") < kinds.index("team")
    with pytest.raises(ValueError, match="put twice"):
        put(next(every_part()))


def test_the_same_content_is_the_same_text() -> None:
    assert packed({"b": "2", "a": "1", "c": ""}) == packed({"a": "1", "b": "2"}) == '{"a":"1","b":"2"}'
    assert unpacked(packed({"title": "Ćao"})) == {"title": "Ćao"}


def test_only_fields_of_the_part_and_rows_of_an_order_are_kept() -> None:
    typed = {
        "title": "T",
        "status": "approved",
        "targets": "aaaaaa AA x",
        "targets.bbbbbb.code": "1.1",
        "goals.g1": "on",
    }
    assert cleaned(GENERAL, typed.items()) == {"title": "T", "targets": "aaaaaa"}
    with pytest.raises(RuleBroken, match="at most 300 rows"):
        cleaned(GENERAL, [("targets", " ".join(new_key() for _ in range(301)))])


def test_rows_are_added_moved_and_removed_with_those_below_them() -> None:
    content = {"outcomes": "aaaaaa bbbbbb", "outputs": "cccccc dddddd eeeeee"}
    content |= {"outputs.cccccc.of": "aaaaaa", "outputs.dddddd.of": "bbbbbb", "outputs.eeeeee.of": "aaaaaa"}
    assert moved_row(NESTED, content, "outputs", "eeeeee", -1)["outputs"] == "eeeeee dddddd cccccc"
    assert moved_row(NESTED, content, "outcomes", "aaaaaa", -1) == content
    assert without_row(NESTED, content, "outcomes", "aaaaaa") == {
        "outcomes": "bbbbbb", "outputs": "dddddd", "outputs.dddddd.of": "bbbbbb",
    }  # fmt: skip
    added = with_row(content, "outputs", "bbbbbb")
    key = added["outputs"].split()[-1]
    assert added[f"outputs.{key}.of"] == "bbbbbb"


def test_a_form_is_told_apart_from_what_the_page_says_beside_it() -> None:
    typed = typed_in(
        [("title", "T"), ("title", "twice"), ("version", "7"), ("over.title", "S"), ("aside.12", "mine"),
         ("settled", "9"), ("settled", "x")]
    )  # fmt: skip
    assert (typed.content, typed.version, typed.over) == ({"title": "T"}, 7, {"title": "S"})
    assert (typed.asides, typed.settled) == ({12: "mine"}, {9, 0})
    assert typed_in([("version", "-1")]).version == 0


def test_steps_name_what_there_is_or_do_nothing() -> None:
    typed = typed_in([("outcomes", "aaaaaa"), ("aside.3", "mine")])
    assert stepped(NESTED, typed, "mine 3", {3: "outcomes.aaaaaa.name"}).content["outcomes.aaaaaa.name"] == "mine"
    assert stepped(NESTED, typed, "theirs 3", {3: "outcomes.aaaaaa.name"}).settled == {3}
    for nonsense in ("mine 4", "add nothing", "remove outcomes", "", "up"):
        assert stepped(NESTED, typed, f"{nonsense} ", {}) == typed


def test_differences_are_told_word_by_word_in_the_order_of_the_page() -> None:
    old = {"title": "Three stores", "months": "12", "gender": "2"}
    new = {"title": "Four stores", "months": "12", "kpis.k3": "y"}
    found = list(differences(GENERAL, old, new, GENERAL.called))
    assert [one.label for one in found] == ["Title", "KPIs", "Gender marker"]
    assert found[0].pieces == [Piece(Fate.GONE, "Three"), Piece(Fate.NEW, "Four"), Piece(Fate.SAME, " stores")]


def test_very_long_texts_are_compared_line_by_line_or_as_a_whole() -> None:
    lines = "\n".join(f"word {number} of a line" for number in range(900))
    assert pieces(lines, f"{lines}\nlast")[-1].fate is Fate.NEW
    many = "a\n" * 5000
    assert [piece.fate for piece in pieces(many, many + "x")] == [Fate.GONE, Fate.NEW]
