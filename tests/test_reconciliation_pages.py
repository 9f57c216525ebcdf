"""The pages of the reconciliation: a list taken in and compared, differences settled, and who may do what."""

import io
import re
from datetime import date
from html import unescape

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from mptf.core.audit import AccessEvent
from mptf.core.db import db, transactions
from mptf.core.money import Money
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, record_deposit
from mptf.ledger.models import Standing
from mptf.policy import Role
from mptf.reconciliation.models import Finding
from tests import worlds
from tests.conftest import Once
from tests.factories import Make
from tests.support.posting import post
from tests.support.signing import sign_in
from tests.support.visitor import hidden_fields
from tests.support.work import work_off
from tests.worlds import Records, World

BASE = "/f/SLW00/reconciliation"


@pytest.fixture
def world(app: Flask, once: Once) -> World:
    return once(worlds.build)


@pytest.fixture
def own(app: Flask, world: World) -> Records:
    """Make one deposit and a list in which it stands with the next day."""
    with app.app_context():
        by = world.viewer(Role.SECRETARIAT_OFFICER)
        return worlds.records(app, world, fund=world.fund, donor=world.donor, by=by)


def as_(app: Flask, world: World, role: Role) -> FlaskClient:
    return sign_in(app.test_client(), world.people[role])


def difference(records: Records) -> str:
    return f"{BASE}/differences/{records.difference.public_id}"


