"""The pages of agreements: plans and amendments through forms, what is due, windows, pledges, and who sees what."""

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.agreements import queries, service
from mptf.agreements.figures import Planned
from mptf.agreements.service import Signature, sign_agreement
from mptf.commitments.models import Agreement
from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.queries import get_deposit
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.organisations.models import Organisation
from mptf.pledges.service import Announcement, announce_pledge, sign_pledge, withdraw_pledge
from mptf.policy import Role
from tests.crawl import stable
from tests.factories import Make

pytestmark = pytest.mark.usefixtures("mid_july")

BASE = "/f/SLW00/contributions"
CELLS = ("due_on", "amount", "condition")
JANUARY, MARCH = date(2026, 1, 10), date(2026, 3, 15)


@pytest.fixture
def fund(make: Make) -> Fund:
    return make.fund()


def sek(kronor: int) -> Money:
    return Money(kronor * 100, "SEK")


@pytest.fixture
def agreement(app: Flask, make: Make, fund: Fund, sweden: Organisation) -> str:
    """Sign an agreement over SEK 18,000,000; return its page."""
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        signed = sign_agreement(fund, Signature(sweden, "SE-1", JANUARY, sek(18_000_000)), by=by)
        db.session.commit()
        return f"{BASE}/agreements/{signed.public_id}"


@pytest.fixture
def officer(make: Make, fund: Fund) -> FlaskClient:
    return make.client(Role.SECRETARIAT_OFFICER, fund)


def text_of(client: FlaskClient, path: str) -> str:
    """Return a page without the tokens that differ each time."""
    response = client.get(path)
    assert response.status_code == 200, path
    return re.sub(r"\s+", " ", unescape(stable(response.text)))


def rows_typed(*rows: tuple[str, str, str]) -> dict[str, str]:
    """Return rows of instalments as a browser posts them."""
    names = ("due_on", "amount", "condition")
    return {
        f"instalments-{at}-{name}": typed for at, row in enumerate(rows) for name, typed in zip(names, row, strict=True)
    }


PLAN = rows_typed(("1 Mar 2026", "6,000,000", ""), ("1 Jun 2026", "6000000.00", "after the report"), ("", "", ""))


def planned(app: Flask, client: FlaskClient, page: str) -> None:
    assert client.post(f"{page}/instalments", data={"token": "p", **PLAN}).status_code == 303


def test_instalments_are_planned_and_one_goes_overdue(app: Flask, officer: FlaskClient, agreement: str) -> None:
    assert "No instalment is planned" in text_of(officer, agreement)
    planned(app, officer, agreement)
    page = text_of(officer, agreement)
    for words in (
        "1 Mar 2026",
        "after the report",
        "Overdue",
        "136 days late",
        "of the agreement has no day",
    ):
        assert words in page, words
    home = text_of(officer, "/f/SLW00/").replace("\N{NO-BREAK SPACE}", " ")
    assert "SEK 6,000,000.00 of Sweden is overdue" in home
    assert (home.count('class="due due-late"'), "2 late</b>, 2 waiting for you" in home) == (2, True)
    again = text_of(officer, f"{agreement}/instalments")
    assert "Its instalments are planned already" in again


def test_equal_instalments_fill_in_the_rows_and_record_nothing(officer: FlaskClient, agreement: str) -> None:
    page = text_of(officer, f"{agreement}/instalments?count=4&first_on=31+Jan+2027&months=1")
    assert [day in page for day in ("31 Jan 2027", "28 Feb 2027", "31 Mar 2027", "30 Apr 2027")] == [True] * 4
    assert page.count("4,500,000.00") == 4
    assert "No instalment is planned" in text_of(officer, agreement)
    refused = text_of(officer, f"{agreement}/instalments?count=61&first_on=31+Jan+2027&months=1")
    assert "Plan from 1 to 60 instalments." in refused


