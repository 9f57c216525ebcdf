"""The pages of contributions: recording and confirming through forms, and what each role is shown."""

import io
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from mptf.agreements.service import Signature, sign_agreement
from mptf.commitments.models import Agreement
from mptf.core.db import db
from mptf.core.errors import RuleBroken
from mptf.core.money import Money
from mptf.deposits import views
from mptf.deposits.models import Deposit
from mptf.deposits.service import Receipt, record_deposit
from mptf.fund.models import Fund
from mptf.ledger.models import Entry, Line
from mptf.organisations.models import Organisation
from mptf.pledges.models import Pledge
from mptf.pledges.service import Announcement, announce_pledge
from mptf.policy import Role
from tests import worlds
from tests.factories import Make
from tests.filled import PDF
from tests.support.copies import copy
from tests.support.signing import sign_in
from tests.support.statements import statements
from tests.test_pages import PAGE, SHELL

BASE = "/f/SLW00/contributions"
LISTS = ("", "/deposits", "/agreements", "/pledges")


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund(published=True)


def deposit_form(donor: Organisation, **typed: str) -> dict[str, str]:
    """Return a filled form; the currency of the original amount is SEK."""
    return {
        "token": "t-1",
        "donor": donor.public_id,
        "agreement": "",
        "received": "576,000.00",
        "value_on": "15 Mar 2026",
        "original": "6,000,000",
        "currency": "SEK",
        "fee": "5,702.40",
        "bank_reference": "AA-2026-017",
        "certainty": "certain",
        "certainty_note": "",
        "basis": "Notice of 16 March",
        **typed,
    }


def fill(make: Make, fund: Fund, donor: Organisation, count: int = 1, first: int = 0) -> list[str]:
    """Record some deposits, agreements and announcements of a contributor; return the deposits' public ids."""
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    made = []
    with make.app.app_context():
        for number in range(first, first + count):
            usd = Money(1_000_00 + number, "USD")
            agreement = sign_agreement(
                fund, Signature(donor, f"A-{donor.short_name}-{number}", date(2026, 1, 1), usd), by=by
            )
            facts = Receipt(donor, usd, date(2026, 3, 15), agreement, bank_reference=f"{donor.short_name}-{number}")
            made.append(record_deposit(fund, facts, by=by).public_id)
            announce_pledge(fund, Announcement(donor, usd, date(2025, 1, 1)), by=by)
        db.session.commit()
    return made


def rows(app: Flask, kind: type[Any]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind)) or 0


def text_of(client: FlaskClient, path: str) -> str:
    """Return a page without the tokens that differ each time."""
    response = client.get(path)
    assert response.status_code == 200, path
    return re.sub(r'name="csrf_token"[^>]* value="[^"]*"', "", unescape(response.text))


def test_officer_records_a_deposit_and_the_agent_confirms_it(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert officer.get(f"{BASE}/deposits/new").status_code == 200
    sent = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden))
    assert sent.status_code == 303
    page = text_of(officer, sent.location)
    for words in ("10.416667", "576,000.00", "Advised", "0.99% of what was received", "No agreement", "Entry 1"):
        assert words in page
    assert "Confirm the deposit" not in page

    agent = make.client(Role.ADMINISTRATIVE_AGENT, fund)
    assert "Confirm the deposit" in text_of(agent, sent.location)
    confirmed = agent.post(f"{sent.location}/confirm", data={"token": "t-2", "note": "Gateway, 17 March"})
    assert confirmed.status_code == 303
    page = text_of(officer, sent.location)
    assert "Confirmed" in page
    assert "Gateway, 17 March" in page


def test_deposit_form_keeps_what_was_typed_and_says_what_is_wrong(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    typed = deposit_form(sweden, received="1.000,00", value_on="2026-13-45", bank_reference="AA & 17")
    refused = officer.post(f"{BASE}/deposits/new", data=typed)
    assert refused.status_code == 422
    page = unescape(refused.text)
    assert "“1.000,00” is not an amount" in page
    assert "There is no day “2026-13-45” in the calendar" in page
    for kept in ("1.000,00", "2026-13-45", "AA & 17", "6,000,000", "Notice of 16 March"):
        assert kept in page
    assert rows(app, Deposit) == 0


def test_same_deposit_from_two_tabs_is_recorded_once(app: Flask, make: Make, fund: Fund, sweden: Organisation) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden))
    second = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, token="t-9"))
    assert second.status_code == 422
    assert "is recorded already" in unescape(second.text)
    assert (rows(app, Deposit), rows(app, Entry)) == (1, 2)


