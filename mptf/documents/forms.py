"""Forms of the room: shape only."""

from pathlib import Path
from typing import Any

from wtforms import SelectField

from mptf.core.errors import N_
from mptf.documents.models import AttachmentKind
from mptf.paper.attachable import DocumentFormat, recognise
from mptf.web import Form, TextAreaField, TextField
from mptf.web.forms import Needed, choices_of
from mptf.web.text import say
from mptf.web.uploads import UploadForm


class PaperForm(UploadForm):
    """A document as a file."""

    takes = N_("PDF, JPEG, PNG, Word (.docx) or Excel (.xlsx), at most {megabytes} MB.")

    def recognise(self, path: Path, name: str) -> DocumentFormat:
        """Return what kind of document this is; refuse every other file."""
        return recognise(path)


class AttachForm(PaperForm):
    """A document, and what it is."""

    kind = SelectField("Kind", validators=[Needed("Choose what kind of paper it is.")])
    title = TextField(
        "Title",
        validators=[Needed("Say what the document is.")],
        description="How people will know it, such as “Notice of 16 March 2026”.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = choices_of(AttachmentKind, nothing=say("Choose …"))

    def values(self) -> dict[str, Any]:
        """What was said of the document, as the service takes it."""
        return {"kind": AttachmentKind(self.kind.data), "title": self.title.data or ""}


class WithdrawForm(Form):
    """Why a document no longer counts."""

    reason = TextAreaField("Reason", longest=1000, validators=[Needed("Say why the document is withdrawn.")])