@pytest.mark.parametrize(
    "rows, told",
    [
        ((("1 Mar 2026", "18,000,001", ""),), "The instalments come to SEK 18,000,001.00"),
        ((("1 Mar 2026", "", ""),), "Write its amount."),
        ((("", "5", "when signed"),), "Write its day."),
        ((("1 Mar 2026", "1.000,00", ""),), "“1.000,00” is not an amount"),
        ((("31 Feb 2026", "5", ""),), "There is no day “31 Feb 2026”"),
        ((("1 Mar 2026", "-5", ""),), "Each instalment is above zero"),
        ((("", "", ""),), "Write at least one instalment."),
    ],
)
def test_rows_that_cannot_be_are_refused_and_kept(
    officer: FlaskClient, agreement: str, rows: tuple[tuple[str, str, str], ...], told: str
) -> None:
    refused = officer.post(f"{agreement}/instalments", data={"token": "t", **rows_typed(*rows)})
    assert refused.status_code == 422
    page = unescape(refused.text).replace("\N{NO-BREAK SPACE}", " ")
    assert told in page
    assert ("Row 1, " in page) is told.startswith(("Write its", "“1.000,00”", "There is no day"))
    assert all(f'value="{typed}"' in page for row in rows for typed in row if typed)
    assert "No instalment is planned" in text_of(officer, agreement)


def amendment(**typed: str) -> dict[str, str]:
    return {
        "token": "a", "version": "2", "agreed_on": "1 Jul 2026", "reason": "Cost extension",
        "amount": "20,000,000", "window": "", "preferred": "", **PLAN, **typed,
    }  # fmt: skip


def test_an_amendment_shows_what_was_before(app: Flask, officer: FlaskClient, agreement: str) -> None:
    planned(app, officer, agreement)
    form = text_of(officer, f"{agreement}/amend")
    assert 'value="18,000,000.00"' in form
    assert 'value="1 Mar 2026"' in form, "a day that stands is written as days are everywhere"
    assert 'value="after the report"' in form
    assert officer.post(f"{agreement}/amend", data=amendment()).status_code == 303
    page = text_of(officer, agreement).replace("\N{NO-BREAK SPACE}", " ")
    for words in ("20,000,000.00", "Cost extension", "SEK 18,000,000", "Instalments before"):
        assert words in page, words
    assert "Sweden, SE-1" in text_of(officer, "/f/SLW00/search?q=20000000")


def test_the_question_before_an_amendment_says_from_what_to_what(
    app: Flask, officer: FlaskClient, agreement: str
) -> None:
    planned(app, officer, agreement)
    told = officer.post(f"{agreement}/amend", data=amendment(foreseen="yes"))
    assert told.status_code == 200
    words = unescape(told.text).replace("\N{NO-BREAK SPACE}", " ")
    for part in ("SEK 18,000,000.00", "SEK 20,000,000.00", "The instalments stay as they are."):
        assert part in words, part
    moved = officer.post(f"{agreement}/amend", data=amendment(foreseen="yes", **{"instalments-0-amount": "1,000,000"}))
    for part in ("Instalments before", "Instalments after", "SEK 1,000,000.00"):
        assert part in unescape(moved.text).replace("\N{NO-BREAK SPACE}", " "), part
    assert "It was not amended." in text_of(officer, agreement)


def test_an_amendment_over_terms_amended_meanwhile_is_shown_again(
    app: Flask, officer: FlaskClient, agreement: str
) -> None:
    planned(app, officer, agreement)
    assert officer.post(f"{agreement}/amend", data=amendment()).status_code == 303
    stale = officer.post(f"{agreement}/amend", data=amendment(token="b", amount="19,000,000"))
    assert stale.status_code == 422
    page = unescape(stale.text)
    assert "19,000,000" in page
    assert 'name="version" type="hidden" value="3"' in page
    knowing = officer.post(f"{agreement}/amend", data=amendment(token="c", amount="19,000,000", version="3"))
    assert knowing.status_code == 303


KEPT = {"amount": "18,000,000", "interest": "kept"}
MOVED = {"amount": "18,000,000", "instalments-0-due_on": "1 Apr 2026"}


