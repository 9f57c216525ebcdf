"""What was sent is read in its own frame, compared, and taken away: the same bytes whenever, and all of it."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from pypdf import PdfReader

from mptf.core.db import db
from mptf.core.errors import NotFound, RuleBroken
from mptf.core.money import Money
from mptf.core.tasks import Task, TaskState
from mptf.dossiers import packing, queries, service
from mptf.dossiers.changes import money_changes, text_changes
from mptf.dossiers.packing import make as pack
from mptf.dossiers.packing import safe_name
from mptf.dossiers.papers import Dossier
from mptf.drafting.comparing import Fate
from mptf.drafting.telling import line_of
from mptf.paper.values import KOSOVO_FOOTNOTE, written
from mptf.proposals.models import PartKind, Proposal
from mptf.submissions.snapshot import Snapshot, unpacked
from tests.conftest import Once
from tests.factories import Make
from tests.support.sent import MARK, Sent, pdf_of, sent_twice, whole
from tests.support.work import work_off


@pytest.fixture
def sent(app: Flask, once: Once) -> Sent:
    return once(sent_twice)


@dataclass(frozen=True)
class Taken:
    """A dossier as it was made."""

    pdf: bytes
    zip: bytes
    steps: list[tuple[int, int, str]]

    @property
    def reader(self) -> PdfReader:
        return PdfReader(io.BytesIO(self.pdf))

    @property
    def words(self) -> str:
        return " ".join(" ".join(page.extract_text() for page in self.reader.pages).split())

    @property
    def packed(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.zip))

    def inside(self, name: str) -> bytes:
        (found,) = [one for one in self.packed.namelist() if one.endswith(f"/{name}")]
        return self.packed.read(found)


def taken(sent: Sent, folder: Path, number: int = 2) -> Taken:
    steps: list[tuple[int, int, str]] = []
    folder.mkdir(exist_ok=True)
    with sent.open():
        dossier = Dossier.of(sent.submission(number))
    made = pack(dossier, sent.store, folder, lambda *told: steps.append(told))
    return Taken(made.pdf.read_bytes(), made.zip.read_bytes(), steps)


def both(sent: Sent) -> tuple[Snapshot, Snapshot]:
    with sent.open():
        first, second = (unpacked(sent.submission(number).content) for number in (1, 2))
    return first, second


def bookmarks(reader: PdfReader) -> list[str]:
    return [str(one.title) for one in reader.outline if not isinstance(one, list)]


def test_every_part_says_its_value_with_names_and_never_with_keys(sent: Sent) -> None:
    _, after = both(sent)
    told = json.dumps(
        [
            [repr(block) for block in part.part.tell(part.read.value, after.frame)] for part in after.parts.values()
        ],
        ensure_ascii=False,
    )  # fmt: skip
    for words in (
        "UNDP Albania",
        "UNDP Serbia",
        "Stores are safe",
        "Build fences",
        "Ten fences",
        "Project manager",
        MARK,
    ):
        assert words in told
    keys = [*after.frame.offices, *after.frame.goals, *after.frame.kpis, *after.frame.jurisdictions]
    assert not [key for key in keys if key in told]


def test_the_texts_that_changed_are_told_word_by_word(sent: Sent) -> None:
    parts = {part.kind: part for part in text_changes(*both(sent))}
    assert set(parts) == {PartKind.GENERAL, PartKind.RISKS}
    (why,) = parts[PartKind.GENERAL].fields
    assert why.label == "Why this gender marker"
    assert "".join(piece.text for piece in why.pieces if piece.fate is not Fate.GONE) == MARK
    assert [piece.text for piece in why.pieces if piece.fate is Fate.GONE] == ["are", " alike"]
    (owner,) = parts[PartKind.RISKS].fields
    assert owner.label == "Risk 1, owner"
    (row,) = parts[PartKind.RISKS].rows
    assert (row.label, row.came) == ("Risk 2", True)
    assert dict(row.fields)["category"] == "Financial"
    assert dict(row.fields)["likelihood"] == "2 – Unlikely"


def test_a_row_that_went_is_told_with_what_it_said(sent: Sent) -> None:
    before, after = both(sent)
    (part,) = [part for part in text_changes(after, before) if part.kind is PartKind.RISKS]
    assert [(row.label, row.came) for row in part.rows] == [("Risk 2", False)]


def test_rows_in_another_order_are_told_as_moved(sent: Sent) -> None:
    _, after = both(sent)
    risks = {**after.contents[PartKind.RISKS], "risks": "bbbbbb aaaaaa"}
    moved = Snapshot(**{**vars_of(after), "contents": {**after.contents, PartKind.RISKS: risks}})
    (part,) = text_changes(after, moved)
    assert [one.told for one in part.fields] == ["The rows stand in another order."]


def vars_of(snapshot: Snapshot) -> dict[str, Any]:
    return {name: getattr(snapshot, name) for name in Snapshot.__dataclass_fields__}


def test_what_stands_below_something_else_is_told_by_its_name(sent: Sent) -> None:
    before, _ = both(sent)
    plan = {**before.contents[PartKind.WORKPLAN], "activities.dddddd.of": ""}
    first = Snapshot(**{**vars_of(before), "contents": {**before.contents, PartKind.WORKPLAN: plan}})
    (part,) = text_changes(first, before)
    assert [piece.text for one in part.fields for piece in one.pieces] == ["Output 1.1"]


def test_the_money_that_changed_is_told_by_office_year_category_and_in_all(sent: Sent) -> None:
    money = money_changes(*both(sent))
    assert money
    assert {line_of(one.label, written): one.difference.minor for one in money.offices} == {
        "UNDP Albania": -1_070_00, "UNDP Serbia": 0,
    }  # fmt: skip
    assert [one.difference.minor for one in money.years] == [0, -1_070_00]
    by_category = {line_of(one.label, written)[0]: one.difference.minor for one in money.categories}
    assert {key: minor for key, minor in by_category.items() if minor} == {"5": -1_000_00, "8": -70_00}
    assert money.in_all.difference == Money(-1_070_00, "USD")
    (cell,) = money.cells
    assert line_of(cell.label, written) == "UNDP Albania: 5 Travel, year 2"
    assert (cell.before, cell.after) == (Money(5_000_00, "USD"), Money(4_000_00, "USD"))


def test_the_same_money_is_no_change(sent: Sent) -> None:
    _, after = both(sent)
    assert not money_changes(after, after)


def test_an_office_that_left_is_told_with_what_it_asked_for(sent: Sent) -> None:
    _, after = both(sent)
    general = {name: text for name, text in after.contents[PartKind.GENERAL].items() if not name.startswith("offices.")}
    frame = after.frame.__class__(**{**after.frame.__dict__, "taking_part": after.frame.taking_part[:1]})
    without = Snapshot(**{**vars_of(after), "frame": frame, "contents": {**after.contents, PartKind.GENERAL: general}})
    money = money_changes(after, without)
    assert [(line_of(one.label, written), one.after.minor) for one in money.offices][1] == ("UNDP Serbia", 0)
    assert len(money.cells) == 14


def test_the_document_has_every_part_as_a_bookmark_and_the_pages_of_its_files(sent: Sent, tmp_path: Path) -> None:
    dossier = taken(sent, tmp_path)
    assert bookmarks(dossier.reader) == [
        "Proposal as submitted", "General", "Narrative", "Results framework", "Workplan", "Budget", "Risks",
        "Attachments", "Team", "Attachment 1: Letter of the host", "Attachment 2: A photo",
    ]  # fmt: skip
    pages = dossier.reader.pages
    leaf = dossier.reader.get_destination_page_number(dossier.reader.outline[-2])  # type: ignore[arg-type]
    after = dossier.reader.get_destination_page_number(dossier.reader.outline[-1])  # type: ignore[arg-type]
    assert leaf is not None
    assert after == leaf + 3, "two pages of the letter stand behind its leaf"
    assert not pages[leaf + 1].extract_text()
    with sent.open():
        assert sent.submission(2).sha256 in dossier.words.replace(" ", "")
    for words in ("Safe storage", "UNDP Albania (UNDP)", "P1", "by ", MARK, "Head of stores", "We named an owner"):
        assert words in dossier.words
    assert "This file is no PDF" in dossier.words
    assert dossier.words.count(KOSOVO_FOOTNOTE) == 1
    assert "/Metadata" not in dossier.reader.root_object, "with pages of others it does not claim to be archived"


def test_the_same_submission_gives_the_same_bytes(sent: Sent, tmp_path: Path) -> None:
    first, second = taken(sent, tmp_path / "1"), taken(sent, tmp_path / "2")
    assert first.pdf == second.pdf
    assert first.zip == second.zip


def test_without_a_pdf_behind_it_the_document_is_archived_and_readable_aloud(
    app: Flask, make: Make, tmp_path: Path
) -> None:
    sent = whole(make)
    with sent.open() as proposal:
        document = proposal.call.documents[0].public_id
    sent.attach("broken.pdf", b"%PDF-1.7\nnothing\n%%EOF\n", document=document, title="")
    sent.attach("secret.pdf", pdf_of(password="secret"), title="Locked")
    sent.submit()
    dossier = taken(sent, tmp_path, 1)
    said = dossier.reader.trailer["/Root"]["/Metadata"].get_data().decode()  # type: ignore[index]
    assert "<pdfaid:part>2</pdfaid:part>" in said
    assert "This file is damaged and cannot be put in here." in dossier.words
    assert "This file is protected by a password" in dossier.words
    assert dossier.inside("attachments/01 broken.pdf").startswith(b"%PDF-1.7\nnothing")


def test_what_is_too_much_together_is_listed_and_stands_in_the_zip(
    sent: Sent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MOST_BOUND", 100)
    dossier = taken(sent, tmp_path)
    assert "the attachments together are too large" in dossier.words


def test_the_zip_holds_everything_with_its_hash(sent: Sent, tmp_path: Path) -> None:
    dossier = taken(sent, tmp_path)
    names = [name.partition("/")[2] for name in dossier.packed.namelist()]
    assert names == [
        names[0], "snapshot.json", "receipt.txt", "budget.xlsx", "attachments/01 letter of Kosovo_ the host_.pdf",
        "attachments/02 photo of the store.png", "SHA256SUMS",
    ]  # fmt: skip
    assert dossier.inside(names[0]) == dossier.pdf
    with sent.open():
        content, sha256 = sent.submission(2).content, sent.submission(2).sha256
    assert dossier.inside("snapshot.json").decode() == content
    assert hashlib.sha256(dossier.inside("snapshot.json")).hexdigest() == sha256
    told = (line.partition("  ") for line in dossier.inside("SHA256SUMS").decode().splitlines())
    sums = {name: sha256 for sha256, _, name in told}
    assert sums == {name: hashlib.sha256(dossier.inside(name)).hexdigest() for name in names[:-1]}
    receipt = dossier.inside("receipt.txt").decode()
    assert sha256 in receipt
    assert "USD" in receipt
    assert KOSOVO_FOOTNOTE in receipt


def test_the_workbook_holds_the_budget_of_each_office_as_numbers(sent: Sent, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(taken(sent, tmp_path).inside("budget.xlsx")))
    assert book.sheetnames == ["1 UNDP Albania", "2 UNDP Serbia", "3 All offices"]
    last = [cell.value for cell in list(book["3 All offices"].rows)[-1]]
    with sent.open():
        assert last[-1] == float(sent.submission(2).requested.decimal)


def test_a_file_that_was_damaged_since_is_no_dossier(sent: Sent, tmp_path: Path) -> None:
    with sent.open():
        files = unpacked(sent.submission(2).content).parts[PartKind.ATTACHMENTS].read.value.files
        sent.store.path(files[1].known.sha256).write_bytes(b"something else")
    with pytest.raises(RuleBroken, match="is not what was sent any more"):
        taken(sent, tmp_path)


@pytest.mark.parametrize(
    "name, safe",
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a<b>:c"d|e?.pdf', "a_b__c_d_e_.pdf"),
        ("Kosovo*.pdf", "Kosovo.pdf"),
        (" . ", "file"),
        (f"{'x' * 200}.docx", f"{'x' * 95}.docx"),
        ("y" * 200, "y" * 100),
    ],
)
def test_a_file_of_the_zip_is_called_what_every_machine_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_dossier_is_made_in_the_background_and_told_while_it_is(sent: Sent) -> None:
    with sent.open():
        task = service.ask(sent.submission(2), by=sent.ana)
        again = service.ask(sent.submission(2), by=sent.ana)
        assert task.id == again.id, "one that is being made is not asked for twice"
        db.session.commit()
        work_off()
        found = queries.find_task(sent.submission(2), sent.ana)
        assert found is not None
        assert found.state is TaskState.DONE, found.note
        assert found.result
        assert found.result["stem"].endswith("-P1-v2")
        assert not sent.store.damaged(found.result["pdf"]["sha256"])
        assert queries.find_task(sent.submission(1), sent.ana) is None
        assert queries.find_task(sent.submission(2), sent.officer) is None, "each asks for one's own"
        with pytest.raises(NotFound):
            queries.get_made(sent.submission(2), sent.officer, found.public_id)


def test_a_dossier_is_not_made_for_somebody_who_may_not_read_any_more(sent: Sent) -> None:
    with sent.open() as proposal:
        service.ask(sent.submission(2), by=sent.officer)
        db.session.commit()
        task = db.session.query(Task).one()
        task.role_id = None  # the role ended meanwhile
        task.by_id = sent.stranger.id
        db.session.commit()
        work_off()
        assert db.session.get_one(Task, task.id).state is TaskState.FAILED
        assert isinstance(proposal, Proposal)
