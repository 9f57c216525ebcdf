"""Forms of the room: shape only; the rules stand in the services."""

from collections.abc import Iterable
from typing import Any, Self

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, Field, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its stubs are older
from wtforms.validators import DataRequired, InputRequired
from wtforms.widgets import TextInput

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import EXPONENTS, Money
from mptf.fund.facts import FundFacts, JurisdictionFacts, OrganisationFacts
from mptf.fund.models import DecisionBody, ExchangeRate, Jurisdiction, Office, OrganisationKind, RateSource
from mptf.fund.rates import MEASURE, parse_rate, rate_text
from mptf.fund.rules import RULES, Rules, parse_percent, percent_text
from mptf.web import AmountField, DayField, Form, TextAreaField, TextField
from mptf.web.forms import choices, choices_of
from mptf.web.text import sentence

FILL_IN = "Fill this in."
LONGEST_WHOLE = 6
_RULES = {rule.field: rule for rule in RULES}


def _needed() -> list[Any]:
    return [DataRequired(FILL_IN)]


def _codes(currencies: Iterable[str]) -> list[SelectChoice]:
    return [SelectChoice(code) for code in sorted(currencies)]


class NeededDay(DayField):
    """A day that must be filled in."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, validators=[InputRequired(FILL_IN)], **kwargs)


class ParsedField(Field):
    """A line of text read by a parser of the house; what was typed is shown again as it was typed."""

    widget = TextInput()

    def read(self, text: str) -> int:
        """Return the value of a text, or raise RuleBroken."""
        raise NotImplementedError

    def write(self, value: int) -> str:
        """Return the text of a value."""
        return str(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; a refusal stands at the field."""
        self.data = None
        if valuelist and valuelist[0].strip():
            try:
                self.data = self.read(valuelist[0])
            except RuleBroken as refusal:
                raise ValueError(sentence(refusal)) from None

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)


class PercentField(ParsedField):
    """Percent with two decimals; `data` is basis points."""

    def read(self, text: str) -> int:
        """Read percent."""
        return parse_percent(text)

    def write(self, value: int) -> str:
        """Write percent."""
        return percent_text(value)


class RateField(ParsedField):
    """Units of a currency for one US dollar; `data` is millionths."""

    def read(self, text: str) -> int:
        """Read a rate."""
        return parse_rate(text)

    def write(self, value: int) -> str:
        """Write a rate."""
        return rate_text(value)


class WholeField(ParsedField):
    """A whole number."""

    def read(self, text: str) -> int:
        """Read digits."""
        plain = text.strip()
        if not (plain.isascii() and plain.isdigit() and len(plain) <= LONGEST_WHOLE):
            raise RuleBroken(N_("Write a whole number, such as 10."))
        return int(plain)


def _rule(field: str) -> dict[str, Any]:
    """Return what a form field of a rule is called, what it says, and that it must be filled in."""
    rule = _RULES[field]
    return {"label": rule.label, "description": rule.applied, "validators": [InputRequired(FILL_IN)]}


class SettingsForm(Form):
    """The rules of a fund from a day on."""

    valid_from = NeededDay("Valid from")
    basis = TextField("Basis", description="The decision or agreement the change rests on.")
    aa_fee = PercentField(**_rule("aa_fee"))
    indirect_cost = PercentField(**_rule("indirect_cost"))
    reserve = AmountField(
        _RULES["reserve"].label, description=_RULES["reserve"].applied, validators=[InputRequired(FILL_IN)]
    )
    statement_layout = RadioField(
        **_rule("statement_layout"),
        coerce=int,
        choices=[SelectChoice("1", "Layout 1"), SelectChoice("2", "Layout 2")],
    )
    second_factor_required = BooleanField(
        _RULES["second_factor_required"].label, description=_RULES["second_factor_required"].applied
    )
    no_objection_days = WholeField(**_rule("no_objection_days"))
    next_tranche = PercentField(**_rule("next_tranche"))
    category_tolerance = PercentField(**_rule("category_tolerance"))

    def __init__(self, *args: Any, currency: str, rules: Rules, **kwargs: Any) -> None:
        values = {rule.field: getattr(rules, rule.key) for rule in RULES}
        reserve = str(Money(rules.reserve_minor, currency).decimal)
        super().__init__(*args, data={**values, "reserve": reserve, **kwargs.pop("data", {})}, **kwargs)
        self.reserve.currency = currency

    def rules(self) -> Rules:
        """Return the rules as typed."""
        typed = {rule.key: self[rule.field].data for rule in RULES}
        return Rules(**{**typed, "reserve_minor": self.reserve.money(self).minor})


