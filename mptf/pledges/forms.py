"""Forms of the room: shape only; the rules stand in the service."""

from collections.abc import Iterable
from typing import Any

from wtforms import RadioField, SelectField

from mptf.commitments.forms import CURRENCIES, DAY, REQUIRED_AMOUNT, CertaintyForm
from mptf.commitments.models import Agreement
from mptf.pledges.models import Precision
from mptf.web import AmountField, Form, TextAreaField, TextField
from mptf.web.forms import NeededDay, choices, choices_of
from mptf.web.text import say


class PledgeForm(CertaintyForm):
    """A pledge, as it was announced."""

    amount = AmountField("Amount pledged", validators=REQUIRED_AMOUNT)
    currency = SelectField("Currency", choices=CURRENCIES, default="EUR")
    announced_on = NeededDay(
        "Announced on",
        told=DAY,
        description="Where only the month or the year is known, any day in it.",
    )
    precision = RadioField("How exactly is the day known?", choices=choices_of(Precision), default="day")
    announced_as = TextField(
        "Day as published", description="In the words of the source, such as “December 2022 (page undated)”."
    )
    usd_as_published = TextField(
        "US dollars as published",
        description="In the words of the source, such as “approximately 550,000”; empty if it names none.",
    )
    source = TextField(
        "Address of the source",
        longest=1000,
        description="With an address, the pledge stands on the fund’s public page at once.",
    )
    note = TextAreaField("Note", longest=2000)

    def values(self) -> dict[str, Any]:
        """What was announced, as the service takes it."""
        return {
            **self.sureness(),
            "amount": self.amount.money(self),
            "announced_on": self.announced_on.day,
            "precision": Precision(self.precision.data),
            "announced_as": self.announced_as.data or "",
            "usd_as_published": self.usd_as_published.data or "",
            "source": self.source.data or "",
            "note": self.note.data or "",
        }


class SignedForm(Form):
    """Which agreement a pledge became."""

    agreement = SelectField("Agreement it became")

    def offer(self, agreements: Iterable[Agreement]) -> None:
        """Let a person choose among these agreements, or none."""
        named = ((row.public_id, f"{row.reference}, {row.amount}") for row in agreements)
        self.agreement.choices = choices(named, nothing=say("Not signed"))
