"""Whatever happens to a fund's money, in whatever order: books, sums and statements agree with a plain model (MON-4).

The model knows documents and promises and adds them up in Python. Every step is a service as a person calls it, in a
unit of work of its own; what a rule refuses changes nothing.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from mptf.agreements import service as agreements
from mptf.agreements.figures import Planned
from mptf.agreements.service import Change, Signature, sign_agreement
from mptf.cash import service as cash
from mptf.cash.facts import Movement
from mptf.cash.models import CashDocument
from mptf.cash.queries import Asked, documents
from mptf.claims import service as claims
from mptf.claims.models import Claim, Interest, InterestTerm
from mptf.claims.queries import availability
from mptf.cli import books
from mptf.commitments.models import Agreement
from mptf.contributions.contributors import contributors
from mptf.controls import service as controls
from mptf.core import audit, clock
from mptf.core.db import db, unit_of_work
from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.funding_status.queries import funding_status
from mptf.ledger import balances, beancount, queries
from mptf.ledger.chart import CASH, EntryKind
from mptf.ledger.models import Entry
from mptf.ledger.status import Totals
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.pledges.service import Announcement, announce_pledge
from mptf.policy import Role, Viewer
from mptf.reported.figures import Basis
from mptf.reported.service import take_in
from mptf.reported.table import FigureRow
from mptf.statements import service as statements
from mptf.statements.figures import Period
from mptf.statements.freezing import digest, frozen
from mptf.statements.models import ContributionStatement
from mptf.statements.queries import Contributor
from tests.factories import Make
from tests.support.histories import run_histories
from tests.test_ledger_witness import witnessed

BEGUN = datetime(2026, 1, 5, 9, tzinfo=UTC)
numbers = count(1)
amounts = st.integers(1, 9_999_99).map(lambda minor: Money(minor, "USD"))
days_ago = st.integers(0, 60)
few = st.integers(0, 2)

# What each kind adds to, in the words of the funding status.
TOTAL_OF = {
    EntryKind.DEPOSIT: "contributions",
    EntryKind.AA_FEE: "aa_fee",
    EntryKind.CONTRIBUTOR_REFUND: "refunds_to_contributors",
    EntryKind.FUND_INTEREST: "fund_interest",
    EntryKind.PUNO_INTEREST: "puno_interest",
    EntryKind.OTHER_INCOME: "other_income",
    EntryKind.TRANSFER: "transfers_to_punos",
    EntryKind.PUNO_REFUND: "refunds_from_punos",
    EntryKind.FUND_TRANSFER: "transfers_to_funds",
    EntryKind.DIRECT_COST: "direct_cost",
    EntryKind.DIRECT_COST_REFUND: "direct_cost_refunds",
    EntryKind.BANK_CHARGE: "bank_charges",
}
INTO_THE_FUND = {kind for kind in EntryKind if kind.debit is CASH}


@dataclass
class Paper:
    """A document as the model knows it: what it posted of each kind, and what became of it."""

    row: Any
    parts: dict[EntryKind, int]
    value_on: date
    donor: int | None = None
    claim: int | None = None
    keeper: int | None = None
    by_agent: bool = False
    confirmed: bool = False
    reversed: bool = False
    reversal_confirmed: bool = False

    @property
    def counts(self) -> bool:
        return not self.reversed

    @property
    def counts_confirmed(self) -> bool:
        return self.confirmed and not self.reversal_confirmed

    def cash(self) -> int:
        return sum(minor if kind in INTO_THE_FUND else -minor for kind, minor in self.parts.items())


@dataclass
class Promised:
    """A direct cost as the model knows it."""

    row: Any
    in_force: int


@dataclass
class Model:
    """What happened, in the plainest terms."""

    papers: list[Paper] = field(default_factory=list)
    promised: list[Promised] = field(default_factory=list)
    spent: dict[tuple[int, int, int, str], int] = field(default_factory=dict)

    def total(self, name: str) -> int:
        kinds = [kind for kind, total in TOTAL_OF.items() if total == name]
        return sum(paper.parts.get(kind, 0) for paper in self.papers if paper.counts for kind in kinds)

    def confirmed_cash(self) -> int:
        return sum(paper.cash() for paper in self.papers if paper.counts_confirmed)

    def outstanding(self) -> int:
        def paid(number: int) -> int:
            of_claim = [paper for paper in self.papers if paper.claim == number and paper.counts_confirmed]
            return sum(paper.parts.get(EntryKind.DIRECT_COST, 0) for paper in of_claim)

        return sum(max(0, one.in_force - paid(number)) for number, one in enumerate(self.promised))

    def interest_kept(self) -> int:
        """Add up the interest each agreement keeps, less what was paid back; none keeps less than nothing."""
        counting = [paper for paper in self.papers if paper.keeper is not None and paper.counts_confirmed]
        by_keeper = {paper.keeper for paper in counting}
        return sum(max(0, sum(one.cash() for one in counting if one.keeper == keeper)) for keeper in by_keeper)

    def available(self) -> int:
        return self.confirmed_cash() - self.interest_kept() - self.outstanding()

    def expenditure(self) -> int:
        certified = {key[:1] + key[2:3] for key in self.spent if key[3] == "certified"}
        return sum(
            minor for key, minor in self.spent.items() if key[3] == "certified" or key[:1] + key[2:3] not in certified
        )


class History(RuleBasedStateMachine):
    """A fund, the people who keep its money, and everything that may happen to it."""

    app: Flask
    make: Make

    @initialize()
    def begin(self) -> None:
        self.now = BEGUN
        self.model = Model()
        self.fund: Fund = self.make.fund(f"H{next(numbers)}")
        self.officer, self.head, self.agent = (
            self.make.viewer(role, self.fund)
            for role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT)
        )
        kinds = (OrganisationKind.GOVERNMENT, OrganisationKind.PUNO)
        self.donors, self.punos = (
            [self.make.organisation(f"{kind.value[:2]}{next(numbers)}", kind) for _ in range(3)] for kind in kinds
        )
        self.agreements: list[Agreement] = []
        self.statements: list[tuple[int, str]] = []
        self.known: list[tuple[datetime, dict[int, tuple[int, int]]]] = []

    # How a step is taken

    def do(self, act: Callable[[], Any]) -> Any:
        """Take one step as one unit of work; return what came of it, or None where a rule refused it."""
        self.now += timedelta(minutes=7)
        with suppress(RuleBroken), clock.at(self.now), unit_of_work():
            done = act()
            db.session.flush()
            return done
        db.session.rollback()
        return None

    def day(self, ago: int) -> date:
        return (self.now - timedelta(days=ago)).date()

    def here(self) -> Fund:
        return db.session.get_one(Fund, self.fund.id)

    def keep(self, row: Any, kept: Paper) -> None:
        if row is not None:
            self.model.papers.append(kept)

    def pick(self, number: int) -> Paper | None:
        return self.model.papers[number % len(self.model.papers)] if self.model.papers else None

    def entry(self, paper: Paper) -> Entry:
        kind = Deposit if EntryKind.DEPOSIT in paper.parts else CashDocument
        return db.session.get_one(kind, paper.row).entry  # type: ignore[no-any-return,attr-defined]

    # What may happen

    @rule(donor=few, amount=amounts)
    def somebody_pledges(self, donor: int, amount: Money) -> None:
        what = Announcement(self.donors[donor], amount, self.day(1))
        self.do(lambda: announce_pledge(self.here(), what, by=self.officer))

    @rule(donor=few, units=st.integers(1_000, 9_000), interest=st.sampled_from(Interest))
    def somebody_signs(self, donor: int, units: int, interest: Interest) -> None:
        amount, day = Money(units * 100, "USD"), self.day(30)
        what = Signature(self.donors[donor], f"SAA-{next(numbers)}", day, amount, interest=interest)

        def sign() -> Agreement:
            signed = sign_agreement(self.here(), what, by=self.officer)
            half = Planned(self.day(-30), Money(units * 50, "USD"))
            agreements.plan_instalments(self.here(), signed, [half], by=self.officer)
            return signed

        if (signed := self.do(sign)) is not None:
            self.agreements.append(signed)

    @precondition(lambda self: self.agreements)
    @rule(number=st.integers(0, 99), units=st.integers(1_000, 9_000), interest=st.sampled_from(Interest))
    def both_agree_on_other_terms(self, number: int, units: int, interest: Interest) -> None:
        chosen = self.agreements[number % len(self.agreements)]
        what = Change(self.day(0), "as agreed", Money(units * 100, "USD"), interest=interest)
        self.do(lambda: agreements.amend(self.here(), db.session.get_one(Agreement, chosen.id), what, by=self.officer))

    @rule(donor=few, amount=amounts, ago=days_ago, fee=st.none() | st.integers(0, 99), under=st.booleans())
    def cash_arrives(self, donor: int, amount: Money, ago: int, fee: int | None, under: bool) -> None:
        signed = [one for one in self.agreements if one.organisation_id == self.donors[donor].id] if under else []
        taken = None if fee is None else Money(amount.minor * fee // 10_000, "USD")
        day = self.day(ago)

        def record() -> Deposit:
            agreement = db.session.get_one(Agreement, signed[0].id) if signed else None
            what = Receipt(self.donors[donor], amount, day, agreement, fee=taken, bank_reference=f"B{next(numbers)}")
            return record_deposit(self.here(), what, by=self.officer)

        if (deposit := self.do(record)) is not None:
            parts = {EntryKind.DEPOSIT: amount.minor, EntryKind.AA_FEE: taken.minor if taken else 0}
            self.keep(deposit, Paper(deposit.id, parts, day, donor=donor))

    def moves(
        self, kind: EntryKind, amount: Money, ago: int, *, party: Organisation | None = None, **more: Any
    ) -> None:
        """Record a cash document that is no deposit, and keep it in the model."""
        day = self.day(ago)
        claim, donor, keeper = (more.pop(name, None) for name in ("claim_number", "donor", "keeper"))

        def record() -> CashDocument:
            promised = None if claim is None else db.session.get_one(Claim, self.model.promised[claim].row)
            term = None if keeper is None else db.session.get_one(InterestTerm, keeper)
            told = Movement(kind, amount, day, party=party, claim=promised, kept_for=term, **more)
            named = replace(told, bank_reference=f"C{next(numbers)}")
            return cash.record(self.here(), named, by=self.officer)

        if (document := self.do(record)) is not None:
            self.keep(document, Paper(document.id, {kind: amount.minor}, day, donor=donor, claim=claim, keeper=keeper))

    def keeper(self, number: int, donor: int | None = None) -> int | None:
        """Return the term of an agreement that keeps interest or ever did, of a contributor if one is named; or none.

        Every third choice names none, as most interest does.
        """
        whose = None if donor is None else self.donors[donor].id
        signed = [one.id for one in self.agreements if whose in (None, one.organisation_id)]
        terms = [db.session.get_one(Agreement, key).interest_term_id for key in signed]
        db.session.rollback()
        kept = [key for key in terms if key is not None]
        return kept[number % len(kept)] if kept and number % 3 else None

    @rule(puno=few, amount=amounts, ago=days_ago)
    def a_tranche_is_transferred(self, puno: int, amount: Money, ago: int) -> None:
        self.moves(EntryKind.TRANSFER, amount, ago, party=self.punos[puno], reference="00123456")

    @rule(puno=few, amount=amounts, ago=days_ago)
    def unspent_cash_comes_back(self, puno: int, amount: Money, ago: int) -> None:
        self.moves(EntryKind.PUNO_REFUND, amount, ago, party=self.punos[puno], reference="00123456")

    @rule(amount=amounts, ago=days_ago, number=st.integers(0, 99))
    def the_fund_earns_interest(self, amount: Money, ago: int, number: int) -> None:
        self.moves(EntryKind.FUND_INTEREST, amount, ago, keeper=self.keeper(number))

    @rule(puno=few, amount=amounts, ago=days_ago, number=st.integers(0, 99))
    def an_organisation_hands_over_interest(self, puno: int, amount: Money, ago: int, number: int) -> None:
        self.moves(EntryKind.PUNO_INTEREST, amount, ago, party=self.punos[puno], keeper=self.keeper(number))

    @rule(amount=amounts, ago=days_ago)
    def other_income_arrives(self, amount: Money, ago: int) -> None:
        self.moves(EntryKind.OTHER_INCOME, amount, ago)

    @rule(donor=few, amount=amounts, ago=days_ago, number=st.integers(0, 99))
    def a_contributor_is_refunded(self, donor: int, amount: Money, ago: int, number: int) -> None:
        keeper = self.keeper(number, donor)
        self.moves(EntryKind.CONTRIBUTOR_REFUND, amount, ago, party=self.donors[donor], donor=donor, keeper=keeper)

    @rule(amount=amounts, ago=days_ago)
    def another_fund_is_paid(self, amount: Money, ago: int) -> None:
        self.moves(EntryKind.FUND_TRANSFER, amount, ago, other_fund="PBF00")

    @rule(amount=amounts, ago=days_ago)
    def the_bank_takes_a_charge(self, amount: Money, ago: int) -> None:
        self.moves(EntryKind.BANK_CHARGE, amount, ago)

    @rule(amount=amounts)
    def a_direct_cost_is_approved(self, amount: Money) -> None:
        room = self.model.available()
        claim = self.do(
            lambda: claims.approve_direct_cost(
                self.here(), label="Evaluation", amount=amount, basis="the committee", by=self.officer
            )
        )
        assert (claim is not None) == (amount.minor <= room), "approved without the cash, or refused with it"
        if claim is not None:
            self.model.promised.append(Promised(claim.id, amount.minor))

    @precondition(lambda self: self.model.promised)
    @rule(number=st.integers(0, 99), amount=amounts, ago=days_ago, back=st.booleans())
    def a_direct_cost_is_paid_or_comes_back(self, number: int, amount: Money, ago: int, back: bool) -> None:
        kind = EntryKind.DIRECT_COST_REFUND if back else EntryKind.DIRECT_COST
        chosen = number % len(self.model.promised)
        self.moves(kind, amount, ago, party=self.punos[0], claim_number=chosen)

    @precondition(lambda self: self.model.promised)
    @rule(number=st.integers(0, 99), amount=amounts)
    def a_direct_cost_is_cut(self, number: int, amount: Money) -> None:
        chosen = self.model.promised[number % len(self.model.promised)]

        def cut() -> bool:
            claim = db.session.get_one(Claim, chosen.row)
            claims.cut_direct_cost(self.here(), claim, amount, reason="cheaper", by=self.officer)
            return True

        if self.do(cut):
            chosen.in_force -= amount.minor

    @rule(number=st.integers(0, 99))
    def the_agent_confirms(self, number: int) -> None:
        if (paper := self.pick(number)) is None:
            return

        def confirm() -> bool:
            if EntryKind.DEPOSIT in paper.parts:
                confirm_deposit(db.session.get_one(Deposit, paper.row), by=self.agent)
            else:
                cash.confirm(db.session.get_one(CashDocument, paper.row), by=self.agent)
            return True

        paper.confirmed |= bool(self.do(confirm))

    @rule(number=st.integers(0, 99), agrees=st.booleans(), by_agent=st.booleans())
    def a_mistake_is_taken_back_by_two(self, number: int, agrees: bool, by_agent: bool) -> None:
        if (paper := self.pick(number)) is None:
            return
        decider = self.agent if by_agent else self.head

        def decide() -> bool:
            asked = controls.ask_reversal(self.entry(paper), reason="not ours", by=self.officer)
            if not agrees:
                controls.decline(asked, answer="it is ours", by=decider)
                return False
            controls.approve(asked, by=decider)
            return True

        if self.do(decide):
            paper.reversed = True
            paper.reversal_confirmed |= paper.confirmed and by_agent

    @rule(number=st.integers(0, 99))
    def the_agent_takes_it_back_too(self, number: int) -> None:
        paper = self.pick(number)

        def confirm() -> bool:
            assert paper is not None
            controls.confirm_reversal(self.entry(paper), by=self.agent)
            return True

        if paper is not None and self.do(confirm):
            assert paper.reversed
            assert paper.confirmed
            paper.reversal_confirmed = True

    @rule()
    def the_next_month_is_closed_by_two(self) -> None:
        def close() -> None:
            month = queries.next_to_close(self.here())
            if month is not None:
                asked = controls.ask_closing(self.here(), month, by=self.officer)
                controls.approve(asked, by=self.head)

        self.do(close)

    @rule(puno=few, amount=amounts, certified=st.booleans(), year=st.sampled_from([2024, 2025]))
    def an_organisation_reports(self, puno: int, amount: Money, certified: bool, year: int) -> None:
        basis = Basis.CERTIFIED if certified else Basis.INTERIM
        reporter = self.punos[puno].short_name
        facts = {"organisation": reporter, "year": str(year), "category": "1", "basis": basis.value, "note": "restated"}
        row = FigureRow.model_validate({**facts, "amount": str(amount.decimal)})
        if self.do(lambda: take_in(self.here(), [row], by=self.officer) or True):
            self.model.spent[puno, 1, year, basis.value] = amount.minor

    @rule(donor=few, ago=st.integers(0, 20))
    def a_statement_is_issued(self, donor: int, ago: int) -> None:
        until = self.day(ago)

        def issue() -> tuple[int, str]:
            contributor = Contributor(self.here(), db.session.get_one(Organisation, self.donors[donor].id))
            issued = statements.issue(contributor, Period(None, until), by=self.head)
            return issued.id, issued.sha256

        if issued := self.do(issue):
            self.statements.append(issued)

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.known.append((self.now, self.balances(known_at=self.now)))
        self.now += timedelta(days=days)

    # What always holds

    def balances(self, **when: Any) -> dict[int, tuple[int, int]]:
        with clock.at(self.now):
            found = balances.of_accounts(self.here(), **when)
        db.session.rollback()
        return {row.account.id: (row.amount.minor, row.advised.minor) for row in found}

    @invariant()
    def the_books_hold(self) -> None:
        assert list(books.faults(db.session())) == []
        db.session.rollback()

    @invariant()
    def the_funding_status_is_what_the_documents_come_to(self) -> None:
        with clock.at(self.now):
            drawn = funding_status(self.here())
        for name in (*TOTAL_OF.values(), "expenditure"):
            expected = self.model.expenditure() if name == "expenditure" else self.model.total(name)
            assert getattr(drawn.totals, name).minor == expected, name
        held = sum(paper.cash() for paper in self.model.papers if paper.counts)
        assert drawn.status.agent.balance.minor == held
        assert balances.of_line(self.here(), CASH).get("USD", Money(0, "USD")).minor == held
        db.session.rollback()

    @invariant()
    def what_is_available_counts_confirmed_cash_alone(self) -> None:
        with clock.at(self.now):
            total = availability(self.here()).total
        assert total.balance.minor == self.model.confirmed_cash()
        assert total.interest.minor == self.model.interest_kept()
        assert total.available.minor == self.model.available()
        db.session.rollback()

    @invariant()
    def contributors_come_to_the_whole(self) -> None:
        money = contributors(self.here())
        for number, donor in enumerate(self.donors):
            given = [paper for paper in self.model.papers if paper.donor == number and paper.counts]
            found = money.of(donor.id)
            expected = sum(paper.parts.get(EntryKind.DEPOSIT, 0) for paper in given)
            assert (found.received.minor if found else 0) == expected
        assert money.received.minor == self.model.total("contributions")
        db.session.rollback()

    @invariant()
    def what_was_known_then_is_known_of_then_still(self) -> None:
        for moment, known in self.known[-2:]:
            assert self.balances(known_at=moment) == known

    @invariant()
    def a_statement_drawn_again_is_the_one_that_was_issued(self) -> None:
        if not self.statements:
            return
        number, sha256 = self.statements[len(self.model.papers) % len(self.statements)]
        with clock.at(self.now):
            issued = db.session.get_one(ContributionStatement, number)
            again = statements.draw_again(issued, self.here())
            assert digest(frozen(again)) == sha256
        db.session.rollback()

    def teardown(self) -> None:
        if not hasattr(self, "fund"):
            return
        sums, errors = witnessed(beancount.export(self.here()))
        assert errors == [], "another program finds the books wrong"
        assert sum((amount for held in sums.values() for amount in held.values()), 0) == 0
        assert audit.verify(db.session())[1] is None
        self.compare_what_is_flagged()
        db.session.rollback()

    def compare_what_is_flagged(self) -> None:
        """Hold the list of cash that asks for attention against what each document says of itself."""
        everything = documents(self.here(), Asked()).page.items
        said = {line.document.id for line in everything if any(remark.tone == "warn" for remark in line.remarks)}
        assert {line.document.id for line in documents(self.here(), Asked(flagged=True)).page.items} == said


@pytest.mark.slow
def test_any_history_of_a_fund_keeps_every_rule(app: Flask, make: Make) -> None:
    run_histories(History, app, make)


def test_a_history_knows_at_least_fifteen_kinds_of_event() -> None:
    events = [name for name, step in vars(History).items() if hasattr(step, "hypothesis_stateful_rule")]
    assert len(events) >= 15
    assert {name for name in Totals.__dataclass_fields__ if name != "expenditure"} == set(TOTAL_OF.values())


VIEWER = Viewer
