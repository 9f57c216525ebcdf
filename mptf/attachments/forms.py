"""The form that attaches a file: shape only."""

from collections.abc import Mapping

from wtforms import SelectField

from mptf.attachments.part import LARGEST
from mptf.core.errors import N_
from mptf.documents.forms import PaperForm
from mptf.web.text import say


class FileForm(PaperForm):
    """A file, and which document of the call it is; that can be chosen later."""

    limit = LARGEST
    document = SelectField("Document", default="")

    def offer(self, choices: Mapping[str, str]) -> None:
        """Say what a file can be."""
        told = [(value, say(label)) for value, label in choices.items()]
        self.document.choices = [("", say(N_("Choose later"))), *told]
