"""The funding status drawn from the books and the reports: to the dollar, in both layouts, and as it was known."""

import random
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.core.shares import apportion
from mptf.fund import queries as funds
from mptf.fund import service as fund_service
from mptf.fund.models import Fund
from mptf.fund.rules import Rules
from mptf.funding_status import papers, queries
from mptf.funding_status.figures import BEHIND, CREDITS, Drawn, bars
from mptf.ledger import balances
from mptf.ledger import service as books
from mptf.ledger.chart import CASH, EntryKind
from mptf.ledger.models import ConfirmedBy, Entry
from mptf.ledger.service import Document
from mptf.ledger.status import Totals, funding_status
from mptf.organisations.models import Organisation
from mptf.paper.pdf import write_pdf
from mptf.paper.workbook import TableSheet
from mptf.policy import Role, Viewer
from mptf.reported import service as reported
from mptf.reported.figures import Basis
from mptf.reported.table import FigureRow
from tests.factories import LONG_AGO, Make
from tests.support.statements import statements
from tests.test_status import EXAMPLE, STATEMENT_A

FIRST = datetime(2021, 1, 4, 9, tzinfo=UTC)
LAST_DAY = date(2025, 12, 31)
NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
KINDS = {
    "contributions": EntryKind.DEPOSIT, "fund_interest": EntryKind.FUND_INTEREST,
    "puno_interest": EntryKind.PUNO_INTEREST, "other_income": EntryKind.OTHER_INCOME,
    "refunds_to_contributors": EntryKind.CONTRIBUTOR_REFUND, "transfers_to_punos": EntryKind.TRANSFER,
    "transfers_to_funds": EntryKind.FUND_TRANSFER, "refunds_from_punos": EntryKind.PUNO_REFUND,
    "aa_fee": EntryKind.AA_FEE, "direct_cost": EntryKind.DIRECT_COST,
    "direct_cost_refunds": EntryKind.DIRECT_COST_REFUND, "bank_charges": EntryKind.BANK_CHARGE,
}  # fmt: skip


def usd(units: int) -> Money:
    return Money(units * 100, "USD")


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def donors(make: Make) -> list[Organisation]:
    return [make.organisation(f"Donorland {number}") for number in range(12)]


class Books:
    """Posts documents with keys of their own."""

    def __init__(self, fund: Fund, by: Viewer, party: Organisation) -> None:
        self.fund, self.by, self.party, self.count = fund, by, party, 0

    def post(
        self, kind: EntryKind, amount: Money, value_on: date, *, at: datetime = FIRST, party: Organisation | None = None
    ) -> Entry:
        self.count += 1
        whose = (party or self.party) if kind.of_party else None
        with clock.at(at):
            what = Document(kind, amount, value_on, self.fund, f"document {self.count}", party=whose)
            return books.post(self.fund, what, by=self.by)

    def totals(self, totals: Totals, value_on: date) -> None:
        """Post one document for each total that is not nothing."""
        for name, kind in KINDS.items():
            amount: Money = getattr(totals, name)
            if amount:
                self.post(kind, amount, value_on)

    def spent(
        self, amount: Money, year: int, *, at: datetime = NOW, basis: Basis = Basis.CERTIFIED,
        corrects: int | None = None,
    ) -> None:  # fmt: skip
        row = FigureRow.model_construct(
            organisation=self.party.short_name, project_number="", year=year, category=1, basis=basis, amount=amount,
            corrects_year=corrects, note="Restated",
        )  # fmt: skip
        with clock.at(at):
            reported.take_in(self.fund, [row], by=self.by)


@pytest.fixture
def desk(ctx: Flask, fund: Fund, officer: Viewer, undp: Organisation) -> Iterator[Books]:
    with clock.at(NOW):
        yield Books(fund, officer, undp)


def given_out(whole: Money, weights: list[int]) -> list[Money]:
    return list(apportion(whole, dict(enumerate(weights))).values())


def amounts(drawn: Drawn) -> list[tuple[str, Money]]:
    return [(line.label, line.amount) for block in drawn.status.blocks for line in block.lines]


