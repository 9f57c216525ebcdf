"""Documents on paper: archived, readable aloud, the same bytes twice, and nothing in them is markup."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pypdf import PdfReader

from mptf.core.money import Money
from mptf.paper.pdf import Check, Document, Line, NotDrawnError, Section, figure, write_pdf
from mptf.paper.values import KOSOVO_FOOTNOTE, Column, Kind

pytestmark = pytest.mark.one_engine

MADE_AT = datetime(2026, 11, 9, 8, 30, tzinfo=UTC)
COLUMNS = (Column("Project"), Column("Amount", Kind.MONEY, "USD"))
DOCUMENT = Document(
    fund="Example Fund", code="EX000", title="Funding status", number="As at 31 Oct 2026",
    foot="EX000 · Funding status", facts=[("As at", "31 Oct 2026")], figures=[("Deposited", "USD 1,000.00")],
    sections=[Section("Projects", COLUMNS, [Line(["Albania", "900.00"]), Line(["All", "900.00"], "total")])],
)  # fmt: skip


def read(document: Document) -> PdfReader:
    return PdfReader(io.BytesIO(write_pdf(document, made_at=MADE_AT)))


def words(document: Document) -> str:
    return " ".join(" ".join(page.extract_text() for page in read(document).pages).split())


def with_lines(*cells: tuple[str, str]) -> Document:
    return replace(DOCUMENT, sections=[Section("Projects", COLUMNS, [Line(line) for line in cells])])


def test_a_document_is_archived_and_readable_aloud() -> None:
    root: Any = read(DOCUMENT).trailer["/Root"]
    said = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in said
    assert "<pdfuaid:part>1</pdfuaid:part>" in said
    assert root["/MarkInfo"]["/Marked"].value
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value


def test_a_document_says_its_title_whose_it_is_and_when_it_was_made() -> None:
    known = read(DOCUMENT).metadata
    assert known is not None
    assert (known.title, known.author) == ("Funding status · As at 31 Oct 2026", "Example Fund")
    assert known.creation_date == MADE_AT


def test_a_table_has_its_heads_and_every_cell_is_tagged() -> None:
    root: Any = read(DOCUMENT).trailer["/Root"]
    tags = json.dumps(_tags(root["/StructTreeRoot"]))
    assert [tags.count(f'"{tag}"') for tag in ("/TH", "/TD", "/H1", "/H2")] == [2, 4, 1, 1]


def test_the_same_inputs_give_the_same_bytes() -> None:
    assert write_pdf(DOCUMENT, made_at=MADE_AT) == write_pdf(DOCUMENT, made_at=MADE_AT)


@pytest.mark.parametrize(
    "name",
    [
        "#panic() *bold* _soft_ $x^2$ \\ @nobody <label>",
        '#read("/config.py") `code` // no comment /* here',
        '"] #emph[x] {json} \\u0041 ~ -- ...',
        "= Heading",
        "Зоран Đorđević Çelik ő ș €",
    ],
)
def test_a_name_is_drawn_as_it_is_written(name: str) -> None:
    assert name in words(with_lines((name, "1.00")))
    assert name in words(replace(DOCUMENT, fund=name))


def test_amounts_stand_right_aligned_with_their_currency_in_the_head() -> None:
    assert figure(Money(-123456, "USD")) == "−1,234.56"
    assert "Amount USD Albania 900.00 All 900.00" in words(DOCUMENT)


def test_kosovo_brings_its_footnote_once() -> None:
    assert KOSOVO_FOOTNOTE not in words(DOCUMENT)
    assert words(with_lines(("UNDP Kosovo*", "1.00"), ("UNDP KOSOVO*", "2.00"))).count(KOSOVO_FOOTNOTE) == 1


def test_a_long_table_repeats_its_head_and_pages_are_counted() -> None:
    pages = [page.extract_text() for page in read(with_lines(*[(f"Project {n}", "1.00") for n in range(120)])).pages]
    assert len(pages) > 2
    assert all("Amount USD" in page for page in pages)
    assert [f"Page {n} / {len(pages)}" in page for n, page in enumerate(pages, start=1)] == [True] * len(pages)


def test_the_code_to_check_a_document_stands_at_its_end() -> None:
    checked = Check("K7QF-29MD-T4XW", "Check this at desk.example/check", "SHA-256", "9f2c41d8")
    assert "Check this at desk.example/check K7QF-29MD-T4XW SHA-256 9f2c41d8" in words(replace(DOCUMENT, check=checked))


def test_demonstration_data_is_said_first() -> None:
    assert words(replace(DOCUMENT, demo="Demonstration data")).startswith("Demonstration data Example Fund")


def test_a_sign_our_fonts_do_not_have_keeps_nothing_from_paper() -> None:
    """What an applicant pasted from elsewhere: such a sign is a box, and the file claims no standard."""
    typed = "Stores \uf0b7 \u2714 \u6f22\u5b57 \U0001f600"
    drawn = write_pdf(replace(DOCUMENT, number=typed), made_at=MADE_AT)
    assert drawn == write_pdf(replace(DOCUMENT, number=typed), made_at=MADE_AT)
    assert "Funding status Stores" in words(replace(DOCUMENT, number=typed))
    assert b"pdfaid:part" not in drawn
    assert b"pdfaid:part" in write_pdf(DOCUMENT, made_at=MADE_AT)


def test_a_template_that_does_not_fit_its_data_is_a_mistake_with_its_words() -> None:
    with pytest.raises(NotDrawnError, match="No such file"):
        write_pdf(DOCUMENT, made_at=MADE_AT, template="missing.typ")


def test_the_application_does_not_load_what_draws() -> None:
    code = "import sys, mptf, mptf.paper.pdf; sys.exit('typst' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def _tags(node: Any) -> Any:
    """Return the tags of a document as nested lists."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        return [_tags(child) for child in node]
    if not isinstance(node, dict):
        return None
    return [node.get("/S"), _tags(node["/K"]) if "/K" in node else None]