@pytest.mark.parametrize("first, second", [(KEPT, MOVED), (MOVED, KEPT)])
def test_interest_or_a_plan_amended_meanwhile_is_not_undone_unseen(
    app: Flask, officer: FlaskClient, agreement: str, first: dict[str, str], second: dict[str, str]
) -> None:
    planned(app, officer, agreement)
    assert officer.post(f"{agreement}/amend", data=amendment(**first)).status_code == 303
    stale = officer.post(f"{agreement}/amend", data=amendment(token="b", **second))
    assert (stale.status_code, "This was changed since you opened it" in stale.text) == (422, True)


def test_a_plan_made_since_an_amendment_was_opened_is_not_dropped(officer: FlaskClient, agreement: str) -> None:
    opened = re.search(r'name="version" type="hidden" value="(\d)"', officer.get(f"{agreement}/amend").text)
    assert opened
    assert officer.post(f"{agreement}/instalments", data={"token": "p", **PLAN}).status_code == 303
    none = dict.fromkeys(PLAN, "")
    stale = officer.post(f"{agreement}/amend", data=amendment(version=opened[1], **none))
    assert (stale.status_code, "This was changed since you opened it" in stale.text) == (422, True)


def test_a_window_is_added_preferred_renamed_and_ended(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, officer: FlaskClient
) -> None:
    assert officer.post(f"{BASE}/windows", data={"token": "w", "code": "W1", "name": "Evidence"}).status_code == 303
    refused = officer.post(f"{BASE}/windows", data={"token": "x", "code": "W1", "name": "Again"})
    assert "There is a window W1 already." in unescape(refused.text)
    page = officer.get(f"{BASE}/agreements/new").text
    window = re.search(r'<option value="(\w+)">Evidence<', page)
    assert window
    signed = officer.post(
        f"{BASE}/agreements/new",
        data={
            "token": "s", "donor": sweden.public_id, "kind": "saa", "reference": "SE-2", "signed_on": "10 Jan 2026",
            "amount": "9,000,000", "currency": "SEK", "window": window[1], "preferred": "3,000,000",
        },
    )  # fmt: skip
    assert signed.status_code == 303
    shown = text_of(officer, signed.location).replace("\N{NO-BREAK SPACE}", " ")
    assert "Evidence, SEK 3,000,000.00, which is 33.33% of each deposit" in shown
    assert "SEK 3,000,000" in text_of(officer, f"{BASE}/windows").replace("\N{NO-BREAK SPACE}", " ")
    renamed = officer.post(f"{BASE}/windows/{window[1]}", data={"token": "r", "version": "1", "name": "Proof"})
    assert renamed.status_code == 303
    assert officer.post(f"{BASE}/windows/{window[1]}/end", data={"token": "e"}).status_code == 303
    page = text_of(officer, f"{BASE}/windows")
    assert "Proof" in page
    assert "ended 15 Jul 2026" in re.sub("<[^>]*>", "", page)
    again = officer.post(f"{BASE}/windows/{window[1]}/end", data={"token": "f"})
    assert "It ended on 15 Jul 2026." in unescape(again.text)
    assert ">Proof<" not in officer.get(f"{BASE}/agreements/new").text


def test_a_deposit_says_which_window_it_is_kept_for(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, officer: FlaskClient
) -> None:
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        from mptf.fund.service import add_window

        window = add_window(fund, code="W1", name="Evidence", by=by)
        what = Signature(sweden, "SE-1", JANUARY, Money(10_000, "USD"), window=window)
        signed = sign_agreement(fund, what, by=by)
        deposit = record_deposit(fund, Receipt(sweden, Money(10_000, "USD"), MARCH, signed), by=by)
        db.session.commit()
        address = f"{BASE}/deposits/{deposit.public_id}"
    page = text_of(officer, address)
    assert '<span class="muted">Evidence</span>' in page
    assert re.search(r'<a href="/f/SLW00/ledger/accounts/\w+"><span class="tn">1000</span>', page), (
        "lines lead to accounts"
    )


