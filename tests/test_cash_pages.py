"""The pages of cash documents and of what is promised: forms, lists, the import, and what each role is shown."""

import io
import re
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from mptf.cash import service
from mptf.cash.facts import Movement
from mptf.cash.models import KINDS, CashDocument
from mptf.claims.models import Claim, ClaimMove
from mptf.core.db import db
from mptf.core.money import Money
from mptf.fund.models import Fund, FundWindow
from mptf.ledger.chart import EntryKind
from mptf.ledger.models import Entry, Line
from mptf.organisations.models import Organisation
from mptf.policy import Role
from tests.factories import Make
from tests.support.copies import copy
from tests.support.posting import post
from tests.support.statements import statements
from tests.support.work import work_off

BASE = "/f/SLW00/cash"
LIST = (
    "Value date,Kind,Organisation,Project number,Amount,Bank reference,Note\n"
    "15 Mar 2026,transfer,UNDP,00123456,250000.00,AA-1,\n"
)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


@pytest.fixture
def agent(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.ADMINISTRATIVE_AGENT, fund)


def typed(undp: Organisation, **more: str) -> dict[str, str]:
    facts = {
        "organisation": undp.public_id, "reference": "00123456", "amount": "1,000.00", "value_on": "15 Mar 2026",
        "bank_reference": "T-1", "window": "", "basis": "Notice", "claim": "", "other_fund": "PBF",
    }  # fmt: skip
    return {**facts, **more}


def shown(client: FlaskClient, url: str) -> str:
    """Return the words of a page."""
    page = client.get(url)
    assert page.status_code == 200, url
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def documents(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(CashDocument)) or 0


def earn(make: Make, fund: Fund, dollars: int) -> None:
    """Let the fund hold confirmed cash."""
    by, agent = make.viewer(Role.SECRETARIAT_OFFICER, fund), make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    with make.app.app_context():
        told = Movement(EntryKind.OTHER_INCOME, Money(dollars * 100, "USD"), date(2026, 1, 5), bank_reference="EARN")
        service.confirm(service.record(fund, told, by=by), by=agent)
        db.session.commit()


# Recording and confirming


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_recorded_in_its_form(
    app: Flask, fund: Fund, make: Make, undp: Organisation, officer: FlaskClient, kind: EntryKind
) -> None:
    party = make.organisation("Donorland") if kind is EntryKind.CONTRIBUTOR_REFUND else undp
    done = post(officer, f"{BASE}/new/{kind.value}", **typed(party))
    assert done.status_code == 303, done.text
    words = shown(officer, done.location)
    assert f"{kind.label}, 15 Mar 2026" in words
    assert "Advised" in words
    assert "1,000.00" in words
    assert documents(app) == 1


def test_a_kind_that_is_none_of_this_room_is_absent(officer: FlaskClient) -> None:
    assert [officer.get(f"{BASE}/new/{kind}").status_code for kind in ("deposit", "aa_fee", "nonsense")] == [404] * 3


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    app: Flask, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    page = post(officer, f"{BASE}/new/transfer", **typed(undp, reference="123456", basis="Kept words"))
    assert page.status_code == 422
    assert "has lost its leading zeros. Write all eight digits: “00123456”" in unescape(page.text)
    assert 'id="reference-error"' in page.text
    assert "Kept words" in page.text
    empty = post(officer, f"{BASE}/new/transfer")
    for words in (
        "Choose the organisation.",
        "Write the number of the project.",
        "Write the amount.",
        "Write the day.",
    ):
        assert words in unescape(empty.text)
    assert documents(app) == 0


