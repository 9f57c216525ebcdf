"""What the forms of pledges, agreements and deposits have in common: shape only."""

from collections.abc import Iterable
from typing import Any

from wtforms import RadioField, SelectField

from mptf.commitments.models import Certainty
from mptf.core.money import EXPONENTS
from mptf.organisations.models import Organisation
from mptf.web import Form, TextAreaField, TextField
from mptf.web.forms import Needed, choices, choices_of, codes
from mptf.web.text import say

CURRENCIES = codes(EXPONENTS)
REQUIRED_AMOUNT = [Needed("Write the amount.")]
DAY = "Write the day."


class DonorForm(Form):
    """What every record of a contributor has."""

    donor = SelectField("Contributor", validators=[Needed("Choose the contributor.")])

    def offer(self, donors: Iterable[Organisation]) -> None:
        """Let a person choose among these contributors."""
        self.donor.choices = choices(((row.public_id, row.short_name) for row in donors), nothing=say("Choose …"))


class CertaintyForm(DonorForm):
    """How sure it is that a figure belongs to a contributor."""

    certainty = RadioField(
        "Is the contributor certain?",
        choices=choices_of(Certainty),
        default=Certainty.CERTAIN.value,
    )
    certainty_note = TextField(
        "How that is known",
        description="Printed beside the figure wherever it is shown, such as “not stated by any source read”.",
    )

    def sureness(self) -> dict[str, Any]:
        """How sure it is, as the service takes it."""
        return {"certainty": Certainty(self.certainty.data), "certainty_note": self.certainty_note.data or ""}


class WithdrawForm(Form):
    """Why a pledge or an agreement is withdrawn."""

    reason = TextAreaField("Reason", longest=1000, validators=[Needed("Say why it is withdrawn.")])
