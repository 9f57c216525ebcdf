"""The part Attachments of a proposal: which files on record are attached, and which document of the call each is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mptf.attachments.queries import with_files
from mptf.core.errors import N_
from mptf.drafting.parts import put
from mptf.drafting.reading import Asked, Frame, OnRecord, Part, Read, Row, Typed
from mptf.drafting.shape import Content, Field, Holds, Shape
from mptf.drafting.telling import Block, Column, Digest, File, Line, Said, Size, Table, words
from mptf.proposals.models import PartKind

LIST = "files"
OTHER = "other"
MOST_FILES = 40
LONGEST_TITLE = 200
LARGEST = 20_000_000  # bytes of a file

# `files.<key>.file` is the public id of the file on record, `document` that of what the call asks for, or `other`.
SHAPE = Shape(
    (
        Field(LIST, N_("File"), Holds.ORDER, most=MOST_FILES),
        Field("files.*.file", N_("file on record")),
        Field("files.*.document", N_("document")),
        Field("files.*.title", N_("title"), most=LONGEST_TITLE),
    )
)


@dataclass(frozen=True)
class Attached:
    """A file that is attached, as which document of the call, or `other`; `known` is None where it is not on record."""

    key: str
    file: str
    document: str
    title: str
    known: OnRecord | None


@dataclass(frozen=True)
class Attachments:
    """What is attached, and what the call asks for by public id."""

    files: tuple[Attached, ...]
    documents: Mapping[str, Asked]

    @property
    def choices(self) -> dict[str, str]:
        """What a file can be."""
        return choices_of(self.documents)

    def attached_as(self, document: str) -> list[Attached]:
        """Return the files that are attached as a document of the call."""
        return [one for one in self.files if one.document == document and one.known]

    @property
    def row_of(self) -> dict[str, Attached]:
        """The files by the key of their row."""
        return {one.key: one for one in self.files}


def choices_of(documents: Mapping[str, Asked]) -> dict[str, str]:
    """Return what a file can be: a document the call asks for, or another."""
    return {**{key: asked.name for key, asked in documents.items()}, OTHER: N_("Another document")}


def read_attachments(content: Content, frame: Frame) -> Read[Attachments]:
    """Read the part Attachments: every document the call needs is there, and every file is one it takes."""
    typed = Typed(content)
    files = tuple(_attached(typed, row, frame) for row in typed.rows(LIST, most=MOST_FILES))
    value = Attachments(files, frame.documents)
    for key, asked in frame.documents.items():
        if asked.needed and not value.attached_as(key):
            typed.missing("", N_("Attach “{document}”: it is asked for."), document=asked.name)
    return typed.read(value)


def _attached(typed: Typed, row: Row, frame: Frame) -> Attached:
    file = typed.content.get(row.at("file"), "")
    if file not in frame.files:
        typed.wrong(row.at("file"), N_("This file is not on record. Remove it and attach it again."))
    document = typed.one_of(
        row.at("document"), choices_of(frame.documents), needed=N_("Choose which document this file is.")
    )
    needed = N_("Say what this document is.") if document == OTHER else None
    title = typed.text(row.at("title"), needed=needed, most=LONGEST_TITLE)
    return Attached(row.key, file, document, title, frame.files.get(file))


def tell_attachments(attachments: Attachments, _frame: Frame) -> Iterator[Block]:
    """Say each file as which document it is attached, with its size and hash."""
    heads = (
        Column(words(N_("Document")), share=2), Column(words(N_("File")), share=2), Column(words(N_("Size"))),
        Column(words(N_("SHA-256")), share=3),
    )  # fmt: skip
    yield Table(words(N_("Attachments")), heads, tuple(Line(_told(one, attachments)) for one in attachments.files))


def _told(one: Attached, attachments: Attachments) -> tuple[Said, ...]:
    asked = attachments.documents.get(one.document)
    document: Said = asked.name if asked else words(N_("Another document"))
    name: Said = (document, one.title) if one.title else document
    if one.known is None:
        return name, words(N_("not on record")), None, None
    return name, File(one.known.name, one.file), Size(one.known.size), Digest(one.known.sha256)


PART = Part(
    PartKind.ATTACHMENTS, SHAPE, read_attachments, tell_attachments, "attachments/fields.html",
    offers={"largest": LARGEST}, figures="attachments/_asked.html", given=with_files, beside="attachments/_attach.html",
)  # fmt: skip
put(PART)
