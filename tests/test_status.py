"""The funding status in both layouts, with the worked example of the domain and a published statement."""

import csv
from dataclasses import fields, replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mptf.core.money import Money
from mptf.ledger.status import Block, Layout, Line, Totals, Weight, funding_status

PUBLISHED = Path(__file__).parent / "data" / "pbf_funding_status_a.csv"
NAMES = [field.name for field in fields(Totals)]

# The names of the published lines, in their order, beside ours.
AGENT = {
    "Contributions from Donors": "Contributions",
    "Interest and Investment Income (from Fund)": "Interest and investment income (fund)",
    "Interest (from Participating Organizations)": "Interest (participating organisations)",
    "Total source of funds": "Total source of funds",
    "Transferred to Participating Organizations": "Transferred to participating organisations",
    "Transfers to MDTFs": "Transfers to other funds",
    "Sub-total Transfers": "Sub-total transfers",
    "Refunds from Participating Organizations": "Refunds from participating organisations",
    "Administrative Agent Fee": "Fee of the Administrative Agent",
    "Direct Cost": "Direct cost, net of refunds",
    "Bank Charges": "Bank charges",
    "Total use of funds": "Total use of funds",
    "Balance with Administrative Agent": "Balance with the Administrative Agent",
    "As a percentage of deposits (percent)": "As a percentage of deposits",
}
ORGANISATIONS = {
    "Transfers to Participation Organizations": "Transfers to participating organisations",
    "Total resources": "Total resources",
    "Participating Organizations' Expenditure": "Expenditure of participating organisations",
    "Refunds from Participating Organizations": "Refunds from participating organisations",
    "Total expenses": "Total expenses",
    "Balance with Participating Organizations": "Balance with participating organisations",
    "As a percentage of transfers (percent)": "As a percentage of transfers",
}
FUND = {
    "Total Balance of Funds": "Total balance of funds",
    "As a percentage of deposits (percent)": "As a percentage of deposits",
}

any_totals = st.tuples(*[st.integers(-(10**13), 10**13)] * len(NAMES)).map(
    lambda minors: Totals(**{name: Money(minor, "USD") for name, minor in zip(NAMES, minors, strict=True)})
)
layouts = st.sampled_from(Layout)


def usd(units: int) -> Money:
    return Money(units * 100, "USD")


def made(**units: int) -> Totals:
    return Totals(**{name: usd(units.get(name, 0)) for name in NAMES})


def amount(block: Block, label: str) -> Money:
    return next(line.amount for line in block.lines if line.label == label)


EXAMPLE = made(
    contributions=2000, transfers_to_punos=860, transfers_to_funds=40, direct_cost=50, direct_cost_refunds=2,
    refunds_from_punos=30, expenditure=500,
)  # fmt: skip


def test_layout_2_counts_direct_cost_and_other_funds_among_the_transfers() -> None:
    status = funding_status(EXAMPLE, Layout(2))
    assert amount(status.agent, "Sub-total transfers") == usd(900)
    assert amount(status.organisations, "Transfers, with direct cost and transfers to other funds") == usd(950)
    assert amount(status.organisations, "Refunds, with those of direct cost") == usd(32)
    assert amount(status.agent, "Direct cost, net of refunds") == usd(48)
    assert status.organisations.balance == usd(950 - 500 - 32)


def test_layout_1_counts_only_what_went_to_projects_and_the_cash_is_the_same() -> None:
    status = funding_status(EXAMPLE, Layout(1))
    assert amount(status.organisations, "Transfers to participating organisations") == usd(860)
    assert amount(status.organisations, "Refunds from participating organisations") == usd(30)
    assert status.organisations.balance == usd(860 - 500 - 30)
    assert status.agent == funding_status(EXAMPLE, Layout(2)).agent
    assert status.agent.balance == usd(2000 - 900 + 30 - 48)


def published(section: str) -> dict[str, Decimal]:
    with PUBLISHED.open(encoding="utf-8") as file:
        return {
            row["line"]: Decimal(row["amount_usd"])
            for row in csv.DictReader(file)
            if row["section"] == section
        }  # fmt: skip


