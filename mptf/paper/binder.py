"""Put the pages of PDF files others made into a document of ours, in a process of its own. Run by `binding`.

Reads its orders as JSON from standard input; writes what came of them, an object, to standard output. What a file does
to the process that reads it, it does to no other; whatever it is, the process ends before it takes the machine.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject

# What a page of others may lead to: another page, or an address. Nothing that starts a program or sends a form.
HARMLESS = ("/GoTo", "/URI")
PROTECTED, BROKEN = "protected", "broken"


def look(path: str) -> dict[str, Any]:
    """Tell how many pages a file would add, or why it cannot be added."""
    writer = PdfWriter()
    return _take_in(writer, Path(path), 0)


def bind(base: str, files: list[tuple[str, int]], out: str) -> dict[str, Any]:
    """Write the document `base` with the pages of each file behind one of its own, counted from 1.

    With pages of others it is not archived any more (PDF/A), nor readable aloud all through: it does not say so.
    """
    writer = PdfWriter(clone_from=base)
    writer.pdf_header = "%PDF-1.7"
    for path, after in sorted(files, key=lambda one: one[1], reverse=True):
        told = _take_in(writer, Path(path), after)
        if "why" in told:
            return told
    del writer.root_object["/Metadata"]
    writer.write(out)
    return {"pages": len(writer.pages)}


def _take_in(writer: PdfWriter, path: Path, at: int) -> dict[str, Any]:
    """Put the pages of a file into a document at a place."""
    try:
        reader = PdfReader(path)
        if reader.is_encrypted:
            return {"why": PROTECTED}
        count = len(reader.pages)
        if not count:
            return {"why": BROKEN}
        writer.merge(at, reader, import_outline=False)
        for page in writer.pages[at : at + count]:
            _make_harmless(page)
    except Exception:  # noqa: BLE001 - whatever a file of others brings the parser to, it is a file that is not added
        return {"why": BROKEN}
    return {"pages": count}


def _make_harmless(page: DictionaryObject) -> None:
    """Take away what a page would do by itself, and where it says it stands in the tags of its own file."""
    for name in ("/AA", "/StructParents", "/Tabs"):
        page.pop(NameObject(name), None)
    for annotation in page.get("/Annots", []):
        found = annotation.get_object()
        for name in ("/AA", "/StructParent"):
            found.pop(NameObject(name), None)
        action = found.get("/A")
        if action is not None and action.get_object().get("/S") not in HARMLESS:
            del found[NameObject("/A")]


def main() -> None:
    """Do what is asked for, within so many bytes of memory and seconds of a processor."""
    order = json.load(sys.stdin)
    memory, seconds = order.pop("memory"), order.pop("seconds")
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = bind if "base" in order else look
    json.dump(asked(**order), sys.stdout)


if __name__ == "__main__":
    main()
