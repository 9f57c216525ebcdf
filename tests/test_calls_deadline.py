"""The deadline rule: a pure function of moments, asked by services, jobs and pages alike."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.calls.deadline import Deadline, Phase

OPENS = datetime(2023, 3, 15, 8, 0, tzinfo=UTC)
CLOSES = datetime(2023, 5, 16, 15, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
WITH_GRACE = Deadline(OPENS, CLOSES, timedelta(minutes=30))
WITHOUT = Deadline(OPENS, CLOSES, timedelta())


@pytest.mark.parametrize(
    "moment, phase",
    [
        (OPENS - SECOND, Phase.BEFORE),
        (OPENS, Phase.OPEN),
        (CLOSES - SECOND, Phase.OPEN),
        (CLOSES, Phase.GRACE),
        (CLOSES + timedelta(minutes=30) - SECOND, Phase.GRACE),
        (CLOSES + timedelta(minutes=30), Phase.OVER),
    ],
)
def test_a_moment_lies_before_in_or_after(moment: datetime, phase: Phase) -> None:
    assert WITH_GRACE.phase(moment) is phase


def test_one_second_late_is_late() -> None:
    assert WITHOUT.may_finish(CLOSES - SECOND, begun_at=None)
    assert not WITHOUT.may_finish(CLOSES, begun_at=None)
    assert not WITHOUT.may_finish(CLOSES + SECOND, begun_at=CLOSES - SECOND)
    assert WITHOUT.over(CLOSES)


def test_the_grace_period_is_for_who_had_begun() -> None:
    late = CLOSES + timedelta(minutes=10)
    assert WITH_GRACE.may_finish(late, begun_at=CLOSES - SECOND)
    assert not WITH_GRACE.may_finish(late, begun_at=None)
    assert not WITH_GRACE.may_finish(late, begun_at=CLOSES)
    assert not WITH_GRACE.may_finish(late, begun_at=OPENS - SECOND)
    assert not WITH_GRACE.may_finish(CLOSES + timedelta(minutes=30), begun_at=CLOSES - SECOND)
    assert not WITH_GRACE.over(late)


minutes = st.integers(min_value=-200_000, max_value=200_000).map(lambda count: CLOSES + timedelta(minutes=count))


@given(now=minutes, begun=st.none() | minutes, grace=st.integers(min_value=0, max_value=1440))
def test_nothing_is_finished_that_was_not_begun_in_time(now: datetime, begun: datetime | None, grace: int) -> None:
    deadline = Deadline(OPENS, CLOSES, timedelta(minutes=grace))
    if deadline.may_finish(now, begun_at=begun):
        assert OPENS <= now < deadline.ends_at
        assert now < CLOSES or (begun is not None and OPENS <= begun < CLOSES)
    assert deadline.over(now) is (deadline.phase(now) is Phase.OVER)
    assert not (deadline.over(now) and deadline.may_finish(now, begun_at=begun))
