"""Pages of a call that takes concept notes: what an applicant and the Secretariat are shown in each stage."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from mptf.calls.facts import Dates
from mptf.core import clock
from mptf.core.db import db
from mptf.dossiers.packing import make as pack
from mptf.dossiers.papers import Dossier
from mptf.drafting import queries as drafting
from mptf.organisations.models import OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import INVITED, May, PartKind, Proposal, Stage
from mptf.screening import queries as screenings
from mptf.screening import service as screening
from mptf.screening.models import Answer
from mptf.screening.proposed import Said
from mptf.submissions import service
from mptf.submissions.queries import latest
from tests.factories import Make
from tests.support.calls import open_for, published
from tests.support.posting import post
from tests.support.signing import sign_in
from tests.support.whole import contents, write


@dataclass
class Desk:
    """A whole concept note, who writes it and the Secretariat, each with a client."""

    app: Flask
    key: int
    fund: str
    path: str
    call: str
    ana: Viewer
    head: Viewer
    applicant: FlaskClient
    officer: FlaskClient

    def proposal(self) -> Proposal:
        db.session.expire_all()
        return db.session.get_one(Proposal, self.key)

    def sent(self) -> None:
        """Submit the note and answer its checklist."""
        with self.app.app_context():
            service.submit(self.proposal(), by=self.ana)
            screening.take_up(self.proposal(), by=self.head)
            said = [Said(item.id, Answer.YES, "", 0) for item in screenings.items_of(self.proposal().call)]
            screening.answer(self.proposal(), said, by=self.head)
            db.session.commit()


@pytest.fixture
def desk(app: Flask, make: Make) -> Desk:
    """Return the desk; concept notes are taken for five days more, the call for thirty."""
    fund = make.fund()
    office = make.office(make.organisation("UNDP", OrganisationKind.PUNO), "UNDP Albania")
    ana, head = make.viewer(Role.PUNO_OFFICER, fund, office=office), make.viewer(Role.SECRETARIAT_HEAD, fund)
    with app.app_context():
        usual = open_for(30, grace=30)
        dates: Dates = replace(usual, concept_until=clock.now() + timedelta(days=5))
        call = published(fund, [office], by=head, dates=dates)
        made = proposals.start(call, db.session.merge(office), title="Safe storage", by=ana)
        db.session.commit()
        where = {f"jurisdictions.{one.public_id}": "y" for one in call.jurisdictions}
        note = {"problem": "Depots are open.", "doing": "Build fences.", "together": "UNDP.", "months": "24"}
        write(made, PartKind.CONCEPT, {**note, **where, "amount": "250,000"}, by=ana)
        db.session.commit()
        key, path, of_call = made.id, f"/f/{fund.code}/proposals/{made.public_id}", call.public_id
        people = [db.session.get_one(Person, viewer.id) for viewer in (ana, head)]
    applicant, officer = (sign_in(app.test_client(), person) for person in people)
    return Desk(app, key, f"/f/{fund.code}", path, of_call, ana, head, applicant, officer)


def let_do(desk: Desk, may: May) -> None:
    """Let who wrote the note do more or less in it."""
    with desk.app.app_context():
        [member] = desk.proposal().people_now
        member.may = may
        db.session.commit()


def listed(desk: Desk, stage: str) -> list[str]:
    """Return the stages in the file of what was submitted in one; the page and the list of the call agree with it."""
    address = f"{desk.fund}/proposals/"
    lines = csv.DictReader(
        io.StringIO(desk.officer.get(f"{address}submitted.csv?stage={stage}").data.decode("utf-8-sig"))
    )
    found = [line["Stage"] for line in lines]
    assert (f'{desk.path}"' in desk.officer.get(f"{address}?stage={stage}").text) is bool(found)
    whole = desk.officer.get(f"{desk.fund}/calls/{desk.call}/screening.csv").data.decode("utf-8-sig")
    [of_call] = csv.DictReader(io.StringIO(whole))
    assert found in ([], [of_call["Stage"]])
    return found


def test_a_concept_note_is_written_sent_and_read_alone(desk: Desk) -> None:
    page = desk.applicant.get(desk.path).text
    assert "Concept notes until" in page
    assert "/parts/concept" in page
    assert "/parts/budget" not in page
    assert "Write the concept note" in page
    let_do(desk, May.FINANCE)
    assert "Read the concept note" in desk.applicant.get(desk.path).text, "who writes the budget writes no concept note"
    let_do(desk, May.WRITE)
    part = desk.applicant.get(f"{desk.path}/parts/concept").text
    assert "From USD 10,000 to USD 900,000." in part.replace("\N{NO-BREAK SPACE}", " ")
    assert "/parts/general" not in part
    for absent in ("parts/general", "parts/budget/versions", "budget/workbook", "budget/workbook/back"):
        assert desk.applicant.get(f"{desk.path}/{absent}").status_code == 404, absent
    assert post(desk.applicant, f"{desk.path}/begin").status_code == 303
    shown = desk.applicant.get(f"{desk.path}/submit").text
    assert "Submit the concept note" in shown
    assert "Amount expected" in shown
    assert post(desk.applicant, f"{desk.path}/submit", sure="y").status_code == 303
    read = desk.applicant.get(f"{desk.path}/submissions/1/").text
    assert "Depots are open." in read
    assert "part-budget" not in read
    assert "Concept note" in desk.officer.get(f"{desk.fund}/proposals/").text


def test_the_list_of_screening_and_its_file_mark_a_concept_note(desk: Desk) -> None:
    desk.sent()
    listed = f"{desk.fund}/calls/{desk.call}/screening"
    assert '<span class="tag">Concept note</span>' in desk.officer.get(listed).text
    assert '<span class="tag">Concept note</span>' in desk.officer.get(f"{desk.path}/screening").text
    head, row, *_ = desk.officer.get(f"{listed}.csv").get_data(as_text=True).splitlines()
    told = dict(zip(head.split(","), row.split(","), strict=False))
    assert told['"Stage"'] == '"Concept note"'
    assert told['"Items asked"'] == told['"Items answered"']


def test_the_secretariat_invites_where_it_would_admit_and_the_office_goes_on(desk: Desk) -> None:
    desk.sent()
    back = desk.officer.get(f"{desk.path}/return").text
    assert 'name="concept"' in back
    assert 'name="budget"' not in back
    page = desk.officer.get(f"{desk.path}/screening").text
    assert "Invite the full proposal" in page
    assert "Admit to technical review" not in page
    for client, address in (
        (desk.officer, desk.path), (desk.applicant, desk.path),
        (desk.officer, f"{desk.fund}/calls/{desk.call}/opinions/"),
        (desk.officer, f"{desk.fund}/calls/{desk.call}/screening"), (desk.officer, f"{desk.path}/screening/refuse"),
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
    letter = desk.officer.get(f"{desk.path}/screening/refuse?grounds=late&grounds=document").text
    assert "P1" in letter
    assert post(desk.officer, f"{desk.path}/screening/invite").status_code == 303
    with desk.app.app_context():
        assert (desk.proposal().status, desk.proposal().stage) == (INVITED, Stage.FULL)
    assert (listed(desk, "concept"), listed(desk, "full")) == (["Concept note"], []), "what was sent is the note still"
    assert _called(desk) == ["Concept note"] * 3
    assert "Expected USD" in _text(desk, f"{desk.path}/screening")
    shown = desk.applicant.get(desk.path).text
    assert "The full proposal is invited" in shown
    closed = desk.applicant.get(f"{desk.path}/parts/concept").text
    assert "This part cannot be changed now" in closed
    assert 'aria-current="page">' in closed, "no tone: it hides every other mark than its own, and the lock with them"
    assert "/parts/general" in closed
    with desk.app.app_context():
        frame = drafting.frame_of(desk.proposal())
        for kind, content in contents(desk.proposal(), frame).items():
            write(desk.proposal(), kind, content, by=desk.ana)
        db.session.commit()
    assert post(desk.applicant, f"{desk.path}/begin").status_code == 303
    assert "as version 2" in desk.applicant.get(f"{desk.path}/submit").text
    assert post(desk.applicant, f"{desk.path}/submit", sure="y").status_code == 303
    assert listed(desk, "full") == ["Full proposal"]
    assert _called(desk) == ["Full proposal"] * 2, "the list of a call marks concept notes alone"
    assert "Requested USD" in _text(desk, f"{desk.path}/screening")
    full = desk.officer.get(f"{desk.path}/submissions/2/").text
    assert "part-budget" in full
    assert desk.officer.get(f"{desk.path}/submissions/2/changes").status_code == 404
    assert desk.officer.get(f"{desk.path}/screening").status_code == 200


def _text(desk: Desk, address: str) -> str:
    return desk.officer.get(address).text.replace("\N{NO-BREAK SPACE}", " ")


def _called(desk: Desk) -> list[str]:
    """Return what a proposal is called on its screening, in the list of screening, and in the file of opinions."""
    tag = re.compile(r'<span class="tag">(Concept note|Full proposal)</span>')
    pages = (f"{desk.path}/screening", f"{desk.fund}/calls/{desk.call}/screening")
    found = [one for page in pages for one in tag.findall(desk.officer.get(page).text)]
    told = desk.officer.get(f"{desk.fund}/calls/{desk.call}/opinions.csv").data.decode("utf-8-sig")
    return [*found, *(line["Stage"] for line in csv.DictReader(io.StringIO(told)))]


def test_the_dossier_of_a_concept_note_has_its_texts_and_no_budget(desk: Desk, tmp_path: Path) -> None:
    desk.sent()
    with desk.app.app_context():
        dossier = Dossier.of(latest(desk.proposal()))
    made = pack(dossier, desk.app.extensions["files"], tmp_path, lambda *_: None)
    with zipfile.ZipFile(made.zip) as packed:
        names = {name.rpartition("/")[2] for name in packed.namelist()}
    assert {"snapshot.json", "receipt.txt"} <= names
    assert "budget.xlsx" not in names
    assert made.pdf.read_bytes().startswith(b"%PDF-")


def test_the_call_shows_its_stage_and_the_form_of_its_dates_has_it(desk: Desk) -> None:
    address = f"{desk.fund}/calls/{desk.call}"
    for client in (desk.applicant, desk.officer):
        page = client.get(address).text
        assert "Concept notes until" in page
        assert "Full proposals" in page
    form = desk.officer.get(f"{address}/write/dates").text
    assert 'name="concept_on"' in form
    assert "concept notes until" in desk.applicant.get(f"{desk.fund}/calls/").text
    assert "BEGIN:VEVENT" in desk.applicant.get(f"{address}/calendar.ics").text
    assert "concept notes" in desk.applicant.get(f"{desk.fund}/proposals/").text
