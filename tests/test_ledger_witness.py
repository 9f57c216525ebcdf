"""Whoever does not trust the books lets them be looked at: by us row by row, and by another program (MON-4)."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import text

from mptf.cash.facts import Movement
from mptf.cash.models import KINDS
from mptf.cash.service import record as record_cash
from mptf.cli import books
from mptf.core import clock, schema
from mptf.core.audit import AccessEvent
from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund, FundWindow
from mptf.fund.queries import get_fund
from mptf.ledger import balances, beancount, queries, service
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import Account
from mptf.ledger.service import Document
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role
from tests.conftest import Once
from tests.factories import Make

pytestmark = pytest.mark.both_engines

IN_MAY, IN_JUNE = datetime(2026, 5, 20, 9, tzinfo=UTC), datetime(2026, 6, 20, 9, tzinfo=UTC)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


def keep_books(make: Make) -> None:
    """Keep books with a document of every kind, a window, a closed month, a late fact and a reversal."""
    fund = make.fund()
    officer, head, agent = (
        make.viewer(role, fund) for role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT)
    )
    donors = [make.organisation(name) for name in ("Côte d'Or", "Cote d'Or")]
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    window = FundWindow(fund_id=fund.id, code="W1", name="Window one")
    db.session.add(window)
    db.session.flush()
    with clock.at(IN_MAY):
        _, deposit = (
            record_deposit(
                fund,
                Receipt(
                    donor, Money(cents, "USD"), date(2026, 1, day), fee=Money(1_000_00, "USD"), bank_reference=bank
                ),
                by=officer,
            )
            for donor, cents, day, bank in zip(donors, (100_000_01, 200_000_02), (11, 12), ("B-1", "B-2"), strict=True)
        )
        confirm_deposit(deposit, by=agent)
        for kind in EntryKind:
            what = Document(
                kind, Money(12_34, "USD"), date(2026, 2, 1), fund, f"x {kind}", party=undp if kind.of_party else None,
                reference="00123456", window=window, memo='says "no\\thing"\nmore',
            )  # fmt: skip
            service.post(fund, what, by=officer)
        for kind in KINDS:
            project = kind in (EntryKind.TRANSFER, EntryKind.PUNO_REFUND)
            told = Movement(
                kind, Money(56_78, "USD"), date(2026, 2, 3), party=undp if kind.of_party else None, window=window,
                reference="00123456" if project else "", other_fund="F" if kind is EntryKind.FUND_TRANSFER else "",
            )  # fmt: skip
            record_cash(fund, told, by=officer)
        service.close_months(fund, date(2026, 1, 1), prepared_by=officer, by=head)
        service.close_months(fund, date(2026, 2, 1), prepared_by=officer, by=head)
    with clock.at(IN_JUNE):
        service.reverse_document(fund, "deposit", deposit.public_id, reason="Not ours", by=head)
        db.session.commit()


@pytest.fixture
def kept(ctx: Flask, once: Once) -> Iterator[Fund]:
    """Return the fund whose books were kept."""
    once(keep_books)
    yield get_fund("SLW00")
    db.session.rollback()


def faults() -> list[str]:
    found = list(books.faults(db.session()))
    db.session.rollback()
    return found


def plant(*statements: str) -> None:
    """Change the books past every trigger, as somebody with the file can."""
    db.session.rollback()
    with schema.unguarded(db.engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
    db.session.expire_all()


def test_sound_books_hold(kept: Fund) -> None:
    assert faults() == []


LAST = "(SELECT max(id) FROM ledger_entry)"
FIRST_LINE = "(SELECT min(id) FROM ledger_line)"
SECOND_LINE = f"(SELECT min(id) FROM ledger_line WHERE id > {FIRST_LINE})"
PLANTED = {
    "a cent": (
        [f"UPDATE ledger_line SET amount_minor = amount_minor + 1 WHERE id = {FIRST_LINE}"],
        r"Entry 1 of SLW00 does not add up to zero: USD.0\.01 is left",
    ),
    "a cent on both sides": (
        [
            f"UPDATE ledger_line SET amount_minor = amount_minor + 1 WHERE id = {FIRST_LINE}",
            f"UPDATE ledger_line SET amount_minor = amount_minor - 1 WHERE id = {SECOND_LINE}",
        ],
        "does not say what it posted: Entry 1 of SLW00",
    ),
    "a cent of a fee": (
        ["UPDATE deposit SET fee_minor = fee_minor + 1 WHERE id = (SELECT min(id) FROM deposit)"],
        "does not say what it posted: Entry 2 of SLW00",
    ),
    "another party": (
        ["UPDATE deposit SET organisation_id = (SELECT max(id) FROM organisation) WHERE value_on = '2026-01-11'"],
        "does not say what it posted: Entry 1 of SLW00",
    ),
    "a day of a line": (
        [f"UPDATE ledger_line SET value_on = '2026-01-12' WHERE id = {FIRST_LINE}"],
        "Entry 1 of SLW00 has a line with another fund, value date",
    ),
    "a day of a reversal": (
        [
            f"UPDATE ledger_entry SET value_on = '2026-02-02' WHERE id = {LAST}",
            f"UPDATE ledger_line SET value_on = '2026-02-02' WHERE entry_id = {LAST}",
        ],
        "keeps another value date than what it takes back",
    ),
    "less taken back": (
        [
            f"UPDATE ledger_line SET amount_minor = amount_minor - 1 WHERE entry_id = {LAST} AND amount_minor > 0",
            f"UPDATE ledger_line SET amount_minor = amount_minor + 1 WHERE entry_id = {LAST} AND amount_minor < 0",
        ],
        "leaves something of the entry it takes back",
    ),
    "a closed month": (
        [f"UPDATE ledger_entry SET period = '2026-02-01' WHERE id = {LAST}"],
        "posts in a month that was closed when it was recorded",
    ),
    "an early month": (
        ["UPDATE ledger_entry SET period = '2025-12-01' WHERE number = 1"],
        "Entry 1 of SLW00 posts in a month before that of its value date",
    ),
    "a month": (
        ["UPDATE ledger_month SET amount_minor = amount_minor + 1 WHERE value_month = '2026-02-01'"],
        r"What is kept of February 2026 on account \d+ of SLW00 is not what its lines add up to: USD.0\.01",
    ),
    "a month of no lines": (
        ["UPDATE ledger_month SET recorded_month = '2026-04-01' WHERE value_month = '2026-02-01'"],
        r"What is kept of February 2026 on account \d+ of SLW00",
    ),
    "a month left out": (
        ["UPDATE ledger_closing SET month = '2026-03-01' WHERE month = '2026-02-01'"],
        "Between January 2026 and March 2026 a month of SLW00 is not closed",
    ),
    "a number": (["UPDATE ledger_entry SET number = 900 WHERE number = 1"], "goes up to number 900"),
    "no lines": (["DELETE FROM ledger_line WHERE entry_id = 3"], "has no lines"),
    **{
        f"a cent of a {kind}": (
            [f"UPDATE cash_document SET amount_minor = amount_minor + 1 WHERE kind = '{kind.value}'"],
            r"Cash document \w+ does not say what it posted: Entry \d+ of SLW00",
        )
        for kind in KINDS
    },
    "another project": (
        ["UPDATE cash_document SET reference = '00000009' WHERE kind = 'transfer'"],
        r"Cash document \w+ does not say what it posted",
    ),
    "another kind": (
        ["UPDATE cash_document SET kind = 'other_income' WHERE kind = 'fund_interest'"],
        r"Cash document \w+ does not say what it posted",
    ),
    "another window": (
        ["UPDATE cash_document SET window_id = NULL WHERE kind = 'bank_charge'"],
        r"Cash document \w+ does not say what it posted",
    ),
    "no cash document": (
        ["DELETE FROM cash_document WHERE kind = 'bank_charge'"],
        "was posted by a cash document that is not there",
    ),
    "the kind of an entry": (
        ["UPDATE ledger_entry SET kind = 'other_income' WHERE number = 5"],
        "Entry 5 of SLW00 moves an account its kind does not",
    ),
    "a kind its document does not post": (
        ["UPDATE ledger_entry SET source_kind = 'deposit' WHERE kind = 'bank_charge'"],
        r"Entry \d+ of SLW00 is of a kind that its deposit does not post",
    ),
    "another document": (
        ["UPDATE ledger_entry SET source_kind = 'deposit' WHERE number = 5"],
        "Entry 5 of SLW00 was posted by a deposit that is not there",
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_was_changed_in_a_copy_is_found(kept: Fund, what: str) -> None:
    statements, said = PLANTED[what]
    plant(*statements)
    found = faults()
    assert any(re.search(said, sentence) for sentence in found), found


def test_the_operator_hears_what_does_not_hold(app: Flask, kept: Fund) -> None:
    sound = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert (sound.exit_code, sound.output) == (0, "The books hold: 28 entries, 56 lines, 0 statements drawn again.\n")
    plant(*PLANTED["a cent"][0])
    broken = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert broken.exit_code == 1
    assert "does not add up to zero" in broken.output


# Beancount


def witnessed(written: str) -> tuple[dict[str, dict[str, Decimal]], list[str]]:
    """Let Beancount read the books: what it adds up for each account, and what it complains of."""
    from beancount import loader
    from beancount.core.data import Transaction

    entries, errors, _ = loader.load_string(written)
    sums: dict[str, dict[str, Decimal]] = {}
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            assert posting.units is not None
            assert isinstance(posting.units.number, Decimal)
            held = sums.setdefault(posting.account, {})
            held[posting.units.currency] = held.get(posting.units.currency, Decimal(0)) + posting.units.number
    return sums, [error.message for error in errors]


def test_beancount_agrees_on_every_balance(kept: Fund) -> None:
    fund = get_fund("SLW00")
    sums, errors = witnessed(beancount.export(fund))
    assert errors == []
    names = beancount.named(queries.accounts(fund))
    held = {(names[row.account], row.amount.currency): row.amount.decimal for row in balances.of_accounts(fund)}
    assert {(name, currency): total for name, by in sums.items() for currency, total in by.items()} == held
    assert len(held) > len(EntryKind)


def test_beancount_finds_the_cent(kept: Fund) -> None:
    plant(*PLANTED["a cent"][0])
    _, errors = witnessed(beancount.export(get_fund("SLW00")))
    assert any("does not balance" in error for error in errors), errors


def test_a_balance_that_is_not_the_one_stated_is_found(kept: Fund) -> None:
    written = beancount.export(get_fund("SLW00"))
    head, _, tail = written.rpartition(" ~ 0 USD")
    _, errors = witnessed(f"{head}1 ~ 0 USD{tail}")
    assert len(errors) == 1
    assert "Balance failed" in errors[0]


def test_accounts_are_told_apart_whatever_they_are_called(kept: Fund) -> None:
    names = beancount.named(queries.accounts(get_fund("SLW00")))
    assert len(set(names.values())) == len(names)
    donors = sorted(name for account, name in names.items() if account.code == "4000")
    assert donors[0] == "Income:4000:Cote-d-Or"
    assert donors[1].startswith("Income:4000:Cote-d-Or-")
    assert {name for account, name in names.items() if account.code == "5100"} == {"Expenses:5100:UNDP:00123456"}


def test_words_beancount_cannot_name_still_give_an_account() -> None:
    party = Organisation(short_name="Ж…", official_name="x", kind=OrganisationKind.PUNO)
    account = Account(code="5100", name="T", kind=EntryKind.TRANSFER.debit.kind, reference="", party=party)
    assert list(beancount.named([account]).values()) == ["Expenses:5100:X"]


def test_empty_books_are_written_too(ctx: Flask, fund: Fund) -> None:
    assert witnessed(beancount.export(get_fund("SLW00"))) == ({}, [])


def test_the_operator_writes_the_books_of_a_fund(app: Flask, kept: Fund) -> None:
    written = app.test_cli_runner().invoke(args=["ledger", "beancount", "SLW00"])
    assert written.exit_code == 0
    assert written.output == beancount.export(get_fund("SLW00"))
    absent = app.test_cli_runner().invoke(args=["ledger", "beancount", "NONE"])
    assert (absent.exit_code, absent.output) == (1, "Error: There is no fund NONE.\n")


def test_an_auditor_takes_the_books_and_that_is_recorded(make: Make, fund: Fund) -> None:
    auditor = make.client(Role.AUDITOR, fund)
    assert "/f/SLW00/ledger/beancount" in auditor.get("/f/SLW00/ledger/balances").text
    taken = auditor.get("/f/SLW00/ledger/beancount")
    assert taken.headers["Content-Disposition"] == "attachment; filename=SLW00.beancount"
    assert taken.text.startswith('option "title" "SLW00 Fund SLW00"')
    with make.app.app_context():
        looks = db.session.query(AccessEvent).filter_by(what="export").all()
        assert [(look.subject_kind, look.fund_id) for look in looks] == [("fund", fund.id)]
    agent = make.client(Role.ADMINISTRATIVE_AGENT, fund)
    assert "beancount" not in agent.get("/f/SLW00/ledger/balances").text