def test_what_became_of_a_pledge_is_noted(
    app: Flask, make: Make, fund: Fund, officer: FlaskClient, agreement: str, sweden: Organisation
) -> None:
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        pledges = [
            announce_pledge(fund, Announcement(sweden, sek(amount), JANUARY), by=by).public_id
            for amount in (18_000_000, 5)
        ]
        db.session.commit()
    signed, withdrawn = (f"{BASE}/pledges/{key}" for key in pledges)
    chosen = {"token": "s", "version": "1", "agreement": agreement.rsplit("/", 1)[1]}
    assert officer.post(f"{signed}/signed", data=chosen).status_code == 303
    stale = officer.post(f"{signed}/signed", data={"token": "t", "version": "1", "agreement": ""})
    assert stale.status_code == 422
    assert "This was changed since you opened it" in stale.text
    assert "Became agreement" in text_of(officer, signed)
    assert "Was pledged" in text_of(officer, agreement)
    assert officer.post(f"{withdrawn}/withdrawn", data={"token": "v", "reason": ""}).status_code == 422
    assert officer.post(f"{withdrawn}/withdrawn", data={"token": "w", "reason": "Budget cut"}).status_code == 303
    page = text_of(officer, f"{BASE}/pledges")
    assert "Signed" in page
    assert "Withdrawn" in page
    assert "Sums of the pledges, per currency" in page
    assert "No pledge is recorded." in page, "neither counts in a sum"
    assert "Budget cut" in text_of(officer, withdrawn)


def test_a_contributor_reads_its_agreements_and_nobody_elses(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, officer: FlaskClient, agreement: str
) -> None:
    planned(app, officer, agreement)
    own, other = (make.client(Role.DONOR_VIEWER, fund, donor) for donor in (sweden, make.organisation("Norway")))
    page = text_of(own, agreement)
    assert "Overdue" in page
    assert "by Demo Person" not in page, "no names of staff"
    assert "Amend" not in page.replace("Amendments", "")
    due = text_of(own, f"{BASE}/instalments")
    assert "1 Mar 2026" in due
    assert 'name="donor"' not in due, "there is one contributor to choose"
    assert 'name="donor"' in text_of(officer, f"{BASE}/instalments")
    assert other.get(agreement).status_code == 404
    assert "No instalment is like this" in text_of(other, f"{BASE}/instalments")
    for hidden in ("/windows", "/to-look-at", "/ranking"):
        assert own.get(BASE + hidden).status_code == 404
        assert f'href="{BASE}{hidden}"' not in own.get(f"{BASE}/instalments").text


def test_an_instalment_that_is_paid_by_an_advised_deposit_is_nowhere_called_received(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, officer: FlaskClient, agreement: str
) -> None:
    planned(app, officer, agreement)
    own, agent = make.client(Role.DONOR_VIEWER, fund, sweden), make.viewer(Role.ADMINISTRATIVE_AGENT, fund)
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        signed = db.session.query(Agreement).one()
        receipt = Receipt(sweden, Money(100, "USD"), MARCH, signed, sek(6_000_000), bank_reference="SE-1")
        deposit = record_deposit(fund, receipt, by=by)
        db.session.commit()
        key = deposit.public_id
    told, later = "Advised, not yet confirmed", "Received"

    statement = f"/f/SLW00/statements/of/{sweden.public_id}"

    def said(words: str) -> list[bool]:
        """Tell of which pages a chip says so."""
        pages = (agreement, f"{BASE}/instalments?show=every", statement)
        return [f"</svg>{words}</span>" in text_of(client, page) for client in (officer, own) for page in pages]

    assert said(told) == [True] * 6
    assert said(later) == [False] * 6
    assert "6,000,000.00 more advised" in text_of(officer, f"{BASE}/agreements")
    home = text_of(own, "/f/SLW00/")
    assert "1 Mar 2026" not in home, "it awaits nothing more"
    with app.app_context():
        confirm_deposit(get_deposit(by, fund, key).deposit, by=agent)
        db.session.commit()
    assert said(told) == [False] * 6
    assert said(later) == [True] * 6


def test_money_of_somebody_else_under_an_agreement_is_not_shown_to_its_contributor(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, officer: FlaskClient, agreement: str
) -> None:
    planned(app, officer, agreement)
    own = make.client(Role.DONOR_VIEWER, fund, sweden)
    norway, by = make.organisation("Norway"), make.viewer(Role.SECRETARIAT_OFFICER, fund)
    addresses = (agreement, f"{BASE}/instalments", f"{BASE}/instalments?show=every")
    before = [text_of(own, address) for address in addresses]
    with app.app_context():
        signed = db.session.query(Agreement).one()
        receipt = Receipt(norway, Money(100, "USD"), MARCH, signed, sek(7_000_000), bank_reference="N-1")
        record_deposit(fund, receipt, by=by)
        db.session.commit()
    assert [text_of(own, address) for address in addresses] == before
    assert "7,000,000.00" in text_of(officer, agreement)


