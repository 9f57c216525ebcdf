"""Forms: shape only, no rule, no database; what was typed is never lost."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple, Protocol, Self

from flask import request, url_for
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    FieldList,
    FileField,
    FormField,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import TextAreaField as WtformsTextArea
from wtforms.fields.choices import SelectChoice, SelectFieldBase  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, StopValidation, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget, TextInput

from mptf.core.days import EXAMPLES, WRITTEN, parse_day
from mptf.core.errors import N_, DomainError, KnownAlready, RuleBroken, Stale, TooOften
from mptf.core.facts import at_most
from mptf.core.kosovo import keep_asterisk
from mptf.core.money import Money, amount_text
from mptf.core.sentences import day as written
from mptf.core.signs import keep_line, keep_lines, seen
from mptf.web.text import NOTHING, say, sentence, translated

LONGEST_LINE = 300
LONGEST_TEXT = 20_000
FILL_IN = "Fill this in."


class HasLabel(Protocol):
    """A member of an enumeration that people see by its label."""

    @property
    def value(self) -> str: ...
    @property
    def label(self) -> str: ...


class Difference(NamedTuple):
    """A field of which somebody stored another text while this person was typing."""

    label: str
    stored: str
    typed: str


def new_token() -> str:
    """Make the token that lets one copy of a form be posted once."""
    return secrets.token_urlsafe(18)


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form with a CSRF token, a token that lets it be posted once, and the version it was opened on.

    Labels, hints and refusals are written plainly where a form declares them; they are translated here.
    """

    token = HiddenField(default=new_token)
    version = HiddenField()
    differences: tuple[Difference, ...] = ()
    here_already = ""  # the page of what was brought, where that is here already
    refused_with = 422

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.label.text = _translated(field.label.text)
            field.description = _translated(field.description)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the shape of what was typed; refusals are said in the reader's language."""
        valid = bool(super().validate(extra_validators))
        for field in self:
            # The rows of a list keep their refusals at their own fields.
            field.errors = [_translated(told) if isinstance(told, str) else told for told in field.errors]
        return valid

    def in_order_of(self, page: str) -> list[Field]:
        """Return the fields in the order in which a page shows them; what it does not show comes first."""
        return sorted(self, key=lambda field: page.find(f'id="{field.id}"'))

    def same_version(self, stored: Self) -> None:
        """Refuse what was typed over another version than `stored`: the same form, filled with what stands now.

        Nothing typed is lost: the page shows both texts, and the form may be sent again knowingly (INP-3).
        """
        if self.version.data == str(stored.version.data):
            return
        self.version.data = str(stored.version.data)
        self.differences = tuple(_differences(self, stored))
        if self.differences:
            raise Stale

    def refuse(self, refusal: DomainError) -> None:
        """Put a refusal at its field, or at the head of the form; both texts say by themselves what is stale."""
        if isinstance(refusal, TooOften):
            self.refused_with = 429
        if isinstance(refusal, Stale) and self.differences:
            return
        if isinstance(refusal, KnownAlready):
            endpoint, public_id = refusal.page
            self.here_already = url_for(endpoint, public_id=public_id, code=(request.view_args or {}).get("code"))
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.form_errors.append(sentence(refusal))
        else:
            field.errors = [*field.errors, sentence(refusal)]

    def refused_as(self, button: "Form") -> Self:
        """Show at the head of this form what a button of the same page was refused with."""
        self.form_errors.extend(button.form_errors)
        self.refused_with = button.refused_with
        return self


class ActionForm(Form):
    """Nothing to fill in: a button."""


class Filter(Form):
    """What somebody looks for, read from the address; it changes nothing."""

    class Meta:
        """Reading needs no proof of where the form came from."""

        csrf = False

    def address(self) -> dict[str, str]:
        """What was asked for, as the address of the same view says it."""
        asked = ((field.short_name, field.data) for field in self if field.data and not isinstance(field, HiddenField))
        return {name: str(value) for name, value in asked}

    def told(self) -> list[tuple[str, str]]:
        """What was asked for in words: the label of each field that was filled in, and what it says."""
        return [(self[name].label.text, words) for name, words in self.in_words().items()]

    def in_words(self) -> dict[str, str]:
        """What each field that was filled in says, by its name: an organisation by what it is called, not by its id."""
        return {name: _in_words(self[name]) for name in self.address()}

    def drop_gone(self) -> list[str]:
        """Empty the fields that name what cannot be chosen, or not any more; return what they are called."""
        gone = [
            field
            for field in self
            if isinstance(field, SelectField)
            and not isinstance(field, SelectMultipleField)
            and field.data
            and field.data not in {value for value, *_ in field.iter_choices()}
        ]
        for field in gone:
            field.data = ""
        return [field.label.text for field in gone]


