"""Search finds what a person may see, says what it is, and opens its page (SRC)."""

import re
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from mptf.agreements.service import Signature, sign_agreement
from mptf.calls.kinds import CallKind
from mptf.core import clock
from mptf.core.db import db, unit_of_work
from mptf.core.money import Money
from mptf.core.search import SearchRow
from mptf.deposits.service import Receipt, record_deposit
from mptf.desk.queries import FINDABLE
from mptf.fund.queries import get_fund
from mptf.organisations.models import Office, Organisation
from mptf.paper.values import KOSOVO_FOOTNOTE
from mptf.pledges.models import Precision
from mptf.pledges.service import Announcement, announce_pledge
from mptf.policy import Role
from mptf.proposals import service as proposals
from mptf.questions import service as questions
from mptf.questions.facts import Reply
from mptf.submissions import service as submissions
from tests import worlds
from tests.conftest import Once
from tests.factories import Make
from tests.support.calls import published
from tests.support.signing import sign_in
from tests.support.statements import statements
from tests.support.whole import fill
from tests.worlds import World

RESULT = re.compile(r'<a href="([^"]+)">([^<]*)</a>\s*<p>(.*?)</p>')


def build(make: Make) -> World:
    """Make two donors, each with a pledge, an agreement and a deposit, and as many extracts."""
    made = worlds.build(make)
    officer = made.viewer(Role.SECRETARIAT_OFFICER)
    worlds.records(make.app, made, fund=made.fund, donor=made.donor, by=officer, word="plain")
    worlds.records(make.app, made, fund=made.fund, donor=made.other_donor, by=officer, word="elsewhere")
    return made


@pytest.fixture
def world(app: Flask, once: Once) -> World:
    """Return the world of the search."""
    return once(build)


def found(client: FlaskClient, words: str) -> list[tuple[str, str]]:
    """Return what a search shows: title, and the line below it with kind, amount and day."""
    page = client.get("/f/SLW00/search", query_string={"q": words}).text
    rows = [(unescape(title), unescape(re.sub("<[^>]*>", "", line))) for _url, title, line in RESULT.findall(page)]
    counted = re.search(r'id="results-h">.*?class="count">(\d+)<', page, re.DOTALL)
    assert len(rows) == (int(counted[1]) if counted else 0)
    return [(title, line.replace("\N{NO-BREAK SPACE}", " ")) for title, line in rows]


def of(app: Flask, world: World, role: Role) -> FlaskClient:
    """Return a client signed in as the holder of a role."""
    return sign_in(app.test_client(), world.people[role])


def test_every_kind_is_found_with_its_amount_and_day(app: Flask, world: World) -> None:
    officer = of(app, world, Role.SECRETARIAT_OFFICER)
    number = f"SLW00/CS/{clock.today(world.fund).year}/001"
    assert sorted(found(officer, "donorland")) == [
        ("Donorland", "Organisation"),
        ("Donorland", "Pledge · SEK 600,000.00 · 2 Mar 2026"),
        ("Donorland, AGR-plain", "Agreement · SEK 600,000.00 · 2 Mar 2026"),
        ("Donorland, BANK-plain", "Deposit · USD 57,600.00 · 2 Mar 2026"),
        (f"{number}, Donorland", "Contribution statement · 2 Mar 2026"),
    ]
    assert found(officer, "extract plain") == [("Extract plain", "Gateway extract")]


@pytest.mark.parametrize(
    "words, title",
    [
        ("AGR-plain", "Donorland, AGR-plain"), ("agr plain", "Donorland, AGR-plain"),
        ("donorland 57,600", "Donorland, BANK-plain"), ("57600 plain", "Donorland, BANK-plain"),
        ("bank-pl", "Donorland, BANK-plain"), ("standard arrangement donorland", "Donorland, AGR-plain"),
        ("pledge plain", "Donorland"), ("basis plain", "Donorland, BANK-plain"),
    ],
)  # fmt: skip
def test_references_amounts_and_notes_are_found(app: Flask, world: World, words: str, title: str) -> None:
    assert [row[0] for row in found(of(app, world, Role.SECRETARIAT_OFFICER), words)] == [title]


