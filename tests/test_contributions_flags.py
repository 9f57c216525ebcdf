"""Deposits that ask for attention, found by their flags; and contributors ranked by what they gave (DOMAIN 1 and 2)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from mptf.agreements.listed import page_of_agreements
from mptf.agreements.service import Signature, sign_agreement
from mptf.contributions.ranking import Given, ranked, ranking
from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.core.sentences import filled
from mptf.deposits.flags import flagged
from mptf.deposits.models import Deposit
from mptf.deposits.queries import get_deposit, page_of_deposits
from mptf.deposits.remarks import DepositLine, Flag
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund, FundSettings
from mptf.fund.queries import timeline
from mptf.fund.rules import Rules
from mptf.ledger import service as books
from mptf.ledger.chart import EntryKind
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation
from mptf.policy import Role, Viewer
from mptf.rates.models import ExchangeRate
from tests.factories import Make
from tests.support.money import Till

LARGE = "Unusually large"
JANUARY, MARCH, END_OF_2020 = date(2026, 1, 10), date(2026, 3, 15), date(2020, 12, 31)


def usd(dollars: int) -> Money:
    return Money(dollars * 100, "USD")


@pytest.fixture(autouse=True)
def _in_june() -> Iterator[None]:
    with clock.at(datetime(2026, 6, 15, 9, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def donors(make: Make) -> list[Organisation]:
    return [make.organisation(name) for name in ("Donorland", "Elseland")]


@pytest.fixture
def deposits(ctx: Flask, fund: Fund, officer: Viewer, head: Viewer, donors: list[Organisation]) -> dict[str, Deposit]:
    """One deposit of each kind that is flagged, and two that are not."""
    here, elsewhere = donors
    agreement = sign_agreement(fund, Signature(here, "A-1", JANUARY, usd(100)), by=officer)
    db.session.add(ExchangeRate(currency="SEK", valid_from=date(2026, 3, 1), millionths=10_450_000))
    krona = sign_agreement(fund, Signature(here, "A-2", JANUARY, Money(100, "SEK")), by=officer)

    def record(reference: str, dollars: int, **facts: Any) -> Deposit:
        what = replace(Receipt(here, usd(dollars), MARCH, agreement, bank_reference=reference), **facts)
        return record_deposit(fund, what, by=officer)

    made = {
        "before": record("before", 1, value_on=date(2026, 1, 2)),
        "plain": record("plain", 60),
        "none": record("none", 2, agreement=None),
        "opening": record("opening", 3, agreement=None, is_opening=True),
        "other": record("other", 4, donor=elsewhere),
        "currency": record("currency", 5, agreement=krona),
        "once": record("twice", 6),
        "twice": record("twice", 7),
        "over": record("over", 50),
        "fee": record("fee", 10, agreement=None, fee=usd(9)),
        "unnamed": record("", 12, agreement=None),
        "named": record("named", 12, agreement=None),
        "rate": record("rate", 11, agreement=None, original=Money(1_05, "SEK")),
        "large": record("large", 1_001, agreement=None),
        "reversed": record("reversed", 8, agreement=None),
    }
    books.reverse_document(fund, "deposit", made["reversed"].public_id, reason="a mistake", by=officer)
    for month in (date(2026, 1, 1), date(2026, 2, 1)):
        books.close_months(fund, month, prepared_by=officer, by=head)
    made["late"] = record("late", 9, agreement=None, value_on=date(2026, 2, 20))
    db.session.commit()
    return made


def test_each_flag_finds_its_deposits(fund: Fund, officer: Viewer, deposits: dict[str, Deposit]) -> None:
    names = {deposit.id: name for name, deposit in deposits.items()}
    found = {flag: {names[line.deposit.id] for line in flagged(officer, fund, flag).page.items} for flag in Flag}
    assert found == {
        Flag.UNUSUAL_SIZE: {"large"},
        Flag.UNUSUAL_FEE: {"fee"},
        Flag.UNUSUAL_RATE: {"rate"},
        Flag.NO_AGREEMENT: {"none", "late", "fee", "rate", "unnamed", "named", "large"},
        Flag.OTHER_AGREEMENT: {"other"},
        Flag.BEFORE_AGREEMENT: {"before"},
        Flag.OTHER_CURRENCY: {"currency"},
        Flag.MORE_THAN_AGREED: {"over"},
        Flag.MAY_BE_SAME: {"unnamed", "named"},
        Flag.REFERENCE_TWICE: {"once", "twice"},
        Flag.CLOSED_MONTH: {"late"},
    }
    everything = flagged(officer, fund)
    assert {names[line.deposit.id] for line in everything.page.items} == set().union(*found.values())
    assert everything.counts == {flag: len(those) for flag, those in found.items()}
    assert everything.total == 13


def test_flags_are_the_remarks_of_each_deposit(fund: Fund, officer: Viewer, deposits: dict[str, Deposit]) -> None:
    lines = page_of_deposits(officer, fund).items
    remarks = Counter(remark.title for line in lines for remark in line.remarks if remark.tone == "warn")
    counts = flagged(officer, fund).counts
    assert remarks == Counter({flag.label: count for flag, count in counts.items()})


def test_a_deposit_far_larger_than_anything_before_is_asked_about(
    ctx: Flask, fund: Fund, officer: Viewer, donors: list[Organisation]
) -> None:
    here, elsewhere = donors

    def pay(cents: int, donor: Organisation = here, **facts: Any) -> Deposit:
        what = Receipt(donor, Money(cents, "USD"), MARCH, bank_reference=f"B-{cents}-{donor.id}", **facts)
        return record_deposit(fund, what, by=officer)

    def told(deposit: Deposit) -> str:
        remarks = get_deposit(officer, fund, deposit.public_id).remarks
        said = [filled(one.template, one.values) for one in remarks if one.title == LARGE]
        return "".join(said).replace("\N{NO-BREAK SPACE}", " ")

    def listed() -> set[int]:
        return {line.deposit.id for line in flagged(officer, fund, Flag.UNUSUAL_SIZE).page.items}

    first = pay(1_000_000_000_000_00)
    assert told(first) == "", "nothing is known to hold it against"
    books.reverse_document(fund, "deposit", first.public_id, reason="a mistake", by=officer)
    agreed = Signature(here, "A-1", JANUARY, Money(2_000_00, "SEK"))
    agreement = sign_agreement(fund, agreed, by=officer)
    usual, large = pay(20_000_00, agreement=agreement), pay(1_000_000_000_000_01)
    assert told(usual) == ""
    assert told(large) == (
        "USD 1,000,000,000,000.01 is more than 10 times the largest deposit recorded before it, USD 20,000.00, and "
        "than anything Donorland agreed. Count its digits."
    )
    assert listed() == {large.id}
    books.reverse_document(fund, "deposit", large.public_id, reason="a slip", by=officer)
    edge, over = pay(200_000_00, elsewhere), pay(2_000_000_01, elsewhere)
    assert (told(edge), bool(told(over))) == ("", True), "of another contributor's first deposit too"
    assert listed() == {over.id}
    sign_agreement(fund, Signature(elsewhere, "E-1", JANUARY, usd(200_001)), by=officer)
    assert (told(over), listed()) == ("", set()), "once it is agreed, it is large no more"
    opening = pay(9_000_000_000_000_00, is_opening=True)
    assert (told(opening), listed()) == ("", set())


def test_the_first_deposit_of_a_fund_is_held_against_what_was_agreed(
    ctx: Flask, fund: Fund, officer: Viewer, donors: list[Organisation]
) -> None:
    agreement = sign_agreement(fund, Signature(donors[0], "A-1", JANUARY, Money(1_000, "JPY")), by=officer)
    what = Receipt(donors[0], Money(10_000_01, "USD"), MARCH, agreement, bank_reference="B")
    remarks = get_deposit(officer, fund, record_deposit(fund, what, by=officer).public_id).remarks
    (large,) = [one for one in remarks if one.title == LARGE]
    assert "is more than 10 times anything Donorland agreed." in filled(large.template, large.values)


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_deposit_in_a_currency_without_cents_is_held_against_what_was_agreed_in_it(
    ctx: Flask, make: Make, donors: list[Organisation], currency: str
) -> None:
    fund = make.fund("FUND00", currency=currency)
    officer = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    agreement = sign_agreement(fund, Signature(donors[0], "A-1", JANUARY, Money(1_000_000, currency)), by=officer)

    def is_large(minor: int) -> bool:
        what = Receipt(donors[0], Money(minor, currency), MARCH, agreement, bank_reference=str(minor))
        deposit = record_deposit(fund, what, by=officer)
        marked = {line.deposit.id for line in flagged(officer, fund, Flag.UNUSUAL_SIZE).page.items}
        said = [one.title for one in get_deposit(officer, fund, deposit.public_id).remarks]
        assert (deposit.id in marked) == (LARGE in said)
        books.reverse_document(fund, "deposit", deposit.public_id, reason="only asked", by=officer)
        return deposit.id in marked

    assert (is_large(10_000_000), is_large(10_000_001)) == (False, True)


def test_what_another_contributor_paid_under_an_agreement_pays_nothing_of_it(
    ctx: Flask, fund: Fund, officer: Viewer, donors: list[Organisation]
) -> None:
    """The remark of a deposit, the list of flags and the list of agreements say one sum."""
    here, elsewhere = donors
    agreement = sign_agreement(fund, Signature(here, "A-1", JANUARY, usd(100)), by=officer)

    def pay(donor: Organisation, dollars: int) -> str:
        what = Receipt(donor, usd(dollars), MARCH, agreement, bank_reference=f"{donor.short_name} {dollars}")
        return record_deposit(fund, what, by=officer).public_id

    paid = [pay(elsewhere, 90), pay(here, 20)]
    assert flagged(officer, fund).counts[Flag.MORE_THAN_AGREED] == 0
    paid += [pay(here, 81), pay(elsewhere, 1)]
    lines = {line.deposit.public_id: line for line in page_of_deposits(officer, fund).items}
    assert [lines[key].under_agreement for key in paid] == [None, usd(20), usd(101), None]
    (over,) = flagged(officer, fund, Flag.MORE_THAN_AGREED).page.items
    assert over.deposit.public_id == paid[2]
    assert "With this deposit USD\N{NO-BREAK SPACE}101.00 arrived under agreement A-1" in _said(over)
    (listed,) = page_of_agreements(officer, fund).items
    assert listed.received + listed.advised == usd(101)
    assert flagged(officer, fund, Flag.OTHER_AGREEMENT).page.total == 2


def test_what_is_taken_back_counts_under_its_agreement_until_the_agent_confirms_that(
    ctx: Flask, make: Make, fund: Fund, officer: Viewer, donors: list[Organisation]
) -> None:
    """By the Agent's books 110.00 arrived; the remark on the 20.00 says so, and of the 90.00 there is nothing to do."""
    till, here = Till.of(make, fund), donors[0]
    agreement = sign_agreement(fund, Signature(here, "A-1", JANUARY, usd(100)), by=officer)
    back = till.take_back(till.deposit(here, 90_00, MARCH, fee=None, agreement=agreement))
    later = till.deposit(here, 20_00, MARCH, fee=None, agreement=agreement)
    (over,) = flagged(officer, fund, Flag.MORE_THAN_AGREED).page.items
    (listed,) = page_of_agreements(officer, fund).items
    assert (over.deposit.id, over.under_agreement, listed.received) == (later.id, usd(110), usd(110))
    assert flagged(officer, fund).total == 1
    till.confirm_taken_back(back[0])
    (listed,) = page_of_agreements(officer, fund).items
    assert (flagged(officer, fund).total, listed.received) == (0, usd(20))
    assert get_deposit(officer, fund, later.public_id).under_agreement == usd(20)


