"""Write PDF files: one look for every document, archived (PDF/A-2a) and readable aloud (PDF/UA-1).

What a document says goes to its template as data, and is drawn as text: no name can be read as markup. Fonts are the
ones that stand beside the application, and `made_at` is the only moment in the file, so that the same inputs give the
same bytes. A process of its own draws (`press`): a web worker stays small, and what is never done is given up.
"""

import json
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from mptf.core.errors import N_
from mptf.core.money import Money, amount_text
from mptf.paper.values import KOSOVO_FOOTNOTE, NUMBERS, Column, mentions_kosovo

PDF_MEDIA_TYPE = "application/pdf"
PLAIN = "plain.typ"

LONGEST = 60
HUNDRED = Decimal(100)

_PRESS = Path(__file__).with_name("press.py")


class NotDrawnError(Exception):
    """A template and its data do not make a document; a mistake of the program."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A cell that shows two lengths on one track, in percent of it; the cells beside it say the figures."""

    own: Decimal
    whole: Decimal

    def laid_out(self) -> dict[str, float]:
        """Return what the template draws, no longer than the track."""
        return {"own": float(min(self.own, HUNDRED)), "whole": float(min(self.whole, HUNDRED))}


@dataclass(frozen=True, slots=True)
class Keys:
    """A cell that says what the two lengths of a bar are."""

    own: str
    others: str

    def laid_out(self) -> dict[str, str]:
        """Return what the template draws."""
        return {"own": self.own, "others": self.others}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its cells, and whether it is an item, a group, a subtotal or a total.

    A line of one cell goes across the table.
    """

    cells: Sequence[str | Bar | Keys]
    look: str = "item"


@dataclass(frozen=True, slots=True)
class Section:
    """A table under its heading; `note` is the sentence below it, `wide` are the columns that share what is left."""

    title: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    note: str = ""
    wide: Collection[int] = (0,)

    def laid_out(self) -> dict[str, Any]:
        """Return what the template draws."""
        columns = [
            {"head": column.head, "right": column.kind in NUMBERS, "wide": at in self.wide}
            for at, column in enumerate(self.columns)
        ]
        lines = [
            {"cells": [one if isinstance(one, str) else one.laid_out() for one in line.cells], "look": line.look}
            for line in self.lines
        ]
        return {"title": self.title, "columns": columns, "lines": lines, "note": self.note}


@dataclass(frozen=True, slots=True)
class Check:
    """The code by which anybody can check the document, where, the digest of what it says, and who issued it when."""

    code: str = ""
    words: str = ""
    label: str = ""
    digest: str = ""
    issued_label: str = ""
    issued: str = ""


@dataclass(frozen=True)
class Document:
    """A document on paper: whose it is, what it is called, what it says, and what is said about it.

    `number` is what it is cited by, `foot` stands on every page, `demo` above everything. A template of its own may
    take more than sections and facts: that goes into `more`.
    """

    fund: str
    code: str
    title: str
    number: str
    foot: str
    facts: Sequence[tuple[str, str]] = ()
    figures: Sequence[tuple[str, str]] = ()
    sections: Sequence[Section] = ()
    remarks: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    check: Check = field(default_factory=Check)
    demo: str = ""
    wide: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    def laid_out(self) -> dict[str, Any]:
        """Return the data of its template, with the footnote of Kosovo* where the name occurs."""
        said: dict[str, Any] = {
            **self.more,
            "fund": self.fund, "code": self.code, "title": self.title, "number": self.number, "foot": self.foot,
            "facts": list(self.facts), "figures": list(self.figures), "remarks": list(self.remarks),
            "sections": [section.laid_out() for section in self.sections],
            "check": asdict(self.check), "demo": self.demo, "wide": self.wide, "page": N_("Page"),
        }  # fmt: skip
        footnote = [KOSOVO_FOOTNOTE] if mentions_kosovo(json.dumps(said, ensure_ascii=False)) else []
        return {**said, "notes": [*self.notes, *footnote]}


def write_pdf(document: Document, *, made_at: datetime, template: str = PLAIN) -> bytes:
    """Return a document as a PDF file, drawn by a template of `templates/paper`."""
    data = json.dumps(document.laid_out(), ensure_ascii=False)
    order = json.dumps({"template": template, "data": data, "made": int(made_at.timestamp())}).encode()
    command = [sys.executable, "-I", str(_PRESS)]
    drawn = subprocess.run(command, input=order, capture_output=True, timeout=LONGEST, check=False)
    if drawn.returncode:
        raise NotDrawnError(drawn.stderr.decode(errors="replace"))
    return drawn.stdout


def figure(value: Money) -> str:
    """Write an amount in full on paper, its currency in the head of its column."""
    return amount_text(value, cents=True)