def test_each_year_is_measured_against_what_there_was_to_spend(desk: Books, fund: Fund) -> None:
    desk.post(EntryKind.DEPOSIT, usd(1000), date(2024, 1, 1))
    desk.post(EntryKind.TRANSFER, usd(650), date(2024, 2, 1))
    desk.post(EntryKind.PUNO_REFUND, usd(50), date(2024, 3, 1))
    desk.post(EntryKind.TRANSFER, usd(100), date(2025, 2, 1))
    desk.spent(usd(200), 2024)
    desk.spent(usd(350), 2025)
    drawn = queries.funding_status(fund, as_at=date(2026, 1, 31))
    rates = {one.first_day.year: one.annual_delivery for one in drawn.years}
    assert rates == {2024: Decimal("33.33"), 2025: Decimal("70.00"), 2026: None}
    assert not papers.remarks(drawn)


def test_a_year_in_which_more_was_spent_than_there_was_is_shown_and_flagged(desk: Books, fund: Fund) -> None:
    desk.post(EntryKind.DEPOSIT, usd(1000), date(2024, 1, 1))
    desk.post(EntryKind.TRANSFER, usd(100), date(2024, 2, 1))
    desk.post(EntryKind.TRANSFER, usd(500), date(2025, 2, 1))
    desk.spent(usd(150), 2024)
    drawn = queries.funding_status(fund, as_at=LAST_DAY)
    assert drawn.years[0].annual_delivery == Decimal("150.00")
    ((_, told),) = papers.remarks(drawn)
    assert told.endswith(": 2024.")


def test_a_published_statement_is_rebuilt_from_its_documents_to_the_dollar(
    desk: Books, donors: list[Organisation], fund: Fund
) -> None:
    """MON-5: five years, twelve donors, reversals and refunds, and not ten totals."""
    chance = random.Random(20251231)
    for name, kind in KINDS.items():
        total: Money = getattr(STATEMENT_A, name)
        parts = given_out(total, [chance.randint(1, 99) for _ in range(24)]) if total else []
        for number, amount in enumerate(parts):
            value_on = date(2021 + number % 5, chance.randint(1, 12), chance.randint(1, 28))
            donor = donors[number % 12] if kind in (EntryKind.DEPOSIT, EntryKind.CONTRIBUTOR_REFUND) else None
            entry = desk.post(kind, amount, value_on, party=donor)
            if number % 6 == 0:  # typed twice, and one of them taken back
                wrong = desk.post(kind, amount + usd(1), value_on, party=donor)
                books.reverse(wrong, reason="Typed wrongly", by=desk.by)
            if number % 8 == 0:
                books.confirm(entry, by=desk.by, how=ConfirmedBy.GATEWAY_IMPORT)
    for year, amount in zip(range(2021, 2026), given_out(STATEMENT_A.expenditure, [1, 2, 3, 4, 5]), strict=True):
        desk.spent(amount, year)
    db.session.commit()
    assert desk.count >= 200
    drawn = queries.funding_status(fund, as_at=LAST_DAY)
    assert drawn.totals == STATEMENT_A
    assert drawn.status == funding_status(STATEMENT_A, drawn.drawing.layout)
    assert drawn.status.agent.balance == balances.of_line(fund, CASH)["USD"]


def test_the_layout_is_that_in_force_on_the_day(desk: Books, make: Make, fund: Fund) -> None:
    administrator = make.viewer(Role.ADMINISTRATOR)
    fund = funds.get_fund(fund.code)
    with clock.at(datetime(2024, 6, 1, tzinfo=UTC)):
        fund_service.change_settings(
            fund, Rules(statement_layout=2), valid_from=date(2025, 1, 1), basis="As published",
            opened_on=funds.timeline(fund).version, by=administrator,
        )  # fmt: skip
    desk.totals(EXAMPLE, date(2024, 3, 1))
    desk.spent(EXAMPLE.expenditure, 2024)
    db.session.commit()
    before, after = (queries.funding_status(fund, as_at=day) for day in (date(2024, 12, 31), LAST_DAY))
    assert dict(amounts(before))["Transfers to participating organisations"] == usd(860)
    assert before.drawing.layout_since == LONG_AGO
    lines = dict(amounts(after))
    assert lines["Transfers, with direct cost and transfers to other funds"] == usd(950)
    assert lines["Refunds, with those of direct cost"] == usd(32)
    assert lines["Direct cost, net of refunds"] == usd(48)
    assert after.drawing.layout_since == date(2025, 1, 1)


