"""The pages on which interest is kept for a contributor: its agreement, its documents, and what is available."""

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.claims.models import Interest, InterestTerm
from mptf.core.db import db
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role
from mptf.trail import queries as trail
from mptf.trail.wording import shown
from tests.factories import Make
from tests.support.posting import post

pytestmark = pytest.mark.usefixtures("mid_july")

BASE = "/f/SLW00"
NEW = f"{BASE}/cash/new"
LINE = "Interest kept for contributors"


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


@pytest.fixture
def donor(make: Make) -> Organisation:
    return make.organisation("Donorland")


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


@pytest.fixture
def agent(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.ADMINISTRATIVE_AGENT, fund)


def words(client: FlaskClient, url: str) -> str:
    """Return the words of a page."""
    page = client.get(url)
    assert page.status_code == 200, url
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).split())


def sign(officer: FlaskClient, donor: Organisation, reference: str, interest: Interest = Interest.KEPT) -> str:
    signed = post(
        officer, f"{BASE}/contributions/agreements/new", donor=donor.public_id, kind="saa", reference=reference,
        signed_on="10 Jan 2026", amount="1,000", currency="USD", window="", interest=interest.value,
    )  # fmt: skip
    assert signed.status_code == 303, signed.text
    return str(signed.location)


def move(officer: FlaskClient, agent: FlaskClient, kind: str, amount: str, **typed: str) -> str:
    """Record a movement and let the Administrative Agent confirm it; return its page."""
    facts = {"amount": amount, "value_on": "15 Mar 2026", "bank_reference": f"{kind} {amount}", "window": ""}
    page = str(post(officer, f"{NEW}/{kind}", **facts, **typed).location)
    assert post(agent, f"{page}/confirm", agent.get(page)).status_code == 303
    return page


def term(app: Flask) -> str:
    with app.app_context():
        return db.session.query(InterestTerm).one().public_id


