"""The pages of an entry, an account, the months and the requests, as their readers use them."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient

from mptf.core import clock
from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.ledger import queries as ledger
from mptf.policy import Role, Viewer
from tests.factories import Make
from tests.support.posting import post

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
BASE = "/f/SLW00/ledger"


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def deposit(make: Make, fund: Fund, officer: Viewer) -> Deposit:
    """Record a deposit of 1,000.00 with a fee of 10.00, value date 10 January 2026."""
    donor = make.organisation()
    with make.app.app_context(), clock.at(NOW):
        facts = Receipt(donor, Money(1_000_00, "USD"), date(2026, 1, 10), fee=Money(10_00, "USD"), bank_reference="B-1")
        deposit = record_deposit(fund, facts, by=officer)
        assert len([*deposit.entry.lines, deposit.fee_entry]) == 3
        db.session.commit()
    return deposit


def text_of(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return " ".join(unescape(response.text).split())


def entry_page(deposit: Deposit) -> str:
    return f"{BASE}/entries/{deposit.entry.public_id}"


def test_from_a_total_to_the_document(make: Make, fund: Fund, deposit: Deposit) -> None:
    auditor = make.client(Role.AUDITOR, fund)
    with make.app.app_context():
        found = {account.code: account.public_id for account in ledger.accounts(fund)}
    assert f'href="{BASE}/accounts/{found["4000"]}"' in text_of(auditor, f"{BASE}/balances")
    account = text_of(auditor, f"{BASE}/accounts/{found['4000']}")
    for words in ("4000 Contributions · Donorland", "Held before", "−1,000.00", "Held after"):
        assert words in account
    assert f'href="{entry_page(deposit)}"' in account
    entry = text_of(auditor, entry_page(deposit))
    for words in ("Entry 1: Deposit", "Cash with the Administrative Agent", "Posted in January 2026", "1,000.00"):
        assert words in entry
    assert f'href="/f/SLW00/contributions/deposits/{deposit.public_id}"' in entry
    assert "Reverse" not in entry


def test_an_account_is_drawn_as_at_and_as_known(make: Make, fund: Fund, deposit: Deposit) -> None:
    auditor = make.client(Role.AUDITOR, fund)
    with make.app.app_context():
        cash = ledger.accounts(fund)[0].public_id
    assert "990.00" in text_of(auditor, f"{BASE}/accounts/{cash}?as_at=10+Jan+2026&known_on=20+May+2026")
    assert "No line had been posted" in text_of(auditor, f"{BASE}/accounts/{cash}?known_on=19+May+2026")
    refused = auditor.get(f"{BASE}/accounts/{cash}?as_at=yesterday")
    assert refused.status_code == 422


@pytest.mark.parametrize("asks", [Role.SECRETARIAT_OFFICER, Role.ADMINISTRATIVE_AGENT])
def test_a_mistake_is_taken_back_by_two(make: Make, fund: Fund, deposit: Deposit, asks: Role) -> None:
    officer, head = (make.client(role, fund) for role in (asks, Role.SECRETARIAT_HEAD))
    page = officer.get(entry_page(deposit))
    refused = post(officer, f"{entry_page(deposit)}/reversal", page, reason=" ")
    assert refused.status_code == 422
    assert "Say why it is reversed." in refused.text
    asked = post(officer, f"{entry_page(deposit)}/reversal", page, reason="Another fund's")
    assert asked.status_code == 303
    assert "The reversal is asked for" in text_of(officer, entry_page(deposit))
    home = text_of(head, "/f/SLW00/").replace("\N{NO-BREAK SPACE}", " ")
    assert "Decide on the reversal of entry 1" in home
    assert "Deposit, Donorland, USD 1,000.00, asked by " in home
    effect = text_of(head, asked.location)
    for words in (
        "What it takes back",
        "Entry 1, Deposit, Advised",
        "Entry 2, Administrative Agent fee",
        "Another fund",
        "Deposit, Donorland: USD 1,000.00.",
    ):
        assert words in effect
    assert f'action="{asked.location}/approve"' not in text_of(officer, asked.location)
    done = post(head, f"{asked.location}/approve", head.get(asked.location))
    assert done.status_code == 303
    assert "Taken back by" in text_of(officer, entry_page(deposit))
    shown = text_of(head, asked.location)
    for words in ("What was taken back", "taken back by", ">entry 3<", "1,000.00", ">entry 4<", "10.00"):
        assert words in shown, words
    reversal = re.findall(r'href="(\S+/entries/\w+)"', shown)[2]
    turned = text_of(officer, reversal)
    assert "Entry 3: Reversal of entry 1, Deposit" in turned
    assert "nothing to confirm: entry 1 was only advised" in turned
    assert "Nothing to confirm" in text_of(officer, f"{BASE}?corrections=yes")
    assert "Reversed" in text_of(officer, f"/f/SLW00/contributions/deposits/{deposit.public_id}")
    journal = text_of(officer, f"{BASE}?corrections=yes")
    assert "Reversal of entry 1, Deposit" in journal
    assert "No entry has been posted here" in text_of(officer, f"{BASE}?corrections=no")


def test_who_asked_finds_no_way_to_decide(make: Make, fund: Fund, deposit: Deposit) -> None:
    head = make.client(Role.SECRETARIAT_HEAD, fund)
    asked = post(head, f"{entry_page(deposit)}/reversal", head.get(entry_page(deposit)), reason="Twice")
    page = text_of(head, asked.location)
    assert "You prepared this; somebody else approves it." in page
    assert f'action="{asked.location}/approve"' not in page
    forced = post(head, f"{asked.location}/approve", head.get(asked.location))
    assert forced.status_code == 422
    assert "You prepared this; somebody else approves it." in forced.text
    withdrawn = post(head, f"{asked.location}/withdraw", head.get(asked.location))
    assert withdrawn.status_code == 303
    assert "Withdrawn" in text_of(head, f"{BASE}/requests")


def test_a_request_is_declined_with_a_reason(make: Make, fund: Fund, deposit: Deposit) -> None:
    officer, agent = (make.client(role, fund) for role in (Role.SECRETARIAT_OFFICER, Role.ADMINISTRATIVE_AGENT))
    asked = post(officer, f"{entry_page(deposit)}/reversal", officer.get(entry_page(deposit)), reason="Twice")
    opened = agent.get(asked.location)
    assert post(agent, f"{asked.location}/decline", opened, answer="").status_code == 422
    assert post(agent, f"{asked.location}/decline", opened, answer="The bank paid once").status_code == 303
    assert "The bank paid once" in text_of(officer, asked.location)


def test_a_document_says_that_its_reversal_waits(make: Make, fund: Fund, deposit: Deposit) -> None:
    """Whoever would confirm it, or ask again, reads first that somebody asked; its contributor does not."""
    path = f"/f/SLW00/contributions/deposits/{deposit.public_id}"
    officer, agent = (make.client(role, fund) for role in (Role.SECRETARIAT_OFFICER, Role.ADMINISTRATIVE_AGENT))
    assert "Ask for its reversal" in text_of(officer, path)
    asked = post(officer, f"{entry_page(deposit)}/reversal", officer.get(entry_page(deposit)), reason="A zero too many")
    for reader in (officer, agent):
        page = text_of(reader, path)
        assert "Its reversal is asked for" in page
        assert "A zero too many" in page
        assert f'href="{asked.location}"' in page
        assert "Ask for its reversal" not in page
    with make.app.app_context():
        whose = db.session.get_one(Deposit, deposit.id).donor
    donor = make.client(Role.DONOR_VIEWER, fund, whose)
    assert "A zero too many" not in text_of(donor, path)
    post(agent, f"{asked.location}/decline", agent.get(asked.location), answer="The bank paid once")
    assert "Its reversal is asked for" not in text_of(officer, path)


def test_the_agent_confirms_a_reversal(make: Make, fund: Fund, deposit: Deposit) -> None:
    agent_viewer = make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    with make.app.app_context():
        confirm_deposit(db.session.merge(deposit), by=agent_viewer)
        db.session.commit()
    officer, head, agent = (
        make.client(role, fund) for role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD, Role.ADMINISTRATIVE_AGENT)
    )
    asked = post(officer, f"{entry_page(deposit)}/reversal", officer.get(entry_page(deposit)), reason="Returned")
    post(head, f"{asked.location}/approve", head.get(asked.location))
    assert "Confirm that entry 1 was taken back" in text_of(agent, "/f/SLW00/")
    opened = agent.get(entry_page(deposit))
    assert post(agent, f"{entry_page(deposit)}/confirm", opened).status_code == 303
    again = post(agent, f"{entry_page(deposit)}/confirm", agent.get(f"{BASE}/requests"))
    assert again.status_code == 422
    assert "was taken back" not in text_of(agent, "/f/SLW00/")


def test_a_month_is_closed_by_two(make: Make, fund: Fund, deposit: Deposit) -> None:
    officer, head = (make.client(role, fund) for role in (Role.SECRETARIAT_OFFICER, Role.SECRETARIAT_HEAD))
    page = officer.get(f"{BASE}/months")
    assert "The next month to close is" in page.text
    asked = post(officer, f"{BASE}/months", page, note="All notices are in")
    assert asked.status_code == 303
    assert "The closing up to January 2026 is asked for" in text_of(officer, f"{BASE}/months")
    effect = text_of(head, asked.location)
    assert "What posted in January 2026" in effect
    assert "1,000.00" in effect
    assert post(head, f"{asked.location}/approve", head.get(asked.location)).status_code == 303
    closed = text_of(officer, f"{BASE}/months")
    assert f'href="{BASE}/balances?period=2026-01"' in closed
    assert "All notices are in" in closed
    assert "1,000.00" in text_of(officer, f"{BASE}/balances?period=2026-01")
    assert "All notices are in" in text_of(officer, f"{BASE}/requests")
    assert "closed January 2026" in text_of(make.client(Role.AUDITOR, fund), "/f/SLW00/audit")


def test_before_the_first_entry_there_is_no_month_to_close(make: Make, fund: Fund) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert "there is no month to close" in text_of(officer, f"{BASE}/months")
    assert post(officer, f"{BASE}/months", officer.get(f"{BASE}/requests")).status_code in (404, 400)


@pytest.mark.parametrize(
    "query, numbers",
    [
        ("kind=aa_fee", {2}), ("kind=deposit", {1}), ("kind=nonsense", {1, 2}), ("document=deposit", {1, 2}),
        ("document=cash_document", set()),
        ("document=nonsense", {1, 2}), ("period=2026-01", {1, 2}), ("period=2026-02", {1, 2}),
        ("corrections=no", {1, 2}),
        ("corrections=yes", set()), ("account=5000", {2}),
    ],
)  # fmt: skip
def test_the_journal_narrows(make: Make, fund: Fund, deposit: Deposit, query: str, numbers: set[int]) -> None:
    page = text_of(make.client(Role.AUDITOR, fund), f"{BASE}?{query}")
    shown = {number for number, words in ((1, "Deposit, Donorland"), (2, "fee, Donorland")) if words in page}
    assert shown == numbers