@pytest.mark.parametrize(
    "words, first",
    [
        ("donorland", ("Donorland", "Organisation")), ("Donorland ", ("Donorland", "Organisation")),
        ("agr-PLAIN", ("Donorland, AGR-plain", "Agreement")), ("bank-plain", ("Donorland, BANK-plain", "Deposit")),
        ("donorland, agr-plain", ("Donorland, AGR-plain", "Agreement")),
        ("00123456", ("Transfer to a participating organisation, UNDP", "Cash document")),
        ("extract plain", ("Extract plain", "Gateway extract")), ("3", ("Entry 3", "Ledger entry")),
    ],
)  # fmt: skip
def test_what_is_called_just_so_stands_first(app: Flask, world: World, words: str, first: tuple[str, str]) -> None:
    """Later records hold the same words, and would stand first by their day."""
    with app.app_context(), unit_of_work():
        by, fund = world.viewer(Role.SECRETARIAT_OFFICER), get_fund("SLW00")
        donor, when = db.session.get_one(Organisation, world.donor.id), date(2026, 3, 3)
        announce_pledge(fund, Announcement(donor, Money(3_00, "USD"), when), by=by)
        for reference in ("AGR-plain-2", "AGR-plain, 00123456", "Extract plain 3"):
            sign_agreement(fund, Signature(donor, reference, when, Money(5_00, "USD")), by=by)
        record_deposit(fund, Receipt(donor, Money(9_00, "USD"), when, bank_reference="BANK-plain-2"), by=by)
    results = found(of(app, world, Role.SECRETARIAT_OFFICER), words)
    assert len(results) > 1
    assert (results[0][0], results[0][1].partition(" · ")[0]) == first


def test_an_entry_is_found_by_its_number_alone(app: Flask, world: World) -> None:
    officer, donor = of(app, world, Role.SECRETARIAT_OFFICER), of(app, world, Role.DONOR_VIEWER)
    for words in ("Entry 3", "entry 3", "3"):
        assert "Entry 3" in [title for title, line in found(officer, words) if line.startswith("Ledger entry")]
    assert found(officer, "entry 9999") == found(officer, "entry") == found(donor, "Entry 3") == []


def test_a_day_is_told_no_more_exactly_than_it_is_known(app: Flask, world: World) -> None:
    with app.app_context(), unit_of_work():
        for precision, amount, said_on in (
            (Precision.MONTH, 7_00, date(2024, 3, 15)), (Precision.YEAR, 8_00, date(2024, 8, 1)),
        ):  # fmt: skip
            what = Announcement(world.donor, Money(amount, "EUR"), said_on, precision=precision)
            announce_pledge(get_fund("SLW00"), what, by=world.viewer(Role.SECRETARIAT_OFFICER))
    assert found(of(app, world, Role.SECRETARIAT_OFFICER), "eur") == [
        ("Donorland", "Pledge · EUR 7.00 · Mar 2024"),
        ("Donorland", "Pledge · EUR 8.00 · 2024"),
    ]


@pytest.mark.parametrize("role", Role)
def test_every_result_opens(app: Flask, world: World, role: Role) -> None:
    client = of(app, world, role)
    for words in ("donorland", "elseland", "plain", "extract", "UNDP", "Entry 1"):
        page = client.get("/f/SLW00/search", query_string={"q": words}).text
        for url, title, line in RESULT.findall(page):
            opened = client.get(unescape(url))
            assert opened.status_code == 200, (role, url)
            amount = re.search(r"[\d,]{5,}", line)  # a contributor's own pages name no contributor
            assert (amount[0] if amount else unescape(title).partition(",")[0]) in unescape(opened.text)


def test_a_contributor_never_finds_the_records_of_another(app: Flask, world: World) -> None:
    donor = of(app, world, Role.DONOR_VIEWER)
    for words in ("elseland", "elsewhere", "AGR-elsewhere", "BANK-elsewhere", "pledge elsewhere", "basis elsewhere"):
        assert found(donor, words) == [], words
    own = found(donor, "57,600")
    assert [title for title, _line in own] == ["Donorland, BANK-plain"]
    assert {title.partition(",")[0] for title, _line in found(donor, "600000")} == {"Donorland"}


@pytest.mark.parametrize("role", [Role.TECHNICAL_REVIEWER, Role.PUNO_OFFICER, Role.COMMITTEE_CHAIR])
def test_who_may_see_nothing_finds_nothing(app: Flask, world: World, role: Role) -> None:
    for words in ("donorland", "plain", "elsewhere", "extract"):
        assert found(of(app, world, role), words) == []


def test_a_renamed_contributor_is_found_by_both_names_under_its_present_one(app: Flask, world: World) -> None:
    with app.app_context(), unit_of_work():
        db.session.get_one(Organisation, world.donor.id).short_name = "Newland"
    officer = of(app, world, Role.SECRETARIAT_OFFICER)
    for words in ("newland bank-plain", "donorland bank-plain"):
        assert [title for title, _line in found(officer, words)] in (["Newland, BANK-plain"], [])
    assert ("Newland, BANK-plain", "Deposit · USD 57,600.00 · 2 Mar 2026") in found(officer, "newland")
    assert ("Newland, BANK-plain", "Deposit · USD 57,600.00 · 2 Mar 2026") in found(officer, "donorland")


