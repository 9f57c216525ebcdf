"""Pages of contribution statements: who sees whose, issuing, files, documents, and the public check."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import unescape
from itertools import pairwise

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from mptf.agreements.figures import Planned
from mptf.agreements.service import Signature, plan_instalments, sign_agreement
from mptf.commitments.models import Certainty
from mptf.core import clock
from mptf.core.audit import AccessEvent
from mptf.core.db import db
from mptf.core.money import Money
from mptf.deposits.service import Receipt, confirm_deposit, record_deposit
from mptf.fund.models import Fund
from mptf.ledger.chart import EntryKind
from mptf.organisations.models import Organisation, OrganisationKind
from mptf.policy import Role
from mptf.signin.models import SigninAttempt
from mptf.statements import service
from mptf.statements.figures import Period
from mptf.statements.freezing import digest
from mptf.statements.models import ContributionStatement, ContributorDocument
from mptf.statements.queries import Contributor
from tests.factories import Make
from tests.support.money import Till
from tests.support.posting import post
from tests.support.statements import statements
from tests.support.visitor import letters

BASE = "/f/SLW00/statements"
NOON = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
PDF = b"%PDF-1.7\n1 0 obj\nendobj\ntrailer\n%%EOF\n"


@dataclass
class Office:
    """A fund with two contributors, both of whom paid, and one of whom has somebody to look after it."""

    app: Flask
    make: Make
    fund: Fund
    sweden: Organisation
    norway: Organisation
    till: Till

    @property
    def draft(self) -> str:
        """The address of Sweden's draft."""
        return f"{BASE}/of/{self.sweden.public_id}"

    def client(self, role: Role, donor: Organisation | None = None) -> FlaskClient:
        """Sign in as a new holder of a role."""
        return self.make.client(role, self.fund, donor)

    def pay(self, donor: Organisation, cents: int, day: date = date(2026, 3, 2)) -> None:
        """Record and confirm a deposit."""
        with self.app.app_context():
            self.till.deposit(donor, cents, day, fee=cents // 100)
            db.session.commit()

    def issue(self, donor: Organisation, period: Period | None = None) -> ContributionStatement:
        """Issue a statement through the service."""
        with self.app.app_context():
            made = service.issue(Contributor(self.fund, donor), period or Period(None, NOON.date()), by=self.till.head)
            db.session.commit()
            return made


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with clock.at(NOON):
        yield


@pytest.fixture
def office(app: Flask, make: Make) -> Office:
    fund = make.fund(published=True)
    sweden, norway = make.organisation("Sweden"), make.organisation("Norway")
    here = Office(app, make, fund, sweden, norway, Till.of(make, fund))
    here.pay(sweden, 300_00)
    here.pay(norway, 100_00)
    return here


def page_of(client: FlaskClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return unescape(response.text)


def words_of(paper: bytes) -> str:
    """Return what a PDF says."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages).split())


def rows_of(workbook: bytes) -> list[list[object]]:
    """Return the rows of all sheets of a workbook."""
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    return [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]


def count(app: Flask, kind: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(kind)) or 0


def test_a_donor_sees_at_once_what_it_gave_and_its_share(office: Office) -> None:
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    page = page_of(donor, f"{BASE}/")
    for words in ("As of now, not issued", "300.00", "75.00%", "1 other contributor", "Pro-rata, not attributed",
                  "Shares change as others deposit", "does not replace the Administrative Agent's"):  # fmt: skip
        assert words in page, words
    assert "Issue it" not in page
    assert "Norway" not in page
    assert page_of(donor, office.draft).count("300.00") == page.count("300.00")


def test_who_was_only_refunded_has_a_statement_for_the_head_as_for_itself(office: Office) -> None:
    denmark = office.make.organisation("Denmark")
    draft = f"{BASE}/of/{denmark.public_id}"
    head, own = office.client(Role.SECRETARIAT_HEAD), office.client(Role.DONOR_VIEWER, denmark)
    assert head.get(draft).status_code == 404
    with office.app.app_context():
        office.till.post(EntryKind.CONTRIBUTOR_REFUND, denmark, 70_00, date(2026, 3, 15))
        db.session.commit()
    for path in (draft, f"{draft}/pdf", f"{draft}/xlsx"):
        assert [client.get(path).status_code for client in (head, own)] == [200, 200], path
    assert draft in page_of(head, f"{BASE}/")
    assert post(head, draft, until="9 Nov 2026").status_code == 303


def test_a_donor_finds_nothing_of_another(office: Office) -> None:
    office.issue(office.sweden)
    other = office.issue(office.norway)
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    for hidden in (f"{BASE}/of/{office.norway.public_id}", f"{BASE}/{other.public_id}", f"{BASE}/{other.public_id}/pdf",
                   f"{BASE}/{other.public_id}/xlsx"):  # fmt: skip
        assert donor.get(hidden).status_code == 404, hidden
    assert other.number not in page_of(donor, f"{BASE}/")
    assert other.number not in page_of(donor, "/f/SLW00/search?q=CS")
    assert other.number in page_of(office.client(Role.AUDITOR), "/f/SLW00/search?q=Norway")


def test_a_deposit_typed_under_anothers_agreement_tells_no_contributor_of_it(office: Office) -> None:
    with office.app.app_context():
        signed = Signature(office.norway, "N-SECRET", date(2026, 1, 5), Money(1000_00, "USD"))
        theirs = sign_agreement(office.fund, signed, by=office.till.officer)
        office.till.deposit(office.sweden, 50_00, date(2026, 4, 1), agreement=theirs)
        db.session.commit()
    issued = office.issue(office.sweden)
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    pages = [page_of(donor, path) for path in (f"{BASE}/", f"{BASE}/{issued.public_id}")]
    paper = words_of(donor.get(f"{BASE}/{issued.public_id}/pdf").data)
    assert all("50.00" in page for page in (*pages, paper))
    assert not [page for page in (*pages, paper, issued.frozen) if "SECRET" in page]


def test_an_officer_looks_at_any_draft_and_the_head_issues_it(office: Office) -> None:
    viewer = office.make.person("Demo Viewer")
    office.make.grant(viewer, Role.DONOR_VIEWER, office.fund, office.sweden)
    officer = office.client(Role.SECRETARIAT_OFFICER)
    assert "Issue it" not in page_of(officer, office.draft)
    assert post(officer, office.draft, until="9 Nov 2026").status_code == 404

    head = office.client(Role.SECRETARIAT_HEAD)
    opened = head.get(office.draft)
    assert "A mail with a link goes to Demo Viewer." in opened.text
    sent = post(head, office.draft, opened, since="", until="9 Nov 2026")
    assert sent.status_code == 303
    page = page_of(head, sent.location)
    for words in ("SLW00/CS/2026/001", "Issued", "The statement SLW00/CS/2026/001 is issued.", "300.00", "75.00%"):
        assert words in page, words
    assert len(letters(office.app, "statement_issued")) == 1
    again = post(head, office.draft, opened, since="", until="9 Nov 2026")
    assert (again.location, count(office.app, ContributionStatement)) == (sent.location, 1), "one form, one statement"
    assert "It supersedes SLW00/CS/2026/001" in re.sub(r"<[^>]*>", "", page_of(head, office.draft))


def test_a_draft_the_books_have_overtaken_is_shown_again_before_it_is_issued(office: Office) -> None:
    head = office.client(Role.SECRETARIAT_HEAD)
    opened = head.get(office.draft)
    with clock.at(NOON + timedelta(minutes=1)):
        office.pay(office.sweden, 1_00)
        refused = post(head, office.draft, opened, until="9 Nov 2026")
        assert refused.status_code == 422
        assert "The books changed since you opened this draft" in unescape(refused.text)
        assert "301.00" in refused.text
        assert count(office.app, ContributionStatement) == 0
        assert post(head, office.draft, refused, until="9 Nov 2026").status_code == 303, "looked at once more"


def test_the_same_draft_in_two_tabs_is_issued_once_and_asks_in_words_before_it_is_issued_again(office: Office) -> None:
    head = office.client(Role.SECRETARIAT_HEAD)
    here, there = head.get(office.draft), head.get(office.draft)
    assert "Nothing changed since" not in here.text
    assert post(head, office.draft, here, until="9 Nov 2026").status_code == 303
    refused = post(head, office.draft, there, until="9 Nov 2026")
    assert refused.status_code == 422
    page = unescape(refused.text)
    for words in ("SLW00/CS/2026/001 was issued for this period since you opened this draft", "Nothing changed since",
                  "next number. It says the same figures as SLW00/CS/2026/001 and takes its place."):  # fmt: skip
        assert words in page, words
    assert count(office.app, ContributionStatement) == 1
    assert post(head, office.draft, refused, until="9 Nov 2026").status_code == 303, "asked and answered"
    with clock.at(NOON + timedelta(minutes=1)):
        office.pay(office.sweden, 1_00)
        changed = unescape(head.get(office.draft).text)
    assert "Nothing changed since" not in changed
    assert "gets the next number. It takes the place of SLW00/CS/2026/002." in changed


def test_the_question_before_issuing_names_what_is_frozen_and_who_is_mailed(office: Office) -> None:
    head, viewer = office.client(Role.SECRETARIAT_HEAD), office.make.person("Demo Viewer")
    opened = head.get(office.draft)
    assert 'data-named="issue the statement to Sweden"' in opened.text
    asked = {"until": "9 Nov 2026", "foreseen": "yes"}

    def question(page: TestResponse) -> str:
        told = post(head, office.draft, page, **asked)
        assert told.status_code == 200
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", told.text)).split()).replace("\N{NO-BREAK SPACE}", " ")

    first = question(opened)
    nobody = "No mail is sent: nobody who looks after Sweden here gets this notice."
    assert f"only superseded by another. {nobody} Contributor Sweden" in first
    assert (
        "Contributor Sweden Period from the beginning to 9 Nov 2026 Number SLW00/CS/2026/001 Deposited USD 300.00 "
        "Share of the fund 75.00%"
    ) in first
    assert (count(office.app, ContributionStatement), letters(office.app, "statement_issued")) == (0, [])
    waiting = "Not all is confirmed. USD 40.00 more is advised and not confirmed yet: it is in no sum and no share."
    with office.app.app_context():
        office.till.deposit(office.norway, 40_00, date(2026, 3, 3), confirmed=False)
        db.session.commit()
    assert "Not all is confirmed" not in question(head.get(office.draft)), "another contributor’s"
    with office.app.app_context():
        office.till.deposit(office.sweden, 40_00, date(2026, 3, 3), confirmed=False)
        db.session.commit()
    assert question(head.get(office.draft)).endswith(f"Share of the fund 75.00% {waiting}")
    office.issue(office.sweden)
    office.make.grant(viewer, Role.DONOR_VIEWER, office.fund, office.sweden)
    second = question(head.get(office.draft))
    assert "Number SLW00/CS/2026/002 Takes the place of SLW00/CS/2026/001 Deposited" in second
    assert "A mail with a link goes to Demo Viewer." in second
    assert count(office.app, ContributionStatement) == 1
    assert post(head, office.draft, opened, **asked).status_code == 422, "another was issued meanwhile"


def test_a_donors_home_says_what_it_gave_what_is_due_and_what_became_of_it(office: Office) -> None:
    with office.app.app_context():
        undp = office.make.organisation("UNDP", OrganisationKind.PUNO)
        till, days = office.till, (date(2026, 1, 31), date(2026, 9, 30), date(2027, 1, 31))
        signed = Signature(office.sweden, "A-1", date(2026, 1, 2), Money(900_00, "SEK"))
        agreement = sign_agreement(office.fund, signed, by=till.officer)
        plan_instalments(office.fund, agreement, [Planned(day, Money(300_00, "SEK")) for day in days], by=till.officer)
        till.deposit(office.sweden, 30_00, date(2026, 2, 1), agreement=agreement, original=Money(300_00, "SEK"),
                     confirmed=False)  # fmt: skip
        till.post(EntryKind.TRANSFER, undp, 100_00, date(2026, 3, 1))
        till.report(undp, 2026, 150_00)
        db.session.commit()
    made = office.issue(office.sweden)
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    page = re.sub(r"\s+", " ", page_of(donor, "/f/SLW00/"))
    home = re.sub(r" ?<[^>]*> ?", "|", page)
    for words in ("300", "75.00%", "USD 30 more is advised, not yet confirmed", "SEK 300 of A-1", "40 days late",
                  "the oldest was due on 30 Sep 2026", "150.00%", "above 100%", "to 9 Nov 2026; interim",
                  "not recorded here yet", "75.00|", made.number):  # fmt: skip
        assert words in home, words
    assert home.count("days late") == 1, "what is advised is not"
    for address in ("contributions", "contributions/agreements", "contributions/instalments", "statements/",
                    "statements/documents"):  # fmt: skip
        assert f'href="/f/SLW00/{address}"' in page, address
    assert "Norway" not in page
    _says_the_same_on_paper(donor, made)


def _says_the_same_on_paper(donor: FlaskClient, made: ContributionStatement) -> None:
    """What waits is said at its instalment, and what is unusual about the delivery, on the page, in PDF and XLSX."""
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page_of(donor, f"{BASE}/{made.public_id}")))
    taken = (donor.get(f"{BASE}/{made.public_id}/{kind}").data for kind in ("pdf", "xlsx"))
    pdf, xlsx = (io.BytesIO(data) for data in taken)
    paper = " ".join(" ".join(sheet.extract_text() for sheet in PdfReader(pdf).pages).split())
    book = openpyxl.load_workbook(xlsx)
    cells = [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]
    words = " ".join(str(value) for row in cells for value in row if value is not None).replace("\xa0", " ")
    for said in (page.replace("\xa0", " "), paper.replace("\xa0", " "), words):
        for part in ("Advised, not yet confirmed", "SEK 300.00", "USD 30.00 more is advised and not confirmed yet",
                     "above 100%", "to 9 Nov 2026; interim", "not recorded here yet"):  # fmt: skip
            assert part in said, part
    assert "Issued by" in paper
    assert "9 Nov 2026, 13:00 Europe/Belgrade" in paper
    assert "Secretariat on behalf of the Steering Committee" in paper
    assert [row[6] for row in cells if row[0] == "A-1"] == [300, 0, 0, 300]
    facts = {row[0]: row[1] for row in cells}
    assert (facts["Share of all contributions"], facts["Cumulative delivery"]) == (0.75, 1.5)


def test_a_period_that_is_none_is_said_at_its_field(office: Office) -> None:
    head = office.client(Role.SECRETARIAT_HEAD)
    for asked, told in (
        ("until=10 Nov 2026", "This day is still to come; today is 9 Nov 2026."),
        ("since=3 Mar 2026&until=2 Mar 2026", "The period begins after its end, 2 Mar 2026."),
        ("since=soon", "Write the day as"),
    ):
        response = head.get(f"{office.draft}?{asked}")
        assert response.status_code == 422, asked
        assert told in unescape(response.text), asked
        assert "Shown instead: the statement from the beginning to 9 Nov 2026" in re.sub("<[^>]*>", "", response.text)
        assert "Issue it" not in response.text
    page = page_of(head, f"{office.draft}?since=3 Mar 2026&until=31 Mar 2026")
    assert "Before 3 Mar 2026, 1 deposit" in re.sub(r"<[^>]*>", "", page)


def test_a_superseded_statement_stays_readable_and_says_so(office: Office) -> None:
    first = office.issue(office.sweden)
    second = office.issue(office.sweden)
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    page = page_of(donor, f"{BASE}/{first.public_id}")
    assert "A later statement takes its place" in page
    assert f"{BASE}/{second.public_id}" in page
    assert f"Supersedes</dt><dd>{first.number}" in page_of(donor, f"{BASE}/{second.public_id}")


def test_the_pdf_says_what_was_frozen_and_never_changes(office: Office) -> None:
    with office.app.app_context():
        what = Signature(office.sweden, "*A-1* #", date(2026, 1, 2), Money(600_00, "SEK"))
        sign_agreement(office.fund, what, by=office.till.officer)
        db.session.commit()
    made = office.issue(office.sweden)
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    first = donor.get(f"{BASE}/{made.public_id}/pdf")
    assert first.headers["Content-Disposition"] == "attachment; filename=SLW00-CS-2026-001.pdf"
    assert "sandbox" in first.headers["Content-Security-Policy"]
    words = words_of(first.data)
    for said in (made.number, made.written_code, made.sha256, "*A-1* #", "300.00", "75.00%", "not reported",
                 "does not replace the Administrative Agent's certified financial statement",
                 "http://localhost/check", "Shares change as others deposit."):  # fmt: skip
        assert said in words, said
    with clock.at(NOON + timedelta(days=400)):
        office.pay(office.sweden, 5_00)
        assert office.client(Role.AUDITOR).get(f"{BASE}/{made.public_id}/pdf").data == first.data


def test_the_workbook_holds_numbers_that_add_up(office: Office) -> None:
    office.pay(office.sweden, 12_34)
    made = office.issue(office.sweden)
    answer = office.client(Role.DONOR_VIEWER, office.sweden).get(f"{BASE}/{made.public_id}/xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["Statement", "Agreements", "Deposits", "Pooled money"]
    rows = [[cell.value for cell in row] for row in book["Deposits"].iter_rows()]
    amounts = [row[5] for row in rows if isinstance(row[5], int | float)]
    assert amounts == [300, 12.34, 312.34]
    facts = {row[0].value: row[1].value for row in book["Statement"].iter_rows()}
    assert (facts["Number"], facts["Code"]) == (made.number, made.written_code)
    assert facts["Deposited, less refunds, USD"] == 312.34


def test_paper_says_of_a_deposit_what_the_page_says(office: Office) -> None:
    """An opening balance, how sure it is whose, and that a fee is missing in a total."""
    note = "Read from the order of the labels, not stated."
    opening = Receipt(office.sweden, Money(7_00, "USD"), date(2020, 12, 31), certainty=Certainty.PROBABLE,
                      certainty_note=note, is_opening=True)  # fmt: skip
    with office.app.app_context():
        made = record_deposit(office.fund, opening, by=office.till.officer)
        confirm_deposit(made, by=office.till.agent)
        db.session.commit()
    issued, donor = office.issue(office.sweden), office.client(Role.DONOR_VIEWER, office.sweden)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page_of(donor, f"{BASE}/{issued.public_id}")))
    paper = words_of(donor.get(f"{BASE}/{issued.public_id}/pdf").data)
    rows = rows_of(donor.get(f"{BASE}/{issued.public_id}/xlsx").data)
    book = " ".join(str(value) for row in rows for value in row if value is not None)
    for said in (page, paper, book):
        assert "of 1 deposit it is not stated." in said
        assert f"31 Dec 2020 (probable): {note}" in said
    assert "31 Dec 2020 opening balance, probable" in page
    assert "31 Dec 2020, opening balance, probable" in paper
    (line,) = (row for row in rows if row[-1] == "opening balance, probable")
    assert line[5:7] == [7, "not stated"]
    (total,) = (row for row in rows if row[0] == "Total deposits")
    assert total[5:] == [307, 3, "Fee: of 1 deposit it is not stated"]
    draft = f"{office.draft}/pdf?since=1 Jan 2026"
    assert "Before 1 Jan 2026, 1 deposit" in words_of(donor.get(draft).data)


def test_a_contributor_below_zero_is_told_of_everywhere_and_named_nowhere(office: Office) -> None:
    undp = office.make.organisation("UNDP", OrganisationKind.PUNO)
    with office.app.app_context():
        office.till.post(EntryKind.TRANSFER, undp, 90_00, date(2026, 3, 3))
        office.till.post(EntryKind.CONTRIBUTOR_REFUND, office.norway, 160_00, date(2026, 3, 4))
        db.session.commit()
    issued, donor = office.issue(office.sweden), office.client(Role.DONOR_VIEWER, office.sweden)
    pages = [page_of(donor, path) for path in ("/f/SLW00/", f"{BASE}/", f"{BASE}/{issued.public_id}")]
    paper = words_of(donor.get(f"{BASE}/{issued.public_id}/pdf").data)
    rows = rows_of(donor.get(f"{BASE}/{issued.public_id}/xlsx").data)
    for said in (*pages, paper, " ".join(str(value) for row in rows for value in row)):
        assert "More was refunded to a contributor than it had contributed; its share is below zero" in said
        assert "125.00%" in said or "1.25" in said
        assert "112.5" in said
        assert "Norway" not in said
    assert ["Transferred to organisations", 90, 112.5, None] in rows


def test_a_draft_is_taken_as_a_file_that_says_it_is_none_and_that_is_noted(office: Office) -> None:
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    links = re.findall(rf'href="({office.draft}/\w+\?[^"]*)"', page_of(donor, f"{BASE}/?until=1 Nov 2026"))
    workbook, pdf = (donor.get(link) for link in links)
    assert pdf.headers["Content-Disposition"] == "attachment; filename=SLW00-Sweden-2026-11-01-not-issued.pdf"
    cells = " ".join(str(value) for row in rows_of(workbook.data) for value in row)
    for said in (words_of(pdf.data), cells):
        for words in ("As of now, not issued", "it has no number and no code", "1 Nov 2026"):
            assert words in said, words
        for words in ("SHA-256", "Issued by", "Check this statement"):
            assert words not in said, words
    assert donor.get(f"{office.draft}/pdf?until=soon").location == f"{office.draft}?until=soon"
    assert donor.get(f"{BASE}/of/{office.norway.public_id}/pdf").status_code == 404
    with office.app.app_context():
        taken = db.session.scalars(select(AccessEvent).where(AccessEvent.what == "export")).all()
        assert [event.subject_id for event in taken] == [office.sweden.public_id] * 2


def test_a_statement_of_eight_instalments_is_one_page_and_a_longer_one_keeps_the_rule_at_its_table(
    office: Office,
) -> None:
    def pages(instalments: int) -> list[str]:
        with office.app.app_context():
            signed = Signature(office.sweden, f"A-{instalments}", date(2026, 1, 2), Money(1000_00 * instalments, "SEK"))
            agreement = sign_agreement(office.fund, signed, by=office.till.officer)
            days = (date(2027, 1, 1) + timedelta(days=30 * number) for number in range(instalments))
            plan = [Planned(day, Money(1000_00, "SEK")) for day in days]
            plan_instalments(office.fund, agreement, plan, by=office.till.officer)
            db.session.commit()
        taken = office.client(Role.DONOR_VIEWER, office.sweden).get(f"{office.draft}/pdf").data
        return [page.extract_text() for page in PdfReader(io.BytesIO(taken)).pages]

    assert len(pages(4)) == len(pages(5)) == 1
    *_first, last = pages(20)
    assert "3 What the fund did with the pooled money" in last
    assert "Pro-rata, not attributed" in last


def test_every_file_that_is_taken_is_noted(office: Office) -> None:
    made = office.issue(office.sweden)
    donor = office.client(Role.DONOR_VIEWER, office.sweden)
    for name in ("pdf", "xlsx", "pdf"):
        donor.get(f"{BASE}/{made.public_id}/{name}")
    with office.app.app_context():
        taken = db.session.scalars(select(AccessEvent).where(AccessEvent.what == "export")).all()
        assert [event.subject_id for event in taken] == [made.public_id] * 3
        assert '"written_as": "PDF"' in taken[0].detail


def test_a_draft_asks_as_often_however_much_there_is(office: Office) -> None:
    officer = office.client(Role.SECRETARIAT_OFFICER)

    def asked() -> int:
        officer.get(office.draft)
        with statements(office.app) as sent:
            officer.get(office.draft)
        return len(sent)

    little = asked()
    for number in range(20):
        office.pay(office.sweden, 1_00 + number)
    office.issue(office.sweden)
    office.issue(office.sweden)
    assert asked() == little


# ---- documents


def upload(client: FlaskClient, content: bytes = PDF, **typed: str) -> tuple[int, str]:
    """Fill in the form and send it; return the status and the page or address."""
    values = {"kind": "annual_report", "year": "2025", "donor": "", **typed}
    opened = client.get(f"{BASE}/documents/new")
    answer = post(client, f"{BASE}/documents/new", opened, file=(io.BytesIO(content), "report.pdf"), **values)
    return answer.status_code, unescape(answer.text) if answer.status_code != 303 else answer.location


def test_reports_are_for_all_contributors_and_certified_statements_for_one(office: Office) -> None:
    officer = office.client(Role.SECRETARIAT_OFFICER)
    assert upload(officer)[0] == 303
    assert upload(officer, kind="certified_statement", donor=office.norway.public_id, year="2024")[0] == 303
    sweden, norway = (office.client(Role.DONOR_VIEWER, donor) for donor in (office.sweden, office.norway))
    seen = [page_of(client, f"{BASE}/documents") for client in (sweden, norway)]
    assert ["Annual report" in page for page in seen] == [True, True]
    assert ["Certified financial statement" in page for page in seen] == [False, True]
    with office.app.app_context():
        files = {row.kind.value: row.public_id for row in db.session.scalars(select(ContributorDocument))}
    report, certified = (f"{BASE}/documents/{files[kind]}/file" for kind in ("annual_report", "certified_statement"))
    assert [sweden.get(report).status_code, sweden.get(certified).status_code] == [200, 404]
    sent = norway.get(certified)
    assert (sent.data, sent.mimetype) == (PDF, "application/pdf")
    assert sent.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "content, typed, told",
    [
        (b"MZ\x90\x00 a program", {}, "This is no PDF file"),
        (b"%PDF-1.7 cut in the mid", {}, "The PDF ends in the middle"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), {}, "This is no PDF file"),
        (PDF, {"year": "1871"}, "Give a year from"),
        (PDF, {"year": "next"}, "Give a year from"),
        (PDF, {"kind": "certified_statement"}, "Choose the contributor it was certified for"),
        (PDF, {"donor": "sweden"}, "An annual report is for all contributors"),
    ],
)
def test_what_is_no_document_for_contributors_is_refused(
    office: Office, content: bytes, typed: dict[str, str], told: str
) -> None:
    named = {name: office.sweden.public_id if value == "sweden" else value for name, value in typed.items()}
    status, page = upload(office.client(Role.SECRETARIAT_OFFICER), content, **named)
    assert status == 422
    assert told in page
    assert count(office.app, ContributorDocument) == 0


def test_a_withdrawn_document_is_gone_for_contributors_and_kept_with_its_reason(office: Office) -> None:
    officer, donor = office.client(Role.SECRETARIAT_OFFICER), office.client(Role.DONOR_VIEWER, office.sweden)
    upload(officer)
    (file,) = set(re.findall(rf"{BASE}/documents/\w+/file", page_of(donor, f"{BASE}/")))
    away = file.replace("/file", "/withdraw")
    assert post(officer, away, because=" ").status_code == 422
    assert donor.get(file).status_code == 200
    assert post(officer, away, because="The table on page 4 is wrong").status_code == 303
    assert "already" in unescape(post(officer, away, because="Again").text)
    assert donor.get(file).status_code == 404
    assert "Annual report" not in page_of(donor, f"{BASE}/documents")
    assert "The table on page 4 is wrong" in page_of(office.client(Role.AUDITOR), f"{BASE}/documents")
    assert officer.get(file).data == PDF


# ---- the public check


def test_anybody_checks_a_statement_and_no_session_is_touched(office: Office, client: FlaskClient) -> None:
    made = office.issue(office.sweden)
    asked = client.get("/check", query_string={"typed": made.written_code.lower()})
    assert asked.status_code == 302
    answer = client.get(asked.location)
    page = unescape(answer.text)
    for said in ("Genuine", made.number, "Fund SLW00", "Sweden", "from the beginning to", "9 Nov 2026",
                 "USD\N{NO-BREAK SPACE}300.00", "75.00%", made.sha256):  # fmt: skip
        assert said in page, said
    assert "Set-Cookie" not in answer.headers
    assert "Demo" not in page.replace("Demonstration", ""), "no person is named"
    later = office.issue(office.sweden)
    assert f"by {later.number}" in unescape(client.get(f"/check/{made.code}").text)
    assert "Genuine, and superseded" in client.get(f"/check/{made.code}").text


@pytest.mark.parametrize("typed", ["K7QF-29MD-T4XW", "x", "<b>", "a/b", "Ä" * 300])
def test_an_unknown_code_is_answered_calmly(office: Office, client: FlaskClient, typed: str) -> None:
    answer = client.get(f"/check/{typed}")
    assert answer.status_code == 404
    assert "No statement has this code" in answer.text
    assert "<b>" not in answer.text.split("<main", 1)[1].replace("<b>Demonstration</b>", "")


def test_guessing_ends_soon_also_for_the_right_code_and_knowing_never_does(office: Office, client: FlaskClient) -> None:
    made = office.issue(office.sweden)
    for _ in range(40):
        assert client.get(f"/check/{made.code}").status_code == 200
    assert count(office.app, SigninAttempt) == 0
    told = [client.get(f"/check/GUESS{number:07}").status_code for number in range(31)]
    assert told == [404] * 30 + [429]
    refused = client.get(f"/check/{made.code}")
    assert refused.status_code == 429
    assert "Wait 10 minutes" in refused.text
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.get(f"/check/{made.code}", environ_base=elsewhere).status_code == 200
    with clock.at(NOON + timedelta(minutes=11)):
        assert client.get(f"/check/{made.code}").status_code == 200


def test_codes_are_not_in_order(office: Office) -> None:
    made = [office.issue(office.sweden).code for _ in range(8)]
    assert all(a[:3] != b[:3] for a, b in pairwise(sorted(made)))


def test_the_sha_on_the_check_page_is_that_of_the_frozen_figures(office: Office) -> None:
    made = office.issue(office.sweden)
    with office.app.app_context():
        row = db.session.get_one(ContributionStatement, made.id)
        assert digest(row.frozen) == row.sha256