def test_same_form_posted_twice_leads_to_the_first_result(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    first = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden))
    again = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden))
    assert (again.status_code, again.location) == (303, first.location)
    assert rows(app, Deposit) == 1


def test_empty_amounts_are_not_stated(app: Flask, make: Make, fund: Fund, sweden: Organisation) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    sent = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, original=" ", fee=""))
    assert "Not stated: original amount and currency, fee." in text_of(officer, sent.location)


@pytest.mark.parametrize("path", ["/deposits/new", "/agreements/new", "/pledges/new"])
@pytest.mark.parametrize("typed", [{}, {"donor": "nobody"}, {"currency": "XXX", "amount": "1", "received": "1"}])
def test_form_with_missing_or_wrong_fields_is_refused(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, path: str, typed: dict[str, str]
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert officer.post(BASE + path, data={"token": "t", **typed}).status_code == 422


def test_agreement_of_another_fund_cannot_be_chosen(app: Flask, make: Make, fund: Fund, sweden: Organisation) -> None:
    fill(make, make.fund("DEM00"), sweden)
    with app.app_context():
        foreign = db.session.scalars(select(Agreement.public_id)).one()
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    refused = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, agreement=foreign))
    assert refused.status_code == 422
    assert rows(app, Deposit) == 1


def test_extra_fields_change_nothing(app: Flask, make: Make, fund: Fund, sweden: Organisation) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    extra = {"is_demo": "1", "by_id": "99", "fund_id": "99", "confirmed": "1", "entry_id": "5"}
    officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden) | extra)
    with app.app_context():
        deposit = db.session.scalars(select(Deposit)).one()
        assert (deposit.is_demo, deposit.fund_id, deposit.standing.value) == (False, fund.id, "advised")


