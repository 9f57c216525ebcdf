"""The part Attachments: files on record, listed as documents of the call, copied and dropped with their proposal."""

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from mptf.attachments import copying, service
from mptf.attachments.models import ProposalFile
from mptf.attachments.part import LARGEST, MOST_FILES, PART, read_attachments
from mptf.calls.terms import RequiredDocument
from mptf.core import clock, files
from mptf.core.audit import AccessEvent, AuditEvent
from mptf.core.db import db
from mptf.core.errors import NotAllowed, RuleBroken
from mptf.core.files import Store, StoredFile
from mptf.drafting import copying as typed_copying
from mptf.drafting import queries
from mptf.drafting.reading import Asked, Frame, Level, OnRecord
from mptf.policy import Role
from mptf.proposals import service as proposals
from mptf.proposals.models import May, PartKind, Proposal
from tests.conftest import Once
from tests.support.drafting import Drafted, drafted
from tests.support.proposing import submit
from tests.test_documents import PDF, PNG, TYPES, archive

RECORDED = OnRecord("letter.pdf", 50, "ab" * 32, datetime(2026, 3, 2, tzinfo=UTC), "Ana Demo")
FRAME = Frame(
    "USD", 700, files={"one": RECORDED},
    documents={"letter": Asked("Letter", "Signed", True), "map": Asked("Map", "", False)},
)  # fmt: skip
ROW = {"files": "aaaaaa", "files.aaaaaa.file": "one"}


@pytest.fixture
def draft(app: Any, once: Once) -> Drafted:
    return once(drafted)


@pytest.fixture
def letter(draft: Drafted) -> RequiredDocument:
    """Let the call ask for a letter."""
    keys = {"call_id": draft.call.id, "fund_id": draft.fund.id}
    return draft.make._kept(RequiredDocument(position=1, name="Letter of the host", guidance="Signed", **keys))


@pytest.fixture
def ana(draft: Drafted) -> FlaskClient:
    return draft.make.client_of(draft.ana)


@pytest.fixture
def page(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/parts/attachments"


@pytest.fixture
def here(draft: Drafted) -> str:
    return f"/f/SLW00/proposals/{draft.proposal.public_id}/attachments"


def attach(client: FlaskClient, here: str, content: bytes = PDF, name: str = "letter.pdf", **more: str) -> TestResponse:
    """Post the form that attaches a file as its page gives it."""
    opened = client.get(f"{here}/add").text
    found = re.findall(r'<input[^>]*name="(csrf_token|token)"[^>]*value="([^"]*)"', opened)
    values = {"document": "", **dict(found), **more, "file": (io.BytesIO(content), name)}
    return client.post(f"{here}/add", data=values, content_type="multipart/form-data")


def on_record(draft: Drafted) -> list[ProposalFile]:
    with draft.open() as proposal:
        return list(db.session.scalars(select(ProposalFile).where(ProposalFile.proposal_id == proposal.id)))


def told(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.text))


# ---- what the part says


def test_a_document_the_call_needs_is_named_while_it_is_missing() -> None:
    read = read_attachments({}, FRAME)
    assert [(str(one), one.level) for one in read.problems] == [("Attach “Letter”: it is asked for.", Level.MISSING)]
    assert read_attachments({**ROW, "files.aaaaaa.document": "letter"}, FRAME).complete


def test_nothing_asked_for_and_nothing_attached_is_complete() -> None:
    assert read_attachments({}, Frame("USD", 700)).complete


