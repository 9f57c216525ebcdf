"""What the Secretariat types about a published figure."""

from wtforms import BooleanField, SelectField
from wtforms.validators import Optional

from mptf.core.money import EXPONENTS
from mptf.public.models import Printed, Source, Topic
from mptf.web import AmountField, Form, TextField
from mptf.web.forms import Needed, NeededDay, choices_of, codes


class FigureForm(Form):
    """One figure, as it was printed."""

    topic = SelectField("About", choices=choices_of(Topic))
    label = TextField("What it is", validators=[Needed("Say what the figure is.")])
    printed = TextField("As printed", validators=[Needed("Write the figure as it was printed.")])
    as_of = TextField("As of, as printed", validators=[Needed("Write the date as it was printed.")])
    as_of_on = NeededDay("Day to sort by", told="Give the day, or the last one it may be.")
    amount = AmountField("Amount in numbers", validators=[Optional()])
    currency = SelectField("Currency", choices=codes(EXPONENTS), default="USD")
    exact = BooleanField("Printed to the unit")
    headline = BooleanField("Show at the head of the page")
    detail = TextField("In a few words more")
    address = TextField("Address of the source", longest=1000)
    source = TextField("Source", validators=[Needed("Say where the figure was published.")])

    def figure(self) -> Printed:
        """Return the figure of a valid form."""
        return Printed(
            topic=Topic(self.topic.data),
            label=self.label.data or "",
            printed=self.printed.data or "",
            as_of=self.as_of.data or "",
            as_of_on=self.as_of_on.day,
            source=Source(self.source.data or "", self.address.data or ""),
            detail=self.detail.data or "",
            amount=self.amount.stated(self),
            exact=self.exact.data,
            headline=self.headline.data,
        )
