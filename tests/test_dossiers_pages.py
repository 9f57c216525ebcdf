"""Pages of what was sent: who may read and take what, what is noted of it, and in how few queries."""

import hashlib
import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from mptf.core import clock
from mptf.core.audit import AccessEvent
from mptf.core.db import db
from mptf.core.tasks import Task
from mptf.dossiers.queries import KEPT_FOR
from mptf.drafting import queries as drafting
from mptf.policy import Role
from mptf.proposals.models import PartKind
from mptf.submissions.snapshot import unpacked
from tests.conftest import Once
from tests.factories import Make
from tests.support.posting import post
from tests.support.sent import LETTER, MARK, SHEET, Sent, person_of, sent_twice, whole
from tests.support.signing import sign_in
from tests.support.whole import write
from tests.support.work import work_off

PAGES = ("/submissions/2/", "/submissions/2/changes", "/submissions/2/snapshot.json", "/submissions/1/")


@pytest.fixture
def sent(app: Flask, once: Once) -> Sent:
    return once(sent_twice)


def client_of(sent: Sent, who: str) -> FlaskClient:
    with sent.app.app_context():
        person = person_of(getattr(sent, who))
    client = sent.app.test_client()
    sign_in(client, person)
    return client


def looks(sent: Sent) -> list[tuple[str, str]]:
    with sent.app.app_context():
        rows = select(AccessEvent.what, AccessEvent.detail).order_by(AccessEvent.id)
        return [(what, detail) for what, detail in db.session.execute(rows)]


def file_of(sent: Sent, number: int = 2) -> str:
    with sent.open():
        snapshot = unpacked(sent.submission(number).content)
        found: str = snapshot.parts[PartKind.ATTACHMENTS].read.value.files[0].file
        return found


@pytest.mark.parametrize("who", ["ana", "officer"])
def test_the_office_and_the_secretariat_read_what_was_sent(sent: Sent, who: str) -> None:
    client = client_of(sent, who)
    for path in PAGES:
        assert client.get(sent.path + path).status_code == 200
    page = client.get(f"{sent.path}/submissions/2/").text
    with sent.open():
        assert sent.submission(2).sha256 in page
    for words in (
        "Safe storage",
        MARK,
        "Head of stores",
        "88,810.00",
        "We named an owner and cut travel.",
        "UNDP Serbia",
    ):
        assert words in page
    assert "Women and men are asked alike." in client.get(f"{sent.path}/submissions/1/").text


def test_for_another_office_nothing_of_it_is_there(sent: Sent) -> None:
    client = client_of(sent, "stranger")
    for path in (*PAGES, f"/submissions/2/files/{file_of(sent)}", "/submissions/2/dossier"):
        assert client.get(sent.path + path).status_code == 404
    assert client.post(f"{sent.path}/submissions/2/dossier").status_code == 404


def test_what_was_never_sent_is_absent(sent: Sent) -> None:
    client = client_of(sent, "officer")
    for path in (
        "/submissions/3/", "/submissions/0/", "/submissions/3/snapshot.json", "/submissions/1/changes",
        "/submissions/2/changes?since=2", "/submissions/2/changes?since=9", "/submissions/99999999999999999999/",
    ):  # fmt: skip
        assert client.get(sent.path + path).status_code == 404, path


def test_a_draft_has_nothing_that_was_sent(app: Flask, make: Make) -> None:
    draft = whole(make)
    for who, status in (("ana", 200), ("officer", 404)):
        client = client_of(draft, who)
        page = client.get(draft.path)
        assert page.status_code == status
        assert "What was sent" not in page.text
        assert client.get(f"{draft.path}/submissions/1/").status_code == 404


def test_a_file_that_was_uploaded_and_not_sent_is_absent_for_everybody(sent: Sent) -> None:
    for who in ("officer", "ana"):
        client = client_of(sent, who)
        assert client.get(f"{sent.path}/submissions/2/files/{file_of(sent)}").status_code == 200
        for number in (1, 2):
            assert client.get(f"{sent.path}/submissions/{number}/files/{sent.unsent}").status_code == 404
    with sent.open():
        assert sent.unsent not in sent.submission(2).content


def test_what_is_typed_since_is_not_shown(sent: Sent) -> None:
    sent.give_back(general="Again.")
    with sent.open() as proposal:
        general = drafting.content_of(drafting.newest(proposal, PartKind.GENERAL))
        write(proposal, PartKind.GENERAL, {**general, "gender_why": "Typed since."}, by=sent.ana)
    client = client_of(sent, "officer")
    for path in PAGES:
        assert "Typed since." not in client.get(sent.path + path).text


