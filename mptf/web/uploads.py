"""Uploaded tables: kept and read while no lock of the database is held, then taken in once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from flask import request
from flask_wtf.file import FileField, FileRequired

from mptf.core import files
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.files import Blob, StoredFile
from mptf.paper.filekind import FileKind, sniff
from mptf.web.access import place, the_viewer
from mptf.web.forms import Form
from mptf.web.pages import Done, checked, store, tried
from mptf.web.text import say

Content = TypeVar("Content")
Result = TypeVar("Result")


class UploadForm(Form):
    """The file of a table, and in a class of the room what is said about it."""

    limit = 20 << 20
    file = FileField("File", validators=[FileRequired("Choose a file.")])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = N_("CSV or an Excel workbook (.xlsx), at most {megabytes} MB.")
        self.file.description = say(told, megabytes=self.limit >> 20)


@dataclass(frozen=True)
class Taken(Generic[Content]):
    """A file that stands in the store, and what was read from it."""

    blob: Blob
    kind: FileKind
    name: str
    content: Content

    def stored(self) -> StoredFile:
        """Give the file its name in the place of this address, in the running unit of work."""
        here = place()
        return files.add(
            self.blob, name=self.name, media_type=self.kind.media_type, by=the_viewer(),
            fund_id=here.fund_id if here else None,
        )  # fmt: skip


def take_in(
    form: UploadForm, read: Callable[[Path], Content], act: Callable[[Taken[Content]], Result]
) -> Done[Result] | None:
    """Keep and read the posted file, then do with it what is asked, once; None means: render the form again."""
    taken = tried(form, lambda: _taken(form, read))
    return checked(form, lambda: act(taken.result)) if taken else None


def _taken(form: UploadForm, read: Callable[[Path], Content]) -> Taken[Content]:
    db.session.rollback()  # who asks is known; hashing and reading hold no lock
    try:
        blob = store().keep(form.file.data.stream, limit=form.limit)
        path = store().path(blob.sha256)
        return Taken(blob, sniff(path), form.file.data.filename or "table", read(path))
    except RuleBroken as refusal:
        raise refusal.at("file") from None


def read_again(stored: StoredFile, read: Callable[[Path], Content]) -> Content:
    """Read a file that was taken in before; a posting request holds no lock meanwhile."""
    path = store().path(stored.sha256)
    if request.method == "POST":
        db.session.rollback()
    return read(path)