def _in_words(field: Field) -> str:
    if isinstance(field, SelectField):
        return next((str(label) for value, label, *_ in field.iter_choices() if value == field.data), str(field.data))
    return written(field.data) if isinstance(field.data, date) else str(field.data)


def _translated(text: str) -> str:
    return translated(text) if text else text


def _differences(typed: Form, stored: Form) -> Iterator[Difference]:
    for field in typed:
        if isinstance(field, (HiddenField, FileField, PasswordField)):
            continue
        other = stored[field.short_name]
        rows = isinstance(field, FieldList)  # whoever looks at a list does not see its empty rows
        if _shown(field) != _shown(other) if rows else (field.data or None) != (other.data or None):
            yield Difference(field.label.text, _shown(other) or NOTHING, _shown(field) or NOTHING)


def _shown(field: Field) -> str:
    """Return the value of a field as the page shows it."""
    if isinstance(field, FieldList):
        return "; ".join(filter(None, (_shown(row) for row in field)))
    if isinstance(field, FormField):
        return ", ".join(filter(None, (_shown(cell) for cell in field.form))) if _filled(field) else ""
    if isinstance(field, BooleanField):
        return say("yes") if field.data else say("no")
    if isinstance(field, SelectFieldBase):
        return ", ".join(str(option.label.text) for option in field if option.checked)
    written: str = field._value()  # type: ignore[attr-defined]  # noqa: SLF001 - what its own widget writes
    return written


def _filled(row: Any) -> bool:
    """Tell whether a row of a list says anything: a box that is ticked alone says nothing."""
    return any(cell.data for cell in row.form if not isinstance(cell, BooleanField))


@contextmanager
def _at_field() -> Iterator[None]:
    """Let a refusal of the house's parsers stand at the field that is being read or checked."""
    try:
        yield
    except RuleBroken as refusal:
        raise ValidationError(sentence(refusal)) from None


def plain_text(_form: Any, field: Field) -> None:
    """Refuse characters a database cannot keep."""
    data = field.data or ""
    if "\0" in data or any("\ud800" <= character <= "\udfff" for character in data):
        raise ValidationError(say("The text holds a character that cannot be kept. Type it again."))


def a_line(_form: Any, field: Field) -> None:
    """Refuse what cannot be shown in one line, and Kosovo without its asterisk."""
    with _at_field():
        keep_line(field.data or "")
        keep_asterisk(field.data or "")


def some_lines(_form: Any, field: Field) -> None:
    """Refuse what cannot be shown in lines of text, and Kosovo without its asterisk."""
    with _at_field():
        keep_lines(field.data or "")
        keep_asterisk(field.data or "")


class AtMost(Length):
    """Refuse a text longer than so many characters."""

    def __init__(self, longest: int) -> None:
        super().__init__(max=longest)
        # Without `maxlength`: a browser would cut what is pasted and say nothing.
        self.field_flags = {}

    def __call__(self, _form: Any, field: Field) -> None:
        """Refuse in the words of the house."""
        with _at_field():
            at_most(field.data or "", self.max, field.name)


def choices_of(kind: Iterable[HasLabel], *, nothing: str | None = None) -> list[SelectChoice]:
    """Return the choices of an enumeration with labels, after one that chooses nothing, if asked for."""
    return choices(((member.value, member.label) for member in kind), nothing=nothing)


def choices(named: Iterable[tuple[str, str]], *, nothing: str | None = None) -> list[SelectChoice]:
    """Return choices of values and labels, after one that chooses nothing, if asked for."""
    none = [] if nothing is None else [SelectChoice("", nothing)]
    return [*none, *(SelectChoice(value, label) for value, label in named)]


def codes(currencies: Iterable[str]) -> list[SelectChoice]:
    """Return the choices of currencies."""
    return [SelectChoice(code) for code in sorted(currencies)]


