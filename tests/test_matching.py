"""Which payment of the Administrative Agent's list is which deposit of our books: one to one, best first, in words."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.reconciliation.matching import Differs, Matching, Pair, Payment, cost, differences, match, may_match

DAY = date(2026, 3, 15)
SWEDEN, NORWAY = 1, 2
PLAIN = Payment(1, SWEDEN, "Sweden", DAY, Money(576_000_00, "USD"), "AA-2026-017")


def usd(cents: int) -> Money:
    return Money(cents, "USD")


def said(listed: Payment, booked: Payment) -> list[str]:
    return [filled(one.template, one.values).replace("\xa0", " ") for one in differences(listed, booked)]


def pairs(found: Matching) -> set[tuple[int, int]]:
    return {(pair.listed.place, pair.booked.place) for pair in found.pairs}


# What differs, in words


def test_sides_that_agree_in_everything_they_state_do_not_differ() -> None:
    stated = replace(PLAIN, reference=" aa-2026-017 ", fee=None, original=None)
    full = replace(PLAIN, place=9, fee=usd(5_702_40), original=Money(6_000_000_00, "SEK"))
    assert said(stated, full) == []
    assert said(replace(PLAIN, fee=usd(0)), replace(PLAIN, fee=None)) == []


@pytest.mark.parametrize(
    "changed,sentence",
    [
        (
            {"received": usd(575_975_00)},
            "The amount differs by USD 25.00: the list has less, USD 575,975.00, than our books, USD 576,000.00.",
        ),
        (
            {"received": usd(576_000_01)},
            "The amount differs by USD 0.01: the list has more, USD 576,000.01, than our books, USD 576,000.00.",
        ),
        (
            {"value_on": DAY + timedelta(1)},
            "The value date differs by one day: 16 Mar 2026 in the list and 15 Mar 2026 in our books.",
        ),
        (
            {"value_on": DAY - timedelta(9)},
            "The value date differs by 9 days: 6 Mar 2026 in the list and 15 Mar 2026 in our books.",
        ),
        (
            {"contributor": NORWAY, "name": "Norway"},
            "Another contributor: Norway in the list and Sweden in our books.",
        ),
        (
            {"contributor": None, "name": "Kingdom of Sweden"},
            "Another contributor: Kingdom of Sweden in the list and Sweden in our books.",
        ),
        ({"reference": "AA-18"}, "The reference is AA-18 in the list and AA-2026-017 in our books."),
        ({"fee": usd(5_760_00)}, "The fee is USD 5,760.00 in the list and not stated in our books."),
    ],
)
def test_each_difference_is_said_in_words(changed: dict[str, object], sentence: str) -> None:
    assert said(replace(PLAIN, **changed), PLAIN) == [sentence]  # type: ignore[arg-type]


def test_fees_and_original_amounts_are_compared_where_both_state_them() -> None:
    ours = replace(PLAIN, fee=usd(5_702_40), original=Money(6_000_000_00, "SEK"))
    theirs = replace(PLAIN, fee=usd(0), original=Money(600_000_00, "EUR"))
    assert said(theirs, ours) == [
        "The original amount is EUR 600,000.00 in the list and SEK 6,000,000.00 in our books.",
        "The fee is USD 0.00 in the list and USD 5,702.40 in our books.",
    ]


def test_the_weightiest_difference_is_said_first() -> None:
    theirs = replace(PLAIN, contributor=NORWAY, value_on=DAY + timedelta(2), fee=usd(1))
    assert [one.kind for one in differences(theirs, PLAIN)] == [Differs.CONTRIBUTOR, Differs.DAY, Differs.FEE]


# What may be the same payment


@pytest.mark.parametrize(
    "changed,possible",
    [
        ({}, True),
        ({"value_on": DAY + timedelta(14)}, True),
        ({"value_on": DAY + timedelta(15), "reference": ""}, False),
        ({"value_on": DAY + timedelta(300)}, True),  # the reference says that it is the same
        ({"received": usd(1)}, True),
        ({"received": usd(1), "contributor": NORWAY}, False),
        ({"contributor": NORWAY}, True),
        ({"contributor": NORWAY, "reference": "", "value_on": DAY + timedelta(3)}, True),
        ({"contributor": NORWAY, "reference": "", "value_on": DAY + timedelta(4)}, False),
        ({"contributor": NORWAY, "reference": "other"}, False),
        ({"received": usd(575_975_00), "reference": ""}, True),
        ({"received": usd(500_000_00), "reference": ""}, False),
        ({"received": usd(575_975_00), "reference": "other"}, False),
        ({"reference": "other"}, True),
    ],
)
def test_what_may_be_the_same_payment(changed: dict[str, object], possible: bool) -> None:
    assert may_match(replace(PLAIN, **changed), PLAIN) is possible  # type: ignore[arg-type]


# One to one, the best first


def test_the_exact_partner_wins_over_a_near_one() -> None:
    near, exact = replace(PLAIN, place=1, value_on=DAY + timedelta(2), reference=""), replace(PLAIN, place=2)
    assert pairs(match([PLAIN], [near, exact])) == {(1, 2)}
    assert [one.place for one in match([PLAIN], [near, exact]).only_booked] == [1]


def test_a_lighter_difference_wins_over_a_weightier_one() -> None:
    other_day = replace(PLAIN, place=1, value_on=DAY + timedelta(9), reference="")
    other_contributor = replace(PLAIN, place=2, contributor=NORWAY, reference="")
    assert pairs(match([replace(PLAIN, reference="")], [other_contributor, other_day])) == {(1, 1)}


def test_two_payments_of_the_same_day_and_amount_are_told_apart_by_their_references() -> None:
    listed = [replace(PLAIN, place=1, reference="A"), replace(PLAIN, place=2, reference="B")]
    booked = [replace(PLAIN, place=7, reference="B"), replace(PLAIN, place=8, reference="a ")]
    found = match(listed, booked)
    assert pairs(found) == {(1, 8), (2, 7)}
    assert all(not pair.differences for pair in found.pairs)


def test_what_has_no_partner_stands_alone() -> None:
    found = match([PLAIN], [replace(PLAIN, contributor=NORWAY, reference="", received=usd(10_00), place=3)])
    assert (pairs(found), [one.place for one in found.only_listed]) == (set(), [1])
    assert [one.place for one in found.only_booked] == [3]
    assert match([], []) == Matching([], [], [])


# Properties

PAYMENTS = st.builds(
    Payment,
    place=st.just(0),
    contributor=st.sampled_from([SWEDEN, NORWAY, None]),
    name=st.just("name"),
    value_on=st.integers(0, 20).map(lambda days: DAY + timedelta(days)),
    received=st.sampled_from([100_00, 100_50, 250_00]).map(usd),
    reference=st.sampled_from(["", "", "A", "B"]),
    fee=st.sampled_from([None, 0, 1_00]).map(lambda cents: None if cents is None else usd(cents)),
)
SIDE = st.lists(PAYMENTS, max_size=9).map(
    lambda side: [replace(one, place=place) for place, one in enumerate(side, start=1)]
)


@settings(max_examples=200, deadline=None)
@given(listed=SIDE, booked=SIDE, shuffle=st.randoms(use_true_random=False))
def test_matching_is_one_to_one_complete_stable_and_does_not_depend_on_order(
    listed: list[Payment], booked: list[Payment], shuffle: Random
) -> None:
    found = match(listed, booked)
    there = [pair.listed.place for pair in found.pairs] + [one.place for one in found.only_listed]
    here = [pair.booked.place for pair in found.pairs] + [one.place for one in found.only_booked]
    assert sorted(there) == [one.place for one in listed], "every payment of the list exactly once"
    assert sorted(here) == [one.place for one in booked], "every deposit exactly once"

    taken = {("list", pair.listed.place): cost(pair) for pair in found.pairs}
    taken |= {("books", pair.booked.place): cost(pair) for pair in found.pairs}
    for one in listed:
        for other in booked:
            if may_match(one, other):
                better = cost(Pair(one, other, differences(one, other)))
                standing = [taken.get(("list", one.place)), taken.get(("books", other.place))]
                assert any(kept is not None and kept <= better for kept in standing), "no better pair was passed over"

    shuffle.shuffle(listed)
    shuffle.shuffle(booked)
    assert pairs(match(listed, booked)) == pairs(found)
