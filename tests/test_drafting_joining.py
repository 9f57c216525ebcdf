"""What two people typed over the same version is joined, and nobody's words are lost (DOMAIN 3: drafts)."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mptf.drafting.content import cleaned
from mptf.drafting.joining import Collision, Joined, join, join_lines
from mptf.drafting.shape import Content, Field, Holds, Shape, keys_of

SHAPE = Shape(
    (
        Field("title", "Title"),
        Field("text", "Text", Holds.LINES),
        Field("kpis.*", "KPI", Holds.MARK),
        Field("outcomes", "Outcome", Holds.ORDER),
        Field("outcomes.*.name", "name"),
        Field("outputs", "Output", Holds.ORDER),
        Field("outputs.*.of", "outcome"),
        Field("outputs.*.name", "name"),
        Field("outputs.*.note", "note", Holds.LINES),
    )
)
OUTCOMES, OUTPUTS = ("aaaaaa", "bbbbbb", "cccccc"), ("dddddd", "eeeeee", "ffffff")
words = st.sampled_from(["", "one", "two", "three"])
lines = st.lists(st.sampled_from(["", "one", "two", "three", "four"]), max_size=5).map("\n".join)


def order(keys: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(keys), unique=True).map(" ".join)


@st.composite
def contents(draw: Any) -> dict[str, str]:
    """Draw what somebody might have typed, as it is kept."""
    typed = {
        "title": draw(words), "text": draw(lines), "kpis.x": draw(st.sampled_from(["", "y"])),
        "outcomes": draw(order(OUTCOMES)), "outputs": draw(order(OUTPUTS)),
    }  # fmt: skip
    typed |= {f"outcomes.{key}.name": draw(words) for key in OUTCOMES}
    for key in OUTPUTS:
        typed |= {
            f"outputs.{key}.of": draw(st.sampled_from(OUTCOMES)),
            f"outputs.{key}.name": draw(words),
            f"outputs.{key}.note": draw(lines),
        }
    return cleaned(SHAPE, typed.items())


@st.composite
def changed(draw: Any, base: Content) -> dict[str, str]:
    """Draw a content that shares most of its fields with another."""
    other = draw(contents())
    names = sorted({*base, *other})
    taken = draw(st.sets(st.sampled_from(names))) if names else set()
    mixed = {name: (other if name in taken else base).get(name, "") for name in names}
    return cleaned(SHAPE, mixed.items())


@st.composite
def two_typed(draw: Any) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Draw a version and what two people made of it."""
    base = draw(contents())
    return base, draw(changed(base)), draw(changed(base))


def joined(base: Content, stored: Content, typed: Content) -> Joined:
    return join(SHAPE, base=base, stored=stored, typed=typed)


def content(**fields: str) -> dict[str, str]:
    return fields


def row(of_list: str, key: str, **fields: str) -> dict[str, str]:
    return {f"{of_list}.{key}.{name}": text for name, text in fields.items()}


@given(two_typed())
def test_who_comes_first_makes_no_difference_where_nothing_collides(texts: tuple[Content, Content, Content]) -> None:
    base, one, other = texts
    first, second = joined(base, one, other), joined(base, other, one)
    assert {collision.field for collision in first.collisions} == {collision.field for collision in second.collisions}
    if not first.collisions:
        assert first.content == second.content


@given(contents(), contents())
def test_what_is_typed_over_what_stands_stands(stored: Content, typed: Content) -> None:
    result = joined(stored, stored, typed)
    assert (result.content, result.collisions, result.changed) == (typed, (), {})


@given(contents(), contents())
def test_who_typed_nothing_changes_nothing(base: Content, stored: Content) -> None:
    result = joined(base, stored, base)
    assert (result.content, result.collisions) == (stored, ())


@given(two_typed())
def test_no_words_of_either_disappear(texts: tuple[Content, Content, Content]) -> None:
    base, stored, typed = texts
    result = joined(base, stored, typed)
    collisions = {collision.field: collision for collision in result.collisions}
    for version in (stored, typed):
        for name, text in version.items():
            if text != base.get(name, "") and name not in SHAPE.orders:
                assert kept(name, text, base, result.content, collisions), name


def kept(name: str, text: str, base: Content, stands: Content, collisions: Mapping[str, Collision]) -> bool:
    """Tell whether what somebody wrote stands now, or lies beside it."""
    if name in collisions:
        return text in (collisions[name].stored, collisions[name].typed)
    new = set(text.split("\n")) - set(base.get(name, "").split("\n"))
    return new <= set(stands.get(name, "").split("\n"))


@given(two_typed())
def test_what_is_stored_stays_where_texts_collide(texts: tuple[Content, Content, Content]) -> None:
    _, stored, typed = texts
    for collision in joined(*texts).collisions:
        assert (collision.stored, collision.typed) == (stored.get(collision.field, ""), typed.get(collision.field, ""))


@given(two_typed())
def test_rows_both_added_stay_and_fields_have_their_rows(texts: tuple[Content, Content, Content]) -> None:
    base, stored, typed = texts
    stands = joined(base, stored, typed).content
    for name in SHAPE.orders:
        rows = [set(keys_of(version, name)) for version in (base, stored, typed, stands)]
        assert (rows[1] | rows[2]) - rows[0] <= rows[3]
        assert rows[3] <= rows[1] | rows[2]
    assert cleaned(SHAPE, stands.items()) == stands


