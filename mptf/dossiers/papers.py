"""What was sent of a proposal as a document on paper, its budget as a workbook, and its receipt as a text.

All of it comes from what was sent, so that the same submission gives the same bytes.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from mptf.attachments.part import OTHER, Attached, Attachments
from mptf.budgets.telling import told
from mptf.core.errors import N_
from mptf.core.money import Money
from mptf.drafting.telling import Block, Digest, Facts, Said, Size, Table, Text, line_of, lines_of
from mptf.paper.binding import Unfit
from mptf.paper.pdf import Document, write_pdf
from mptf.paper.values import KOSOVO_FOOTNOTE, Column, Kind, Value, mentions_kosovo, moment_text, written
from mptf.paper.workbook import TableSheet, write_workbook
from mptf.proposals.models import PartKind, Stage
from mptf.submissions.models import Submission
from mptf.submissions.snapshot import Snapshot, unpacked

TEMPLATE = "dossier.typ"
TITLES = {Stage.CONCEPT: N_("Concept note as submitted"), Stage.FULL: N_("Proposal as submitted")}
ASKED = {Stage.CONCEPT: N_("Amount expected"), Stage.FULL: N_("Requested")}
DEMO = N_("Demonstration data: this proposal was made up.")
SNAPSHOT = "snapshot.json"
UTC = "UTC"
LONGEST_SHEET_NAME = 31
_NEVER_IN_A_NAME = frozenset("[]:*?/\\'")

HOW = N_(
    "It is the SHA-256 of snapshot.json, which holds every part as it was sent. Check it with: sha256sum snapshot.json"
)
FOLLOWS = N_("The pages of this file follow.")
NOT_PAPER = N_("This file is no PDF: it is in the folder of attachments beside this document.")
TOO_MUCH = N_(
    "This file is not put in here: the attachments together are too large. It is in the folder of attachments."
)
UNFIT = {
    Unfit.PROTECTED: N_(
        "This file is protected by a password and cannot be put in here. It is in the folder of attachments."
    ),
    Unfit.BROKEN: N_("This file is damaged and cannot be put in here. It is in the folder of attachments."),
}


@dataclass(frozen=True)
class Leaf:
    """A file as the dossier has it: what was attached, and the sentence that says whether its pages follow."""

    attached: Attached
    said: str

    @property
    def follows(self) -> bool:
        """Whether its pages are in the document."""
        return self.said == FOLLOWS


@dataclass(frozen=True)
class Dossier:
    """What a dossier is made of: what was sent, read, whose it is, and its files as they are put in."""

    fund: str
    code: str
    call: str
    content: str
    sha256: str
    remark: str
    is_demo: bool
    snapshot: Snapshot
    leaves: Sequence[Leaf] = ()

    @classmethod
    def of(cls, sent: Submission) -> Self:
        """Return the dossier of what was sent, before its files were looked at; no session is needed afterwards."""
        proposal = sent.proposal
        fund, call = proposal.fund, proposal.call.reference or ""
        return cls(
            fund.name, fund.code, call, sent.content, sent.sha256, sent.remark, proposal.is_demo, unpacked(sent.content)
        )  # fmt: skip

    @property
    def stem(self) -> str:
        """What its files are called: `SLW00-2026-1-P3-v2`."""
        return f"{self.call or self.code}-{self.snapshot.number}-v{self.snapshot.version}".replace("/", "-")

    @property
    def title(self) -> str:
        """What its papers are."""
        return TITLES[self.snapshot.stage]


def facts_of(dossier: Dossier) -> list[tuple[str, str]]:
    """Return what the cover and the receipt say, term by term."""
    snapshot = dossier.snapshot
    submitted = written(
        N_("{moment}, by {name}"), moment=moment_text(snapshot.submitted_at, UTC), name=snapshot.by
    )  # fmt: skip
    facts = [
        (N_("Number"), snapshot.number),
        (N_("Call"), snapshot.call),
        (N_("Lead office"), f"{snapshot.office} ({snapshot.organisation})"),
        (N_("Version"), str(snapshot.version)),
        (N_("Submitted"), submitted),
        (ASKED[snapshot.stage], line_of(snapshot.requested, written)),
    ]
    return [*facts, (N_("Remark"), dossier.remark)] if dossier.remark else facts


def pdf(dossier: Dossier) -> bytes:
    """Return the document, without the pages of the attached files."""
    snapshot = dossier.snapshot
    number = written(N_("{number}, version {version}"), number=snapshot.number, version=snapshot.version)
    document = Document(
        fund=dossier.fund,
        code=dossier.code,
        title=dossier.title,
        number=number,
        foot=f"{dossier.code} · {number} · {snapshot.title}",
        facts=facts_of(dossier),
        demo=DEMO if dossier.is_demo else "",
        more={
            "cover": {
                "kicker": dossier.title, "title": snapshot.title, "digest-label": N_("SHA-256"),
                "digest": dossier.sha256,
                "how": HOW,
            },
            "parts": [_part(kind, snapshot) for kind in snapshot.parts],
            "leaves": [_leaf(place, leaf, snapshot) for place, leaf in enumerate(dossier.leaves, 1)],
        },
    )  # fmt: skip
    return write_pdf(document, made_at=snapshot.submitted_at, template=TEMPLATE)


def workbook(dossier: Dossier) -> bytes:
    """Return the budget as a workbook: a sheet for each office, and one for all together."""
    out, budget = io.BytesIO(), dossier.snapshot.budget
    tables = [block for block in told(budget) if isinstance(block, Table)]
    names = [office.name for office in budget.grid.offices] + [N_("All offices")]
    sheets = [_sheet(place, name, table) for place, (name, table) in enumerate(zip(names, tables, strict=False), 1)]
    title = f"{dossier.snapshot.number} {dossier.snapshot.title}"
    write_workbook(
        out, sheets, title=title, source=dossier.code, made_at=dossier.snapshot.submitted_at
    )  # fmt: skip
    return out.getvalue()


def receipt(dossier: Dossier) -> str:
    """Return the receipt as a text: what was sent, its hash, and how it is checked."""
    files = [
        f"  {leaf.attached.known.sha256}  {leaf.attached.known.name}" for leaf in dossier.leaves if leaf.attached.known
    ]
    facts = [(N_("Title"), dossier.snapshot.title), *facts_of(dossier), (N_("SHA-256"), dossier.sha256)]
    longest = max(len(term) for term, _ in facts)
    lines = [
        dossier.title, "", *(f"{term:<{longest}}  {said}" for term, said in facts), "", HOW, "",
        *([N_("Attached files, with the SHA-256 of each:"), *files] if files else [N_("No file is attached.")]),
    ]  # fmt: skip
    said = "\n".join(lines)
    return f"{said}\n\n{KOSOVO_FOOTNOTE}\n" if mentions_kosovo(said) else f"{said}\n"


def document_of(attached: Attached, attachments: Attachments) -> str:
    """Say as which document a file was attached: the call's name of it, or its own."""
    asked = attachments.documents.get(attached.document)
    named = asked.name if asked else ""
    if attached.document == OTHER or not named:
        return attached.title or N_("Another document")
    return f"{named}, {attached.title}" if attached.title else named


