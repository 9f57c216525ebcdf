"""Days as people write them: every way that can be read once, and what is said of the others."""

from datetime import date

import pytest

from mptf.core.days import parse_day
from mptf.core.errors import RuleBroken

pytestmark = pytest.mark.one_engine

WAYS = (
    "3 Nov 2025", "03 November 2025", "2025-11-03", "2025/11/03", "3.11.2025", "3-Nov-2025", "03-november-2025",
    " 3 nov 2025 ",
)  # fmt: skip


@pytest.mark.parametrize("text", WAYS)
def test_a_day_is_read_in_each_of_its_ways(text: str) -> None:
    assert parse_day(text) == date(2025, 11, 3)


def test_a_day_of_numbers_is_read_where_there_is_one_way_to_read_it() -> None:
    assert parse_day("23-11-2025") == parse_day("23/11/2025") == date(2025, 11, 23)
    assert parse_day("05/05/2025") == date(2025, 5, 5)


@pytest.mark.parametrize(
    "text, told",
    [
        ("03-11-2025", "“03-11-2025” can be read in two ways. Write the month as a word"),
        ("3/11/2025", "can be read in two ways"),
        ("3 Nov 25", "Write the year of “3 Nov 25” with four digits"),
        ("03/11/25", "with four digits"),
        ("3-Nov-25", "with four digits"),
        ("11/13/2025", "There is no day “11/13/2025” in the calendar"),
        ("2025/02/30", "There is no day “2025/02/30” in the calendar"),
        ("2025/11-03", "Write the day as"),
        ("tomorrow", "Write the day as"),
        ("3 Nov 1625", "Look at the year"),
    ],
)
def test_what_can_be_read_twice_or_not_at_all_is_refused_in_words(text: str, told: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse_day(text)
    assert told in str(refused.value)
