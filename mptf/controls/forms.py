"""Forms of the room: a reason, an answer."""

from datetime import date

from wtforms import SelectField

from mptf.ledger.models import LONGEST_MEMO
from mptf.ledger.periods import months_between
from mptf.web import Form, TextAreaField
from mptf.web.forms import Needed, choices
from mptf.web.text import month as month_text


def why_reversed() -> TextAreaField:
    """Return the field that asks why an entry is taken back."""
    return TextAreaField(
        "Reason",
        longest=LONGEST_MEMO,
        validators=[Needed("Say why it is reversed.")],
        description="It is posted with the reversal and read by everybody who reads the ledger.",
    )


class ReversalForm(Form):
    """Why an entry is taken back."""

    reason = why_reversed()


class ClosingForm(Form):
    """Up to which month the books are closed, and what is to be said of it."""

    until = SelectField("Close up to", description="Every open month before it is closed with it.")
    note = TextAreaField("Note", longest=1000, description="Kept with the closing; may stay empty.")

    def offer(self, following: date | None, last: date) -> None:
        """Let a person choose among the months from the next one to the last that is over; the next one unless said."""
        months = months_between(following, last) if following else []
        self.until.choices = choices((f"{month:%Y-%m}", month_text(month)) for month in months)
        if self.until.data is None and months:
            self.until.data = f"{months[0]:%Y-%m}"

    @property
    def month(self) -> date:
        """The first day of the month that was chosen."""
        return date.fromisoformat(f"{self.until.data}-01")


class DeclineForm(Form):
    """Why a request is declined."""

    answer = TextAreaField("Reason", longest=1000, validators=[Needed("Say why it is declined.")])