def test_what_is_heard_later_changes_no_status_that_was_drawn(desk: Books, fund: Fund) -> None:
    """MON-7: on the page, on paper, to the byte."""
    desk.totals(EXAMPLE, date(2024, 3, 1))
    desk.spent(usd(480), 2024, at=FIRST + timedelta(days=1), basis=Basis.INTERIM)
    first = desk.post(EntryKind.DEPOSIT, usd(77), date(2024, 4, 1))
    db.session.commit()
    known_at, later = FIRST + timedelta(days=30), FIRST + timedelta(days=60)

    def drawn() -> Drawn:
        return queries.funding_status(fund, as_at=date(2024, 12, 31), known_at=known_at)

    def paper(status: Drawn) -> bytes:
        return write_pdf(papers.on_paper(fund, status), made_at=known_at)

    then, printed = drawn(), paper(drawn())
    with clock.at(later):
        books.reverse(first, reason="Not ours", by=desk.by)
        brought = desk.post(EntryKind.DEPOSIT, usd(5), date(2024, 5, 1), at=later)
        books.confirm(brought, by=desk.by, how=ConfirmedBy.GATEWAY_IMPORT)
        desk.post(EntryKind.PUNO_REFUND, usd(9), date(2024, 6, 1), at=later)
        desk.spent(usd(500), 2024, at=later)
    db.session.commit()
    assert drawn() == then
    assert paper(drawn()) == printed
    now = queries.funding_status(fund, as_at=date(2024, 12, 31))
    assert now.totals.contributions == then.totals.contributions - usd(72)
    assert now.totals.expenditure == then.totals.expenditure + usd(20)


def test_what_a_faster_clock_stamped_counts_in_a_status_of_now(desk: Books, fund: Fund) -> None:
    stamped = NOW + timedelta(seconds=5)
    desk.post(EntryKind.DEPOSIT, usd(77), date(2024, 4, 1), at=stamped)
    db.session.commit()
    drawn = queries.funding_status(fund)
    asked_too_far = queries.funding_status(fund, known_at=NOW + timedelta(days=1))
    assert drawn.totals.contributions == usd(77)
    assert drawn.drawing.known_at == asked_too_far.drawing.known_at == stamped


def test_only_what_was_confirmed_by_then_counts_when_asked(desk: Books, fund: Fund) -> None:
    confirmed = desk.post(EntryKind.DEPOSIT, usd(100), date(2024, 3, 1))
    desk.post(EntryKind.DEPOSIT, usd(40), date(2024, 3, 2))
    with clock.at(FIRST + timedelta(days=10)):
        books.confirm(confirmed, by=desk.by, how=ConfirmedBy.GATEWAY_IMPORT)
    db.session.commit()

    def deposits(day: int, *, confirmed_only: bool) -> Money:
        known_at = FIRST + timedelta(days=day)
        drawn = queries.funding_status(fund, as_at=LAST_DAY, known_at=known_at, confirmed_only=confirmed_only)
        return drawn.totals.contributions

    assert [deposits(day, confirmed_only=True) for day in (1, 11)] == [usd(0), usd(100)]
    assert [deposits(day, confirmed_only=False) for day in (1, 11)] == [usd(140), usd(140)]


