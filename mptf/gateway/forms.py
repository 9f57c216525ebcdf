"""Forms of the room: shape only."""

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its stubs are older
from wtforms.validators import InputRequired

from mptf.core.errors import N_
from mptf.ledger.delivery import Certification
from mptf.web import DayField, Form, TextAreaField, TextField


class UploadForm(Form):
    """An extract, and what it says about itself; what is not stated is printed as such."""

    file = FileField(
        N_("File"),
        validators=[FileRequired(N_("Choose the file of the extract."))],
        description=N_("The table as the Gateway publishes it: CSV or an Excel workbook (.xlsx), at most 20 MB."),
    )
    title = TextField(
        N_("Title"),
        validators=[InputRequired(N_("Give the extract a title."))],
        description=N_("How people will find it, such as “Delivery by organisation, 2016 to 2025”."),
    )
    source = TextField(
        N_("Source"),
        validators=[InputRequired(N_("Say where the file comes from."))],
        description=N_("Printed under every figure: who published it, where, and when it was taken."),
    )
    cut_off_on = DayField(
        N_("Figures up to"),
        description=N_("The cut-off day, such as 31 Dec 2025. If the source does not say, leave it empty."),
    )
    certification = RadioField(
        N_("Certification"),
        description=N_("Did the organisations' finance officers certify these figures?"),
        choices=[
            SelectChoice(Certification.CERTIFIED.value, N_("Certified")),
            SelectChoice(Certification.INTERIM.value, N_("Interim")),
            SelectChoice(Certification.NOT_STATED.value, N_("Not stated in the source")),
        ],
        validators=[InputRequired(N_("Say whether the figures are certified, or that the source does not."))],
    )

    def values(self) -> dict[str, Any]:
        """What was said about the file, as the service takes it."""
        return {
            "title": self.title.data,
            "source": self.source.data,
            "cut_off_on": self.cut_off_on.data,
            "certification": Certification(self.certification.data),
        }


class StepForm(Form):
    """A button that moves an extract on."""


class WithdrawForm(Form):
    """Why imported figures are taken out of use."""

    because = TextAreaField(
        N_("Reason"), longest=1000, validators=[InputRequired(N_("Say why the figures are withdrawn."))]
    )
