"""What a file attached as a document really is, decided by its content and never by its name.

Allowed is what offices send each other and no program runs by itself: PDF, pictures of paper, Word and Excel
documents without macros.
"""

import enum
from pathlib import Path

import filetype

from mptf.core.errors import N_, RuleBroken
from mptf.paper.filekind import BOMB, DAMAGED, DOCTYPE, HEAD, PASSWORD, check_archive
from mptf.paper.values import XLSX_MEDIA_TYPE

NOT_TAKEN = N_("This file ({kind}) is not taken as a document. Attach a PDF, a picture (JPEG, PNG), .docx or .xlsx.")
NOT_KNOWN = N_("This is no document this system knows. Attach a PDF, a picture (JPEG, PNG), .docx or .xlsx.")
MACROS = N_("The document holds macros. Save it without macros (.docx or .xlsx), or as a PDF.")
UNFINISHED = N_("The PDF ends in the middle. Save or scan it again.")

_END_OF_PDF = b"%%EOF"
_PICTURES = ("png", "jpg")
# A workbook is refused in the words of tables; a document has its own.
_OF_DOCUMENTS = {
    DAMAGED: N_("The document is damaged and cannot be opened. Open it, save it and attach it again."),
    PASSWORD: N_("The document is protected by a password. Remove the password, save it and try again."),
    BOMB: N_("The document unpacks to far more than a document needs and was not opened. Save it as a PDF."),
    DOCTYPE: N_("The document holds an XML document type, which no Office program writes. It was not opened."),
}


class DocumentFormat(enum.StrEnum):
    """A kind of file that may be attached: its ending, and its media type."""

    PDF = "pdf", "application/pdf"
    PNG = "png", "image/png"
    JPEG = "jpg", "image/jpeg"
    DOCX = "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "xlsx", XLSX_MEDIA_TYPE

    media_type: str

    def __new__(cls, value: str, media_type: str = "") -> "DocumentFormat":
        """Make a member from its ending and its media type."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.media_type = media_type
        return member


def recognise(path: Path) -> DocumentFormat:
    """Return what kind of document a file is; refuse every other content with a sentence."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.strip():
        raise RuleBroken(N_("The file is empty."))
    if head.startswith(b"%PDF-"):
        return _pdf(path)
    if head.startswith(b"PK"):
        return _office(path)
    known = filetype.guess(head)
    if known is not None and known.extension in _PICTURES:
        return DocumentFormat(known.extension)
    raise RuleBroken(NOT_TAKEN, kind=known.extension.upper()) if known else RuleBroken(NOT_KNOWN)


def with_its_ending(name: str, kind: DocumentFormat) -> str:
    """Return a file's name with the ending of what it is, so that no other program opens it where it is saved."""
    endings = (".jpg", ".jpeg") if kind is DocumentFormat.JPEG else (f".{kind.value}",)
    return name if name.lower().endswith(endings) else f"{name}.{kind.value}"


def _pdf(path: Path) -> DocumentFormat:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - HEAD))
        if _END_OF_PDF not in stream.read():
            raise RuleBroken(UNFINISHED)
    return DocumentFormat.PDF


def _office(path: Path) -> DocumentFormat:
    found: list[DocumentFormat] = []

    def look(names: set[str]) -> None:
        found.append(_office_kind(names))

    try:
        check_archive(path, look)
    except RuleBroken as refusal:
        raise RuleBroken(_OF_DOCUMENTS.get(refusal.template, refusal.template), **refusal.values) from None
    return found[0]


def _office_kind(names: set[str]) -> DocumentFormat:
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise RuleBroken(MACROS)
    if "[Content_Types].xml" in names and "word/document.xml" in names:
        return DocumentFormat.DOCX
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return DocumentFormat.XLSX
    raise RuleBroken(NOT_TAKEN, kind="OpenDocument" if "mimetype" in names else "ZIP")
