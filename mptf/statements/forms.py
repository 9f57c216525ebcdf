"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wtforms import HiddenField, RadioField, SelectField

from mptf.core.errors import N_, RuleBroken
from mptf.organisations.models import Organisation
from mptf.paper.attachable import DocumentFormat, recognise
from mptf.statements.figures import Period, Seen
from mptf.statements.models import DocumentKind
from mptf.web import DayField, Filter, Form, TextAreaField, TextField
from mptf.web.forms import Needed, NeededDay, choices, choices_of
from mptf.web.text import say
from mptf.web.uploads import UploadForm

BEGINNING_OF_PDF = b"%PDF-"


class PeriodFilter(Filter):
    """The period of a draft, read from the address; empty is from the beginning until today."""

    since = DayField("From", description="Empty: from the beginning of the fund.")
    until = DayField("To", description="Empty: until today.")


class IssueForm(Form):
    """The period of the draft that is issued, which draft was looked at (`version`), and what it takes the place of."""

    since = DayField("From")
    until = NeededDay("To", told="Write the last day of the period.")
    latest = HiddenField()

    def period(self) -> Period:
        """The period, as the service takes it."""
        return Period(self.since.data, self.until.day)

    def seen(self) -> Seen:
        """What the person looked at who issues it."""
        return Seen(self.version.data or "", self.latest.data or "")


class DocumentForm(UploadForm):
    """A document for contributors, and what it is."""

    takes = N_("A PDF file, at most {megabytes} MB.")
    kind = RadioField("What it is", choices=choices_of(DocumentKind), validators=[Needed("Say what it is.")])
    year = TextField("Year", validators=[Needed("Give the year it is about.")])
    donor = SelectField(
        "Contributor", description="Of a certified statement: the one it was certified for. A report is for all."
    )

    def recognise(self, path: Path, name: str) -> DocumentFormat:
        """Return that this is a PDF file; refuse every other content."""
        with path.open("rb") as stream:
            if not stream.read(len(BEGINNING_OF_PDF)) == BEGINNING_OF_PDF:
                raise RuleBroken(N_("This is no PDF file. Save the document as a PDF and choose that one."))
        return recognise(path)

    def offer(self, donors: Iterable[Organisation]) -> None:
        """Let a person choose among these contributors."""
        self.donor.choices = choices(((row.public_id, row.short_name) for row in donors), nothing=say("All of them"))

    def values(self) -> dict[str, Any]:
        """What was said about the file, as the service takes it; a year that is no number is none."""
        year = self.year.data or ""
        return {
            "kind": DocumentKind(self.kind.data),
            "year": int(year) if year.isascii() and year.isdigit() else 0,
        }


class WithdrawForm(Form):
    """Why a document is taken away from contributors."""

    because = TextAreaField("Reason", longest=1000, validators=[Needed("Say why it is withdrawn.")])
