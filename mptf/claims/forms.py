"""Forms of the room: shape only; whether the cash is there, the service says."""

from collections.abc import Iterable

from wtforms import SelectField

from mptf.fund.models import Fund, FundWindow
from mptf.web import AmountField, Form, TextAreaField, TextField
from mptf.web.forms import Needed, choices
from mptf.web.text import say


class DirectCostForm(Form):
    """A direct cost that was approved."""

    label = TextField("What for", validators=[Needed("Say what it is for.")], description="As people will know it by.")
    amount = AmountField("Amount", validators=[Needed("Write the amount.")])
    window = SelectField("Window", description="The part of the fund it draws on.")
    basis = TextAreaField(
        "Approved by",
        longest=1000,
        validators=[Needed("Say who approved it, and when.")],
        description="Such as the decision of the Steering Committee with its number and date.",
    )

    def offer(self, fund: Fund, windows: Iterable[FundWindow]) -> None:
        """Let a person choose among these windows, in the books of this fund."""
        self.amount.currency = fund.currency
        named = ((row.public_id, row.name) for row in windows)
        self.window.choices = choices(named, nothing=say("Unearmarked"))


class CutForm(Form):
    """How much of a direct cost is given up, and why."""

    amount = AmountField("Amount to give up", validators=[Needed("Write the amount.")])
    reason = TextAreaField("Reason", longest=1000, validators=[Needed("Say why it is changed.")])