@pytest.mark.parametrize(
    "typed,field,sentence",
    [
        ({}, "document", "Choose which document this file is."),
        ({"document": "gone"}, "document", "Choose one of the list."),
        ({"document": "other"}, "title", "Say what this document is."),
        ({"document": "map", "title": "a" * 201}, "title", "Use at most 200 characters: this is 1 more."),
        ({"document": "map", "file": "two"}, "file", "This file is not on record. Remove it and attach it again."),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_its_field(typed: dict[str, str], field: str, sentence: str) -> None:
    content = {**ROW, **{f"files.aaaaaa.{name}": text for name, text in typed.items()}}
    problems = {one.field: str(one) for one in read_attachments(content, FRAME).problems}
    assert problems[f"files.aaaaaa.{field}"] == sentence


def test_a_file_that_is_not_on_record_is_no_document() -> None:
    read = read_attachments({**ROW, "files.aaaaaa.file": "two", "files.aaaaaa.document": "letter"}, FRAME)
    assert "Attach “Letter”: it is asked for." in [str(one) for one in read.problems]


# ---- attaching


def test_a_file_is_attached_shown_and_sent(
    draft: Drafted, ana: FlaskClient, page: str, here: str, letter: RequiredDocument
) -> None:
    assert "Needed, not attached yet" in ana.get(page).text
    answer = attach(ana, here, document=letter.public_id)
    assert answer.status_code == 303
    (row,) = on_record(draft)
    shown = ana.get(answer.location.partition("#")[0]).text
    with draft.open() as proposal:
        state = queries.state_of(proposal, PART, queries.frame_of(proposal))
        (one,) = state.read.value.files
        assert (one.file, one.document, state.read.complete) == (row.public_id, letter.public_id, True)
        assert state.version
        assert state.version.explicit
        assert one.known
        assert one.known.sha256 in shown
        assert "letter.pdf" in shown
        assert "1 file attached" in shown
        assert db.session.scalars(select(AuditEvent.action).where(AuditEvent.action == "part.attached")).all()
    sent = draft.make.client_of(draft.ben).get(f"{here}/{row.public_id}")
    assert sent.data == PDF
    assert sent.headers["Content-Disposition"].startswith("attachment")
    with draft.open():
        looks = db.session.scalars(select(AccessEvent).where(AccessEvent.what == "file")).all()
        assert [one.person_id for one in looks] == [draft.ben.id]


def test_the_part_offers_the_form_to_who_writes_it_alone(draft: Drafted, ana: FlaskClient, page: str) -> None:
    reader = draft.make.client_of(draft.officer("Rita Demo", May.READ))
    assert 'id="attach-file"' in ana.get(page).text
    assert 'id="attach-file"' not in reader.get(page).text


@pytest.mark.parametrize(
    "content,name,sentence",
    [
        (b"MZ" + bytes(100), "letter.pdf", "This file (EXE) is not taken as a document."),
        (b"", "letter.pdf", "The file is empty."),
        (
            archive(TYPES, ("word/document.xml", b"<d>" + b"a" * (40 << 20))),
            "letter.docx",
            "unpacks to far more than a document",
        ),
        (PDF + bytes(200_000), "letter.pdf", "The file is larger than 0.1 MB."),
    ],
    ids=["a program", "empty", "a bomb", "too large"],
)
def test_what_is_no_document_is_refused_at_the_field_and_the_draft_stays(
    draft: Drafted,
    ana: FlaskClient,
    here: str,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    name: str,
    sentence: str,
) -> None:
    monkeypatch.setattr("mptf.attachments.forms.FileForm.limit", 100_000)
    draft.save(draft.ana, "attachments", {"files": "aaaaaa", "files.aaaaaa.title": "A title"})
    before = draft.stands("attachments")
    answer = attach(ana, here, content, name)
    assert answer.status_code == 422
    error = re.search(r'id="file-error".*?</p>', answer.text, re.DOTALL)
    assert error
    assert sentence in error[0]
    assert draft.stands("attachments") == before
    assert on_record(draft) == []


def test_the_same_bytes_are_attached_once(draft: Drafted, ana: FlaskClient, here: str) -> None:
    attach(ana, here)
    answer = attach(ana, here, name="again.pdf")
    assert answer.status_code == 422
    assert "This file is attached already, as “letter.pdf”. Nothing was added." in told(answer)
    assert len(on_record(draft)) == 1


def test_a_file_that_was_removed_stays_on_record_and_can_be_attached_again(
    draft: Drafted, ana: FlaskClient, here: str
) -> None:
    attach(ana, here)
    (row,) = on_record(draft)
    draft.save(draft.ana, "attachments", {}, version=1)
    assert draft.stands("attachments") == {}
    assert ana.get(f"{here}/{row.public_id}").data == PDF
    assert attach(ana, here).status_code == 303
    assert len(on_record(draft)) == 2


def test_a_file_keeps_what_somebody_else_typed_meanwhile(draft: Drafted, ana: FlaskClient, here: str) -> None:
    attach(ana, here)
    (key,) = draft.stands("attachments")["files"].split()
    draft.save(draft.ben, "attachments", {**draft.stands("attachments"), f"files.{key}.title": "Letter"}, version=1)
    attach(ana, here, PNG, "map.png")
    stands = draft.stands("attachments")
    assert stands[f"files.{key}.title"] == "Letter"
    assert len(stands["files"].split()) == 2


def test_at_most_forty_files_are_attached(draft: Drafted, ana: FlaskClient, here: str) -> None:
    keys = " ".join(f"aaaa{number:02}" for number in range(MOST_FILES))
    draft.save(draft.ana, "attachments", {"files": keys})
    answer = attach(ana, here)
    assert answer.status_code == 422
    assert "At most 40 files can be attached. Remove one first." in told(answer)


def test_who_only_reads_attaches_nothing(draft: Drafted, here: str) -> None:
    reader = draft.officer("Rita Demo", May.READ)
    assert draft.make.client_of(reader).get(f"{here}/add").status_code in (404, 409)
    with draft.open() as proposal, pytest.raises(NotAllowed):
        service.attach(proposal, stored(draft), by=draft.viewer(reader))


def test_after_the_submission_nothing_is_attached(draft: Drafted, ana: FlaskClient, here: str) -> None:
    with draft.open() as proposal:
        submit(proposal)
    assert ana.get(f"{here}/add").status_code == 409
    with draft.open() as proposal, pytest.raises(RuleBroken, match="cannot be changed now"):
        service.attach(proposal, stored(draft), by=draft.viewer(draft.ana))


def test_a_file_of_another_proposal_is_not_there(draft: Drafted, ana: FlaskClient, here: str) -> None:
    other = another(draft)
    with draft.open():
        row = ProposalFile(
            proposal_id=other.id, fund_id=other.fund_id, file_id=stored(draft).id, by_id=draft.ana.id
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        public_id = row.public_id
    assert ana.get(f"{here}/{public_id}").status_code == 404
    draft.save(draft.ana, "attachments", {"files": "aaaaaa", "files.aaaaaa.file": public_id})
    shown = told(ana.get(here.replace("/attachments", "/parts/attachments")))
    assert "This file is not on record. Remove it and attach it again." in shown
    assert "table.pdf" not in shown


def test_the_secretariat_takes_no_file_of_a_draft(draft: Drafted, ana: FlaskClient, here: str) -> None:
    attach(ana, here)
    (row,) = on_record(draft)
    officer = draft.make.person("Sekretaria Demo")
    draft.make.grant(officer, Role.SECRETARIAT_OFFICER, draft.fund)
    assert draft.make.client_of(officer).get(f"{here}/{row.public_id}").status_code == 404


# ---- where the proposal goes


def stored(draft: Drafted) -> StoredFile:
    """Put another file into the store."""
    store: Store = draft.app.extensions["files"]
    blob = store.keep(io.BytesIO(PDF + b"%other"), limit=LARGEST)
    by = draft.viewer(draft.ana)
    return files.add(blob, name="table.pdf", media_type="application/pdf", by=by, fund_id=draft.fund.id)


def another(draft: Drafted) -> Proposal:
    return draft.make._kept(
        Proposal(
            fund_id=draft.fund.id, call_id=draft.call.id, organisation_id=draft.organisation.id,
            office_id=draft.office.id, title="Another", by_id=draft.ana.id,
        )
    )  # fmt: skip


def copied(draft: Drafted) -> Proposal:
    """Copy the parts and files of the draft into another proposal."""
    new = another(draft)
    with draft.open() as proposal:
        there, by = db.session.get_one(Proposal, new.id), draft.viewer(draft.ana)
        typed_copying.copy(proposal, there, by)
        copying.copy(proposal, there, by)
    return new


def test_a_copy_has_the_files_on_its_own_record(
    draft: Drafted, ana: FlaskClient, here: str, letter: RequiredDocument
) -> None:
    attach(ana, here, document=letter.public_id)
    (row,) = on_record(draft)
    new = copied(draft)
    with draft.open():
        (again,) = db.session.scalars(select(ProposalFile).where(ProposalFile.proposal_id == new.id))
        assert again.file_id == row.file_id
        assert again.public_id != row.public_id
        there = db.session.get_one(Proposal, new.id)
        state = queries.state_of(there, PART, queries.frame_of(there))
        assert [one.file for one in state.read.value.files] == [again.public_id]
        assert state.read.complete


def test_a_copy_of_nothing_attached_holds_nothing(draft: Drafted) -> None:
    new = copied(draft)
    with draft.open():
        assert queries.newest(db.session.get_one(Proposal, new.id), PartKind.ATTACHMENTS) is None


def test_a_dropped_draft_leaves_no_file_and_the_sweeper_takes_the_bytes(
    draft: Drafted, ana: FlaskClient, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach(ana, here)
    store: Store = draft.app.extensions["files"]
    with draft.open() as proposal:
        (blob,) = [one.file.sha256 for one in db.session.scalars(select(ProposalFile))]
        proposals.drop(proposal, by=draft.viewer(draft.ana))
    with draft.app.app_context():
        assert db.session.scalars(select(ProposalFile)).all() == []
        assert db.session.scalars(select(StoredFile)).all() == []
        later = clock.now() + 2 * files.SWEPT_AFTER
        monkeypatch.setattr(clock, "now", lambda: later)
        assert files.sweep(store) == 1
        assert not store.path(blob).exists()


def test_a_file_a_copy_shares_stays_when_the_draft_is_dropped(draft: Drafted, ana: FlaskClient, here: str) -> None:
    attach(ana, here)
    new = copied(draft)
    with draft.open() as proposal:
        proposals.drop(proposal, by=draft.viewer(draft.ana))
    with draft.app.app_context():
        (row,) = db.session.scalars(select(ProposalFile))
        assert (row.proposal_id, row.file.own_name) == (new.id, "letter.pdf")


def test_the_database_keeps_files_as_they_are(draft: Drafted, ana: FlaskClient, here: str) -> None:
    attach(ana, here)
    with draft.app.app_context():
        with pytest.raises(DBAPIError, match="never changed"):
            db.session.execute(update(ProposalFile).values(by_id=draft.ben.id))
        db.session.rollback()
    with draft.open() as proposal:
        submit(proposal)
    with draft.app.app_context():
        with pytest.raises(DBAPIError, match="never deleted"):
            db.session.execute(delete(ProposalFile))
        db.session.rollback()
