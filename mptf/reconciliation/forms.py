"""Forms of the room: shape only."""

from typing import Any

from mptf.controls.forms import why_reversed
from mptf.web import DayField, Form, TextAreaField
from mptf.web.forms import Needed, NeededDay
from mptf.web.uploads import UploadForm


class ListForm(UploadForm):
    """A list of deposits, and for which days it holds all of them."""

    limit = 5_000_000
    complete_from = DayField(
        "Complete from",
        description="The first day for which the list holds every deposit; empty if it begins with the fund.",
    )
    complete_until = NeededDay(
        "Complete up to",
        told="Write the last day for which the list holds every deposit.",
        description="A deposit of our books up to this day that is not in the list is a difference.",
    )

    def values(self) -> dict[str, Any]:
        """What was said of the list, as the service takes it."""
        return {"complete_from": self.complete_from.data, "complete_until": self.complete_until.day}


class ExplainForm(Form):
    """Why both sides differ."""

    reason = TextAreaField("Explanation", longest=1000, validators=[Needed("Say why both sides differ.")])


class ReversalForm(Form):
    """Why our deposit is taken back."""

    because = why_reversed()