def test_interest_is_kept_shown_and_paid_back(
    app: Flask, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    agreement = sign(officer, donor, "SAA-1")
    assert "Interest on its money Kept for the contributor" in words(officer, agreement)
    assert LINE not in words(officer, f"{BASE}/available")
    keeper = term(app)
    interest = move(officer, agent, "fund_interest", "20", kept_for=keeper)
    assert "15 Mar 2026 Interest of the fund – SAA-1 20.00 –" in words(officer, f"{BASE}/cash")
    assert "Kept for the contributor of Donorland, SAA-1" in words(officer, interest)
    available = words(officer, f"{BASE}/available")
    assert f"{LINE} -20.00" in available.replace("\N{MINUS SIGN}", "-")
    assert "Balance − interest kept for contributors − allocations" in available
    assert "Available to allocate 0.00" in available
    assert "20.00 kept, confirmed and not paid back" in words(officer, agreement)
    refund = move(officer, agent, "contributor_refund", "20", kept_for=keeper, organisation=donor.public_id)
    assert "Pays back interest of Donorland, SAA-1" in words(officer, refund)
    assert LINE not in words(officer, f"{BASE}/available")
    assert "not paid back" not in words(officer, agreement)


def test_only_agreements_that_ever_kept_it_are_offered_each_with_its_days(
    app: Flask, donor: Organisation, officer: FlaskClient
) -> None:
    sign(officer, donor, "SAA-0", Interest.AVAILABLE)
    forms = [f"{NEW}/{kind}" for kind in ("fund_interest", "puno_interest", "contributor_refund", "other_income")]
    assert ["kept_for" in officer.get(form).text for form in forms] == [False] * 4
    agreement = sign(officer, donor, "SAA-1")
    assert ["Donorland, SAA-1" in officer.get(form).text for form in forms] == [True, True, True, False]
    assert "Donorland, SAA-1 (from 10 Jan 2026 on)" in words(officer, forms[0])
    assert "SAA-0" not in officer.get(forms[0]).text
    amended = post(
        officer, f"{agreement}/amend", agreed_on="1 Jul 2026", reason="Side letter", amount="1,000", window="",
        interest="available",
    )  # fmt: skip
    assert amended.status_code == 303, amended.text
    assert ["Donorland, SAA-1" in officer.get(form).text for form in forms] == [True, True, True, False]
    assert "Donorland, SAA-1 (10 Jan 2026 to 30 Jun 2026)" in words(officer, forms[0])
    page = words(officer, agreement)
    assert "Interest on its money: Kept for the contributor" in page
    assert "Interest on its money Raises what is available" in page
    with app.app_context():
        fund = db.session.query(Fund).one()
        event = trail.page_of(trail.CHANGES, trail.Wanted(), fund=fund).items[0]
        assert ("interest", "Kept for the contributor → Raises what is available") in shown(event, {}).details


def test_an_amendment_that_says_nothing_of_interest_leaves_it(donor: Organisation, officer: FlaskClient) -> None:
    agreement = sign(officer, donor, "SAA-1")
    form = officer.get(f"{agreement}/amend").text
    assert re.search(r'<input[^>]*checked[^>]*name="interest"[^>]*value="kept"', form)
    done = post(officer, f"{agreement}/amend", agreed_on="1 Jul 2026", reason="More", amount="2,000", window="")
    assert done.status_code == 303, done.text
    assert "Interest on its money Kept for the contributor" in words(officer, agreement)


def test_a_refund_of_another_contributor_is_refused_at_the_field_and_typed_again_the_agreement_stands(
    app: Flask, make: Make, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    sign(officer, donor, "SAA-1")
    keeper, other = term(app), make.organisation("Otherland")
    refused = post(
        officer, f"{NEW}/contributor_refund", organisation=other.public_id, amount="5", value_on="15 Mar 2026",
        window="", kept_for=keeper,
    )  # fmt: skip
    assert refused.status_code == 422
    assert "Agreement SAA-1 is Donorland’s. Choose one of this contributor, or none." in unescape(refused.text)
    assert 'id="kept_for-error"' in refused.text
    page = move(officer, agent, "fund_interest", "20", kept_for=keeper)
    again = officer.get(f"{NEW}/fund_interest?again={page.rpartition('/')[2]}").text
    assert re.search(rf'<option selected value="{keeper}"', again)


def test_interest_that_names_none_is_looked_at(
    app: Flask, make: Make, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    undp = make.organisation("UNDP", OrganisationKind.PUNO)
    page = move(officer, agent, "puno_interest", "20", organisation=undp.public_id)
    assert "No agreement named" not in words(officer, page)
    sign(officer, donor, "SAA-1")
    assert "No agreement named An agreement of this fund keeps interest for its contributor" in words(officer, page)
    assert "No agreement named" in words(officer, f"{BASE}/cash?flagged=yes")
    assert "Interest of a participating organisation No agreement named" in words(officer, f"{BASE}/")


def test_the_officer_says_that_interest_is_the_funds(
    app: Flask, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    sign(officer, donor, "SAA-1")
    page = move(officer, agent, "fund_interest", "20")
    assert "Whose interest is it?" in words(officer, page)
    assert "Whose interest is it?" not in words(agent, page)
    refused = post(officer, f"{page}/of-fund", officer.get(page), reason="")
    assert (refused.status_code, "Say why no agreement keeps it." in unescape(refused.text)) == (422, True)
    assert post(officer, f"{page}/of-fund", officer.get(page), reason="On the pooled balance").status_code == 303
    said = words(officer, page)
    assert "Whose it is The fund’s as a whole, said by" in said
    assert "On the pooled balance" in said
    assert "Nothing to remark." in said
    assert "Whose interest is it?" not in said
    assert "No document is recorded that fits" in words(officer, f"{BASE}/cash?flagged=yes")
    twice = post(
        officer, f"{page}/of-fund", officer.get(f"{BASE}/cash/new/fund_interest"), reason="On the pooled balance"
    )
    assert (twice.status_code, "said already whose" in unescape(twice.text)) == (422, True)


def test_the_form_says_whose_interest_is(
    app: Flask, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    new = f"{BASE}/cash/new/fund_interest"
    assert "Whose it is" not in words(officer, new)
    sign(officer, donor, "SAA-1")
    assert "Not said The fund’s as a whole" in words(officer, new)
    page = move(officer, agent, "fund_interest", "20", kept_for="fund")
    assert "15 Mar 2026 Interest of the fund – the fund’s as a whole 20.00 –" in words(officer, f"{BASE}/cash")
    assert "Whose it is The fund’s as a whole, said by" in words(officer, page)
    again = officer.get(f"{new}?again={page.rpartition('/')[2]}").text
    assert '<option selected value="fund"' in again


def test_the_questions_say_whose_interest_is_or_that_it_is_not_said(
    app: Flask, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    def question(client: FlaskClient, url: str, **typed: str) -> str:
        told = post(client, url, foreseen="yes", **typed)
        assert told.status_code == 200, told.text
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", told.text)).split())

    new, facts = (
        f"{NEW}/fund_interest",
        {"amount": "20", "value_on": "15 Mar 2026", "bank_reference": "I", "window": ""},
    )
    assert "Whose it is" not in question(officer, new, **facts), "no agreement keeps any"
    sign(officer, donor, "SAA-1")
    assert "Whose it is not said Value date" in question(officer, new, **facts)
    assert "Whose it is the fund’s as a whole Value date" in question(officer, new, kept_for="fund", **facts)
    kept = question(officer, new, kept_for=term(app), **facts)
    assert ("Kept for the contributor of Donorland, SAA-1" in kept, "Whose it is" in kept) == (True, False)
    page = post(officer, new, **facts).location
    assert "Whose it is not said Value date" in question(agent, f"{page}/confirm")


def amend(officer: FlaskClient, agreement: str, day: str, interest: str) -> None:
    done = post(
        officer, f"{agreement}/amend", agreed_on=day, reason="Side letter", amount="1,000", window="", interest=interest
    )
    assert done.status_code == 303, done.text


def test_interest_that_comes_late_names_an_agreement_that_keeps_none_any_more(
    app: Flask, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    agreement = sign(officer, donor, "SAA-1")
    keeper, new = term(app), f"{NEW}/fund_interest"
    named = move(officer, agent, "fund_interest", "20", kept_for=keeper)
    for day, interest in (("1 Feb 2026", "available"), ("1 May 2026", "kept"), ("15 Jun 2026", "available")):
        amend(officer, agreement, day, interest)
    assert "Donorland, SAA-1 (10 Jan 2026 to 31 Jan 2026, 1 May 2026 to 14 Jun 2026)" in words(officer, new)
    again = officer.get(f"{new}?again={named.rpartition('/')[2]}").text
    assert re.search(rf'<option selected value="{keeper}"', again)
    assert "Kept on other days Agreement Donorland, SAA-1 kept no interest on 15 Mar 2026" in words(officer, named)
    late = post(officer, new, amount="8", value_on="15 May 2026", bank_reference="W1", window="", kept_for=keeper)
    assert late.status_code == 303, late.text
    page = words(officer, str(late.location))
    assert ("Kept for the contributor of" in page, "Nothing to remark." in page) == (True, True)


def test_a_withdrawn_agreement_keeps_no_interest_and_its_reference_is_signed_again(
    app: Flask, donor: Organisation, officer: FlaskClient, agent: FlaskClient
) -> None:
    agreement = sign(officer, donor, "SAA-1")
    move(officer, agent, "fund_interest", "20", kept_for=term(app))
    refusal = "Interest of the fund of USD 20.00 of 15 Mar 2026 names it. Have that reversed first."
    assert refusal in words(officer, agreement)
    other = sign(officer, donor, "SAA-2")
    assert post(officer, f"{other}/withdraw", reason="typo").status_code == 303
    assert "SAA-2" not in words(officer, f"{NEW}/fund_interest")
    again = sign(officer, donor, "saa-2", Interest.AVAILABLE)
    amend(officer, again, "1 Jul 2026", "kept")
    assert "Donorland, saa-2 (from 1 Jul 2026 on)" in words(officer, f"{NEW}/fund_interest")