@pytest.mark.parametrize("layout", [1, 2])
def test_certified_figures_alone_count_when_asked_in_either_layout(
    desk: Books, make: Make, fund: Fund, layout: int
) -> None:
    administrator = make.viewer(Role.ADMINISTRATOR)
    with clock.at(datetime(2024, 6, 1, tzinfo=UTC)):
        fund_service.change_settings(
            funds.get_fund(fund.code), Rules(statement_layout=layout, reserve_minor=100), valid_from=date(2025, 1, 1),
            basis="As published", opened_on=funds.timeline(fund).version, by=administrator,
        )  # fmt: skip
    desk.totals(EXAMPLE, date(2023, 3, 1))
    desk.spent(usd(200), 2023)
    desk.spent(usd(300), 2024, basis=Basis.INTERIM)
    db.session.commit()
    all_figures = queries.funding_status(fund, as_at=LAST_DAY)
    alone = queries.funding_status(fund, as_at=LAST_DAY, certified_only=True)
    assert alone.totals.expenditure == usd(200)
    assert alone.status.agent == all_figures.status.agent
    assert alone.status.organisations.balance == all_figures.status.organisations.balance + usd(300)
    assert alone.status.fund.balance == all_figures.status.fund.balance + usd(300)
    assert [papers.basis_words(one) for one in alone.years] == ["certified", "interim figures left out", ""]
    assert alone.years[1].annual_delivery is None
    named = {block.title for block in alone.status.blocks} | {label for label, _ in amounts(alone)}
    assert {name for name in named if name.endswith(", certified figures only")} == {
        f"{name}, certified figures only"
        for name in ("Funds with participating organisations", "Total", "Expenditure of participating organisations")
    }
    ((_, told),) = papers.certified_alone(alone)
    assert told.startswith("Interim figures of USD\xa0300.00 for 2024 are left out.")
    assert papers.certified_alone(all_figures) == []
    assert not any("certified figures only" in label for label, _ in amounts(all_figures))


def test_certified_figures_alone_are_those_known_at_the_moment(desk: Books, fund: Fund) -> None:
    desk.spent(usd(200), 2024, at=FIRST, basis=Basis.INTERIM)
    desk.spent(usd(190), 2024, at=FIRST + timedelta(days=9))
    db.session.commit()

    def words(day: int) -> str:
        known_at = FIRST + timedelta(days=day)
        drawn = queries.funding_status(fund, as_at=LAST_DAY, known_at=known_at, certified_only=True)
        return dict(papers.notes(fund, drawn))["Expenditure"]

    assert words(1).startswith("Nothing was certified. Interim figures of USD\xa0200.00 for 2024")
    assert words(10).startswith("Certified for 2024. No interim figure is left out.")


def test_a_correction_is_named_under_the_figures(desk: Books, fund: Fund) -> None:
    desk.spent(usd(200), 2024)
    assert "Corrections" not in dict(papers.notes(fund, queries.funding_status(fund)))
    desk.spent(usd(-20), 2025, basis=Basis.INTERIM, corrects=2024)
    db.session.commit()
    drawn = queries.funding_status(fund, as_at=LAST_DAY)
    assert dict(papers.notes(fund, drawn))["Corrections"] == "USD\xa0−20.00 of 2025 corrects 2024."


def test_a_certified_correction_leaves_the_year_it_enters_interim(desk: Books, fund: Fund) -> None:
    desk.spent(usd(300), 2023)
    desk.spent(usd(500), 2024, basis=Basis.INTERIM)
    desk.spent(usd(-10), 2024, corrects=2023)
    db.session.commit()
    drawn = queries.funding_status(fund, as_at=LAST_DAY)
    assert [one.totals.expenditure for one in drawn.years[:2]] == [usd(300), usd(490)]
    assert [papers.basis_words(one) for one in drawn.years[:2]] == ["certified", "interim"]
    told = dict(papers.notes(fund, drawn))
    assert told["Expenditure"].startswith("Reported for 2023–2024; certified for 2023.")
    assert told["Corrections"] == "USD\xa0−10.00 of 2024 corrects 2023."
    alone = queries.funding_status(fund, as_at=LAST_DAY, certified_only=True)
    assert alone.totals.expenditure == usd(290)
    assert papers.left_out(alone).startswith("Interim figures of USD\xa0500.00 for 2024 are left out.")
    assert papers.basis_words(alone.years[1]) == "certified, interim figures left out"
    for one, amount, basis in (
        (drawn, usd(490), "interim"),
        (alone, usd(-10), "certified, interim figures left out"),
    ):
        by_year = papers.sheets(fund, one)[1]
        assert isinstance(by_year, TableSheet)
        assert (by_year.rows[1][8], by_year.rows[1][-1]) == (amount, basis)