def test_the_same_form_sent_twice_leads_to_the_first_result(
    app: Flask, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    opened = officer.get(f"{BASE}/new/transfer")
    first = post(officer, f"{BASE}/new/transfer", opened, **typed(undp))
    second = post(officer, f"{BASE}/new/transfer", opened, **typed(undp))
    assert (first.status_code, second.location, documents(app)) == (303, first.location, 1)


def test_the_agent_confirms_it(fund: Fund, undp: Organisation, officer: FlaskClient, agent: FlaskClient) -> None:
    url = post(officer, f"{BASE}/new/transfer", **typed(undp)).location
    assert "Confirm USD\N{NO-BREAK SPACE}1,000.00: Transfer" in unescape(agent.get("/f/SLW00/").text)
    assert officer.post(f"{url}/confirm").status_code == 404
    assert agent.post(f"{url}/confirm", data={"note": "Gateway line 7"}).status_code == 303
    words = shown(officer, url)
    assert "Confirmed" in words
    assert "Gateway line 7" in words
    again = agent.post(f"{url}/confirm")
    assert (again.status_code, "confirmed already" in again.text) == (422, True)


def test_who_recorded_it_is_told_why_somebody_else_confirms_it(make: Make, fund: Fund, undp: Organisation) -> None:
    person = make.person()
    make.grant(person, Role.SECRETARIAT_OFFICER, fund)
    agent = make.grant(person, Role.ADMINISTRATIVE_AGENT, fund, undp)
    client = make.client_of(person)
    url = post(client, f"{BASE}/new/transfer", **typed(undp)).location
    client.post("/account/role", data={"role": agent.public_id})
    assert "You recorded this; somebody else confirms it." in client.get(url).text
    assert client.post(f"{url}/confirm").status_code == 422


def test_its_reversal_is_asked_for_on_the_page_of_its_entry(
    make: Make, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    url = post(officer, f"{BASE}/new/transfer", **typed(undp)).location
    match = re.search(r'href="([^"]*/ledger/entries/[^"#]*)#reverse-h"', officer.get(url).text)
    assert match
    asked = post(officer, f"{match[1]}/reversal", officer.get(match[1]), reason="Typed twice")
    waiting = shown(officer, url)
    assert "Its reversal is asked for Typed twice" in waiting
    assert "Ask for its reversal" not in waiting
    head = make.client(Role.SECRETARIAT_HEAD, fund)
    assert head.post(f"{asked.location}/approve").status_code == 303
    words = shown(officer, url)
    assert "Reversed" in words
    assert "counts in no sum" in words
    assert "Ask for its reversal" not in words


# The list


def test_the_list_is_narrowed_and_shows_its_sums(
    make: Make, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    earn(make, fund, 5_000)
    post(officer, f"{BASE}/new/transfer", **typed(undp))
    post(officer, f"{BASE}/new/direct_cost", **typed(undp, bank_reference="D-1", amount="70.00"))
    words = shown(officer, BASE)
    assert "Came in USD 5,000.00 Went out USD 1,070.00" in words
    only = shown(officer, f"{BASE}?kind=transfer&year=2026&standing=advised&organisation={undp.public_id}")
    assert "Came in USD 0.00 Went out USD 1,000.00" in only
    flagged = officer.get(f"{BASE}?flagged=yes").text
    assert "Not approved" in flagged
    assert "D-1" in flagged
    assert "T-1" not in flagged
    assert "No document is recorded that fits" in shown(officer, f"{BASE}?kind=fund_interest")
    left_out = shown(officer, f"{BASE}?year=1999&kind=transfer")
    assert "What was chosen under Year is not in this list any more and is left out" in left_out
    assert "Went out USD 1,000.00" in left_out
    assert officer.get(f"{BASE}?kind=x&year=x&standing=x&organisation=x&page=x").status_code == 200


@pytest.mark.parametrize("path", [BASE, f"{BASE}?flagged=yes", "/f/SLW00/available", "/f/SLW00/available/claims"])
def test_a_list_asks_as_much_of_a_hundred_times_the_rows(
    app: Flask, make: Make, fund: Fund, undp: Organisation, officer: FlaskClient, path: str
) -> None:
    earn(make, fund, 9_000)
    post(officer, "/f/SLW00/available/direct-costs/new", label="A", amount="5", window="", basis="SC")
    post(officer, f"{BASE}/new/transfer", **typed(undp))
    officer.get(path)
    with statements(app) as few:
        officer.get(path)
    copy(app, 60, Line, Entry, CashDocument)
    copy(app, 60, Claim, ClaimMove)
    with statements(app) as many:
        officer.get(path)
    assert documents(app) == 122
    assert len(many) == len(few) <= 8, "\n".join(many)


# The import of a list


def sent(client: FlaskClient, content: str = LIST) -> str:
    """Upload a list and return the page of what importing it would do."""
    done = post(client, f"{BASE}/import", file=(io.BytesIO(content.encode()), "list.csv"))
    assert done.status_code == 303, done.text
    return done.location


def test_a_list_is_looked_at_then_imported(
    app: Flask, fund: Fund, undp: Organisation, agent: FlaskClient, officer: FlaskClient
) -> None:
    url = sent(agent)
    assert documents(app) == 0
    words = shown(agent, url)
    assert "Rows to add 1" in words
    assert "They are confirmed for the Administrative Agent" in words
    assert "Decide on “list.csv”" in unescape(agent.get("/f/SLW00/").text)
    assert agent.post(f"{url}/import").status_code == 303
    assert 'hx-trigger="every 1s"' in agent.get(url).text
    assert "HX-Refresh" not in agent.get(f"{url}/progress").headers
    with app.app_context():
        work_off()
    assert agent.get(f"{url}/progress").headers["HX-Refresh"] == "true"
    assert "Rows added 1 Known already 0" in shown(agent, url)
    assert "list.csv Imported" in shown(officer, f"{BASE}/import")
    assert agent.get(f"{url}/file").headers["Content-Disposition"] == "attachment; filename=list.csv"
    assert documents(app) == 1
    known = shown(officer, sent(officer))
    assert "Rows to add 0 Known already 1" in known
    assert "Every movement of this table is recorded already." in known
    assert "All of them are recorded, or none" not in known
    assert "There is nothing new in this table." in known


def test_the_agents_list_confirms_what_the_secretariat_imported(
    app: Flask, fund: Fund, undp: Organisation, agent: FlaskClient, officer: FlaskClient
) -> None:
    url = sent(officer)
    assert "They are advised until the Administrative Agent confirms them" in shown(officer, url)
    officer.post(f"{url}/import")
    with app.app_context():
        work_off()
    again = sent(agent)
    assert "Advised, to be confirmed 1" in shown(agent, again)
    agent.post(f"{again}/import")
    with app.app_context():
        work_off()
    assert "Confirmed 1 for the Administrative Agent" in shown(agent, again)
    assert "No document is recorded that fits" in shown(officer, f"{BASE}?standing=advised")


def test_a_list_with_errors_names_them_and_can_only_be_discarded(
    app: Flask, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    url = sent(officer, LIST.replace("00123456", "123456"))
    words = shown(officer, url)
    assert "Error 2 D Project number The project number “123456” has lost its leading zeros" in words
    assert "nothing is imported in part" in words
    officer.post(f"{url}/import")
    with app.app_context():
        work_off()
    assert "The import ended without a result" in shown(officer, url)
    assert officer.post(f"{url}/discard").status_code == 303
    assert "This table was discarded" in shown(officer, url)
    assert (documents(app), officer.post(f"{url}/import").status_code) == (0, 422)


def test_what_will_be_flagged_is_shown_beside_its_row_before_the_click(
    app: Flask, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    income = "1 Jan 2026,other income,,,9000.00,IN-{},\n"
    content = "".join(
        (LIST.splitlines(keepends=True)[0], *(income.format(n) for n in range(60)), *LIST.splitlines()[1:])
    )
    url = sent(officer, content.replace("250000.00", "540000.01"))
    words = shown(officer, url)
    told = "At the end of 15 Mar 2026 the books show USD −0.01 with the Administrative Agent."
    assert "To be flagged 1" in words
    assert "1 of them will be flagged, because something looks wrong." in words
    assert f"AA-1 – Row 62: Negative balance {told} 1 Jan 2026" in words
    assert f"Warning 62 E Amount {told}" in words
    assert "50 of 61 rows to add, those that will be flagged first." in words
    officer.post(f"{url}/import")
    with app.app_context():
        work_off()
    assert "Advised Negative balance" in shown(officer, f"{BASE}?flagged=yes")
    ended = officer.get(url).text
    assert "Rows added 61" in shown(officer, url)
    assert "1 of them is flagged, because something looks wrong" in shown(officer, url)
    assert f'href="{BASE}?flagged=yes">look at what is flagged' in ended
    calm = shown(
        officer, sent(officer, LIST.replace("250000.00", "1.00").replace("AA-1", "AA-X").replace("15 Mar", "2 Jan"))
    )
    assert ("To be flagged 0" in calm, "will be flagged, because" in calm) == (True, False)
    wrong = shown(officer, sent(officer, content.replace("1 Jan", "32 Jan", 1).replace("AA-1", "AA-2")))
    assert re.search(r"To be flagged at least \d+ sums are looked at once the errors are corrected", wrong)
    assert re.search(r"Problems \d+ \d+ errors?, \d+ warnings?", wrong)


def test_a_preview_asks_as_much_of_a_hundred_times_the_rows_and_stays_small(
    app: Flask, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    def looked_at(rows: int) -> tuple[int, int]:
        lines = [f"{1 + n % 28} Mar 2026,transfer,UNDP,00123456,{n + 1}.00,SAME-{n // 2},\n" for n in range(rows)]
        url = sent(officer, "".join((LIST.splitlines(keepends=True)[0], *lines)))
        officer.get(url)
        with statements(app) as asked:
            page = officer.get(url)
        return len(asked), len(page.data)

    few, _ = looked_at(3)
    many, size = looked_at(300)
    assert few == many <= 11
    assert size <= 100_000, size


def test_the_end_of_an_import_says_how_many_of_its_own_rows_are_flagged_now(
    app: Flask, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    def imported(first: int, rows: int) -> str:
        lines = [f"4 Mar 2026,direct cost,UNDP,,{n + 1}.00,D-{n},\n" for n in range(first, first + rows)]
        income = f"1 Mar 2026,other income,,,9000.00,IN-{first},\n"
        url = sent(officer, "".join((LIST.splitlines(keepends=True)[0], income, *lines)))
        officer.post(f"{url}/import")
        with app.app_context():
            work_off()
        return url

    def ended(url: str) -> tuple[str, int]:
        officer.get(url)
        with statements(app) as asked:
            words = shown(officer, url)
        return words, len(asked)

    words, few = ended(one := imported(0, 2))
    assert "Rows added 3" in words
    assert "2 of them are flagged, because something looks wrong" in words
    words, many = ended(imported(100, 60))
    assert "60 of them are flagged" in words
    assert few == many <= 8
    assert "2 of them are flagged" in ended(one)[0], "only its own rows"
    post(officer, f"{BASE}/new/other_income", **typed(undp))
    calm = imported(500, 0)
    assert "Rows added 1" in shown(officer, calm)
    assert "flagged" not in shown(officer, calm)


def test_a_file_that_is_no_table_or_another_is_refused_at_its_field(fund: Fund, officer: FlaskClient) -> None:
    page = post(officer, f"{BASE}/import", file=(io.BytesIO(b"a,b\n1,2\n"), "list.csv"))
    assert (page.status_code, 'id="file-error"' in page.text) == (422, True)
    assert "This is not the table asked for" in page.text
    page = post(officer, f"{BASE}/import", file=(io.BytesIO(b"\x00\x01"), "list.csv"))
    assert (page.status_code, 'id="file-error"' in page.text) == (422, True)


# What is promised, and what is available


def test_a_direct_cost_is_promised_paid_and_reduced(
    app: Flask, make: Make, fund: Fund, undp: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    earn(make, fund, 900)
    new = "/f/SLW00/available/direct-costs/new"
    refused = post(officer, new, label="Audit", amount="901.00", window="", basis="SC 8, D3")
    assert refused.status_code == 422
    assert "901.00 is more than is available: USD\N{NO-BREAK SPACE}900.00." in unescape(refused.text)
    url = post(officer, new, label="Audit", amount="400.00", window="", basis="SC 8, D3").location
    assert "Available to allocate 500.00" in shown(officer, "/f/SLW00/available")
    link = re.search(r'href="([^"]*/cash/new/direct_cost\?claim=[^"]*)"', officer.get(url).text)
    assert link
    form = officer.get(unescape(link[1]))
    with app.app_context():
        claim = db.session.scalars(select(Claim).where(Claim.fund_id == fund.id)).one().public_id
    assert f'selected value="{claim}"' in form.text or f'value="{claim}" selected' in form.text
    paid = post(officer, f"{BASE}/new/direct_cost", form, **typed(undp, claim=claim, amount="150.00")).location
    words = shown(officer, url)
    assert "Paid USD 150.00 USD\N{NO-BREAK SPACE}150.00 of it not confirmed".replace("\N{NO-BREAK SPACE}", " ") in words
    assert "Direct cost, UNDP, DC-1" in words
    assert "Paid from DC-1, Audit" in shown(officer, paid)
    much = post(officer, f"{url}/cut", officer.get(url), amount="251.00", reason="Cheaper")
    assert (much.status_code, "250.00 of it is not paid" in much.text) == (422, True)
    assert post(officer, f"{url}/cut", officer.get(url), amount="250.00", reason="Cheaper").status_code == 303
    assert agent.post(f"{paid}/confirm").status_code == 303
    assert "In force USD 150.00 Paid USD 150.00 all of it confirmed" in shown(officer, url)
    assert "Available to allocate 750.00" in shown(officer, "/f/SLW00/available")


def test_a_balance_below_zero_is_told_before_what_is_approved(
    make: Make, fund: Fund, undp: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    earn(make, fund, 900)
    post(officer, "/f/SLW00/available/direct-costs/new", label="Audit", amount="400.00", window="", basis="SC 8, D3")
    over, below = "More is approved than there is", "The confirmed balance is below zero"
    for amount, told in (("600.00", over), ("500.00", below)):
        sent = post(officer, f"{BASE}/new/transfer", **typed(undp, amount=amount, bank_reference=f"T-{amount}"))
        assert agent.post(f"{sent.location}/confirm").status_code == 303
        words = shown(officer, "/f/SLW00/available")
        assert [said for said in (over, below) if said in words] == [told]


def test_the_formula_is_shown_for_each_window(make: Make, fund: Fund, officer: FlaskClient) -> None:
    earn(make, fund, 900)
    by, confirms = make.viewer(Role.SECRETARIAT_OFFICER, fund), make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    with make.app.app_context():
        window = FundWindow(fund_id=fund.id, code="W1", name="Window one")
        db.session.add(window)
        db.session.flush()
        told = Movement(
            EntryKind.OTHER_INCOME, Money(300_00, "USD"), date(2026, 1, 6), window=window, bank_reference="W"
        )
        service.confirm(service.record(fund, told, by=by), by=confirms)
        db.session.commit()
    words = shown(officer, "/f/SLW00/available")
    assert "In all Unearmarked Window one" in words
    assert "Confirmed balance with the Administrative Agent 1,200.00 900.00 300.00" in words
    assert "Available to allocate 1,200.00 900.00 300.00" in words


def test_what_the_auditor_reads_and_cannot_do(make: Make, fund: Fund, undp: Organisation, officer: FlaskClient) -> None:
    url = post(officer, f"{BASE}/new/transfer", **typed(undp)).location
    auditor = make.client(Role.AUDITOR, fund)
    page = auditor.get(url).text
    assert "Confirm the document" not in page
    assert "Ask for its reversal" not in page
    assert "Record" not in shown(auditor, "/f/SLW00/available")
    listed = auditor.get(BASE).text
    assert "Import a list" not in listed
    assert f"{BASE}/new/" not in listed
    assert f"{BASE}/new/transfer" in officer.get(BASE).text


def test_a_document_is_found_by_its_project_number(
    make: Make, fund: Fund, undp: Organisation, officer: FlaskClient
) -> None:
    post(officer, f"{BASE}/new/transfer", **typed(undp))
    assert "Transfer to a participating organisation, UNDP" in shown(officer, "/f/SLW00/search?q=00123456")
    donor = make.client(Role.DONOR_VIEWER, fund, make.organisation("Donorland"))
    assert "Transfer to a participating organisation" not in shown(donor, "/f/SLW00/search?q=00123456")