def test_the_ranking_page_says_who_is_left_out_and_what_is_probable(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, officer: FlaskClient
) -> None:
    by, norway = make.viewer(Role.SECRETARIAT_OFFICER, fund), make.organisation("Norway")
    with app.app_context():
        for donor in (sweden, norway):
            record_deposit(fund, Receipt(donor, Money(10_000, "USD"), MARCH), by=by)
        db.session.commit()
    tie = text_of(officer, f"{BASE}/ranking?places=1")
    assert "The last place is shared" in tie
    assert "Between Norway, Sweden a person decides" in tie
    alone = text_of(officer, f"{BASE}/ranking?places=1&without={sweden.public_id}")
    assert "The last place is shared" not in alone
    assert "left out" in alone
    assert officer.get(f"{BASE}/ranking?on=31+Feb").status_code == 422


def test_deposits_to_look_at_are_filtered_by_their_flag(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, officer: FlaskClient
) -> None:
    assert "No deposit asks for attention" in text_of(officer, f"{BASE}/to-look-at")
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with app.app_context():
        record_deposit(fund, Receipt(sweden, Money(10_000, "USD"), MARCH), by=by)
        db.session.commit()
    assert "15 Mar 2026" in text_of(officer, f"{BASE}/to-look-at?flag=no_agreement")
    assert "15 Mar 2026" not in text_of(officer, f"{BASE}/to-look-at?flag=reference_twice")
    assert "15 Mar 2026" in text_of(officer, f"{BASE}/to-look-at?flag=nonsense")


def test_the_agreement_page_asks_as_often_however_much_there_is(
    app: Flask, make: Make, fund: Fund, sweden: Organisation, agreement: str
) -> None:
    from tests.support.statements import statements

    by, client = make.viewer(Role.SECRETARIAT_OFFICER, fund), make.client(Role.AUDITOR, fund)
    counts = []
    for first, count in ((0, 1), (1, 20)):
        with app.app_context():
            signed = db.session.query(Agreement).one()
            if not first:
                service.plan_instalments(fund, signed, [Planned(MARCH, sek(1))], by=by)
            stands = [queries.planned(one) for one in queries.instalments_of(fund, signed)]
            for number in range(first, first + count):
                stands.append(Planned(MARCH, sek(1)))
                service.amend(fund, signed, service.Change(MARCH, "More", signed.amount, instalments=stands), by=by)
                receipt = Receipt(sweden, Money(100 + number, "USD"), MARCH, signed, sek(1), bank_reference=f"{number}")
                record_deposit(fund, receipt, by=by)
            db.session.commit()
        client.get(agreement)
        with statements(app) as sent:
            client.get(agreement)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert counts[0] <= 8 + 4, "a page beside its shell"


def test_a_pledge_that_was_signed_or_withdrawn_leaves_the_public_page(
    app: Flask, make: Make, sweden: Organisation
) -> None:
    fund = make.fund("PUB00", published=True)
    by = make.viewer(Role.SECRETARIAT_OFFICER, fund)
    sources = [f"https://example.org/{name}" for name in ("open", "signed", "withdrawn")]
    with app.app_context():
        signed = sign_agreement(fund, Signature(sweden, "SE-1", JANUARY, sek(9)), by=by)
        pledges = [
            announce_pledge(fund, Announcement(sweden, sek(number), JANUARY, source=source), by=by)
            for number, source in enumerate(sources, start=1)
        ]
        sign_pledge(pledges[1], signed, by=by)
        withdraw_pledge(pledges[2], reason="Budget cut", by=by)
        db.session.commit()
    page = app.test_client().get("/funds/PUB00").text
    assert [source in page for source in sources] == [True, False, False]
    assert "Budget cut" not in page