@given(two_typed())
def test_what_changed_for_who_typed_leads_to_what_stands(texts: tuple[Content, Content, Content]) -> None:
    base, stored, typed = texts
    result = joined(base, stored, typed)
    collided = {collision.field for collision in result.collisions}
    taken = {**typed, **result.changed}
    assert {name: text for name, text in taken.items() if text and name not in collided} == {
        name: text for name, text in result.content.items() if name not in collided
    }


@given(two_typed())
def test_what_was_joined_is_not_joined_twice(texts: tuple[Content, Content, Content]) -> None:
    """An answer that was lost on its way is asked for again, with the same texts over the same version."""
    base, stored, typed = texts
    once = joined(base, stored, typed)
    again = joined(base, once.content, typed)
    assert {name: text for name, text in again.content.items() if SHAPE.find(name) in PLAIN} == {
        name: text for name, text in once.content.items() if SHAPE.find(name) in PLAIN
    }


def test_a_row_is_removed_though_something_changed_that_stood_below_it_and_was_moved_away() -> None:
    rows = {"outcomes": "aaaaaa bbbbbb", "outputs": "cccccc", **row("outputs", "cccccc", of="bbbbbb", name="One")}
    stored = {**rows, **row("outputs", "cccccc", name="Two")}
    typed = {**rows, "outcomes": "aaaaaa", **row("outputs", "cccccc", of="aaaaaa")}
    stands = {**rows, "outcomes": "aaaaaa", **row("outputs", "cccccc", of="aaaaaa", name="Two")}
    assert joined(rows, stored, typed).content == joined(rows, typed, stored).content == stands


PLAIN = [field for field in SHAPE.fields if field.holds is not Holds.LINES]


def test_each_field_takes_the_one_change_it_has() -> None:
    base = content(title="Stores", text="Why.\n\nHow.")
    result = joined(base, {**base, "title": "Safe stores"}, {**base, "text": "Why.\n\nHow, in years."})
    assert result.content == content(title="Safe stores", text="Why.\n\nHow, in years.")
    assert result.changed == {"title": "Safe stores"}


def test_paragraphs_two_people_changed_are_joined() -> None:
    base = "Why.\n\nHow.\n\nWho."
    assert join_lines(base, "Why now.\n\nHow.\n\nWho.", "Why.\n\nHow.\n\nWho, and when.\n\nWhere.") == (
        "Why now.\n\nHow.\n\nWho, and when.\n\nWhere."
    )


def test_a_paragraph_both_changed_collides_and_the_stored_one_stays() -> None:
    base = content(text="Why.\n\nHow.")
    result = joined(base, content(text="Why, says Ana.\n\nHow."), content(text="Why, says Ben.\n\nHow."))
    assert result.content == content(text="Why, says Ana.\n\nHow.")
    assert result.collisions == (Collision("text", "Why, says Ana.\n\nHow.", "Why, says Ben.\n\nHow."),)
    assert result.changed == {}


def test_what_both_wrote_into_an_empty_text_collides_unless_it_is_the_same() -> None:
    assert joined({}, content(text="Mine"), content(text="Yours")).collisions
    assert joined({}, content(text="Ours"), content(text="Ours")).content == content(text="Ours")


def test_a_line_is_never_joined_by_halves() -> None:
    base = content(title="Stores")
    result = joined(base, content(title="Safe stores"), content(title="Stores, phase II"))
    assert [collision.field for collision in result.collisions] == ["title"]


def test_a_text_somebody_removed_stays_when_the_other_wrote_in_it() -> None:
    base, written = content(title="Stores"), content(title="Safe stores")
    assert joined(base, written, {}) == Joined(written, (), written)
    assert joined(base, {}, written) == Joined(written, (), {})


def test_a_text_somebody_emptied_is_empty_when_nobody_else_wrote_in_it() -> None:
    base = {"title": "one", "text": "two\nthree"}
    joined = join(SHAPE, base=base, stored=base, typed={"title": "one"})
    assert joined == Joined({"title": "one"}, (), {})


def test_a_row_somebody_removed_stays_when_the_other_wrote_in_it() -> None:
    base = content(outputs="dddddd eeeeee") | row("outputs", "dddddd", name="A") | row("outputs", "eeeeee", name="B")
    without = content(outputs="dddddd") | row("outputs", "dddddd", name="A")
    written = base | row("outputs", "eeeeee", note="Look here")
    for stored, typed in ((without, written), (written, without)):
        assert joined(base, stored, typed).content == written
    assert joined(base, without, base).content == without


def test_a_row_stays_when_the_other_wrote_in_a_row_below_it() -> None:
    base = content(outcomes="aaaaaa", outputs="dddddd") | row("outputs", "dddddd", of="aaaaaa", name="A")
    written = base | row("outputs", "dddddd", name="A and more")
    assert joined(base, {}, written).content == written
    added = base | content(outputs="dddddd eeeeee") | row("outputs", "eeeeee", of="aaaaaa")
    assert joined(base, {}, added).content == content(outcomes="aaaaaa", outputs="eeeeee") | row(
        "outputs", "eeeeee", of="aaaaaa"
    )


def test_rows_stand_behind_those_they_were_added_behind_and_a_move_is_kept() -> None:
    base = content(outputs="dddddd eeeeee")
    assert joined(base, content(outputs="eeeeee dddddd"), content(outputs="dddddd ffffff eeeeee")).content == content(
        outputs="eeeeee dddddd ffffff"
    )


def test_a_text_of_very_many_lines_collides_as_a_whole() -> None:
    base = "\n".join(["same"] * 5000)
    assert join_lines(base, "first\n" + base, base + "\nlast") is None