def test_officer_records_an_agreement_and_an_announcement(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    agreement = {
        "token": "a", "donor": sweden.public_id, "kind": "saa", "reference": "A-1", "signed_on": "2 Dec 2022",
        "amount": "18,000,000", "currency": "SEK", "window": "", "note": "",
    }  # fmt: skip
    pledge = {
        "token": "p", "donor": sweden.public_id, "amount": "6000000", "currency": "SEK", "announced_on": "2022-12-02",
        "precision": "month", "announced_as": "page undated", "usd_as_published": "approximately 550000",
        "source": "https://example.org/news", "certainty": "certain", "certainty_note": "", "note": "",
    }  # fmt: skip
    assert officer.post(f"{BASE}/agreements/new", data=agreement).status_code == 303
    assert officer.post(f"{BASE}/pledges/new", data=pledge).status_code == 303
    assert "18,000,000.00" in text_of(officer, f"{BASE}/agreements")
    page = text_of(officer, f"{BASE}/pledges")
    for words in ("Dec 2022", "page undated", "approximately 550000", "example.org", "6,000,000"):
        assert words in page


def test_source_that_is_no_web_address_is_refused(app: Flask, make: Make, fund: Fund, sweden: Organisation) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    pledge = {
        "token": "p", "donor": sweden.public_id, "amount": "1", "currency": "SEK", "announced_on": "2022-12-02",
        "precision": "day", "source": "javascript:alert(1)", "certainty": "certain",
    }  # fmt: skip
    refused = officer.post(f"{BASE}/pledges/new", data=pledge)
    assert refused.status_code == 422
    assert "Give the address of the page" in unescape(refused.text)


def test_overview_names_how_sure_each_contributor_is(make: Make, fund: Fund, sweden: Organisation) -> None:
    norway = make.organisation("Norway")
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert "No contribution is recorded" in text_of(officer, BASE)
    with make.app.app_context():
        from mptf.commitments.models import Certainty

        for donor in (sweden, norway):
            what = Receipt(
                donor, Money(152_359_700, "USD"), date(2020, 12, 31), certainty=Certainty.PROBABLE,
                certainty_note="not stated by any source read", is_opening=True,
            )  # fmt: skip
            record_deposit(fund, what, by=by)
        db.session.commit()
    for page in (text_of(officer, BASE), text_of(officer, f"{BASE}/ranking")):
        assert page.count(">probable<") == 2
        assert page.count("not stated by any source read") == 1, "a sentence about several stands below them, once"
    page = text_of(officer, BASE)
    assert "1,523,597" in page


@pytest.mark.parametrize("reference", ["", "   "])
def test_an_agreement_without_a_reference_is_refused_in_the_form_and_in_the_service(
    make: Make, fund: Fund, sweden: Organisation, reference: str
) -> None:
    typed = {
        "token": "t", "donor": sweden.public_id, "kind": "saa", "reference": reference, "signed_on": "1 Jan 2026",
        "amount": "5.00", "currency": "USD",
    }  # fmt: skip
    refused = make.client(Role.SECRETARIAT_OFFICER, fund).post(f"{BASE}/agreements/new", data=typed)
    assert refused.status_code == 422
    assert "Give its reference." in refused.text
    what = Signature(sweden, reference, date(2026, 1, 1), Money(500, "USD"))
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with make.app.app_context(), pytest.raises(RuleBroken, match="Give its reference"):
        sign_agreement(fund, what, by=by)


@pytest.mark.parametrize("path", LISTS)
def test_donor_sees_its_own_and_nothing_of_others(
    make: Make, fund: Fund, sweden: Organisation, norway: Organisation, path: str
) -> None:
    fill(make, fund, sweden)
    donor = make.client(Role.DONOR_VIEWER, fund, sweden)
    before = text_of(donor, BASE + path)
    assert "A-Sweden-0" in before or path == "/pledges"
    fill(make, fund, norway, count=3)
    after = text_of(donor, BASE + path)
    assert "Norway" not in after
    assert after == before


def test_a_contributor_reads_what_is_confirmed_first_and_what_is_advised_beside_it(
    make: Make, fund: Fund, sweden: Organisation
) -> None:
    fill(make, fund, sweden, count=2)
    donor, agent = make.client(Role.DONOR_VIEWER, fund, sweden), make.client(Role.ADMINISTRATIVE_AGENT, fund)
    with make.app.app_context():
        first, second = db.session.scalars(select(Deposit).order_by(Deposit.id)).all()
        key, waits, given = first.public_id, second.received.minor // 100, first.received.minor // 100
    assert agent.post(f"{BASE}/deposits/{key}/confirm").status_code == 303
    told = f"Your deposits USD {given:,} confirmed; {waits:,} more is advised, not yet confirmed"
    assert told in " ".join(re.sub(r"<[^>]*>", " ", text_of(donor, BASE)).split())


def test_another_contributors_use_of_an_agreement_or_reference_does_not_show(
    make: Make, fund: Fund, sweden: Organisation, norway: Organisation
) -> None:
    (own,) = fill(make, fund, sweden)
    donor = make.client(Role.DONOR_VIEWER, fund, sweden)
    before = [text_of(donor, path) for path in (BASE, f"{BASE}/agreements", f"{BASE}/deposits/{own}")]
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with make.app.app_context():
        agreement = db.session.scalars(select(Agreement)).one()
        what = Receipt(norway, Money(5, "USD"), date(2026, 3, 1), agreement, bank_reference="Sweden-0")
        record_deposit(fund, what, by=by)
        db.session.commit()
    assert [text_of(donor, path) for path in (BASE, f"{BASE}/agreements", f"{BASE}/deposits/{own}")] == before


def test_deposit_of_another_contributor_is_as_absent_as_none(
    make: Make, fund: Fund, sweden: Organisation, norway: Organisation
) -> None:
    (foreign,) = fill(make, fund, norway)
    donor = make.client(Role.DONOR_VIEWER, fund, sweden)
    forbidden, absent = (donor.get(f"{BASE}/deposits/{key}") for key in (foreign, "a" * 26))
    assert forbidden.status_code == absent.status_code == 404
    assert forbidden.text == absent.text


def test_fund_that_is_not_published_shows_no_totals_to_a_donor(make: Make, sweden: Organisation) -> None:
    fund = make.fund(published=False)
    fill(make, fund, sweden)
    page = text_of(make.client(Role.DONOR_VIEWER, fund, sweden), BASE)
    assert "All contributors" not in page


def test_donor_sees_no_names_of_staff_and_no_entries(make: Make, fund: Fund, sweden: Organisation) -> None:
    (own,) = fill(make, fund, sweden)
    page = text_of(make.client(Role.DONOR_VIEWER, fund, sweden), f"{BASE}/deposits/{own}")
    assert "Entries posted" not in page
    assert "by Demo Person" not in page


@pytest.mark.parametrize("path", ["/deposits/new", "/agreements/new", "/pledges/new"])
@pytest.mark.parametrize("role", [Role.ADMINISTRATIVE_AGENT, Role.AUDITOR, Role.DONOR_VIEWER, Role.PUNO_OFFICER])
def test_recording_is_absent_for_everybody_else(
    make: Make, fund: Fund, sweden: Organisation, role: Role, path: str
) -> None:
    client = make.client(role, fund, sweden)
    assert client.get(BASE + path).status_code == 404
    assert client.post(BASE + path, data={"token": "x"}).status_code == 404


def test_only_the_agent_reaches_the_confirmation(make: Make, fund: Fund, sweden: Organisation) -> None:
    (deposit,) = fill(make, fund, sweden)
    for role in (Role.SECRETARIAT_OFFICER, Role.AUDITOR, Role.DONOR_VIEWER):
        client = make.client(role, fund, sweden)
        assert client.post(f"{BASE}/deposits/{deposit}/confirm", data={"token": "x"}).status_code == 404


def test_who_recorded_a_deposit_is_told_why_somebody_else_confirms_it(
    make: Make, fund: Fund, sweden: Organisation
) -> None:
    both = make.person()
    for role in (Role.SECRETARIAT_OFFICER, Role.ADMINISTRATIVE_AGENT):
        make.grant(both, role, fund, sweden)
    client = make.client_of(both)
    sent = client.post(f"{BASE}/deposits/new", data=deposit_form(sweden))
    assert sent.status_code == 303
    menu = text_of(client, "/f/SLW00/")
    agent = re.search(r'name="role" value="(\w+)"[^>]*>(?:(?!</button>).)*Administrative Agent', menu, re.DOTALL)
    assert agent, menu
    client.post("/account/role", data={"token": "r", "role": agent[1]})
    page = text_of(client, sent.location)
    assert "You recorded this; somebody else confirms it." in page
    assert 'data-confirm="Confirm that' not in page
    assert "Confirm USD" not in text_of(client, "/f/SLW00/"), "it does not wait for the one who may not"
    assert "Confirm USD" in text_of(make.client(Role.ADMINISTRATIVE_AGENT, fund), "/f/SLW00/")


@pytest.mark.parametrize("published", [True, False])
def test_the_agent_is_told_that_a_confirmation_publishes(make: Make, published: bool) -> None:
    fund, sweden = make.fund("PUB00", published=published), make.organisation("Sweden")
    (deposit,) = fill(make, fund, sweden)
    page = unescape(make.client(Role.ADMINISTRATIVE_AGENT, fund).get(f"/f/PUB00/contributions/deposits/{deposit}").text)
    question = re.search(r'data-confirm="([^"]*)"', page)
    assert question, page
    told = "public page counts it for Sweden from then on"
    assert (told in question[1], page.count(told)) == ((True, 2) if published else (False, 0))


def test_the_agent_is_asked_with_the_figures_and_each_warning_apart(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer, agent = make.client(Role.SECRETARIAT_OFFICER, fund), make.client(Role.ADMINISTRATIVE_AGENT, fund)
    deposit = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden)).location
    told = agent.post(f"{deposit}/confirm", data={"token": "q", "foreseen": "yes"})
    assert told.status_code == 200
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", told.text)).split())
    assert "Contributor Sweden Received USD" in words
    assert told.text.count('class="note note-warn"') == 1
    assert "No agreement is recorded for this deposit." in words
    assert "not yet" in text_of(agent, deposit), "asking confirms nothing"


