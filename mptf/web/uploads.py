"""Uploaded tables: kept and read while no lock of the database is held, then taken in once.

A browser gives a file once: when another field of its form is refused, the bytes stay in the store and the page
carries a signed word of them, so that nobody chooses the file again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from flask import current_app, request
from flask_wtf.file import FileField
from itsdangerous import BadSignature, URLSafeTimedSerializer
from jinja2.filters import do_filesizeformat
from wtforms import HiddenField, ValidationError

from mptf.core import files
from mptf.core.db import db
from mptf.core.errors import N_, RuleBroken
from mptf.core.files import SWEPT_AFTER, Blob, StoredFile
from mptf.core.kosovo import with_asterisk
from mptf.core.sentences import cut
from mptf.paper.filekind import sniff
from mptf.web.access import place, the_viewer
from mptf.web.forms import Form
from mptf.web.pages import Done, checked, store, tried
from mptf.web.text import say, sentence

# The sweeper takes bytes that no row has named for a day; our word of them ends well before.
KEPT_FOR = SWEPT_AFTER - timedelta(hours=1)

Content = TypeVar("Content")
Result = TypeVar("Result")


class UploadField(FileField):  # type: ignore[misc]  # Flask-WTF has no types
    """A file; `limit` is the largest in bytes, `kept` names the one that stays with a refused form."""

    limit = 20_000_000
    kept = ""


class Recognised(Protocol):
    """What kind of file the bytes are, decided by their content."""

    @property
    def media_type(self) -> str: ...


@dataclass(frozen=True)
class Kept:
    """A file whose bytes stand in the store while its form is filled in."""

    name: str
    blob: Blob
    kind: Recognised


class UploadForm(Form):
    """The file of a table, and in a class of the room what is said about it.

    A form that takes other files than tables says which (`takes`) and recognises them; one that can do without says so.
    """

    limit = UploadField.limit
    needs_file = True
    takes = N_("CSV or an Excel workbook (.xlsx), at most {megabytes} MB.")
    file = UploadField("File")
    kept = HiddenField()
    found: Kept | RuleBroken | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.file.description = say(self.takes, megabytes=f"{self.limit / 1_000_000:g}")
        self.file.limit = self.limit
        self.file.flags.required = self.needs_file

    def recognise(self, path: Path, name: str) -> Recognised:
        """Return what kind of file this is; refuse one this form does not take."""
        return sniff(path, name=name)

    def validate_file(self, _field: UploadField) -> None:
        """Refuse a form without a file; one that stands in the store already is as good."""
        if isinstance(self.found, RuleBroken):
            raise ValidationError(sentence(self.found))
        if self.found is None and (self.needs_file or self.kept.data):
            raise ValidationError(say(N_("Choose the file again.") if self.kept.data else N_("Choose a file.")))

    def receive(self) -> None:
        """Put the posted file into the store, or find the one kept there before."""
        posted = self.file.data
        if not posted:
            self.found = self._kept_before()
            return
        try:
            name = files.called(posted.filename or "table")
            self.found = self._found(name, store().keep(posted.stream, limit=self.limit))
            self.kept.data = _signer().dumps([name, self.found.blob.sha256, self.found.blob.size, *_here()])
        except RuleBroken as refusal:
            self.found = refusal

    def carry(self) -> None:
        """Let the page carry the file it was posted with, unless that is what was refused."""
        if not isinstance(self.found, Kept) or self.file.errors:
            self.kept.data = ""
            return
        told = N_("{name}, {size}, is kept. Choose another file only to replace it.")
        self.file.kept = say(
            told, name=with_asterisk(cut(self.found.name)), size=do_filesizeformat(self.found.blob.size)
        )
        self.file.flags.required = False

    def _found(self, name: str, blob: Blob) -> Kept:
        return Kept(name, blob, self.recognise(store().path(blob.sha256), name))

    def _kept_before(self) -> Kept | None:
        """Return the file a page carries, if this person put it there and it is still in the store."""
        try:
            name, sha256, size, *where = _signer().loads(self.kept.data or "", max_age=int(KEPT_FOR.total_seconds()))
        except BadSignature:
            return None
        here = where == _here() and store().path(sha256).exists()
        return self._found(name, Blob(sha256, size)) if here else None


@dataclass(frozen=True)
class Taken(Generic[Content]):
    """A file that stands in the store, and what was read from it."""

    blob: Blob
    kind: Recognised
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
    if request.method != "POST":
        return None
    db.session.rollback()  # who asks is known; hashing and reading hold no lock
    form.receive()
    taken = tried(form, lambda: _taken(form, read))
    done = checked(form, lambda: act(taken.result)) if taken else None
    if done is None:
        form.carry()
    return done


def take_along(form: UploadForm, act: Callable[[Taken[None] | None], Result]) -> Done[Result] | None:
    """Keep the posted file, if there is one, then do with it what is asked, once; None means: render the form again."""
    if request.method != "POST":
        return None
    db.session.rollback()  # who asks is known; hashing holds no lock
    form.receive()
    done = checked(form, lambda: act(_unread(form)))
    if done is None:
        form.carry()
    return done


def _unread(form: UploadForm) -> Taken[None] | None:
    kept = form.found
    return Taken(kept.blob, kept.kind, kept.name, None) if isinstance(kept, Kept) else None


def _taken(form: UploadForm, read: Callable[[Path], Content]) -> Taken[Content]:
    kept = form.found
    assert isinstance(kept, Kept)  # noqa: S101 - a form without one is not valid
    try:
        return Taken(kept.blob, kept.kind, kept.name, read(store().path(kept.blob.sha256)))
    except RuleBroken as refusal:
        raise refusal.at("file") from None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="kept upload")


def _here() -> list[str]:
    return [the_viewer().public_id, request.path]


def read_again(stored: StoredFile, read: Callable[[Path], Content]) -> Content:
    """Read a file that was taken in before; a posting request holds no lock meanwhile."""
    path = store().found(stored.sha256)
    if request.method == "POST":
        db.session.rollback()
    return read(path)