def _said(line: DepositLine) -> str:
    return " ".join(filled(remark.template, remark.values) for remark in line.remarks)


NIL_FROM = date(2026, 5, 1)


@pytest.mark.parametrize(
    "received, fee, day, told",
    [
        ("383000.00", "379200.00", MARCH, "is 99.01% of what was received; the fund’s rate of that day is 1%. More"),
        ("576000.00", "5702.40", MARCH, ""),  # 0.99 %, as published
        ("100000.00", "900.00", MARCH, ""),
        ("100000.00", "899.99", MARCH, "0.10 of a percentage point"),
        ("100000.00", "0", MARCH, "USD\N{NO-BREAK SPACE}0.00 is 0.00%"),
        ("0.40", "0.01", MARCH, ""),  # a cent is rounding
        ("100000.00", "1000.00", date(2020, 1, 1), ""),  # before the first settings the first hold
        ("100000.00", "0", NIL_FROM, ""),
        ("100000.00", "0.01", NIL_FROM, "by the fund’s settings of that day no fee is taken"),
    ],
)
def test_a_fee_far_from_the_funds_rate_is_remarked(
    ctx: Flask, make: Make, officer: Viewer, fund: Fund, donors: list[Organisation],
    received: str, fee: str, day: date, told: str,
) -> None:  # fmt: skip
    (first,) = timeline(fund).rows
    nil = Rules.of(first)
    nil = replace(nil, aa_fee_bp=0)
    db.session.add(FundSettings(fund_id=fund.id, valid_from=NIL_FROM, **nil.values()))
    what = Receipt(donors[0], Money.parse(received, "USD"), day, fee=Money.parse(fee, "USD"))
    assert_remarked(fund, officer, what, Flag.UNUSUAL_FEE, told)