def test_confirming_twice_is_refused_in_words(make: Make, fund: Fund, sweden: Organisation) -> None:
    (deposit,) = fill(make, fund, sweden)
    agent = make.client(Role.ADMINISTRATIVE_AGENT, fund)
    confirm = f"{BASE}/deposits/{deposit}/confirm"
    assert agent.post(confirm, data={"token": "1"}).status_code == 303
    again = agent.post(confirm, data={"token": "2"})
    assert again.status_code == 422
    assert "confirmed already" in unescape(again.text)


def test_deposit_of_another_fund_is_absent(make: Make, fund: Fund, sweden: Organisation) -> None:
    other = make.fund("DEM00")
    (deposit,) = fill(make, other, sweden)
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert officer.get(f"{BASE}/deposits/{deposit}").status_code == 404
    assert officer.get(f"/f/DEM00/contributions/deposits/{deposit}").status_code == 404


@pytest.mark.parametrize("role", [Role.SECRETARIAT_OFFICER, Role.DONOR_VIEWER])
@pytest.mark.parametrize("path", LISTS)
def test_lists_take_as_many_statements_for_a_hundred_times_the_rows(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, norway: Organisation, path: str, role: Role
) -> None:
    fill(make, fund, sweden)
    client = make.client(role, fund, sweden)
    client.get(BASE + path)
    with statements(app) as few:
        client.get(BASE + path)
    fill(make, fund, norway)
    copy(app, 50, Agreement, Line, Entry, Deposit, Pledge)
    with statements(app) as many:
        client.get(BASE + path)
    assert rows(app, Pledge) == rows(app, Agreement) == rows(app, Deposit) == 102
    assert len(many) == len(few) <= SHELL + PAGE, "\n".join(many)


