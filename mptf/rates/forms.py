"""Forms of the room: shape only; the rules stand in the services."""

from typing import Any

from wtforms import SelectField

from mptf.core.money import EXPONENTS
from mptf.rates.figures import MEASURE, parse_rate, rate_text
from mptf.rates.models import ExchangeRate, RateSource
from mptf.web import Form, TextField
from mptf.web.forms import Needed, NeededDay, ParsedField, choices_of, codes
from mptf.web.uploads import UploadForm


class RateField(ParsedField):
    """Units of a currency for one US dollar; `data` is millionths."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, read=parse_rate, write=rate_text, **kwargs)


class RateForm(Form):
    """One exchange rate."""

    currency = SelectField("Currency", choices=codes(set(EXPONENTS) - {MEASURE}), default="EUR")
    valid_from = NeededDay("Valid from")
    rate = RateField("Units for one US dollar", validators=[Needed()])
    source = SelectField("Source", choices=choices_of(RateSource), coerce=RateSource)
    note = TextField(
        "Note",
        description="Needed when the rate comes from elsewhere. Rates serve every fund, and all of them read it.",
    )


class CorrectRateForm(Form):
    """A rate that was typed wrongly, and why it is corrected."""

    rate = RateField("Units for one US dollar", validators=[Needed()])
    note = TextField("Why it is corrected", validators=[Needed()], description="Every fund reads it.")

    @classmethod
    def of(cls, rate: ExchangeRate, **kwargs: Any) -> "CorrectRateForm":
        """Fill the form with a rate as it stands."""
        return cls(data={"rate": rate.millionths, "note": rate.note, "version": rate.version}, **kwargs)


class RateTableForm(UploadForm):
    """A table of rates; it is read while the officer waits, and a day's rates of every currency take 10 kB."""

    limit = 1_000_000
    source = SelectField("Source", choices=choices_of(RateSource), coerce=RateSource)