def test_the_bytes_that_are_taken_have_the_hash_of_the_receipt(sent: Sent) -> None:
    client = client_of(sent, "ana")
    answer = client.get(f"{sent.path}/submissions/2/snapshot.json")
    page = client.get(sent.path).text
    assert re.findall(r'class="hash">([0-9a-f]{64})<', page)[0] == hashlib.sha256(answer.data).hexdigest()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_each_look_and_each_taking_is_noted(sent: Sent) -> None:
    client = client_of(sent, "officer")
    before = len(looks(sent))
    for path in (*PAGES, f"/submissions/2/files/{file_of(sent)}"):
        client.get(sent.path + path)
    noted = looks(sent)[before:]
    assert [what for what, _ in noted] == ["page", "page", "export", "page", "file"]
    assert '"number":2' in noted[0][1].replace(" ", "")
    assert (
        hashlib.sha256(client.get(f"{sent.path}/submissions/2/files/{file_of(sent)}").data).hexdigest() in noted[-1][1]
    )


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_audit_log_tells_neither_title_nor_file_of_a_proposal(sent: Sent, make: Make, role: Role) -> None:
    officer = client_of(sent, "officer")
    for path in (*PAGES, f"/submissions/2/files/{file_of(sent)}"):
        officer.get(sent.path + path)
    post(officer, f"{sent.path}/submissions/2/dossier", officer.get(f"{sent.path}/submissions/2/"))
    person = make.person()
    make.grant(person, role, None if role.of_installation else sent.fund)
    reader = sign_in(sent.app.test_client(), person)
    pages = [reader.get(f"/f/{sent.fund.code}/audit?log={log}").text for log in ("changes", "looks")]
    assert "asked for the dossier of P1, SLW00/" in pages[0]
    assert "attached a file to a proposal" in pages[0]
    for word in ("P1 Safe storage", LETTER, LETTER.replace("Kosovo", "Kosovo*"), SHEET, "not sent.pdf"):
        assert not [page for page in pages if word in unescape(page)], word


def test_a_dossier_is_asked_for_made_and_taken(sent: Sent) -> None:
    client = client_of(sent, "officer")
    path = f"{sent.path}/submissions/2/dossier"
    post(client, path, client.get(f"{sent.path}/submissions/2/"))
    waiting = client.get(path, headers={"HX-Request": "true"}).text
    assert 'hx-trigger="every 1s"' in waiting
    assert client.get(path).status_code == 302
    with sent.app.app_context():
        work_off()
    done = client.get(path, headers={"HX-Request": "true"}).text
    assert "hx-trigger" not in done
    for kind, head in (("pdf", b"%PDF-"), ("zip", b"PK")):
        (link,) = re.findall(rf'href="([^"]+\.{kind})"', done)
        answer = client.get(link)
        assert answer.data.startswith(head)
        assert f"P1-v2.{kind}" in answer.headers["Content-Disposition"]
        assert client_of(sent, "ana").get(link).status_code == 404, "each takes one's own"
        assert client.get(link.replace(f".{kind}", ".exe")).status_code == 404
        assert client.get(link.replace("submissions/2", "submissions/1")).status_code == 404
    taken = [detail for what, detail in looks(sent) if what == "export"]
    assert [kind in detail for kind, detail in zip(("PDF", "ZIP"), taken, strict=True)] == [True, True]


def test_a_dossier_is_asked_for_anew_once_its_bytes_are_swept(sent: Sent) -> None:
    client = client_of(sent, "officer")
    page = f"{sent.path}/submissions/2/"
    post(client, f"{page}dossier", client.get(page))
    with sent.app.app_context():
        work_off()
        ended = clock.now() - KEPT_FOR
        db.session.execute(update(Task).values(ended_at=ended))
        db.session.commit()
    assert "Make the dossier" in client.get(page).text


def test_a_dossier_that_failed_says_why_and_can_be_asked_for_again(sent: Sent) -> None:
    client = client_of(sent, "officer")
    page = f"{sent.path}/submissions/2/"
    with sent.open():
        files = unpacked(sent.submission(2).content).parts[PartKind.ATTACHMENTS].read.value.files
        sent.store.path(files[0].known.sha256).unlink()
    post(client, f"{page}dossier", client.get(page))
    with sent.app.app_context():
        work_off()
    again = client.get(page).text
    assert "This file is missing in the store of the installation." in again
    assert "Make the dossier" in again


def test_what_was_sent_stands_on_the_page_of_the_proposal(sent: Sent) -> None:
    page = client_of(sent, "officer").get(sent.path).text
    assert page.count("/changes") == 1, "the first version changed nothing"
    for number in (1, 2):
        assert f"{sent.path}/submissions/{number}/" in page


def test_the_changes_are_told_beside_what_was_asked(sent: Sent) -> None:
    page = client_of(sent, "ana").get(f"{sent.path}/submissions/2/changes").text
    for words in (
        "Travel is too high.", "Name an owner.", "We named an owner and cut travel.", "−1,070.00",
        "UNDP Albania: 5 Travel, year 2", "Risk 2",
    ):  # fmt: skip
        assert words in page
    assert sent.unsent not in page


def test_a_third_version_is_compared_with_any_before_it(sent: Sent) -> None:
    sent.give_back(risks="Once more.")
    client = client_of(sent, "ana")
    with sent.open() as proposal:
        risks = drafting.content_of(drafting.newest(proposal, PartKind.RISKS))
        write(proposal, PartKind.RISKS, {**risks, "risks.bbbbbb.text": "Prices rise a lot"}, by=sent.ana)
    sent.submit()
    since_two = client.get(f"{sent.path}/submissions/3/changes").text
    assert "The budget is the same" in since_two
    assert "Once more." in since_two
    assert "Travel is too high." not in since_two
    since_one = client.get(f"{sent.path}/submissions/3/changes?since=1").text
    assert "−1,070.00" in since_one
    assert "Travel is too high." in since_one
    assert "What counts is version 3" in client.get(f"{sent.path}/submissions/2/").text


def test_a_page_is_read_in_few_queries(sent: Sent) -> None:
    client = client_of(sent, "officer")
    for path, most in (("/submissions/2/", 14), ("/submissions/2/changes", 15)):
        client.get(sent.path + path)
        assert _queries(sent, client, sent.path + path) <= most


def _queries(sent: Sent, client: FlaskClient, path: str) -> int:
    told: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        told.append(statement)

    with sent.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(told)