def test_the_same_deposit_told_without_the_banks_reference_is_refused(app: Flask, make: Make) -> None:
    world = worlds.build(make)
    with app.app_context():
        officer = world.viewer(Role.SECRETARIAT_OFFICER)
        worlds.records(app, world, fund=world.fund, donor=world.donor, by=officer)
    client = sign_in(app.test_client(), world.people[Role.SECRETARIAT_OFFICER])
    again = {
        "donor": world.donor.public_id, "received": "57,600.00", "value_on": "2 Mar 2026", "certainty": "certain",
        "agreement": "", "currency": "SEK",
    }  # fmt: skip
    response = client.post("/f/SLW00/contributions/deposits/new", data=again)
    assert response.status_code == 422
    page = unescape(response.text)
    assert "recorded already, with the bank reference BANK-plain. If this is another payment" in page
    assert "Open what is here already" in page


def test_the_question_before_a_deposit_says_what_it_would_post_and_posts_nothing(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    typed = deposit_form(sweden, foreseen="yes", fee="570,240.00")
    told = officer.post(f"{BASE}/deposits/new", data=typed)
    words = " ".join(unescape(re.sub(r"<[^>]*>", " ", told.text)).replace("\N{NO-BREAK SPACE}", " ").split())
    assert told.status_code == 200
    for part in (
        "Contributor Sweden", "Received USD 576,000.00", "Original amount SEK 6,000,000.00",
        "Effective rate 10.416667 SEK for one USD", "Fee USD 570,240.00, 99.00% of it", "Agreement none recorded",
        "Unusual fee.", "No agreement is recorded for this deposit.",
    ):  # fmt: skip
        assert part in words
    assert (rows(app, Deposit), rows(app, Entry)) == (0, 0)
    assert officer.post(f"{BASE}/deposits/new", data={**typed, "received": ""}).status_code == 422
    assert officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden)).status_code == 303, "its token is unused"
    pledge = {
        "token": "p", "donor": sweden.public_id, "amount": "1", "currency": "SEK", "announced_on": "2022-12-02",
        "precision": "day", "certainty": "certain", "foreseen": "yes",
    }  # fmt: skip
    without, with_source = (
        officer.post(f"{BASE}/pledges/new", data={**pledge, "source": source}).text
        for source in ("", "https://example.org/news")
    )
    assert "It is listed among the pledges of the fund." in without
    assert "It stands on the public page of the fund at once" in with_source
    assert rows(app, Pledge) == 0


def test_an_agreement_is_the_contributors_own_and_lends_its_currency(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, norway: Organisation
) -> None:
    fill(make, fund, sweden)
    with app.app_context():
        signed = db.session.scalars(select(Agreement.public_id)).one()
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    refused = officer.post(f"{BASE}/deposits/new", data=deposit_form(norway, agreement=signed))
    assert refused.status_code == 422
    assert "Agreement A-Sweden-0 is Sweden’s. Choose one of this contributor, or none." in unescape(refused.text)
    bare = officer.post(f"{BASE}/deposits/new", data=deposit_form(norway, currency=""))
    assert "Choose the currency beside it." in bare.text
    sent = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, agreement=signed, currency=""))
    assert sent.status_code == 303
    with app.app_context():
        latest = db.session.scalars(select(Deposit).order_by(Deposit.id.desc())).first()
        assert latest
        assert latest.original == Money(6_000_000_00, "USD")