@pytest.mark.parametrize(
    "words",
    ["geneve", "GENÈVE", "uber", "osterreich", "Österreich", "naive", "ÜBER", "dukanovic", "đuka", "Gene\u0300ve"],
)
def test_accents_and_capitals_make_no_difference_on_either_engine(app: Flask, world: World, words: str) -> None:
    called = "Über Genève naïve ÖSTERREICH Đukanović"
    with app.app_context(), unit_of_work():
        by, fund = world.viewer(Role.SECRETARIAT_OFFICER), get_fund("SLW00")
        donor = db.session.get_one(Organisation, world.donor.id)
        signed = Signature(donor, "AGR-9", date(2026, 3, 3), Money(5_00, "USD"), note=called)
        sign_agreement(fund, signed, by=by)
        donor.short_name = donor.official_name = called  # an organisation is found by its name alone
    results = found(of(app, world, Role.SECRETARIAT_OFFICER), words)
    assert {(f"{called}, AGR-9", "Agreement"), (called, "Organisation")} <= {
        (title, line.partition(" · ")[0]) for title, line in results
    }


def test_what_is_called_just_so_stands_first_without_its_accents(app: Flask, world: World) -> None:
    with app.app_context(), unit_of_work():
        donor = db.session.get_one(Organisation, world.donor.id)
        donor.short_name = donor.official_name = "Österreich"
    assert found(of(app, world, Role.SECRETARIAT_OFFICER), "osterreich")[0] == ("Österreich", "Organisation")


def test_the_heading_keeps_the_asterisk_of_what_was_typed(app: Flask, world: World) -> None:
    page = of(app, world, Role.SECRETARIAT_OFFICER).get("/f/SLW00/search?q=kosovo").text
    assert "Found for “kosovo*”" in page
    assert page.count(KOSOVO_FOOTNOTE) == 1


def test_what_was_searched_stands_in_the_field_as_it_was_typed(app: Flask, world: World) -> None:
    page = of(app, world, Role.SECRETARIAT_OFFICER).get('/f/SLW00/search?q="kosovo"').text
    assert 'name="q" value="&#34;kosovo&#34;"' in page


@pytest.mark.parametrize("words", ["", "  ", "%", "_", "* & |", '"); DROP', "x" * 500, "\u202e"])
def test_what_is_no_word_finds_nothing_and_breaks_nothing(app: Flask, world: World, words: str) -> None:
    assert found(of(app, world, Role.SECRETARIAT_OFFICER), words) == []


def test_a_search_asks_as_often_however_much_is_found(app: Flask, world: World) -> None:
    officer = of(app, world, Role.SECRETARIAT_OFFICER)

    def asked() -> int:
        officer.get("/f/SLW00/search?q=donorland")
        with statements(app) as sent:
            assert officer.get("/f/SLW00/search?q=donorland").status_code == 200
        return len(sent)

    few = asked()
    with app.app_context():
        for number in range(1, 9):
            worlds.records(
                app, world, fund=world.fund, donor=world.donor, by=world.viewer(Role.SECRETARIAT_OFFICER),
                word=f"n{number}", number=number,
            )  # fmt: skip
    assert asked() == few <= 8
    page = officer.get("/f/SLW00/search?q=donorland&page=2").text
    assert len(RESULT.findall(page)) == 37 - 20


def test_every_kind_that_is_found_is_indexed_under_its_name(app: Flask, world: World) -> None:
    with app.app_context():
        viewer, fund = world.viewer(Role.SECRETARIAT_OFFICER), get_fund("SLW00")
        head, asker = world.viewer(Role.SECRETARIAT_HEAD), world.viewer(Role.PUNO_OFFICER)
        call = published(fund, [world.office], by=head)
        asked = questions.ask(call, "May two offices apply?", by=asker)
        questions.answer(asked, Reply("May two offices apply?", "Yes."), by=head)
        published(fund, [world.office], by=head, kind=CallKind.INVITATION)
        proposal = proposals.start(call, db.session.get_one(Office, world.office.id), title="Safe storage", by=asker)
        fill(proposal, by=asker)
        submissions.submit(proposal, by=asker)
        kinds = {kind.kind for ask in FINDABLE for kind in ask(viewer, fund)}
        indexed = set(db.session.scalars(select(SearchRow.kind)))
        # An organisation is found by its name alone.
        assert indexed == kinds - {"organisation"}


def test_a_draft_is_in_no_index(app: Flask, world: World) -> None:
    with app.app_context():
        head, asker = world.viewer(Role.SECRETARIAT_HEAD), world.viewer(Role.PUNO_OFFICER)
        call = published(get_fund("SLW00"), [world.office], by=head)
        proposal = proposals.start(call, db.session.get_one(Office, world.office.id), title="Unheard-of", by=asker)
        fill(proposal, by=asker)
        assert "proposal" not in set(db.session.scalars(select(SearchRow.kind)))
