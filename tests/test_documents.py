"""Documents attached to a record: by content, for whoever reads the deposit, withdrawn and never deleted (FIL-1)."""

import io
import zipfile
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from mptf.core import clock, files
from mptf.core.audit import AccessEvent, AuditEvent
from mptf.core.db import db, transactions
from mptf.core.errors import RuleBroken
from mptf.core.files import Store
from mptf.documents.models import Attachment
from mptf.jobs import chores
from mptf.paper.attachable import DocumentFormat, recognise, with_its_ending
from mptf.policy import Role
from tests import worlds
from tests.factories import Make
from tests.support.signing import sign_in
from tests.support.visitor import hidden_fields
from tests.worlds import Records, World

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer <<>>\n%%EOF\n"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(60)
JPEG = bytes.fromhex("ffd8ffe000104a46494600") + bytes(60)
TYPES = ("[Content_Types].xml", b"<Types/>")


def archive(*parts: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts:
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # the same bytes at any moment
    return out.getvalue()


WORD = archive(TYPES, ("word/document.xml", b"<document/>"))
EXCEL = archive(TYPES, ("xl/workbook.xml", b"<workbook/>"))

# What is taken, by its content


@pytest.mark.parametrize(
    "content,kind",
    [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpg"), (WORD, "docx"), (EXCEL, "xlsx")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_document_is_known_by_its_content(tmp_path: Path, content: bytes, kind: str) -> None:
    file = tmp_path / "whatever.exe"
    file.write_bytes(content)
    assert recognise(file) is DocumentFormat(kind)


@pytest.mark.parametrize(
    "content,told",
    [
        (b"  \n", "The file is empty."),
        (b"<html><script>alert(1)</script>", "This is no document this system knows."),
        (b"MZ" + bytes(100), "This file (EXE) is not taken as a document."),
        (b"a,b\n1,2\n", "This is no document this system knows."),
        (PDF[:20] + bytes(9000), "The PDF ends in the middle."),
        (archive(("a.txt", b"a")), "This file (ZIP) is not taken as a document."),
        (archive(TYPES, ("word/document.xml", b"<d/>"), ("word/vbaProject.bin", b"x")), "The document holds macros."),
        (archive(TYPES, ("word/document.xml", b"<!DOCTYPE d [<!ENTITY a 'b'>]><d/>")), "an XML document type"),
        (archive(TYPES, ("word/document.xml", b"<d>" + b"a" * (40 << 20))), "unpacks to far more than a document"),
        (WORD[:100], "The document is damaged"),
    ],
)
def test_every_other_content_is_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "notice.pdf"
    file.write_bytes(content)
    with pytest.raises(RuleBroken) as refusal:
        recognise(file)
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    "name,kind,kept",
    [
        ("notice.pdf", DocumentFormat.PDF, "notice.pdf"),
        ("page.html", DocumentFormat.PDF, "page.html.pdf"),
        ("Scan.JPEG", DocumentFormat.JPEG, "Scan.JPEG"),
        ("scan", DocumentFormat.PNG, "scan.png"),
    ],
)
def test_a_file_leaves_with_the_ending_of_what_it_is(name: str, kind: DocumentFormat, kept: str) -> None:
    assert with_its_ending(name, kind) == kept


# On the page of a deposit


@pytest.fixture
def world(make: Make) -> World:
    return worlds.build(make)


@pytest.fixture
def own(app: Flask, world: World) -> Records:
    return record(app, world, "plain")


def record(app: Flask, world: World, word: str) -> Records:
    donor = world.donor if word == "plain" else world.other_donor
    with app.app_context():
        by = world.viewer(Role.SECRETARIAT_OFFICER)
        return worlds.records(app, world, fund=world.fund, donor=donor, by=by, word=word)


def as_(app: Flask, world: World, role: Role) -> FlaskClient:
    return sign_in(app.test_client(), world.people[role])


def page_of(records: Records) -> str:
    return f"/f/SLW00/contributions/deposits/{records.deposit.public_id}"


def attach(
    client: FlaskClient, records: Records, content: bytes = PDF, name: str = "notice.pdf", **typed: str
) -> TestResponse:
    said = {"kind": "aa_notice", "title": "Notice of 16 March", **typed}
    url = f"{page_of(records)}/documents"
    hidden = hidden_fields(client.get(url).text)
    return client.post(url, data={**hidden, **said, "file": (io.BytesIO(content), name)})


def attached(app: Flask) -> list[str]:
    """Return what a test attached, beside the notice every record of the world has."""
    ours = select(Attachment.public_id).join(Attachment.file).where(files.StoredFile.own_name == "notice.pdf")
    with app.app_context(), transactions("read"):
        return list(db.session.scalars(ours.order_by(Attachment.id)))


def test_an_officer_attaches_a_notice_and_its_readers_take_it(app: Flask, world: World, own: Records) -> None:
    done = attach(as_(app, world, Role.SECRETARIAT_OFFICER), own)
    assert (done.status_code, done.location) == (303, f"{page_of(own)}#documents-h")
    [document] = attached(app)
    for role in (Role.SECRETARIAT_HEAD, Role.DONOR_VIEWER, Role.ADMINISTRATIVE_AGENT, Role.AUDITOR):
        client = as_(app, world, role)
        assert "Notice of 16 March" in client.get(page_of(own)).text
        sent = client.get(f"{page_of(own)}/documents/{document}")
        assert (sent.data, sent.mimetype) == (PDF, "application/pdf")
        assert sent.headers["Content-Disposition"] == "attachment; filename=notice.pdf"
        assert sent.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    with app.app_context():
        taken = db.session.scalars(select(AccessEvent).where(AccessEvent.what == "file")).all()
        assert [(look.subject_kind, look.subject_id) for look in taken] == [("attachment", document)] * 4
        assert "attachment.attached" in db.session.scalars(select(AuditEvent.action)).all()


def test_a_document_is_read_through_its_own_record_alone(app: Flask, world: World, own: Records) -> None:
    officer, other = as_(app, world, Role.SECRETARIAT_OFFICER), record(app, world, "other")
    attach(officer, other)
    [document] = attached(app)
    donor = as_(app, world, Role.DONOR_VIEWER)
    assert officer.get(f"{page_of(other)}/documents/{document}").status_code == 200
    assert officer.get(f"{page_of(own)}/documents/{document}").status_code == 404
    for records in (own, other):
        assert donor.get(f"{page_of(records)}/documents/{document}").status_code == 404


def test_a_contributor_reads_what_a_document_is_and_not_who_attached_it(app: Flask, world: World, own: Records) -> None:
    attach(as_(app, world, Role.SECRETARIAT_OFFICER), own)
    name = world.people[Role.SECRETARIAT_OFFICER].name
    assert name not in as_(app, world, Role.DONOR_VIEWER).get(page_of(own)).text
    assert name in as_(app, world, Role.AUDITOR).get(page_of(own)).text


def test_who_will_read_a_document_is_said_before_it_is_attached(app: Flask, world: World, own: Records) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    pages = {
        f"/f/SLW00/contributions/pledges/{own.pledge.public_id}": True,
        f"/f/SLW00/contributions/agreements/{own.agreement.public_id}": True,
        f"/f/SLW00/cash/{own.transfer.public_id}": False,
    }
    for page, for_contributor in pages.items():
        form = officer.get(f"{page}/documents")
        assert ("the contributor it belongs to" in form.text) is for_contributor
        paper = {
            **hidden_fields(form.text),
            "kind": "letter",
            "title": "Letter",
            "file": (io.BytesIO(PDF), "notice.pdf"),
        }
        assert officer.post(f"{page}/documents", data=paper).location == f"{page}#documents-h"
    assert len(attached(app)) == 3


def test_a_withdrawn_document_stays_with_its_reason_but_not_for_a_contributor(
    app: Flask, world: World, own: Records
) -> None:
    officer, donor = as_(app, world, Role.SECRETARIAT_OFFICER), as_(app, world, Role.DONOR_VIEWER)
    attach(officer, own)
    [document] = attached(app)
    address = f"{page_of(own)}/documents/{document}"
    assert officer.post(f"{address}/withdraw", data={"token": "a", "reason": " "}).status_code == 422
    done = officer.post(f"{address}/withdraw", data={"token": "b", "reason": "It is about another payment"})
    assert done.status_code == 303
    assert "It is about another payment" in officer.get(page_of(own)).text
    assert officer.get(address).data == PDF
    assert "Notice of 16 March" not in donor.get(page_of(own)).text
    assert donor.get(address).status_code == 404
    again = officer.post(f"{address}/withdraw", data={"token": "c", "reason": "again"})
    assert "This document is withdrawn already." in again.text


def test_the_same_file_is_attached_once_and_again_after_it_was_withdrawn(
    app: Flask, world: World, own: Records
) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    attach(officer, own)
    again = attach(officer, own, title="Notice, again")
    assert "This file is attached already, as “Notice of 16 March”." in unescape(again.text)
    [document] = attached(app)
    officer.post(f"{page_of(own)}/documents/{document}/withdraw", data={"token": "b", "reason": "Wrong title"})
    assert attach(officer, own, title="Notice, again").status_code == 303
    assert len(attached(app)) == 2


def test_a_chosen_document_stays_while_another_field_is_mended(app: Flask, world: World, own: Records) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    refused = attach(officer, own, title=" ")
    assert refused.status_code == 422
    assert f"notice.pdf, {len(PDF)} Bytes, is kept." in unescape(refused.text)
    sent = officer.post(
        f"{page_of(own)}/documents", data={**hidden_fields(refused.text), "kind": "aa_notice", "title": "Notice"}
    )
    assert sent.status_code == 303
    assert len(attached(app)) == 1


def test_what_is_no_document_or_too_large_is_refused_at_the_file(
    app: Flask, world: World, own: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = as_(app, world, Role.SECRETARIAT_OFFICER)
    assert "no document this system knows" in attach(officer, own, b"<script>", "notice.pdf").text
    monkeypatch.setattr("mptf.documents.forms.AttachForm.limit", 20)
    assert "larger than" in attach(officer, own).text
    assert attached(app) == []


@pytest.mark.both_engines
def test_the_database_lets_nobody_change_or_remove_a_document(app: Flask, world: World, own: Records) -> None:
    attach(as_(app, world, Role.SECRETARIAT_OFFICER), own)
    with app.app_context():
        for statement in ("UPDATE attachment SET title = 'other'", "DELETE FROM attachment"):
            with pytest.raises(DBAPIError, match="attachment rows are never"):
                db.session.execute(text(statement))
            db.session.rollback()


def test_documents_are_looked_at_every_night_and_never_swept(
    app: Flask, world: World, own: Records, store: Store
) -> None:
    attach(as_(app, world, Role.SECRETARIAT_OFFICER), own)
    with app.app_context():
        sha256 = db.session.scalars(select(files.StoredFile.sha256).filter_by(own_name="notice.pdf")).one()
        with clock.at(clock.now() + timedelta(days=3)):
            files.sweep(store)
        assert store.path(sha256).read_bytes() == PDF
        assert chores.check_files() == "every stored file has its hash"
        store.path(sha256).write_bytes(b"changed")
        with pytest.raises(RuntimeError, match=sha256):
            chores.check_files()
