"""What an uploaded table really is, decided by its content and never by its name.

Nothing of the file is unpacked here: the archive is judged by its directory, its XML parts by what
stands before their first element.
"""

import enum
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO
from xml.parsers import expat

import filetype

from mptf.core.errors import N_, RuleBroken
from mptf.core.kosovo import with_asterisk
from mptf.paper.values import XLSX_MEDIA_TYPE

HEAD = 8192
MOST_PARTS = 2000
LARGEST_UNPACKED = 100 << 20
# Cells of a real sheet compress 5 to 60 times; an archive bomb a thousand times and more.
HIGHEST_RATIO = 150
RATIO_COUNTS_FROM = 1 << 20
LONGEST_PROLOG = 1 << 16

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_PASSWORD_MARK = "EncryptedPackage".encode("utf-16-le")

_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb")
NOT_A_TABLE = N_("This file ({kind}) is not a table. Save the table as CSV or as a workbook (.xlsx).")
NOT_KNOWN = N_("This is no table this system can read. Save the table as CSV or as a workbook (.xlsx).")
DAMAGED = N_("The workbook is damaged and cannot be opened. Open it in Excel, save it and upload it again.")
PASSWORD = N_("The workbook is protected by a password. Remove the password, save it and try again.")
OLD_OFFICE = N_("This is a file of an old Office version. Save the table as an Excel workbook (.xlsx).")
MACROS = N_("The workbook holds macros. Save it as an Excel workbook without macros (.xlsx).")
BINARY = N_("This is a binary workbook (.xlsb). Save it as an Excel workbook (.xlsx).")
BOMB = N_(
    "The workbook unpacks to far more than a table of figures needs and was not opened. "
    "Copy the table into a new workbook and upload that one."
)
DOCTYPE = N_("The workbook holds an XML document type, which no spreadsheet writes. It was not opened.")


class FileKind(enum.StrEnum):
    """A kind of table this system reads."""

    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """The media type under which a file of this kind is kept."""
        return {
            FileKind.CSV: "text/csv",
            FileKind.XLSX: XLSX_MEDIA_TYPE,
        }[self]


def sniff(path: Path, *, name: str = "") -> FileKind:
    """Return what kind of table a file is; refuse every other content with a sentence, and a name that is not true."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    if not head.strip():
        raise RuleBroken(N_("The file is empty."))
    if head.startswith(_OLE):
        raise _refused_ole(path)
    if head.startswith(b"PK"):
        check_archive(path, _check_members)
        return FileKind.XLSX
    _check_text(head)
    if Path(name).suffix.lower() in _WORKBOOKS:
        raise RuleBroken(
            N_("The file is called {name} and is no Excel workbook. Save it as one again."), name=with_asterisk(name)
        )
    return FileKind.CSV


def _refused_ole(path: Path) -> RuleBroken:
    """Tell an old Excel file from one with a password; both are OLE containers."""
    if _PASSWORD_MARK in path.read_bytes():
        return RuleBroken(PASSWORD)
    return RuleBroken(OLD_OFFICE)


def _check_text(head: bytes) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise RuleBroken(N_("The file is UTF-16 text. Save it as “CSV UTF-8” and try again."))
    known = filetype.guess(head)
    if known is not None:
        raise RuleBroken(NOT_A_TABLE, kind=known.extension.upper())
    if b"\0" in head:
        raise RuleBroken(NOT_KNOWN)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise RuleBroken(NOT_A_TABLE, kind="HTML or XML")


def check_archive(path: Path, check_members: Callable[[set[str]], None]) -> None:
    """Refuse an archive that is damaged or no safe one; `check_members` refuses what its parts are not."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_size(parts)
            check_members({part.filename for part in parts})
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    with archive.open(part) as stream:
                        _check_prolog(stream)
    except RuleBroken:
        raise
    except Exception as damage:  # what a damaged archive raises depends on where and how it is packed
        raise RuleBroken(DAMAGED) from damage


def _check_size(parts: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(part.file_size for part in parts)
    bomb = any(
        part.file_size > RATIO_COUNTS_FROM and part.file_size > HIGHEST_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if len(parts) > MOST_PARTS or unpacked > LARGEST_UNPACKED or bomb:
        raise RuleBroken(BOMB)
    if any(part.flag_bits & 0x1 for part in parts):
        raise RuleBroken(PASSWORD)


def _check_members(names: set[str]) -> None:
    if "[Content_Types].xml" not in names:
        kind = "OpenDocument" if "mimetype" in names else "ZIP"
        raise RuleBroken(NOT_A_TABLE, kind=kind)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise RuleBroken(MACROS)
    if "xl/workbook.bin" in names:
        raise RuleBroken(BINARY)
    if "xl/workbook.xml" not in names:
        kind = "Word" if "word/document.xml" in names else "ZIP"
        raise RuleBroken(NOT_A_TABLE, kind=kind)


class _Started(Exception):
    """The first element was reached; nothing dangerous stood before it."""


def _check_prolog(stream: IO[bytes]) -> None:
    """Refuse a part that declares a document type: the only door for entities, inner and external."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise RuleBroken(DOCTYPE)

    def stop(*_: object) -> None:
        raise _Started

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        parser.Parse(stream.read(LONGEST_PROLOG), False)
    except _Started:
        return
    raise RuleBroken(DAMAGED)