def test_a_fee_a_tenth_of_a_percentage_point_apart_is_usual_to_the_last_cent(
    ctx: Flask, fund: Fund, officer: Viewer, donors: list[Organisation]
) -> None:
    """At 1.15 % of 14.40 a fee of 0.18 is 0.10 of a percentage point apart, which binary fractions make more."""
    (first,) = timeline(fund).rows
    rules = replace(Rules.of(first), aa_fee_bp=115)
    db.session.add(FundSettings(fund_id=fund.id, valid_from=NIL_FROM, **rules.values()))
    for fee in (Money(18, "USD"), Money(19, "USD")):
        what = Receipt(donors[0], Money(14_40, "USD"), NIL_FROM, fee=fee, bank_reference=str(fee.minor))
        record_deposit(fund, what, by=officer)
    found = flagged(officer, fund, Flag.UNUSUAL_FEE).page.items
    assert [line.deposit.fee for line in found] == [Money(19, "USD")]


@pytest.mark.parametrize(
    "original, received, told",
    [
        ("SEK 4000000.00", "383000.00", ""),
        ("SEK 383000.00", "4000000.00", "0.095750 SEK for one USD, and 10.450000 by the UN operational rate from"),
        ("SEK 383000.00", "4000000.00", "1 Mar 2026: the two amounts look swapped."),
        ("SEK 40000000.00", "383000.00", "more than 10% apart"),
        ("SEK 1149500.00", "100000.00", ""),  # ten percent and no more
        ("SEK 1149501.00", "100000.00", "11.495010 SEK"),
        ("JPY 15000000", "100000.00", ""),
        ("JPY 1500000", "100000.00", "15.000000 JPY"),
        ("EUR 383000.00", "4000000.00", ""),  # no rate of that time is known
        ("USD 383000.00", "4000000.00", ""),
    ],
)
def test_an_exchange_far_from_the_operational_rate_is_remarked(
    ctx: Flask, fund: Fund, officer: Viewer, donors: list[Organisation], original: str, received: str, told: str
) -> None:
    for currency, since, rate in (
        ("SEK", date(2026, 3, 1), 10_450_000), ("JPY", date(2026, 3, 1), 150_000_000),
        ("EUR", date(2026, 2, 1), 920_000),
    ):  # fmt: skip
        db.session.add(ExchangeRate(currency=currency, valid_from=since, millionths=rate))
    currency, amount = original.split()
    what = Receipt(donors[0], Money.parse(received, "USD"), MARCH, original=Money.parse(amount, currency))
    assert_remarked(fund, officer, what, Flag.UNUSUAL_RATE, told)