def test_the_tab_counts_what_looks_wrong_of_no_more_deposits_than_a_page_has_time_for(
    make: Make, fund: Fund, sweden: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)
    assert officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, fee="570,240.00")).status_code == 303
    counted, tab = 'To look at<span class="count">1</span>', re.compile(r"To look at\s*</a>")
    monkeypatch.setattr(views, "MOST_COUNTED", 1)
    assert counted in text_of(officer, f"{BASE}/deposits")
    monkeypatch.setattr(views, "MOST_COUNTED", 0)
    assert tab.search(text_of(officer, f"{BASE}/deposits"))
    assert counted in text_of(officer, f"{BASE}/to-look-at")


def test_a_deposit_comes_with_its_notice_is_looked_at_and_recorded_right_after_its_reversal(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer, head = make.client(Role.SECRETARIAT_OFFICER, fund), make.client(Role.SECRETARIAT_HEAD, fund)
    paper = {"file": (io.BytesIO(PDF), "notice.pdf")}
    wrong = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, fee="570,240.00", basis="") | paper).location
    page = text_of(officer, wrong)
    for words in ("Notice for 15 Mar 2026", "<dt>Basis</dt><dd>not stated</dd>", "Unusual fee", "Recorded by mistake?"):
        assert words in page
    assert "Record it again, corrected" not in page
    assert "Look at a deposit" in text_of(officer, "/f/SLW00/")
    assert 'To look at<span class="count">1</span>' in text_of(officer, BASE)
    entry = re.search(r'href="([^"]*/ledger/entries/\w+)#reverse-h"', page)
    assert entry
    asked = officer.post(f"{entry[1]}/reversal", data={"token": "r", "reason": "the fee is wrong"})
    assert head.post(f"{asked.location}/approve", data={"token": "a"}).status_code == 303
    page = text_of(officer, wrong)
    assert re.search(r"It was taken back on \d+ [A-Z][a-z]{2} \d{4} and counts in no sum\.", page)
    again = re.search(r'href="([^"]*\?again=\w+)"', page)
    assert again
    assert "Record it again, corrected" in page
    form = officer.get(again[1])
    for stood in ('value="576,000.00"', 'value="570,240.00"', 'value="AA-2026-017"', 'value="15 Mar 2026"'):
        assert stood in form.text
    right = officer.post(again[1], data=deposit_form(sweden, token="t-3"))
    assert right.status_code == 303
    assert "Unusual fee" not in text_of(officer, right.location)
    for lost in ("a" * 26, "nobody"):
        assert officer.get(f"{BASE}/deposits/new?again={lost}").status_code == 404


def test_the_question_before_a_deposit_says_that_it_may_stand_already_without_its_reference(
    app: Flask, make: Make, fund: Fund, sweden: Organisation
) -> None:
    officer = make.client(Role.SECRETARIAT_OFFICER, fund)

    def asked(**more: str) -> str:
        page = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, token="t-2", foreseen="yes", **more)).text
        return " ".join(re.sub(r"<[^>]*>", " ", unescape(page)).split())

    assert "May be the same deposit" not in asked()
    bare = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, bank_reference=""))
    assert bare.status_code == 303
    linked = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, token="t-2", foreseen="yes")).text
    assert f'href="{bare.location}" target="_blank">Open the deposit without a bank reference' in linked
    question = asked()
    assert "May be the same deposit" in question
    assert "also stands without a bank reference. If both are one payment, that one is to be reversed" in question
    other_day = asked(value_on="16 Mar 2026")
    assert "Received" in other_day
    assert "May be the same deposit" not in other_day, "another day is another payment"
    assert rows(app, Deposit) == 1, "the question records nothing"
    named = officer.post(f"{BASE}/deposits/new", data=deposit_form(sweden, token="t-3")).location
    assert f'href="{named}">Open the deposit AA-2026-017</a>' in text_of(officer, bare.location)
    listed = text_of(officer, f"{BASE}/to-look-at")
    assert "no bank reference" in listed
    assert "AA-2026-017" in listed