def text_of(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return " ".join(unescape(response.text).replace("\xa0", " ").split())


def upload(client: FlaskClient, *rows: str, **typed: str) -> TestResponse:
    table = "\n".join(("Contributor,Value date,Received,Reference", *rows)) + "\n"
    said = {"complete_until": "30 Apr 2026", "complete_from": "", **typed}
    hidden = hidden_fields(client.get(f"{BASE}/upload").text)
    return client.post(f"{BASE}/upload", data={**hidden, **said, "file": (io.BytesIO(table.encode()), "aa.csv")})


def compared(app: Flask, client: FlaskClient, *rows: str) -> str:
    """Take in a list and compare it; return the address of its page."""
    sent = upload(client, *rows)
    assert sent.status_code == 303, sent.text
    assert post(client, f"{sent.location}/import", client.get(sent.location)).status_code == 303
    with app.app_context():
        work_off()
    return str(sent.location)


def test_an_officer_takes_in_a_list_and_sees_what_differs(app: Flask, world: World, own: Records) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    sent = upload(officer, "Donorland,2026-03-02,57600.00,BANK-plain", "Elseland,2026-03-09,5.00,")
    preview = text_of(officer, sent.location)
    for words in ("What the import would do", "30 Apr 2026", "from the beginning of the fund", "57,600.00", "Elseland"):
        assert words in preview
    page = compared(app, officer, "Donorland,2026-03-02,57600.00,BANK-plain", "Elseland,2026-03-08,5.00,")
    assert "Only in the Administrative Agent’s list" in text_of(officer, page)
    assert "What differs" in text_of(officer, page)
    matches = text_of(officer, f"{page}?show=matches")
    assert "BANK-plain" in matches
    assert "What differs" not in matches, "of what matches, nothing does"
    assert officer.get(f"{page}/file").status_code == 200


def test_a_refused_form_keeps_the_file_and_what_was_typed(app: Flask, world: World) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    refused = upload(officer, "Donorland,2026-03-02,57600.00,B", complete_until="")
    assert refused.status_code == 422
    assert "Write the last day for which the list holds every deposit." in refused.text
    kept = {**hidden_fields(refused.text), "complete_until": "30 Apr 2026", "complete_from": ""}
    assert officer.post(f"{BASE}/upload", data=kept).status_code == 303


def test_problems_stand_at_their_cells_and_nothing_is_compared(app: Flask, world: World) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    sent = upload(officer, "Donorland,2026-03-02,-5,B")
    page = text_of(officer, sent.location)
    assert "“-5” is no deposit" in page
    assert 'aria-disabled="true"' in officer.get(sent.location).text
    discarded = post(officer, f"{sent.location}/discard", officer.get(sent.location))
    assert discarded.status_code == 303
    with app.app_context(), transactions("read"):
        assert db.session.scalars(select(Finding)).all() == []


def test_a_list_not_compared_yet_is_for_those_who_import(app: Flask, world: World) -> None:
    sent = upload(as_(app, world, Role.SECRETARIAT_OFFICER), "Donorland,2026-03-02,5,B")
    assert as_(app, world, Role.SECRETARIAT_HEAD).get(sent.location).status_code == 200
    for role in (Role.AUDITOR, Role.ADMINISTRATIVE_AGENT):
        assert as_(app, world, role).get(sent.location).status_code == 404
        assert "aa.csv" not in text_of(as_(app, world, role), f"{BASE}/lists")


def test_a_difference_is_explained_on_its_page(app: Flask, world: World, own: Records) -> None:
    officer, head = as_(app, world, Role.SECRETARIAT_OFFICER), as_(app, world, Role.SECRETARIAT_HEAD)
    page = text_of(officer, difference(own))
    assert "The value date differs by one day" in page
    assert re.findall(r'<tr class="differs"><th scope="row">([^<]*)<', page) == ["Value date"]
    refused = post(officer, f"{difference(own)}/explain", officer.get(difference(own)), reason=" ")
    assert refused.status_code == 422
    assert "Say why both sides differ." in refused.text
    assert post(officer, f"{difference(own)}/explain", officer.get(difference(own)), reason="Bank").status_code == 303
    assert "Explained" in text_of(head, difference(own))
    late = head.post(f"{difference(own)}/explain", data={"token": "t", "reason": "Me too"})
    assert "This difference is settled already." in late.text
    assert "No difference is open" in text_of(officer, f"{BASE}/")


def test_a_reversal_is_asked_for_from_a_difference(app: Flask, world: World, own: Records, make: Make) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    twice = officer.post(f"{difference(own)}/reversal", data={"token": "a", "because": "Wrong day"})
    assert "Its reversal is asked for already." in twice.text, "the world has asked for it"
    empty = officer.post(f"{difference(own)}/reversal", data={"token": "b", "because": ""})
    assert "Say why it is reversed." in empty.text


def test_a_missing_deposit_is_recorded_with_what_the_list_says(app: Flask, world: World) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    compared(app, officer, "Donorland,2026-03-09,1234.50,AA-9")
    with app.app_context(), transactions("read"):
        public_id = db.session.scalars(select(Finding.public_id)).one()
    record = f"{BASE}/differences/{public_id}/record"
    form = officer.get(record)
    assert re.search(r'<input[^>]*name="received"[^>]*value="1,234.50"', form.text)
    assert re.search(r'<option selected value="[a-z2-7]{26}">Donorland', form.text)
    typed = {
        "donor": world.donor.public_id, "agreement": "", "received": "1,234.50", "value_on": "9 Mar 2026",
        "original": "", "currency": "EUR", "fee": "", "bank_reference": "AA-9", "certainty": "certain",
        "certainty_note": "", "basis": "List",
    }  # fmt: skip
    assert post(officer, record, form, **{**typed, "value_on": "x"}).status_code == 422
    sent = post(officer, record, form, **typed)
    assert (sent.status_code, sent.location) == (303, f"{BASE}/differences/{public_id}")
    assert "The missing deposit was recorded" in text_of(officer, sent.location)
    assert "This difference is settled already." in post(officer, record, None, **typed | {"bank_reference": "B"}).text
    with app.app_context(), transactions("read"):
        assert len(db.session.scalars(select(Deposit).where(Deposit.fund_id == world.fund.id)).all()) == 1


def test_the_question_leads_to_the_deposit_a_missing_one_may_be(app: Flask, world: World) -> None:
    officer, amount = as_(app, world, Role.SECRETARIAT_OFFICER), Money(1_234_50, "USD")
    compared(app, officer, "Donorland,2026-03-09,1234.50,AA-9")
    with app.app_context():
        unnamed = Receipt(world.donor, amount, date(2026, 3, 9))
        known = record_deposit(world.fund, unnamed, by=world.viewer(Role.SECRETARIAT_OFFICER)).public_id
        db.session.commit()
        public_id = db.session.scalars(select(Finding.public_id)).one()
    typed = {
        "donor": world.donor.public_id, "agreement": "", "received": "1,234.50", "value_on": "9 Mar 2026",
        "original": "", "currency": "", "fee": "", "bank_reference": "AA-9", "certainty": "certain",
        "certainty_note": "", "basis": "List", "token": "q", "foreseen": "yes",
    }  # fmt: skip
    question = officer.post(f"{BASE}/differences/{public_id}/record", data=typed)
    assert question.status_code == 200
    assert f'href="/f/SLW00/contributions/deposits/{known}"' in question.text


def test_the_agent_confirms_from_a_list_what_matches(app: Flask, world: World, own: Records) -> None:
    officer, agent = as_(app, world, Role.SECRETARIAT_OFFICER), as_(app, world, Role.ADMINISTRATIVE_AGENT)
    page = compared(app, officer, "Donorland,2026-03-02,57600.00,BANK-plain")
    assert "Confirm 1 deposit" not in text_of(officer, page)
    assert "Confirm 1 deposit" in text_of(agent, page)
    assert post(agent, f"{page}/confirm", agent.get(page)).status_code == 303
    with app.app_context(), transactions("read"):
        deposit = db.session.get_one(Deposit, own.deposit.id)
        assert [entry.standing for entry in (deposit.entry, deposit.fee_entry) if entry] == [Standing.CONFIRMED] * 2
    again = agent.post(f"{page}/confirm", data={"token": "t"})
    assert "No deposit of this list waits for your confirmation." in again.text


def test_the_agent_confirms_a_deposit_that_differs(app: Flask, world: World, own: Records) -> None:
    agent = as_(app, world, Role.ADMINISTRATIVE_AGENT)
    assert post(agent, f"{difference(own)}/confirm", agent.get(difference(own))).status_code == 303
    assert "Confirmed as our books have it" in text_of(agent, difference(own))


def test_a_later_list_shows_on_the_page_of_the_earlier_difference(app: Flask, world: World, own: Records) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    page = compared(app, officer, "Donorland,2026-03-02,57600.00,BANK-plain")
    shown = officer.get(difference(own)).text
    assert "A later list matches" in shown
    assert f'href="{page}"' in shown


def test_open_differences_are_filtered_and_taken_as_a_workbook(app: Flask, world: World, own: Records) -> None:
    auditor = as_(app, world, Role.AUDITOR)
    assert "list-plain.csv" in text_of(auditor, f"{BASE}/?kind=differs")
    assert "Nothing of this kind was found." in text_of(auditor, f"{BASE}/?kind=only_list")
    assert "list-plain.csv" in text_of(auditor, f"{BASE}/?kind=nonsense")
    sent = auditor.get(f"{BASE}/differences.xlsx")
    assert sent.headers["Content-Disposition"] == "attachment; filename=SLW00-differences.xlsx"
    assert openpyxl.load_workbook(io.BytesIO(sent.data)).sheetnames == ["Differences", "Notes"]
    with app.app_context(), transactions("read"):
        [look] = db.session.scalars(select(AccessEvent).where(AccessEvent.what == "export")).all()
        assert '"rows":1' in look.detail.replace(" ", "")


def test_what_a_list_says_is_not_for_contributors(app: Flask, world: World, own: Records) -> None:
    donor = as_(app, world, Role.DONOR_VIEWER)
    for path in ("/", "/lists", "/differences.xlsx", f"/lists/{own.agent_list.table.public_id}"):
        assert donor.get(BASE + path).status_code == 404, path
    assert "Reconciliation" not in text_of(donor, "/f/SLW00/")