def assert_remarked(fund: Fund, officer: Viewer, what: Receipt, flag: Flag, told: str) -> None:
    """The document and the list say the same, and of an opening balance nothing."""
    record_deposit(fund, what, by=officer)
    record_deposit(fund, replace(what, is_opening=True, bank_reference="in all"), by=officer)
    said = [
        filled(remark.template, remark.values)
        for line in page_of_deposits(officer, fund).items
        for remark in line.remarks
        if remark.title == flag.label
    ]
    assert len(said) == flagged(officer, fund, flag).page.total == (1 if told else 0)
    assert told in "".join(said)


def test_a_deposit_with_and_without_a_bank_reference_may_be_the_same(
    ctx: Flask, fund: Fund, officer: Viewer, donors: list[Organisation]
) -> None:
    """Both are flagged until one is reversed; another original amount, day or contributor is another payment."""
    here, elsewhere = donors
    what = Receipt(here, usd(5), MARCH, original=Money(50_00, "SEK"))
    others = (
        replace(what, donor=elsewhere), replace(what, value_on=JANUARY), replace(what, received=usd(6)),
        replace(what, original=Money(51_00, "SEK")), replace(what, is_opening=True),
    )  # fmt: skip
    unnamed = record_deposit(fund, what, by=officer)
    for number, other in enumerate(others):
        record_deposit(fund, replace(other, bank_reference=f"other {number}"), by=officer)
    assert _alike(fund, officer) == {}
    first = record_deposit(fund, replace(what, bank_reference="B-1", original=None), by=officer)
    assert _alike(fund, officer) == {unnamed.id: "with the bank reference B-1", first.id: "without a bank reference"}
    record_deposit(fund, replace(what, bank_reference="B-2"), by=officer)
    assert len(_alike(fund, officer)) == 3, "of two that name themselves each may be the one that does not"
    books.reverse_document(fund, "deposit", unnamed.public_id, reason="twice", by=officer)
    assert _alike(fund, officer) == {}, "what has references of its own is two payments"