def _part(kind: PartKind, snapshot: Snapshot) -> dict[str, Any]:
    sent = snapshot.parts[kind]
    return {"title": kind.label, "blocks": [_block(one) for one in sent.part.tell(sent.read.value, snapshot.frame)]}


def _block(block: Block) -> dict[str, Any]:
    """Return what the template draws of a block."""
    title = line_of(block.title, written) if block.title else ""
    if isinstance(block, Facts):
        pairs = [(term.said(written), _lines(said, bare=False)) for term, said in block.pairs]
        return {"kind": "facts", "title": title, "pairs": pairs}
    if isinstance(block, Text):
        paragraphs = [line for line in block.text.split("\n") if line.strip()]
        return {"kind": "text", "title": title, "paragraphs": paragraphs}
    columns = [
        {"head": f"{one.head.said(written)} {one.currency}".rstrip(), "right": one.numeric, "share": one.share}
        for one in block.columns
    ]
    lines = [{"cells": [_lines(said) for said in line.cells], "look": line.look} for line in block.rows]
    return {"kind": "table", "title": title, "columns": columns, "lines": lines}


def _lines(said: Said, *, bare: bool = True) -> list[Any]:
    """Return the lines of one place, an amount without its currency where its column has that; the template breaks a
    hash in the middle."""
    if isinstance(said, Digest):
        return [{"digest": said.text}]
    return lines_of(said, written, bare=bare)


def _leaf(place: int, leaf: Leaf, snapshot: Snapshot) -> dict[str, Any]:
    attached, attachments = leaf.attached, snapshot.parts[PartKind.ATTACHMENTS].read.value
    title = written(
        N_("Attachment {place}: {document}"), place=place, document=document_of(attached, attachments)
    )  # fmt: skip
    facts: Iterable[tuple[str, Said]] = ()
    if known := attached.known:
        facts = ((N_("File"), known.name), (N_("Size"), Size(known.size)), (N_("SHA-256"), Digest(known.sha256)))
    return {"title": title, "facts": [(term, _lines(said)) for term, said in facts], "said": leaf.said}


def _sheet(place: int, name: str, table: Table) -> TableSheet:
    columns = [
        Column(one.head.said(written), Kind.MONEY, one.currency)
        if one.numeric
        else Column(one.head.said(written), width=58)
        for one in table.columns
    ]
    rows = [[_value(said) for said in line.cells] for line in table.rows]
    fits = len(name) + 3 <= LONGEST_SHEET_NAME and not _NEVER_IN_A_NAME.intersection(name)
    intro = (line_of(table.title, written),)
    called = f"{place} {name}" if fits else written(N_("Office {number}"), number=place)
    return TableSheet(called, columns, rows[:-1], total=rows[-1], intro=intro, filtered=False)


def _value(said: Said) -> Value:
    return said if isinstance(said, Money) else line_of(said, written)