def printed(block: Block) -> dict[str, Decimal]:
    """Return what a reader of the published statement sees: whole dollars, percent with one decimal."""
    assert block.share is not None
    shown = {line.label: line.amount.decimal for line in block.lines}
    return {**shown, block.share_label: block.share.quantize(Decimal("0.1"), ROUND_HALF_UP)}


@pytest.mark.parametrize(
    "section, place, names",
    [
        ("Funds with Administrative Agent", "agent", AGENT),
        ("Funds with Participating Organizations", "organisations", ORGANISATIONS),
        ("Total", "fund", FUND),
    ],
)
def test_a_published_statement_is_reproduced_line_by_line(section: str, place: str, names: dict[str, str]) -> None:
    ours = printed(getattr(funding_status(STATEMENT_A, Layout.PROJECTS), place))
    not_printed_there = {label: value for label, value in ours.items() if label not in names.values()}
    theirs = {names[line]: value for line, value in published(section).items()}
    assert [(label, ours[label]) for label in ours if label in theirs] == list(theirs.items())
    assert not any(not_printed_there.values())


STATEMENT_A = made(
    contributions=756_821_732, fund_interest=20_006_220, puno_interest=3_122_214,
    transfers_to_punos=693_135_684, transfers_to_funds=13_792_503, refunds_from_punos=48_030_831,
    aa_fee=7_484_571, direct_cost=22_638_221, bank_charges=29_699, expenditure=535_464_931,
)  # fmt: skip


@given(any_totals, layouts)
def test_every_sum_is_the_sum_of_the_lines_above_it(known: Totals, layout: Layout) -> None:
    status = funding_status(known, layout)
    for block in (status.agent, status.organisations):
        (received, spent), balance = sums(block.lines[:-1]), block.balance
        assert balance == received - spent
    assert status.fund.balance == status.agent.balance + status.organisations.balance


def sums(lines: tuple[Line, ...]) -> list[Money]:
    """Add items up by hand, hold each sum against it, and return the totals."""
    found, since = [], Money.zero("USD")
    for line in lines:
        if line.weight is Weight.ITEM:
            since = since - line.amount if line.less else since + line.amount
        else:
            assert line.amount == since
        if line.weight is Weight.TOTAL:
            found.append(since)
            since = Money.zero("USD")
    return found


@given(any_totals)
def test_the_layouts_differ_by_what_went_to_funds_and_net_direct_cost(known: Totals) -> None:
    first, second = (funding_status(known, layout) for layout in Layout)
    assert first.agent == second.agent
    difference = known.transfers_to_funds + known.direct_cost - known.direct_cost_refunds
    assert second.organisations.balance - first.organisations.balance == difference


@given(any_totals, layouts)
def test_the_whole_is_what_came_in_and_neither_went_out_nor_was_spent(known: Totals, layout: Layout) -> None:
    came = known.contributions + known.fund_interest + known.puno_interest + known.other_income
    went = known.refunds_to_contributors + known.aa_fee + known.bank_charges + known.expenditure
    counted_elsewhere = known.transfers_to_funds + known.direct_cost - known.direct_cost_refunds
    elsewhere = Money.zero("USD") if layout is Layout.ALL_TRANSFERS else counted_elsewhere
    assert funding_status(known, layout).fund.balance == came - went - elsewhere


@pytest.mark.parametrize("layout", Layout)
def test_a_fund_without_money_has_no_percentages(layout: Layout) -> None:
    assert {block.share for block in funding_status(made(), layout).blocks} == {None}


def test_percentages_stand_on_deposits_and_on_the_transfers_of_the_layout() -> None:
    known = made(contributions=1000, transfers_to_punos=400, transfers_to_funds=100, expenditure=100)
    shares = [[block.share for block in funding_status(known, layout).blocks] for layout in Layout]
    assert shares == [
        [Decimal("50.00"), Decimal("75.00"), Decimal("80.00")],
        [Decimal("50.00"), Decimal("80.00"), Decimal("90.00")],
    ]


def test_there_are_two_layouts_and_one_currency() -> None:
    with pytest.raises(ValueError, match="3"):
        Layout(3)
    with pytest.raises(ValueError, match="do not add up"):
        funding_status(replace(EXAMPLE, bank_charges=Money(1, "EUR")), Layout.PROJECTS)