def _alike(fund: Fund, officer: Viewer) -> dict[int, str]:
    """Return what is said of the deposits that may be the same, from the list; single documents say so too."""
    found = flagged(officer, fund, Flag.MAY_BE_SAME).page.items
    said = {}
    for line in found:
        (remark,) = (one for one in line.remarks if one.title == Flag.MAY_BE_SAME.label)
        said[line.deposit.id] = filled(remark.template, remark.values).partition("also stands ")[2].partition(".")[0]
        assert remark in get_deposit(officer, fund, line.deposit.public_id).remarks
    return said


def test_a_fund_without_deposits_has_nothing_to_look_at(ctx: Flask, fund: Fund, officer: Viewer) -> None:
    found = flagged(officer, fund, page=7)
    assert (found.total, list(found.page.items), found.page.page) == (0, [], 1)


# The ranking


AT_THE_END_OF_2020 = {
    "Germany": 8_578_768, "United Kingdom": 2_611_396, "Netherlands": 1_650_341, "Sweden": 1_523_597,
    "France": 1_000_890, "Norway": 542_186,
}  # fmt: skip


def test_the_top_three_at_the_end_of_2020(ctx: Flask, make: Make, fund: Fund, officer: Viewer) -> None:
    donors = {name: make.organisation(name) for name in AT_THE_END_OF_2020}
    for name, dollars in AT_THE_END_OF_2020.items():
        record_deposit(fund, Receipt(donors[name], usd(dollars), END_OF_2020, is_opening=True), by=officer)
    record_deposit(fund, Receipt(donors["Norway"], usd(9_000_000), MARCH), by=officer)
    seats = [donors[name].public_id for name in ("Germany", "France")]
    found = ranking(fund, END_OF_2020, seats)
    assert [row.given.donor.short_name for row in found.top(3)] == ["United Kingdom", "Netherlands", "Sweden"]
    assert [row.given.donor.short_name for row in found.places if row.place is None] == ["Germany", "France"]
    naive = ranking(fund, END_OF_2020).top(3)
    assert [row.given.donor.short_name for row in naive] == ["Germany", "United Kingdom", "Netherlands"]
    assert ranking(fund, MARCH).top(1)[0].given.donor.short_name == "Norway"
    assert ranking(fund, date(2019, 1, 1)).places == []


def test_a_refund_lowers_what_a_contributor_gave(
    ctx: Flask, fund: Fund, officer: Viewer, donors: list[Organisation]
) -> None:
    here, elsewhere = donors
    for donor, dollars in ((here, 100), (elsewhere, 90)):
        record_deposit(fund, Receipt(donor, usd(dollars), JANUARY), by=officer)
    refund = Document(EntryKind.CONTRIBUTOR_REFUND, usd(20), MARCH, fund, "refund 1", party=here)
    books.post(fund, refund, by=officer)
    assert [row.given.donor.short_name for row in ranking(fund, JANUARY).places] == ["Donorland", "Elseland"]
    first, second = ranking(fund, MARCH).places
    assert (first.given.donor.short_name, first.given.net) == ("Elseland", usd(90))
    assert (second.given.deposits, second.given.refunds, second.given.net) == (usd(100), usd(20), usd(80))


def test_equal_amounts_share_a_place_and_a_person_decides() -> None:
    donors = [Organisation(short_name=name, public_id=name) for name in "ABCD"]
    amounts = (5, 3, 3, 1)
    found = ranked([Given(donor, usd(net), usd(0)) for donor, net in zip(donors, amounts, strict=True)])
    assert [(row.place, row.shared) for row in found.places] == [(1, False), (2, True), (2, True), (4, False)]
    assert [row.given.donor.short_name for row in found.top(2)] == ["A", "B", "C"]
    assert [row.given.donor.short_name for row in found.tie(2)] == ["B", "C"]
    assert found.tie(3) == []
    assert [row.given.donor.short_name for row in found.top(3)] == ["A", "B", "C"]