class FundForm(Form):
    """What is said about a fund."""

    name = TextField("Official name", validators=_needed())
    short_name = TextField(
        "Short name", longest=60, validators=_needed(), description="Stands in the top bar of every page."
    )
    purpose = TextAreaField("Purpose", longest=2000, description="One or two sentences; they stand on the public page.")
    zone = TextField(
        "Time zone", longest=60, validators=_needed(), default="Europe/Belgrade",
        description="Deadlines end on these clocks. For example Europe/Belgrade.",
    )  # fmt: skip
    decision_body = SelectField(
        "Decision body",
        choices=choices_of(DecisionBody),
        coerce=DecisionBody,
        description="Decides what is funded.",
    )
    established_on = DayField("Established on")
    published = BooleanField(
        "Show the fund to the public", description="Its page is open to everybody, with published figures only."
    )

    def facts(self) -> FundFacts:
        """Return what was typed."""
        return FundFacts(
            name=self.name.data or "", short_name=self.short_name.data or "", purpose=self.purpose.data or "",
            zone=self.zone.data or "", decision_body=self.decision_body.data, established_on=self.established_on.data,
            published=self.published.data,
        )  # fmt: skip


class NewFundForm(FundForm):
    """A fund with what can never change about it, and the day its first settings hold from."""

    code = TextField(
        "Code", longest=20, validators=_needed(),
        description="Stands in every address and cannot change. At the Gateway, for example, SLW00.",
    )  # fmt: skip
    currency = SelectField(
        "Currency", choices=_codes(EXPONENTS), default="USD", description="Of its books. Cannot change."
    )
    valid_from = NeededDay(
        "First settings valid from",
        description="The fund begins with the usual rules; its settings page changes them.",
    )  # fmt: skip


class OrganisationForm(Form):
    """What is kept about an organisation."""

    short_name = TextField("Short name", longest=40, validators=_needed(), description="Such as UNDP. Only once.")
    official_name = TextField("Official name", validators=_needed())
    kind = SelectField("Kind", choices=choices_of(OrganisationKind), coerce=OrganisationKind)
    iati_identifier = TextField("IATI identifier", longest=60, description="Such as XM-DAC-41114. May stay empty.")
    country_code = TextField(
        "Country", longest=2, filters=[lambda text: text.upper() if text else text],
        description="Two letters such as DE. Empty for international organisations.",
    )  # fmt: skip

    def facts(self) -> OrganisationFacts:
        """Return what was typed."""
        return OrganisationFacts(
            kind=self.kind.data, short_name=self.short_name.data or "", official_name=self.official_name.data or "",
            iati_identifier=self.iati_identifier.data or None, country_code=self.country_code.data or None,
        )  # fmt: skip


class OfficeForm(Form):
    """An office of an organisation."""

    name = TextField("Name", validators=_needed(), description="Such as UNDP Albania.")
    jurisdiction = SelectField("Jurisdiction")

    @classmethod
    def with_places(cls, places: Iterable[Jurisdiction], office: Office | None = None, **kwargs: Any) -> Self:
        """Make the form with the jurisdictions to choose from, filled with an office as it stands."""
        data = {}
        if office:
            data = {"name": office.name, "jurisdiction": office.jurisdiction.public_id, "version": office.version}
        form = cls(data=data, **kwargs)
        form.jurisdiction.choices = choices((place.public_id, place.name) for place in places)
        return form


class JurisdictionForm(Form):
    """A place the funds work in."""

    name = TextField("Name", validators=_needed())
    iati_code = TextField(
        "IATI code", longest=10, validators=_needed(), filters=[lambda text: text.upper() if text else text],
        description="Two letters of a country, or the number of a region.",
    )  # fmt: skip
    regional = BooleanField("Stands for a region as a whole")

    def facts(self) -> JurisdictionFacts:
        """Return what was typed."""
        return JurisdictionFacts(self.name.data or "", self.iati_code.data or "", self.regional.data)


class RateForm(Form):
    """One exchange rate."""

    currency = SelectField("Currency", choices=_codes(set(EXPONENTS) - {MEASURE}), default="EUR")
    valid_from = NeededDay("Valid from")
    rate = RateField("Units for one US dollar", validators=[InputRequired(FILL_IN)])
    source = SelectField("Source", choices=choices_of(RateSource), coerce=RateSource)
    note = TextField("Note", description="Needed when the rate comes from elsewhere.")


class CorrectRateForm(Form):
    """A rate that was typed wrongly, and why it is corrected."""

    rate = RateField("Units for one US dollar", validators=[InputRequired(FILL_IN)])
    note = TextField("Why it is corrected", validators=_needed())

    @classmethod
    def of(cls, rate: ExchangeRate, **kwargs: Any) -> "CorrectRateForm":
        """Fill the form with a rate as it stands."""
        return cls(data={"rate": rate.millionths, "note": rate.note, "version": rate.version}, **kwargs)


class RateUploadForm(Form):
    """A table of rates."""

    file = FileField(
        "Table",
        validators=[FileRequired("Choose a file.")],
        description="CSV or Excel workbook, at most 5 MB.",
    )
    source = SelectField("Source", choices=choices_of(RateSource), coerce=RateSource)


class HolidayForm(Form):
    """A day on which the Secretariat does not work."""

    falls_on = NeededDay("Day")
    name = TextField("Name", validators=_needed(), longest=120)