class Checkboxes(SelectMultipleField):
    """Several choices, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class Needed(InputRequired):
    """Refuse a field that was left empty, or filled with nothing one sees; `told` says what to fill in."""

    def __init__(self, told: str = FILL_IN) -> None:
        super().__init__(told)
        self.told = told

    def __call__(self, form: Any, field: Field) -> None:
        """Refuse in the words of the house."""
        if field.raw_data and not seen(str(field.raw_data[0])):
            raise StopValidation(self.told)
        super().__call__(form, field)


def _stripped(text: str | None) -> str | None:
    """Take away the space around a text; one of which nothing is seen is empty."""
    return (text.strip() if seen(text) else "") if text else text


def _with_defaults(kwargs: dict[str, Any], longest: int, keep: Callable[[Any, Field], None]) -> dict[str, Any]:
    kwargs["validators"] = [*kwargs.get("validators", ()), AtMost(longest), keep]
    kwargs["filters"] = [_stripped, *kwargs.get("filters", ())]
    return kwargs


class TextField(StringField):
    """A line of text."""

    def __init__(self, label: str, *, longest: int = LONGEST_LINE, **kwargs: Any) -> None:
        super().__init__(label, **_with_defaults(kwargs, longest, a_line))


class TextAreaField(WtformsTextArea):
    """Text of several lines."""

    def __init__(self, label: str, *, longest: int = LONGEST_TEXT, **kwargs: Any) -> None:
        super().__init__(label, **_with_defaults(kwargs, longest, some_lines))


class AmountField(StringField):
    """An exact amount; its currency is fixed or stands in another field of the form.

    `data` is the text as typed, kept for showing again; `money(form)` the amount.
    """

    def __init__(self, label: str, *, currency: str | None = None, currency_field: str = "currency", **kw: Any) -> None:
        super().__init__(label, **kw)
        self.currency = currency
        self.currency_field = currency_field

    def process_data(self, value: Money | str | None) -> None:
        """Show an amount as people type it."""
        super().process_data(amount_text(value, cents=True) if isinstance(value, Money) else value)

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not an exact amount, in the words of the money parser."""
        if self.data and self.data.strip():
            with _at_field():
                self.money(form)

    def stated(self, form: Any) -> Money | None:
        """Return the amount of a field that may be left empty."""
        return self.money(form) if (self.data or "").strip() else None

    def money(self, form: Any) -> Money:
        """Return the amount in the form's currency."""
        currency = self.currency or form[self.currency_field].data
        if not currency:
            raise RuleBroken(N_("Choose the currency beside it."))
        return Money.parse(self.data or "", currency)


class DayField(DateField):
    """A day, typed as 23 Nov 2026 or 2026-11-23."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, format=list(WRITTEN), **kwargs)

    def _value(self) -> str:
        """Show what was typed, or the day that stands as days are written everywhere."""
        return str(self.raw_data[0]) if self.raw_data else written(self.data) if self.data else ""

    @property
    def day(self) -> date:
        """The day of a valid field that may not be empty."""
        if self.data is None:
            raise ValueError("the field is empty")
        return self.data

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read one of the written forms; say how to write it otherwise."""
        text = " ".join(valuelist).strip()
        self.raw_data = [text]
        self.data = None
        if text:
            with _at_field():
                self.data = parse_day(text)


class NeededDay(DayField):
    """A day that must be filled in; `told` says which, and the hint how it is written unless it says something else."""

    def __init__(self, label: str, *, told: str = FILL_IN, description: str = EXAMPLES, **kwargs: Any) -> None:
        super().__init__(label, validators=[Needed(told)], description=description, **kwargs)


class ParsedField(Field):
    """A line of text read by a parser of the house; what was typed is shown again as it was typed.

    `read` returns the value of a text or raises RuleBroken, `write` the text of a value.
    """

    widget = TextInput()

    def __init__(
        self, label: str, *, read: Callable[[str], int], write: Callable[[int], str] = str, **kwargs: Any
    ) -> None:
        super().__init__(label, **kwargs)
        self.read, self.write = read, write

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; a refusal stands at the field."""
        self.data = None
        if valuelist and valuelist[0].strip():
            with _at_field():
                self.data = self.read(valuelist[0])

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.write(self.data)