def test_years_and_months_come_to_the_whole(desk: Books, fund: Fund) -> None:
    for year, month, deposit, sent in ((2022, 3, 100, 0), (2022, 11, 50, 90), (2024, 1, 0, 30)):
        for kind, units in ((EntryKind.DEPOSIT, deposit), (EntryKind.TRANSFER, sent)):
            if units:
                desk.post(kind, usd(units), date(year, month, 5))
    desk.post(EntryKind.FUND_INTEREST, usd(3), date(2022, 11, 30))
    desk.spent(usd(60), 2022)
    desk.spent(usd(10), 2024, basis=Basis.INTERIM)
    db.session.commit()
    drawn = queries.funding_status(fund, as_at=date(2025, 6, 30))
    shown = [
        (one.first_day.year, one.source, one.use, one.agent_balance, one.organisations_balance, one.basis)
        for one in drawn.years
    ]
    assert shown == [
        (2022, usd(153), usd(90), usd(63), usd(30), Basis.CERTIFIED),
        (2023, usd(0), usd(0), usd(63), usd(30), None),
        (2024, usd(0), usd(30), usd(33), usd(50), Basis.INTERIM),
        (2025, usd(0), usd(0), usd(33), usd(50), None),
    ]
    assert (drawn.status.agent.balance, drawn.status.organisations.balance) == shown[-1][3:5]
    assert [(one.first_day, one.agent_balance) for one in queries.with_months(fund, drawn).months] == [
        (date(2022, 3, 1), usd(100)),
        (date(2022, 11, 1), usd(63)),
        (date(2024, 1, 1), usd(33)),
    ]
    assert queries.with_months(fund, drawn, year=2024).months[0].agent_balance == usd(33)
    months = queries.with_months(fund, drawn, year=2022).months
    assert [(one.source, one.use) for one in bars(months)] == [(100, 0), (53, 90)]


def test_a_year_of_refunds_is_drawn_below_zero(desk: Books, fund: Fund) -> None:
    for kind, units, year in (
        (EntryKind.DEPOSIT, 300, 2022), (EntryKind.TRANSFER, 200, 2022), (EntryKind.CONTRIBUTOR_REFUND, 100, 2023),
        (EntryKind.PUNO_REFUND, 50, 2023),
    ):  # fmt: skip
        desk.post(kind, usd(units), date(year, 5, 5))
    db.session.commit()
    drawn = queries.funding_status(fund, as_at=date(2023, 12, 31))
    assert [(one.source, one.use, one.zero) for one in bars(drawn.years)] == [(75, 50, 25), (-25, -12.5, 25)]


def test_a_fund_without_entries_has_a_status_of_nothing(desk: Books, fund: Fund) -> None:
    drawn = queries.funding_status(fund)
    assert {amount for _label, amount in amounts(drawn)} == {usd(0)}
    assert (drawn.years, drawn.months, bars(drawn.years)) == ([], (), [])


def test_every_total_has_one_line_of_the_chart_behind_it() -> None:
    named = [field.name for field in fields(Totals) if field.name != "expenditure"]
    assert sorted(BEHIND) == sorted(named)
    assert len({line.code for line in BEHIND.values()}) == len(named)
    assert all(KINDS[name].credit == line for name, line in CREDITS.items())


def test_a_status_asks_as_much_for_many_entries_as_for_few(app: Flask, desk: Books, fund: Fund) -> None:
    desk.totals(EXAMPLE, date(2024, 3, 1))
    db.session.commit()
    with statements(app) as few:
        queries.funding_status(fund)
    for day in range(1, 20):
        desk.post(EntryKind.DEPOSIT, usd(day), date(2024, 5, day))
    desk.spent(usd(1), 2024)
    db.session.commit()
    with statements(app) as many:
        queries.funding_status(fund)
    assert len(few) == len(many) == 5, "the latest stamp, settings, reports, the last day of the books, and the books"
