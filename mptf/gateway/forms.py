"""Forms of the room: shape only."""

from typing import Any

from wtforms import RadioField

from mptf.ledger.delivery import Certification
from mptf.web import DayField, Form, TextAreaField, TextField
from mptf.web.forms import Needed, choices
from mptf.web.uploads import UploadForm


class ExtractForm(UploadForm):
    """An extract, and what it says about itself; what is not stated is printed as such."""

    title = TextField(
        "Title",
        validators=[Needed("Give the extract a title.")],
        description="How people will find it, such as “Delivery by organisation, 2016 to 2025”.",
    )
    source = TextField(
        "Source",
        validators=[Needed("Say where the file comes from.")],
        description="Printed under every figure: who published it, where, and when it was taken.",
    )
    cut_off_on = DayField(
        "Figures up to",
        description="The cut-off day, such as 31 Dec 2025. If the source does not say, leave it empty.",
    )
    certification = RadioField(
        "Certification",
        description="Did the organisations' finance officers certify these figures?",
        choices=choices(
            (
                (Certification.CERTIFIED.value, "Certified"),
                (Certification.INTERIM.value, "Interim"),
                (Certification.NOT_STATED.value, "Not stated in the source"),
            )
        ),
        validators=[Needed("Say whether the figures are certified, or that the source does not.")],
    )

    def values(self) -> dict[str, Any]:
        """What was said about the file, as the service takes it."""
        return {
            "title": self.title.data,
            "source": self.source.data,
            "cut_off_on": self.cut_off_on.data,
            "certification": Certification(self.certification.data),
        }


class WithdrawForm(Form):
    """Why imported figures are taken out of use."""

    because = TextAreaField("Reason", longest=1000, validators=[Needed("Say why the figures are withdrawn.")])
