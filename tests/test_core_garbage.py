"""Garbage is looked for between pieces of work, and never in the middle of one."""

import gc
import weakref
from collections.abc import Iterator
from contextlib import suppress

import pytest

from mptf.core import garbage


class Knot:
    """Something only a look for garbage gets rid of."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Return which generations were looked at, as it happens; old ones are after three more looks at young ones."""
    seen: list[int] = []

    def note(phase: str, said: dict[str, int]) -> None:
        if phase == "start":
            seen.append(said["generation"])

    thresholds = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # what Python begins with; tests look less often
    gc.collect(1)
    monkeypatch.setattr(garbage, "OFTEN", gc.get_count()[2] + 3)
    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)


def test_nobody_looks_in_the_middle_of_work_and_python_does_again_after_it(looks: list[int]) -> None:
    with suppress(ZeroDivisionError), garbage.only_between():
        kept = [Knot() for _ in range(5_000)]
        assert looks == []
        kept[1 // 0].itself = kept[0]
    kept += [Knot() for _ in range(5_000)]
    assert looks


def test_a_look_is_taken_where_there_may_be_much(looks: list[int]) -> None:
    with garbage.only_between():
        garbage.look()
        assert looks == []
        first = weakref.ref(Knot())
        _more = [Knot() for _ in range(garbage.SOME)]
        assert first() is not None
        garbage.look()
        assert (looks, first()) == ([1], None)
        garbage.look()
        assert looks == [1]


def test_what_grew_old_is_looked_at_now_and_then(looks: list[int]) -> None:
    with garbage.only_between():
        for _ in range(4):
            _made = [Knot() for _ in range(garbage.SOME)]
            garbage.look()
    assert looks == [1, 1, 1, 2]
