"""Forms of the room: shape only; the rules stand in the services."""

from typing import Any

from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its stubs are older

from mptf.core.errors import N_, RuleBroken
from mptf.core.money import EXPONENTS, Money
from mptf.fund.facts import FundFacts
from mptf.fund.models import DecisionBody
from mptf.fund.rules import RULES, Rules, parse_percent, percent_text
from mptf.web import AmountField, DayField, Form, TextAreaField, TextField
from mptf.web.forms import Needed, NeededDay, ParsedField, choices_of, codes

LONGEST_WHOLE = 6
_RULES = {rule.field: rule for rule in RULES}


class PercentField(ParsedField):
    """Percent with two decimals; `data` is basis points."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, read=parse_percent, write=percent_text, **kwargs)


class WholeField(ParsedField):
    """A whole number."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, read=_whole, **kwargs)


def _whole(text: str) -> int:
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= LONGEST_WHOLE):
        raise RuleBroken(N_("Write a whole number, such as 10."))
    return int(plain)


def _rule(field: str) -> dict[str, Any]:
    """Return what a form field of a rule is called, what it says, and that it must be filled in."""
    rule = _RULES[field]
    return {"label": rule.label, "description": rule.applied, "validators": [Needed()]}


class SettingsForm(Form):
    """The rules of a fund from a day on."""

    valid_from = NeededDay("Valid from")
    basis = TextField("Basis", description="The decision or agreement the change rests on.")
    aa_fee = PercentField(**_rule("aa_fee"))
    indirect_cost = PercentField(**_rule("indirect_cost"))
    reserve = AmountField(_RULES["reserve"].label, description=_RULES["reserve"].applied, validators=[Needed()])
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

    name = TextField("Official name", validators=[Needed()])
    short_name = TextField(
        "Short name", longest=60, validators=[Needed()], description="Stands in the top bar of every page."
    )
    purpose = TextAreaField("Purpose", longest=2000, description="One or two sentences; they stand on the public page.")
    zone = TextField(
        "Time zone", longest=60, validators=[Needed()], default="Europe/Belgrade",
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
        "Code", longest=20, validators=[Needed()],
        description="Stands in every address and cannot change. At the Gateway, for example, SLW00.",
    )  # fmt: skip
    currency = SelectField(
        "Currency", choices=codes(EXPONENTS), default="USD", description="Of its books. Cannot change."
    )
    valid_from = NeededDay(
        "First settings valid from",
        description="The fund begins with the usual rules; its settings page changes them.",
    )  # fmt: skip


class HolidayForm(Form):
    """A day on which the Secretariat does not work."""

    falls_on = NeededDay("Day")
    name = TextField("Name", validators=[Needed()], longest=120)
