"""A proposal that was submitted twice: with files, then returned and answered with other texts and other money."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from pypdf import PdfWriter

from mptf.attachments import service as attachments
from mptf.budgets.grid import DIRECT, Place
from mptf.calls.facts import Dates
from mptf.calls.models import Call
from mptf.calls.terms import RequiredDocument
from mptf.core import clock, files
from mptf.core.db import db
from mptf.core.files import Store
from mptf.drafting import queries as drafting
from mptf.fund.models import Fund
from mptf.organisations.models import OrganisationKind
from mptf.people.models import Person
from mptf.policy import Role, Viewer
from mptf.proposals import service as proposals
from mptf.proposals.models import PROPOSAL_FLOW, PartKind, Proposal
from mptf.submissions import service
from mptf.submissions.models import Submission
from mptf.submissions.queries import get_submission
from tests.factories import Make
from tests.support.calls import published
from tests.support.whole import RISKS, fill, write

ASKED = "Letter of the host"
LETTER, SHEET = "letter of Kosovo: the host?.pdf", "photo of the store.png"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(60)
MARK = "Women and men were asked."
TYPES = {"pdf": "application/pdf", "png": "image/png"}


def pdf_of(pages: int = 1, *, password: str = "", padding: int = 0) -> bytes:
    """Return a PDF file as somebody's program writes it, of so many pages."""
    writer, out = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if padding:
        writer.add_attachment("padding", bytes(range(256)) * (padding // 256))
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


@dataclass
class Sent:
    """A proposal of UNDP Albania with UNDP Serbia, those who know of it, and an officer of another organisation."""

    app: Flask
    fund: Fund
    key: int
    path: str
    ana: Viewer
    officer: Viewer
    stranger: Viewer
    unsent: str = ""

    @contextmanager
    def open(self) -> Iterator[Proposal]:
        """Load the proposal anew inside the block, and commit at its end."""
        with self.app.app_context():
            yield db.session.get_one(Proposal, self.key)
            db.session.commit()

    def submission(self, number: int) -> Submission:
        """Return what was sent, inside a block of `open`."""
        return get_submission(db.session.get_one(Proposal, self.key), number)

    def attach(self, name: str, content: bytes, *, document: str = "other", title: str = "More") -> str:
        """Put a file on record and attach it; return its public id."""
        with self.open() as proposal:
            blob = self.store.keep(io.BytesIO(content), limit=1 << 30)
            media = TYPES[name.rpartition(".")[2]]
            stored = files.add(blob, name=name, media_type=media, by=self.ana, fund_id=self.fund.id)
            key = attachments.attach(proposal, stored, document=document, by=self.ana)
            stands = dict(drafting.content_of(drafting.newest(proposal, PartKind.ATTACHMENTS)))
            write(proposal, PartKind.ATTACHMENTS, {**stands, f"files.{key}.title": title}, by=self.ana)
            return stands[f"files.{key}.file"]

    def submit(self, remark: str = "") -> None:
        """Submit what stands."""
        with self.open() as proposal:
            service.submit(proposal, remark=remark, by=self.ana)

    def give_back(self, **reasons: str) -> None:
        """Take up screening and return parts."""
        with self.open() as proposal:
            PROPOSAL_FLOW.fire(proposal, "screen", by=self.officer)
            until = clock.today(proposal.fund) + timedelta(days=7)
            given = {PartKind(part): reason for part, reason in reasons.items()}
            service.give_back(proposal, given, until, by=self.officer)

    @property
    def store(self) -> Store:
        """Where the files stand."""
        store: Store = self.app.extensions["files"]
        return store


def whole(make: Make) -> Sent:
    """Return a whole draft of two offices, whose call asks for a letter; nothing is attached yet."""
    fund = make.fund()
    undp, unodc = make.organisation("UNDP", OrganisationKind.PUNO), make.organisation("UNODC", OrganisationKind.PUNO)
    albania, serbia, far = make.office(undp, "UNDP Albania"), make.office(undp, "UNDP Serbia"), make.office(unodc, "U")
    ana, stranger = (
        make.viewer(Role.PUNO_OFFICER, fund, office=albania),
        make.viewer(Role.PUNO_OFFICER, fund, office=far),
    )
    head, officer = make.viewer(Role.SECRETARIAT_HEAD, fund), make.viewer(Role.SECRETARIAT_OFFICER, fund)
    with make.app.app_context():
        now = clock.now().replace(microsecond=0)
        dates = Dates(now - timedelta(days=1), now + timedelta(days=10), "Europe/Belgrade", 30)
        call = published(db.session.get_one(Fund, fund.id), [albania, serbia, far], by=head, dates=dates)
        keys = {"call_id": call.id, "fund_id": call.fund_id}
        db.session.add(RequiredDocument(position=1, name=ASKED, guidance="Signed", **keys))
        proposal = proposals.start(
            db.session.get_one(Call, call.id), db.session.merge(albania), title="Safe storage", by=ana
        )
        db.session.commit()
        fill(proposal, by=ana)
        key, path = proposal.id, f"/f/{fund.code}/proposals/{proposal.public_id}"
        _with(proposal, serbia.public_id, ana)
        db.session.commit()
    return Sent(make.app, fund, key, path, ana, officer, stranger)


def _with(proposal: Proposal, office: str, by: Viewer) -> None:
    """Let another office take part, with a budget of its own."""
    general = drafting.content_of(drafting.newest(proposal, PartKind.GENERAL))
    write(proposal, PartKind.GENERAL, {**general, f"offices.{office}": "y"}, by=by)
    budget = drafting.content_of(drafting.newest(proposal, PartKind.BUDGET))
    cells = {Place(office, year, key).field: "1000" for year in (1, 2) for key in DIRECT}
    write(proposal, PartKind.BUDGET, {**budget, **cells}, by=by)
    plan = drafting.content_of(drafting.newest(proposal, PartKind.WORKPLAN))
    fences = {"activities.dddddd.milestone": "Ten fences", "activities.dddddd.due": "2"}
    write(proposal, PartKind.WORKPLAN, {**plan, **fences}, by=by)


def sent_twice(make: Make) -> Sent:
    """Return the proposal after two submissions; a file was uploaded since the first that was not sent."""
    sent = whole(make)
    with sent.open() as proposal:
        document = proposal.call.documents[0].public_id
    sent.attach(LETTER, pdf_of(2), document=document, title="")
    sent.attach(SHEET, PNG, title="A photo")
    sent.submit()
    sent.give_back(
        risks="Name an owner.", budget="Travel is too high.", general="Say more of women.", attachments="Why?"
    )
    sent.unsent = sent.attach("not sent.pdf", pdf_of(3), title="Away")
    answer(sent)
    sent.submit(remark="We named an owner and cut travel.")
    return sent


def answer(sent: Sent) -> None:
    """Change what was returned: a word, a risk more, one amount less; the file that was added goes again."""
    with sent.open() as proposal:
        by = sent.ana
        more = {
            "risks": "aaaaaa bbbbbb", "risks.bbbbbb.category": "finance", "risks.bbbbbb.text": "Prices rise",
            "risks.bbbbbb.likelihood": "2", "risks.bbbbbb.impact": "2", "risks.bbbbbb.mitigation": "Buy early",
            "risks.bbbbbb.owner": "Finance officer",
        }  # fmt: skip
        write(proposal, PartKind.RISKS, {**RISKS, **more, "risks.aaaaaa.owner": "Head of stores"}, by=by)
        general = drafting.content_of(drafting.newest(proposal, PartKind.GENERAL))
        write(proposal, PartKind.GENERAL, {**general, "gender_why": MARK}, by=by)
        budget = drafting.content_of(drafting.newest(proposal, PartKind.BUDGET))
        travel = Place(proposal.office.public_id, 2, 5).field
        write(proposal, PartKind.BUDGET, {**budget, travel: "4,000.00"}, by=by)
        listed = drafting.content_of(drafting.newest(proposal, PartKind.ATTACHMENTS))
        kept = [key for key in listed["files"].split() if listed.get(f"files.{key}.title") != "Away"]
        left = {name: text for name, text in listed.items() if name.split(".")[1:2] in [[key] for key in kept]}
        write(proposal, PartKind.ATTACHMENTS, {**left, "files": " ".join(kept)}, by=by)


def person_of(viewer: Viewer) -> Person:
    """Return somebody by the viewer, inside an application context."""
    return db.session.get_one(Person, viewer.id)
